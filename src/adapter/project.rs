//! Makes the parts of a project that adapters share.

use super::{Fact, Inspection, Project};
use crate::git::View;
use crate::model::{Evidence, Proposal, RepoPath};

impl Project {
    /// A project of which only the kind and the directory are known.
    pub(super) fn bare(adapter: &str, root: &RepoPath) -> Self {
        Self {
            adapter: adapter.to_owned(),
            root: root.clone(),
            name: None,
            version: None,
            language_version: None,
            tool: None,
            test_command: None,
            repository: None,
            license: None,
            members: Vec::new(),
            ci: None,
            ignore: Vec::new(),
        }
    }

    /// Returns what people call the project: the adapter, and the directory unless it is the top.
    pub(super) fn label(&self) -> String {
        if self.root.is_root() { self.adapter.clone() } else { format!("{} ({})", self.adapter, self.root) }
    }
}

impl<T> Fact<T> {
    /// Binds a value to its evidence.
    pub(super) fn new(value: impl Into<T>, evidence: Evidence) -> Self {
        Self { value: value.into(), evidence }
    }
}

impl Inspection {
    /// What is known before anything was read.
    pub(super) fn bare(adapter: &str, root: &RepoPath) -> Self {
        Self { project: Project::bare(adapter, root), findings: Vec::new(), proposals: Vec::new() }
    }
}

/// Gives an edit the mode that its file has.
pub(super) fn in_place(proposal: Proposal, view: &View<'_>) -> Proposal {
    let mode = view.get(&proposal.path).map_or(proposal.mode, |entry| entry.mode);
    Proposal { mode, ..proposal }
}
