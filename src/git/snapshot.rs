//! A read-only view of one tree: a commit, the index, or the working tree.
//!
//! Planner, scanner, verifier and sealer read snapshots and nothing else.

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
        Self { inner: Arc::new(Inner { source, tree, entries, oddities, content }) }
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
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    /// Stores a tree of these raw entries, however odd.
    fn raw_tree(sandbox: &Sandbox, entries: &[(&str, &[u8], &str)]) -> String {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id.parse::<ObjectId>().unwrap().as_bytes());
        }
        sandbox.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &bytes)
    }

    #[test]
    fn hostile_entries_are_reported_and_ambiguous_ones_not_listed() {
        let sandbox = Sandbox::new();
        let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"x");
        let inner = raw_tree(&sandbox, &[("100644", b"config", &blob)]);
        let null = "0".repeat(40);
        let tree = raw_tree(
            &sandbox,
            &[
                ("100644", b"", &blob),
                ("40000", b"..", &inner),
                ("100644", b".", &blob),
                ("40000", b".GIT", &inner),
                ("100644", b"a/b", &blob),
                ("100644", b"same", &blob),
                ("40000", b"same", &inner),
                ("100644", b"null", &null),
                ("100600", b"odd", &blob),
                ("70000", b"unknown", &blob),
                ("100644", b"\xff\x01", &blob),
            ],
        );
        let snapshot = sandbox.open().snapshot_tree(tree.parse().unwrap()).unwrap();
        let listed: Vec<_> = snapshot.entries().iter().map(|entry| entry.path.to_string()).collect();
        assert_eq!(listed, [".GIT/config", "odd", "same", "%FF%01"]);
        let kinds: std::collections::BTreeSet<_> =
            snapshot.oddities().iter().map(|odd| (odd.path.to_string(), odd.kind)).collect();
        for expected in [
            ("", OddityKind::EmptyName),
            ("..", OddityKind::DotOrDotDot),
            (".", OddityKind::DotOrDotDot),
            (".GIT", OddityKind::DotGit),
            ("a/b", OddityKind::SlashInName),
            ("same", OddityKind::Duplicate),
            ("null", OddityKind::NullId),
            ("null", OddityKind::Unsorted),
            ("odd", OddityKind::UnknownMode),
            ("unknown", OddityKind::UnknownMode),
        ] {
            assert!(kinds.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {kinds:?}");
        }
    }

    #[test]
    fn trees_nested_without_end_and_trees_that_explode_are_refused() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let blob = repository.stage_blob(b"").unwrap();
        let stage = |names: usize, mode: &str, id: ObjectId| {
            let entry = |name: usize| [format!("{mode} {name:03}\0").as_bytes(), id.as_bytes()].concat();
            repository.stage(Kind::Tree, &(0..names).flat_map(entry).collect::<Vec<_>>()).unwrap()
        };
        let mut deep = stage(1, "100644", blob);
        for _ in 0..tree_reader::MAX_DEPTH {
            deep = stage(1, "40000", deep);
        }
        assert_eq!(repository.snapshot_tree(deep).unwrap().entries().len(), 1);
        let empty = repository.empty_tree();
        assert_eq!(repository.diff_trees(empty, deep).unwrap().len(), 1);
        let deeper = stage(1, "40000", deep);
        let refused = repository.snapshot_tree(deeper).map(|_| ());
        assert!(matches!(refused, Err(Error::TreeTooDeep { id, .. }) if id == deeper));
        assert!(matches!(repository.diff_trees(empty, deeper), Err(Error::TreeTooDeep { .. })));

        let mut bomb = stage(200, "40000", empty);
        for _ in 0..8 {
            bomb = stage(200, "40000", bomb);
        }
        let refused = repository.snapshot_tree(bomb).map(|_| ());
        assert!(matches!(refused, Err(Error::TreeTooLarge { id }) if id == bomb));
        assert!(matches!(repository.diff_trees(empty, bomb), Err(Error::TreeTooLarge { .. })));
    }

    #[test]
    fn cut_off_trees_are_corrupt() {
        let sandbox = Sandbox::new();
        let tree = sandbox
            .git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], b"100644 a\0123");
        let refused = sandbox.open().snapshot_tree(tree.parse().unwrap()).map(|_| ());
        assert!(matches!(refused, Err(Error::CorruptObject { .. })));
    }

    #[test]
    fn every_kind_of_entry_is_read() {
        let sandbox = Sandbox::new().file("dir/file", "content");
        let commit = "1".repeat(40);
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
        let target = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"dir/file");
        sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{target},link")]);
        sandbox.git(&["update-index", "--add", "dir/file"]);
        let tree = sandbox.git(&["write-tree"]);
        let snapshot = sandbox.open().snapshot_tree(tree.parse().unwrap()).unwrap();
        let read = |path: &str| {
            let entry = snapshot.get(&path.into()).unwrap();
            (entry.mode, snapshot.read(entry).unwrap(), snapshot.size(entry).unwrap())
        };
        assert_eq!(read("dir/file"), (FileMode::Regular, b"content".to_vec(), 7));
        assert_eq!(read("link"), (FileMode::Symlink, b"dir/file".to_vec(), 8));
        assert_eq!(read("sub"), (FileMode::Gitlink, Vec::new(), 0));
        assert!(snapshot.get(&"dir".into()).is_none());
    }

    #[test]
    fn a_snapshot_in_memory_reads_like_any_other() {
        let snapshot = Snapshot::in_memory(&[("b", "2"), ("a", "1")]);
        let entry = snapshot.get(&"b".into()).unwrap();
        assert_eq!(snapshot.read(entry).unwrap(), b"2");
        assert_eq!(entry.id.to_string(), "d8263ee9860594d2806b0dfd1bfd17528b0ba2a4");
        assert_eq!(snapshot.source(), Source::Memory);
    }
}
