//! Searches content for the patterns of `policies.filesystem`.
//!
//! A pattern may match the name of a secret alone, so the line behind a match is not shown either.

use std::ops::Range;

use super::rule::{self, lines_around};
use super::text;
use crate::base::ContentAddress;
use crate::config;

/// The largest file that is searched, in bytes; a larger one is reported as skipped.
pub const MAX_SIZE: u64 = 16 << 20;

/// Why a content that git calls binary is not searched.
pub(super) const BINARY: &str = "binary";

/// Says why a content of more than [`MAX_SIZE`] is not searched.
pub(super) fn too_large() -> String {
    format!("larger than {} MiB", MAX_SIZE >> 20)
}

/// How far git looks for a NUL to call a file binary.
const BINARY_PREFIX: usize = 8000;

/// How far behind the first line of a key its body begins at most, and how many letters and digits side by side are one.
const BEHIND_HEADER: usize = 200;
const LEAST_BODY: usize = 32;

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

/// The patterns of the built-in policy, and what [`read_words`] reads from them: that takes longer than to search a file.
const BUILT_IN: [(&str, &[&str]); 10] = [
    (r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----", &["-----beg"]),
    (r"(?-u)\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", &["akia", "asia"]),
    (r"(?-u)\bgh[pousr]_[A-Za-z0-9]{36,}", &["gho_", "ghp_", "ghr_", "ghs_", "ghu_"]),
    (r"(?-u)\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}", &["github_p"]),
    (r"(?-u)\bglpat-[A-Za-z0-9_-]{20,}", &["glpat-"]),
    (r"(?-u)\bxox[abprs]-[0-9]{6,}-[0-9A-Za-z-]{10,}", &["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"]),
    (r"(?-u)\b[rs]k_live_[0-9A-Za-z]{20,}", &["rk_live_", "sk_live_"]),
    (r"(?-u)\bAIza[0-9A-Za-z_-]{35}\b", &["aiza"]),
    (r"(?-u)\bnpm_[A-Za-z0-9]{36}\b", &["npm_"]),
    (r"(?-u)\bpypi-AgE[A-Za-z0-9_-]{60,}", &["pypi-age"]),
];

/// One pattern and its stable code.
pub(super) struct Pattern {
    code: String,
    pattern: config::Pattern,
    /// One of these stands in each match, in upper or lower case; none where that is not known.
    words: Vec<String>,
}

/// Patterns, by their places, that a text seems to hold a match of: the words of others do not stand in it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Likely(u128);

impl Likely {
    /// Nothing is known of any.
    pub(super) const ALL: Self = Self(u128::MAX);

    pub(super) fn add(&mut self, at: usize) {
        self.0 |= u128::from(at < 128) << (at % 128);
    }

    /// Says whether a pattern at its place may match.
    pub(super) fn may_match(self, at: usize, pattern: &Pattern) -> bool {
        pattern.words.is_empty() || at >= 128 || self.0 >> at & 1 == 1
    }
}

/// Gives each pattern its code, by a known word in it, else by the digest of its text; and the words it is looked for near.
pub(super) fn patterns(patterns: &[config::Pattern]) -> Vec<Pattern> {
    let code = |text: &str| match KNOWN.iter().find(|(word, _)| text.contains(word)) {
        Some((_, code)) => (*code).to_owned(),
        None => format!("secret.pattern-{}", &ContentAddress::of(text.as_bytes()).short()[..8]),
    };
    let words = |text: &str| match BUILT_IN.iter().find(|(pattern, _)| *pattern == text) {
        Some((_, words)) => words.iter().map(|word| (*word).to_owned()).collect(),
        None => read_words(text),
    };
    let ready = |pattern: &config::Pattern| (code(pattern.text()), words(pattern.text()));
    let ready = patterns.iter().map(|pattern| (ready(pattern), pattern));
    ready.map(|((code, words), pattern)| Pattern { code, pattern: pattern.clone(), words }).collect()
}

/// Reads from a pattern which words stand in its matches.
fn read_words(text: &str) -> Vec<String> {
    let pattern = regex_syntax::ParserBuilder::new().utf8(false).build().parse(text).ok();
    pattern.as_ref().and_then(rule::words_of).unwrap_or_default()
}

/// Says whether git would call the content binary.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(BINARY_PREFIX)].contains(&0)
}

/// Returns the part of a content that makes a match the one it is: from its beginning to the end of its last line, or of the
/// key whose header it is. A pattern that matches a name alone stands for the value behind it.
pub(super) fn extent(content: &[u8], found: &Range<usize>) -> Range<usize> {
    let header = memchr::memmem::find(&content[found.clone()], b"-----BEGIN").map(|at| found.start + at);
    let key = header.and_then(|at| text::private_key(content, at));
    let line = lines_around(content, found);
    let blank =
        content[found.end..line.end].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
    found.start..key.map_or(0, |key| key.end).max(line.end - blank)
}

impl Pattern {
    /// Returns its text.
    pub(super) fn text(&self) -> &str {
        self.pattern.text()
    }

    /// Returns the words one of which stands in each match, in lower case; none where that is not known.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Returns the code of its findings.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Finds what matches and is not the text of the pattern itself.
    pub(super) fn find<'c>(&'c self, content: &'c [u8]) -> impl Iterator<Item = Range<usize>> + 'c {
        let matches = self.pattern.regex().find_iter(content).map(|found| found.range());
        let matches = matches.filter(|found| !found.is_empty());
        let matches =
            matches.filter(|found| !states_the_pattern(self.pattern.text(), content, found.clone()));
        matches.filter(|found| self.code != KNOWN[0].1 || !is_bare_header(content, found))
    }
}

/// Says whether a match is the first line of a key and no key is behind it that opens anything: documentation shows it so,
/// programs that write or read keys have it, and encrypted keys are told by a form of their own.
fn is_bare_header(content: &[u8], found: &Range<usize>) -> bool {
    let header = memchr::memmem::find(&content[found.clone()], b"-----BEGIN");
    let closed = content[found.clone()].ends_with(b"-----");
    let rest = &content[found.end..content.len().min(found.end + BEHIND_HEADER)];
    let rest = &rest[..memchr::memmem::find(rest, b"-----").unwrap_or(rest.len())];
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let is_body = |run: &[u8]| run.len() >= LEAST_BODY;
    let whole = &content[found.start..content.len().min(found.end + BEHIND_HEADER)];
    header.is_some()
        && closed
        && (text::is_encrypted(whole) || !rest.split(|byte| !is_part(byte)).any(is_body))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> config::Pattern {
        config::Pattern::compile(text).unwrap()
    }

    #[test]
    fn the_words_of_the_built_in_policy_are_those_of_its_patterns() {
        let document = include_str!("../../configs/indestructibleautoops.policies.yaml");
        let listed = document.lines().skip_while(|line| !line.contains("forbidSecretsPatterns")).skip(1);
        let listed = listed.take_while(|line| line.starts_with("      "));
        let listed: Vec<_> =
            listed.filter_map(|line| line.trim().strip_prefix("- '")?.strip_suffix('\'')).collect();
        let known: Vec<_> = BUILT_IN.iter().map(|(pattern, _)| *pattern).collect();
        assert_eq!(known, listed);
        for (pattern, words) in BUILT_IN {
            assert_eq!(read_words(pattern), words, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_matches_nothing_finds_nothing() {
        let patterns = [pattern("x*")];
        let found: Vec<usize> =
            super::patterns(&patterns)[0].find(b"abxc").map(|found| found.start).collect();
        assert_eq!(found, [2]);
    }

    #[test]
    fn a_match_stands_for_its_line_or_its_key() {
        let text = "a: token = value1  \r\nnext";
        assert_eq!(&text[extent(text.as_bytes(), &(3..8))], "token = value1");
        let dashes = "-".repeat(5);
        let body: String = ('A'..='z').filter(char::is_ascii_alphabetic).collect();
        let key = format!("{dashes}BEGIN PRIVATE KEY{dashes}\n{body}\n{dashes}END PRIVATE KEY{dashes}\n");
        let header = key.find('\n').unwrap();
        assert!(key[extent(key.as_bytes(), &(0..header))].contains(&body));
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
        let patterns = [pattern(text)];
        let found = |content: &str| super::patterns(&patterns)[0].find(content.as_bytes()).count();
        assert_eq!(found("forbid:\n  - \"(?i)api_key\"\n"), 0);
        assert_eq!(found(text), 0);
        assert_eq!(found("(?i) api_key"), 1);
        assert_eq!(found("api_key = 1 # (?i)api_key"), 1);
    }

    #[test]
    fn the_first_line_of_a_key_is_none_by_itself() {
        let dashes = "-".repeat(5);
        let header = format!("{dashes}BEGIN RSA {}{dashes}", "PRIVATE KEY");
        let body: String = (0..32_u8).map(|at| char::from(b'A' + at * 7 % 26)).collect();
        let header_alone = [pattern("-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")];
        let ready = patterns(&header_alone);
        let found = |content: String| ready[0].find(content.as_bytes()).count();
        for rest in ["", "\n...\n", "\\n\" + chunk_split(base64_encode($key), 64) + \"", "\nyour key here\n"]
        {
            assert_eq!(found(format!("{header}{rest}")), 0, "{rest}");
        }
        let public = format!("{header}\n...\n{dashes}END RSA KEY{dashes}\nssh-rsa {body}7\n");
        assert_eq!(found(public), 0);
        assert_eq!(found(format!("{header}\\n{body}7\\n")), 1);
        assert_eq!(found(format!("{header}\nProc-Type: 4,ENCRYPTED\n\n{body}7\n")), 0);
    }

    #[test]
    fn a_nul_makes_a_file_binary_only_near_its_start() {
        assert!(is_binary(b"ab\0c"));
        assert!(!is_binary(b"abc"));
        assert!(!is_binary(&[&[b'a'; BINARY_PREFIX][..], b"\0"].concat()));
    }
}
