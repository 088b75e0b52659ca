//! One directory of a manifest: its entries sorted by name, and the digest that binds them.
//!
//! A directory is built only from names that are single path components and stand once.

use super::entry::Entry;
use super::merkle::{self, Set};
use crate::hash::ContentDigest;

/// The largest sum of sizes or files that JSON numbers carry exactly.
const MAX_TOTAL: u64 = (1 << 53) - 1;

/// The longest name, in bytes; file systems stop at 255. It keeps every record's length within four bytes.
const MAX_NAME: usize = u16::MAX as usize;

/// A directory with everything that is hashed about it.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    /// Sorted by the bytes of their names.
    pub(super) entries: Vec<Entry>,
    /// How the entries were hashed.
    pub(super) set: Set,
    /// The directory's own digest.
    pub(super) digest: ContentDigest,
    /// Files below it, at any depth.
    pub(super) files: u64,
}

/// Why entries make no directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Malformed {
    /// An entry of this name is empty, or holds `/` or a zero byte.
    Name(Vec<u8>),
    /// An entry has a name of this many bytes, which is too long.
    LongName(usize),
    /// Two entries have this name.
    Duplicate(Vec<u8>),
    /// The sizes or counts exceed what can be written.
    TooLarge,
}

impl Directory {
    /// Sorts and hashes `entries`.
    pub(super) fn new(mut entries: Vec<Entry>) -> Result<Self, Malformed> {
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(entry) = entries.iter().find(|entry| !is_component(&entry.name)) {
            return Err(Malformed::Name(entry.name.clone()));
        }
        if let Some(entry) = entries.iter().find(|entry| entry.name.len() > MAX_NAME) {
            return Err(Malformed::LongName(entry.name.len()));
        }
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(Malformed::Duplicate(pair[0].name.clone()));
        }
        total(&entries, |entry| entry.size)?;
        let files = total(&entries, |entry| entry.files)?;
        let set = merkle::set(&entries);
        Ok(Self { digest: merkle::directory(&set), entries, set, files })
    }

    /// Finds an entry by its name.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Entry> {
        let index = self.entries.binary_search_by(|entry| entry.name.as_slice().cmp(name)).ok()?;
        self.entries.get(index)
    }
}

fn is_component(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(|byte| matches!(byte, 0 | b'/'))
}

fn total(entries: &[Entry], of: impl Fn(&Entry) -> u64) -> Result<u64, Malformed> {
    entries
        .iter()
        .try_fold(0_u64, |sum, entry| sum.checked_add(of(entry)))
        .filter(|sum| *sum <= MAX_TOTAL)
        .ok_or(Malformed::TooLarge)
}
