//! The governance branch: what a run may find there, and when it must not move it.

use super::Error;
use crate::git::Repository;
use crate::model::ObjectId;
use crate::repair::{PatchReportSchema, PatchSet, Plan, RUN_TRAILER};

/// The branch that carries patch sets.
pub const GOVERNANCE_REF: &str = "refs/heads/iao/governance";

/// How far back foreign commits are looked for.
const WALK_LIMIT: usize = 10_000;

/// Checks that the branch may be moved, and returns where it stands.
///
/// Its commits must carry our trailer, down to `base` or to one of `bases`, where earlier runs started. Those are
/// asked for only when `base` alone does not explain the branch: they stand in the records of all runs.
///
/// # Errors
/// When the branch is checked out anywhere, or holds commits that no run made.
pub(super) fn check(
    repository: &Repository,
    base: ObjectId,
    bases: impl FnOnce() -> Result<Vec<ObjectId>, Error>,
) -> Result<Option<ObjectId>, Error> {
    let at = repository.checked_out_at(GOVERNANCE_REF)?;
    if !at.is_empty() {
        return Err(Error::CheckedOut { at });
    }
    let Some(tip) = repository.ref_target(GOVERNANCE_REF)? else {
        return Ok(None);
    };
    if foreign_commits(repository, tip, &[base])?.is_empty() {
        return Ok(Some(tip));
    }
    let mut hidden = bases()?;
    hidden.retain(|base| repository.has_object(*base));
    hidden.push(base);
    let foreign = foreign_commits(repository, tip, &hidden)?;
    if foreign.is_empty() { Ok(Some(tip)) } else { Err(Error::ForeignCommits { commits: foreign }) }
}

/// Returns the commits that `tip` reaches, `hidden` does not, and no run made.
fn foreign_commits(
    repository: &Repository,
    tip: ObjectId,
    hidden: &[ObjectId],
) -> Result<Vec<ObjectId>, Error> {
    let mut foreign = Vec::new();
    for commit in repository.walk(&[tip], hidden, WALK_LIMIT)? {
        if repository.commit(commit)?.trailer(RUN_TRAILER).is_empty() {
            foreign.push(commit);
        }
    }
    Ok(foreign)
}

/// Returns the commits of `plan` on `base` when the branch already carries exactly them: a second run then makes
/// no second copy.
///
/// # Errors
/// When a commit cannot be read.
pub(super) fn existing(
    repository: &Repository,
    plan: &Plan,
    base: ObjectId,
    tip: ObjectId,
) -> Result<Option<PatchSet>, Error> {
    let id = plan.id()?;
    let mut commits = Vec::new();
    let mut at = tip;
    for change in plan.changes.iter().rev() {
        let commit = repository.commit(at)?;
        let ours = commit.trailer("Iao-Plan") == [id.to_string()];
        let [parent] = commit.parents[..] else {
            return Ok(None);
        };
        if !ours || commit.tree != change.tree {
            return Ok(None);
        }
        commits.push(crate::repair::PatchCommit {
            commit: at,
            tree: commit.tree,
            path: change.path.clone(),
            rule: change.rule.clone(),
            subject: change.subject.clone(),
        });
        at = parent;
    }
    if at != base {
        return Ok(None);
    }
    commits.reverse();
    let schema = PatchReportSchema::V1;
    Ok(Some(PatchSet { schema, plan: id, base, tip, tree: plan.result, commits, reused: true }))
}
