//! Carries a reviewed plan over to another base, when nothing that it read is different there.

use super::{ChangeKind, Error, Plan};
use crate::git::{Repository, TreeEdit};
use crate::model::{ObjectId, RepoPath};

/// Returns the paths that the plan read and that `tree` holds differently, sorted.
///
/// # Errors
/// When a tree cannot be read.
pub fn stale_paths(repository: &Repository, plan: &Plan, tree: ObjectId) -> Result<Vec<RepoPath>, Error> {
    let mut changed = Vec::new();
    for (path, seen) in &plan.read_set {
        if repository.lookup(tree, path)?.map(|(_, id)| id) != *seen {
            changed.push(path.clone());
        }
    }
    Ok(changed)
}

/// Returns the same changes on the tree of `commit`, with that base and its own trees: a new plan, a new id.
///
/// # Errors
/// [`Error::Stale`] when something that the plan read is different there.
pub fn rebase(repository: &Repository, plan: &Plan, commit: ObjectId) -> Result<Plan, Error> {
    let tree = repository.commit(commit)?.tree;
    let changed = stale_paths(repository, plan, tree)?;
    if !changed.is_empty() {
        return Err(Error::Stale {
            plan: plan.id()?.short(),
            expected: plan.base.commit.map_or_else(|| plan.base.tree.short(), |base| base.short()),
            actual: commit.short(),
            changed,
        });
    }
    let mut moved = plan.clone();
    moved.base.commit = Some(commit);
    moved.base.tree = tree;
    let mut current = tree;
    for change in &mut moved.changes {
        let edit = match (change.action, change.after) {
            (ChangeKind::Create | ChangeKind::Modify, Some(id)) => {
                TreeEdit::Put { path: change.path.clone(), mode: change.mode, id }
            }
            (ChangeKind::Delete, None) => TreeEdit::Remove { path: change.path.clone() },
            _ => return Err(Error::ContentMismatch { path: change.path.clone() }),
        };
        current = repository.stage_tree(current, &[edit])?;
        change.tree = current;
    }
    moved.result = current;
    Ok(moved)
}
