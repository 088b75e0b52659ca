//! Reads rules from TOML as gitleaks writes it, and says where in the file something is wrong.
//!
//! Source: the documentation of gitleaks 8.28, "Configuration"; `severity`, `source` and `revoke` are our own. Keys that
//! are not known are passed over, as gitleaks does.

use serde::Deserialize;
use toml::Spanned;

use super::allow::{Allowlist, Target};
use super::pattern::Pattern;
use super::set::{Required, Rule};
use crate::model::Severity;

/// A text, and what stands in it.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) rules: Vec<Rule>,
    pub(super) allowlists: Vec<Allowlist>,
    pub(super) extend: Extend,
}

/// What a document builds on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extend {
    /// Another file of rules.
    pub(super) path: Option<String>,
    /// Whether the rules that come with the program are taken over.
    #[serde(default)]
    pub(super) use_default: bool,
    /// The ids of those that are not.
    #[serde(default)]
    pub(super) disabled_rules: Vec<String>,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where it begins, in bytes.
    pub(super) at: usize,
    pub(super) what: String,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    extend: Extend,
    #[serde(default)]
    rules: Vec<Spanned<RuleText>>,
    #[serde(default)]
    allowlists: Vec<AllowText>,
    allowlist: Option<AllowText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleText {
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
    allowlists: Vec<AllowText>,
    allowlist: Option<AllowText>,
    #[serde(default)]
    required: Vec<RequiredText>,
    severity: Option<Severity>,
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
    let parsed: Text = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![Fault { at, what: error.message().trim().to_owned() }]
    })?;
    let mut faults = Vec::new();
    let rules = parsed.rules.into_iter().filter_map(|rule| read_rule(rule, &mut faults)).collect();
    let lists = parsed.allowlists.into_iter().chain(parsed.allowlist);
    let allowlists = lists.map(|list| read_list(list, &mut faults)).collect();
    if faults.is_empty() { Ok(Document { rules, allowlists, extend: parsed.extend }) } else { Err(faults) }
}

fn read_rule(rule: Spanned<RuleText>, faults: &mut Vec<Fault>) -> Option<Rule> {
    let at = rule.span().start;
    let rule = rule.into_inner();
    let mut fault = |what: String| faults.push(Fault { at, what });
    if rule.id.trim().is_empty() {
        fault("a rule has no id".to_owned());
    }
    if rule.regex.is_none() && rule.path.is_none() {
        fault(format!("the rule `{}` has neither `regex` nor `path`", rule.id));
    }
    if !rule.entropy.is_finite() || rule.entropy < 0.0 {
        fault(format!("the entropy of the rule `{}` is no number of bits", rule.id));
    }
    let regex = rule.regex.map(|regex| read_pattern(regex, faults));
    let path = rule.path.map(|path| read_pattern(path, faults));
    if let Some(Some(regex)) = &regex
        && regex.regex().captures_len() <= rule.secret_group
    {
        let what = format!("the rule `{}` has no group {} in its regex", rule.id, rule.secret_group);
        faults.push(Fault { at, what });
    }
    let lists = rule.allowlists.into_iter().chain(rule.allowlist);
    let required = rule.required.into_iter();
    let rule = Rule {
        description: if rule.description.is_empty() { rule.id.clone() } else { rule.description }.into(),
        id: rule.id.into(),
        severity: rule.severity.unwrap_or(Severity::Error),
        source: rule.source.into(),
        revoke: rule.revoke.into(),
        tags: rule.tags.into_iter().map(Into::into).collect(),
        secret_group: rule.secret_group,
        entropy: rule.entropy,
        keywords: rule
            .keywords
            .iter()
            .filter(|word| !word.is_empty())
            .map(|word| word.to_ascii_lowercase().into())
            .collect(),
        silent: rule.skip_report,
        allowlists: lists.map(|list| read_list(list, faults)).collect(),
        required: required
            .map(|RequiredText { id, within_lines, within_columns }| Required {
                id: id.into(),
                lines: within_lines,
                columns: within_columns,
            })
            .collect(),
        regex: regex.flatten(),
        path: path.flatten(),
        ..Rule::default()
    };
    Some(rule.placed())
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

fn read_list(list: AllowText, faults: &mut Vec<Fault>) -> Allowlist {
    let mut word = |text: Option<Spanned<String>>, known: &[&str]| -> usize {
        let Some(text) = text else { return 0 };
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
        commits: list.commits,
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
        let [one, two] = &document.rules[..] else { panic!("{document:?}") };
        assert_eq!((&*one.id, one.secret_group, &*one.keywords), ("one", 1, &["tok_".into()][..]));
        assert!(one.allowlists[0].all && one.allowlists[0].target == Target::Line);
        assert_eq!(one.allowlists[0].stopwords, ["word"]);
        assert!(two.regex.is_none() && two.path.is_some());
        assert!(document.extend.use_default && document.extend.disabled_rules == ["a"]);
        assert_eq!(document.allowlists[0].rules, ["one"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_place() {
        let text = "[[rules]]\nid = \"a\"\nregex = '(x'\n[[rules]]\nid = \"b\"\n[[rules]]\nid = \"c\"\nregex = 'x'\nsecretGroup = 2\n\
            [[rules.allowlists]]\nregexTarget = \"file\"\n";
        let faults = read(text).unwrap_err();
        let lines: Vec<(usize, &str)> =
            faults.iter().map(|fault| (text[..fault.at].lines().count(), fault.what.as_str())).collect();
        assert_eq!(faults.len(), 4, "{lines:?}");
        assert!(lines.iter().any(|(_, what)| what.contains("unclosed group")), "{lines:?}");
        assert!(lines.iter().any(|(_, what)| what.contains("neither `regex` nor `path`")), "{lines:?}");
        assert!(lines.iter().any(|(_, what)| what.contains("no group 2")), "{lines:?}");
        assert!(lines.iter().any(|(_, what)| what.contains("`file` is none of")), "{lines:?}");
        assert!(read("[[rules]").unwrap_err()[0].what.contains("expected"));
    }
}
