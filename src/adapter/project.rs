//! Makes the parts of a project that adapters share.

use super::{Fact, Project};
use crate::model::{Evidence, RepoPath};

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
