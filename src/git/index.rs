//! Reads the index as a snapshot: what the next commit would hold.
//!
//! The index is the one that git names in `GIT_INDEX_FILE`, and it is never written.

use std::path::{Path, PathBuf};

use gix::index::entry::{Flags, Mode, Stage};

use super::snapshot::Content;
use super::store::from_gix;
use super::tree_reader::{self, Listing};
use super::{Entry, Error, Oddity, OddityKind, Repository, Snapshot, Source, index_padding};
use crate::model::{FileMode, ObjectId, RepoPath};

/// An index that was read.
pub struct Index {
    repository: Repository,
    file: Option<gix::index::File>,
}

impl Index {
    /// Returns the tree that a commit of the index would have; `None` where git has not noted it.
    ///
    /// git notes it before it calls a hook, and commits the tree that is noted.
    #[must_use]
    pub fn tree(&self) -> Option<ObjectId> {
        let tree = self.file.as_ref()?.tree()?;
        tree.num_entries.is_some().then(|| from_gix(tree.id))
    }

    /// Lists what is staged, as [`Repository::snapshot_index`].
    ///
    /// # Errors
    /// As there.
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        let listing = self.file.as_ref().map(|file| self.repository.list_index(file)).transpose()?;
        let content = Content::Objects(self.repository.clone());
        Ok(Snapshot::new(Source::Index, None, listing.unwrap_or_default(), content))
    }
}

impl Repository {
    /// Returns what is staged, from the index that `GIT_INDEX_FILE` names, else the repository's; empty without one.
    ///
    /// Files that are only announced (`git add --intent-to-add`) are left out; directories of a sparse index
    /// are filled in from their trees.
    ///
    /// # Errors
    /// [`Error::UnmergedIndex`] while conflicts are unresolved; when the index or a tree cannot be read.
    pub fn snapshot_index(&self) -> Result<Snapshot, Error> {
        self.staged()?.snapshot()
    }

    /// Reads the index that `GIT_INDEX_FILE` names, else the repository's; nothing is listed yet.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn staged(&self) -> Result<Index, Error> {
        Ok(Index { repository: self.clone(), file: self.read_index()? })
    }

    /// Says whether the index holds something at or below `directory`, without listing all of it.
    ///
    /// # Errors
    /// As [`Self::snapshot_index`].
    pub fn tracks_within(&self, directory: &RepoPath) -> Result<bool, Error> {
        let Some(index) = self.read_index()? else { return Ok(false) };
        if index.is_sparse() {
            return Ok(self.snapshot_index()?.entries().iter().any(|entry| entry.path.is_within(directory)));
        }
        refuse_conflicts(&index)?;
        let mut below = directory.as_bytes().to_vec();
        below.push(b'/');
        let within = |path: &[u8]| path == directory.as_bytes() || path.starts_with(&below);
        let real = |entry: &&gix::index::Entry| !entry.flags.contains(Flags::INTENT_TO_ADD);
        Ok(index.entries().iter().filter(real).any(|entry| within(entry.path(&index))))
    }

    /// Returns where the index is; a relative `GIT_INDEX_FILE` counts from the top of the working tree.
    pub(super) fn index_path(&self) -> PathBuf {
        match self.shared.environment.get("GIT_INDEX_FILE").filter(|value| !value.is_empty()) {
            Some(named) => self.work_dir().unwrap_or(&self.shared.directory).join(named),
            None => self.git_dir().join("index"),
        }
    }

    /// Decodes the index; `None` when there is none.
    pub(super) fn read_index(&self) -> Result<Option<gix::index::File>, Error> {
        let path = self.index_path();
        if !path.try_exists().map_err(Error::io("read", &path))? {
            return Ok(None);
        }
        // As git, which does not compare the checksum of the index either: it would double the time.
        match gix::index::File::at(&path, self.hash_kind(), true, Default::default()) {
            Ok(index) => Ok(Some(index)),
            Err(source) => match self.read_long_index(&path) {
                Some(index) => Ok(Some(index)),
                None => Err(Error::Index { path, source: source.into() }),
            },
        }
    }

    /// Decodes an index that holds paths too long for gix; `None` when that was not what is wrong with it.
    fn read_long_index(&self, path: &Path) -> Option<gix::index::File> {
        let bytes = index_padding::without_long_padding(&std::fs::read(path).ok()?, self.hash_kind())?;
        let time = gix::index::fs::Metadata::from_path_no_follow(path).ok()?.modified()?;
        let decoded =
            gix::index::State::from_bytes(&bytes, time.into(), self.hash_kind(), Default::default()).ok()?;
        Some(gix::index::File::from_state(decoded.0, path))
    }

    fn list_index(&self, index: &gix::index::State) -> Result<Listing, Error> {
        refuse_conflicts(index)?;
        let mut listing = Listing::default();
        for entry in index.entries() {
            let path = RepoPath::from_bytes(entry.path(index).to_vec());
            let id = from_gix(entry.id);
            if entry.flags.contains(Flags::INTENT_TO_ADD) {
                continue;
            }
            if entry.mode == Mode::DIR {
                let directory = path.as_bytes().strip_suffix(b"/").unwrap_or(path.as_bytes());
                let below = tree_reader::list(&self.reader(), id, RepoPath::from_bytes(directory))?;
                listing.entries.extend(below.entries);
                listing.oddities.extend(below.oddities);
            } else if id.is_null() {
                listing.oddities.push(Oddity { path, kind: OddityKind::NullId });
            } else if let Some(mode) = file_mode(entry.mode) {
                listing.entries.push(Entry { path, mode, id });
            } else {
                listing.oddities.push(Oddity { path, kind: OddityKind::UnknownMode });
            }
        }
        listing.entries.sort_by(|one, other| one.path.cmp(&other.path));
        listing.entries.dedup_by(|later, first| later.path == first.path);
        listing.oddities.sort_unstable();
        Ok(listing)
    }
}

/// Turns the index's word for a kind of file into ours; a directory of a sparse index is none.
pub(super) fn file_mode(mode: Mode) -> Option<FileMode> {
    match mode {
        Mode::FILE => Some(FileMode::Regular),
        Mode::FILE_EXECUTABLE => Some(FileMode::Executable),
        Mode::SYMLINK => Some(FileMode::Symlink),
        Mode::COMMIT => Some(FileMode::Gitlink),
        _ => None,
    }
}

fn refuse_conflicts(index: &gix::index::State) -> Result<(), Error> {
    let unmerged = index.entries().iter().filter(|entry| entry.stage() != Stage::Unconflicted);
    let mut paths: Vec<_> = unmerged.map(|entry| entry.path(index)).collect();
    paths.dedup();
    match paths.first() {
        Some(first) => {
            Err(Error::UnmergedIndex { count: paths.len(), first: RepoPath::from_bytes(first.to_vec()) })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn texts(snapshot: &Snapshot) -> Vec<(String, String)> {
        let read = |entry: &Entry| String::from_utf8(snapshot.read(entry).unwrap()).unwrap();
        snapshot.entries().iter().map(|entry| (entry.path.to_string(), read(entry))).collect()
    }

    #[test]
    fn what_is_staged_is_shown_and_what_is_on_disk_is_not() {
        let sandbox = Sandbox::new().file("a", "1").file("dir/b", "2").commit("first").file("a", "3");
        sandbox.git(&["add", "a"]);
        let sandbox = sandbox.file("a", "4").file("new", "5");
        sandbox.git(&["add", "--intent-to-add", "new"]);
        let snapshot = sandbox.open().snapshot_index().unwrap();
        assert_eq!(texts(&snapshot), [("a".into(), "3".into()), ("dir/b".into(), "2".into())]);
    }

    #[test]
    fn a_relative_index_file_counts_from_the_top() {
        let sandbox = Sandbox::new().file("a", "1").file("dir/b", "2").commit("first");
        std::fs::copy(sandbox.path().join(".git/index"), sandbox.path().join(".git/other")).unwrap();
        sandbox.git(&["rm", "-q", "--cached", "a"]);
        let mut location = sandbox.location();
        location.directory = sandbox.path().join("dir");
        location.environment.insert("GIT_INDEX_FILE".into(), ".git/other".into());
        let snapshot = Repository::open(&location).unwrap().snapshot_index().unwrap();
        assert_eq!(snapshot.entries().len(), 2);
        assert_eq!(sandbox.open().snapshot_index().unwrap().entries().len(), 1);
    }

    #[test]
    fn an_unmerged_index_is_refused() {
        let sandbox = Sandbox::new().file("a", "1").commit("base");
        sandbox.git(&["checkout", "-q", "-b", "side"]);
        let sandbox = sandbox.file("a", "2").commit("side");
        sandbox.git(&["checkout", "-q", "main"]);
        let sandbox = sandbox.file("a", "3").commit("main");
        assert!(!sandbox.try_git(&["merge", "-q", "side"]));
        let refused = sandbox.open().snapshot_index().map(|_| ());
        assert!(matches!(refused, Err(Error::UnmergedIndex { count: 1, .. })), "{refused:?}");
    }

    #[test]
    fn a_sparse_index_is_filled_in() {
        let sandbox = Sandbox::new().file("a/x", "1").file("b/y", "2").file("b/c/z", "3").commit("first");
        sandbox.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a"]);
        let repository = sandbox.open();
        let index = repository.read_index().unwrap().unwrap();
        assert!(index.entries().iter().any(|entry| entry.mode == Mode::DIR), "the index is sparse");
        let paths: Vec<_> = texts(&repository.snapshot_index().unwrap());
        let all = [("a/x", "1"), ("b/c/z", "3"), ("b/y", "2")].map(|(path, text)| (path.into(), text.into()));
        assert_eq!(paths, all);
        let within = |path: &str| repository.tracks_within(&path.into()).unwrap();
        assert_eq!(["b/c", "b/y", "a", "b/d"].map(within), [true, true, true, false]);
    }

    #[test]
    fn what_is_tracked_within_a_directory_is_told_by_whole_names() {
        let sandbox = Sandbox::new().file("a/b/x", "1").file("a.b", "2").file("new", "3").commit("first");
        sandbox.git(&["rm", "-q", "--cached", "new"]);
        sandbox.git(&["add", "--intent-to-add", "new"]);
        let repository = sandbox.open();
        let within = |path: &str| repository.tracks_within(&path.into()).unwrap();
        assert_eq!(["a", "a/b", "a/b/x", "a.b"].map(within), [true; 4]);
        assert_eq!(["b", "a/", "a/b/x/y", "new", ".iao"].map(within), [false; 5]);
    }

    #[test]
    fn a_repository_without_an_index_stages_nothing() {
        assert!(Sandbox::new().open().snapshot_index().unwrap().entries().is_empty());
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, ..Default::default() })]

        #[test]
        fn a_broken_index_makes_an_error_and_never_a_panic(
            flips in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0..8_u8), 1..4),
            cut in proptest::option::of(proptest::prelude::any::<proptest::sample::Index>()),
        ) {
            thread_local! {
                static SANDBOX: Sandbox = Sandbox::new().file("a", "1").file("d/b", "2").commit("first");
            }
            SANDBOX.with(|sandbox| {
                let mut bytes = std::fs::read(sandbox.path().join(".git/index")).unwrap();
                for (at, bit) in flips {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                }
                bytes.truncate(cut.map_or(bytes.len(), |cut| cut.index(bytes.len())));
                let broken = sandbox.path().join(".git/broken");
                std::fs::write(&broken, bytes).unwrap();
                let mut location = sandbox.location();
                location.environment.insert("GIT_INDEX_FILE".into(), broken.into());
                let repository = Repository::open(&location).unwrap();
                let _ = repository.snapshot_index();
                let _ = repository.snapshot_worktree();
                let _ = repository.uncommitted();
            });
        }
    }
}
