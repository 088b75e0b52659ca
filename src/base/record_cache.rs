//! A cache of many small records of one width: sorted files in buckets, of which a look-up reads a few.
//!
//! Only a cache: a file that is damaged in any part is not used for that part, and nothing is lost with it.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::ContentAddress;

/// How many files there may be before some become one.
const MAX_FILES: usize = 8;
/// About how many records a bucket holds: what is read to find one of them.
const BUCKET: usize = 256;

/// What the records of a cache are.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How a file begins: what wrote it, and what its records hold for.
    pub magic: Vec<u8>,
    /// How the name of a file begins; 16 digits follow.
    pub name: String,
    /// Bytes of a key, at least two, below 256; records are sorted by it.
    pub key: usize,
    /// Bytes of a record; the key stands first.
    pub width: usize,
    /// How many records a file has at most; beyond, older ones are forgotten. There are some eight files.
    pub most: usize,
}

/// Records that were kept, in a directory that may hold other files.
pub struct RecordCache {
    directory: PathBuf,
    shape: Shape,
    files: Vec<Stored>,
}

/// One file: records sorted by key, in buckets by the first bits of the keys.
struct Stored {
    path: PathBuf,
    file: File,
    bits: u8,
    /// For each bucket: how many records end with it, and the checksum of its bytes.
    buckets: Vec<(u64, [u8; 32])>,
    /// Where the records begin.
    start: u64,
}

impl RecordCache {
    /// Opens the cache; files that cannot be read or do not begin as they must are passed over.
    #[must_use]
    pub fn open(directory: PathBuf, shape: Shape) -> Self {
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            name.is_some_and(|name| name.strip_prefix(&shape.name).is_some_and(|digits| digits.len() == 16))
        };
        let files = listed(&directory).into_iter().filter(is_ours);
        let files = files.filter_map(|path| Stored::open(path, &shape).ok().flatten()).collect();
        Self { directory, shape, files }
    }

    /// Hands each record to `found` whose key is among `keys`, which are sorted.
    pub fn find<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], mut found: impl FnMut(&'k K, &[u8])) {
        let shape = &self.shape;
        for stored in &mut self.files {
            let bits = stored.bits;
            let bucket = |key: &K| bucket_of(key.as_ref(), bits);
            for run in keys.chunk_by(|one, other| bucket(one) == bucket(other)) {
                let records = stored.read(bucket(&run[0]), shape.width).unwrap_or_default();
                for key in run {
                    if let Some(record) = search(&records, key.as_ref(), shape) {
                        found(key, record);
                    }
                }
            }
        }
    }

    /// Keeps records, which stand one behind the other; of two with one key the first stays, and those that are handed here
    /// stand before those that were kept.
    ///
    /// # Errors
    /// When the directory cannot be written to; what was kept before is still there then.
    pub fn keep(&mut self, mut records: Vec<u8>) -> io::Result<()> {
        let (fresh, width) = (records.len() / self.shape.width, self.shape.width);
        let merged = self.order_for_merge(fresh);
        for stored in &mut self.files[..merged] {
            for bucket in 0..stored.buckets.len() {
                records.extend(stored.read(bucket, width).unwrap_or_default());
            }
        }
        if records.len() / width > self.shape.most {
            records.truncate(fresh * width);
        }
        let (head, records) = encode(&records, &self.shape);
        fs::create_dir_all(&self.directory)?;
        // The head says what every record is, by the checksums of its buckets.
        let digits = crate::hash::hex::encode(&checksum(&head)[..8]);
        let path = self.directory.join(format!("{}{digits}", self.shape.name));
        write(&self.directory, &path, [&head, &records])?;
        for stored in self.files.drain(..merged) {
            if stored.path != path {
                fs::remove_file(&stored.path)?;
            }
        }
        Ok(())
    }

    /// Removes files of this directory whose names begin so and that are not of this cache.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove_others(&self, name: &str) -> io::Result<()> {
        let begins = |path: &PathBuf, with: &str| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(with))
        };
        let others = listed(&self.directory).into_iter().filter(|path| begins(path, name));
        others.filter(|path| !begins(path, &self.shape.name)).try_for_each(fs::remove_file)
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
    fn open(path: PathBuf, shape: &Shape) -> io::Result<Option<Self>> {
        let mut file = File::open(&path)?;
        let mut head = vec![0; shape.magic.len() + 2];
        file.read_exact(&mut head)?;
        let (key, bits) = (head[shape.magic.len()], head[shape.magic.len() + 1]);
        if !head.starts_with(&shape.magic) || usize::from(key) != shape.key || bits > 16 {
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
        Ok(Some(Self { path, file, bits, buckets, start }))
    }

    fn count(&self) -> u64 {
        self.buckets.last().map_or(0, |(end, _)| *end)
    }

    /// Reads the records of one bucket; `None` when they are not what was written.
    fn read(&mut self, bucket: usize, width: usize) -> Option<Vec<u8>> {
        let (end, sum) = self.buckets.get(bucket)?;
        let from = bucket.checked_sub(1).map_or(0, |before| self.buckets[before].0);
        let length = usize::try_from(end.checked_sub(from)?.checked_mul(width as u64)?).ok()?;
        self.file.seek(SeekFrom::Start(self.start + from * width as u64)).ok()?;
        let mut bytes = Vec::new();
        (&mut self.file).take(length as u64).read_to_end(&mut bytes).ok()?;
        (bytes.len() == length && checksum(&bytes) == *sum).then_some(bytes)
    }
}

/// Lists the files of a directory, sorted; none when it cannot be read.
fn listed(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

/// Returns the head and the sorted records of one file, each key once.
fn encode(records: &[u8], shape: &Shape) -> (Vec<u8>, Vec<u8>) {
    let mut sorted: Vec<&[u8]> = records.chunks_exact(shape.width).collect();
    sorted.sort_by_key(|record| &record[..shape.key]);
    sorted.dedup_by_key(|record| &record[..shape.key]);
    let bits = (0..16).find(|bits| sorted.len() >> bits <= BUCKET).unwrap_or(16_u8);
    let mut records = Vec::with_capacity(sorted.len() * shape.width);
    let mut head = shape.magic.clone();
    head.extend_from_slice(&[shape.key.to_le_bytes()[0], bits]);
    let (mut from, mut end) = (0, 0);
    for bucket in 0..1 << bits {
        while let Some(record) = sorted.get(end).filter(|record| bucket_of(record, bits) == bucket) {
            records.extend_from_slice(record);
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

/// The bucket is chosen by the first bits of the key, so that records stay sorted over all buckets.
fn bucket_of(key: &[u8], bits: u8) -> usize {
    let first = key.first_chunk::<2>().map_or(0, |first| u16::from_be_bytes(*first));
    usize::from(first) >> (16 - bits)
}

/// Finds a record among those of a bucket.
fn search<'r>(records: &'r [u8], key: &[u8], shape: &Shape) -> Option<&'r [u8]> {
    let (mut low, mut high) = (0, records.len() / shape.width);
    while low < high {
        let middle = usize::midpoint(low, high);
        let record = &records[middle * shape.width..][..shape.width];
        match record[..shape.key].cmp(key) {
            std::cmp::Ordering::Equal => return Some(record),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn checksum(bytes: &[u8]) -> [u8; 32] {
    *ContentAddress::of(bytes).as_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn shape(magic: &str) -> Shape {
        Shape { magic: magic.into(), name: "some-".to_owned(), key: 20, width: 24, most: 100_000 }
    }

    fn open(directory: &Path, magic: &str) -> RecordCache {
        RecordCache::open(directory.to_owned(), shape(magic))
    }

    /// Keys that look drawn by chance, and a value each.
    fn records(range: std::ops::Range<u32>) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let one = |number: u32| {
            let key = checksum(&number.to_be_bytes())[..20].to_vec();
            let record = [&key[..], &number.to_be_bytes()].concat();
            (key, record)
        };
        range.map(one).collect()
    }

    fn found(cache: &mut RecordCache, wanted: &BTreeMap<Vec<u8>, Vec<u8>>) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let keys: Vec<&Vec<u8>> = wanted.keys().collect();
        let mut found = BTreeMap::new();
        cache.find(&keys, |key, record| {
            found.insert((*key).clone(), record.to_vec());
        });
        found
    }

    fn keep(directory: &Path, records: &BTreeMap<Vec<u8>, Vec<u8>>) {
        open(directory, "one").keep(records.values().flatten().copied().collect()).unwrap();
    }

    #[test]
    fn what_was_kept_is_found_by_whom_it_is_for_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let (known, strange) = (records(0..3000), records(5000..5100));
        keep(directory.path(), &known);
        let mut cache = open(directory.path(), "one");
        assert_eq!(found(&mut cache, &known), known);
        assert_eq!(found(&mut cache, &strange), BTreeMap::new());
        assert_eq!(found(&mut open(directory.path(), "two"), &known), BTreeMap::new());
    }

    #[test]
    fn many_additions_become_few_files() {
        let directory = tempfile::tempdir().unwrap();
        let all = records(0..4000);
        keep(directory.path(), &records(0..2000));
        for from in (2000..4000).step_by(100) {
            keep(directory.path(), &records(from..from + 100));
            assert!(listed(directory.path()).len() <= MAX_FILES);
        }
        assert_eq!(found(&mut open(directory.path(), "one"), &all), all);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let directory = tempfile::tempdir().unwrap();
        for from in (0..4000).step_by(40) {
            let few = Shape { most: 50, ..shape("one") };
            let records = records(from..from + 40).values().flatten().copied().collect();
            RecordCache::open(directory.path().to_owned(), few).keep(records).unwrap();
        }
        let kept: u64 = open(directory.path(), "one").files.iter().map(Stored::count).sum();
        assert!((40..=50 * MAX_FILES as u64).contains(&kept), "{kept}");
        assert_eq!(
            found(&mut open(directory.path(), "one"), &records(3960..4000)).len(),
            40,
            "the newest are there"
        );
    }

    #[test]
    fn damage_is_not_believed_wherever_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let known = records(0..600);
        keep(directory.path(), &known);
        let path = listed(directory.path()).remove(0);
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(good.len() / 300) {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            for bytes in [&bytes[..], &good[..at]] {
                fs::write(&path, bytes).unwrap();
                let found = found(&mut open(directory.path(), "one"), &known);
                assert!(found.len() < known.len(), "byte {at}");
                assert!(found.iter().all(|(key, record)| known[key] == *record), "byte {at}");
            }
        }
    }

    #[test]
    fn files_of_others_are_left_alone_until_they_are_named() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["some", "some-x", "other-0123456789abcdef"] {
            fs::write(directory.path().join(name), "x").unwrap();
        }
        keep(directory.path(), &records(0..9));
        let cache = open(directory.path(), "one");
        cache.remove_others("other-").unwrap();
        cache.remove_others("some-").unwrap();
        let names = listed(directory.path());
        assert_eq!(names.len(), 3, "{names:?}");
    }
}
