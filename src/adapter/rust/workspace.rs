//! Which packages belong to a workspace, as cargo decides it.
//!
//! `members` (globs), without `exclude`, and every path dependency below the root. A directory counts only if the
//! snapshot holds its `Cargo.toml`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use toml_edit::Item;

use super::super::Error;
use super::super::places::{is_in_submodule, resolve};
use super::super::text_file::{Reading, Remark};
use super::manifest::{CargoManifest, Field, text_of};
use crate::git::View;
use crate::model::{Finding, Glob, RepoPath, Severity};

/// The members of one workspace.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Their directories, sorted; the root is not among them.
    pub(super) directories: Vec<RepoPath>,
    /// Those whose manifest parsed.
    pub(super) manifests: BTreeMap<RepoPath, CargoManifest>,
    /// Members that are not there, manifests that do not parse.
    pub(super) findings: Vec<Finding>,
}

/// Lists the members of the workspace at `root`; none if its manifest is no workspace.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn members(view: &View<'_>, root: &RepoPath, manifest: &CargoManifest) -> Result<Members, Error> {
    let mut members = Members::default();
    if !manifest.has_workspace() {
        return Ok(members);
    }
    let scope = Scope::new(root, manifest);
    let mut queue: VecDeque<RepoPath> = VecDeque::new();
    for (directory, said) in scope.named(view) {
        match directory {
            Some(directory) => queue.push_back(directory),
            None => members.findings.extend(absent_member(view, root, manifest, &said)),
        }
    }
    queue.extend(scope.path_dependencies(root, manifest));
    let mut seen = BTreeSet::from([root.clone()]);
    while let Some(directory) = queue.pop_front() {
        if scope.excludes(&directory) || seen.contains(&directory) {
            continue;
        }
        match CargoManifest::read(view, &directory)? {
            Reading::Absent => continue,
            Reading::Refused(finding) => members.findings.push(finding),
            // What has a workspace of its own belongs to that one; cargo refuses to have it listed elsewhere.
            Reading::Read(member) if member.has_workspace() => continue,
            Reading::Read(member) => {
                queue.extend(scope.path_dependencies(&directory, &member));
                members.manifests.insert(directory.clone(), member);
            }
        }
        seen.insert(directory);
    }
    seen.remove(root);
    members.directories = seen.into_iter().collect();
    Ok(members)
}

/// Returns the nearest workspace above `directory`, to which cargo takes its package to belong; none if that
/// workspace excludes it.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn root_above(
    view: &View<'_>,
    directory: &RepoPath,
) -> Result<Option<(RepoPath, CargoManifest)>, Error> {
    let mut above = directory.parent();
    while let Some(here) = above {
        if let Reading::Read(manifest) = CargoManifest::read(view, &here)?
            && manifest.has_workspace()
        {
            let excluded = Scope::new(&here, &manifest).excludes(directory);
            return Ok((!excluded).then_some((here, manifest)));
        }
        above = here.parent();
    }
    Ok(None)
}

/// Finds a package that cargo takes to belong to a workspace which does not list it.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn stranger(
    view: &View<'_>,
    directory: &RepoPath,
    package: &CargoManifest,
    (root, workspace): &(RepoPath, CargoManifest),
) -> Result<Option<Finding>, Error> {
    if members(view, root, workspace)?.directories.contains(directory) {
        return Ok(None);
    }
    let remark = Remark::gap(
        "rust/workspace-stranger",
        Severity::Warning,
        format!(
            "`{}` neither lists nor excludes this package, so cargo refuses to build it",
            workspace.file.path
        ),
        "add it to `workspace.members` or to `workspace.exclude`, or give it a `[workspace]` of its own",
    );
    Ok(Some(package.file.finding(remark)))
}

/// What a workspace's own table says about its members.
struct Scope<'a> {
    root: &'a RepoPath,
    manifest: &'a CargoManifest,
    members: Vec<Field>,
    excluded: Vec<RepoPath>,
}

impl<'a> Scope<'a> {
    fn new(root: &'a RepoPath, manifest: &'a CargoManifest) -> Self {
        let excluded = manifest.strings(&["workspace", "exclude"]);
        Self {
            root,
            manifest,
            members: manifest.strings(&["workspace", "members"]),
            excluded: excluded.iter().filter_map(|field| resolve(root, &field.value)).collect(),
        }
    }

    /// Returns the directories that `members` names, each with the entry; `None` for a path that has no manifest.
    fn named(&self, view: &View<'_>) -> Vec<(Option<RepoPath>, Field)> {
        let entries = view.snapshot().entries().iter();
        let with_manifest: BTreeSet<RepoPath> = entries
            .filter(|entry| entry.mode.is_file() && entry.path.file_name() == b"Cargo.toml")
            .filter_map(|entry| entry.path.parent())
            .collect();
        let mut named = Vec::new();
        for field in &self.members {
            let Some(pattern) = resolve(self.root, &field.value) else { continue };
            if field.value.contains(['*', '?', '[']) {
                let glob = Glob::new(pattern.as_bytes());
                let found = with_manifest.iter().filter(|path| glob.matches(path));
                named.extend(found.map(|path| (Some(path.clone()), field.clone())));
            } else {
                named.push((with_manifest.get(&pattern).cloned(), field.clone()));
            }
        }
        named
    }

    /// Says whether `exclude` keeps the directory out; what `members` names outright stays in.
    fn excludes(&self, directory: &RepoPath) -> bool {
        let explicit = || self.members.iter().filter_map(|field| resolve(self.root, &field.value));
        self.excluded.iter().any(|path| directory.is_within(path))
            && !explicit().any(|path| !path.is_root() && directory.is_within(&path))
    }

    /// Returns the directories below the root that a manifest depends on by path.
    fn path_dependencies(&self, from: &RepoPath, manifest: &CargoManifest) -> impl Iterator<Item = RepoPath> {
        const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
        let mut tables: Vec<&Item> = KINDS.iter().filter_map(|kind| manifest.item(&[kind])).collect();
        if let Some(targets) = manifest.item(&["target"]).and_then(Item::as_table_like) {
            tables.extend(
                targets.iter().flat_map(|(_, target)| KINDS.iter().filter_map(|kind| target.get(kind))),
            );
        }
        let dependencies = tables.into_iter().filter_map(Item::as_table_like).flat_map(|table| table.iter());
        let found: Vec<RepoPath> = dependencies
            .filter_map(|(name, item)| {
                let inherited = item.get("workspace").and_then(Item::as_bool) == Some(true);
                let shared = || self.manifest.item(&["workspace", "dependencies", name]);
                let (base, item) = if inherited { (self.root, shared()?) } else { (from, item) };
                resolve(base, &text_of(item.get("path")?)?.value)
            })
            .filter(|directory| directory.is_within(self.root))
            .collect();
        found.into_iter()
    }
}

/// Cargo refuses the whole workspace over one member that is not there.
fn absent_member(
    view: &View<'_>,
    root: &RepoPath,
    manifest: &CargoManifest,
    said: &Field,
) -> Option<Finding> {
    let directory = resolve(root, &said.value)?;
    let remark = Remark::gap(
        "rust/workspace-member",
        Severity::Warning,
        format!(
            "the member `{}` has no tracked Cargo.toml, and cargo refuses a workspace with a missing member",
            said.value
        ),
        "track the member, or take it out of `workspace.members`",
    );
    (!is_in_submodule(view, &directory)).then(|| manifest.file.finding_at(&said.at, remark))
}
