//! Reads TOML, and says on which line a value stands.
//!
//! A document that breaks a rule (a duplicated key, say) is a finding with its place, never a guess.

use toml_edit::{Document, Item, TableLike};

use super::Fact;
use super::manifest::{evidence, malformed, span_of};
use crate::model::{Finding, RepoPath};

/// A TOML document that parsed, with its text.
pub(super) struct TomlText {
    path: RepoPath,
    document: Document<String>,
}

impl TomlText {
    /// Parses `text`.
    ///
    /// # Errors
    /// A finding under `rule` when it is not TOML.
    pub(super) fn parse(path: &RepoPath, text: String, rule: &str) -> Result<Self, Box<Finding>> {
        match Document::parse(text.clone()) {
            Ok(document) => Ok(Self { path: path.clone(), document }),
            Err(error) => {
                let span = error.span().map(|range| span_of(text.as_bytes(), range));
                let reason = error.message().lines().next().unwrap_or_default().to_owned();
                let message = format!("not valid TOML: {reason}");
                let help = "mend the syntax; no tool can read the file as it is".to_owned();
                Err(Box::new(malformed(rule, path, span, message, help)))
            }
        }
    }

    /// Returns the text that was parsed.
    pub(super) fn text(&self) -> &str {
        self.document.raw()
    }

    /// Returns the file it stands in.
    pub(super) fn path(&self) -> &RepoPath {
        &self.path
    }

    /// Returns the value at a path of keys.
    pub(super) fn get(&self, keys: &[&str]) -> Option<&Item> {
        keys.iter().try_fold(self.document.as_item(), |item, key| item.as_table_like()?.get(key))
    }

    /// Says whether something stands at a path of keys.
    pub(super) fn has(&self, keys: &[&str]) -> bool {
        self.get(keys).is_some()
    }

    /// Returns the table at a path of keys.
    pub(super) fn table(&self, keys: &[&str]) -> Option<&dyn TableLike> {
        self.get(keys)?.as_table_like()
    }

    /// Returns the text at a path of keys, with its line.
    pub(super) fn string(&self, keys: &[&str]) -> Option<Fact<String>> {
        let item = self.get(keys)?;
        let value = item.as_str()?.to_owned();
        let says = format!("{} = \"{value}\"", keys.join("."));
        Some(Fact::new(value, evidence(&self.path, self.text(), offset(item), says)))
    }

    /// Returns the texts of the array at a path of keys; what is no text is passed over.
    pub(super) fn strings(&self, keys: &[&str]) -> Vec<&str> {
        let array = self.get(keys).and_then(Item::as_array);
        array.map(|items| items.iter().filter_map(|item| item.as_str()).collect()).unwrap_or_default()
    }

    /// Returns the evidence that a path of keys is there.
    pub(super) fn says(&self, keys: &[&str], says: impl Into<String>) -> crate::model::Evidence {
        evidence(&self.path, self.text(), self.get(keys).map_or(0, offset), says)
    }
}

/// Returns the byte at which an item stands; 0 when the parser did not say.
fn offset(item: &Item) -> usize {
    item.span().map_or(0, |range| range.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<TomlText, Box<Finding>> {
        TomlText::parse(&RepoPath::from("a.toml"), text.to_owned(), "x/malformed")
    }

    #[test]
    fn a_value_has_its_line() {
        let toml = parse("[project]\n\nname = \"a\"\nkeys = [\"x\", 1]\n").unwrap();
        let fact = toml.string(&["project", "name"]).unwrap();
        assert_eq!((fact.value.as_str(), fact.evidence.line), ("a", Some(3)));
        assert_eq!(toml.strings(&["project", "keys"]), ["x"]);
        assert!(toml.get(&["project", "name", "deeper"]).is_none());
    }

    #[test]
    fn broken_documents_say_where() {
        for (text, line) in [("a = 1\na = 2\n", 2), ("[x\n", 1), ("a = \"\n", 1)] {
            let finding = parse(text).err().unwrap();
            assert_eq!(finding.span.unwrap().line, line, "{text}");
        }
        assert!(parse(&format!("a = {}", "[".repeat(100_000))).is_err());
    }
}
