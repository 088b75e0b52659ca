//! One entry of a directory, as the manifest knows it.

use std::fmt;
use std::io::Write as _;

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

/// One entry: what is hashed (mode, size, name, content), and how many files it stands for.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// One path component.
    pub(super) name: Vec<u8>,
    pub(super) mode: EntryMode,
    /// Content size in bytes; of a directory the sum of what it holds; 0 for a submodule.
    pub(super) size: u64,
    /// Digest of the content, or of the directory.
    pub(super) content: HashId,
    /// 1, or for a directory the files below it.
    pub(super) files: u64,
    /// Where the directory stands in the manifest's list.
    pub(super) child: Option<usize>,
}

/// Writes `<mode> <size> <name>\0`.
pub(super) fn write_head(mode: EntryMode, size: u64, name: &[u8], out: &mut Vec<u8>) {
    write!(out, "{mode} {size} ").expect("a vector takes every byte");
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
}
