//! A read-only view of one tree: a commit, the index, or the working tree.
//!
//! Planner, scanner, verifier and sealer read snapshots and nothing else.

mod near;

use std::collections::BTreeMap;
use std::sync::Arc;

use gix::objs::Kind;

use super::disk::Disk;
use super::store::from_gix;
use super::tree_reader::{self, Listing};
use super::{Error, Repository};
use crate::model::{FileMode, ObjectId, RepoPath};

/// What a snapshot shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The tree of a commit.
    Commit(ObjectId),
    /// A tree object.
    Tree(ObjectId),
    /// What is staged for the next commit.
    Index,
    /// The files on disk.
    Worktree,
    /// Files that were given as values.
    Memory,
}

/// One entry that is not a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub path: RepoPath,
    /// What kind of thing it is.
    pub mode: FileMode,
    /// The blob, or the submodule's commit.
    ///
    /// In the working tree: what the file's bytes would be called, or what the index calls it while the file
    /// is untouched since it was checked out.
    pub id: ObjectId,
}

/// A tree entry that no well-behaved program writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Oddity {
    /// Where it stands.
    pub path: RepoPath,
    /// What is wrong with it.
    pub kind: OddityKind,
}

/// What is wrong with a tree entry. What can be told from paths alone (collisions, look-alikes) is the scanner's.
///
/// Entries with an empty name, `.`, `..`, a slash in the name, a name that stood there before, a null id, or a
/// mode of no known kind are reported and neither listed nor descended into: their paths would be ambiguous.
/// `.git`, entries out of order and odd file modes are reported and listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddityKind {
    /// The name has no bytes.
    EmptyName,
    /// The name is `.` or `..`.
    DotOrDotDot,
    /// The name is `.git`, in upper or lower case.
    DotGit,
    /// The name holds a `/`.
    SlashInName,
    /// An earlier entry of the same tree has this name.
    Duplicate,
    /// The entry stands after one that sorts behind it.
    Unsorted,
    /// The mode is none that git writes.
    UnknownMode,
    /// The object name is all zeros.
    NullId,
}

/// A read-only view of one tree. Cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Snapshot {
    inner: Arc<Inner>,
}

struct Inner {
    source: Source,
    tree: Option<ObjectId>,
    entries: Vec<Entry>,
    oddities: Vec<Oddity>,
    unlisted: Vec<RepoPath>,
    content: Content,
}

/// Where the bytes come from.
pub(super) enum Content {
    Objects(Repository),
    Disk(Disk),
    Memory(BTreeMap<ObjectId, Vec<u8>>),
}

impl Snapshot {
    pub(super) fn new(source: Source, tree: Option<ObjectId>, listing: Listing, content: Content) -> Self {
        let Listing { entries, oddities } = listing;
        Self { inner: Arc::new(Inner { source, tree, entries, oddities, unlisted: Vec::new(), content }) }
    }

    /// Makes a snapshot that is not of a whole tree.
    fn partial(source: Source, listing: Listing, unlisted: Vec<RepoPath>, content: Content) -> Self {
        let Listing { entries, oddities } = listing;
        Self { inner: Arc::new(Inner { source, tree: None, entries, oddities, unlisted, content }) }
    }

    /// Returns what the snapshot shows.
    #[must_use]
    pub fn source(&self) -> Source {
        self.inner.source
    }

    /// Returns the tree object, when the snapshot is one (a commit, a tree).
    #[must_use]
    pub fn tree(&self) -> Option<ObjectId> {
        self.inner.tree
    }

    /// Returns the entries, sorted by the bytes of their paths; each path stands once.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.inner.entries
    }

    /// Returns what no well-behaved program writes, sorted by path.
    #[must_use]
    pub fn oddities(&self) -> &[Oddity] {
        &self.inner.oddities
    }

    /// Returns the directories that a snapshot of a few paths does not look into, sorted; of a whole tree there are none.
    #[must_use]
    pub fn unlisted(&self) -> &[RepoPath] {
        &self.inner.unlisted
    }

    /// Returns the entry at `path`; a directory has none.
    #[must_use]
    pub fn get(&self, path: &RepoPath) -> Option<&Entry> {
        let entries = &self.inner.entries;
        entries.binary_search_by(|entry| entry.path.cmp(path)).ok().map(|at| &entries[at])
    }

    /// Returns the content of a file, the target of a link as text, nothing for a submodule.
    ///
    /// # Errors
    /// When the object is missing or corrupt, or the file on disk has changed its kind or cannot be read.
    pub fn read(&self, entry: &Entry) -> Result<Vec<u8>, Error> {
        if entry.mode == FileMode::Gitlink {
            return Ok(Vec::new());
        }
        match &self.inner.content {
            Content::Objects(repository) => repository.blob(entry.id),
            Content::Disk(disk) => disk.read(entry),
            Content::Memory(files) => {
                files.get(&entry.id).cloned().ok_or(Error::MissingObject { id: entry.id })
            }
        }
    }

    /// Returns the size of the content in bytes, without inflating it where possible.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn size(&self, entry: &Entry) -> Result<u64, Error> {
        if entry.mode == FileMode::Gitlink {
            return Ok(0);
        }
        match &self.inner.content {
            Content::Objects(repository) => repository.blob_size(entry.id),
            Content::Disk(disk) => disk.size(entry),
            Content::Memory(_) => self.read(entry).map(|content| content.len() as u64),
        }
    }

    /// Returns where its contents are objects of.
    pub(super) fn repository(&self) -> Option<&Repository> {
        match &self.inner.content {
            Content::Objects(repository) => Some(repository),
            Content::Disk(_) | Content::Memory(_) => None,
        }
    }

    /// Makes a snapshot of these files (path, content), held in memory: for tests and samples.
    #[must_use]
    pub fn in_memory(files: &[(&str, &str)]) -> Self {
        let mut listing = BTreeMap::new();
        let mut contents = BTreeMap::new();
        for (path, content) in files {
            let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, Kind::Blob, content.as_bytes())
                .map(from_gix)
                .expect("text given as a value is no collision attack");
            contents.insert(id, content.as_bytes().to_vec());
            let path = RepoPath::from(*path);
            listing.insert(path.clone(), Entry { path, mode: FileMode::Regular, id });
        }
        let listing = Listing { entries: listing.into_values().collect(), oddities: Vec::new() };
        Self::new(Source::Memory, None, listing, Content::Memory(contents))
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let entries = self.inner.entries.len();
        f.debug_struct("Snapshot")
            .field("source", &self.inner.source)
            .field("entries", &entries)
            .finish_non_exhaustive()
    }
}

impl Repository {
    /// Returns the tree of a commit.
    ///
    /// # Errors
    /// When the commit or a tree below it is missing or corrupt, nested too deep, or too large.
    pub fn snapshot_commit(&self, commit: ObjectId) -> Result<Snapshot, Error> {
        let tree = self.commit(commit)?.tree;
        self.snapshot_of(Source::Commit(commit), tree)
    }

    /// Returns a tree.
    ///
    /// # Errors
    /// As for [`Self::snapshot_commit`].
    pub fn snapshot_tree(&self, tree: ObjectId) -> Result<Snapshot, Error> {
        self.snapshot_of(Source::Tree(tree), tree)
    }

    fn snapshot_of(&self, source: Source, tree: ObjectId) -> Result<Snapshot, Error> {
        let listing = tree_reader::list(&self.reader(), tree, RepoPath::root())?;
        Ok(Snapshot::new(source, Some(tree), listing, Content::Objects(self.clone())))
    }
}

#[cfg(test)]
mod tests;
