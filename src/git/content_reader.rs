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

    /// Makes a reader of many contents; with packs that most of them lie in.
    #[must_use]
    pub fn reader(&self, packs: Option<&Packs>) -> ContentReader<'_> {
        let packs = packs.map(|packs| (packs, CACHE));
        let blobs = self.repository().map(|repository| repository.blob_reader(Names::Trusted, packs));
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
    /// Fills `buffer` with the content of a file, the target of a link as text, nothing for a submodule; says whether it has at
    /// most `limit` bytes. What has more is not read as a rule, and then the buffer may hold anything.
    ///
    /// # Errors
    /// As for [`Snapshot::read`].
    pub fn read_within(&mut self, entry: &Entry, limit: u64, buffer: &mut Vec<u8>) -> Result<bool, Error> {
        match &mut self.blobs {
            Some(blobs) if entry.mode != FileMode::Gitlink => {
                Ok(blobs.read_within(entry.id, limit, buffer)?.is_none())
            }
            _ if self.snapshot.size(entry)? > limit => Ok(false),
            _ => {
                *buffer = self.snapshot.read(entry)?;
                Ok(true)
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
            assert!(reader.read_within(entry, 1 << 20, &mut buffer).unwrap());
            assert_eq!(buffer, snapshot.read(entry).unwrap());
        }
        assert_eq!(entries.len(), 41);
        assert!(entries.iter().all(|entry| !reader.read_within(entry, 1, &mut buffer).unwrap()));
    }
}
