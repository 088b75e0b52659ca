//! Finds one entry in records, opening no more of them than lie on the way.

use super::Error;
use super::directory::{Prefix, bit, key};
use super::entry::Entry;
use super::forest::{Set, SetId, Shape};
use super::records::{Reach, Records, mismatch};
use crate::model::RepoPath;

impl Records<'_> {
    /// Finds the entry `name` in `set`, which is the directory `path`; what was opened stays open.
    pub(super) fn find(&mut self, set: SetId, name: &[u8], path: &RepoPath) -> Result<Option<Entry>, Error> {
        let (key, mut prefix, mut set) = (key(name), Prefix::default(), set);
        loop {
            match self.reveal(set, prefix, path)? {
                Shape::Split(sides) => {
                    let side = bit(&key, prefix.depth());
                    (prefix, set) = (prefix.with(side), sides[side]);
                }
                Shape::List(start, count) => {
                    let mut entries = self.forest.listed(start, count).iter();
                    return Ok(entries.find(|entry| self.forest.name(entry) == name).copied());
                }
                Shape::Stored => return Err(mismatch(path)),
            }
        }
    }

    /// Opens a set that only a link spoke of, and has it compared with what the link said.
    pub(super) fn reveal(&mut self, set: SetId, prefix: Prefix, path: &RepoPath) -> Result<Shape, Error> {
        let Set { tally, hash, shape, place, .. } = *self.forest.set(set);
        let (Shape::Stored, Some(place)) = (shape, place) else { return Ok(shape) };
        let opened = self.open(place, prefix, Reach::Near, path)?;
        let found = *self.forest.set(opened);
        if found.tally != tally {
            return Err(mismatch(path));
        }
        self.expect_digest(found.hash, *self.forest.hashes.get(hash), path);
        self.forest.reveal(set, opened);
        Ok(found.shape)
    }
}
