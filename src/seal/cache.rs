//! Digests of contents that were computed before, by the names git gives them; files below `iao/cache/`.
//!
//! Only a cache: a file that is damaged in any part is not used for that part, and nothing is lost with it. What it
//! says is believed when a boundary is drawn, and never when one is verified.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::content::Blobs;
use crate::base::ContentAddress;
use crate::git::Repository;
use crate::hash::{ContentDigest, hex};
use crate::model::{ObjectFormat, ObjectId};

/// How a file begins.
const MAGIC: &[u8] = b"iao-digests/1\n";
/// Below the git directory.
const DIRECTORY: &str = "iao/cache";
/// How many files there may be before some become one.
const MAX_FILES: usize = 8;
/// How many contents are remembered at most; beyond, it starts anew.
const MAX_RECORDS: usize = 1 << 22;
/// About how many records a bucket holds: what is read to find one of them.
const BUCKET: usize = 256;
/// Fewer contents that are also smaller than [`WORTH_BYTES`] are sooner digested again than remembered or looked for.
const WORTH_COUNT: usize = 64;
const WORTH_BYTES: u64 = 1 << 20;

/// The cache of one repository.
pub(super) struct DigestCache {
    directory: PathBuf,
    format: ObjectFormat,
    files: Vec<Stored>,
}

/// One file: records sorted by name, in buckets by the first bits of the names.
struct Stored {
    path: PathBuf,
    file: File,
    format: ObjectFormat,
    bits: u8,
    /// For each bucket: how many records end with it, and the checksum of its bytes.
    buckets: Vec<(u64, [u8; 32])>,
    /// Where the records begin.
    start: u64,
}

impl DigestCache {
    /// Opens the cache; files that cannot be read or do not begin as they must are passed over.
    pub(super) fn open(repository: &Repository) -> Self {
        let (directory, format) = (repository.common_dir().join(DIRECTORY), repository.object_format());
        let mut paths: Vec<PathBuf> = fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.file_name().is_some_and(|name| is_name(&name.to_string_lossy(), format)))
            .collect();
        paths.sort();
        let files = paths.into_iter().filter_map(|path| Stored::open(path, format).ok().flatten()).collect();
        Self { directory, format, files }
    }

    /// Returns what is known of these contents.
    pub(super) fn find(&mut self, ids: &[ObjectId]) -> Blobs {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        let mut found = Blobs::default();
        for stored in &mut self.files {
            let bits = stored.bits;
            for run in ids.chunk_by(|one, other| bucket_of(one, bits) == bucket_of(other, bits)) {
                let records = stored.read(bucket_of(&run[0], bits)).unwrap_or_default();
                found.extend(run.iter().filter_map(|id| Some((*id, find(&records, id)?))));
            }
        }
        found
    }

    /// Remembers those of `blobs` that are `fresh`, where that is worth it. What cannot be written is not remembered.
    pub(super) fn keep(&mut self, fresh: &[ObjectId], blobs: &Blobs) {
        if is_worth(fresh.len(), fresh.iter().map(|id| blobs[id].0)) {
            // A cache that cannot be written costs time, and nothing else.
            self.add(fresh, blobs).ok();
        }
    }

    fn add(&mut self, fresh: &[ObjectId], blobs: &Blobs) -> io::Result<()> {
        let merged = self.order_for_merge(fresh.len());
        let mut kept = Blobs::default();
        for stored in &mut self.files[..merged] {
            for bucket in 0..stored.buckets.len() {
                let bytes = stored.read(bucket).unwrap_or_default();
                kept.extend(
                    bytes.chunks_exact(width(self.format)).filter_map(|one| record(one, self.format)),
                );
            }
        }
        if fresh.len() + kept.len() > MAX_RECORDS {
            kept.clear();
        }
        let mut names: Vec<ObjectId> = fresh.iter().chain(kept.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        let (head, records) = encode(&names, |id| blobs.get(id).unwrap_or_else(|| &kept[id]), self.format);
        fs::create_dir_all(&self.directory)?;
        // The head says what every record is, by the checksums of its buckets.
        let name = format!("digests-{}-{}", word(self.format), hex::encode(&checksum(&head)[..8]));
        let path = self.directory.join(name);
        write(&self.directory, &path, [&head, &records])?;
        for stored in self.files.drain(..merged) {
            if stored.path != path {
                fs::remove_file(&stored.path)?;
            }
        }
        Ok(())
    }

    /// Puts the files that a new one of so many records should take in first, and returns how many they are.
    ///
    /// Small ones before large ones, so that many small additions do not write the large one again each time.
    fn order_for_merge(&mut self, added: usize) -> usize {
        self.files.sort_by_key(Stored::count);
        if self.files.len() < MAX_FILES {
            return 0;
        }
        let mut sum = added as u64;
        let mut merged = 0;
        for stored in &self.files {
            if merged > 1 && stored.count() > sum * 2 {
                break;
            }
            sum += stored.count();
            merged += 1;
        }
        merged
    }
}

impl Stored {
    fn open(path: PathBuf, format: ObjectFormat) -> io::Result<Option<Self>> {
        let mut file = File::open(&path)?;
        let mut head = [0; MAGIC.len() + 2];
        file.read_exact(&mut head)?;
        let (bits, length) = (head[MAGIC.len() + 1], head[MAGIC.len()]);
        if !head.starts_with(MAGIC) || usize::from(length) != format.width() || bits > 16 {
            return Ok(None);
        }
        let mut table = vec![0; (1 << bits) * 40 + 32];
        file.read_exact(&mut table)?;
        let (table, sum) = table.split_at(table.len() - 32);
        if checksum(&[&head, table].concat()) != *sum {
            return Ok(None);
        }
        let bucket = |entry: &[u8]| {
            let (end, sum) = entry.split_first_chunk::<8>()?;
            Some((u64::from_be_bytes(*end), *sum.first_chunk::<32>()?))
        };
        let buckets = table.chunks_exact(40).filter_map(bucket).collect();
        let start = (head.len() + table.len() + 32) as u64;
        Ok(Some(Self { path, file, format, bits, buckets, start }))
    }

    fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |(end, _)| *end)
    }

    /// Reads the records of one bucket; `None` when they are not what was written.
    fn read(&mut self, bucket: usize) -> Option<Vec<u8>> {
        let (end, sum) = self.buckets.get(bucket)?;
        let from = bucket.checked_sub(1).map_or(0, |before| self.buckets[before].0);
        let wide = width(self.format) as u64;
        let length = usize::try_from(end.checked_sub(from)?.checked_mul(wide)?).ok()?;
        self.file.seek(SeekFrom::Start(self.start + from * wide)).ok()?;
        let mut bytes = Vec::new();
        (&mut self.file).take(length as u64).read_to_end(&mut bytes).ok()?;
        (bytes.len() == length && checksum(&bytes) == *sum).then_some(bytes)
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

/// Returns the head and the records of one file; `names` are sorted, and so the buckets follow one another.
fn encode<'a>(
    names: &[ObjectId],
    known: impl Fn(&ObjectId) -> &'a (u64, ContentDigest),
    format: ObjectFormat,
) -> (Vec<u8>, Vec<u8>) {
    let bits = (0..16).find(|bits| names.len() >> bits <= BUCKET).unwrap_or(16_u8);
    let mut records = Vec::with_capacity(names.len() * width(format));
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&[format.width().to_le_bytes()[0], bits]);
    let (mut from, mut end) = (0, 0);
    for bucket in 0..1 << bits {
        while let Some(id) = names.get(end).filter(|id| bucket_of(id, bits) == bucket) {
            let (size, digest) = known(id);
            records.extend_from_slice(id.as_bytes());
            records.extend_from_slice(&size.to_be_bytes());
            records.extend_from_slice(&digest.sha3_512);
            records.extend_from_slice(&digest.blake3);
            end += 1;
        }
        head.extend_from_slice(&(end as u64).to_be_bytes());
        head.extend_from_slice(&checksum(&records[from..]));
        from = records.len();
    }
    head.extend_from_slice(&checksum(&head));
    (head, records)
}

/// Puts a file in its place whole; not synced, as damage is noticed and costs nothing but time.
fn write(directory: &Path, path: &Path, parts: [&[u8]; 2]) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(directory)?;
    parts.into_iter().try_for_each(|part| file.write_all(part))?;
    file.persist(path)?;
    Ok(())
}

/// Says whether a file name is one of ours for names of this format.
fn is_name(name: &str, format: ObjectFormat) -> bool {
    let digits = name.strip_prefix("digests-").and_then(|rest| rest.strip_prefix(word(format)));
    digits.and_then(|rest| rest.strip_prefix('-')).is_some_and(|digits| digits.len() == 16)
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

/// The bucket is chosen by the first bits of the name, so that records stay sorted over all buckets.
fn bucket_of(id: &ObjectId, bits: u8) -> usize {
    let first = id.as_bytes().first_chunk::<2>().map_or(0, |first| u16::from_be_bytes(*first));
    usize::from(first) >> (16 - bits)
}

/// Finds a record among those of a bucket.
fn find(records: &[u8], id: &ObjectId) -> Option<(u64, ContentDigest)> {
    let width = width(id.format());
    let (mut low, mut high) = (0, records.len() / width);
    while low < high {
        let middle = usize::midpoint(low, high);
        let (found, known) = record(&records[middle * width..][..width], id.format())?;
        match found.cmp(id) {
            std::cmp::Ordering::Equal => return Some(known),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn record(bytes: &[u8], format: ObjectFormat) -> Option<(ObjectId, (u64, ContentDigest))> {
    let (id, rest) = bytes.split_at_checked(format.width())?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (sha3_512, rest) = rest.split_first_chunk::<64>()?;
    let digest = ContentDigest { sha3_512: *sha3_512, blake3: rest.try_into().ok()? };
    Some((ObjectId::from_bytes(id)?, (u64::from_be_bytes(*size), digest)))
}

fn checksum(bytes: &[u8]) -> [u8; 32] {
    *ContentAddress::of(bytes).as_bytes()
}

#[cfg(test)]
mod tests {
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
            assert!(files(&sandbox).len() <= MAX_FILES);
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
