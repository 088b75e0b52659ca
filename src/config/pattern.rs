//! Patterns of gates and policies: a regular expression and its text.
//!
//! Compiled under fixed limits; matching takes time linear in the input, whatever the pattern.

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer};

/// The most memory one compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// A compiled pattern and its text. Matches over bytes; `$` is the end of the whole input.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The text, as it stands in the document.
    pub text: String,
    /// The compiled expression.
    pub regex: Regex,
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
    pub(super) fn compile(text: &str) -> Result<Self, String> {
        let built =
            RegexBuilder::new(text).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).nest_limit(64).build();
        match built {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err("it compiles to more than 1 MiB".to_owned()),
            Err(error) => {
                // The parser draws a picture over several lines; its last line says what is wrong.
                let told = error.to_string();
                let last = told.lines().last().unwrap_or_default();
                Err(last.trim().trim_start_matches("error: ").to_owned())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::compile(&text).map_err(serde::de::Error::custom)
    }
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
        assert!(pattern.regex.is_match(b"\xff/a STORY?"));
        assert!(!pattern.regex.is_match(b"story?/x"));
    }
}
