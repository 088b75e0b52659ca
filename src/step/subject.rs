//! The tree that a run looks at; its files are listed when a step first asks for them.
//!
//! A seal asks for none, and a gate for those beside what changed: what they cost must follow the change, not the number
//! of files.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::git::{self, Repository, Snapshot};
use crate::model::{FileMode, ObjectId, RepoPath};
use crate::scan::{ALLOW_FILE, RuleSet};

/// The tree a run looks at.
#[derive(Clone)]
pub struct Subject {
    /// The commit; `None` when the tree is of no commit (the index, the working tree, an unborn HEAD).
    pub commit: Option<ObjectId>,
    /// The paths to judge; `None`: all.
    pub only: Option<BTreeSet<RepoPath>>,
    /// What was there before: credentials that it has at the same path are not found again.
    pub before: Option<Snapshot>,
    /// The rules that contents are searched with; `None`: those that come with the program.
    pub rules: Option<&'static RuleSet>,
    tree: Option<ObjectId>,
    files: Files,
}

/// Its files.
#[derive(Clone)]
enum Files {
    /// Listed from the start.
    Listed(Snapshot),
    /// Listed when somebody asks: all, or those beside what is judged.
    Later { repository: Repository, tree: ObjectId, all: OnceLock<Snapshot>, near: OnceLock<Snapshot> },
}

impl Files {
    fn later(repository: &Repository, tree: ObjectId) -> Self {
        Self::Later { repository: repository.clone(), tree, all: OnceLock::new(), near: OnceLock::new() }
    }
}

impl Subject {
    /// Looks at the tree of `commit`, whose files are not listed yet.
    ///
    /// # Errors
    /// When the commit cannot be read.
    pub fn of_commit(repository: &Repository, commit: ObjectId) -> Result<Self, git::Error> {
        let tree = repository.commit(commit)?.tree;
        let files = Files::later(repository, tree);
        Ok(Self { commit: Some(commit), only: None, before: None, rules: None, tree: Some(tree), files })
    }

    /// Looks at what is staged, of which git has noted the tree; its files are not listed yet.
    #[must_use]
    pub fn of_staged(repository: &Repository, tree: ObjectId, only: BTreeSet<RepoPath>) -> Self {
        let files = Files::later(repository, tree);
        Self { commit: None, only: Some(only), before: None, rules: None, tree: None, files }
    }

    /// Looks at files that are listed already, and are of no commit.
    #[must_use]
    pub fn of_files(snapshot: Snapshot, only: Option<BTreeSet<RepoPath>>) -> Self {
        let tree = snapshot.tree();
        Self { commit: None, only, before: None, rules: None, tree, files: Files::Listed(snapshot) }
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
            Files::Later { repository, tree, all, .. } => made_once(all, || repository.snapshot_tree(*tree)),
        }
    }

    /// Returns what has to be listed for a scan of the paths to judge: what stands beside them, and the allow-file.
    ///
    /// All files, where all are judged, and where a link is: it may lead through any other.
    ///
    /// # Errors
    /// When a tree cannot be read.
    pub fn judged(&self) -> Result<&Snapshot, git::Error> {
        let (Files::Later { repository, tree, near, .. }, Some(only)) = (&self.files, &self.only) else {
            return self.snapshot();
        };
        let near = made_once(near, || {
            let mut paths = only.clone();
            paths.insert(RepoPath::from(ALLOW_FILE));
            repository.snapshot_near(*tree, &paths)
        })?;
        let is_link = |entry: &git::Entry| entry.mode == FileMode::Symlink && only.contains(&entry.path);
        if near.entries().iter().any(is_link) { self.snapshot() } else { Ok(near) }
    }
}

fn made_once(
    place: &OnceLock<Snapshot>,
    make: impl FnOnce() -> Result<Snapshot, git::Error>,
) -> Result<&Snapshot, git::Error> {
    match place.get() {
        Some(snapshot) => Ok(snapshot),
        None => {
            let snapshot = make()?;
            Ok(place.get_or_init(|| snapshot))
        }
    }
}
