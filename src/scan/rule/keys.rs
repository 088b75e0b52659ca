//! Reads the keys of a document as gitleaks does, in upper or lower case, and says which ones mean nothing here.
//!
//! A key that is nearly one that is known is a slip, and a fault: what it says would silently not hold. Any other is told
//! and passed over, as gitleaks does: files carry keys of other tools.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Fault;
use crate::config::nearest;

const TOP: [&str; 7] = ["title", "description", "minVersion", "extend", "rules", "allowlist", "allowlists"];
const EXTEND: [&str; 4] = ["path", "url", "useDefault", "disabledRules"];
const RULE: [&str; 15] = [
    "id",
    "description",
    "path",
    "regex",
    "secretGroup",
    "entropy",
    "keywords",
    "tags",
    "allowlist",
    "allowlists",
    "required",
    "skipReport",
    "severity",
    "source",
    "revoke",
];
const LIST: [&str; 8] =
    ["description", "condition", "commits", "paths", "regexTarget", "regexes", "stopwords", "targetRules"];
const REQUIRED: [&str; 3] = ["id", "withinLines", "withinColumns"];

/// Gives keys their one spelling.
pub(super) struct Keys {
    /// What is no key, and nearly one.
    pub(super) faults: Vec<Fault>,
    /// What is passed over.
    pub(super) remarks: Vec<Fault>,
}

impl Keys {
    /// Goes through a document.
    pub(super) fn spell(document: &mut DeTable<'_>) -> Self {
        let mut keys = Self { faults: Vec::new(), remarks: Vec::new() };
        keys.table(document, &TOP, "the document");
        for (key, value) in document.iter_mut() {
            match &**key.get_ref() {
                "extend" => keys.each(value, &EXTEND, "`extend`"),
                "rules" => keys.rules(value),
                "allowlist" | "allowlists" => keys.each(value, &LIST, "an allowlist"),
                _ => {}
            }
        }
        keys
    }

    fn rules(&mut self, value: &mut Spanned<DeValue<'_>>) {
        self.each(value, &RULE, "a rule");
        for rule in tables(value) {
            for (key, value) in rule.iter_mut() {
                match &**key.get_ref() {
                    "allowlist" | "allowlists" => self.each(value, &LIST, "an allowlist"),
                    "required" => self.each(value, &REQUIRED, "`required`"),
                    _ => {}
                }
            }
        }
    }

    fn each(&mut self, value: &mut Spanned<DeValue<'_>>, known: &[&'static str], what: &str) {
        tables(value).into_iter().for_each(|table| self.table(table, known, what));
    }

    fn table(&mut self, table: &mut DeTable<'_>, known: &[&'static str], what: &str) {
        let mut spelt = DeTable::new();
        for (key, value) in std::mem::take(table) {
            let (at, text) = (key.span(), key.get_ref().to_string());
            match known.iter().find(|known| known.eq_ignore_ascii_case(&text)) {
                Some(known) => {
                    let key = Spanned::new(at.clone(), Cow::Borrowed(*known));
                    if spelt.insert(key, value).is_some() {
                        self.faults.push(Fault { at: at.start, what: format!("`{known}` stands twice") });
                    }
                }
                None => match nearest(&text, known.iter().copied()) {
                    Some(near) => {
                        let what = format!("{what} has no key `{text}`; did you mean `{near}`?");
                        self.faults.push(Fault { at: at.start, what });
                    }
                    None => {
                        let what = format!("{what} has no key `{text}`; it is passed over");
                        self.remarks.push(Fault { at: at.start, what });
                    }
                },
            }
        }
        *table = spelt;
    }
}

/// Returns the tables that a value is, or holds.
fn tables<'t, 'i>(value: &'t mut Spanned<DeValue<'i>>) -> Vec<&'t mut DeTable<'i>> {
    match value.get_mut() {
        DeValue::Table(table) => vec![table],
        DeValue::Array(array) => array
            .iter_mut()
            .filter_map(|value| match value.get_mut() {
                DeValue::Table(table) => Some(table),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
