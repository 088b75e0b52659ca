//! The rules that come with the program: written as TOML in `rules/`, kept as a table that is in memory from the start.
//!
//! A test makes the table from the TOML again and compares; `IAO_UPDATE_RULES=1` has it written.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::allow::{Allowlist, Target};
use super::pattern::Pattern;
use super::runs::Runs;
use super::set::{Rule, RuleSet, Text};
use crate::model::Severity;

/// What a rule of the program says; its patterns compile, and its reach, names, runs and words are those of its pattern, as a test
/// has seen to.
#[derive(Debug)]
struct Kept {
    id: &'static str,
    description: &'static str,
    severity: Severity,
    source: &'static str,
    revoke: &'static str,
    tags: &'static [Text],
    keywords: &'static [Text],
    regex: Option<&'static str>,
    path: Option<&'static str>,
    secret_group: usize,
    entropy: f64,
    reach: Option<usize>,
    named: bool,
    runs: Runs,
    holds: &'static [Text],
    allowlists: &'static [KeptList],
}

#[derive(Debug)]
struct KeptList {
    all: bool,
    target: Target,
    regexes: &'static [&'static str],
    paths: &'static [&'static str],
    stopwords: &'static [&'static str],
}

static KEPT: &[Kept] = &include!("built_in.in");

/// Returns the rules that come with the program; made once, and never dropped.
#[must_use]
pub fn built_in() -> &'static RuleSet {
    static SET: OnceLock<RuleSet> = OnceLock::new();
    SET.get_or_init(|| RuleSet::trusted(KEPT.iter().map(Kept::rule).collect()))
}

impl Kept {
    fn rule(&'static self) -> Rule {
        Rule {
            id: self.id.into(),
            description: self.description.into(),
            severity: self.severity,
            source: self.source.into(),
            revoke: self.revoke.into(),
            tags: self.tags.into(),
            keywords: self.keywords.into(),
            regex: self.regex.map(Pattern::trusted),
            path: self.path.map(Pattern::trusted),
            secret_group: self.secret_group,
            entropy: self.entropy,
            reach: self.reach,
            named: self.named,
            runs: self.runs,
            holds: self.holds.into(),
            allowlists: self.allowlists.iter().map(KeptList::list).collect(),
            ..Rule::default()
        }
    }
}

impl KeptList {
    fn list(&'static self) -> Allowlist {
        let patterns = |texts: &[&'static str]| texts.iter().map(|text| Pattern::trusted(text)).collect();
        Allowlist {
            all: self.all,
            target: self.target,
            regexes: patterns(self.regexes),
            paths: patterns(self.paths),
            stopwords: self.stopwords.iter().map(|word| (*word).to_owned()).collect(),
            ..Allowlist::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::load;
    use super::*;

    /// Writes a rule as it stands in the table.
    fn row(rule: &Rule) -> String {
        let words = |words: &[Text]| {
            words.iter().map(|word| format!("Cow::Borrowed({word:?})")).collect::<Vec<_>>().join(", ")
        };
        let texts =
            |patterns: &[Pattern]| patterns.iter().map(Pattern::text).map(str::to_owned).collect::<Vec<_>>();
        let list = |list: &Allowlist| {
            format!(
                "KeptList {{ all: {:?}, target: Target::{:?}, regexes: &{:?}, paths: &{:?}, stopwords: &{:?} }}",
                list.all,
                list.target,
                texts(&list.regexes),
                texts(&list.paths),
                list.stopwords
            )
        };
        let text = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.text().to_owned());
        format!(
            "    Kept {{ id: {:?}, description: {:?}, severity: Severity::{:?}, source: {:?}, revoke: {:?}, tags: &[{}], \
             keywords: &[{}], regex: {:?}, path: {:?}, secret_group: {}, entropy: {:?}, reach: {:?}, named: {}, runs: {:?}, \
             holds: &[{}], allowlists: &[{}] }},\n",
            rule.id,
            rule.description,
            rule.severity,
            rule.source,
            rule.revoke,
            words(&rule.tags),
            words(&rule.keywords),
            text(&rule.regex),
            text(&rule.path),
            rule.secret_group,
            rule.entropy,
            rule.reach,
            rule.named,
            rule.runs,
            words(&rule.holds),
            rule.allowlists.iter().map(list).collect::<Vec<_>>().join(", "),
        )
    }

    /// The rules as they are written, by the names of their files.
    fn written() -> Vec<Rule> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scan/rules");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        let read = |file: &Path| {
            load(&file.display().to_string(), &|name| Ok(fs::read_to_string(name).unwrap())).unwrap()
        };
        files.iter().flat_map(|file| read(file).set.rules().to_vec()).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "who changes the rules asks for the file this way")]
    fn what_is_kept_is_what_is_written() {
        let text = format!("[\n{}]\n", written().iter().map(row).collect::<String>());
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scan/rule/built_in.in");
        if std::env::var_os("IAO_UPDATE_RULES").is_some() {
            fs::write(&file, &text).unwrap();
        }
        assert!(fs::read_to_string(&file).unwrap() == text, "run this test with IAO_UPDATE_RULES=1");
    }

    #[test]
    fn every_rule_says_where_it_comes_from_and_is_searched_near_its_keywords() {
        let set = built_in();
        let mut ids = std::collections::BTreeSet::new();
        for rule in set.rules() {
            assert!(ids.insert(&rule.id), "{} stands twice", rule.id);
            assert!(
                !rule.source.is_empty() && !rule.revoke.is_empty() && !rule.keywords.is_empty(),
                "{}",
                rule.id
            );
            assert!(rule.keywords.iter().all(|word| word.len() >= 3), "{}", rule.id);
        }
        let far = set.rules().iter().filter(|rule| rule.regex().is_some() && rule.reach.is_none());
        let far: Vec<_> = far.map(|rule| (&rule.id, rule.regex())).collect();
        assert!(far.is_empty(), "these may match anywhere: {far:#?}");
    }
}
