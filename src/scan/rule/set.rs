//! Rules in the order of their document, and what they share.

use std::borrow::Cow;

use super::allow::Allowlist;
use super::pattern::Pattern;
use super::runs::Runs;
use super::{bounds, held};
use crate::base::ContentAddress;
use crate::model::Severity;

/// Words that stand in the names of passwords and secrets, in lower case.
pub(in crate::scan) const NAME_WORDS: [&str; 11] =
    ["pass", "pwd", "psw", "_pw", "secret", "token", "key", "auth", "cred", "psk", "salt"];

/// A text that comes with the program, or was read.
pub(super) type Text = Cow<'static, str>;

/// One rule: what a credential of one kind looks like.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name; no two rules of a set share one.
    pub id: Cow<'static, str>,
    /// What it finds, in a few words.
    pub description: Cow<'static, str>,
    /// How much a finding weighs.
    pub severity: Severity,
    /// Where the form of such a credential is told; empty when the document does not say.
    pub source: Cow<'static, str>,
    /// How to revoke such a credential, or empty.
    pub revoke: Cow<'static, str>,
    /// Words to sort rules by.
    pub tags: Cow<'static, [Cow<'static, str>]>,
    /// In lower case; one of them occurs in every text that is searched. None: every text is.
    pub keywords: Cow<'static, [Cow<'static, str>]>,
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
    /// How far from a keyword a match can reach; `None` when it may stand anywhere.
    pub(super) reach: Option<usize>,
    /// Whether every match holds one of [`NAME_WORDS`].
    pub(super) named: bool,
    /// Which runs of letters and digits every match holds.
    pub(super) runs: Runs,
    /// Words, in lower case, that every match holds.
    pub(super) holds: Cow<'static, [Text]>,
}

/// A match of another rule that must stand near.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Required {
    pub(super) id: Text,
    /// At most so many lines away; anywhere in the file when nothing is said.
    pub(super) lines: Option<u32>,
    /// At most so many columns away.
    pub(super) columns: Option<u32>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            id: Text::default(),
            description: Text::default(),
            severity: Severity::Error,
            source: Text::default(),
            revoke: Text::default(),
            tags: Cow::default(),
            keywords: Cow::default(),
            regex: None,
            path: None,
            secret_group: 0,
            entropy: 0.0,
            silent: false,
            allowlists: Vec::new(),
            required: Vec::new(),
            reach: None,
            named: false,
            runs: Runs::default(),
            holds: Cow::default(),
        }
    }
}

impl Rule {
    /// Returns the text of its pattern, where it has one.
    #[must_use]
    pub fn regex(&self) -> Option<&str> {
        self.regex.as_ref().map(Pattern::text)
    }

    /// Reads from the pattern where it has to be looked for.
    pub(super) fn placed(self) -> Self {
        let Some(pattern) = self.regex.as_ref().and_then(Pattern::hir) else { return self };
        Self {
            reach: bounds::reach(&pattern, &self.keywords),
            named: bounds::requires(&pattern, &NAME_WORDS),
            runs: Runs::of(&pattern),
            holds: held::words_in_all(&pattern, &self.keywords).into_iter().map(Text::from).collect(),
            ..self
        }
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
        let mut kept: Vec<Rule> = Vec::with_capacity(rules.len());
        let mut places = std::collections::BTreeMap::new();
        for rule in rules {
            match places.get(&rule.id) {
                Some(at) => kept[*at] = rule,
                None => {
                    places.insert(rule.id.clone(), kept.len());
                    kept.push(rule);
                }
            }
        }
        Self { rules: kept, allowlists }
    }

    /// Takes rules that are known to have ids of their own.
    pub(super) fn trusted(rules: Vec<Rule>) -> Self {
        Self { rules, allowlists: Vec::new() }
    }

    /// Returns the rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the digest of all that decides what these rules find.
    pub(in crate::scan) fn digest(&self) -> ContentAddress {
        let mut parts = Vec::new();
        for rule in &self.rules {
            let texts = [&rule.regex, &rule.path].map(|pattern| pattern.as_ref().map_or("", Pattern::text));
            parts.extend([&*rule.id, texts[0], texts[1]].map(str::to_owned));
            parts.push(format!("{} {} {}", rule.secret_group, rule.entropy.to_bits(), rule.silent));
            parts.push(format!("{:?} {:?}", rule.keywords, rule.required));
            parts.extend(rule.allowlists.iter().map(Allowlist::describe));
        }
        parts.extend(self.allowlists.iter().map(Allowlist::describe));
        let mut bytes = Vec::new();
        for part in &parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        ContentAddress::of(&bytes)
    }

    /// Returns every pattern that is held against paths, always in the same order.
    pub(in crate::scan) fn path_patterns(&self) -> impl Iterator<Item = &Pattern> {
        let lists = self.rules.iter().flat_map(|rule| &rule.allowlists).chain(&self.allowlists);
        let paths = self.rules.iter().filter_map(|rule| rule.path.as_ref());
        paths.chain(lists.flat_map(|list| &list.paths))
    }

    /// Returns the rule of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}
