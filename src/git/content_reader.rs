//! Reads many contents of one snapshot, for one thread: sooner than one by one where they lie in packs.

use std::collections::HashMap;

use super::{BlobReader, Entry, Error, Names, Packs, Snapshot};
use crate::model::FileMode;

/// What each thread spends on bases of deltas, in bytes.
const CACHE: usize = 16 << 20;

/// Reads contents of a snapshot; each thread has its own.
pub struct ContentReader<'a> {
    snapshot: &'a Snapshot,
    blobs: Option<BlobReader<'a>>,
}

impl Snapshot {
    /// Lists the packs that contents may lie in; `None` where they are no objects.
    #[must_use]
    pub fn packs(&self) -> Option<Packs> {
        self.repository().map(super::Repository::packs)
    }

    /// Makes a reader of many contents, most of them from `packs`; without packs they are read one by one.
    #[must_use]
    pub fn reader(&self, packs: Option<&Packs>) -> ContentReader<'_> {
        let blobs = self.repository().zip(packs);
        let blobs =
            blobs.map(|(repository, packs)| repository.blob_reader(Names::Trusted, Some((packs, CACHE))));
        ContentReader { snapshot: self, blobs }
    }

    /// Sorts what has entries by where their contents lie; nothing moves where they are no objects.
    pub fn sort_as_stored<T>(&self, items: &mut [T], packs: Option<&Packs>, entry: impl Fn(&T) -> &Entry) {
        let Some(repository) = self.repository() else { return };
        let ids = items.iter().map(|item| entry(item).id).collect();
        let order = repository.reading_order(ids, u64::MAX, packs);
        let ids = order.large.into_iter().map(|(id, _)| id).chain(order.rest);
        let places: HashMap<_, usize> = ids.zip(0..).collect();
        items.sort_by_key(|item| places.get(&entry(item).id).copied());
    }
}

impl ContentReader<'_> {
    /// Fills `buffer` with the content of a file, the target of a link as text, nothing for a submodule.
    ///
    /// # Errors
    /// As for [`Snapshot::read`].
    pub fn read(&mut self, entry: &Entry, buffer: &mut Vec<u8>) -> Result<(), Error> {
        match &mut self.blobs {
            Some(blobs) if entry.mode != FileMode::Gitlink => blobs.read(entry.id, buffer),
            _ => {
                *buffer = self.snapshot.read(entry)?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn packed_and_loose_contents_are_read_as_one_by_one() {
        let mut sandbox = Sandbox::new();
        for n in 0..40 {
            sandbox = sandbox.file(&format!("f{n}"), format!("{}{n}", "same line\n".repeat(40)));
        }
        let sandbox = sandbox.commit("packed");
        sandbox.git(&["gc", "--quiet"]);
        let sandbox = sandbox.file("loose", "loose").commit("loose");
        let repository = sandbox.open();
        let head = sandbox.git(&["rev-parse", "HEAD"]).parse().unwrap();
        let snapshot = repository.snapshot_commit(head).unwrap();
        let packs = snapshot.packs();
        let mut entries: Vec<&Entry> = snapshot.entries().iter().collect();
        snapshot.sort_as_stored(&mut entries, packs.as_ref(), |entry| entry);
        assert_eq!(entries.last().unwrap().path, "loose".into());
        let (mut reader, mut buffer) = (snapshot.reader(packs.as_ref()), Vec::new());
        for entry in &entries {
            reader.read(entry, &mut buffer).unwrap();
            assert_eq!(buffer, snapshot.read(entry).unwrap());
        }
        assert_eq!(entries.len(), 41);
    }
}
