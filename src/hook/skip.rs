//! The escape: findings that a hook lets through because its caller names their rule or gate.
//!
//! What was let through is recorded, so an escape is never silent.

use crate::model::{Finding, Gate};

/// How many words an escape may have.
const WORDS: usize = 32;
/// How long a word or a reason may be, in characters.
const LENGTH: usize = 200;
/// The word for the seal that a push may need.
const SEAL: &str = "seal";

/// What shall be let through, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skip {
    words: Vec<String>,
    reason: Option<String>,
}

impl Skip {
    /// Reads a list of rules and gates, with commas between them, and the reason.
    #[must_use]
    pub fn parse(list: Option<&str>, reason: Option<&str>) -> Self {
        let cut =
            |text: &str| text.trim().chars().filter(|c| !c.is_control()).take(LENGTH).collect::<String>();
        let words = list.unwrap_or_default().split(',').map(cut).filter(|word| !word.is_empty());
        let reason = reason.map(cut).filter(|reason| !reason.is_empty());
        Self { words: words.take(WORDS).collect(), reason }
    }

    /// Says whether nothing shall be let through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns why, if it was said.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Returns the word that lets a finding through: its rule, with or without `secret.`, or its gate.
    #[must_use]
    pub fn word_for(&self, finding: &Finding) -> Option<&str> {
        let bare = finding.rule.strip_prefix("secret.");
        self.words
            .iter()
            .map(String::as_str)
            .find(|word| *word == finding.rule || Some(*word) == bare || *word == finding.gate.as_str())
    }

    /// Says whether a push may go without a seal.
    #[must_use]
    pub fn lets_unsealed_through(&self) -> bool {
        self.words.iter().any(|word| word == SEAL)
    }

    /// Returns the words that can be no rule and are no gate: mistakes, most likely.
    pub fn strange(&self) -> impl Iterator<Item = &str> {
        let known = |word: &&str| {
            Gate::ALL.iter().any(|gate| gate.as_str() == *word)
                || *word == SEAL
                || word.contains(['.', '-', '/'])
        };
        self.words.iter().map(String::as_str).filter(move |word| !known(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{RepoPath, Severity};

    #[test]
    fn rules_and_gates_are_let_through_and_nothing_else() {
        let finding = Finding {
            path: RepoPath::from("a"),
            span: None,
            rule: "secret.aws-access-token".to_owned(),
            gate: Gate::SecretDetected,
            severity: Severity::Error,
            message: String::new(),
            help: String::new(),
            redacted: None,
            id: None,
            confidence: None,
            why: None,
        };
        for (list, lets) in [
            ("secret.aws-access-token", true),
            (" x-y , aws-access-token", true),
            ("secret_detected", true),
            ("secret", false),
            ("hostile_entry,secret.private-key", false),
            ("", false),
        ] {
            assert_eq!(Skip::parse(Some(list), None).word_for(&finding).is_some(), lets, "{list}");
        }
        assert_eq!(Skip::parse(Some("secret,seal,a.b"), None).strange().collect::<Vec<_>>(), ["secret"]);
        assert!(Skip::parse(Some("seal"), Some(" \n")).lets_unsealed_through());
        let long = Skip::parse(Some(&"x,".repeat(99)), Some(&"y".repeat(999)));
        assert_eq!((long.words.len(), long.reason().map(str::len)), (WORDS, Some(LENGTH)));
    }
}
