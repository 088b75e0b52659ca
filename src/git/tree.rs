//! Trees: edited as values, staged in memory.
//!
//! Entries that no edit names keep their bytes; nothing is written through a link, a file or a submodule.

use std::collections::{BTreeMap, BTreeSet};

use gix::objs::Kind;

use super::store::from_gix;
use super::tree_reader::{self, Node, git_order, node, raw_entries};
use super::{Error, Repository, name};
use crate::model::{FileMode, ObjectId, RepoPath};

/// One edit of a tree.
#[derive(Debug, Clone)]
pub enum TreeEdit {
    /// Sets what stands at a path; a directory that still holds something is in the way.
    Put {
        /// Where.
        path: RepoPath,
        /// The new kind.
        mode: FileMode,
        /// The new content.
        id: ObjectId,
    },
    /// Takes away what stands at a path; nothing happens when there is nothing.
    Remove {
        /// Where.
        path: RepoPath,
    },
}

/// What stands at a path: its kind and its object.
type Place = (FileMode, ObjectId);

/// One entry of a tree under edit, as it is stored: mode digits, name, object.
type Stored = (Vec<u8>, Vec<u8>, ObjectId);

/// A directory under edit: its object, if there is one, and what stands in it.
type Level = (Option<ObjectId>, Vec<Stored>);

/// What one path shall be: `None` takes it away.
type Edits = BTreeMap<RepoPath, Option<Place>>;

/// What a directory below becomes: a tree, or nothing.
enum Below {
    Empty,
    Tree(ObjectId),
}

impl Repository {
    /// Returns the tree without entries; it need not be stored.
    #[must_use]
    pub fn empty_tree(&self) -> ObjectId {
        from_gix(gix::ObjectId::empty_tree(self.hash_kind()))
    }

    /// Applies `edits` to `base` and stages what is new; of two edits of one path the later counts.
    ///
    /// Directories that become empty go. A file may give way to a directory, and the other way round, when the
    /// edits take away what stood there.
    ///
    /// # Errors
    /// For paths with an empty part, `.`, `..`, or a disguise of `.git`; for paths through a link, a file or a
    /// submodule; for a directory in the way; for trees that cannot be read.
    pub fn stage_tree(&self, base: ObjectId, edits: &[TreeEdit]) -> Result<ObjectId, Error> {
        let edits = self.checked(edits)?;
        let mut directories = BTreeSet::from([RepoPath::root()]);
        for path in edits.keys() {
            let mut above = path.parent();
            while let Some(directory) = above.filter(|directory| directories.insert(directory.clone())) {
                above = directory.parent();
            }
        }
        let mut levels = self.load_levels(base, &directories)?;
        let mut done: BTreeMap<RepoPath, Below> = BTreeMap::new();
        // Reverse order of bytes: what lies below a directory comes before it.
        for directory in directories.into_iter().rev() {
            let (id, mut entries) = levels.remove(&directory).unwrap_or_default();
            let changed = edit_level(&directory, &mut entries, &edits, &done)?;
            let below = match id {
                Some(id) if !changed => Below::Tree(id),
                _ if entries.is_empty() => Below::Empty,
                _ => Below::Tree(self.stage(Kind::Tree, &encode(&entries))?),
            };
            done.insert(directory, below);
        }
        match done.get(&RepoPath::root()) {
            Some(Below::Tree(id)) => Ok(*id),
            _ => self.stage(Kind::Tree, b""),
        }
    }

    fn checked(&self, edits: &[TreeEdit]) -> Result<Edits, Error> {
        let mut checked = Edits::new();
        for edit in edits {
            let (path, place) = match edit {
                TreeEdit::Put { path, mode, id } => (path, Some((*mode, *id))),
                TreeEdit::Remove { path } => (path, None),
            };
            let refuse = |reason| Err(Error::EditRefused { path: path.clone(), reason });
            if place.is_some_and(|(_, id)| id.format() != self.object_format() || id.is_null()) {
                return refuse("its object name is not one of this repository");
            }
            if path.as_bytes().iter().filter(|byte| **byte == b'/').count() > tree_reader::MAX_DEPTH {
                return refuse("it has too many parts");
            }
            if let Some(reason) = path.as_bytes().split(|byte| *byte == b'/').find_map(name::refusal) {
                return refuse(reason);
            }
            checked.insert(path.clone(), place);
        }
        Ok(checked)
    }

    /// Reads each directory that an edit may change; one that is not there has no object and no entries.
    fn load_levels(
        &self,
        base: ObjectId,
        directories: &BTreeSet<RepoPath>,
    ) -> Result<BTreeMap<RepoPath, Level>, Error> {
        let mut levels: BTreeMap<RepoPath, Level> = BTreeMap::new();
        for directory in directories {
            let id = match directory.parent() {
                None => Some(base),
                Some(parent) => levels.get(&parent).and_then(|(_, entries)| {
                    let is_it = |stored: &&Stored| stored.1 == directory.file_name() && is_directory(stored);
                    entries.iter().find(is_it).map(|stored| stored.2)
                }),
            };
            let entries = id.map(|id| self.tree_entries(id)).transpose()?.unwrap_or_default();
            levels.insert(directory.clone(), (id, entries));
        }
        Ok(levels)
    }

    /// Returns the raw entries of one tree object in stored order: (octal digits of the mode, name, id).
    ///
    /// # Errors
    /// When the tree is missing or cut off.
    pub fn tree_entries(&self, tree: ObjectId) -> Result<Vec<Stored>, Error> {
        if tree == self.empty_tree() {
            return Ok(Vec::new());
        }
        split(tree, &self.object(tree, Kind::Tree)?)
    }

    /// Looks `path` up below `tree`, reading only the directories on the way; a directory is not found.
    ///
    /// # Errors
    /// When a tree on the way is missing or cut off.
    pub fn lookup(&self, tree: ObjectId, path: &RepoPath) -> Result<Option<(FileMode, ObjectId)>, Error> {
        let reader = self.reader();
        let mut buffer = Vec::new();
        let mut here = tree;
        let mut parts = path.components().peekable();
        while let Some(part) = parts.next() {
            reader.expect(here, Kind::Tree, &mut buffer)?;
            let level = tree_reader::read_level(&buffer, here, &RepoPath::root(), &mut Vec::new())?;
            let found = level.into_iter().find(|(name, ..)| *name == part);
            match found {
                Some((_, Node::Leaf(mode), id)) if parts.peek().is_none() => return Ok(Some((mode, id))),
                Some((_, Node::Directory, id)) => here = id,
                _ => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// Splits the bytes of a tree object into its entries.
pub(super) fn split(tree: ObjectId, bytes: &[u8]) -> Result<Vec<Stored>, Error> {
    let cut = || Error::CorruptObject { id: tree, source: "a tree entry is cut off".into() };
    raw_entries(bytes, tree.format())
        .map(|raw| raw.map(|raw| (raw.mode.to_vec(), raw.name.to_vec(), raw.id)).ok_or_else(cut))
        .collect()
}

fn is_directory(stored: &Stored) -> bool {
    node(&stored.0).0 == Some(Node::Directory)
}

/// Applies what concerns one directory; says whether anything changed.
fn edit_level(
    directory: &RepoPath,
    entries: &mut Vec<Stored>,
    edits: &Edits,
    done: &BTreeMap<RepoPath, Below>,
) -> Result<bool, Error> {
    let mut changed = false;
    for name in touched(directory, edits, done) {
        let path = directory.join(&name);
        let stands = entries.iter().find(|stored| stored.1 == name);
        let wanted = wanted(&path, stands, edits.get(&path), done.get(&path))?;
        let same = match (stands, &wanted) {
            (Some(stored), Some((mode, id))) => stored.0 == *mode && stored.2 == *id,
            (None, None) => true,
            _ => false,
        };
        if !same {
            entries.retain(|stored| stored.1 != name);
            entries.extend(wanted.map(|(mode, id)| (mode, name, id)));
            changed = true;
        }
    }
    if changed {
        entries.sort_by(|one, other| git_order((&one.1, is_directory(one)), (&other.1, is_directory(other))));
    }
    Ok(changed)
}

/// Returns the names in `directory` that an edit names, or that lie on the way to one.
fn touched(directory: &RepoPath, edits: &Edits, done: &BTreeMap<RepoPath, Below>) -> BTreeSet<Vec<u8>> {
    let first = if directory.is_root() { RepoPath::root() } else { directory.join(b"") };
    let within = |path: &&RepoPath| path.is_within(directory);
    let child = |path: &&RepoPath| path.parent().as_ref() == Some(directory);
    let named = edits.range(first.clone()..).map(|(path, _)| path).take_while(within).filter(child);
    let below = done.range(first..).map(|(path, _)| path).take_while(within).filter(child);
    named.chain(below).map(|path| path.file_name().to_vec()).collect()
}

/// Decides what stands at a path after the edits; `None` is nothing.
fn wanted(
    path: &RepoPath,
    stands: Option<&Stored>,
    edit: Option<&Option<Place>>,
    below: Option<&Below>,
) -> Result<Option<(Vec<u8>, ObjectId)>, Error> {
    let refuse = |reason| Err(Error::EditRefused { path: path.clone(), reason });
    let directory = stands.is_some_and(is_directory);
    match (edit, below) {
        (Some(_), Some(Below::Tree(_))) if directory => refuse("a directory stands there"),
        (Some(Some(_)), Some(Below::Tree(_))) => refuse("it would be a file and a directory at once"),
        (Some(_), None) if directory => refuse("a directory stands there"),
        (Some(Some((mode, id))), _) => Ok(Some((mode.as_octal().as_bytes().to_vec(), *id))),
        (None, Some(Below::Tree(_))) if stands.is_some() && !directory => {
            refuse("a file, a link or a submodule stands in the way")
        }
        (_, Some(Below::Tree(id))) => match stands.filter(|_| directory) {
            // A directory keeps the digits of its mode, however they were written.
            Some(stored) => Ok(Some((stored.0.clone(), *id))),
            None => Ok(Some((b"40000".to_vec(), *id))),
        },
        (None, Some(Below::Empty)) if !directory => Ok(stands.map(|stored| (stored.0.clone(), stored.2))),
        _ => Ok(None),
    }
}

pub(super) fn encode(entries: &[Stored]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode);
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests;
