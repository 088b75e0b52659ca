//! Rules in the order of their document, and what they share.

use std::sync::OnceLock;

use super::allow::Allowlist;
use super::bounds;
use super::pattern::Pattern;
use super::runs::Runs;
use crate::model::Severity;

/// Words that stand in the names of passwords and secrets, in lower case.
pub(in crate::scan) const NAME_WORDS: [&str; 11] =
    ["pass", "pwd", "psw", "_pw", "secret", "token", "key", "auth", "cred", "psk", "salt"];

/// One rule: what a credential of one kind looks like.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name; no two rules of a set share one.
    pub id: String,
    /// What it finds, in a few words.
    pub description: String,
    /// How much a finding weighs.
    pub severity: Severity,
    /// Where the form of such a credential is told; empty when the document does not say.
    pub source: String,
    /// How to revoke such a credential, or empty.
    pub revoke: String,
    /// Words to sort rules by.
    pub tags: Vec<String>,
    /// In lower case; one of them occurs in every text that is searched. None: every text is.
    pub keywords: Vec<String>,
    pub(super) regex: Option<Pattern>,
    pub(super) path: Option<Pattern>,
    /// Which group of the regex is the secret; 0: the first that is not empty, else all of the match.
    pub(super) secret_group: usize,
    /// Bits a character; a secret of no more is none. 0: it is not computed.
    pub(super) entropy: f64,
    /// Whether it only serves others.
    pub(super) silent: bool,
    pub(super) allowlists: Vec<Allowlist>,
    pub(super) required: Vec<Required>,
    /// How long a match may be that always holds a keyword.
    pub(super) reach: OnceLock<Option<usize>>,
    /// Whether every match holds one of [`NAME_WORDS`].
    pub(super) named: OnceLock<bool>,
    /// Which runs of letters and digits every match holds.
    pub(super) runs: OnceLock<Runs>,
}

/// A match of another rule that must stand near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Required {
    pub(super) id: String,
    /// At most so many lines away; anywhere in the file when nothing is said.
    pub(super) lines: Option<u32>,
    /// At most so many columns away.
    pub(super) columns: Option<u32>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            id: String::new(),
            description: String::new(),
            severity: Severity::Error,
            source: String::new(),
            revoke: String::new(),
            tags: Vec::new(),
            keywords: Vec::new(),
            regex: None,
            path: None,
            secret_group: 0,
            entropy: 0.0,
            silent: false,
            allowlists: Vec::new(),
            required: Vec::new(),
            reach: OnceLock::new(),
            named: OnceLock::new(),
            runs: OnceLock::new(),
        }
    }
}

impl Rule {
    /// Returns the text of its pattern, where it has one.
    #[must_use]
    pub fn regex(&self) -> Option<&str> {
        self.regex.as_ref().map(Pattern::text)
    }

    /// Returns how far from a keyword a match can reach; `None` when it may stand anywhere.
    pub(super) fn reach(&self) -> Option<usize> {
        *self.reach.get_or_init(|| {
            let pattern = self.regex.as_ref()?.hir()?;
            bounds::reach(&pattern, &self.keywords)
        })
    }

    /// Says whether every match holds one of [`NAME_WORDS`].
    pub(super) fn is_named(&self) -> bool {
        *self.named.get_or_init(|| {
            let pattern = self.regex.as_ref().and_then(Pattern::hir);
            pattern.is_some_and(|pattern| bounds::requires(&pattern, &NAME_WORDS))
        })
    }

    /// Returns which runs of letters and digits every match holds.
    pub(super) fn runs(&self) -> Runs {
        *self.runs.get_or_init(|| {
            let pattern = self.regex.as_ref().and_then(Pattern::hir);
            pattern.map(|pattern| Runs::of(&pattern)).unwrap_or_default()
        })
    }
}

/// Rules, and what is let through whatever rule found it.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    pub(super) allowlists: Vec<Allowlist>,
}

impl RuleSet {
    /// Takes rules with ids of their own; of several with one id the last stands, in the place of the first.
    pub(super) fn new(rules: Vec<Rule>, allowlists: Vec<Allowlist>) -> Self {
        let mut set = Self { rules: Vec::with_capacity(rules.len()), allowlists };
        let mut places = std::collections::BTreeMap::new();
        for rule in rules {
            match places.get(&rule.id) {
                Some(at) => set.rules[*at] = rule,
                None => {
                    places.insert(rule.id.clone(), set.rules.len());
                    set.rules.push(rule);
                }
            }
        }
        set
    }

    /// Returns the rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the rule of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}
