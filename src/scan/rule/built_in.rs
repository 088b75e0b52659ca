//! The rules that come with the program: written as TOML in `rules/`, kept as JSON that is read in a moment.
//!
//! A test makes the JSON from the TOML again and compares; `IAO_UPDATE_RULES=1` has it written.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::allow::{Allowlist, Target};
use super::pattern::Pattern;
use super::runs::Runs;
use super::set::{Rule, RuleSet};
use crate::model::Severity;

/// What a rule of the program says; its patterns compile, as a test has seen to.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    id: String,
    description: String,
    severity: Severity,
    source: String,
    revoke: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    keywords: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    regex: Option<String>,
    /// What the pattern says of its matches, see [`Rule::reach`], [`Rule::is_named`] and [`Rule::runs`]: read here, and not from the pattern each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reach: Option<usize>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    named: bool,
    #[serde(default)]
    runs: Runs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, rename = "secretGroup")]
    secret_group: usize,
    #[serde(default)]
    entropy: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowlists: Vec<KeptList>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptList {
    all: bool,
    target: u8,
    regexes: Vec<String>,
    paths: Vec<String>,
    stopwords: Vec<String>,
}

/// Returns the rules that come with the program; read once, and never dropped.
///
/// # Panics
/// When the program was built from rules that are none, which a test rules out.
#[must_use]
pub fn built_in() -> &'static RuleSet {
    static SET: OnceLock<RuleSet> = OnceLock::new();
    SET.get_or_init(|| {
        let kept: Vec<Kept> =
            serde_json::from_str(include_str!("built_in.json")).expect("a test has seen to it");
        RuleSet::new(kept.into_iter().map(Kept::into_rule).collect(), Vec::new())
    })
}

impl Kept {
    fn into_rule(self) -> Rule {
        Rule {
            id: self.id,
            description: self.description,
            severity: self.severity,
            source: self.source,
            revoke: self.revoke,
            tags: self.tags,
            keywords: self.keywords,
            regex: self.regex.as_deref().map(Pattern::trusted),
            path: self.path.as_deref().map(Pattern::trusted),
            secret_group: self.secret_group,
            entropy: self.entropy,
            reach: OnceLock::from(self.reach),
            named: OnceLock::from(self.named),
            runs: OnceLock::from(self.runs),
            allowlists: self.allowlists.into_iter().map(KeptList::into_list).collect(),
            ..Rule::default()
        }
    }
}

impl KeptList {
    fn into_list(self) -> Allowlist {
        let patterns = |texts: Vec<String>| texts.iter().map(|text| Pattern::trusted(text)).collect();
        Allowlist {
            all: self.all,
            target: [Target::Secret, Target::Match, Target::Line][usize::from(self.target.min(2))],
            regexes: patterns(self.regexes),
            paths: patterns(self.paths),
            stopwords: self.stopwords,
            ..Allowlist::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::document;
    use super::*;

    fn keep(rule: &Rule) -> Kept {
        let text = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.text().to_owned());
        let texts = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.text().to_owned()).collect();
        Kept {
            id: rule.id.clone(),
            description: rule.description.clone(),
            severity: rule.severity,
            source: rule.source.clone(),
            revoke: rule.revoke.clone(),
            tags: rule.tags.clone(),
            keywords: rule.keywords.clone(),
            regex: text(&rule.regex),
            reach: rule.reach(),
            named: rule.is_named(),
            runs: rule.runs(),
            path: text(&rule.path),
            secret_group: rule.secret_group,
            entropy: rule.entropy,
            allowlists: rule
                .allowlists
                .iter()
                .map(|list| KeptList {
                    all: list.all,
                    target: list.target as u8,
                    regexes: texts(&list.regexes),
                    paths: texts(&list.paths),
                    stopwords: list.stopwords.clone(),
                })
                .collect(),
        }
    }

    /// The rules as they are written, by the names of their files.
    fn written() -> Vec<Rule> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scan/rules");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
        files.sort();
        let read = |file: &Path| {
            document::read(&fs::read_to_string(file).unwrap())
                .unwrap_or_else(|faults| panic!("{}: {faults:?}", file.display()))
        };
        files.iter().flat_map(|file| read(file).rules).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "who changes the rules asks for the file this way")]
    fn what_is_kept_is_what_is_written() {
        let kept: Vec<String> =
            written().iter().map(|rule| serde_json::to_string(&keep(rule)).unwrap()).collect();
        let text = format!("[\n{}\n]\n", kept.join(",\n"));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scan/rule/built_in.json");
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
        let far = set.rules().iter().filter(|rule| rule.regex().is_some() && rule.reach().is_none());
        let far: Vec<_> = far.map(|rule| (&rule.id, rule.regex())).collect();
        assert!(far.is_empty(), "these may match anywhere: {far:#?}");
    }
}
