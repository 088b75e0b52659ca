//! The one writer of the event stream.
//!
//! Events wait in memory and go to disk together: always before something is written to git, and at the end.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::mark::{self, Mark, Projected};
use super::{Error, projection};
use crate::base::{Clock, ContentAddress, Timestamp};
use crate::event::{self, Anchor, EventKind, Log, NewEvent};
use crate::git::{Person, Repository};
use crate::ledger::{LEDGER_REF, Ledger, NOTES_REF};
use crate::model::{ObjectId, RunId, StepId};
use crate::step::{self, AnchorSchema, Published, StreamPosition};

/// Records the events of one run.
pub(super) struct Recorder<'a> {
    repository: &'a Repository,
    log: Option<Log>,
    path: PathBuf,
    run: RunId,
    clock: Clock,
    waiting: Vec<NewEvent>,
    seen: Seen,
}

/// What this run knows of the evidence, to be left as the mark.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// The ledger whose places of this stream were compared with it.
    ledger: Option<ObjectId>,
    /// Whether the notes of that ledger's newest seals are there.
    projected: bool,
}

impl<'a> Recorder<'a> {
    /// Opens the stream at `path`, continuing from what the ledger and this clone's mark know of it.
    ///
    /// What was seen whole before is not read again: neither the stream up to the mark, nor the places in a ledger
    /// that was compared with it.
    ///
    /// # Errors
    /// When the stream is damaged, or its place is not writable.
    pub(super) fn open(
        repository: &'a Repository,
        path: PathBuf,
        ledger: &Ledger<'_>,
        validate: Option<Box<event::Validate>>,
        run: RunId,
        clock: Clock,
    ) -> Result<Self, Error> {
        let mark = mark::read(repository)?;
        let resumed = match mark.filter(|mark| mark.ledger == ledger.head()) {
            Some(mark) => Log::resume(&path, mark.place())?,
            None => None,
        };
        let mut log = match resumed {
            Some(log) => log,
            None => open_log(&path, |stream| stream_start(stream, ledger, mark.map(|mark| mark.anchor())))?,
        };
        if let Some(validate) = validate {
            log = log.with_schema(validate);
        }
        let seen = Seen { ledger: ledger.head(), projected: are_projected(repository, mark, ledger)? };
        Ok(Self { repository, log: Some(log), path, run, clock, waiting: Vec::new(), seen })
    }

    /// Makes a recorder that keeps nothing.
    pub(super) fn deaf(repository: &'a Repository, run: RunId, clock: Clock) -> Self {
        let (path, waiting, seen) = (PathBuf::new(), Vec::new(), Seen::default());
        Self { repository, log: None, path, run, clock, waiting, seen }
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
            log.append_all(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// Writes the notes that the ledger's newest seals lack, unless they are known to be there.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the notes cannot be written.
    pub(super) fn project_missing(&mut self, person: &Person, now: Timestamp) -> Result<(), Error> {
        if !self.seen.projected {
            projection::project_missing(self.repository, person, now)?;
            self.seen.projected = true;
        }
        Ok(())
    }

    /// Brings everything to disk, and leaves the mark from which the next run goes on.
    ///
    /// # Errors
    /// When the stream cannot be appended to, or the mark not be written.
    pub(super) fn finish(&mut self, published: Option<&Published>) -> Result<(), Error> {
        self.flush()?;
        let Some(place) = self.log.as_ref().and_then(Log::place) else {
            return Ok(());
        };
        let Seen { mut ledger, projected } = self.seen;
        let moves = published.into_iter().flat_map(|published| &published.moves);
        // Whatever else moved the ledger meanwhile brought what this run has not seen.
        for moved in moves.filter(|moved| moved.name == LEDGER_REF) {
            if moved.before == ledger {
                ledger = Some(moved.after);
            }
        }
        let projected = match (projected, ledger, self.repository.ref_target(NOTES_REF)?) {
            (true, Some(ledger), Some(notes)) => Some(Projected { ledger, notes }),
            _ => None,
        };
        mark::write(self.repository, &Mark::new(place, ledger, projected))
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

/// Says whether the mark knows that the notes of this ledger's newest seals stand where they stand now.
fn are_projected(repository: &Repository, mark: Option<Mark>, ledger: &Ledger<'_>) -> Result<bool, Error> {
    let Some(projected) = mark.and_then(|mark| mark.projected) else {
        return Ok(false);
    };
    Ok(ledger.head() == Some(projected.ledger) && repository.ref_target(NOTES_REF)? == Some(projected.notes))
}

/// Opens the stream at `path`; `start` says where the stream of this first line must have been, or where one begins
/// that is not there.
///
/// Another run may begin the stream between the two questions: what it must hold is another question then.
fn open_log(
    path: &Path,
    start: impl Fn(Option<ContentAddress>) -> Result<Option<Anchor>, Error>,
) -> Result<Log, Error> {
    let stream = first_line(path)?;
    match Log::open(path, start(stream)?) {
        Err(event::Error::AnchorMismatch { .. }) if first_line(path)? != stream => {
            Ok(Log::open(path, start(first_line(path)?)?)?)
        }
        opened => Ok(opened?),
    }
}

/// Returns the recorded place that a stream must hold, or continue from when there is none.
///
/// A linked working tree has a stream of its own: places of other streams say nothing about it.
///
/// # Errors
/// When the ledger cannot be read.
fn stream_start(
    stream: Option<ContentAddress>,
    ledger: &Ledger<'_>,
    mark: Option<Anchor>,
) -> Result<Option<Anchor>, Error> {
    let place = |anchor: &StreamPosition| Anchor { count: anchor.count, head: anchor.head };
    let anchors = step::furthest(ledger, stream)?;
    Ok(match stream {
        Some(stream) => {
            let own = anchors.iter().filter(|anchor| anchor.stream == stream).map(place);
            own.chain(mark).max_by_key(|anchor| anchor.count)
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
    let mut places: Vec<Anchor> = recorded.chain(mark::read(repository)?.map(|mark| mark.anchor())).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(path: &Path) -> Anchor {
        let run: RunId = "1".repeat(32).parse().unwrap();
        let event = NewEvent::of_run(EventKind::RunStarted, &run, Timestamp::from_seconds(0));
        Log::open(path, None).unwrap().append(&event).unwrap()
    }

    #[test]
    fn a_stream_that_another_run_begins_meanwhile_need_not_hold_the_places_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stream.jsonl");
        let foreign = Anchor { count: 26, head: ContentAddress::of(b"the stream of another working tree") };
        let log = open_log(&path, |stream| {
            if stream.is_none() {
                begin(&path);
                return Ok(Some(foreign));
            }
            Ok(None)
        });
        assert_eq!(log.unwrap().anchor().count, 1);
    }

    #[test]
    fn a_stream_that_lacks_its_own_recorded_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stream.jsonl");
        begin(&path);
        let lost = Anchor { count: 2, head: ContentAddress::of(b"a line that is gone") };
        let refused = open_log(&path, |_| Ok(Some(lost)));
        assert!(matches!(refused, Err(Error::Event(event::Error::AnchorMismatch { .. }))));
    }
}
