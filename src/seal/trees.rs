//! Trees of git, as boundaries are drawn from them: each is read, and checked to be sealable, once.
//!
//! A tree's name is computed again when it is read, so what is remembered under a name is that tree.

use std::sync::Arc;

use super::Error;
use super::directory::{Malformed, check_name};
use super::entry::EntryMode;
use crate::base::{CancelToken, Kept};
use crate::git::{self, IndexedTree, Repository, StoredTree};
use crate::model::{ObjectId, RepoPath};

/// How deep directories may be nested, as for every reader of trees.
const MAX_DEPTH: usize = 2048;

/// Reads trees, and remembers them.
pub(super) struct Trees<'a> {
    repository: &'a Repository,
    reader: git::Trees<'a>,
    cancel: &'a CancelToken,
    known: Kept<ObjectId, Arc<IndexedTree>>,
    limit: usize,
}

impl<'a> Trees<'a> {
    /// Lets go of the packs that trees were read from, before much else is read from them.
    pub(super) fn let_go(&mut self) {
        self.reader = self.repository.trees();
    }

    /// Remembers trees of up to `limit` bytes together.
    pub(super) fn new(repository: &'a Repository, limit: usize, cancel: &'a CancelToken) -> Self {
        Self { repository, reader: repository.trees(), cancel, known: Kept::new(limit), limit }
    }

    /// Returns a tree whose entries can be sealed; it stands at `path`, `depth` levels below the top.
    ///
    /// `like` may be another version of it, of those that were returned before.
    ///
    /// # Errors
    /// When it cannot be read or sealed, and when the work was interrupted.
    pub(super) fn get(
        &mut self,
        tree: ObjectId,
        like: Option<&IndexedTree>,
        path: &RepoPath,
        depth: usize,
    ) -> Result<Arc<IndexedTree>, Error> {
        if let Some(known) = self.recall(tree) {
            return Ok(known);
        }
        let read = self.stored(tree, path, depth)?;
        let read = match like {
            Some(like) => read.indexed_like(like),
            None => read.indexed().map(|read| (read, false)),
        };
        let (read, alike) = read.map_err(|source| Error::Unreadable { path: path.clone(), source })?;
        // One that has the names and modes of a tree that was checked need not be.
        if !alike {
            check(&read, path)?;
        }
        let read = Arc::new(read);
        self.keep(&read);
        Ok(read)
    }

    /// Reads a tree, for whoever looks at it once; whether its entries can be sealed was not looked at.
    ///
    /// # Errors
    /// When it cannot be read, or lies too deep, and when the work was interrupted.
    pub(super) fn stored(&self, tree: ObjectId, path: &RepoPath, depth: usize) -> Result<StoredTree, Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if depth > MAX_DEPTH {
            let what = format!("it is nested more than {MAX_DEPTH} levels deep");
            return Err(Error::HostileTree { path: path.clone(), what });
        }
        self.reader.verified(tree).map_err(|source| Error::Unreadable { path: path.clone(), source })
    }

    /// Returns a tree that was returned before, where it is remembered.
    pub(super) fn recall(&mut self, tree: ObjectId) -> Option<Arc<IndexedTree>> {
        self.known.get(&tree)
    }

    fn keep(&mut self, tree: &Arc<IndexedTree>) {
        if tree.weight() <= self.limit {
            self.known.put(tree.id(), Arc::clone(tree), tree.weight());
        }
    }
}

/// Refuses a tree with a name or a mode that cannot be sealed, or with two entries of one name.
fn check(tree: &IndexedTree, path: &RepoPath) -> Result<(), Error> {
    let (mut ascends, mut before) = (true, &[][..]);
    for (mode, name) in tree.heads() {
        check_name(name).map_err(|malformed| hostile(path, &malformed))?;
        if EntryMode::parse(mode).is_none() {
            let [name, digits] = [name, mode].map(RepoPath::from_bytes);
            let what = format!("`{name}` has the mode `{digits}`, which is no kind of entry");
            return Err(Error::HostileTree { path: path.clone(), what });
        }
        ascends &= before < name;
        before = name;
    }
    if ascends {
        return Ok(());
    }
    // Git sorts a directory as if its name ended in a slash: equal names need not be neighbours.
    let mut names: Vec<&[u8]> = tree.heads().map(|(_, name)| name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(hostile(path, &Malformed::Duplicate(pair[0].to_vec()))),
        None => Ok(()),
    }
}

/// Says what is wrong with a directory.
pub(super) fn hostile(path: &RepoPath, malformed: &Malformed) -> Error {
    let what = match malformed {
        Malformed::Name(name) => {
            format!("it has an entry named `{}`", RepoPath::from_bytes(name.clone()))
        }
        Malformed::LongName(length) => format!("it has an entry with a name of {length} bytes"),
        Malformed::Duplicate(name) => {
            format!("it has two entries named `{}`", RepoPath::from_bytes(name.clone()))
        }
        Malformed::TooLarge => "its sizes add up to 2^53 bytes or files, or more".to_owned(),
    };
    Error::HostileTree { path: path.clone(), what }
}
