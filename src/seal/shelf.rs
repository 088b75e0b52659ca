//! Writes records into segments, leaving out those that the ledger has already.
//!
//! Children are written before parents, so that links lead backward. A link repeats the digest of what it points to
//! only where much would have to be hashed to know it.

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::forest::{Forest, Set, SetId, Shape};
use super::manifest::{Document, Manifest};
use super::segment::{HERE, LIST, MAGIC, NEAR, SPLIT, write_number};
use crate::base::{ContentAddress, canonical};
use crate::hash::ContentDigest;
use crate::ledger::{self, fan_out};

/// A segment is closed once its records are this long: a reader of one directory reads little else.
const SEGMENT_SIZE: usize = 16 * 1024;

/// How many hashes a reader may have to compute to know the digest behind a link.
const NEAR_LIMIT: usize = 48;

/// The `schema` of the document that says where a manifest's records begin.
const LOCATION_SCHEMA: &str = "iao/manifest-location/v1";

/// Says where the record of a manifest's root directory lies.
///
/// Kept apart from the manifest document, which must not depend on what was sealed before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Location {
    pub(super) schema: String,
    pub(super) manifest: ContentAddress,
    /// From the first record of the segment, in bytes.
    pub(super) offset: u64,
    /// The segment.
    pub(super) records: ContentAddress,
}

/// Path of a segment in the ledger.
pub(super) fn segment_path(segment: ContentAddress) -> String {
    format!("records/{}", fan_out(&segment.to_string()))
}

/// Directory of what belongs to one manifest document in the ledger.
pub(super) fn manifest_directory(manifest: ContentAddress) -> String {
    format!("manifests/{}", fan_out(&manifest.to_string()))
}

impl Manifest {
    /// Returns what the ledger must hold so that this manifest can be loaded: document, location, segments.
    #[must_use]
    pub fn ledger_entries(&self) -> Vec<ledger::Entry> {
        let mut shelf = Shelf::new(&self.forest);
        let home = shelf.put_all(self.top);
        shelf.finish(&self.document(), home)
    }
}

/// Where a record was put.
#[derive(Debug, Clone, Copy)]
enum Spot {
    /// In one of our segments: which, and how far from its first record.
    Ours { segment: usize, offset: usize },
    /// Where an earlier seal put it.
    Theirs(Home),
}

/// Where a record lies, for every reader: its segment, and how far it is from the first record.
pub(super) type Home = (ContentAddress, u64);

/// A record that can be linked to.
#[derive(Debug, Clone, Copy)]
struct Written {
    spot: Spot,
    /// How many hashes it takes to know its digest from the records alone.
    weight: usize,
}

/// Where records go.
pub(super) struct Shelf<'a> {
    forest: &'a Forest,
    /// Where each set of the forest that is a directory went.
    directories: Vec<Option<Written>>,
    closed: Vec<ledger::Entry>,
    names: Vec<ContentAddress>,
    others: Vec<ContentAddress>,
    body: Vec<u8>,
    /// Where one record is put together.
    record: Vec<u8>,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(forest: &'a Forest) -> Self {
        let directories = vec![None; forest.len()];
        Self {
            forest,
            directories,
            closed: Vec::new(),
            names: Vec::new(),
            others: Vec::new(),
            body: Vec::new(),
            record: Vec::new(),
        }
    }

    /// Writes the directory `top` and what lies below it, where that is not stored yet; says where it is.
    pub(super) fn put_all(&mut self, top: SetId) -> Home {
        let forest = self.forest;
        let mut wanted = vec![false; top.index() + 1];
        wanted[top.index()] = true;
        // Children stand before their parents.
        for set in Forest::down_from(top).filter(|set| forest.set(*set).place.is_none()) {
            if wanted[set.index()] {
                let entries = forest.new_entries(set);
                let children = entries.iter().filter_map(|entry| entry.child);
                children.for_each(|child| wanted[child.index()] = true);
            }
        }
        let mut directories: Vec<SetId> = Forest::down_from(top).filter(|set| wanted[set.index()]).collect();
        directories.reverse();
        for set in directories {
            self.directories[set.index()] = Some(self.put(set));
        }
        let top = self.directories[top.index()].expect("it was wanted");
        if !self.body.is_empty() {
            self.close();
        }
        match top.spot {
            Spot::Theirs(home) => home,
            Spot::Ours { segment, offset } => (self.names[segment], offset as u64),
        }
    }

    /// Returns the segments, with the documents that lead to them.
    pub(super) fn finish(self, document: &Document, home: Home) -> Vec<ledger::Entry> {
        let mut entries = self.closed;
        let manifest = document.address();
        let location =
            Location { schema: LOCATION_SCHEMA.to_owned(), manifest, offset: home.1, records: home.0 };
        let location =
            canonical::to_vec(&location).expect("strings and a small number have a canonical form");
        let directory = manifest_directory(manifest);
        entries.push(ledger::Entry { path: format!("{directory}.json"), bytes: document.to_canonical() });
        let name = ContentAddress::of(&location);
        entries.push(ledger::Entry { path: format!("{directory}/{name}.json"), bytes: location });
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries
    }

    /// Writes a set, its parts first, unless it is stored.
    fn put(&mut self, id: SetId) -> Written {
        let forest = self.forest;
        let set = forest.set(id);
        if let Some(place) = set.place {
            let home = (forest.segment(place.segment), place.offset);
            return Written { spot: Spot::Theirs(home), weight: usize::MAX };
        }
        let parts = match set.shape {
            Shape::Split(sides) => Some(sides.map(|side| (self.put(side), side))),
            _ => None,
        };
        if self.body.len() >= SEGMENT_SIZE {
            self.close();
        }
        let (offset, mut record) = (self.body.len(), std::mem::take(&mut self.record));
        let weight = match (parts, set.shape) {
            (Some(parts), _) => {
                record.push(SPLIT);
                1 + parts.map(|part| self.write_link(part, offset, &mut record)).iter().sum::<usize>()
            }
            (None, Shape::List(start, count)) => {
                record.push(LIST);
                write_number(u64::from(count), &mut record);
                let entries = forest.listed(start, count).iter();
                entries.map(|entry| 2 + self.write_entry(entry, offset, &mut record)).sum()
            }
            (None, _) => unreachable!("a set that was not read has a place"),
        };
        self.body.append(&mut record);
        self.record = record;
        Written { spot: Spot::Ours { segment: self.names.len(), offset }, weight }
    }

    fn write_entry(&mut self, entry: &Entry, offset: usize, out: &mut Vec<u8>) -> usize {
        let name = self.forest.name(entry);
        out.extend_from_slice(&entry.mode.bits().to_be_bytes());
        write_number(name.len() as u64, out);
        out.extend_from_slice(name);
        let Some(child) = entry.child else {
            write_number(entry.size, out);
            write_digest(self.forest.content(entry), out);
            return 0;
        };
        let written = self.directories[child.index()].expect("children are written before parents");
        1 + self.write_link((written, child), offset, out)
    }

    /// Links to a record from the one that begins at `offset`; returns how much hashing the link leaves to do.
    fn write_link(&mut self, (written, set): (Written, SetId), offset: usize, out: &mut Vec<u8>) -> usize {
        let Set { tally, hash, .. } = self.forest.set(set);
        let home = match written.spot {
            Spot::Ours { segment, offset: at } if segment == self.names.len() => {
                let near = written.weight <= NEAR_LIMIT;
                write_number(if near { NEAR } else { HERE }, out);
                write_number((offset - at) as u64, out);
                if near {
                    return written.weight;
                }
                None
            }
            Spot::Ours { segment, offset } => Some((self.names[segment], offset as u64)),
            Spot::Theirs(home) => Some(home),
        };
        if let Some((segment, offset)) = home {
            let known = self.others.iter().position(|other| *other == segment);
            let number = known.unwrap_or_else(|| {
                self.others.push(segment);
                self.others.len() - 1
            });
            write_number(HERE + 1 + number as u64, out);
            write_number(offset, out);
        }
        for number in [tally.entries, tally.files, tally.bytes] {
            write_number(number, out);
        }
        write_digest(self.forest.hashes.get(*hash), out);
        0
    }

    fn close(&mut self) {
        let mut bytes = MAGIC.to_vec();
        let others =
            u16::try_from(self.others.len()).expect("a segment of 16 KiB has room for far fewer links");
        bytes.extend_from_slice(&others.to_be_bytes());
        for other in self.others.drain(..) {
            bytes.extend_from_slice(other.as_bytes());
        }
        bytes.append(&mut self.body);
        let name = ContentAddress::of(&bytes);
        self.names.push(name);
        self.closed.push(ledger::Entry { path: segment_path(name), bytes });
    }
}

fn write_digest(digest: &ContentDigest, out: &mut Vec<u8>) {
    out.extend_from_slice(&digest.sha3_512);
    out.extend_from_slice(&digest.blake3);
}
