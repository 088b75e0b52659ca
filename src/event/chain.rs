//! Follows the hash chain from line to line.
//!
//! Each line must be the canonical writing of a record whose number and `prev` continue the line before it.

use std::io::{BufRead, Result as IoResult};

use serde::Serialize;

use super::lines::Lines;
use super::{Anchor, Record};

/// What keeps a line from continuing its chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Flaw {
    /// The line does not end within the bound.
    #[error("the line is longer than 1 MiB")]
    TooLong,
    /// The bytes are no JSON.
    #[error("the line is not JSON")]
    NotJson,
    /// The bytes are another writing than the canonical one.
    #[error("the line is not in canonical form")]
    NotCanonical,
    /// The JSON is no event, or lacks what its type must carry.
    #[error("the line is no event: {0}")]
    Schema(String),
    /// The number does not follow.
    #[error("the event is number {found}, expected {expected}")]
    Sequence {
        /// The number that should stand here.
        expected: u64,
        /// The number that stands here.
        found: u64,
    },
    /// The digest of the line before does not match.
    #[error("`prev` is not the digest of the line before")]
    Previous,
}

/// Where a chain stands while it is followed.
pub(super) struct Chain {
    /// The state before the first line; known in advance, or taken from that line.
    start: Option<Anchor>,
    /// The state after the last line.
    state: Option<Anchor>,
}

impl Chain {
    /// Begins where the first line says it begins.
    pub(super) fn anywhere() -> Self {
        Self { start: None, state: None }
    }

    /// Begins after `anchor`.
    pub(super) fn after(anchor: Anchor) -> Self {
        Self { start: Some(anchor), state: Some(anchor) }
    }

    /// Returns the state before the first line; `None` as long as there is none.
    pub(super) fn start(&self) -> Option<Anchor> {
        self.start
    }

    /// Returns the state after the last line; `None` as long as there is none.
    pub(super) fn state(&self) -> Option<Anchor> {
        self.state
    }

    /// Takes the next line, line feed included.
    fn push(&mut self, line: &[u8]) -> Result<(Record, Anchor), Flaw> {
        let record = Record::parse(line)?;
        let claimed = record.seq.checked_sub(1).map(|count| Anchor { count, head: record.prev });
        let before = match (self.state, claimed) {
            (Some(state), _) => state,
            // Nothing but the genesis can stand before the first event of all.
            (None, Some(claimed)) if claimed.count > 0 => claimed,
            (None, _) => Anchor::genesis(),
        };
        if record.seq != before.count + 1 {
            return Err(Flaw::Sequence { expected: before.count + 1, found: record.seq });
        }
        if record.prev != before.head {
            return Err(Flaw::Previous);
        }
        let after = before.after(line);
        self.start.get_or_insert(before);
        self.state = Some(after);
        Ok((record, after))
    }
}

/// How a walk along a stream ended.
pub(super) enum End {
    /// After a whole line.
    Clean,
    /// In the middle of a line: no line feed, or a last line that is no JSON at all.
    Torn,
    /// At a line that does not continue the chain.
    Broken(Flaw),
}

/// The part of a stream that holds.
pub(super) struct Walked {
    /// Lines that hold.
    pub(super) lines: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// Bytes of the last of them.
    pub(super) last_line: u64,
    /// What follows them.
    pub(super) end: End,
}

/// Follows `chain` through `reader` up to the first line that does not hold; shows each record that does,
/// with the state after it.
pub(super) fn walk(
    reader: impl BufRead,
    chain: &mut Chain,
    mut seen: impl FnMut(&Record, Anchor) -> Result<(), Flaw>,
) -> IoResult<Walked> {
    let mut lines = Lines::new(reader);
    let mut walked = Walked { lines: 0, bytes: 0, last_line: 0, end: End::Clean };
    while let Some(line) = lines.next_line()? {
        if !line.is_whole() {
            walked.end = if line.is_too_long() { End::Broken(Flaw::TooLong) } else { End::Torn };
            break;
        }
        let pushed = chain.push(line.bytes()).and_then(|(record, after)| seen(&record, after));
        if let Err(flaw) = pushed {
            // A crash can leave a last line of any bytes, but never another well-formed value.
            let torn = flaw == Flaw::NotJson && lines.at_end()?;
            walked.end = if torn { End::Torn } else { End::Broken(flaw) };
            break;
        }
        walked.lines += 1;
        walked.last_line = line.bytes().len() as u64;
        walked.bytes += walked.last_line;
    }
    Ok(walked)
}
