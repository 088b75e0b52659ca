//! Keeps commits that no branch names: sealed ones, and old tips of the governance branch.
//!
//! The chain only grows. Its commits have the empty tree; the first parent is the chain's previous commit, the
//! further ones are what is kept. The chain begins with a commit that has no parents, so a first parent is
//! never a kept commit. Two chains are joined by a link that keeps the other chain's tip.

use std::collections::{BTreeSet, VecDeque};

use super::advance::{By, advance, contains};
use super::{Error, KEEP_REF, Ledger};
use crate::base::Timestamp;
use crate::git::{Person, Repository};
use crate::model::ObjectId;

/// How far back the chain is searched. A commit that was kept longer ago is kept again, which does no harm.
const LOOK_BACK: usize = 8;

/// How many links of a remote's chain are looked at; a chain pins objects and says nothing, so older ones may be.
const LINKS: usize = 4096;

pub(super) const MESSAGE: &str = "git-iao: keep";
/// The message of a link whose second parent is another chain.
const JOIN: &str = "git-iao: keep what two chains keep";

impl Ledger<'_> {
    /// Makes sure that git's garbage collection spares `commits` and all they reach.
    ///
    /// Commits that were kept recently are not kept twice.
    ///
    /// # Errors
    /// When one of them is not there or no commit, or the chain cannot be read or moved.
    pub fn keep(&self, commits: &[ObjectId], person: &Person, time: Timestamp) -> Result<(), Error> {
        let (repository, by) = (self.repository, By { person, time });
        let wanted = self::commits(repository, commits)?;
        if wanted.is_empty() {
            return Ok(());
        }
        advance(repository, KEEP_REF, MESSAGE, |tip| next_link(repository, by, tip, &wanted))?;
        Ok(())
    }

    /// Checks that the links behind `tip` that are not ours are those of a chain.
    pub(super) fn check_keep(&self, tip: ObjectId) -> Result<(), Error> {
        let ours = self.repository.ref_target(KEEP_REF)?;
        let mut next = Some(tip).filter(|tip| Some(*tip) != ours);
        for _ in 0..LINKS {
            let Some(id) = next else { break };
            let link = self.repository.commit(id)?;
            if link.tree != self.repository.empty_tree() {
                return Err(Error::NoKeep { commit: id, what: "it holds files" });
            }
            next = link.parents.first().copied().filter(|previous| Some(*previous) != ours);
        }
        Ok(())
    }

    /// Joins the chain that ends in `other`, which was checked, with ours; returns the tip of both.
    pub(super) fn join_keep(
        &self,
        other: ObjectId,
        person: &Person,
        time: Timestamp,
    ) -> Result<ObjectId, Error> {
        let (repository, by) = (self.repository, By { person, time });
        let tip = advance(repository, KEEP_REF, MESSAGE, |ours| match ours {
            Some(ours) if contains(repository, ours, other)? => Ok(None),
            Some(ours) if !contains(repository, other, ours)? => {
                let tree = repository.stage_empty_tree()?;
                by.commit(repository, tree, vec![ours, other], JOIN).map(Some)
            }
            _ => Ok(Some(other)),
        })?;
        Ok(tip.expect("a builder leaves the ref alone only where there is one"))
    }
}

/// Returns these commits, each once, after looking that each is one.
pub(super) fn commits(repository: &Repository, commits: &[ObjectId]) -> Result<BTreeSet<ObjectId>, Error> {
    let wanted: BTreeSet<_> = commits.iter().copied().collect();
    for commit in &wanted {
        repository.commit(*commit)?;
    }
    Ok(wanted)
}

/// Stages the link of the chain that keeps `wanted`; `None` when the last links keep them.
pub(super) fn next_link(
    repository: &Repository,
    by: By<'_>,
    tip: Option<ObjectId>,
    wanted: &BTreeSet<ObjectId>,
) -> Result<Option<ObjectId>, Error> {
    let missing = not_kept(repository, tip, wanted)?;
    if missing.is_empty() {
        return Ok(None);
    }
    let tree = repository.stage_empty_tree()?;
    let previous = match tip {
        Some(tip) => tip,
        None => by.commit(repository, tree, Vec::new(), MESSAGE)?,
    };
    let parents = std::iter::once(previous).chain(missing).collect();
    by.commit(repository, tree, parents, MESSAGE).map(Some)
}

/// Returns which of `wanted` the last commits of the chain do not name.
fn not_kept(
    repository: &Repository,
    tip: Option<ObjectId>,
    wanted: &BTreeSet<ObjectId>,
) -> Result<BTreeSet<ObjectId>, Error> {
    let mut missing = wanted.clone();
    let mut chains: VecDeque<ObjectId> = tip.into_iter().collect();
    for _ in 0..LOOK_BACK {
        let Some(id) = chains.pop_front().filter(|_| !missing.is_empty()) else { break };
        let link =
            repository.commit(id).map_err(Error::unreadable(|| format!("commit {id} of {KEEP_REF}")))?;
        let Some((previous, kept)) = link.parents.split_first() else { continue };
        chains.push_back(*previous);
        if link.subject() == JOIN {
            chains.extend(kept);
        }
        for commit in kept {
            missing.remove(commit);
        }
    }
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::time;
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;

    #[test]
    fn kept_commits_survive_garbage_collection() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (one, two, lost) =
            (scratch.loose_commit("1"), scratch.loose_commit("2"), scratch.loose_commit("3"));
        let ledger = Ledger::open(&repository).unwrap();
        let keep = |commits: &[ObjectId]| {
            ledger.keep(commits, &tester(), time()).unwrap();
            repository.ref_target(KEEP_REF).unwrap()
        };
        let first = keep(&[one]);
        let second = keep(&[two, one]);
        assert_ne!(first, second);
        assert_eq!(keep(&[one, two]), second);
        assert_eq!(keep(&[]), second);
        let link = repository.commit(second.unwrap()).unwrap();
        assert_eq!(link.parents, [first.unwrap(), two]);
        scratch.git(&["reflog", "expire", "--expire=now", "--all"]);
        scratch.git(&["gc", "-q", "--prune=now"]);
        for kept in [one, two] {
            scratch.git(&["cat-file", "-e", &kept.to_string()]);
        }
        assert!(!scratch.try_git(&["cat-file", "-e", &lost.to_string()]));
        assert!(ledger.keep(&[scratch.blob("no commit")], &tester(), time()).is_err());
        scratch.git(&["fsck", "--strict"]);
    }
}
