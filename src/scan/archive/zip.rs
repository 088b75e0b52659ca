//! Reads the directory of a zip archive, or what can be read without one.
//!
//! Source: PKWARE's APPNOTE 6.3.10. What a header says of sizes is only believed where the archive holds so much.

use std::ops::Range;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File<'a> {
    pub(super) name: &'a [u8],
    pub(super) method: u16,
    pub(super) encrypted: bool,
    /// Where its packed data lies; `None` where that is not in the archive.
    pub(super) data: Option<Range<usize>>,
}

/// The files of an archive, in their order.
pub(super) struct Files<'a> {
    archive: &'a [u8],
    at: usize,
    /// How far behind what it says each thing lies: some archives stand behind a program.
    shift: usize,
    /// Whether there is a directory to go by.
    listed: bool,
    /// Whether something of the directory cannot be read.
    pub(super) damaged: bool,
}

/// Of so many bytes is the record that ends an archive, without its comment.
const LAST: usize = 22;
/// What a field of four bytes says when the number stands elsewhere.
const ELSEWHERE: u64 = 0xffff_ffff;

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..at + 2).map(|field| usize::from(u16::from_le_bytes([field[0], field[1]])))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|field| u64::from(u32::from_le_bytes(*field)))
}

fn huge(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|field| u64::from_le_bytes(*field))
}

/// Finds the directory: where it begins, and how far behind what the archive says that is.
fn directory(archive: &[u8]) -> Option<(usize, usize)> {
    let from = archive.len().saturating_sub(LAST + usize::from(u16::MAX));
    let last = from + memchr::memmem::rfind(&archive[from..], b"PK\x05\x06")?;
    let (size, start) = (long(archive, last + 12)?, long(archive, last + 16)?);
    if size == ELSEWHERE || start == ELSEWHERE {
        let locator = last.checked_sub(20).filter(|at| archive[*at..].starts_with(b"PK\x06\x07"))?;
        let record = usize::try_from(huge(archive, locator + 8)?).ok()?;
        archive.get(record..)?.strip_prefix(b"PK\x06\x06")?;
        let start = usize::try_from(huge(archive, record + 48)?).ok();
        return Some((start.filter(|start| *start <= archive.len())?, 0));
    }
    let (size, start) = (usize::try_from(size).ok()?, usize::try_from(start).ok()?);
    let real = last.checked_sub(size)?;
    let is_directory = |at: usize| archive[at..].starts_with(b"PK\x01\x02") || size == 0;
    match real.checked_sub(start) {
        Some(shift) if is_directory(real) => Some((real, shift)),
        _ => (start <= last && is_directory(start)).then_some((start, 0)),
    }
}

impl<'a> Files<'a> {
    pub(super) fn new(archive: &'a [u8]) -> Self {
        match directory(archive) {
            Some((at, shift)) => Self { archive, at, shift, listed: true, damaged: false },
            None => Self { archive, at: 0, shift: 0, listed: false, damaged: true },
        }
    }

    /// Reads an entry of the directory.
    fn listed(&mut self) -> Option<File<'a>> {
        let rest = self.archive.get(self.at..)?;
        rest.strip_prefix(b"PK\x01\x02")?;
        let lengths = (short(rest, 28)?, short(rest, 30)?, short(rest, 32)?);
        let extra = 46 + lengths.0;
        let (name, fields) = (rest.get(46..extra)?, rest.get(extra..extra + lengths.1)?);
        self.at += extra + lengths.1 + lengths.2;
        let sizes = [long(rest, 24)?, long(rest, 20)?, long(rest, 42)?];
        let [_, packed, header] = real_sizes(sizes, fields);
        Some(File {
            name,
            method: short(rest, 10)? as u16,
            encrypted: short(rest, 8)? & 1 != 0,
            data: self.data(header, packed),
        })
    }

    /// Finds the packed data of a file behind its own header.
    fn data(&self, header: u64, packed: u64) -> Option<Range<usize>> {
        let header = usize::try_from(header).ok()?.checked_add(self.shift)?;
        let rest = self.archive.get(header..)?;
        rest.strip_prefix(b"PK\x03\x04")?;
        let start = header + 30 + short(rest, 26)? + short(rest, 28)?;
        let end = start.checked_add(usize::try_from(packed).ok()?)?;
        (end <= self.archive.len()).then_some(start..end)
    }

    /// Reads a file by its own header alone, up to where the next one begins.
    fn unlisted(&mut self) -> Option<File<'a>> {
        let found = header(self.archive.get(self.at..)?)?;
        if !self.archive[self.at + found..].starts_with(b"PK\x03\x04") {
            return None;
        }
        let rest = &self.archive[self.at + found..];
        let start = 30 + short(rest, 26)? + short(rest, 28)?;
        let name = rest.get(30..30 + short(rest, 26)?)?;
        let packed = rest.get(start..)?;
        let most = header(packed).unwrap_or(packed.len());
        // The size may follow the data instead, and is then none here.
        let stated = long(rest, 18).and_then(|size| usize::try_from(size).ok());
        let length = stated.filter(|size| (1..=most).contains(size)).unwrap_or(most);
        let first = self.at + found + start;
        self.at = first + length;
        Some(File {
            name,
            method: short(rest, 8)? as u16,
            encrypted: short(rest, 6)? & 1 != 0,
            data: Some(first..first + length),
        })
    }
}

impl<'a> Iterator for Files<'a> {
    type Item = File<'a>;

    fn next(&mut self) -> Option<File<'a>> {
        if !self.listed {
            return self.unlisted();
        }
        let file = self.listed();
        // Behind the last entry stands the record that ends the directory.
        let ends = [&b"PK\x05\x06"[..], b"PK\x06\x06", b"PK\x05\x05"];
        let rest = self.archive.get(self.at..).unwrap_or_default();
        self.damaged |= file.is_none() && !ends.iter().any(|end| rest.starts_with(end));
        file
    }
}

/// Finds the next header of a file, or entry of a directory.
fn header(bytes: &[u8]) -> Option<usize> {
    let begins = |at: &usize| matches!(bytes.get(at + 2..at + 4), Some([3, 4] | [1, 2]));
    memchr::memmem::find_iter(bytes, b"PK").find(begins)
}

/// Reads the sizes and the place that did not fit their fields, in the order in which they stand.
fn real_sizes(mut sizes: [u64; 3], mut fields: &[u8]) -> [u64; 3] {
    while let (Some(id), Some(length)) = (short(fields, 0), short(fields, 2)) {
        let Some(field) = fields.get(4..4 + length) else { break };
        if id == 1 {
            let mut numbers = field.chunks_exact(8).filter_map(|number| huge(number, 0));
            for size in sizes.iter_mut().filter(|size| **size == ELSEWHERE) {
                *size = numbers.next().unwrap_or(ELSEWHERE);
            }
        }
        fields = &fields[4 + length..];
    }
    sizes
}
