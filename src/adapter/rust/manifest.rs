//! A `Cargo.toml`, and where each of its fields stands.

use std::ops::Range;

use toml_edit::{Document, Item};

use super::super::text_file::{Reading, Remark, TextFile};
use super::super::{Error, Fact};
use crate::git::View;
use crate::model::{RepoPath, Severity};

/// A manifest that parsed.
#[derive(Debug, Clone)]
pub(super) struct CargoManifest {
    /// Its text.
    pub(super) file: TextFile,
    document: Document<String>,
}

/// A field's text, and its place in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) value: String,
    pub(super) at: Range<usize>,
}

/// What `[package]` says about a field.
#[derive(Debug, Clone)]
pub(super) enum Declared<'a> {
    /// Nothing.
    Absent,
    /// The value itself.
    Here(&'a Item),
    /// `<field>.workspace = true`, and where it says so.
    Inherited(Range<usize>),
}

impl CargoManifest {
    /// Reads the manifest of the package or workspace in `directory`.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(super) fn read(view: &View<'_>, directory: &RepoPath) -> Result<Reading<Self>, Error> {
        const RULE: &str = "rust/manifest";
        let file = match TextFile::read(view, &directory.join("Cargo.toml"), RULE)? {
            Reading::Read(file) => file,
            Reading::Refused(finding) => return Ok(Reading::Refused(finding)),
            Reading::Absent => return Ok(Reading::Absent),
        };
        Ok(match Document::parse(file.text.clone()) {
            Ok(document) => Reading::Read(Self { file, document }),
            Err(error) => {
                let at = error.span().unwrap_or_default();
                let message =
                    format!("this is no TOML, so cargo cannot build it: {}", first_line(error.message()));
                let remark = Remark::gap(RULE, Severity::Warning, message, "mend the syntax at this place");
                Reading::Refused(file.finding_at(&at, remark))
            }
        })
    }

    /// Says whether there is a `[package]` (or its old name, `[project]`).
    pub(super) fn has_package(&self) -> bool {
        self.package().is_some()
    }

    /// Says whether this is the root of a workspace.
    pub(super) fn has_workspace(&self) -> bool {
        self.item(&["workspace"]).is_some_and(Item::is_table_like)
    }

    /// Says whether the workspace chose what a plain `cargo test` covers.
    pub(super) fn has_default_members(&self) -> bool {
        self.item(&["workspace", "default-members"]).is_some()
    }

    /// Returns what stands at a path of keys.
    pub(super) fn item(&self, keys: &[&str]) -> Option<&Item> {
        keys.iter().try_fold(self.document.as_item(), |item, key| item.get(key))
    }

    /// Returns the table of the package.
    pub(super) fn package(&self) -> Option<&Item> {
        self.item(&["package"]).or_else(|| self.item(&["project"])).filter(|item| item.is_table_like())
    }

    /// Returns what the package says about `key`.
    pub(super) fn declared(&self, key: &str) -> Declared<'_> {
        let Some(package) = self.package().and_then(Item::as_table_like) else { return Declared::Absent };
        let Some((name, item)) = package.get_key_value(key) else { return Declared::Absent };
        if item.get("workspace").and_then(Item::as_bool) == Some(true) {
            return Declared::Inherited(name.span().unwrap_or_default());
        }
        Declared::Here(item)
    }

    /// Returns what `[workspace.package]` says about `key`, when it is a string.
    pub(super) fn shared(&self, key: &str) -> Option<Field> {
        text_of(self.item(&["workspace", "package", key])?)
    }

    /// Returns the strings of an array; empty if it is none.
    pub(super) fn strings(&self, keys: &[&str]) -> Vec<Field> {
        let Some(array) = self.item(keys).and_then(Item::as_array) else { return Vec::new() };
        let field = |value: &toml_edit::Value| {
            Some(Field { value: value.as_str()?.to_owned(), at: value.span().unwrap_or_default() })
        };
        array.iter().filter_map(field).collect()
    }

    /// Returns a field as a fact of this manifest.
    pub(super) fn fact(&self, key: &str, field: Field) -> Fact<String> {
        let says = format!("{key} = {:?}", field.value);
        Fact::new(field.value, self.file.evidence(field.at.start, says))
    }
}

/// Returns the text of a string, and its place.
pub(super) fn text_of(item: &Item) -> Option<Field> {
    Some(Field { value: item.as_str()?.to_owned(), at: item.span().unwrap_or_default() })
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
