//! Finds one entry in records, opening no more of them than lie on the way.

use super::Error;
use super::directory::{Forest, Set, Shape, bit, key};
use super::entry::Entry;
use super::records::{Reach, Records, mismatch};
use super::segment::Claim;
use crate::model::RepoPath;

impl Records<'_> {
    /// Finds the entry `name` in `set`, which is the directory `path`; what was opened stays open in `set`.
    pub(super) fn find(
        &mut self,
        set: &mut Set,
        name: &[u8],
        path: &RepoPath,
        forest: &mut Forest,
    ) -> Result<Option<Entry>, Error> {
        let (key, mut prefix, mut set) = (key(name), Vec::new(), set);
        loop {
            self.open_stored(set, &mut prefix, path, forest)?;
            match &mut set.shape {
                Shape::Split(sides) => {
                    let side = bit(&key, prefix.len());
                    prefix.push(side);
                    set = &mut sides[side];
                }
                Shape::List(entries) => return Ok(entries.iter().find(|entry| entry.name == name).cloned()),
                Shape::Stored => return Err(mismatch(path)),
            }
        }
    }

    /// Opens a set that only a link spoke of, and has it compared with what the link said.
    pub(super) fn open_stored(
        &mut self,
        set: &mut Set,
        prefix: &mut Vec<usize>,
        path: &RepoPath,
        forest: &mut Forest,
    ) -> Result<(), Error> {
        if let (Shape::Stored, Some(place)) = (&set.shape, set.place) {
            let claim = Claim { tally: set.tally, set: *forest.hashes.get(set.hash) };
            let opened = self.open(place, prefix, Reach::Near, path, forest)?;
            self.expect(&opened, Some(claim), path)?;
            *set = opened;
        }
        Ok(())
    }
}
