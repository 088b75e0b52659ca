//! Reads rules from TOML as gitleaks writes it, and says where in the file something is wrong.
//!
//! Source: the documentation of gitleaks 8.28, "Configuration"; `severity`, `source` and `revoke` are our own.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::allow::{Allowlist, Target};
use super::keys::Keys;
use super::pattern::Pattern;
use super::set::{Required, Rule, Text};
use crate::model::Severity;

/// A text, and what stands in it.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) rules: Vec<Given>,
    /// Each with the place where it says for which rules it is, or 0.
    pub(super) allowlists: Vec<(usize, Allowlist)>,
    pub(super) extend: Extend,
    /// What means nothing here.
    pub(super) remarks: Vec<Fault>,
}

/// A rule as a document says it, which may be a part of one: what it does not say stands in the file that is extended.
#[derive(Debug)]
pub(super) struct Given {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// Without a description where none is given.
    rule: Rule,
    severity: Option<Severity>,
}

impl Given {
    /// Returns its id.
    pub(super) fn id(&self) -> &str {
        &self.rule.id
    }

    /// Says whether it says what to look for.
    pub(super) fn is_whole(&self) -> bool {
        self.rule.regex.is_some() || self.rule.path.is_some()
    }

    /// Returns its allowlists alone.
    pub(super) fn into_allowlists(self) -> Vec<Allowlist> {
        self.rule.allowlists
    }

    /// Makes a rule of it: by itself, or upon one that it extends.
    ///
    /// # Errors
    /// What the rule lacks.
    pub(super) fn upon(self, base: Option<&Rule>) -> Result<Rule, Fault> {
        let (at, given) = (self.at, self.rule);
        let fault = |what: String| Err(Fault { at, what });
        let mut rule = base.cloned().unwrap_or_default();
        rule.exact |= given.regex.is_some();
        rule.id = given.id;
        rule.severity = self.severity.unwrap_or(rule.severity);
        if !given.description.is_empty() {
            rule.description = given.description;
        } else if rule.description.is_empty() {
            rule.description = rule.id.clone();
        }
        let text = |new: Text, old: &mut Text| {
            if !new.is_empty() {
                *old = new;
            }
        };
        text(given.source, &mut rule.source);
        text(given.revoke, &mut rule.revoke);
        if given.secret_group != 0 {
            rule.secret_group = given.secret_group;
        }
        if given.entropy != 0.0 {
            rule.entropy = given.entropy;
        }
        rule.regex = given.regex.or(rule.regex);
        rule.path = given.path.or(rule.path);
        rule.tags.to_mut().extend(given.tags.into_owned());
        rule.keywords.to_mut().extend(given.keywords.into_owned());
        rule.allowlists.extend(given.allowlists);
        rule.silent |= given.silent;
        if !given.required.is_empty() {
            rule.required = given.required;
        }
        if rule.regex.is_none() && rule.path.is_none() {
            return fault(format!("the rule `{}` has neither `regex` nor `path`", rule.id));
        }
        match &rule.regex {
            Some(regex) if regex.regex().captures_len() <= rule.secret_group => {
                fault(format!("the rule `{}` has no group {} in its regex", rule.id, rule.secret_group))
            }
            _ => Ok(rule.placed()),
        }
    }
}

/// What a document builds on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extend {
    /// Another file of rules.
    pub(super) path: Option<Spanned<String>>,
    /// Whether the rules that come with the program are taken over.
    #[serde(default)]
    pub(super) use_default: bool,
    /// The ids of those that are not.
    #[serde(default)]
    pub(super) disabled_rules: Vec<Spanned<String>>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    pub(super) what: String,
}

#[derive(Deserialize)]
struct DocumentText {
    #[serde(default)]
    extend: Extend,
    #[serde(default)]
    rules: Vec<Spanned<RuleText>>,
    #[serde(default)]
    allowlists: Vec<Spanned<AllowText>>,
    allowlist: Option<Spanned<AllowText>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleText {
    #[serde(default)]
    id: String,
    #[serde(default)]
    description: String,
    regex: Option<Spanned<String>>,
    path: Option<Spanned<String>>,
    #[serde(default)]
    secret_group: usize,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    skip_report: bool,
    #[serde(default)]
    allowlists: Vec<Spanned<AllowText>>,
    allowlist: Option<Spanned<AllowText>>,
    #[serde(default)]
    required: Vec<RequiredText>,
    severity: Option<Spanned<String>>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    revoke: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequiredText {
    id: String,
    within_lines: Option<u32>,
    within_columns: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AllowText {
    condition: Option<Spanned<String>>,
    regex_target: Option<Spanned<String>>,
    #[serde(default)]
    regexes: Vec<Spanned<String>>,
    #[serde(default)]
    paths: Vec<Spanned<String>>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
    #[serde(default)]
    target_rules: Vec<String>,
}

/// Reads a text; everything that is wrong is told in one go.
pub(super) fn read(text: &str) -> Result<Document, Vec<Fault>> {
    let failed = |error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![Fault { at, what: error.message().trim().to_owned() }]
    };
    let mut table = DeTable::parse(text).map_err(failed)?;
    let Keys { mut faults, mut remarks } = Keys::spell(table.get_mut());
    let parsed = DocumentText::deserialize(Deserializer::from(table));
    let parsed = match parsed.map_err(failed) {
        Ok(parsed) => parsed,
        Err(more) => {
            faults.extend(more);
            return Err(faults);
        }
    };
    let rules = parsed.rules.into_iter().map(|rule| read_rule(rule, &mut faults, &mut remarks)).collect();
    let allowlists = lists(parsed.allowlists, parsed.allowlist, &mut faults);
    remarks.sort_by_key(|remark| remark.at);
    faults.sort_by_key(|fault| fault.at);
    let extend = parsed.extend;
    if faults.is_empty() { Ok(Document { rules, allowlists, extend, remarks }) } else { Err(faults) }
}

fn read_rule(rule: Spanned<RuleText>, faults: &mut Vec<Fault>, remarks: &mut Vec<Fault>) -> Given {
    let at = rule.span().start;
    let rule = rule.into_inner();
    let mut fault = |what: String| faults.push(Fault { at, what });
    if rule.id.trim().is_empty() {
        fault("a rule has no id".to_owned());
    }
    if !rule.entropy.is_finite() || rule.entropy < 0.0 {
        fault(format!("the entropy of the rule `{}` is no number of bits", rule.id));
    }
    let patterns = [rule.regex, rule.path].map(|pattern| {
        // Nothing is what an empty one says.
        let pattern = pattern.filter(|pattern| !pattern.get_ref().is_empty());
        pattern.and_then(|pattern| read_pattern(pattern, faults))
    });
    let [regex, path] = patterns;
    let severity = rule.severity.and_then(|word| {
        let known = [Severity::Error, Severity::Warning, Severity::Note];
        let found = known.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(word.get_ref()));
        if found.is_none() {
            let what = format!("`{}` is none of error, warning, note; it is passed over", word.get_ref());
            remarks.push(Fault { at: word.span().start, what });
        }
        found
    });
    let lists = lists(rule.allowlists, rule.allowlist, faults);
    let keywords = rule.keywords.iter().filter(|word| !word.is_empty());
    let required = rule.required.into_iter();
    let rule = Rule {
        description: rule.description.into(),
        id: rule.id.into(),
        source: rule.source.into(),
        revoke: rule.revoke.into(),
        tags: rule.tags.into_iter().map(Into::into).collect(),
        secret_group: rule.secret_group,
        entropy: rule.entropy,
        keywords: keywords.map(|word| word.to_ascii_lowercase().into()).collect(),
        silent: rule.skip_report,
        allowlists: lists.into_iter().map(|(_, list)| list).collect(),
        required: required
            .map(|RequiredText { id, within_lines, within_columns }| Required {
                id: id.into(),
                lines: within_lines,
                columns: within_columns,
            })
            .collect(),
        regex,
        path,
        ..Rule::default()
    };
    Given { at, rule, severity }
}

/// Reads allowlists, in either of the ways in which they can stand.
fn lists(
    many: Vec<Spanned<AllowText>>,
    one: Option<Spanned<AllowText>>,
    faults: &mut Vec<Fault>,
) -> Vec<(usize, Allowlist)> {
    if let Some(one) = one.as_ref().filter(|_| !many.is_empty()) {
        let what = "`allowlist` cannot stand beside `allowlists`".to_owned();
        faults.push(Fault { at: one.span().start, what });
    }
    let lists = many.into_iter().chain(one);
    lists.map(|list| (list.span().start, read_list(list, faults))).collect()
}

fn read_pattern(text: Spanned<String>, faults: &mut Vec<Fault>) -> Option<Pattern> {
    let at = text.span().start;
    match Pattern::checked(text.get_ref()) {
        Ok(pattern) => Some(pattern),
        Err(why) => {
            faults.push(Fault { at, what: format!("the pattern cannot be used: {why}") });
            None
        }
    }
}

fn read_list(list: Spanned<AllowText>, faults: &mut Vec<Fault>) -> Allowlist {
    let (at, list) = (list.span().start, list.into_inner());
    let states = [&list.regexes[..], &list.paths].concat();
    if states.is_empty() && list.stopwords.is_empty() && list.commits.is_empty() {
        let what = "an allowlist has none of commits, paths, regexes, stopwords".to_owned();
        faults.push(Fault { at, what });
    }
    let mut word = |text: Option<Spanned<String>>, known: &[&str]| -> usize {
        let Some(text) = text.filter(|text| !text.get_ref().is_empty()) else { return 0 };
        let found = known.iter().position(|word| text.get_ref().eq_ignore_ascii_case(word));
        found.unwrap_or_else(|| {
            let what = format!("`{}` is none of {}", text.get_ref(), known.join(", "));
            faults.push(Fault { at: text.span().start, what });
            0
        })
    };
    let all = word(list.condition, &["or", "and", "||", "&&"]) % 2 == 1;
    let target = match word(list.regex_target, &["secret", "match", "line"]) {
        1 => Target::Match,
        2 => Target::Line,
        _ => Target::Secret,
    };
    let mut patterns = |texts: Vec<Spanned<String>>| {
        texts.into_iter().filter_map(|text| read_pattern(text, faults)).collect()
    };
    Allowlist {
        all,
        target,
        regexes: patterns(list.regexes),
        paths: patterns(list.paths),
        stopwords: list.stopwords.iter().map(|word| word.to_ascii_lowercase()).collect(),
        commits: list.commits.iter().map(|commit| commit.trim().to_ascii_lowercase()).collect(),
        rules: list.target_rules,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_with_everything_in_it() {
        let text = r#"
            title = "x"
            [extend]
            useDefault = true
            disabledRules = ["a"]
            [[rules]]
            id = "one"
            regex = '''tok_([a-z]{4})'''
            secretGroup = 1
            entropy = 3
            keywords = ["TOK_"]
            tags = ["t"]
            unknown = 1
            [[rules.allowlists]]
            condition = "AND"
            regexTarget = "line"
            regexes = ['''x''']
            stopwords = ["Word"]
            [[rules]]
            id = "two"
            path = '''\.p12$'''
            [[allowlists]]
            targetRules = ["one"]
            paths = ['''vendor''']
        "#;
        let document = read(text).unwrap();
        let rules = document.rules.into_iter().map(|rule| rule.upon(None).unwrap());
        let [one, two] = &rules.collect::<Vec<_>>()[..] else { panic!() };
        assert_eq!(document.remarks.len(), 1, "{:?}", document.remarks);
        assert_eq!((&*one.id, one.secret_group, &*one.keywords), ("one", 1, &["tok_".into()][..]));
        assert!(one.allowlists[0].all && one.allowlists[0].target == Target::Line);
        assert_eq!(one.allowlists[0].stopwords, ["word"]);
        assert!(two.regex.is_none() && two.path.is_some());
        assert!(document.extend.use_default && document.extend.disabled_rules[0].get_ref() == "a");
        assert_eq!(document.allowlists[0].1.rules, ["one"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_place() {
        let text = "[[rules]]\nid = \"a\"\nregex = '(x'\n[[rules]]\nregex = 'x'\n[[rules]]\nid = \"c\"\nregexs = 'x'\n\
            [[rules.allowlists]]\nregexTarget = \"file\"\nregexes = ['[a']\n[[rules]]\nid = 'd'\nentropy = -1\n\
            [[allowlists]]\ncondition = 'and'\n";
        let faults = read(text).unwrap_err();
        let lines: Vec<(usize, &str)> = faults
            .iter()
            .map(|fault| (text[..fault.at].matches('\n').count() + 1, fault.what.as_str()))
            .collect();
        let expected = [
            (3, "the pattern cannot be used: unclosed group"),
            (4, "a rule has no id"),
            (8, "a rule has no key `regexs`; did you mean `regex`?"),
            (10, "`file` is none of secret, match, line"),
            (11, "the pattern cannot be used: unclosed character class"),
            (12, "the entropy of the rule `d` is no number of bits"),
            (15, "an allowlist has none of commits, paths, regexes, stopwords"),
        ];
        assert_eq!(lines, expected);
        assert!(read("[[rules]").unwrap_err()[0].what.contains("expected"));
        let kind = read("[[rules]]\nid = 'a'\nkeywords = 'x'\n").unwrap_err().remove(0);
        assert_eq!((kind.at, kind.what.contains("expected")), (30, true), "{}", kind.what);
    }

    #[test]
    fn keys_are_known_in_upper_and_lower_case_and_foreign_ones_are_told() {
        let text = "[[Rules]]\nID = 'a'\nregex = 'x'\nSecretGroup = 0\nremediation = 'y'\nseverity = 'Critical'\n\
            [[Rules.allowLists]]\nstopWords = ['z']\n";
        let mut document = read(text).unwrap();
        let remarks: Vec<&str> = document.remarks.iter().map(|remark| remark.what.as_str()).collect();
        assert_eq!(
            remarks,
            [
                "a rule has no key `remediation`; it is passed over",
                "`Critical` is none of error, warning, note; it is passed over",
            ]
        );
        let rule = document.rules.remove(0).upon(None).unwrap();
        assert_eq!((&*rule.id, &rule.allowlists[0].stopwords[..]), ("a", &["z".to_owned()][..]));
        assert!(read("[[rules]]\nid = 'a'\nId = 'b'\n").unwrap_err()[0].what.contains("twice"));
    }
}
