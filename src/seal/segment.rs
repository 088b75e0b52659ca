//! A segment: the records of directories, as the ledger stores them.
//!
//! Parsing never panics and takes one writing only; whether a record deserves its key is decided by whoever
//! recomputes the directory's digest from it.

use std::collections::HashMap;

use super::entry::EntryMode;
use super::manifest::Key;
use crate::base::ContentAddress;
use crate::hash::ContentDigest;

/// How a segment begins.
pub(super) const MAGIC: &[u8] = b"iao-records/1\n";
/// The kind byte of a record that lists entries.
pub(super) const LIST: u8 = b'L';
/// The kind byte of a record that names two parts.
pub(super) const SPLIT: u8 = b'S';

/// Records by key.
#[derive(Debug, Clone, Default)]
pub struct Segment {
    records: HashMap<Key, Record>,
}

/// A directory, or a part of a wide one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Its entries, in the order of their names.
    List(Vec<StoredEntry>),
    /// The two parts it falls into, by a bit of the SHA-256 of the names: 0, then 1.
    Split(Box<[Reference; 2]>),
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Mode of the tree entry.
    pub mode: EntryMode,
    /// Size in bytes.
    pub size: u64,
    /// Name, as stored in git.
    pub name: Vec<u8>,
    /// Digests of the content, or of the directory.
    pub digest: ContentDigest,
    /// For a directory: the segment that holds its record; `None` is this one.
    pub home: Option<ContentAddress>,
}

/// A part of a wide directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Entries in the part.
    pub count: u64,
    /// Sum of their sizes, in bytes.
    pub bytes: u64,
    /// Tree hash of the part.
    pub digest: ContentDigest,
    /// The segment that holds its record; `None` is this one.
    pub home: Option<ContentAddress>,
}

/// Why bytes are no segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// It does not begin as a segment does.
    #[error("it does not begin with `iao-records/1`")]
    Magic,
    /// It ends in the middle of something.
    #[error("it ends in the middle of a record")]
    Short,
    /// A record's kind is not known.
    #[error("a record has the unknown kind {0}")]
    Kind(u8),
    /// Mode, size or name of an entry are not written as they must be.
    #[error("an entry is not written as `<mode> <size> <name>`")]
    Entry,
    /// A record points to a segment that the header does not list.
    #[error("a record points to segment {0}, which the header does not list")]
    Home(u16),
    /// Two records have one key, or a record is longer than it should be.
    #[error("a record stands twice, or is too long")]
    Record,
}

impl Segment {
    /// Reads a segment.
    ///
    /// # Errors
    /// When `bytes` are anything but what `docs/seal-format.md` describes.
    pub fn parse(bytes: &[u8]) -> Result<Self, SegmentError> {
        let mut input = Input(bytes.strip_prefix(MAGIC).ok_or(SegmentError::Magic)?);
        let others = input.u16()?;
        let others: Vec<ContentAddress> =
            (0..others).map(|_| Ok(ContentAddress::from_bytes(input.array()?))).collect::<Result<_, _>>()?;
        let mut records = HashMap::new();
        while !input.0.is_empty() {
            let kind = input.array::<1>()?[0];
            let key: Key = input.array()?;
            let length = u32::from_be_bytes(input.array()?) as usize;
            let mut body = Input(input.take(length)?);
            let record = match kind {
                LIST => list(&mut body, &others)?,
                SPLIT => {
                    Record::Split(Box::new([reference(&mut body, &others)?, reference(&mut body, &others)?]))
                }
                other => return Err(SegmentError::Kind(other)),
            };
            if !body.0.is_empty() || records.insert(key, record).is_some() {
                return Err(SegmentError::Record);
            }
        }
        Ok(Self { records })
    }

    /// Returns the record with this key: the BLAKE3 digest of the directory or part.
    #[must_use]
    pub fn get(&self, key: &[u8; 32]) -> Option<&Record> {
        self.records.get(key)
    }
}

fn list(body: &mut Input<'_>, others: &[ContentAddress]) -> Result<Record, SegmentError> {
    let mut entries = Vec::new();
    while !body.0.is_empty() {
        let mode_digits = body.until(b' ')?;
        let mode = EntryMode::parse(mode_digits).filter(|_| mode_digits.len() == 6);
        let mode = mode.ok_or(SegmentError::Entry)?;
        let size = decimal(body.until(b' ')?).ok_or(SegmentError::Entry)?;
        let name = body.until(0)?.to_vec();
        let digest = body.digest()?;
        let home = if mode.is_directory() { body.home(others)? } else { None };
        entries.push(StoredEntry { mode, size, name, digest, home });
    }
    Ok(Record::List(entries))
}

fn reference(body: &mut Input<'_>, others: &[ContentAddress]) -> Result<Reference, SegmentError> {
    Ok(Reference {
        count: u64::from_be_bytes(body.array()?),
        bytes: u64::from_be_bytes(body.array()?),
        digest: body.digest()?,
        home: body.home(others)?,
    })
}

/// Reads a decimal number without leading zeros.
fn decimal(digits: &[u8]) -> Option<u64> {
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == digits).then_some(number)
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], SegmentError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(SegmentError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SegmentError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(SegmentError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, SegmentError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Takes what stands before the next `end`, and drops `end`.
    fn until(&mut self, end: u8) -> Result<&'a [u8], SegmentError> {
        let length = self.0.iter().position(|byte| *byte == end).ok_or(SegmentError::Short)?;
        let taken = self.take(length)?;
        self.take(1)?;
        Ok(taken)
    }

    fn digest(&mut self) -> Result<ContentDigest, SegmentError> {
        Ok(ContentDigest { sha3_512: self.array()?, blake3: self.array()? })
    }

    /// 0 is this segment, n the n-th of the header.
    fn home(&mut self, others: &[ContentAddress]) -> Result<Option<ContentAddress>, SegmentError> {
        match self.u16()? {
            0 => Ok(None),
            place => {
                others.get(usize::from(place) - 1).map(|home| Some(*home)).ok_or(SegmentError::Home(place))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{id, manifest_of, nested, wide};
    use super::*;

    fn segment() -> Vec<u8> {
        let mut files = nested();
        files.extend(wide().into_iter().map(|(path, file)| (format!("w/{path}"), file)));
        let entries = manifest_of(&files, id('a')).ledger_entries(None);
        entries.into_iter().find(|entry| entry.path.starts_with("records/")).unwrap().bytes
    }

    #[test]
    fn every_truncation_within_a_record_is_refused() {
        let bytes = segment();
        let whole = Segment::parse(&bytes).unwrap();
        for length in 0..bytes.len() {
            if let Ok(part) = Segment::parse(&bytes[..length]) {
                assert!(part.records.len() < whole.records.len(), "{length} bytes");
            }
        }
    }

    #[test]
    fn numbers_and_modes_have_one_writing() {
        let list = |head: &str| {
            let body = [head.as_bytes(), &[0; 96]].concat();
            list(&mut Input(&body), &[]).is_ok()
        };
        assert!(list("100644 7 a\0"));
        for head in
            ["100644 07 a\0", "100644 +7 a\0", "100644  a\0", "40000 7 a\0", "100648 7 a\0", "100644 7 a"]
        {
            assert!(!list(head), "{head}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Segment::parse(&[MAGIC, &[0, 1], &[7; 32], &bytes].concat());
        }

        #[test]
        fn mutated_segments_never_panic(at in any::<prop::sample::Index>(), cut in 0..40_usize, put in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = segment();
            let at = at.index(bytes.len());
            bytes.splice(at..(at + cut).min(bytes.len()), put);
            let _ = Segment::parse(&bytes);
        }
    }
}
