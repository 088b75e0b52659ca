//! Keeps trees of the ledger that were read, so that entries beside each other cost one way from the top.
//!
//! What is kept goes by the name of its bytes, so it never becomes wrong; it is forgotten when it becomes much.

use std::sync::{Arc, Mutex, PoisonError};

use super::Error;
use super::check;
use crate::base::QuickMap;
use crate::git::{PackedBlobs, Repository, StoredTree};
use crate::model::ObjectId;

/// How many bytes of trees are kept.
const MOST: usize = 8 << 20;

/// Where many entries were announced, the packs are opened after so many for those that will follow.
const FEW: usize = if cfg!(test) { 4 } else { 64 };
/// What may be kept of bases of deltas, in bytes: entries are stored whole, unless git packed them anew.
const BASES: usize = 4 << 20;

/// Trees by name, and the top of the commit that was asked for last; threads share it.
#[derive(Default)]
pub(super) struct Known(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    trees: QuickMap<ObjectId, Arc<StoredTree>>,
    bytes: usize,
    /// A commit and its tree.
    top: Option<(ObjectId, ObjectId)>,
    /// Whether many entries will be asked for, and how many were.
    many: bool,
    entries: usize,
    packed: Option<PackedBlobs>,
}

impl Known {
    /// Announces that many entries will be asked for: opening packs costs more than a few entries save.
    pub(super) fn expect_many(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).many = true;
    }

    /// Returns the bytes of an entry, where many were asked for and it lies in a pack; `None` when it has to be read in
    /// the ordinary way.
    pub(super) fn packed(&self, repository: &Repository, id: ObjectId) -> Option<Vec<u8>> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.entries += 1;
        if inner.many && inner.packed.is_none() && inner.entries > FEW {
            inner.packed = Some(PackedBlobs::of(repository, BASES));
        }
        inner.packed.as_mut()?.read(id, check::ENTRY_LIMIT)
    }

    /// Returns the tree of a ledger commit.
    pub(super) fn top(&self, repository: &Repository, commit: ObjectId) -> Result<ObjectId, Error> {
        let top = self.0.lock().unwrap_or_else(PoisonError::into_inner).top;
        if let Some((_, tree)) = top.filter(|(known, _)| *known == commit) {
            return Ok(tree);
        }
        let tree = check::read_commit(repository, commit)?.tree;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).top = Some((commit, tree));
        Ok(tree)
    }

    /// Returns a tree of the ledger as it is at `commit`, which is named when the tree cannot be read.
    pub(super) fn tree(
        &self,
        repository: &Repository,
        commit: ObjectId,
        id: ObjectId,
    ) -> Result<Arc<StoredTree>, Error> {
        if let Some(tree) = self.0.lock().unwrap_or_else(PoisonError::into_inner).trees.get(&id) {
            return Ok(Arc::clone(tree));
        }
        let read = repository.stored_tree(id);
        let tree = Arc::new(read.map_err(Error::unreadable(|| format!("the tree {id} of commit {commit}")))?);
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.bytes > MOST {
            (inner.trees, inner.bytes) = (QuickMap::default(), 0);
        }
        inner.bytes += tree.size();
        inner.trees.insert(id, Arc::clone(&tree));
        Ok(tree)
    }
}
