//! A segment: records of directories and of parts of them, as the ledger stores them.
//!
//! Parsing never panics and takes one writing only; whether a record deserves to be believed is decided by whoever
//! computes the digests again from it.

use super::entry::EntryMode;
use super::merkle::Tally;
use crate::base::ContentAddress;
use crate::hash::ContentDigest;

/// How a segment begins.
pub(super) const MAGIC: &[u8] = b"iao-records/1\n";
/// The kind byte of a record that lists entries.
pub(super) const LIST: u8 = b'L';
/// The kind byte of a record that names two parts.
pub(super) const SPLIT: u8 = b'S';
/// Begins a link to a record before this one, whose digest is not repeated.
pub(super) const NEAR: u64 = 0;
/// Begins a link, with its digest, to a record before this one.
pub(super) const HERE: u64 = 1;

/// The bytes of a segment, and the segments it refers to.
#[derive(Debug, Clone)]
pub struct Segment {
    bytes: Vec<u8>,
    others: Vec<ContentAddress>,
    /// Where the records begin.
    start: usize,
}

/// A directory, or a part of one.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one is read at a time, and none is kept")]
pub enum Record<'a> {
    /// Its entries, in the order of their names.
    List(Items<'a>),
    /// The two parts it falls into, by a bit of the SHA-256 of the names: 0, then 1.
    Split([Link; 2]),
}

/// Entries of a list, read one by one; the first that is not written as it must be ends them.
#[derive(Debug, Clone)]
pub struct Items<'a> {
    left: u64,
    reader: Reader<'a>,
    /// How many bytes there were before the first entry was read.
    whole: usize,
}

/// One entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// Mode of the tree entry.
    pub mode: EntryMode,
    /// Name, as stored in git.
    pub name: &'a [u8],
    /// What it stands for.
    pub content: Content,
}

/// What an entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A file, a link or a submodule.
    File {
        /// Size in bytes.
        size: u64,
        /// Its digests.
        digest: ContentDigest,
    },
    /// A directory.
    Directory(Link),
}

/// Says where another record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The segment; `None` is this one.
    pub segment: Option<ContentAddress>,
    /// From the first record of that segment, in bytes.
    pub offset: u64,
    /// What that record says; `None` when only it says so.
    pub claim: Option<Claim>,
}

/// What a record adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// How much lies there.
    pub(super) tally: Tally,
    /// Its set hash.
    pub(super) set: ContentDigest,
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
    /// An entry has a mode of no known kind.
    #[error("an entry has a mode of no known kind")]
    Mode,
    /// A number is longer than it must be, or does not fit.
    #[error("a number is not written as it must be")]
    Number,
    /// A record points to a segment that the header does not list.
    #[error("a record points to segment {0}, which the header does not list")]
    Home(u64),
    /// Entries are part of several records.
    #[error("its records stand in one another")]
    Overlap,
    /// A record points to itself or to one behind it.
    #[error("a record points to one that does not stand before it")]
    Order,
}

impl Segment {
    /// Reads the header; records are read one by one.
    ///
    /// # Errors
    /// When `bytes` do not begin as `docs/seal-format.md` describes.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, SegmentError> {
        let mut input = Input(bytes.strip_prefix(MAGIC).ok_or(SegmentError::Magic)?);
        let others = u16::from_be_bytes(input.array()?);
        let others: Vec<ContentAddress> =
            (0..others).map(|_| Ok(ContentAddress::from_bytes(input.array()?))).collect::<Result<_, _>>()?;
        let start = bytes.len() - input.0.len();
        Ok(Self { bytes, others, start })
    }

    /// Returns how long it is, in bytes.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Reads the record at `offset`.
    ///
    /// # Errors
    /// When there is none that is written as it must be.
    pub fn record(&self, offset: u64) -> Result<Record<'_>, SegmentError> {
        let records = &self.bytes[self.start..];
        let rest = usize::try_from(offset).ok().and_then(|offset| records.get(offset..));
        let mut reader = Reader { input: Input(rest.ok_or(SegmentError::Short)?), segment: self, offset };
        match reader.input.array::<1>()?[0] {
            LIST => {
                let left = reader.input.number()?;
                let whole = reader.input.0.len();
                Ok(Record::List(Items { left, reader, whole }))
            }
            SPLIT => Ok(Record::Split([reader.link()?, reader.link()?])),
            other => Err(SegmentError::Kind(other)),
        }
    }
}

impl Items<'_> {
    /// Returns how many entries are said to be left.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Returns how many bytes the entries took that were read.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.whole - self.reader.input.0.len()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, SegmentError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let item = self.reader.item();
        if item.is_err() {
            self.left = 0;
        }
        Some(item)
    }
}

/// Reads one record.
#[derive(Debug, Clone)]
struct Reader<'a> {
    input: Input<'a>,
    segment: &'a Segment,
    offset: u64,
}

impl<'a> Reader<'a> {
    fn item(&mut self) -> Result<Item<'a>, SegmentError> {
        let mode = EntryMode::from_bits(u16::from_be_bytes(self.input.array()?)).ok_or(SegmentError::Mode)?;
        let length = usize::try_from(self.input.number()?).map_err(|_| SegmentError::Short)?;
        let name = self.input.take(length)?;
        let content = if mode.is_directory() {
            Content::Directory(self.link()?)
        } else {
            Content::File { size: self.input.number()?, digest: self.input.digest()? }
        };
        Ok(Item { mode, name, content })
    }

    fn link(&mut self) -> Result<Link, SegmentError> {
        let kind = self.input.number()?;
        let number = self.input.number()?;
        let segment = match kind {
            NEAR | HERE => None,
            other => {
                let other = usize::try_from(other - 2).map_err(|_| SegmentError::Home(other))?;
                Some(*self.segment.others.get(other).ok_or(SegmentError::Home(kind))?)
            }
        };
        // Within a segment links lead backward, so that no record can contain itself.
        let offset = match segment {
            Some(_) => number,
            None if number == 0 => return Err(SegmentError::Order),
            None => self.offset.checked_sub(number).ok_or(SegmentError::Order)?,
        };
        let claim = if kind == NEAR { None } else { Some(self.claim()?) };
        Ok(Link { segment, offset, claim })
    }

    fn claim(&mut self) -> Result<Claim, SegmentError> {
        let tally =
            Tally { entries: self.input.number()?, files: self.input.number()?, bytes: self.input.number()? };
        Ok(Claim { tally, set: self.input.digest()? })
    }
}

/// Appends a number: seven bits a byte, the lowest first, the highest bit set on all but the last.
pub(super) fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// What is left to read.
#[derive(Debug, Clone)]
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

    fn number(&mut self) -> Result<u64, SegmentError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(SegmentError::Number);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return if byte == 0 && shift > 0 { Err(SegmentError::Number) } else { Ok(number) };
            }
        }
        Err(SegmentError::Number)
    }

    fn digest(&mut self) -> Result<ContentDigest, SegmentError> {
        Ok(ContentDigest { sha3_512: self.array()?, blake3: self.array()? })
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
        let entries = manifest_of(&files, id('a')).ledger_entries();
        entries.into_iter().find(|entry| entry.path.starts_with("records/")).unwrap().bytes
    }

    /// Reads the record at `offset` to its end.
    fn read_at(segment: &Segment, offset: u64) -> Result<(), SegmentError> {
        match segment.record(offset)? {
            Record::List(mut items) => items.try_for_each(|item| item.map(|_| ())),
            Record::Split(_) => Ok(()),
        }
    }

    /// Reads whatever records can be read.
    fn read_all(bytes: Vec<u8>) -> Vec<Result<(), SegmentError>> {
        let length = bytes.len() as u64;
        match Segment::parse(bytes) {
            Ok(segment) => (0..length + 2).map(|offset| read_at(&segment, offset)).collect(),
            Err(error) => vec![Err(error)],
        }
    }

    #[test]
    fn numbers_have_one_writing() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut bytes = Vec::new();
            write_number(number, &mut bytes);
            assert_eq!(Input(&bytes).number(), Ok(number));
            assert_eq!(Input(&bytes[..bytes.len() - 1]).number(), Err(SegmentError::Short));
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(0);
            assert_eq!(Input(&bytes).number(), Err(SegmentError::Number), "{number}");
        }
        assert_eq!(Input(&[0xff; 12]).number(), Err(SegmentError::Number));
    }

    #[test]
    fn links_lead_backward_and_to_known_segments() {
        let read = |body: &[u8]| read_at(&Segment::parse([MAGIC, &[0, 0], body].concat()).unwrap(), 1);
        let digest = [7; 96];
        let near = |distance| [b"xS", &[0, distance, 0, 1][..]].concat();
        assert!(read(&near(1)).is_ok());
        assert_eq!(read(&near(0)), Err(SegmentError::Order));
        assert_eq!(read(&near(2)), Err(SegmentError::Order));
        assert_eq!(read(&[b"xS", &[2, 0, 1, 1, 1][..], &digest].concat()), Err(SegmentError::Home(2)));
        assert_eq!(read(b"xQ"), Err(SegmentError::Kind(b'Q')));
        assert_eq!(read(b"xL\x01\x11\x11"), Err(SegmentError::Mode));
        assert_eq!(read(b"xL\x01\x81\xa4\x03ab"), Err(SegmentError::Short));
    }

    #[test]
    fn every_truncation_loses_a_record() {
        let bytes = segment();
        let good = read_all(bytes.clone()).iter().filter(|record| record.is_ok()).count();
        for length in 0..bytes.len() {
            let read = read_all(bytes[..length].to_vec());
            assert!(read.iter().filter(|record| record.is_ok()).count() < good, "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            read_all([MAGIC, &[0, 1], &[7; 32], &bytes].concat());
        }

        #[test]
        fn mutated_segments_never_panic(at in any::<prop::sample::Index>(), cut in 0..40_usize, put in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut bytes = segment();
            let at = at.index(bytes.len());
            bytes.splice(at..(at + cut).min(bytes.len()), put);
            read_all(bytes);
        }
    }
}
