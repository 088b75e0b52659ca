//! One directory of a manifest: its entries, in the shape in which they are hashed.
//!
//! The shape depends on the names alone: never on the order, or the past, in which entries came.

use super::entry::Entry;
use super::merkle::{HashId, Hashes, Tally};
use crate::base::ContentAddress;

/// The most entries that are hashed as one list; a larger set is split in two by a bit of the name's SHA-256.
///
/// Part of the format: the split keeps a change local, in hashing and in storage.
pub(super) const LIST_LIMIT: usize = 4;

/// How often a set can be split: as many bits as a key has.
pub(super) const MAX_DEPTH: usize = 256;

/// The longest name, in bytes; file systems stop at 255.
const MAX_NAME: usize = u16::MAX as usize;

/// SHA-256 of a name: its bits say where the entry stands.
pub(super) type Key = [u8; 32];

/// Directories, and the hashes that they are made of.
#[derive(Debug, Clone, Default)]
pub(super) struct Forest {
    /// Children before parents.
    pub(super) directories: Vec<Directory>,
    pub(super) hashes: Hashes,
}

impl Forest {
    /// Takes a set for a whole directory, and says where it stands.
    pub(super) fn plant(&mut self, set: Set) -> usize {
        let hash = self.hashes.directory(set.tally, set.hash);
        self.directories.push(Directory { set, hash });
        self.directories.len() - 1
    }
}

/// A directory.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    /// Its entries.
    pub(super) set: Set,
    /// Its own digest.
    pub(super) hash: HashId,
}

/// The entries of a directory, or of a part of one.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) tally: Tally,
    /// Its set hash.
    pub(super) hash: HashId,
    pub(super) shape: Shape,
    /// Where the ledger has its record.
    pub(super) place: Option<Place>,
}

/// A set is a list, or two sets.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Sorted by the bytes of the names.
    List(Vec<Entry>),
    Split(Box<[Set; 2]>),
    /// Stands in its place, and was not read.
    Stored,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// SHA-256 of the segment.
    pub(super) segment: ContentAddress,
    /// From the first record of the segment, in bytes.
    pub(super) offset: u64,
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
    /// Finds an entry by its name.
    pub(super) fn get(&self, name: &[u8]) -> Option<&Entry> {
        let (key, mut depth, mut set) = (key(name), 0, &self.set);
        while let Shape::Split(sides) = &set.shape {
            set = &sides[bit(&key, depth)];
            depth += 1;
        }
        match &set.shape {
            Shape::List(entries) => entries.iter().find(|entry| entry.name == name),
            _ => None,
        }
    }

    /// Returns the entries, sorted by the bytes of their names.
    pub(super) fn entries(&self) -> Vec<&Entry> {
        let mut entries = self.set.entries();
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        entries
    }
}

impl Set {
    /// Makes the set of `entries`, which are sorted by name and agree in the first `depth` bits of their keys.
    pub(super) fn new(entries: Vec<Entry>, depth: usize, hashes: &mut Hashes) -> Result<Self, Malformed> {
        if entries.len() <= LIST_LIMIT {
            return Self::list(entries, hashes);
        }
        let mut keyed: Vec<(Key, Entry)> =
            entries.into_iter().map(|entry| (key(&entry.name), entry)).collect();
        keyed.sort_unstable_by_key(|(key, _)| *key);
        Self::of_keyed(keyed, depth, hashes)
    }

    /// As [`Self::new`], with entries sorted by their keys.
    fn of_keyed(mut keyed: Vec<(Key, Entry)>, depth: usize, hashes: &mut Hashes) -> Result<Self, Malformed> {
        // 256 bits are all a key has; two names that share them all would be a SHA-256 collision.
        if keyed.len() <= LIST_LIMIT || depth == MAX_DEPTH {
            let mut entries: Vec<Entry> = keyed.into_iter().map(|(_, entry)| entry).collect();
            entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            return Self::list(entries, hashes);
        }
        let upper = keyed.split_off(keyed.partition_point(|(key, _)| bit(key, depth) == 0));
        let sides = [Self::of_keyed(keyed, depth + 1, hashes)?, Self::of_keyed(upper, depth + 1, hashes)?];
        Self::split(sides, hashes)
    }

    /// Makes a set of one list, sorted by name.
    pub(super) fn list(entries: Vec<Entry>, hashes: &mut Hashes) -> Result<Self, Malformed> {
        let mut tally = Tally::default();
        let mut leaves = Vec::with_capacity(entries.len());
        for entry in &entries {
            let one = Tally { entries: 1, files: entry.files, bytes: entry.size };
            tally = tally.plus(one).ok_or(Malformed::TooLarge)?;
            leaves.push(hashes.leaf(entry.mode, entry.size, &entry.name, entry.content));
        }
        Ok(Self { tally, hash: hashes.list(&leaves), shape: Shape::List(entries), place: None })
    }

    /// Joins two sets: of the entries with bit 0, then of those with bit 1.
    pub(super) fn split(sides: [Self; 2], hashes: &mut Hashes) -> Result<Self, Malformed> {
        let tally = sides[0].tally.plus(sides[1].tally).ok_or(Malformed::TooLarge)?;
        let hash = hashes.split([(sides[0].tally, sides[0].hash), (sides[1].tally, sides[1].hash)]);
        Ok(Self { tally, hash, shape: Shape::Split(Box::new(sides)), place: None })
    }

    /// Returns the entries that were read, in the order of the parts.
    pub(super) fn entries(&self) -> Vec<&Entry> {
        self.entries_where(|_| true)
    }

    /// Returns the entries of the parts that are stored nowhere yet.
    pub(super) fn new_entries(&self) -> Vec<&Entry> {
        self.entries_where(|set| set.place.is_none())
    }

    fn entries_where(&self, wanted: impl Fn(&Self) -> bool) -> Vec<&Entry> {
        let (mut found, mut waiting) = (Vec::new(), vec![self]);
        while let Some(set) = waiting.pop() {
            match &set.shape {
                _ if !wanted(set) => {}
                Shape::List(entries) => found.extend(entries),
                Shape::Split(sides) => waiting.extend(sides.iter().rev()),
                Shape::Stored => {}
            }
        }
        found
    }
}

/// Returns the key of a name.
pub(super) fn key(name: &[u8]) -> Key {
    *ContentAddress::of(name).as_bytes()
}

/// Returns a bit of a key, 0 the highest of the first byte.
pub(super) fn bit(key: &Key, depth: usize) -> usize {
    usize::from(key[depth / 8] >> (7 - depth % 8) & 1)
}

/// Refuses what is no path component.
pub(super) fn check_name(name: &[u8]) -> Result<(), Malformed> {
    if name.is_empty() || name.iter().any(|byte| matches!(byte, 0 | b'/')) {
        return Err(Malformed::Name(name.to_vec()));
    }
    if name.len() > MAX_NAME { Err(Malformed::LongName(name.len())) } else { Ok(()) }
}
