//! Searches content for the patterns of `policies.filesystem`.
//!
//! What matched leaves this file in redacted form only.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use super::content::{LineCounter, MAX_FINDINGS, small};
use super::{redact, rule, test_data};
use crate::base::ContentAddress;
use crate::config;
use crate::model::{Finding, Gate, RepoPath, Span};

/// The largest file that is searched, in bytes; a larger one is reported as skipped.
pub const MAX_SIZE: u64 = 16 << 20;

/// How far git looks for a NUL to call a file binary.
const BINARY_PREFIX: usize = 8000;

/// A known word in a pattern's text, and the rule code it gives. The first that occurs counts.
const KNOWN: [(&str, &str); 14] = [
    ("PRIVATE KEY", "secret.private-key"),
    ("aws_access_key_id", "secret.aws-access-key-id"),
    ("aws_secret_access_key", "secret.aws-secret-access-key"),
    ("AKIA", "secret.aws-access-key-id"),
    ("github_pat_", "secret.github-token"),
    ("ghp_", "secret.github-token"),
    ("gh[", "secret.github-token"),
    ("glpat-", "secret.gitlab-token"),
    ("xox", "secret.slack-token"),
    ("AIza", "secret.google-api-key"),
    ("sk_live", "secret.stripe-key"),
    ("npm_", "secret.npm-token"),
    ("pypi-", "secret.pypi-token"),
    ("passw", "secret.password"),
];

/// One pattern and its stable code.
pub(super) struct Pattern<'a> {
    code: String,
    pattern: &'a config::Pattern,
    /// One of these stands in each match, in upper or lower case; none where that is not known.
    words: Vec<String>,
}

/// Patterns, by their places, that a text seems to hold a match of: the words of others do not stand in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Likely(u128);

impl Likely {
    pub(super) fn add(&mut self, at: usize) {
        self.0 |= u128::from(at < 128) << (at % 128);
    }

    fn has(self, at: usize) -> bool {
        at >= 128 || self.0 >> at & 1 == 1
    }
}

/// One match in some content, with nothing of it in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    rule: usize,
    span: Span,
    redacted: String,
    /// Further matches of the rule that are not listed.
    rest: usize,
}

/// Gives each pattern its code, by a known word in it, else by the digest of its text; and the words it is looked for near.
pub(super) fn patterns(patterns: &[config::Pattern]) -> Vec<Pattern<'_>> {
    let code = |text: &str| match KNOWN.iter().find(|(word, _)| text.contains(word)) {
        Some((_, code)) => (*code).to_owned(),
        None => format!("secret.pattern-{}", &ContentAddress::of(text.as_bytes()).short()[..8]),
    };
    let words = |text: &str| {
        let pattern = regex_syntax::ParserBuilder::new().utf8(false).build().parse(text).ok();
        pattern.as_ref().and_then(rule::words_of).unwrap_or_default()
    };
    let ready = |pattern: &config::Pattern| (code(pattern.text()), words(pattern.text()));
    let ready = patterns.iter().map(|pattern| (ready(pattern), pattern));
    ready.map(|((code, words), pattern)| Pattern { code, pattern, words }).collect()
}

/// Says whether git would call the content binary.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(BINARY_PREFIX)].contains(&0)
}

/// Returns the matches in `content` of every rule that has no words or is likely, at most [`MAX_FINDINGS`] a rule; those whose marks are `known` are left
/// out, and count for nothing.
pub(super) fn search(
    rules: &[Pattern<'_>],
    content: &[u8],
    marks: &RandomState,
    known: &BTreeSet<u64>,
    likely: Likely,
) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let has = |(at, rule): &(usize, &Pattern<'_>)| rule.words.is_empty() || likely.has(*at);
    for (number, rule) in rules.iter().enumerate().filter(has) {
        let first = hits.len();
        let mut lines = LineCounter::default();
        let new =
            rule.find(content).filter(|found| !known.contains(&rule.mark(&content[found.clone()], marks)));
        for found in new {
            if hits.len() - first == MAX_FINDINGS {
                hits[first + MAX_FINDINGS - 1].rest += 1;
                continue;
            }
            let (line, column) = lines.locate(content, found.start);
            let span = Span { line, column, length: small(found.len()) };
            hits.push(Hit { rule: number, span, redacted: redact::redact(&content[found]), rest: 0 });
        }
    }
    hits
}

/// Returns the marks of all matches in a content, however many.
pub(super) fn marks_of(rules: &[Pattern<'_>], content: &[u8], marks: &RandomState) -> BTreeSet<u64> {
    let of_rule = |rule: &Pattern<'_>| -> Vec<u64> {
        rule.find(content).map(|found| rule.mark(&content[found], marks)).collect()
    };
    rules.iter().flat_map(of_rule).collect()
}

impl Pattern<'_> {
    /// Returns the words one of which stands in each match, in lower case; none where that is not known.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Finds what matches and is not the text of the pattern itself.
    fn find<'c>(&'c self, content: &'c [u8]) -> impl Iterator<Item = Range<usize>> + 'c {
        let matches = self.pattern.regex().find_iter(content).map(|found| found.range());
        let matches = matches.filter(|found| !found.is_empty());
        matches.filter(|found| !states_the_pattern(self.pattern.text(), content, found.clone()))
    }

    /// Returns a number that is the same for the same match, in one process alone.
    fn mark(&self, matched: &[u8], marks: &RandomState) -> u64 {
        marks.hash_one((&self.code, matched))
    }
}

/// Says whether the match lies within the text of the pattern: a policy that forbids `(?i)api_key` would otherwise
/// forbid its own document.
fn states_the_pattern(pattern: &str, content: &[u8], found: Range<usize>) -> bool {
    let pattern = pattern.as_bytes();
    if found.len() > pattern.len() {
        return false;
    }
    let first = found.end.saturating_sub(pattern.len());
    (first..=found.start).any(|at| content[at..].starts_with(pattern))
}

/// Turns a match into a finding about the file at `path`.
pub(super) fn finding(rules: &[Pattern<'_>], path: &RepoPath, hit: &Hit) -> Finding {
    let mut message = "the content looks like a credential".to_owned();
    if hit.rest > 0 {
        message = format!("{message}; {} more of this rule in the file", hit.rest);
    }
    Finding {
        path: path.clone(),
        span: Some(hit.span),
        rule: rules[hit.rule].code.clone(),
        gate: Gate::SecretDetected,
        severity: test_data::severity(path),
        message,
        help: "revoke it if it is real, and take it from the environment or a secret store instead"
            .to_owned(),
        redacted: Some(hit.redacted.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> config::Pattern {
        config::Pattern::compile(text).unwrap()
    }

    /// Made at run time, so that no scanner takes this source for a leak.
    fn token() -> String {
        format!("{}{}", "AK".to_owned() + "IA", "Q".repeat(16))
    }

    #[test]
    fn a_match_is_placed_and_never_shown() {
        let forbidden = [pattern("AKIA[A-Z0-9]{16}")];
        let rules = patterns(&forbidden);
        let content = format!("first\nkey: {}\n", token());
        let hits =
            search(&rules, content.as_bytes(), &RandomState::new(), &BTreeSet::new(), Likely(u128::MAX));
        assert_eq!(hits.len(), 1);
        let finding = finding(&rules, &"src/a.py".into(), &hits[0]);
        assert_eq!(finding.span, Some(Span { line: 2, column: 6, length: 20 }));
        assert_eq!(finding.rule, "secret.aws-access-key-id");
        assert_eq!(finding.redacted.as_deref(), Some("AKIA\u{2026}QQ"));
        assert!(!serde_json::to_string(&finding).unwrap().contains(&token()));
    }

    #[test]
    fn findings_of_one_rule_are_capped_and_the_rest_counted() {
        let forbidden = [pattern("(?i)password\\s*="), pattern("x*")];
        let rules = patterns(&forbidden);
        let content = "password = 1\n".repeat(MAX_FINDINGS + 7);
        let hits =
            search(&rules, content.as_bytes(), &RandomState::new(), &BTreeSet::new(), Likely(u128::MAX));
        assert_eq!(hits.len(), MAX_FINDINGS, "a pattern that matches nothing finds nothing");
        assert_eq!((hits[0].rest, hits[MAX_FINDINGS - 1].rest), (0, 7));
        assert_eq!(hits[MAX_FINDINGS - 1].span.line, small(MAX_FINDINGS));
        let last = finding(&rules, &"a".into(), &hits[MAX_FINDINGS - 1]);
        assert!(last.message.contains("7 more"), "{}", last.message);
    }

    #[test]
    fn codes_do_not_depend_on_the_order_of_the_patterns() {
        let one = [pattern("zz[0-9]+"), pattern("passwd:")];
        let two = [pattern("passwd:"), pattern("zz[0-9]+")];
        let codes =
            |texts: &[config::Pattern]| patterns(texts).into_iter().map(|rule| rule.code).collect::<Vec<_>>();
        let (first, second) = (codes(&one), codes(&two));
        assert_eq!((&first[0], &first[1]), (&second[1], &second[0]));
        assert!(first[0].starts_with("secret.pattern-") && first[1] == "secret.password");
    }

    #[test]
    fn a_pattern_does_not_forbid_the_document_that_states_it() {
        let text = "(?i)api_key";
        let pattern = config::Pattern::compile(text).unwrap();
        let rules = patterns(std::slice::from_ref(&pattern));
        assert!(
            search(
                &rules,
                b"forbid:\n  - \"(?i)api_key\"\n",
                &RandomState::new(),
                &BTreeSet::new(),
                Likely(u128::MAX)
            )
            .is_empty()
        );
        assert!(
            search(&rules, b"(?i)api_key", &RandomState::new(), &BTreeSet::new(), Likely(u128::MAX))
                .is_empty()
        );
        assert_eq!(
            search(&rules, b"(?i) api_key", &RandomState::new(), &BTreeSet::new(), Likely(u128::MAX)).len(),
            1
        );
        assert_eq!(
            search(
                &rules,
                b"api_key = 1 # (?i)api_key",
                &RandomState::new(),
                &BTreeSet::new(),
                Likely(u128::MAX)
            )
            .len(),
            1
        );
    }

    #[test]
    fn a_nul_makes_a_file_binary_only_near_its_start() {
        assert!(is_binary(b"ab\0c"));
        assert!(!is_binary(b"abc"));
        assert!(!is_binary(&[&[b'a'; BINARY_PREFIX][..], b"\0"].concat()));
    }
}
