//! Patterns of gates and policies: a regular expression and its text.
//!
//! Compiled under fixed limits, on first use; matching takes time linear in the input, whatever the pattern.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer};

/// The most memory one compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// A pattern. Matches over bytes; `$` is the end of the whole input.
///
/// Read from a document, it is compiled when it is first used: most commands match nothing. That it compiles was
/// checked with its document.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Regex>,
}

/// A family of patterns that paths must not match.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PatternGate {
    /// Whether the gate looks at all.
    pub enabled: bool,
    /// What no path may match.
    #[serde(default)]
    pub patterns: Vec<Pattern>,
}

impl Pattern {
    /// How many patterns one list may hold; the schemas say the same.
    pub(super) const MOST: usize = 128;

    /// Compiles a pattern.
    ///
    /// # Errors
    /// With the reason, in a few words, when the text is no regular expression or would grow too large.
    pub fn compile(text: &str) -> Result<Self, String> {
        let compiled = OnceLock::from(build(text)?);
        Ok(Self { text: text.to_owned(), compiled })
    }

    /// Returns the text, as it stands in the document.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the compiled expression.
    ///
    /// # Panics
    /// When the text was never checked; a configuration holds no such pattern.
    #[must_use]
    pub fn regex(&self) -> &Regex {
        self.compiled.get_or_init(|| build(&self.text).expect("patterns are checked with their documents"))
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: String::deserialize(deserializer)?, compiled: OnceLock::new() })
    }
}

fn build(text: &str) -> Result<Regex, String> {
    let built =
        RegexBuilder::new(text).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).nest_limit(64).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it compiles to more than 1 MiB".to_owned(),
        error => {
            // The parser draws a picture over several lines; its last line says what is wrong.
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default();
            last.trim().trim_start_matches("error: ").to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_pattern_says_why_in_a_few_words() {
        assert_eq!(Pattern::compile("a(b").unwrap_err(), "unclosed group");
        assert_eq!(Pattern::compile("(?:a{1000}){1000}").unwrap_err(), "it compiles to more than 1 MiB");
        assert!(Pattern::compile(&"(".repeat(3000)).is_err());
        assert!(Pattern::compile("a\\1").unwrap_err().contains("backreferences are not supported"));
    }

    #[test]
    fn a_pattern_matches_bytes() {
        let pattern = Pattern::compile(r"(?i)story\?$").unwrap();
        assert!(pattern.regex().is_match(b"\xff/a STORY?"));
        assert!(!pattern.regex().is_match(b"story?/x"));
    }
}
