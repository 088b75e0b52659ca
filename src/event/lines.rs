//! Reads a stream line by line, and never holds more than one line of bounded length.

use std::io::{BufRead, Read, Result};

use super::MAX_LINE;

/// One line as it stands in the file, line feed included when it has one.
pub(super) struct Line(Vec<u8>);

impl Line {
    /// Returns the bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Says whether a line feed ends the line.
    pub(super) fn is_whole(&self) -> bool {
        self.0.ends_with(b"\n")
    }

    /// Says whether reading stopped at the bound before the line ended.
    pub(super) fn is_too_long(&self) -> bool {
        !self.is_whole() && self.0.len() >= MAX_LINE
    }
}

/// The lines of a reader.
pub(super) struct Lines<R>(R);

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self(reader)
    }

    /// Returns the next line; `None` at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<Line>> {
        let mut bytes = Vec::new();
        let bound = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        (&mut self.0).take(bound).read_until(b'\n', &mut bytes)?;
        Ok((!bytes.is_empty()).then_some(Line(bytes)))
    }

    /// Says whether nothing follows.
    pub(super) fn at_end(&mut self) -> Result<bool> {
        Ok(self.0.fill_buf()?.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_line_feeds_and_a_long_one_is_cut_at_the_bound() {
        let mut text = b"a\nb\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_LINE + 5));
        let mut lines = Lines::new(&text[..]);
        assert_eq!(lines.next_line().unwrap().unwrap().bytes(), b"a\n");
        assert_eq!(lines.next_line().unwrap().unwrap().bytes(), b"b\n");
        let long = lines.next_line().unwrap().unwrap();
        assert!(long.is_too_long() && long.bytes().len() == MAX_LINE);
        assert!(!lines.at_end().unwrap());
    }
}
