//! Writes records into segments, leaving out those that the ledger has already.
//!
//! Children are written before parents, so that links lead backward. A link repeats the digest of what it points to
//! only where much would have to be hashed to know it.

use serde::{Deserialize, Serialize};

use super::directory::{Forest, Place, Set, Shape};
use super::entry::Entry;
use super::manifest::{Document, Manifest};
use super::merkle::Tally;
use super::segment::{HERE, LIST, MAGIC, NEAR, SPLIT, write_number};
use crate::base::{ContentAddress, canonical};
use crate::hash::ContentDigest;
use crate::ledger::{self, fan_out};

/// A segment is closed once its records are this long: a reader of one directory reads little else.
const SEGMENT_SIZE: usize = 64 * 1024;

/// How many hashes a reader may have to compute to know the digest behind a link.
const NEAR_LIMIT: usize = 48;

/// The `schema` of the document that says where a manifest's records begin.
const LOCATION_SCHEMA: &str = "iao/manifest-location/v1";

/// Says where the record of a manifest's root directory lies.
///
/// Kept apart from the manifest document, which must not depend on what was sealed before.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Location {
    schema: String,
    pub(super) manifest: ContentAddress,
    offset: u64,
    records: ContentAddress,
}

impl Location {
    /// Returns where the root's record lies.
    pub(super) fn place(&self) -> Place {
        Place { segment: self.records, offset: self.offset }
    }
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
        let top = self.forest.directories.len() - 1;
        let place = shelf.put_all(top);
        shelf.finish(&self.document(), place)
    }
}

/// Where a record was put.
#[derive(Debug, Clone, Copy)]
enum Spot {
    /// In one of our segments: which, and how far from its first record.
    Ours { segment: usize, offset: usize },
    /// Where an earlier seal put it.
    Theirs(Place),
}

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
    /// Where each directory of the forest went.
    directories: Vec<Option<Written>>,
    closed: Vec<ledger::Entry>,
    names: Vec<ContentAddress>,
    others: Vec<ContentAddress>,
    body: Vec<u8>,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(forest: &'a Forest) -> Self {
        let directories = vec![None; forest.directories.len()];
        Self {
            forest,
            directories,
            closed: Vec::new(),
            names: Vec::new(),
            others: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Writes the directory `top` and what lies below it, where that is not stored yet; says where it is.
    pub(super) fn put_all(&mut self, top: usize) -> Place {
        let mut wanted = vec![false; top + 1];
        wanted[top] = true;
        // Children stand before their parents.
        for index in (0..=top).rev().filter(|index| self.forest.directories[*index].set.place.is_none()) {
            if wanted[index] {
                let entries = self.forest.directories[index].set.new_entries();
                entries.iter().filter_map(|entry| entry.child).for_each(|child| wanted[child] = true);
            }
        }
        for index in (0..=top).filter(|index| wanted[*index]) {
            self.directories[index] = Some(self.put(&self.forest.directories[index].set));
        }
        let top = self.directories[top].expect("it was wanted");
        if !self.body.is_empty() {
            self.close();
        }
        match top.spot {
            Spot::Theirs(place) => place,
            Spot::Ours { segment, offset } => Place { segment: self.names[segment], offset: offset as u64 },
        }
    }

    /// Returns the segments, with the documents that lead to them.
    pub(super) fn finish(self, document: &Document, place: Place) -> Vec<ledger::Entry> {
        let mut entries = self.closed;
        let manifest = document.address();
        let location = Location {
            schema: LOCATION_SCHEMA.to_owned(),
            manifest,
            offset: place.offset,
            records: place.segment,
        };
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
    fn put(&mut self, set: &Set) -> Written {
        if let Some(place) = set.place {
            return Written { spot: Spot::Theirs(place), weight: usize::MAX };
        }
        let parts: Vec<(&Set, Written)> = match &set.shape {
            Shape::Split(sides) => sides.iter().map(|side| (side, self.put(side))).collect(),
            _ => Vec::new(),
        };
        if self.body.len() >= SEGMENT_SIZE {
            self.close();
        }
        let (offset, mut record) = (self.body.len(), Vec::new());
        let weight = match &set.shape {
            Shape::List(entries) => {
                record.push(LIST);
                write_number(entries.len() as u64, &mut record);
                entries.iter().map(|entry| 2 + self.write_entry(entry, offset, &mut record)).sum()
            }
            _ => {
                record.push(SPLIT);
                let links = parts.iter().map(|(part, written)| {
                    let digest = *self.forest.hashes.get(part.hash);
                    (*written, part.tally, digest)
                });
                let links: Vec<_> = links.collect();
                1 + links.into_iter().map(|link| self.write_link(link, offset, &mut record)).sum::<usize>()
            }
        };
        self.body.append(&mut record);
        Written { spot: Spot::Ours { segment: self.names.len(), offset }, weight }
    }

    fn write_entry(&mut self, entry: &Entry, offset: usize, out: &mut Vec<u8>) -> usize {
        out.extend_from_slice(&entry.mode.bits().to_be_bytes());
        write_number(entry.name.len() as u64, out);
        out.extend_from_slice(&entry.name);
        let Some(child) = entry.child else {
            write_number(entry.size, out);
            write_digest(self.forest.hashes.get(entry.content), out);
            return 0;
        };
        let set = &self.forest.directories[child].set;
        let written = self.directories[child].expect("children are written before parents");
        1 + self.write_link((written, set.tally, *self.forest.hashes.get(set.hash)), offset, out)
    }

    /// Links to a record from the one that begins at `offset`; returns how much hashing the link leaves to do.
    fn write_link(
        &mut self,
        (written, tally, digest): (Written, Tally, ContentDigest),
        offset: usize,
        out: &mut Vec<u8>,
    ) -> usize {
        let place = match written.spot {
            Spot::Ours { segment, offset: at } if segment == self.names.len() => {
                let near = written.weight <= NEAR_LIMIT;
                write_number(if near { NEAR } else { HERE }, out);
                write_number((offset - at) as u64, out);
                if near {
                    return written.weight;
                }
                None
            }
            Spot::Ours { segment, offset } => {
                Some(Place { segment: self.names[segment], offset: offset as u64 })
            }
            Spot::Theirs(place) => Some(place),
        };
        if let Some(place) = place {
            let known = self.others.iter().position(|other| *other == place.segment);
            let number = known.unwrap_or_else(|| {
                self.others.push(place.segment);
                self.others.len() - 1
            });
            write_number(HERE + 1 + number as u64, out);
            write_number(place.offset, out);
        }
        for number in [tally.entries, tally.files, tally.bytes] {
            write_number(number, out);
        }
        write_digest(&digest, out);
        0
    }

    fn close(&mut self) {
        let mut bytes = MAGIC.to_vec();
        let others =
            u16::try_from(self.others.len()).expect("a segment of 64 KiB has room for far fewer links");
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
