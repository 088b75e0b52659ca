//! What is about to be committed: the staged paths that differ from HEAD, as the index has them.

use std::collections::BTreeSet;

use super::Error;
use crate::git::{Entry, Head, Repository};
use crate::model::{ObjectId, RepoPath};
use crate::step::Subject;

/// What is staged.
pub struct Staged {
    /// The staged files, to be judged at the paths that differ from HEAD.
    pub subject: Subject,
    /// The tree that the commit will have, when git noted it in the index.
    pub tree: Option<ObjectId>,
}

/// Returns the staged tree, to be judged at the paths that differ from HEAD.
///
/// The index is the one that git names in `GIT_INDEX_FILE` (`commit -a` and `commit <path>` use their own).
///
/// # Errors
/// When the index or HEAD cannot be read.
pub fn pre_commit(repository: &Repository) -> Result<Staged, Error> {
    let (staged, tree) = repository.snapshot_index_with_tree()?;
    let before = match repository.head()? {
        Head::Unborn(_) => repository.snapshot_tree(repository.empty_tree())?,
        Head::Branch(_, commit) | Head::Detached(commit) => repository.snapshot_commit(commit)?,
    };
    // Both are sorted, and mostly the same.
    let mut olds = before.entries().iter().peekable();
    let mut is_new = |entry: &&Entry| {
        while olds.next_if(|old| old.path < entry.path).is_some() {}
        olds.next_if(|old| old.path == entry.path)
            .is_none_or(|old| (old.mode, old.id) != (entry.mode, entry.id))
    };
    let changed: BTreeSet<RepoPath> =
        staged.entries().iter().filter(&mut is_new).map(|entry| entry.path.clone()).collect();
    let mut subject = Subject::of_files(staged, Some(changed));
    subject.before = Some(before);
    Ok(Staged { subject, tree })
}
