//! Opens the parser of trees to the fuzz targets, which have no repository.
//!
//! Only built with `--cfg fuzzing`; nothing in the program may lean on it.

use super::tree;
use super::tree_reader::read_level;
use crate::model::{ObjectFormat, ObjectId, RepoPath};

/// One entry as it is stored: mode digits, name, object.
pub type Stored = (Vec<u8>, Vec<u8>, ObjectId);

/// Returns the entries of a tree object; `None` when the last one is cut off.
#[must_use]
pub fn tree_entries(bytes: &[u8], format: ObjectFormat) -> Option<Vec<Stored>> {
    tree::split(nothing(format), bytes).ok()
}

/// Returns the tree object that these entries make.
#[must_use]
pub fn tree_bytes(entries: &[Stored]) -> Vec<u8> {
    tree::encode(entries)
}

/// Returns the names of those entries that the readers go on with.
#[must_use]
pub fn usable_names(bytes: &[u8], format: ObjectFormat) -> Vec<Vec<u8>> {
    let read = read_level(bytes, nothing(format), &RepoPath::root(), &mut Vec::new());
    read.map_or_else(|_| Vec::new(), |level| level.into_iter().map(|(name, ..)| name.to_vec()).collect())
}

/// A name for a tree that has none.
fn nothing(format: ObjectFormat) -> ObjectId {
    ObjectId::from_bytes(&vec![0; format.width()]).expect("a name of zeros has the right length")
}
