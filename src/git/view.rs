//! A snapshot that remembers what was read from it.
//!
//! A plan stands on what its makers read: path to object id, or absent.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::{Entry, Error, Snapshot};
use crate::model::{ObjectId, RepoPath};

/// Every path that was read, and what was there: an object id, or nothing.
pub type ReadSet = BTreeMap<RepoPath, Option<ObjectId>>;

/// A snapshot, and the record of what was read from it.
pub struct View<'a> {
    snapshot: &'a Snapshot,
    reads: Mutex<ReadSet>,
}

impl<'a> View<'a> {
    /// Starts with nothing read.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, reads: Mutex::default() }
    }

    /// Returns the snapshot itself; what is read through it is not remembered.
    #[must_use]
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// Returns the entry at `path`, and remembers that it was looked for.
    pub fn get(&self, path: &RepoPath) -> Option<&'a Entry> {
        let entry = self.snapshot.get(path);
        self.reads
            .lock()
            .expect("no reader panics while it notes a path")
            .insert(path.clone(), entry.map(|entry| entry.id));
        entry
    }

    /// Says whether a file stands at `path`.
    pub fn exists(&self, path: &RepoPath) -> bool {
        self.get(path).is_some()
    }

    /// Returns the content of the file at `path`; `None` when there is none, or it is a link or a submodule.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        match self.get(path) {
            Some(entry) if entry.mode.is_file() => self.snapshot.read(entry).map(Some),
            _ => Ok(None),
        }
    }

    /// Returns what was read so far.
    #[must_use]
    pub fn into_read_set(self) -> ReadSet {
        self.reads.into_inner().expect("no reader panics while it notes a path")
    }
}
