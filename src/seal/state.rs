//! What a seal is worth for a commit: computed from trees and patches each time, never copied along.

use serde::Serialize;

use super::Error;
use super::index::{SealIndex, StoredSeal};
use crate::git::Repository;
use crate::model::ObjectId;

/// How many commits back a seal is looked for before the whole history is.
const NEAR: usize = 256;

/// How the best seal of a commit stands to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// The commit itself was sealed.
    Sealed,
    /// Another commit with the same tree was sealed: all that was said of the content holds.
    TreeEquivalent {
        /// That commit.
        commit: ObjectId,
    },
    /// Another commit with the same patch was sealed, on another tree.
    PatchEquivalent {
        /// That commit.
        commit: ObjectId,
    },
    /// Only an ancestor was sealed: the seal says nothing of what came after.
    Stale,
}

impl State {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::TreeEquivalent { .. } => "tree-equivalent",
            Self::PatchEquivalent { .. } => "patch-equivalent",
            Self::Stale => "stale",
        }
    }
}

/// The best seal for a commit, and how it stands to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The relation.
    pub state: State,
    /// The newest seal that has it.
    pub seal: StoredSeal,
}

/// Finds the best seal for `commit`: its own, one of its tree, one of its patch, or its nearest sealed ancestor's.
///
/// `None` when neither it nor anything it stands on was ever sealed.
///
/// # Errors
/// When the commit or history cannot be read.
pub fn standing(
    repository: &Repository,
    index: &SealIndex,
    commit: ObjectId,
) -> Result<Option<Standing>, Error> {
    if let Some(seal) = index.of_commit(commit).next() {
        return Ok(Some(Standing { state: State::Sealed, seal: seal.clone() }));
    }
    if index.seals().is_empty() {
        return Ok(None);
    }
    let tree = repository.commit(commit)?.tree;
    if let Some(seal) = index.of_tree(tree).next() {
        let state = State::TreeEquivalent { commit: seal.statement().commit() };
        return Ok(Some(Standing { state, seal: seal.clone() }));
    }
    if let Some(seal) = same_patch(repository, index, commit)? {
        let state = State::PatchEquivalent { commit: seal.statement().commit() };
        return Ok(Some(Standing { state, seal: seal.clone() }));
    }
    let ancestor = sealed_ancestor(repository, index, commit)?;
    Ok(ancestor.map(|seal| Standing { state: State::Stale, seal: seal.clone() }))
}

fn sealed_ancestor<'a>(
    repository: &Repository,
    index: &'a SealIndex,
    commit: ObjectId,
) -> Result<Option<&'a StoredSeal>, Error> {
    // Most often a few commits back; the whole of a long history is read only when it is not.
    for limit in [NEAR, usize::MAX] {
        let ancestors = repository.walk(&[commit], &[], limit)?;
        let found = ancestors.iter().find_map(|ancestor| index.of_commit(*ancestor).next());
        if found.is_some() || ancestors.len() < limit {
            return Ok(found);
        }
    }
    Ok(None)
}

fn same_patch<'a>(
    repository: &Repository,
    index: &'a SealIndex,
    commit: ObjectId,
) -> Result<Option<&'a StoredSeal>, Error> {
    let Some(patch) = repository.patch_id(commit)? else {
        return Ok(None);
    };
    for seal in index.seals() {
        let sealed = seal.statement().commit();
        // A shallow clone, or one that fetched evidence only, lacks the sealed commit: no patch to compare.
        if repository.has_object(sealed) && repository.patch_id(sealed)? == Some(patch) {
            return Ok(Some(seal));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::sample::record_at;
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::ledger::Ledger;

    fn stands(sandbox: &Sandbox, revision: &str) -> Option<State> {
        let repository = sandbox.open();
        let index = SealIndex::read(&Ledger::open(&repository).unwrap()).unwrap();
        let commit = repository.resolve(revision).unwrap();
        standing(&repository, &index, commit).unwrap().map(|standing| standing.state)
    }

    #[test]
    fn each_rewrite_of_history_leads_to_its_state() {
        let sandbox = Sandbox::new().file("a", "1\n").commit("base");
        assert_eq!(stands(&sandbox, "HEAD"), None);
        let sandbox = sandbox.file("b", "2\n").commit("change");
        assert_eq!(stands(&sandbox, "HEAD"), None);
        let (commit, _) = record_at(&sandbox.open(), "HEAD", 0);
        assert_eq!(stands(&sandbox, "HEAD"), Some(State::Sealed));
        assert_eq!(stands(&sandbox, "HEAD~"), None, "a parent stands on no sealed commit");

        sandbox.git(&["commit", "-q", "--amend", "-m", "other words"]);
        assert_eq!(stands(&sandbox, "HEAD"), Some(State::TreeEquivalent { commit }));

        sandbox.git(&["checkout", "-q", "-b", "side", &format!("{commit}~")]);
        let sandbox = sandbox.file("c", "3\n").commit("elsewhere");
        sandbox.git(&["cherry-pick", &commit.to_string()]);
        assert_eq!(stands(&sandbox, "HEAD"), Some(State::PatchEquivalent { commit }));

        sandbox.git(&["checkout", "-q", "-b", "on", &commit.to_string()]);
        let sandbox = sandbox.file("d", "4\n").commit("further");
        assert_eq!(stands(&sandbox, "HEAD"), Some(State::Stale));
    }
}
