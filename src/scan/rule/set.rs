//! Rules in the order of their document, and what they share.

use std::borrow::Cow;
use std::ops::Range;

use super::allow::{Allowlist, At, Candidate};
use super::pattern::Pattern;
use super::runs::Runs;
use super::search::lines_around;
use super::{bounds, held};
use crate::base::ContentAddress;
use crate::model::Severity;

/// Words that stand in the names of passwords and secrets, in lower case.
pub(in crate::scan) const NAME_WORDS: [&str; 11] =
    ["pass", "pwd", "psw", "_pw", "secret", "token", "key", "auth", "cred", "psk", "salt"];

/// The ids of the forms that code knows: rules of a file may speak of them as of rules.
pub(in crate::scan) const FORMS: [&str; 7] = [
    "private-key",
    "encrypted-private-key",
    "json-web-token",
    "url-password",
    "authorization-header",
    "generic-secret",
    "generic-password",
];

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
    /// Whether its pattern was read from a file: then no match is let through but by what its document says.
    pub(in crate::scan) exact: bool,
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
            exact: false,
        }
    }
}

impl Rule {
    /// Returns the text of its pattern, where it has one.
    #[must_use]
    pub fn regex(&self) -> Option<&str> {
        self.regex.as_ref().map(Pattern::text)
    }

    /// Says whether it finds files by their paths alone.
    pub(in crate::scan) fn is_of_paths(&self) -> bool {
        self.regex.is_none() && self.path.is_some()
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
    /// Whether forms that code knows count beside the rules.
    pub(super) forms: bool,
    /// The ids of forms that do not.
    pub(super) without: Vec<String>,
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
        Self { rules: kept, allowlists, ..Self::default() }
    }

    /// Takes rules that are known to have ids of their own, beside all forms that code knows.
    pub(super) fn trusted(rules: Vec<Rule>) -> Self {
        Self { rules, forms: true, ..Self::default() }
    }

    /// Returns the set with the forms that code knows but those of these ids, where `forms` says that they count.
    pub(super) fn with_forms(self, forms: bool, without: Vec<String>) -> Self {
        Self { forms, without, ..self }
    }

    /// Says whether a form that code knows counts.
    pub(in crate::scan) fn has_form(&self, id: &str) -> bool {
        self.forms && !self.without.iter().any(|other| other == id)
    }

    /// Says whether finding nothing with this code means that there is nothing: without what comes with the program only the
    /// rules that are here are asked.
    pub(in crate::scan) fn may_find(&self, code: &str) -> bool {
        self.forms || code.strip_prefix("secret.").is_none_or(|id| self.get(id).is_some())
    }

    /// Says whether something that no rule found is let through whatever found it.
    pub(in crate::scan) fn allows(
        &self,
        id: &str,
        at: At<'_>,
        (text, range): (&[u8], &Range<usize>),
    ) -> bool {
        if self.allowlists.is_empty() {
            return false;
        }
        let secret = &text[range.clone()];
        let candidate = Candidate { secret, matched: secret, line: &text[lines_around(text, range)], at };
        self.allowlists.iter().any(|list| list.is_for(id) && list.allows(&candidate))
    }

    /// Says whether nothing that stands there has to be looked at.
    pub(in crate::scan) fn allows_all_at(&self, at: At<'_>) -> bool {
        self.allowlists.iter().any(|list| list.rules.is_empty() && list.allows_all_at(at))
    }

    /// Returns the places of the rules that find files by their paths alone.
    pub(in crate::scan) fn of_paths(&self) -> Vec<usize> {
        let rules = self.rules.iter().enumerate();
        rules.filter(|(_, rule)| rule.is_of_paths() && !rule.silent).map(|(at, _)| at).collect()
    }

    /// Says whether a rule finds the file there by its path alone.
    pub(in crate::scan) fn finds_path(&self, rule: usize, at: At<'_>) -> bool {
        let rule = &self.rules[rule];
        let mut lists = self.allowlists.iter().filter(|list| list.is_for(&rule.id)).chain(&rule.allowlists);
        rule.path.as_ref().is_some_and(|path| path.is_match(at.path))
            && !lists.any(|list| list.allows_all_at(at))
    }

    /// Returns the rules in order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the digest of all that decides what these rules find.
    #[must_use]
    pub fn digest(&self) -> ContentAddress {
        let mut parts = Vec::new();
        for rule in &self.rules {
            let texts = [&rule.regex, &rule.path].map(|pattern| pattern.as_ref().map_or("", Pattern::text));
            parts.extend([&*rule.id, texts[0], texts[1]].map(str::to_owned));
            let (group, entropy) = (rule.secret_group, rule.entropy.to_bits());
            let (silent, exact, lists) = (rule.silent, rule.exact, rule.allowlists.len());
            parts.push(format!("{group} {entropy} {silent} {exact} {lists}"));
            parts.push(format!("{:?} {:?}", rule.keywords, rule.required));
            parts.extend(rule.allowlists.iter().map(Allowlist::describe));
        }
        parts.extend(self.allowlists.iter().map(Allowlist::describe));
        parts.push(format!("{} {:?}", self.forms, self.without));
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
