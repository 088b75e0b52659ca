//! One entry of a directory, as the manifest knows it.

use std::fmt;
use std::ops::Range;

use super::forest::SetId;
use super::merkle::HashId;

/// The mode of a tree entry: the number that git stores, written as six octal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryMode(u16);

/// What an entry is, by its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Directory,
    File,
    Symlink,
    Gitlink,
}

impl EntryMode {
    /// The mode of a directory.
    pub const DIRECTORY: Self = Self(0o040_000);

    /// Reads octal digits as a tree object stores them (`100644`, `40000`), leading zeros or not.
    ///
    /// `None` unless the type bits name a directory, file, symbolic link or submodule. Permission bits are
    /// kept as stored: trees of old tools hold `100664` and the like.
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > 6 {
            return None;
        }
        let mut number = 0_u32;
        for digit in digits {
            let value = digit.checked_sub(b'0').filter(|value| *value < 8)?;
            number = number << 3 | u32::from(value);
        }
        Self::from_bits(u16::try_from(number).ok()?)
    }

    /// Takes the number itself; `None` as in [`Self::parse`].
    pub(super) fn from_bits(number: u16) -> Option<Self> {
        let known = matches!(number, 0o040_000 | 0o120_000 | 0o160_000) || number >> 12 == 0o10;
        known.then_some(Self(number))
    }

    /// Returns the number.
    pub(super) fn bits(self) -> u16 {
        self.0
    }

    /// Says whether the entry is a directory.
    #[must_use]
    pub fn is_directory(self) -> bool {
        self == Self::DIRECTORY
    }

    /// Says whether the entry is a file that its owner may execute.
    #[must_use]
    pub fn is_executable(self) -> bool {
        self.kind() == Kind::File && self.0 & 0o100 != 0
    }

    /// Says whether the entry is a submodule: a commit of another repository.
    #[must_use]
    pub fn is_submodule(self) -> bool {
        self.kind() == Kind::Gitlink
    }

    pub(super) fn kind(self) -> Kind {
        match self.0 {
            0o040_000 => Kind::Directory,
            0o120_000 => Kind::Symlink,
            0o160_000 => Kind::Gitlink,
            _ => Kind::File,
        }
    }
}

impl fmt::Display for EntryMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06o}", self.0)
    }
}

impl serde::Serialize for EntryMode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EntryMode {
    /// Takes six octal digits, and no other writing.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text.as_bytes())
            .filter(|mode| mode.to_string() == text)
            .ok_or_else(|| serde::de::Error::custom("not the mode of an entry, as six octal digits"))
    }
}

/// One entry: what is hashed (mode, size, name, content).
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    name: usize,
    /// Content size in bytes; of a directory the sum of what it holds; 0 for a submodule.
    pub(super) size: u64,
    /// Digest of the content, or of the directory; [`HashId::NONE`] of a file whose digest was not kept.
    pub(super) content: HashId,
    /// The entries of the directory.
    pub(super) child: Option<SetId>,
    pub(super) mode: EntryMode,
    name_length: u16,
}

impl Entry {
    /// `name` says where it begins in the forest's list of names, and how long it is.
    pub(super) fn new(
        name: (usize, u16),
        mode: EntryMode,
        size: u64,
        content: HashId,
        child: Option<SetId>,
    ) -> Self {
        Self { name: name.0, size, content, child, mode, name_length: name.1 }
    }

    /// Returns where the name stands in the forest's list of names.
    pub(super) fn name_range(&self) -> Range<usize> {
        self.name..self.name + usize::from(self.name_length)
    }
}

/// Writes `<mode> <size> <name>\0`.
pub(super) fn write_head(mode: EntryMode, size: u64, name: &[u8], out: &mut Vec<u8>) {
    out.extend((0..6).rev().map(|digit| b'0' + (mode.0 >> (3 * digit) & 7).to_le_bytes()[0]));
    out.push(b' ');
    // Written for each file of a tree: a formatter takes as long as the hash.
    let (mut digits, mut first, mut rest) = ([0; 20], 20, size);
    while first == 20 || rest > 0 {
        first -= 1;
        digits[first] = b'0' + (rest % 10).to_le_bytes()[0];
        rest /= 10;
    }
    out.extend_from_slice(&digits[first..]);
    out.push(b' ');
    out.extend_from_slice(name);
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_six_digits_and_foreign_kinds_are_refused() {
        assert_eq!(EntryMode::parse(b"40000").unwrap().to_string(), "040000");
        assert_eq!(EntryMode::parse(b"040000"), Some(EntryMode::DIRECTORY));
        assert_eq!(EntryMode::parse(b"100664").unwrap().to_string(), "100664");
        for bad in [&b""[..], b"100648", b"60000", b"140000", b"40755", b"0100644", b"-40000", b"777777"] {
            assert_eq!(EntryMode::parse(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn heads_have_six_octal_digits_and_a_decimal_size() {
        for (mode, size) in
            [("100644", 0), ("040000", 7), ("160000", 1_234_567_890_123), ("120000", u64::MAX)]
        {
            let mut head = b"x".to_vec();
            write_head(EntryMode::parse(mode.as_bytes()).unwrap(), size, b"a b", &mut head);
            assert_eq!(head, format!("x{mode} {size} a b\0").as_bytes());
        }
    }
}
