//! One event and its line: canonical JSON, then a line feed.
//!
//! A line has exactly one writing, so that the digest of the line is the digest of what it says.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lines::Lines;
use super::payload::{self, Output};
use super::{Error, EventKind, Flaw};
use crate::base::{ContentAddress, Timestamp, canonical};
use crate::model::{RunId, StepId};

/// The longest line, line feed included, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// The value of every record's `schema`.
pub const SCHEMA: &str = "iao/event/v1";

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Record {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Its number, from 1; goes on over segments.
    pub seq: u64,
    /// SHA-256 of the line before it, line feed included; 64 zeros for the first of all.
    pub prev: ContentAddress,
    /// When it was recorded.
    pub ts: Timestamp,
    /// The run it belongs to.
    pub trace_id: RunId,
    /// The step it is about; `run` for the run as a whole.
    pub step_id: StepId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// Names, counts and digests; never file content, never a secret.
    pub payload: Map<String, Value>,
}

/// An event that has no place in the chain yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened.
    pub ts: Timestamp,
    /// The run it belongs to.
    pub trace_id: RunId,
    /// The step it is about.
    pub step_id: StepId,
    /// What happened.
    pub kind: EventKind,
    /// Names, counts and digests; never file content, never a secret.
    pub payload: Map<String, Value>,
}

impl NewEvent {
    /// Makes an event about one step, with an empty payload.
    #[must_use]
    pub fn of_step(kind: EventKind, run: &RunId, step: &StepId, ts: Timestamp) -> Self {
        Self { ts, trace_id: run.clone(), step_id: step.clone(), kind, payload: Map::new() }
    }

    /// Makes an event about the run as a whole, with an empty payload; its step is `run`.
    #[must_use]
    pub fn of_run(kind: EventKind, run: &RunId, ts: Timestamp) -> Self {
        let step = "run".parse().expect("`run` is a step id");
        Self { ts, trace_id: run.clone(), step_id: step, kind, payload: Map::new() }
    }

    /// Adds one field to the payload.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.payload.insert(key.to_owned(), value.into());
        self
    }

    /// Adds the `outputs` of a finished step.
    #[must_use]
    pub fn with_outputs(self, outputs: &[Output]) -> Self {
        let outputs = serde_json::to_value(outputs).expect("names and digests always serialize");
        self.with("outputs", outputs)
    }

    /// Gives the event its place in the chain.
    pub(super) fn into_record(self, seq: u64, prev: ContentAddress) -> Record {
        let Self { ts, trace_id, step_id, kind, payload } = self;
        Record { schema: SCHEMA.to_owned(), seq, prev, ts, trace_id, step_id, kind, payload }
    }
}

impl Record {
    /// Returns the line, line feed included.
    ///
    /// # Errors
    /// When a payload holds a number without canonical form.
    pub fn to_line(&self) -> Result<Vec<u8>, canonical::Error> {
        let mut line = canonical::to_vec(self)?;
        line.push(b'\n');
        Ok(line)
    }

    /// Reads one line, with or without its line feed.
    ///
    /// # Errors
    /// The flaw that keeps the bytes from being the one writing of a record.
    pub fn parse(line: &[u8]) -> Result<Self, Flaw> {
        let json = line.strip_suffix(b"\n").unwrap_or(line);
        let value: Value = serde_json::from_slice(json).map_err(|_| Flaw::NotJson)?;
        if canonical::to_vec(&value).map_err(|_| Flaw::NotCanonical)? != json {
            return Err(Flaw::NotCanonical);
        }
        let record = Self::deserialize(&value).map_err(|error| Flaw::Schema(error.to_string()))?;
        if record.schema != SCHEMA {
            return Err(Flaw::Schema(format!("the schema is not `{SCHEMA}`")));
        }
        // A moment has several writings in RFC 3339; only ours counts.
        if value.get("ts").and_then(Value::as_str) != Some(&record.ts.to_string()) {
            return Err(Flaw::NotCanonical);
        }
        payload::check(&record.kind, &record.payload).map_err(Flaw::Schema)?;
        Ok(record)
    }
}

/// Reads the records of a stream, for people to look at; the chain is not checked. No file, no records.
///
/// # Errors
/// When the file cannot be read, or a line that is whole is no record. A torn last line is left out.
pub fn read(path: &Path) -> Result<Vec<Record>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Io { action: "read", path: path.to_owned(), source }),
    };
    read_lines(path, BufReader::new(file))
}

/// Reads records as [`read`] does, from lines that came from the stream at `path`.
///
/// # Errors
/// When `reader` fails, or a line that is whole is no record.
pub fn read_lines(path: &Path, reader: impl BufRead) -> Result<Vec<Record>, Error> {
    let failed = |source| Error::Io { action: "read", path: path.to_owned(), source };
    let mut lines = Lines::new(reader);
    let mut records = Vec::new();
    while let Some(line) = lines.next_line().map_err(failed)?.filter(|line| line.is_whole()) {
        match Record::parse(line.bytes()) {
            Ok(record) => records.push(record),
            Err(Flaw::NotJson) if lines.at_end().map_err(failed)? => break,
            Err(flaw) => {
                let line = records.len() as u64 + 1;
                return Err(Error::Broken { path: path.to_owned(), line, flaw });
            }
        }
    }
    Ok(records)
}
