//! Reads a manifest back from the ledger.
//!
//! Nothing that is read is believed: every directory's digests are computed again from its entries, up to the
//! roots that the manifest document states.

use std::collections::{HashMap, HashSet};

use super::Error;
use super::directory::Directory;
use super::entry::Entry;
use super::error::Damage;
use super::manifest::{Document, Key, Manifest};
use super::segment::{Record, Segment, StoredEntry};
use super::shelf::{Location, manifest_directory, segment_path};
use crate::base::{ContentAddress, canonical};
use crate::hash::ContentDigest;
use crate::ledger::Ledger;
use crate::model::RepoPath;

impl Manifest {
    /// Loads the manifest whose document has the SHA-256 `manifest`, and computes every digest in it again.
    ///
    /// # Errors
    /// When the ledger lacks the document or a record, or holds something else in its place.
    pub fn load(ledger: &Ledger<'_>, manifest: ContentAddress) -> Result<Self, Error> {
        let document = read_document(ledger, manifest)?;
        let records = read_location(ledger, manifest)?;
        let mut loader = Loader { ledger, segments: HashMap::new(), homes: HashMap::new() };
        let directories = loader.directories(document.roots.digest(), records)?;
        let loaded = Self { tree: document.tree, directories, homes: loader.homes };
        // Files and bytes are part of the document, and not of the root digests alone.
        if loaded.document() != document {
            return Err(Error::RootMismatch { directory: RepoPath::root() });
        }
        Ok(loaded)
    }
}

fn read_document(ledger: &Ledger<'_>, manifest: ContentAddress) -> Result<Document, Error> {
    let path = format!("{}.json", manifest_directory(manifest));
    let bytes = ledger.read(&path)?.ok_or(Error::ManifestMissing { manifest })?;
    let damaged = |source| Error::EntryDamaged { path: path.clone(), source };
    if ContentAddress::of(&bytes) != manifest {
        return Err(damaged(Damage::Name));
    }
    let document: Document = canonical::from_slice(&bytes).map_err(|error| damaged(error.into()))?;
    // A text that reads as the same document and is not its writing (another schema name, say) ends here.
    if Document::new(document.tree, document.roots).to_canonical() == bytes {
        Ok(document)
    } else {
        Err(damaged(Damage::Name))
    }
}

fn read_location(ledger: &Ledger<'_>, manifest: ContentAddress) -> Result<ContentAddress, Error> {
    // Several when clones sealed the same tree after different pasts; each is complete, the first is as good.
    let listed = ledger.list(&manifest_directory(manifest))?;
    let path = listed.first().ok_or(Error::ManifestMissing { manifest })?;
    let bytes = ledger.read(path)?.ok_or(Error::ManifestMissing { manifest })?;
    let damaged = |source| Error::EntryDamaged { path: path.clone(), source };
    let location: Location = canonical::from_slice(&bytes).map_err(|error| damaged(error.into()))?;
    if location.manifest == manifest { Ok(location.records) } else { Err(damaged(Damage::Place)) }
}

struct Loader<'a, 'l> {
    ledger: &'a Ledger<'l>,
    segments: HashMap<ContentAddress, Segment>,
    homes: HashMap<Key, ContentAddress>,
}

/// A directory whose children are being loaded.
struct Open {
    path: RepoPath,
    digest: ContentDigest,
    entries: Vec<(StoredEntry, ContentAddress)>,
    children: Vec<Option<usize>>,
}

impl Loader<'_, '_> {
    /// Loads the root and all below it; children stand before parents.
    fn directories(&mut self, root: ContentDigest, home: ContentAddress) -> Result<Vec<Directory>, Error> {
        let mut directories: Vec<Directory> = Vec::new();
        let mut done: HashMap<ContentDigest, usize> = HashMap::new();
        let mut active = HashSet::from([root]);
        let mut stack = vec![self.open(RepoPath::root(), root, home)?];
        while let Some(top) = stack.last_mut() {
            let Some((entry, home)) = top.entries.get(top.children.len()) else {
                let finished = stack.pop().expect("the loop looked at it");
                active.remove(&finished.digest);
                done.insert(finished.digest, directories.len());
                directories.push(close(finished, &directories)?);
                continue;
            };
            if !entry.mode.is_directory() {
                top.children.push(None);
            } else if let Some(index) = done.get(&entry.digest) {
                top.children.push(Some(*index));
            } else {
                let path = top.path.join(&entry.name);
                if !active.insert(entry.digest) {
                    return Err(Error::RootMismatch { directory: path });
                }
                let (digest, home) = (entry.digest, *home);
                stack.push(self.open(path, digest, home)?);
            }
        }
        Ok(directories)
    }

    /// Gathers the entries of one directory from its records, each with the segment that its home is.
    fn open(&mut self, path: RepoPath, digest: ContentDigest, home: ContentAddress) -> Result<Open, Error> {
        let mut entries = Vec::new();
        let mut seen = HashSet::new();
        let mut wanted = vec![(digest.blake3, home)];
        while let Some((key, home)) = wanted.pop() {
            match self.record(&path, key, home)? {
                // A set of no entries may stand for several empty parts; any other part stands once.
                Record::List(list) if list.is_empty() => {}
                _ if !seen.insert(key) => return Err(Error::RootMismatch { directory: path }),
                Record::List(list) => entries.extend(list.into_iter().map(|entry| {
                    let below = entry.home.unwrap_or(home);
                    (entry, below)
                })),
                Record::Split(parts) => {
                    wanted.extend(parts.iter().map(|part| (part.digest.blake3, part.home.unwrap_or(home))));
                }
            }
        }
        // As `Directory` sorts them, so that children keep their places.
        entries.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        Ok(Open { path, digest, entries, children: Vec::new() })
    }

    fn record(&mut self, directory: &RepoPath, key: Key, segment: ContentAddress) -> Result<Record, Error> {
        let missing = || Error::RecordMissing { directory: directory.clone(), segment };
        if !self.segments.contains_key(&segment) {
            let path = segment_path(segment);
            let bytes = self.ledger.read(&path)?.ok_or_else(missing)?;
            let damaged = |source| Error::EntryDamaged { path: path.clone(), source };
            if ContentAddress::of(&bytes) != segment {
                return Err(damaged(Damage::Name));
            }
            let parsed = Segment::parse(&bytes).map_err(|error| damaged(error.into()))?;
            self.segments.insert(segment, parsed);
        }
        let record = self.segments[&segment].get(&key).ok_or_else(missing)?;
        self.homes.insert(key, segment);
        Ok(record.clone())
    }
}

/// Makes the directory, and holds it against the digest it was looked up by.
fn close(open: Open, directories: &[Directory]) -> Result<Directory, Error> {
    let mismatch = || Error::RootMismatch { directory: open.path.clone() };
    let mut entries = Vec::with_capacity(open.entries.len());
    for ((stored, _), child) in open.entries.into_iter().zip(open.children) {
        let below = child.map(|index| &directories[index]);
        if below.is_some_and(|directory| directory.set.bytes != stored.size) {
            return Err(mismatch());
        }
        entries.push(Entry {
            name: stored.name,
            mode: stored.mode,
            size: stored.size,
            digest: stored.digest,
            files: below.map_or(1, |directory| directory.files),
            child,
        });
    }
    let directory = Directory::new(entries).map_err(|_| mismatch())?;
    if directory.digest == open.digest { Ok(directory) } else { Err(mismatch()) }
}
