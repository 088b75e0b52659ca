//! Checks a stream without touching it: its lines, its chain, and what was recorded about it elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Serialize;

use super::chain::{Chain, End, walk};
use super::lines::{Line, Lines};
use super::{Anchor, Error, EventKind, Flaw, Record, Validate, lock};
use crate::base::ContentAddress;
use crate::model::RunId;

/// What a stream holds and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Number of the last event that holds; 0 when there is none.
    pub count: u64,
    /// Digest of its line; 64 zeros when there is none.
    pub head: ContentAddress,
    /// The runs, in the order in which they began.
    pub runs: Vec<RunSpan>,
    /// What is wrong: the first line that breaks the chain, then what the anchors say. Empty: all is well.
    pub problems: Vec<Problem>,
}

/// One run as the stream shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSpan {
    /// Its id.
    pub run: RunId,
    /// Number of its first event here.
    pub first: u64,
    /// Number of its last event here.
    pub last: u64,
    /// Events of it.
    pub events: u64,
    /// How it ended, as it says itself; `None` when it did not, or not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// One thing that is wrong with a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Problem {
    /// A line does not continue the chain; what follows it was not looked at.
    #[error("line {line}: {flaw}")]
    Broken {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The end is torn; the next append will set it aside.
    #[error("line {line}: the end is torn, after a crash while it was written")]
    Torn {
        /// The line, from 1.
        line: u64,
    },
    /// The stream starts where nothing that is recorded ends.
    #[error("the stream starts after event {}, and no recorded state ends there", start.count)]
    UnknownStart {
        /// Where it claims to start.
        start: Anchor,
    },
    /// The stream does not hold a recorded state: cut below it, or rewritten.
    #[error("event {} with digest {} is recorded, and not in the stream", anchor.count, anchor.head.short())]
    AnchorMismatch {
        /// What was recorded.
        anchor: Anchor,
    },
}

/// Checks the stream at `path`. No file is an empty stream: absence is not tampering.
///
/// `anchors` are the states recorded elsewhere for this stream, in any order, and the state that its segment
/// [`start`]s after if that is recorded: each that falls into the file must be found there.
///
/// # Errors
/// When the file cannot be read; what is wrong with its content is in the report.
pub fn check(path: &Path, anchors: &[Anchor], validate: Option<&Validate>) -> Result<Report, Error> {
    let _guard = lock::shared(&lock::path_for(path))?;
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    match File::open(path) {
        Ok(file) => check_reader(BufReader::new(file), anchors, validate).map_err(failed),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Report::empty()),
        Err(error) => Err(failed(error)),
    }
}

/// Returns the state that the stream at `path` claims to start after: [`Anchor::genesis`], or for a later segment
/// a state that must be recorded elsewhere. `None` when there is no whole first line.
///
/// # Errors
/// When the file cannot be read.
pub fn start(path: &Path) -> Result<Option<Anchor>, Error> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let first = Lines::new(BufReader::new(file)).next_line().map_err(failed)?;
    let record = first.filter(Line::is_whole).and_then(|line| Record::parse(line.bytes()).ok());
    Ok(record.map(|record| Anchor { count: record.seq.saturating_sub(1), head: record.prev }))
}

/// Checks a stream that comes from anywhere, such as a copy in a ledger. See [`check`].
///
/// # Errors
/// When `reader` fails.
pub fn check_reader(
    reader: impl BufRead,
    anchors: &[Anchor],
    validate: Option<&Validate>,
) -> std::io::Result<Report> {
    let mut chain = Chain::anywhere();
    let mut runs = Runs::default();
    let mut missing: Vec<Anchor> = anchors.to_vec();
    missing.sort_unstable();
    missing.dedup();
    let walked = walk(reader, &mut chain, |record, after| {
        if let Some(validate) = validate {
            let value = serde_json::to_value(record).map_err(|error| Flaw::Schema(error.to_string()))?;
            validate(&value).map_err(Flaw::Schema)?;
        }
        missing.retain(|anchor| *anchor != after);
        runs.take(record);
        Ok(())
    })?;
    let mut report = Report { runs: runs.list, ..Report::empty() };
    let line = walked.lines + 1;
    match walked.end {
        End::Clean => {}
        End::Torn => report.problems.push(Problem::Torn { line }),
        End::Broken(flaw) => report.problems.push(Problem::Broken { line, flaw }),
    }
    let (Some(start), Some(state)) = (chain.start(), chain.state()) else {
        return Ok(report);
    };
    report.count = state.count;
    report.head = state.head;
    if start.count > 0 && !anchors.contains(&start) {
        report.problems.push(Problem::UnknownStart { start });
    }
    // States before the segment are vouched for by the state it starts from.
    missing.retain(|anchor| anchor.count >= start.count.max(1) && *anchor != start);
    report.problems.extend(missing.into_iter().map(|anchor| Problem::AnchorMismatch { anchor }));
    Ok(report)
}

impl Report {
    fn empty() -> Self {
        let Anchor { count, head } = Anchor::genesis();
        Self { count, head, runs: Vec::new(), problems: Vec::new() }
    }
}

/// The runs seen so far, and where each stands in the list.
#[derive(Default)]
struct Runs {
    list: Vec<RunSpan>,
    place: BTreeMap<RunId, usize>,
}

impl Runs {
    fn take(&mut self, record: &Record) {
        let next = self.list.len();
        let place = *self.place.entry(record.trace_id.clone()).or_insert(next);
        if place == next {
            let run = record.trace_id.clone();
            self.list.push(RunSpan { run, first: record.seq, last: 0, events: 0, outcome: None });
        }
        let span = &mut self.list[place];
        span.last = record.seq;
        span.events += 1;
        if record.kind == EventKind::RunFinished {
            span.outcome = record.payload.get("outcome").and_then(|word| word.as_str()).map(str::to_owned);
        }
    }
}

#[cfg(test)]
mod tests;
