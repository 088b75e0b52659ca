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

/// Reads the ledger entry at a path; `None` when there is none.
pub(super) type ReadEntry<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a;

impl Manifest {
    /// Loads the manifest whose document has the SHA-256 `manifest`, and computes every digest in it again.
    ///
    /// # Errors
    /// When the ledger lacks the document or a record, or holds something else in its place.
    pub fn load(ledger: &Ledger<'_>, manifest: ContentAddress) -> Result<Self, Error> {
        let document = read_document(ledger, manifest)?;
        let read = |path: &str| Ok(ledger.read(path)?);
        let mut failure = Error::ManifestMissing { manifest };
        // Several when clones sealed the same tree after different pasts. Each should be complete; one that is
        // not, or that somebody slipped in, must not hide the others.
        for path in ledger.list(&manifest_directory(manifest))? {
            let loaded = read_location(ledger, &path, manifest)
                .and_then(|records| Self::load_records(&document, records, &read));
            match loaded {
                Ok(loaded) => return Ok(loaded),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Loads what `document` stands for, from the segment `records` on.
    pub(super) fn load_records(
        document: &Document,
        records: ContentAddress,
        read: &ReadEntry<'_>,
    ) -> Result<Self, Error> {
        let mut loader = Loader { read, segments: HashMap::new(), homes: HashMap::new() };
        let directories = loader.directories(document.roots.digest(), records)?;
        let loaded = Self { tree: document.tree, directories, homes: loader.homes };
        // The number of files is part of the document alone.
        if loaded.document() == *document {
            Ok(loaded)
        } else {
            Err(Error::RootMismatch { directory: RepoPath::root() })
        }
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

fn read_location(ledger: &Ledger<'_>, path: &str, manifest: ContentAddress) -> Result<ContentAddress, Error> {
    let bytes = ledger.read(path)?.ok_or(Error::ManifestMissing { manifest })?;
    let damaged = |source| Error::EntryDamaged { path: path.to_owned(), source };
    let location: Location = canonical::from_slice(&bytes).map_err(|error| damaged(error.into()))?;
    if location.manifest == manifest { Ok(location.records) } else { Err(damaged(Damage::Place)) }
}

struct Loader<'a> {
    read: &'a ReadEntry<'a>,
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

impl Loader<'_> {
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
            let bytes = (self.read)(&path)?.ok_or_else(missing)?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::sample::{Flat, id, manifest_of, nested, wide};
    use super::*;

    /// What a ledger would hold after these manifests were recorded one after another.
    fn recorded(manifests: &[&Manifest]) -> (BTreeMap<String, Vec<u8>>, Vec<usize>) {
        let (mut held, mut sizes) = (BTreeMap::new(), Vec::new());
        let mut base: Option<Manifest> = None;
        for manifest in manifests {
            let entries = manifest.ledger_entries(base.as_ref());
            sizes.push(entries.iter().map(|entry| entry.bytes.len()).sum());
            held.extend(entries.into_iter().map(|entry| (entry.path, entry.bytes)));
            base = Some(load(&held, manifest).unwrap());
        }
        (held, sizes)
    }

    fn root_segment(held: &BTreeMap<String, Vec<u8>>, manifest: &Manifest) -> ContentAddress {
        let directory = format!("{}/", manifest_directory(manifest.document().address()));
        let (_, bytes) = held.iter().find(|(path, _)| path.starts_with(&directory)).unwrap();
        canonical::from_slice::<Location>(bytes).unwrap().records
    }

    fn load(held: &BTreeMap<String, Vec<u8>>, manifest: &Manifest) -> Result<Manifest, Error> {
        let read = |path: &str| Ok(held.get(path).cloned());
        Manifest::load_records(&manifest.document(), root_segment(held, manifest), &read)
    }

    fn same(one: &Manifest, other: &Manifest) -> bool {
        one.document() == other.document() && one.files().eq(other.files())
    }

    /// Directories of several widths, one of them far beyond a list.
    fn forest(width: usize) -> Flat {
        let mut files = nested();
        for number in 0..width {
            let path = format!("w/{}n{number:04}", if number % 3 == 0 { "x/" } else { "" });
            files.insert(path, ("100644", vec![b'x'; number % 7]));
        }
        files
    }

    #[test]
    fn what_was_recorded_loads_and_is_the_same() {
        for files in [nested(), wide(), forest(1500), Flat::new()] {
            let manifest = manifest_of(&files, id('a'));
            let (held, _) = recorded(&[&manifest]);
            assert!(same(&load(&held, &manifest).unwrap(), &manifest));
        }
    }

    #[test]
    fn a_small_change_in_a_wide_directory_writes_little() {
        let (first, mut files) = (manifest_of(&forest(1500), id('a')), forest(1500));
        files.get_mut("w/n0700").unwrap().1.push(b'!');
        files.remove("w/n0800");
        let second = manifest_of(&files, id('b'));
        let (held, sizes) = recorded(&[&first, &second, &first]);
        assert!(same(&load(&held, &second).unwrap(), &second));
        assert!(sizes[0] > 150_000, "{sizes:?}");
        assert!(sizes[1] < 16_000, "{sizes:?}");
    }

    #[test]
    fn segments_are_small_enough_to_be_read_for_one_directory() {
        let (held, _) = recorded(&[&manifest_of(&forest(1500), id('a'))]);
        let segments: Vec<usize> =
            held.iter().filter(|(path, _)| path.starts_with("records/")).map(|(_, one)| one.len()).collect();
        assert!(segments.len() > 2 && segments.iter().all(|size| *size < 80_000), "{segments:?}");
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_detected() {
        let manifest = manifest_of(&nested(), id('a'));
        let (held, _) = recorded(&[&manifest]);
        let home = root_segment(&held, &manifest);
        let good = held[&segment_path(home)].clone();
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // With the name it would then have: the digests inside must notice, not the ledger's names.
            let name = ContentAddress::of(&bytes);
            let read = |path: &str| Ok((path == segment_path(name)).then(|| bytes.clone()));
            assert!(Manifest::load_records(&manifest.document(), name, &read).is_err(), "bit {bit}");
            let read = |_: &str| Ok(Some(bytes.clone()));
            assert!(Manifest::load_records(&manifest.document(), home, &read).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_missing_segment_names_the_directory() {
        let manifest = manifest_of(&forest(1500), id('a'));
        let (mut held, _) = recorded(&[&manifest]);
        let home = segment_path(root_segment(&held, &manifest));
        held.retain(|path, _| !path.starts_with("records/") || *path == home);
        match load(&held, &manifest) {
            Err(Error::RecordMissing { directory, .. }) => assert!(!directory.is_root()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn records_that_contain_themselves_are_refused() {
        let manifest = manifest_of(&nested(), id('a'));
        let root = manifest.root().digest;
        let mut body = b"040000 22 bin\0".to_vec();
        body.extend_from_slice(&root.sha3_512);
        body.extend_from_slice(&root.blake3);
        body.extend_from_slice(&[0, 0]);
        let mut bytes = b"iao-records/1\n\0\0L".to_vec();
        bytes.extend_from_slice(&root.blake3);
        bytes.extend_from_slice(&u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.append(&mut body);
        let name = ContentAddress::of(&bytes);
        let loaded = Manifest::load_records(&manifest.document(), name, &|_| Ok(Some(bytes.clone())));
        assert!(matches!(loaded, Err(Error::RootMismatch { .. })), "{loaded:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn any_past_leads_to_the_same_manifest(drops in proptest::collection::vec(proptest::collection::vec(any::<prop::sample::Index>(), 0..60), 1..4)) {
            let mut manifests = vec![manifest_of(&forest(150), id('a'))];
            for drop in &drops {
                let mut files = forest(150);
                for index in drop {
                    let path = files.keys().nth(index.index(files.len())).unwrap().clone();
                    files.remove(&path);
                }
                manifests.push(manifest_of(&files, id('b')));
            }
            let (held, _) = recorded(&manifests.iter().collect::<Vec<_>>());
            for manifest in &manifests {
                prop_assert!(same(&load(&held, manifest).unwrap(), manifest));
            }
        }
    }
}
