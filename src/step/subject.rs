//! The tree that a run looks at; its files are listed when a step first asks for them.
//!
//! A seal asks for none: what it costs must follow the change, not the number of files.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::git::{self, Repository, Snapshot};
use crate::model::{ObjectId, RepoPath};

/// The tree a run looks at.
#[derive(Clone)]
pub struct Subject {
    /// The commit; `None` when the tree is of no commit (the index, the working tree, an unborn HEAD).
    pub commit: Option<ObjectId>,
    /// The paths to judge; `None`: all.
    pub only: Option<BTreeSet<RepoPath>>,
    tree: Option<ObjectId>,
    repository: Option<Repository>,
    listed: OnceLock<Snapshot>,
}

impl Subject {
    /// Looks at the tree of `commit`, whose files are not listed yet.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn of_commit(repository: &Repository, commit: ObjectId) -> Result<Self, git::Error> {
        let tree = Some(repository.commit(commit)?.tree);
        let (repository, listed) = (Some(repository.clone()), OnceLock::new());
        Ok(Self { commit: Some(commit), only: None, tree, repository, listed })
    }

    /// Looks at files that are listed already, and are of no commit.
    #[must_use]
    pub fn of_files(snapshot: Snapshot, only: Option<BTreeSet<RepoPath>>) -> Self {
        let tree = snapshot.tree();
        Self { commit: None, only, tree, repository: None, listed: OnceLock::from(snapshot) }
    }

    /// Returns the git tree; `None` for the index and the working tree.
    #[must_use]
    pub fn tree(&self) -> Option<ObjectId> {
        self.tree
    }

    /// Returns the files.
    ///
    /// # Errors
    /// When a tree cannot be read.
    pub fn snapshot(&self) -> Result<&Snapshot, git::Error> {
        if let Some(listed) = self.listed.get() {
            return Ok(listed);
        }
        let (Some(repository), Some(commit)) = (&self.repository, self.commit) else {
            unreachable!("a subject without files has a commit and its repository");
        };
        let snapshot = repository.snapshot_commit(commit)?;
        Ok(self.listed.get_or_init(|| snapshot))
    }
}
