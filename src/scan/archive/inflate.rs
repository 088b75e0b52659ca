//! Unpacks raw deflate data, up to a bound or to where it is of no use.
//!
//! Source: RFC 1951.

use zlib_rs::{Inflate, InflateFlush, Status};

/// How unpacking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// With the data.
    Whole,
    /// At the bound, with more to come.
    Bounded,
    /// Where the bytes were of no use.
    Unwanted,
    /// Where the data is cut off or damaged.
    Damaged,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inflated {
    pub(super) bytes: Vec<u8>,
    /// How much of the data it took.
    pub(super) read: usize,
    pub(super) end: End,
}

/// After so many bytes it is asked whether more are wanted.
const FIRST: usize = 8 << 10;

/// Unpacks data, one stream after another.
pub(super) struct Inflater {
    state: Inflate,
}

impl Inflater {
    pub(super) fn new() -> Self {
        Self { state: Inflate::new(false, 15) }
    }

    /// Unpacks the stream that begins with the data, up to `most` bytes, as long as the first of them are `wanted`.
    pub(super) fn inflate(&mut self, data: &[u8], most: usize, wanted: impl Fn(&[u8]) -> bool) -> Inflated {
        self.state.reset(false);
        let (mut bytes, mut written, mut asked) = (vec![0; FIRST.min(most)], 0, false);
        let end = loop {
            let read = self.state.total_in() as usize;
            let step = self.state.decompress(&data[read..], &mut bytes[written..], InflateFlush::NoFlush);
            let before = written;
            written = self.state.total_out() as usize;
            if !asked && (written >= FIRST || step == Ok(Status::StreamEnd)) {
                asked = true;
                if !wanted(&bytes[..written]) {
                    break End::Unwanted;
                }
            }
            match step {
                Ok(Status::StreamEnd) => break End::Whole,
                Err(_) => break End::Damaged,
                Ok(_) if written == most => break self.is_over(data),
                Ok(_) if written == bytes.len() => bytes.resize((2 * bytes.len()).min(most), 0),
                Ok(_) if written == before && read == self.state.total_in() as usize => break End::Damaged,
                Ok(_) => {}
            }
        };
        bytes.truncate(written);
        Inflated { bytes, read: self.state.total_in() as usize, end }
    }

    /// Says whether a stream that has come to its bound has also come to its end.
    fn is_over(&mut self, data: &[u8]) -> End {
        let (read, before) = (self.state.total_in() as usize, self.state.total_out());
        let step = self.state.decompress(&data[read..], &mut [0], InflateFlush::NoFlush);
        match step {
            Ok(Status::StreamEnd) if self.state.total_out() == before => End::Whole,
            Ok(_) if self.state.total_out() > before => End::Bounded,
            _ => End::Damaged,
        }
    }
}
