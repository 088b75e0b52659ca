//! A `go.work`, and the modules that it uses.
//!
//! A used directory counts only if the snapshot holds its `go.mod`.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Error;
use super::super::places::resolve;
use super::read_file;
use super::syntax::{Directive, GoFile};
use crate::git::View;
use crate::model::{Finding, RepoPath};

/// A workspace and its modules.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The directory of the `go.work`.
    pub(super) root: RepoPath,
    /// The `go.work`.
    pub(super) file: GoFile,
    /// The modules in use, except the one at the root itself.
    pub(super) modules: BTreeMap<RepoPath, GoFile>,
    /// `use` lines whose directory has no `go.mod` in the snapshot.
    pub(super) absent: Vec<(RepoPath, Directive)>,
    /// Directories in use, the root among them if it is used.
    used: BTreeSet<RepoPath>,
    /// The module path at the root, if it is used.
    own: Option<String>,
}

/// Reads the workspace at `root`, if there is one.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn read(
    view: &View<'_>,
    root: &RepoPath,
    findings: &mut Vec<Finding>,
) -> Result<Option<Workspace>, Error> {
    let Some(file) = read_file(view, &root.join("go.work"), findings)? else { return Ok(None) };
    let mut workspace = Workspace {
        root: root.clone(),
        modules: BTreeMap::new(),
        absent: Vec::new(),
        used: BTreeSet::new(),
        own: None,
        file,
    };
    let lines: Vec<Directive> = workspace.file.all("use").cloned().collect();
    for line in lines {
        let Some(directory) = line.words.first().and_then(|word| resolve(root, word)) else { continue };
        let path = directory.join("go.mod");
        if !view.exists(&path) {
            workspace.absent.push((directory, line));
        } else if workspace.used.insert(directory.clone()) {
            let mut wrong = Vec::new();
            let module = read_file(view, &path, &mut wrong)?;
            if directory == *root {
                // The adapter itself judges the module at the root.
                workspace.own = module.and_then(|module| module.fact("module")).map(|fact| fact.value);
                continue;
            }
            findings.extend(wrong);
            if let Some(module) = module {
                workspace.modules.insert(directory, module);
            }
        }
    }
    Ok(Some(workspace))
}

impl Workspace {
    /// Returns the directories of its modules, sorted; the root is not among them.
    pub(super) fn members(&self) -> Vec<RepoPath> {
        self.used.iter().filter(|directory| **directory != self.root).cloned().collect()
    }

    /// Returns every directory in use, sorted.
    pub(super) fn used(&self) -> impl Iterator<Item = &RepoPath> {
        self.used.iter()
    }

    /// Returns the module paths that are taken from the workspace itself.
    pub(super) fn module_names(&self) -> BTreeSet<String> {
        let members = self.modules.values().filter_map(|module| module.fact("module"));
        members.map(|fact| fact.value).chain(self.own.clone()).collect()
    }
}
