//! Reads tar: ustar, with the long names of pax and of GNU.
//!
//! Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; the manual of GNU tar, "Basic Tar
//! Format". Archives without the word `ustar` in their headers are not told from other bytes.

use std::ops::Range;

/// Headers and data come in blocks of so many bytes.
const BLOCK: usize = 512;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: Vec<u8>,
    pub(super) data: Range<usize>,
    /// Whether its size says that there is more than the archive holds.
    pub(super) cut: bool,
}

/// The files of an archive, in their order.
pub(super) struct Files<'a> {
    archive: &'a [u8],
    at: usize,
    /// Whether a header is none, or the last of them is missing.
    pub(super) damaged: bool,
}

/// Says whether a content begins with a header.
pub(super) fn begins(content: &[u8]) -> bool {
    content.get(..BLOCK).is_some_and(is_header)
}

fn is_header(block: &[u8]) -> bool {
    if block.get(257..262) != Some(b"ustar") {
        return false;
    }
    // The sum of all bytes, with spaces for those of the sum itself.
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let field: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
    number(&block[148..156]) == Some(sum - field + 8 * u64::from(b' '))
}

/// Reads a number in octal digits, or in bytes where it would be too long.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let bytes = field.iter().enumerate().map(|(at, byte)| if at == 0 { byte & 0x7f } else { *byte });
        return bytes
            .into_iter()
            .try_fold(0_u64, |number, byte| number.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let digits =
        field.iter().skip_while(|byte| **byte == b' ').take_while(|byte| !matches!(**byte, b' ' | 0));
    digits.into_iter().try_fold(0_u64, |number, digit| {
        let digit = char::from(*digit).to_digit(8)?;
        number.checked_mul(8)?.checked_add(u64::from(digit))
    })
}

impl<'a> Files<'a> {
    pub(super) fn new(archive: &'a [u8]) -> Self {
        Self { archive, at: 0, damaged: false }
    }

    /// Returns the next header, and where its data lies; says that there is no more when it is no header.
    fn header(&mut self) -> Option<(&'a [u8], u64)> {
        let rest = self.archive.get(self.at..).unwrap_or_default();
        let Some(block) = rest.get(..BLOCK) else {
            self.damaged |= rest.iter().any(|byte| *byte != 0);
            return None;
        };
        // A block of zeros is the end.
        if block.iter().all(|byte| *byte == 0) {
            return None;
        }
        let size = number(&block[124..136]).filter(|_| is_header(block));
        self.damaged |= size.is_none();
        self.at += BLOCK;
        Some((block, size?))
    }

    /// Returns where data of a size lies, and passes over it.
    fn data(&mut self, size: u64) -> Range<usize> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let end = self.at.saturating_add(size).min(self.archive.len());
        let data = self.at..end;
        self.at = self.at.saturating_add(size).saturating_add(BLOCK - 1) / BLOCK * BLOCK;
        data
    }
}

impl Iterator for Files<'_> {
    type Item = File;

    fn next(&mut self) -> Option<File> {
        // What headers for the next file say of it.
        let (mut name, mut length) = (None, None);
        loop {
            let (block, size) = self.header()?;
            let kind = block[156];
            if matches!(kind, b'1'..=b'6') {
                // Links, devices and directories have no data, whatever their size says.
                (name, length) = (None, None);
                continue;
            }
            let is_file = !matches!(kind, b'x' | b'g' | b'L' | b'K');
            let size = length.filter(|_| is_file).unwrap_or(size);
            let data = self.data(size);
            let text = &self.archive[data.clone()];
            match kind {
                b'x' => {
                    name = value(text, b"path").or(name);
                    length = value(text, b"size").and_then(|size| str::from_utf8(&size).ok()?.parse().ok());
                }
                b'L' => name = Some(text.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()),
                b'g' | b'K' => {}
                _ => {
                    let cut = (data.len() as u64) < size;
                    return Some(File { name: name.unwrap_or_else(|| short_name(block)), data, cut });
                }
            }
        }
    }
}

fn short_name(block: &[u8]) -> Vec<u8> {
    let text = |range: Range<usize>| block[range].split(|byte| *byte == 0).next().unwrap_or_default();
    let (name, prefix) = (text(0..100), text(345..500));
    // GNU keeps other things where POSIX has the directory.
    if block[263..265] == *b"00" && !prefix.is_empty() { [prefix, name].join(&b'/') } else { name.to_vec() }
}

/// Returns the value of a key in the records of pax: `length key=value`, one a line.
fn value(records: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let mut rest = records;
    let mut found = None;
    while let Some(space) = memchr::memchr(b' ', &rest[..rest.len().min(20)]) {
        let length: usize = str::from_utf8(&rest[..space]).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?;
        let equals = memchr::memchr(b'=', record)?;
        if &record[..equals] == key {
            found = Some(record[equals + 1..].strip_suffix(b"\n").unwrap_or_default().to_vec());
        }
        rest = &rest[length..];
    }
    found
}
