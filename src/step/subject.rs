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
    /// What was there before: credentials that it has at the same path are not found again.
    pub before: Option<Snapshot>,
    tree: Option<ObjectId>,
    files: Files,
}

/// Its files.
#[derive(Clone)]
enum Files {
    /// Listed from the start.
    Listed(Snapshot),
    /// Listed when somebody asks.
    Later { repository: Repository, commit: ObjectId, listed: OnceLock<Snapshot> },
}

impl Subject {
    /// Looks at the tree of `commit`, whose files are not listed yet.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn of_commit(repository: &Repository, commit: ObjectId) -> Result<Self, git::Error> {
        let tree = Some(repository.commit(commit)?.tree);
        let files = Files::Later { repository: repository.clone(), commit, listed: OnceLock::new() };
        Ok(Self { commit: Some(commit), only: None, before: None, tree, files })
    }

    /// Looks at files that are listed already, and are of no commit.
    #[must_use]
    pub fn of_files(snapshot: Snapshot, only: Option<BTreeSet<RepoPath>>) -> Self {
        Self { commit: None, only, before: None, tree: snapshot.tree(), files: Files::Listed(snapshot) }
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
        match &self.files {
            Files::Listed(snapshot) => Ok(snapshot),
            Files::Later { repository, commit, listed } => match listed.get() {
                Some(snapshot) => Ok(snapshot),
                None => {
                    let snapshot = repository.snapshot_commit(*commit)?;
                    Ok(listed.get_or_init(|| snapshot))
                }
            },
        }
    }
}
