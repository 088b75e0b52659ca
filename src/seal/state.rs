//! What a seal is worth for a commit: computed from trees and patches each time, never copied along.

use serde::Serialize;

use super::Error;
use super::store::{SealIndex, StoredSeal};
use crate::git::Repository;
use crate::model::ObjectId;

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
    for ancestor in repository.walk(&[commit], &[], usize::MAX)? {
        if let Some(seal) = index.of_commit(ancestor).next() {
            return Ok(Some(Standing { state: State::Stale, seal: seal.clone() }));
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
