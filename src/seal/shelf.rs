//! Writes a manifest's records into segments, leaving out those that the ledger has already.
//!
//! Children are written before parents, so that a parent can say in which segment each child lies.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::directory::Directory;
use super::manifest::{Key, Manifest};
use super::merkle::{Set, Shape};
use super::segment::{LIST, MAGIC, SPLIT};
use crate::base::{ContentAddress, canonical};
use crate::hash::ContentDigest;
use crate::ledger::Entry;

/// A segment is closed once its records are this long: a reader of one directory reads little else.
const SEGMENT_SIZE: usize = 64 * 1024;

/// The `schema` of the document that says where a manifest's records begin.
const LOCATION_SCHEMA: &str = "iao/manifest-location/v1";

/// Says in which segment the record of a manifest's root directory lies.
///
/// Kept apart from the manifest document, which must not depend on what was sealed before.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Location {
    schema: String,
    pub(super) manifest: ContentAddress,
    pub(super) records: ContentAddress,
}

/// Path of a segment in the ledger.
pub(super) fn segment_path(segment: ContentAddress) -> String {
    let hex = segment.to_string();
    format!("records/{}/{hex}", &hex[..2])
}

/// Directory of what belongs to one manifest document in the ledger.
pub(super) fn manifest_directory(manifest: ContentAddress) -> String {
    let hex = manifest.to_string();
    format!("manifests/{}/{hex}", &hex[..2])
}

impl Manifest {
    /// Returns what the ledger must hold so that this manifest can be loaded: document, location, segments.
    ///
    /// `base` is a manifest that was loaded from the ledger; what it shares with this one is not written again.
    #[must_use]
    pub fn ledger_entries(&self, base: Option<&Self>) -> Vec<Entry> {
        let mut shelf = Shelf::new(base.map(|base| base.homes.clone()).unwrap_or_default());
        for directory in &self.directories {
            shelf.put(directory, &directory.set, directory.digest.blake3);
        }
        let (homes, mut entries) = shelf.finish();
        let document = self.document();
        let manifest = document.address();
        let location = Location {
            schema: LOCATION_SCHEMA.to_owned(),
            manifest,
            records: homes[&self.root().digest.blake3],
        };
        let location = canonical::to_vec(&location).expect("three strings have a canonical form");
        let directory = manifest_directory(manifest);
        entries.push(Entry { path: format!("{directory}.json"), bytes: document.to_canonical() });
        let name = ContentAddress::of(&location);
        entries.push(Entry { path: format!("{directory}/{name}.json"), bytes: location });
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries
    }
}

/// Where records go.
struct Shelf {
    /// Records in closed segments, ours or the base's.
    homes: HashMap<Key, ContentAddress>,
    closed: Vec<Entry>,
    /// Keys of the records in the open segment.
    open: HashSet<Key>,
    others: Vec<ContentAddress>,
    body: Vec<u8>,
}

impl Shelf {
    fn new(homes: HashMap<Key, ContentAddress>) -> Self {
        Self { homes, closed: Vec::new(), open: HashSet::new(), others: Vec::new(), body: Vec::new() }
    }

    /// Writes the record of `set` under `key`, its parts first, unless it is there.
    fn put(&mut self, directory: &Directory, set: &Set, key: Key) {
        if self.homes.contains_key(&key) || self.open.contains(&key) {
            return;
        }
        let (kind, body) = match &set.shape {
            Shape::List(indices) => (LIST, self.list(directory, indices)),
            Shape::Split(parts) => {
                for part in parts.iter() {
                    self.put(directory, part, part.digest.blake3);
                }
                (SPLIT, self.split(parts))
            }
        };
        self.body.push(kind);
        self.body.extend_from_slice(&key);
        let length = u32::try_from(body.len()).expect("32 entries with names below 64 KiB");
        self.body.extend_from_slice(&length.to_be_bytes());
        self.body.extend_from_slice(&body);
        self.open.insert(key);
        if self.body.len() >= SEGMENT_SIZE {
            self.close();
        }
    }

    fn list(&mut self, directory: &Directory, indices: &[u32]) -> Vec<u8> {
        let mut body = Vec::new();
        for entry in indices.iter().map(|index| &directory.entries[*index as usize]) {
            entry.write_head(&mut body);
            write_digest(&entry.digest, &mut body);
            if entry.mode.is_directory() {
                body.extend_from_slice(&self.place(entry.digest.blake3).to_be_bytes());
            }
        }
        body
    }

    fn split(&mut self, parts: &[Set; 2]) -> Vec<u8> {
        let mut body = Vec::new();
        for part in parts {
            body.extend_from_slice(&part.count.to_be_bytes());
            body.extend_from_slice(&part.bytes.to_be_bytes());
            write_digest(&part.digest, &mut body);
            body.extend_from_slice(&self.place(part.digest.blake3).to_be_bytes());
        }
        body
    }

    /// 0 for the open segment, n for the n-th of its header.
    fn place(&mut self, key: Key) -> u16 {
        if self.open.contains(&key) {
            return 0;
        }
        let home = self.homes[&key];
        let index = self.others.iter().position(|other| *other == home).unwrap_or_else(|| {
            self.others.push(home);
            self.others.len() - 1
        });
        u16::try_from(index + 1).expect("a segment of 64 KiB has room for far fewer references")
    }

    fn close(&mut self) {
        let mut bytes = MAGIC.to_vec();
        let others = u16::try_from(self.others.len()).expect("each was counted in two bytes");
        bytes.extend_from_slice(&others.to_be_bytes());
        for other in self.others.drain(..) {
            bytes.extend_from_slice(other.as_bytes());
        }
        bytes.append(&mut self.body);
        let home = ContentAddress::of(&bytes);
        self.homes.extend(self.open.drain().map(|key| (key, home)));
        self.closed.push(Entry { path: segment_path(home), bytes });
    }

    fn finish(mut self) -> (HashMap<Key, ContentAddress>, Vec<Entry>) {
        if !self.open.is_empty() {
            self.close();
        }
        (self.homes, self.closed)
    }
}

fn write_digest(digest: &ContentDigest, out: &mut Vec<u8>) {
    out.extend_from_slice(&digest.sha3_512);
    out.extend_from_slice(&digest.blake3);
}
