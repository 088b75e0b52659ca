//! Reads the working tree as a snapshot, and compares it with the index.
//!
//! Neither a filter nor a file system monitor runs: what counts are the bytes on disk.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use gix::dir::entry::Kind;
use gix::dir::walk::delegate::Collect;
use gix::index::entry::{Flags, Stage, Stat, stat};
use gix::index::fs::Metadata;

use super::disk::{Disk, lstat};
use super::index::file_mode;
use super::snapshot::Content;
use super::store::from_gix;
use super::tree_reader::{self, Listing};
use super::{Entry, Error, Head, Repository, Snapshot, Source};
use crate::model::{FileMode, ObjectId, RepoPath};

/// A file of more bytes is not read whole.
const LARGE: u64 = 16 << 20;

/// One path of the index, as far as the working tree is concerned.
struct Tracked {
    mode: FileMode,
    id: ObjectId,
    stat: Stat,
    flags: Flags,
}

/// What the disk says about a tracked path.
struct Seen {
    mode: FileMode,
    /// The file is as it was when the index last looked.
    untouched: bool,
}

/// Compares files on disk with what the index remembers of them.
struct Comparison {
    disk: Disk,
    stat: stat::Options,
    /// When the index was written; files as young as that are looked into.
    index: gix::index::State,
    directories: HashMap<PathBuf, bool>,
}

impl Repository {
    /// Returns tracked files and untracked ones that no ignore rule hides, with the bytes on disk.
    ///
    /// Links are not followed, submodules are shown as the index knows them, other repositories inside the
    /// working tree are left out. The id of an untouched file is the index's; all others are hashed as they lie.
    ///
    /// # Errors
    /// [`Error::Bare`] without a working tree; when the index, an ignore file or a file cannot be read.
    pub fn snapshot_worktree(&self) -> Result<Snapshot, Error> {
        let index = self.index_or_empty()?;
        let tracked = tracked(&index);
        let untracked = self.untracked(&index, &tracked)?;
        let mut comparison = self.comparison(index)?;
        let mut entries = BTreeMap::new();
        for (path, known) in &tracked {
            if let Some(seen) = comparison.look(path, known)? {
                let mut entry = Entry { path: path.clone(), mode: seen.mode, id: known.id };
                if !seen.untouched && seen.mode != FileMode::Gitlink {
                    entry.id = self.hash_on_disk(&comparison.disk, &entry)?;
                }
                entries.insert(path.clone(), entry);
            }
        }
        for path in untracked {
            let Some(metadata) = lstat(&comparison.disk.path(&path)?)? else { continue };
            let Some(mode) = comparison.disk.mode(&metadata, None) else { continue };
            let mut entry = Entry { path: path.clone(), mode, id: self.empty_tree() };
            entry.id = self.hash_on_disk(&comparison.disk, &entry)?;
            entries.insert(path, entry);
        }
        let listing = Listing { entries: entries.into_values().collect(), oddities: Vec::new() };
        Ok(Snapshot::new(Source::Worktree, None, listing, Content::Disk(comparison.disk)))
    }

    /// Returns how many tracked paths have changes that are not committed, staged or not; 0 when bare.
    ///
    /// A file that differs in CRLF line ends alone is no change: git writes them itself where `eol=crlf` asks for it.
    ///
    /// # Errors
    /// When HEAD, the index or a file cannot be read.
    pub fn uncommitted(&self) -> Result<usize, Error> {
        if self.work_dir().is_none() {
            return Ok(0);
        }
        let index = self.index_or_empty()?;
        let mut changed = self.staged_paths(&index)?;
        let tracked = tracked(&index);
        let mut comparison = self.comparison(index)?;
        for (path, known) in &tracked {
            if known.flags.intersects(Flags::ASSUME_VALID | Flags::SKIP_WORKTREE) || changed.contains(path) {
                continue;
            }
            let same = match comparison.look(path, known)? {
                Some(seen) if seen.untouched || seen.mode == FileMode::Gitlink => true,
                Some(seen) if seen.mode == known.mode => {
                    let entry = Entry { path: path.clone(), mode: seen.mode, id: known.id };
                    let bytes = comparison.disk.read(&entry)?;
                    self.hash_blob(&bytes)? == known.id
                        || match with_line_feeds(&bytes) {
                            Some(text) => self.hash_blob(&text)? == known.id,
                            None => false,
                        }
                }
                _ => false,
            };
            if !same {
                changed.insert(path.clone());
            }
        }
        Ok(changed.len())
    }

    /// Returns the paths that differ between HEAD and the index.
    fn staged_paths(&self, index: &gix::index::State) -> Result<BTreeSet<RepoPath>, Error> {
        let tree = match self.head()? {
            Head::Branch(_, commit) | Head::Detached(commit) => self.commit(commit)?.tree,
            Head::Unborn(_) => self.empty_tree(),
        };
        // The index remembers the tree that it was made from until something is staged.
        let whole = index.tree().filter(|root| root.num_entries.is_some());
        if whole.is_some_and(|root| from_gix(root.id) == tree) {
            return Ok(BTreeSet::new());
        }
        let committed = tree_reader::list(&self.reader(), tree, RepoPath::root())?;
        let mut before: BTreeMap<_, _> =
            committed.entries.into_iter().map(|entry| (entry.path, (entry.mode, entry.id))).collect();
        let mut changed = BTreeSet::new();
        for entry in index.entries() {
            let path = RepoPath::from_bytes(entry.path(index).to_vec());
            if entry.mode.is_sparse() {
                before.retain(|inside, _| !inside.as_bytes().starts_with(path.as_bytes()));
                continue;
            }
            let now = file_mode(entry.mode).map(|mode| (mode, from_gix(entry.id)));
            let was = before.remove(&path);
            if entry.stage() != Stage::Unconflicted || was != now {
                changed.insert(path);
            }
        }
        changed.extend(before.into_keys());
        Ok(changed)
    }

    /// Returns the name that a file would have as a blob; a large one is read piece by piece.
    fn hash_on_disk(&self, disk: &Disk, entry: &Entry) -> Result<ObjectId, Error> {
        let size = disk.size(entry)?;
        if size <= LARGE {
            return self.hash_blob(&disk.read(entry)?);
        }
        let mut hasher = gix::hash::hasher(self.hash_kind());
        hasher.update(format!("blob {size}\0").as_bytes());
        disk.stream(entry, size, |piece| hasher.update(piece))?;
        let id = hasher.try_finalize().map(from_gix);
        id.map_err(|source| Error::Collision { kind: "blob", source: source.into() })
    }

    fn index_or_empty(&self) -> Result<gix::index::State, Error> {
        let index = self.read_index()?;
        Ok(index.map_or_else(|| gix::index::State::new(self.hash_kind()), |index| index.into_parts().0))
    }

    fn comparison(&self, index: gix::index::State) -> Result<Comparison, Error> {
        let disk = self.disk()?;
        let stat = self.gix().stat_options().map_err(Error::read("the config"))?;
        Ok(Comparison { disk, stat, index, directories: HashMap::new() })
    }

    pub(super) fn disk(&self) -> Result<Disk, Error> {
        let top = self.work_dir().ok_or_else(|| Error::Bare { git_dir: self.git_dir().to_owned() })?;
        let files = self.gix().filesystem_options().map_err(Error::read("the config"))?;
        Ok(Disk { top: top.to_owned(), executable_bit: files.executable_bit, symlinks: files.symlink })
    }

    /// Returns untracked paths that no ignore rule hides.
    fn untracked(
        &self,
        index: &gix::index::State,
        tracked: &BTreeMap<RepoPath, Tracked>,
    ) -> Result<BTreeSet<RepoPath>, Error> {
        let repo = self.gix();
        if self.work_dir().is_none() {
            return Err(Error::Bare { git_dir: self.git_dir().to_owned() });
        }
        let options = repo.dirwalk_options().map_err(Error::read("the config"))?;
        let mut found = Collect::default();
        repo.dirwalk(index, None::<&str>, &Default::default(), options, &mut found)
            .map_err(Error::read("the working tree"))?;
        let files = found.unorded_entries.into_iter().map(|(entry, _)| entry);
        let files = files.filter(|entry| matches!(entry.disk_kind, Some(Kind::File | Kind::Symlink)));
        let paths = files.map(|entry| RepoPath::from_bytes(Vec::from(entry.rela_path)));
        Ok(paths.filter(|path| !tracked.contains_key(path)).collect())
    }
}

impl Comparison {
    /// Looks at a tracked path; `None` when nothing of the kind is on disk.
    fn look(&mut self, path: &RepoPath, known: &Tracked) -> Result<Option<Seen>, Error> {
        let full = self.disk.path(path)?;
        if !self.reaches(&full)? {
            return Ok(None);
        }
        let Some(metadata) = lstat(&full)? else { return Ok(None) };
        let Some(mode) = self.disk.mode(&metadata, Some(known.mode)) else { return Ok(None) };
        Ok(Some(Seen { mode, untouched: mode == known.mode && self.is_untouched(known, &full, &metadata)? }))
    }

    fn is_untouched(&self, known: &Tracked, full: &Path, metadata: &Metadata) -> Result<bool, Error> {
        if metadata.is_dir() {
            return Ok(true);
        }
        let now =
            Stat::from_fs(metadata).map_err(Error::read(format!("the times of `{}`", full.display())))?;
        let racy = known.stat.is_racy(self.index.timestamp(), self.stat);
        Ok(!racy && known.stat.matches(&now, self.stat) && !known.flags.contains(Flags::INTENT_TO_ADD))
    }

    /// Says whether no link stands between the top and a path.
    fn reaches(&mut self, full: &Path) -> Result<bool, Error> {
        let Some(parent) = full.parent().filter(|parent| parent.starts_with(&self.disk.top)) else {
            return Ok(true);
        };
        if parent == self.disk.top {
            return Ok(true);
        }
        if let Some(known) = self.directories.get(parent) {
            return Ok(*known);
        }
        let mut open = true;
        let inside: Vec<&Path> =
            parent.ancestors().take_while(|directory| *directory != self.disk.top).collect();
        for directory in inside.into_iter().rev() {
            open = open && lstat(directory)?.is_some_and(|metadata| metadata.is_dir());
        }
        self.directories.insert(parent.to_owned(), open);
        Ok(open)
    }
}

/// Returns a text with CRLF line ends as git stores it, with LF; `None` when it has none, or is no text.
fn with_line_feeds(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.contains(&0) || !bytes.windows(2).any(|pair| pair == b"\r\n") {
        return None;
    }
    let mut text = bytes.to_vec();
    let mut before_feed = bytes.windows(2).map(|pair| pair == b"\r\n").chain([false]);
    text.retain(|_| !before_feed.next().unwrap_or(false));
    Some(text)
}

/// Returns what the index tracks: of a path in conflict one side, of a sparse index no directories.
fn tracked(index: &gix::index::State) -> BTreeMap<RepoPath, Tracked> {
    let mut tracked = BTreeMap::new();
    for entry in index.entries() {
        let Some(mode) = file_mode(entry.mode) else { continue };
        let path = RepoPath::from_bytes(entry.path(index).to_vec());
        tracked.entry(path).or_insert(Tracked {
            mode,
            id: from_gix(entry.id),
            stat: entry.stat,
            flags: entry.flags,
        });
    }
    tracked
}

#[cfg(test)]
mod tests;
