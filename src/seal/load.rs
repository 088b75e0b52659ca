//! Reads a manifest back from the ledger.
//!
//! Nothing that is read is believed: every directory's digests are computed again from its entries, up to the
//! roots that the manifest document states.

use super::Error;
use super::directory::Prefix;
use super::error::Damage;
use super::forest::SetId;
use super::manifest::{Document, Manifest};
use super::records::{Reach, Records, mismatch};
use super::shelf::{Location, manifest_directory};
use crate::base::{ContentAddress, canonical};
use crate::ledger::Ledger;
use crate::model::RepoPath;

impl Manifest {
    /// Loads the manifest whose document has the SHA-256 `manifest`, and computes every digest in it again.
    ///
    /// # Errors
    /// When the ledger lacks the document or a record, or holds something else in its place.
    pub fn load(ledger: &Ledger<'_>, manifest: ContentAddress) -> Result<Self, Error> {
        let document = read_document(ledger, manifest)?;
        let mut failure = Error::ManifestMissing { manifest };
        for location in locations(ledger, manifest)? {
            let records = Records::new(|path: &str| Ok(ledger.read(path)?));
            match location.and_then(|location| Self::load_records(&document, &location, records)) {
                Ok(loaded) => return Ok(loaded),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Loads what `document` stands for; `location` says where the record of its root is.
    pub(super) fn load_records(
        document: &Document,
        location: &Location,
        mut records: Records<'_>,
    ) -> Result<Self, Error> {
        let top = load(document, location, &mut records)?;
        Ok(Self { tree: document.tree, forest: records.forest, top })
    }
}

/// Opens what `document` stands for, but for what is proven already, and computes every digest again.
///
/// What does not add up is forgotten.
pub(super) fn load(
    document: &Document,
    location: &Location,
    records: &mut Records<'_>,
) -> Result<SetId, Error> {
    let loaded = open_whole(document, location, records);
    match loaded {
        Ok(_) => records.prove(),
        Err(_) => records.forget(),
    }
    loaded
}

fn open_whole(document: &Document, location: &Location, records: &mut Records<'_>) -> Result<SetId, Error> {
    let (place, root) = (records.place(location.records, location.offset), RepoPath::root());
    if records.is_empty() {
        records.expect_files(document.roots.files);
    }
    let top = records.open(place, Prefix::default(), Reach::Whole, &root)?;
    let hash = records.forest.directory(top);
    records.expect_digest(hash, document.roots.digest(), &root);
    records.forest.hashes.resolve();
    records.require()?;
    // The totals are part of the document, too.
    let tally = records.forest.set(top).tally;
    if (tally.files, tally.bytes) == (document.roots.files, document.roots.bytes) {
        Ok(top)
    } else {
        Err(mismatch(&root))
    }
}

/// Reads the document of a manifest.
pub(super) fn read_document(ledger: &Ledger<'_>, manifest: ContentAddress) -> Result<Document, Error> {
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

/// Returns the places where the records of a manifest begin, or why an entry says none.
///
/// There are several when clones sealed the same tree after different pasts. Each should be complete; one that is
/// not, or that somebody slipped in, must not hide the others.
pub(super) fn locations(
    ledger: &Ledger<'_>,
    manifest: ContentAddress,
) -> Result<Vec<Result<Location, Error>>, Error> {
    let paths = ledger.list(&manifest_directory(manifest))?;
    Ok(paths.iter().map(|path| read_location(ledger, path, manifest)).collect())
}

fn read_location(ledger: &Ledger<'_>, path: &str, manifest: ContentAddress) -> Result<Location, Error> {
    let bytes = ledger.read(path)?.ok_or(Error::ManifestMissing { manifest })?;
    let damaged = |source| Error::EntryDamaged { path: path.to_owned(), source };
    let location: Location = canonical::from_slice(&bytes).map_err(|error| damaged(error.into()))?;
    if location.manifest == manifest { Ok(location) } else { Err(damaged(Damage::Place)) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::entry::{Entry, EntryMode};
    use super::super::forest::Forest;
    use super::super::sample::{Flat, id, manifest_of, nested, wide};
    use super::super::shelf::segment_path;
    use super::*;
    use crate::hash::ContentDigest;

    /// What a ledger holds that has these manifests, each written whole.
    fn recorded(manifests: &[&Manifest]) -> BTreeMap<String, Vec<u8>> {
        let entries = manifests.iter().flat_map(|manifest| manifest.ledger_entries());
        entries.map(|entry| (entry.path, entry.bytes)).collect()
    }

    fn root_place(held: &BTreeMap<String, Vec<u8>>, manifest: &Manifest) -> Location {
        let directory = format!("{}/", manifest_directory(manifest.document().address()));
        let (_, bytes) = held.iter().find(|(path, _)| path.starts_with(&directory)).unwrap();
        canonical::from_slice(bytes).unwrap()
    }

    fn load(held: &BTreeMap<String, Vec<u8>>, manifest: &Manifest) -> Result<Manifest, Error> {
        let read = |path: &str| Ok(held.get(path).cloned());
        Manifest::load_records(&manifest.document(), &root_place(held, manifest), Records::new(read))
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
            let held = recorded(&[&manifest]);
            assert!(same(&load(&held, &manifest).unwrap(), &manifest));
        }
    }

    #[test]
    fn segments_are_small_enough_to_be_read_for_one_directory() {
        let held = recorded(&[&manifest_of(&forest(1500), id('a'))]);
        let segments: Vec<usize> =
            held.iter().filter(|(path, _)| path.starts_with("records/")).map(|(_, one)| one.len()).collect();
        assert!(segments.len() > 2 && segments.iter().all(|size| *size < 80_000), "{segments:?}");
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_detected() {
        let mut files = nested();
        files.extend((0..9).map(|number| (format!("many/{number}"), ("100644", vec![number]))));
        let manifest = manifest_of(&files, id('a'));
        let held = recorded(&[&manifest]);
        let home = root_place(&held, &manifest);
        let good = held[&segment_path(home.records)].clone();
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // With the name it would then have: the digests inside must notice, not the ledger's names.
            let name = ContentAddress::of(&bytes);
            let read = |path: &str| Ok((path == segment_path(name)).then(|| bytes.clone()));
            let moved = Location { records: name, ..home.clone() };
            assert!(
                Manifest::load_records(&manifest.document(), &moved, Records::new(read)).is_err(),
                "bit {bit}"
            );
            let read = |_: &str| Ok(Some(bytes.clone()));
            assert!(
                Manifest::load_records(&manifest.document(), &home, Records::new(read)).is_err(),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_missing_segment_names_the_directory() {
        let manifest = manifest_of(&forest(1500), id('a'));
        let mut held = recorded(&[&manifest]);
        let home = segment_path(root_place(&held, &manifest).records);
        held.retain(|path, _| !path.starts_with("records/") || *path == home);
        match load(&held, &manifest) {
            Err(Error::RecordMissing { directory, .. }) => assert!(!directory.is_root()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn false_totals_are_refused() {
        let manifest = manifest_of(&wide(), id('a'));
        let held = recorded(&[&manifest]);
        let place = root_place(&held, &manifest);
        let read = |path: &str| Ok(held.get(path).cloned());
        let mut document = manifest.document();
        assert!(Manifest::load_records(&document, &place, Records::new(read)).is_ok());
        document.roots.files += 1;
        assert!(matches!(
            Manifest::load_records(&document, &place, Records::new(read)),
            Err(Error::RootMismatch { .. })
        ));
    }

    #[test]
    fn another_shape_of_the_same_entries_is_refused() {
        let mut forest = Forest::default();
        let entries = |range: std::ops::Range<u8>, forest: &mut Forest| -> Vec<Entry> {
            let mode = EntryMode::parse(b"100644").unwrap();
            let mut one = |number: u8| {
                let content = forest.hashes.known(ContentDigest::of(&[number]));
                forest.leaf(mode, &[number], 1, content)
            };
            range.map(&mut one).collect()
        };
        let (low, high) = (entries(48..50, &mut forest), entries(50..53, &mut forest));
        // Cut in the middle, not by a bit of the names' keys.
        let sides = [low, high].map(|side| forest.list(side).unwrap());
        let top = forest.split(sides).unwrap();
        forest.directory(top);
        forest.hashes.resolve();
        let manifest = Manifest { tree: id('a'), forest, top };
        let held = recorded(&[&manifest]);
        assert!(matches!(load(&held, &manifest), Err(Error::RootMismatch { .. })));
    }
}
