//! The one writer of the event stream.
//!
//! Events wait in memory and go to disk together: always before something is written to git, and at the end.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{Error, mark};
use crate::base::{Clock, ContentAddress};
use crate::event::{self, Anchor, EventKind, Log, NewEvent};
use crate::git::Repository;
use crate::model::{RunId, StepId};
use crate::step::{AnchorSchema, StreamPosition};

/// Records the events of one run.
pub(super) struct Recorder<'a> {
    repository: &'a Repository,
    log: Option<Log>,
    path: PathBuf,
    run: RunId,
    clock: Clock,
    waiting: Vec<NewEvent>,
}

impl<'a> Recorder<'a> {
    /// Opens the stream at `path`, continuing from what the ledger and this clone's mark know of it.
    ///
    /// # Errors
    /// When the stream is damaged, or its place is not writable.
    pub(super) fn open(
        repository: &'a Repository,
        path: PathBuf,
        anchors: &[StreamPosition],
        validate: Option<Box<event::Validate>>,
        run: RunId,
        clock: Clock,
    ) -> Result<Self, Error> {
        let start = stream_start(repository, &path, anchors)?;
        let mut log = Log::open(&path, start)?;
        if let Some(validate) = validate {
            log = log.with_schema(validate);
        }
        Ok(Self { repository, log: Some(log), path, run, clock, waiting: Vec::new() })
    }

    /// Makes a recorder that keeps nothing.
    pub(super) fn deaf(repository: &'a Repository, run: RunId, clock: Clock) -> Self {
        Self { repository, log: None, path: PathBuf::new(), run, clock, waiting: Vec::new() }
    }

    /// Notes an event about a step, or about the run as a whole.
    pub(super) fn note(&mut self, kind: EventKind, step: Option<&StepId>, payload: Map<String, Value>) {
        let now = self.clock.now();
        let mut event = match step {
            Some(step) => NewEvent::of_step(kind, &self.run, step, now),
            None => NewEvent::of_run(kind, &self.run, now),
        };
        event.payload = payload;
        if self.log.is_some() {
            self.waiting.push(event);
        }
    }

    /// Brings everything noted to disk.
    ///
    /// # Errors
    /// When the stream cannot be appended to.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        if let Some(log) = &mut self.log
            && !self.waiting.is_empty()
        {
            let anchor = log.append_all(&self.waiting)?;
            self.waiting.clear();
            mark::write(self.repository, anchor)?;
        }
        Ok(())
    }

    /// Returns where the stream stands; call after [`Recorder::flush`].
    pub(super) fn position(&self) -> Result<Option<StreamPosition>, Error> {
        let Some(log) = &self.log else {
            return Ok(None);
        };
        let Anchor { count, head } = log.anchor();
        Ok(first_line(&self.path)?.map(|stream| StreamPosition {
            schema: AnchorSchema::V1,
            count,
            head,
            stream,
        }))
    }

    /// Returns the lines of this run that are on disk so far.
    pub(super) fn lines(&self) -> &[u8] {
        self.log.as_ref().map_or(&[], Log::written)
    }
}

/// Returns the recorded place that a stream at `path` must hold, or continue from when it is gone.
///
/// A linked working tree has a stream of its own: places of other streams say nothing about it.
///
/// # Errors
/// When the stream is there and cannot be read.
fn stream_start(
    repository: &Repository,
    path: &Path,
    anchors: &[StreamPosition],
) -> Result<Option<Anchor>, Error> {
    let place = |anchor: &StreamPosition| Anchor { count: anchor.count, head: anchor.head };
    Ok(match first_line(path)? {
        Some(stream) => {
            let own = anchors.iter().filter(|anchor| anchor.stream == stream).map(place);
            own.chain(mark::read(repository)?).max_by_key(|anchor| anchor.count)
        }
        None => anchors.iter().map(place).max_by_key(|anchor| anchor.count),
    })
}

/// Returns the places that the stream at `path` must hold; none when there is no stream.
///
/// # Errors
/// When the stream is there and cannot be read.
pub fn own_anchors(
    repository: &Repository,
    path: &Path,
    anchors: &[StreamPosition],
) -> Result<Vec<Anchor>, Error> {
    let Some(stream) = first_line(path)? else {
        return Ok(Vec::new());
    };
    let start = event::start(path)?;
    let own = |anchor: &&StreamPosition| anchor.stream == stream;
    let place = |anchor: &StreamPosition| Anchor { count: anchor.count, head: anchor.head };
    // A later segment starts after a place that was recorded for the stream before it.
    let recorded = anchors.iter().filter(|anchor| own(anchor) || Some(place(anchor)) == start).map(place);
    let mut places: Vec<Anchor> = recorded.chain(mark::read(repository)?).collect();
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// Returns the digest of the first line of the file, line feed included; `None` when there is no whole line.
fn first_line(path: &Path) -> Result<Option<ContentAddress>, Error> {
    use std::io::{BufRead as _, Read as _};
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::ReadState { path: path.to_owned(), source }),
    };
    let mut line = Vec::new();
    std::io::BufReader::new(file)
        .take(event::MAX_LINE as u64)
        .read_until(b'\n', &mut line)
        .map_err(|source| Error::ReadState { path: path.to_owned(), source })?;
    Ok((line.last() == Some(&b'\n')).then(|| ContentAddress::of(&line)))
}
