//! Names in a directory, and where they stand in the shape in which its entries are hashed.
//!
//! The shape depends on the names alone: never on the order, or the past, in which entries came.

use crate::base::ContentAddress;

/// The most entries that are hashed as one list; a larger set is split in two by a bit of the name's SHA-256.
///
/// Part of the format: the split keeps a change local, in hashing and in storage.
pub(super) const LIST_LIMIT: usize = 4;

/// How often a set can be split: as many bits as a key has.
pub(super) const MAX_DEPTH: usize = 256;

/// The longest name, in bytes; file systems stop at 255.
const MAX_NAME: usize = u16::MAX as usize;

/// SHA-256 of a name: its bits say where the entry stands.
pub(super) type Key = [u8; 32];

/// The bits that the keys of a part begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Prefix {
    /// Zero behind the first [`Self::depth`].
    bits: Key,
    depth: u16,
}

/// Why entries make no directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Malformed {
    /// An entry of this name is empty, or holds `/` or a zero byte.
    Name(Vec<u8>),
    /// An entry has a name of this many bytes, which is too long.
    LongName(usize),
    /// Two entries have this name.
    Duplicate(Vec<u8>),
    /// The sizes or counts exceed what can be written.
    TooLarge,
}

impl Prefix {
    /// Returns how many bits there are.
    pub(super) fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// Adds a bit; of 256 there are no more.
    pub(super) fn with(mut self, bit: usize) -> Self {
        let depth = self.depth();
        if bit == 1 {
            self.bits[depth / 8] |= 0x80 >> (depth % 8);
        }
        self.depth += 1;
        self
    }

    /// Says whether the key of `name` begins so.
    pub(super) fn fits(&self, name: &[u8]) -> bool {
        if self.depth == 0 {
            return true;
        }
        let (key, depth) = (key(name), self.depth());
        let (whole, rest) = (depth / 8, depth % 8);
        key[..whole] == self.bits[..whole]
            && (rest == 0 || (key[whole] ^ self.bits[whole]) >> (8 - rest) == 0)
    }
}

/// Returns the key of a name.
pub(super) fn key(name: &[u8]) -> Key {
    *ContentAddress::of(name).as_bytes()
}

/// Returns a bit of a key, 0 the highest of the first byte.
pub(super) fn bit(key: &Key, depth: usize) -> usize {
    usize::from(key[depth / 8] >> (7 - depth % 8) & 1)
}

/// Refuses what is no path component.
pub(super) fn check_name(name: &[u8]) -> Result<(), Malformed> {
    // Most names are shorter than what looking at many bytes at once takes to begin.
    if name.is_empty() || name.iter().fold(false, |found, byte| found | matches!(byte, 0 | b'/')) {
        return Err(Malformed::Name(name.to_vec()));
    }
    if name.len() > MAX_NAME { Err(Malformed::LongName(name.len())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_the_first_bits_of_a_key() {
        for name in [&b"a"[..], b"another", b""] {
            let (key, mut prefix) = (key(name), Prefix::default());
            for depth in 0..MAX_DEPTH {
                assert!(prefix.fits(name), "{depth}");
                assert!(!prefix.with(1 - bit(&key, depth)).fits(name), "{depth}");
                prefix = prefix.with(bit(&key, depth));
            }
            assert!(prefix.fits(name));
            assert_eq!(prefix.depth(), MAX_DEPTH);
        }
    }
}
