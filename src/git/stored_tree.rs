//! One tree object, byte for byte as it is stored, and its entries without a copy of any.
//!
//! Nothing is judged here: modes and names may be anything that a tree object can hold.

use std::cell::RefCell;
use std::sync::Arc;

use gix::objs::Kind;

use super::deltas::{Deltas, KEPT};
use super::packs::Packs;
use super::tree_reader::{RawEntry, raw_entries};
use super::{Error, Repository};
use crate::model::ObjectId;

/// A tree object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTree {
    id: ObjectId,
    /// Shared with whoever keeps it as a base of others.
    bytes: Arc<Vec<u8>>,
}

impl StoredTree {
    /// Takes the bytes of the tree `id`.
    pub(super) fn new(id: ObjectId, bytes: impl Into<Arc<Vec<u8>>>) -> Self {
        Self { id, bytes: bytes.into() }
    }

    /// Gives the name and the bytes.
    pub(super) fn into_parts(self) -> (ObjectId, Arc<Vec<u8>>) {
        (self.id, self.bytes)
    }

    /// Returns the entries in stored order.
    ///
    /// # Errors
    /// When an entry is cut off; nothing comes after it.
    pub fn entries(&self) -> impl Iterator<Item = Result<RawEntry<'_>, Error>> {
        let cut = || Error::CorruptObject { id: self.id, source: "a tree entry is cut off".into() };
        raw_entries(&self.bytes, self.id.format()).map(move |entry| entry.ok_or_else(cut))
    }

    /// Returns the entry of this name, the first should there be several.
    ///
    /// # Errors
    /// When an entry before it is cut off.
    pub fn find(&self, name: &[u8]) -> Result<Option<RawEntry<'_>>, Error> {
        self.entries().find(|entry| entry.as_ref().map_or(true, |entry| entry.name == name)).transpose()
    }

    /// Returns how many bytes the tree has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Reads many trees, each after computing its name again; those that are packed as deltas of each other cost less.
pub struct Trees<'a> {
    repository: &'a Repository,
    deltas: RefCell<Deltas>,
}

impl Trees<'_> {
    /// Reads a tree.
    ///
    /// # Errors
    /// When the tree is missing, or no tree; `CorruptObject` when the stored bytes have another name.
    pub fn verified(&self, id: ObjectId) -> Result<StoredTree, Error> {
        let guess = self.deltas.borrow_mut().guess(id, Kind::Tree);
        let right = |bytes: &Arc<Vec<u8>>| self.repository.require_name(Kind::Tree, id, bytes).is_ok();
        let bytes = match guess.filter(right) {
            Some(bytes) => bytes,
            None => self.repository.verified_object(Kind::Tree, id)?.into(),
        };
        Ok(StoredTree::new(id, bytes))
    }

    /// Reads a tree as it is stored under this name; the empty one need not be stored.
    ///
    /// # Errors
    /// When the tree is missing, corrupt, or no tree.
    pub fn trusted(&self, id: ObjectId) -> Result<StoredTree, Error> {
        match self.deltas.borrow_mut().guess(id, Kind::Tree) {
            Some(bytes) => Ok(StoredTree::new(id, bytes)),
            None => self.repository.stored_tree(id),
        }
    }
}

impl Repository {
    /// Lists the packs, for readers of several threads.
    #[must_use]
    pub fn packs(&self) -> Packs {
        Packs::list(self)
    }

    /// Returns a reader of many trees.
    #[must_use]
    pub fn trees(&self) -> Trees<'_> {
        Trees { repository: self, deltas: RefCell::new(Deltas::new(self.packs(), KEPT)) }
    }

    /// Reads a tree; the empty one need not be stored.
    ///
    /// # Errors
    /// When the tree is missing, or no tree.
    pub fn stored_tree(&self, id: ObjectId) -> Result<StoredTree, Error> {
        if id == self.empty_tree() {
            return Ok(StoredTree::new(id, Vec::new()));
        }
        self.object(id, Kind::Tree).map(|bytes| StoredTree::new(id, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    /// A folder of many files, once in each of many commits, packed as deltas.
    fn chain(format: &str) -> (Sandbox, Vec<ObjectId>) {
        let mut sandbox = Sandbox::with_format(format);
        for number in 0..300 {
            sandbox = sandbox.file(&format!("d/file {number}"), format!("{number}"));
        }
        let mut trees = Vec::new();
        for number in 0..30 {
            sandbox = sandbox.file(&format!("d/file {}", number * 7), "changed").commit("next");
            trees.push(sandbox.git(&["rev-parse", "HEAD:d"]).parse().unwrap());
        }
        (sandbox, trees)
    }

    #[test]
    fn trees_are_the_same_loose_and_packed_as_deltas() {
        for format in ["sha1", "sha256"] {
            let (sandbox, ids) = chain(format);
            let loose = sandbox.open();
            let expected: Vec<StoredTree> = ids.iter().map(|id| loose.stored_tree(*id).unwrap()).collect();
            let read = || {
                let repository = sandbox.open();
                let trees = repository.trees();
                let read: Vec<StoredTree> = ids.iter().map(|id| trees.verified(*id).unwrap()).collect();
                let guessed =
                    ids.iter().filter(|id| trees.deltas.borrow_mut().guess(**id, Kind::Tree).is_some());
                (read, guessed.count())
            };
            assert!(read() == (expected.clone(), 0));
            sandbox.git(&["repack", "-adfq", "--depth=50"]);
            let (packed, guessed) = read();
            assert!(packed == expected);
            assert_eq!(guessed, ids.len());
        }
    }

    #[test]
    fn a_pack_that_lies_is_noticed() {
        let (sandbox, ids) = chain("sha1");
        sandbox.git(&["repack", "-adfq"]);
        let files = std::fs::read_dir(sandbox.in_git("objects/pack")).unwrap();
        let pack =
            files.map(|file| file.unwrap().path()).find(|path| path.extension().unwrap() == "pack").unwrap();
        let whole = std::fs::read(&pack).unwrap();
        let mut refused = 0;
        for at in (0..whole.len()).step_by(97) {
            let mut broken = whole.clone();
            broken[at] ^= 0x10;
            std::fs::remove_file(&pack).unwrap();
            std::fs::write(&pack, &broken[..if at % 2 == 0 { at } else { broken.len() }]).unwrap();
            let repository = sandbox.open();
            let trees = repository.trees();
            for id in &ids {
                match trees.verified(*id) {
                    Ok(tree) => repository.require_name(Kind::Tree, *id, &tree.bytes).unwrap(),
                    Err(_) => refused += 1,
                }
            }
        }
        assert!(refused > ids.len(), "{refused}");
    }

    #[test]
    fn entries_are_found_by_name_and_what_is_cut_off_is_told() {
        let sandbox = Sandbox::new().file("a", "1").file("b/c", "2").commit("first");
        let repository = sandbox.open();
        let id = |text: &str| sandbox.git(&["rev-parse", text]).parse::<ObjectId>().unwrap();
        let tree = repository.stored_tree(id("HEAD^{tree}")).unwrap();
        let found = tree.find(b"b").unwrap().unwrap();
        assert_eq!((found.mode, found.name, found.id), (&b"40000"[..], &b"b"[..], id("HEAD:b")));
        assert_eq!(tree.find(b"c").unwrap(), None);
        let cut = StoredTree::new(tree.id, tree.bytes[..tree.size() - 1].to_vec());
        assert!(cut.find(b"a").unwrap().is_some());
        assert!(matches!(cut.find(b"b"), Err(Error::CorruptObject { .. })));
        assert_eq!(cut.entries().filter(Result::is_err).count(), 1);
        let empty = repository.stored_tree(repository.empty_tree()).unwrap();
        assert_eq!((empty.size(), empty.entries().count()), (0, 0));
    }
}
