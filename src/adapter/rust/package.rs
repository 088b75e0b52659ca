//! One package of a project: what its fields say, and which of them a published crate must have.
//!
//! A package that says `publish = false` owes nobody a description or a licence.

use toml_edit::Item;

use super::super::detect::files_below;
use super::super::text_file::{Remark, TextFile};
use super::super::{Context, Fact, forge::Forge};
use super::manifest::{CargoManifest, Declared, text_of};
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

/// A package, and the workspace it may inherit from.
#[derive(Debug)]
pub(super) struct Package<'a> {
    /// Its manifest.
    pub(super) manifest: &'a CargoManifest,
    /// Where it stands.
    pub(super) directory: &'a RepoPath,
    /// The root of its workspace; its own manifest when it is the root itself.
    pub(super) workspace: Option<&'a CargoManifest>,
}

impl<'a> Package<'a> {
    pub(super) fn new(
        manifest: &'a CargoManifest,
        directory: &'a RepoPath,
        workspace: Option<&'a CargoManifest>,
    ) -> Self {
        Self { manifest, directory, workspace }
    }

    /// Returns the text of a field, inherited or not, and where it is written.
    pub(super) fn value(&self, key: &str) -> Option<Fact<String>> {
        match self.manifest.declared(key) {
            Declared::Absent => None,
            Declared::Here(item) => Some(self.manifest.fact(key, text_of(item)?)),
            Declared::Inherited(_) => {
                let workspace = self.workspace?;
                Some(workspace.fact(key, workspace.shared(key)?))
            }
        }
    }

    /// Says whether `cargo publish` would try to publish it.
    pub(super) fn is_publishable(&self) -> bool {
        let allows = |item: &Item| match (item.as_bool(), item.as_array()) {
            (Some(allowed), _) => allowed,
            (None, Some(registries)) => !registries.is_empty(),
            (None, None) => true,
        };
        match self.manifest.declared("publish") {
            Declared::Here(item) => allows(item),
            Declared::Inherited(_) => {
                let shared = self.workspace.and_then(|root| root.item(&["workspace", "package", "publish"]));
                shared.is_none_or(allows)
            }
            // Without a version, cargo takes `publish = false` for granted.
            Declared::Absent => !matches!(self.manifest.declared("version"), Declared::Absent),
        }
    }

    /// Returns the source of the first program that it builds.
    pub(super) fn program(&self, view: &View<'_>) -> Option<RepoPath> {
        let package = self.manifest.package()?;
        let main = self.directory.join("src/main.rs");
        if package.get("autobins").and_then(Item::as_bool) != Some(false) {
            if view.exists(&main) {
                return Some(main);
            }
            let bins = self.directory.join("src/bin");
            let is_program = |path: &&RepoPath| match path.depth() - bins.depth() {
                1 => path.extension() == Some(b"rs"),
                2 => path.file_name() == b"main.rs",
                _ => false,
            };
            if let Some(path) = files_below(view, &bins).find(is_program) {
                return Some(path.clone());
            }
        }
        self.manifest.item(&["bin"])?.as_array_of_tables().filter(|bins| !bins.is_empty())?;
        Some(self.manifest.file.path.clone())
    }

    /// Says what is missing or cannot be inherited.
    pub(super) fn findings(&self, context: &Context) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.broken_inheritance();
        let at = self.name_place();
        let file: &TextFile = &self.manifest.file;
        let is_absent = |key: &str| matches!(self.manifest.declared(key), Declared::Absent);
        if is_absent("edition") {
            findings.push(file.finding_at(&at, edition_missing()));
        }
        if !self.is_publishable() {
            return findings;
        }
        if is_absent("license") && is_absent("license-file") {
            findings.push(file.finding_at(&at, license_missing()));
        }
        if is_absent("description") {
            findings.push(file.finding_at(&at, description_missing()));
        }
        if is_absent("repository") {
            let known = context.remote_url.as_deref().and_then(Forge::parse).is_some()
                || self.workspace.is_some_and(|root| root.shared("repository").is_some());
            findings.push(file.finding_at(&at, repository_missing(known)));
        }
        findings
    }

    /// Fields that are inherited from a workspace that does not give them.
    fn broken_inheritance(&self) -> Vec<Finding> {
        const KEYS: [&str; 8] = [
            "version",
            "edition",
            "rust-version",
            "description",
            "license",
            "license-file",
            "repository",
            "publish",
        ];
        let Some(workspace) = self.workspace else { return Vec::new() };
        let broken = |key: &'static str| match self.manifest.declared(key) {
            Declared::Inherited(at) if workspace.item(&["workspace", "package", key]).is_none() => {
                Some((key, at))
            }
            _ => None,
        };
        let remark = |key: &str| {
            Remark::gap(
                "rust/inheritance",
                Severity::Warning,
                format!(
                    "`{key}.workspace = true`, but the workspace gives no `{key}`, so cargo refuses the package"
                ),
                "set the field in `[workspace.package]`, or here",
            )
        };
        let found = KEYS.into_iter().filter_map(broken);
        found.map(|(key, at)| self.manifest.file.finding_at(&at, remark(key))).collect()
    }

    /// Returns the place of the package's name, where a reader looks for what is missing.
    fn name_place(&self) -> std::ops::Range<usize> {
        let name = self.manifest.package().and_then(|package| package.get("name"));
        name.and_then(Item::span).unwrap_or_default()
    }
}

fn edition_missing() -> Remark {
    Remark::needs_input(
        "rust/edition",
        Severity::Warning,
        "no `edition`, so cargo builds this as Rust 2015",
        "set `package.edition`, after `cargo fix --edition` if the code is older",
    )
}

fn license_missing() -> Remark {
    Remark::needs_input(
        "rust/license",
        Severity::Warning,
        "no `license` or `license-file`: nobody may use it, and crates.io refuses it",
        "set `package.license` to an SPDX expression, or `publish = false` if it is never published",
    )
}

fn description_missing() -> Remark {
    Remark::needs_input(
        "rust/description",
        Severity::Warning,
        "no `description`, and crates.io refuses a crate without one",
        "set `package.description` to one sentence, or `publish = false` if it is never published",
    )
}

fn repository_missing(known: bool) -> Remark {
    let message = "no `repository`, so whoever finds the crate cannot find its source";
    let help = "set `package.repository` to the address of the source";
    if known {
        Remark::gap("rust/repository", Severity::Note, message, help)
    } else {
        Remark::needs_input("rust/repository", Severity::Note, message, help)
    }
}
