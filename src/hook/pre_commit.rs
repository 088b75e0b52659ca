//! What is about to be committed: the staged paths that differ from HEAD, as the index has them.

use std::collections::BTreeSet;

use super::Error;
use super::arriving::new_oddities;
use crate::git::{Entry, Repository, Snapshot};
use crate::model::{ObjectId, RepoPath};
use crate::step::Subject;

/// What is staged.
pub struct Staged {
    /// The staged files, to be judged at the paths that differ from HEAD.
    pub subject: Subject,
    /// The tree that the commit will have, when git noted it in the index.
    pub tree: Option<ObjectId>,
}

/// Returns the staged tree, to be judged at the paths that differ from HEAD's commit; `None` before the first one.
///
/// The index is the one that git names in `GIT_INDEX_FILE` (`commit -a` and `commit <path>` use their own). Where git
/// noted in it the tree that it will commit, that tree is compared with HEAD's, and only what differs is read.
///
/// # Errors
/// When the index or the commit cannot be read.
pub fn pre_commit(repository: &Repository, head: Option<ObjectId>) -> Result<Staged, Error> {
    let before = match head {
        Some(commit) => repository.commit(commit)?.tree,
        None => repository.empty_tree(),
    };
    let index = repository.staged()?;
    // git writes the trees that it notes before it calls a hook; where one is gone it writes them anew afterwards.
    let noted = index.tree().filter(|tree| repository.has_object(*tree));
    let subject = match noted {
        Some(tree) => compare_trees(repository, before, tree)?,
        None => compare_files(repository, before, &index.snapshot()?)?,
    };
    Ok(Staged { subject, tree: noted })
}

/// Compares two trees, and reads only the directories that differ.
fn compare_trees(repository: &Repository, before: ObjectId, tree: ObjectId) -> Result<Subject, Error> {
    let (differences, oddities) = repository.diff_trees_strictly(before, tree, usize::MAX)?;
    let mut only: BTreeSet<RepoPath> =
        new_oddities(repository, (before, tree), oddities)?.into_iter().collect();
    let mut olds = Vec::new();
    for (path, old, new) in differences {
        if let Some((mode, id)) = old {
            olds.push(Entry { path: path.clone(), mode, id });
        }
        if new.is_some() {
            only.insert(path);
        }
    }
    let mut subject = Subject::of_staged(repository, tree, only);
    subject.before = Some(repository.snapshot_of_entries(before, olds));
    Ok(subject)
}

/// Compares what the index lists with all files of HEAD.
fn compare_files(repository: &Repository, before: ObjectId, staged: &Snapshot) -> Result<Subject, Error> {
    let before = repository.snapshot_tree(before)?;
    // Both are sorted, and mostly the same.
    let mut olds = before.entries().iter().peekable();
    let mut is_new = |entry: &&Entry| {
        while olds.next_if(|old| old.path < entry.path).is_some() {}
        olds.next_if(|old| old.path == entry.path)
            .is_none_or(|old| (old.mode, old.id) != (entry.mode, entry.id))
    };
    let changed: BTreeSet<RepoPath> =
        staged.entries().iter().filter(&mut is_new).map(|entry| entry.path.clone()).collect();
    let mut subject = Subject::of_files(staged.clone(), Some(changed));
    subject.before = Some(before);
    Ok(subject)
}
