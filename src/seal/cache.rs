//! Digests of contents that were computed before, by the names git gives them; files below `iao/cache/`.
//!
//! Only a cache: a file that is damaged in any part is not used for that part, and nothing is lost with it. What it
//! says is believed when a boundary is drawn, and never when one is verified.

use super::content::Blobs;
use crate::base::{RecordCache, Shape};
use crate::git::Repository;
use crate::hash::ContentDigest;
use crate::model::{ObjectFormat, ObjectId};

/// How a file begins.
const MAGIC: &[u8] = b"iao-digests/1\n";
/// Below the git directory.
const DIRECTORY: &str = "iao/cache";
/// How many contents are remembered at most; beyond, it starts anew.
const MAX_RECORDS: usize = 1 << 22;
/// Fewer contents that are also smaller than [`WORTH_BYTES`] are sooner digested again than remembered or looked for.
const WORTH_COUNT: usize = 64;
const WORTH_BYTES: u64 = 1 << 20;

/// The cache of one repository.
pub(super) struct DigestCache(RecordCache);

impl DigestCache {
    /// Opens the cache; files that cannot be read or do not begin as they must are passed over.
    pub(super) fn open(repository: &Repository) -> Self {
        let format = repository.object_format();
        let shape = Shape {
            magic: MAGIC.to_vec(),
            name: format!("digests-{}-", word(format)),
            key: format.width(),
            width: width(format),
            most: MAX_RECORDS,
        };
        Self(RecordCache::open(repository.common_dir().join(DIRECTORY), shape))
    }

    /// Returns what is known of these contents.
    pub(super) fn find(&mut self, ids: &[ObjectId]) -> Blobs {
        let mut names: Vec<&[u8]> = ids.iter().map(ObjectId::as_bytes).collect();
        names.sort_unstable();
        let mut found = Blobs::default();
        self.0.find(&names, |_, bytes| found.extend(record(bytes)));
        found
    }

    /// Remembers those of `blobs` that are `fresh`, where that is worth it. What cannot be written is not remembered.
    pub(super) fn keep(&mut self, fresh: &[ObjectId], blobs: &Blobs) {
        if is_worth(fresh.len(), fresh.iter().map(|id| blobs[id].0)) {
            let records = fresh.iter().flat_map(|id| encode(id, &blobs[id])).collect();
            // A cache that cannot be written costs time, and nothing else.
            self.0.keep(records).ok();
        }
    }
}

/// Says whether so many contents of these sizes are remembered. Sizes are asked for only until that is known.
pub(super) fn is_worth(count: usize, sizes: impl IntoIterator<Item = u64>) -> bool {
    let mut bytes = 0_u64;
    count >= WORTH_COUNT
        || sizes.into_iter().any(|size| {
            bytes = bytes.saturating_add(size);
            bytes >= WORTH_BYTES
        })
}

/// Name, size, both digests.
fn encode(id: &ObjectId, (size, digest): &(u64, ContentDigest)) -> Vec<u8> {
    [id.as_bytes(), &size.to_be_bytes(), &digest.sha3_512, &digest.blake3].concat()
}

fn word(format: ObjectFormat) -> &'static str {
    match format {
        ObjectFormat::Sha1 => "sha1",
        ObjectFormat::Sha256 => "sha256",
    }
}

/// How long a record is: name, size, both digests.
fn width(format: ObjectFormat) -> usize {
    format.width() + 8 + 64 + 32
}

fn record(bytes: &[u8]) -> Option<(ObjectId, (u64, ContentDigest))> {
    let (id, rest) = bytes.split_at_checked(bytes.len().checked_sub(8 + 64 + 32)?)?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (sha3_512, rest) = rest.split_first_chunk::<64>()?;
    let digest = ContentDigest { sha3_512: *sha3_512, blake3: rest.try_into().ok()? };
    Some((ObjectId::from_bytes(id)?, (u64::from_be_bytes(*size), digest)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::git::testing::Sandbox;

    /// Remembers all of `blobs`.
    fn keep(repository: &Repository, blobs: &Blobs) {
        let fresh: Vec<ObjectId> = blobs.keys().copied().collect();
        DigestCache::open(repository).keep(&fresh, blobs);
    }

    fn blobs(range: std::ops::Range<u32>) -> Blobs {
        let one = |number: u32| {
            let digest = ContentDigest::of(&number.to_be_bytes());
            (ObjectId::from_bytes(&digest.blake3[..20]).unwrap(), (u64::from(number), digest))
        };
        range.map(one).collect()
    }

    fn ids(blobs: &Blobs) -> Vec<ObjectId> {
        blobs.keys().copied().collect()
    }

    fn files(sandbox: &Sandbox) -> Vec<PathBuf> {
        let directory = sandbox.path().join(".git").join(DIRECTORY);
        fs::read_dir(directory).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_was_kept_is_found_and_nothing_else() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let (known, strange) = (blobs(0..3000), blobs(5000..5100));
        keep(&repository, &known);
        let mut cache = DigestCache::open(&repository);
        assert_eq!(cache.find(&ids(&known)), known);
        assert_eq!(cache.find(&ids(&strange)), Blobs::default());
        assert_eq!(cache.find(&[]), Blobs::default());
    }

    #[test]
    fn little_is_not_kept_and_much_becomes_few_files() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        keep(&repository, &blobs(0..10));
        assert!(files(&sandbox).is_empty());
        let all = blobs(0..4000);
        keep(&repository, &blobs(0..2000));
        for from in (2000..4000).step_by(100) {
            keep(&repository, &blobs(from..from + 100));
            assert!(files(&sandbox).len() <= 8);
        }
        assert_eq!(DigestCache::open(&repository).find(&ids(&all)), all);
    }

    #[test]
    fn damage_is_not_believed_wherever_it_is() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let known = blobs(0..600);
        keep(&repository, &known);
        let path = files(&sandbox).remove(0);
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(good.len() / 300) {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            let found = DigestCache::open(&repository).find(&ids(&known));
            assert!(found.len() < known.len(), "byte {at}");
            assert!(found.iter().all(|(id, digest)| known[id] == *digest), "byte {at}");
            fs::write(&path, &good[..at]).unwrap();
            let found = DigestCache::open(&repository).find(&ids(&known));
            assert!(found.iter().all(|(id, digest)| known[id] == *digest), "{at} bytes");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(DigestCache::open(&repository).find(&ids(&known)), Blobs::default());
    }

    #[test]
    fn what_cannot_be_written_is_no_error() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        fs::create_dir_all(sandbox.path().join(".git/iao")).unwrap();
        fs::write(sandbox.path().join(".git/iao/cache"), "in the way").unwrap();
        keep(&repository, &blobs(0..100));
        assert_eq!(DigestCache::open(&repository).find(&ids(&blobs(0..100))), Blobs::default());
    }
}
