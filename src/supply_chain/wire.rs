//! The wire encoding of SSH (RFC 4251, section 5): numbers and length-prefixed strings.
//!
//! A length is compared with what is there before anything is taken, so no input makes a reader reserve memory.

/// Takes values off the front of some bytes.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads `bytes` from the start.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Takes `count` bytes; `None` when there are fewer.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Takes one byte.
    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// Takes a number of four bytes.
    pub(super) fn number(&mut self) -> Option<u32> {
        self.take(4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
    }

    /// Takes a string: its length, then its bytes.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    /// Says whether everything was taken.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// Appends a string: its length, then its bytes.
///
/// # Panics
/// When `bytes` has 4 GiB or more, which nothing that is signed here can have.
pub(super) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("keys, names and digests are far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_beyond_it() {
        let mut bytes = vec![7];
        put_string(&mut bytes, b"one");
        put_string(&mut bytes, b"");
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.byte(), Some(7));
        assert_eq!(reader.string(), Some(b"one".as_slice()));
        assert_eq!(reader.string(), Some(b"".as_slice()));
        assert!(reader.is_at_end());
        assert_eq!(reader.string(), None);
    }

    #[test]
    fn a_length_beyond_the_end_takes_nothing() {
        for bytes in [&[255, 255, 255, 255, 1][..], &[0, 0, 0, 2, 1], &[0, 0, 0]] {
            assert_eq!(Reader::new(bytes).string(), None);
        }
    }
}
