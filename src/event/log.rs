//! Appends events to a stream: under a lock, in one write, durable when the call returns.
//!
//! Whatever others appended meanwhile is checked first; a chain that does not hold is never written to.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::chain::{Chain, End, Walked, walk};
use super::{Anchor, Error, EventKind, MAX_LINE, NewEvent, Record, lock, payload, torn};
use crate::base::ContentAddress;

/// A further check of each event, such as the JSON Schema that a pipeline names; says what does not fit.
pub type Validate = dyn Fn(&Value) -> Result<(), String> + Send + Sync;

/// How far a stream was seen: enough to go on from there without reading what stands before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The state after the last line seen.
    pub anchor: Anchor,
    /// Lines of the file up to there.
    pub lines: u64,
    /// Bytes of those lines.
    pub bytes: u64,
    /// Bytes of the last of them, line feed included.
    pub last_line: u64,
}

/// A stream that is open for appending.
pub struct Log {
    path: PathBuf,
    lock: PathBuf,
    validate: Option<Box<Validate>>,
    state: Anchor,
    seen: Seen,
    /// Whether a line of the stream was ever seen or written.
    met: bool,
    written: Vec<u8>,
}

/// The part of the file that `state` stands for.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    lines: u64,
    bytes: u64,
    last_line: u64,
}

impl Log {
    /// Opens the stream at `path` and checks it whole; the file and its folders are made when needed.
    ///
    /// `start` is the state that was recorded elsewhere (`None` when nothing is). A stream that is absent or
    /// empty starts a new segment there; one that is there must hold it. A torn last line is left in place
    /// until the next append sets it aside.
    ///
    /// # Errors
    /// When the place is read-only, the chain is broken, or the recorded state is not in it.
    pub fn open(path: &Path, start: Option<Anchor>) -> Result<Self, Error> {
        let start = start.filter(|anchor| anchor.count > 0);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::of_io("make", folder, source))?;
        }
        lock::is_there(path)?;
        let lock = lock::path_for(path);
        let _guard = lock::exclusive(&lock)?;
        let mut log = Self {
            path: path.to_owned(),
            lock,
            validate: None,
            state: start.unwrap_or_else(Anchor::genesis),
            seen: Seen::default(),
            met: false,
            written: Vec::new(),
        };
        if lock::is_there(path)? {
            let file = log.options().read(true).open(path).map_err(|source| log.failed("open", source))?;
            log.read_first(&file, start)?;
        }
        Ok(log)
    }

    /// Opens the stream at `path` from a place up to which it was seen whole before; what stands after it is checked.
    ///
    /// Of what stands before, the last line alone is looked at. `None` when it is not there any more: then
    /// [`Log::open`] says what happened.
    ///
    /// # Errors
    /// When the stream cannot be read, or is broken after the place.
    pub fn resume(path: &Path, place: Place) -> Result<Option<Self>, Error> {
        if place.last_line == 0 || place.last_line > place.bytes || !lock::is_there(path)? {
            return Ok(None);
        }
        let lock = lock::path_for(path);
        let guard = lock::exclusive(&lock)?;
        let mut log = Self {
            path: path.to_owned(),
            lock,
            validate: None,
            state: place.anchor,
            seen: Seen { lines: place.lines, bytes: place.bytes, last_line: place.last_line },
            met: true,
            written: Vec::new(),
        };
        // A stream that cannot be written to is told now, not after the work.
        log.options().open(path).map_err(|source| log.failed("open", source))?;
        let caught_up = log.catch_up();
        drop(guard);
        match caught_up {
            Ok(_) if log.seen.lines > 0 => Ok(Some(log)),
            Ok(_) | Err(Error::AnchorMismatch { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns how far this writer has seen the stream; `None` while it has no line.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        let Seen { lines, bytes, last_line } = self.seen;
        (lines > 0).then_some(Place { anchor: self.state, lines, bytes, last_line })
    }

    /// Adds a check that every event must pass before it is written.
    #[must_use]
    pub fn with_schema(mut self, validate: Box<Validate>) -> Self {
        self.validate = Some(validate);
        self
    }

    /// Returns the state of the chain as this writer last saw it.
    #[must_use]
    pub fn anchor(&self) -> Anchor {
        self.state
    }

    /// Returns the lines that this writer appended, in their order: what the stream holds of it, without reading it.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Appends one event and returns the state after it.
    ///
    /// # Errors
    /// As [`Log::append_all`].
    pub fn append(&mut self, event: &NewEvent) -> Result<Anchor, Error> {
        self.append_all(std::slice::from_ref(event))
    }

    /// Appends events that belong together: one write, one sync. All of them are written, or none.
    ///
    /// When the stream was deleted meanwhile, a new segment goes on from the state last seen. When its end is
    /// torn, that is set aside and a `log.recovered` event stands before the first of `events`.
    ///
    /// # Errors
    /// When an event may not be written, the chain was broken or cut meanwhile, or the system refuses.
    pub fn append_all(&mut self, events: &[NewEvent]) -> Result<Anchor, Error> {
        let Some(first) = events.first() else {
            return Ok(self.state);
        };
        let _guard = lock::exclusive(&self.lock)?;
        let mut group = Vec::with_capacity(events.len() + 1);
        if self.catch_up()? {
            let mut event = NewEvent { kind: EventKind::LogRecovered, ..first.clone() };
            // The events are judged before the file is touched.
            self.render(events)?;
            let recovered = torn::set_aside(&self.path, self.seen.bytes)?;
            event.payload = match serde_json::to_value(recovered) {
                Ok(Value::Object(map)) => map,
                _ => return Err(invalid(&event.kind, "its payload is no object")),
            };
            group.push(event);
        }
        group.extend_from_slice(events);
        let lines = self.render(&group)?;
        self.write(&lines)?;
        self.met = true;
        for line in &lines {
            self.state = self.state.after(line);
            self.seen.lines += 1;
            self.seen.last_line = line.len() as u64;
            self.seen.bytes += self.seen.last_line;
            self.written.extend_from_slice(line);
        }
        Ok(self.state)
    }

    /// Reads the whole stream for the first time.
    fn read_first(&mut self, file: &File, start: Option<Anchor>) -> Result<(), Error> {
        let mut chain = Chain::anywhere();
        let mut holds = start.is_none();
        let walked = walk(BufReader::new(file), &mut chain, |_, after| {
            holds |= Some(after) == start;
            Ok(())
        })
        .map_err(|source| self.failed("read", source))?;
        holds |= chain.start() == start;
        if let (false, Some(anchor), Some(_)) = (holds, start, chain.state()) {
            return Err(Error::AnchorMismatch { path: self.path.clone(), anchor });
        }
        self.take(&walked, &chain)?;
        Ok(())
    }

    /// Reads what others appended since the last look; says whether the end is torn.
    fn catch_up(&mut self) -> Result<bool, Error> {
        if !lock::is_there(&self.path)? {
            self.seen = Seen::default();
            return Ok(false);
        }
        let mut file = File::open(&self.path).map_err(|source| self.failed("read", source))?;
        self.look_back(&mut file)?;
        // A stream that this writer never saw a line of was begun by another, who may have known of an earlier place.
        let mut chain = if self.met { Chain::after(self.state) } else { Chain::anywhere() };
        let walked = walk(BufReader::new(file), &mut chain, |_, _| Ok(()))
            .map_err(|source| self.failed("read", source))?;
        self.take(&walked, &chain)
    }

    /// Checks that the last line seen still stands where it stood, and goes to its end.
    fn look_back(&self, file: &mut File) -> Result<(), Error> {
        let from = self.seen.bytes - self.seen.last_line;
        let mut last = Vec::new();
        file.seek(SeekFrom::Start(from))
            .and_then(|_| file.take(self.seen.last_line).read_to_end(&mut last))
            .map_err(|source| self.failed("read", source))?;
        if self.seen.lines > 0 && ContentAddress::of(&last) != self.state.head {
            return Err(Error::AnchorMismatch { path: self.path.clone(), anchor: self.state });
        }
        Ok(())
    }

    /// Takes over what a walk found; says whether the end is torn.
    fn take(&mut self, walked: &Walked, chain: &Chain) -> Result<bool, Error> {
        if let End::Broken(flaw) = &walked.end {
            let line = self.seen.lines + walked.lines + 1;
            return Err(Error::Broken { path: self.path.clone(), line, flaw: flaw.clone() });
        }
        if walked.lines > 0 {
            self.seen.lines += walked.lines;
            self.seen.bytes += walked.bytes;
            self.seen.last_line = walked.last_line;
            self.state = chain.state().unwrap_or(self.state);
            self.met = true;
        }
        Ok(matches!(walked.end, End::Torn))
    }

    /// Gives events their places in the chain and returns their lines.
    fn render(&self, events: &[NewEvent]) -> Result<Vec<Vec<u8>>, Error> {
        let mut state = self.state;
        let mut lines = Vec::with_capacity(events.len());
        for event in events {
            payload::check(&event.kind, &event.payload).map_err(|why| invalid(&event.kind, why))?;
            let record = event.clone().into_record(state.count + 1, state.head);
            let line = record.to_line().map_err(|error| invalid(&event.kind, error.to_string()))?;
            if line.len() > MAX_LINE {
                return Err(invalid(&event.kind, "its line would be longer than 1 MiB"));
            }
            self.validate(&record)?;
            state = state.after(&line);
            lines.push(line);
        }
        Ok(lines)
    }

    fn validate(&self, record: &Record) -> Result<(), Error> {
        let Some(validate) = &self.validate else {
            return Ok(());
        };
        let value = serde_json::to_value(record).map_err(|error| invalid(&record.kind, error.to_string()))?;
        validate(&value).map_err(|why| invalid(&record.kind, why))
    }

    fn write(&self, lines: &[Vec<u8>]) -> Result<(), Error> {
        let mut file =
            self.options().create(true).open(&self.path).map_err(|source| self.failed("open", source))?;
        if let Err(source) = file.write_all(&lines.concat()).and_then(|()| file.sync_data()) {
            // All or none: a part of the group must not stay.
            return match file.set_len(self.seen.bytes) {
                Ok(()) => Err(self.failed("append to", source)),
                Err(cut) => Err(self.failed("cut a half-written group from", cut)),
            };
        }
        if self.seen.bytes == 0 { self.sync_folder() } else { Ok(()) }
    }

    /// Makes the name of a new stream durable.
    fn sync_folder(&self) -> Result<(), Error> {
        // Only Unix opens a folder as a file; elsewhere the name is durable with the file.
        if cfg!(unix)
            && let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|source| Error::of_io("sync", folder, source))?;
        }
        Ok(())
    }

    fn options(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.append(true);
        options
    }

    fn failed(&self, action: &'static str, source: std::io::Error) -> Error {
        Error::of_io(action, &self.path, source)
    }
}

fn invalid(kind: &EventKind, why: impl Into<String>) -> Error {
    Error::Invalid { kind: kind.to_string(), why: why.into() }
}

#[cfg(test)]
mod tests;
