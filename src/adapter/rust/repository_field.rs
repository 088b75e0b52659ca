//! Proposes the `repository` field of packages that lack it.
//!
//! One line goes in; every other byte stays, and the result must parse to the same document plus this one field.

use toml_edit::{Item, TableLike};

use super::super::Context;
use super::super::forge::Forge;
use super::super::manifest::presence;
use super::super::text_file::TextFile;
use super::manifest::{CargoManifest, Declared};
use super::package::Package;
use crate::model::{Action, Evidence, Proposal, RepoPath, TargetFamily};

const RULE: &str = "rust/repository";

/// Returns one edit for each manifest that lacks an address which is known.
pub(super) fn proposals(
    root: &RepoPath,
    manifest: &CargoManifest,
    packages: &[Package<'_>],
    context: &Context,
) -> Vec<Proposal> {
    let published = || packages.iter().filter(|package| package.is_publishable());
    let remote = context.remote_url.as_deref().and_then(Forge::parse);
    let remote = remote.map(|forge| {
        let address = forge.page();
        let says = format!("the repository's remote is {address}");
        (address, presence(&RepoPath::root(), says))
    });
    let inherits =
        |package: &Package<'_>| matches!(package.manifest.declared("repository"), Declared::Inherited(_));
    let mut edits: Vec<Option<Edit<'_>>> = Vec::new();
    if let Some((address, evidence)) = remote.clone()
        && manifest.shared("repository").is_none()
        && published().any(inherits)
    {
        edits.push(Edit::new(manifest, &["workspace", "package"], &quoted(&address), evidence));
    }
    for package in
        published().filter(|package| matches!(package.manifest.declared("repository"), Declared::Absent))
    {
        let shared = package.workspace.and_then(|root| {
            // What the workspace says is not quoted: a URL may carry what nobody shall see.
            let given = root.shared("repository")?;
            Some(root.file.evidence(given.at.start, "the workspace gives the repository"))
        });
        edits.push(match (shared, &remote) {
            (Some(evidence), _) => Edit::new(package.manifest, &["package"], "", evidence),
            (None, Some((address, evidence))) => {
                Edit::new(package.manifest, &["package"], &quoted(address), evidence.clone())
            }
            (None, None) => None,
        });
    }
    edits.into_iter().flatten().map(|edit| edit.into_proposal(root)).collect()
}

/// One field, put into one table of one manifest.
struct Edit<'a> {
    file: &'a TextFile,
    content: String,
    evidence: Evidence,
}

impl<'a> Edit<'a> {
    /// Makes the edit; an empty `value` inherits the workspace's. `None` if it cannot be made without doubt.
    fn new(manifest: &'a CargoManifest, table: &[&str], value: &str, evidence: Evidence) -> Option<Self> {
        let line = if value.is_empty() {
            "repository.workspace = true".to_owned()
        } else {
            format!("repository = {value}")
        };
        let content = insert(manifest, table, &line)?;
        adds_only(&manifest.file.text, &content, table, &line).then_some(Self {
            file: &manifest.file,
            content,
            evidence,
        })
    }

    fn into_proposal(self, root: &RepoPath) -> Proposal {
        Proposal {
            rule: RULE.to_owned(),
            family: TargetFamily::Deps,
            root: root.clone(),
            path: self.file.path.clone(),
            mode: self.file.mode,
            action: Action::Edit { content: self.content.into_bytes() },
            subject: "Say in Cargo.toml where the source is".to_owned(),
            reason: "A published crate names no repository, so its users cannot find the source.".to_owned(),
            evidence: vec![self.evidence],
        }
    }
}

/// Puts `line` behind the last field of a table that has a header of its own.
fn insert(manifest: &CargoManifest, table: &[&str], line: &str) -> Option<String> {
    let table =
        manifest.item(table)?.as_table().filter(|table| !table.is_dotted() && !table.is_implicit())?;
    let text = &manifest.file.text;
    let last = last_value(table)?;
    let rest = text.get(last..)?;
    let end = rest.find('\n').map_or(text.len(), |newline| last + newline + 1);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut content = text[..end].to_owned();
    if !content.ends_with('\n') {
        content.push_str(newline);
    }
    content.push_str(line);
    content.push_str(newline);
    content.push_str(&text[end..]);
    Some(content)
}

/// Returns where the last value ends that stands under the table's own header.
fn last_value(table: &dyn TableLike) -> Option<usize> {
    let end = |item: &Item| match item {
        Item::Value(value) => {
            let inline = value.as_inline_table().filter(|inline| inline.is_dotted());
            inline.map_or_else(|| value.span().map(|span| span.end), |inline| last_value(inline))
        }
        Item::Table(table) if table.is_dotted() => last_value(table),
        _ => None,
    };
    table.iter().filter_map(|(_, item)| end(item)).max()
}

/// Says whether `new` is `old` plus exactly the field of `line` in `table`.
fn adds_only(old: &str, new: &str, table: &[&str], line: &str) -> bool {
    let (Ok(old), Ok(mut new), Ok(field)) =
        (old.parse::<toml::Table>(), new.parse::<toml::Table>(), line.parse::<toml::Table>())
    else {
        return false;
    };
    let at = table.iter().try_fold(&mut new, |table, key| table.get_mut(*key)?.as_table_mut());
    let added = at.and_then(|table| table.remove("repository"));
    added.as_ref() == field.get("repository") && new == old
}

/// Writes an address as a TOML string; its alphabet (see `Forge`) needs no escape.
fn quoted(address: &str) -> String {
    format!("\"{address}\"")
}
