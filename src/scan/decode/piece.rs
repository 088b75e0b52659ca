//! A text that was decoded, and where each part of it stands in the text that it was decoded from.

use std::ops::Range;

/// How a text is written within another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::scan) enum Encoding {
    /// RFC 4648, with either alphabet, padded or not.
    Base64,
    /// Two digits a byte.
    Hex,
    /// RFC 3986, as in URLs.
    Percent,
}

impl Encoding {
    /// Returns what people call it.
    pub(in crate::scan) fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hexadecimal digits",
            Self::Percent => "percent-encoding",
        }
    }
}

/// A text that was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scan) struct Piece {
    pub(in crate::scan) encoding: Encoding,
    /// Where it stands, encoded.
    pub(in crate::scan) range: Range<usize>,
    pub(in crate::scan) text: Vec<u8>,
    /// After how many units which place follows, ascending: one for each line, or every so often. A unit is what the encoding
    /// counts in: a character of base64, a digit, a decoded byte. None: each part stands in the whole.
    pub(super) marks: Vec<(usize, usize)>,
}

impl Piece {
    /// Returns where a part of the decoded text stands in the text that it was decoded from.
    pub(in crate::scan) fn place(&self, around: &[u8], part: &Range<usize>) -> Range<usize> {
        if self.marks.is_empty() {
            return self.range.clone();
        }
        let (first, last) = match self.encoding {
            Encoding::Base64 => (part.start * 8 / 6, (part.end * 8).div_ceil(6)),
            Encoding::Hex => (part.start * 2, part.end * 2),
            Encoding::Percent => (part.start, part.end),
        };
        let start = self.at(around, first);
        // Up to behind the last unit, and not to where the next begins: a line may end between them.
        let end = if last > first { self.behind(around, last - 1) } else { start };
        start..end.clamp(start, self.range.end)
    }

    /// Returns where a unit stands.
    fn at(&self, around: &[u8], unit: usize) -> usize {
        let mark = self.marks.partition_point(|(units, _)| *units <= unit).saturating_sub(1);
        let (units, place) = self.marks[mark];
        let over = unit - units;
        let place = if self.encoding == Encoding::Percent {
            (0..over).fold(place, |place, _| place + width(around, place))
        } else {
            place + over
        };
        place.min(self.range.end)
    }

    /// Returns where a unit ends.
    fn behind(&self, around: &[u8], unit: usize) -> usize {
        let place = self.at(around, unit);
        place + if self.encoding == Encoding::Percent { width(around, place) } else { 1 }
    }
}

/// Returns how many bytes stand for the decoded byte at a place of a percent-encoded text.
pub(super) fn width(text: &[u8], at: usize) -> usize {
    let is_escape = text.get(at) == Some(&b'%')
        && text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    if is_escape { 3 } else { 1 }
}
