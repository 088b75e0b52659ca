//! Writes what happened to a ref into its log, where `git reflog` shows it, and reads why HEAD moved last.
//!
//! Every move is logged, also of refs that git does not log by itself, and before the ref moves.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use super::{Error, Person, RefUpdate, Repository, durable};
use crate::base::Clock;
use crate::model::ObjectFormat;

/// How much of a log's end is read for its last line, in bytes.
const TAIL: u64 = 16 << 10;

impl Repository {
    /// Appends one line to the log of the ref that is about to move.
    pub(super) fn append_reflog(&self, update: &RefUpdate) -> Result<(), Error> {
        let path = self.common_dir().join("logs").join(&update.name);
        let old = update.expected.target().map_or_else(|| null_id(self.object_format()), |id| id.to_string());
        let line = reflog_line(&old, update, self.committer());
        let append = || -> io::Result<()> {
            durable::create_parents(&path)?;
            let mut log: File = File::options().append(true).create(true).open(&path)?;
            log.write_all(line.as_bytes())
        };
        append().map_err(Error::write(&path))
    }

    /// Returns why HEAD moved last, as its log has it (`commit (amend): ...`, `rebase (pick): ...`).
    ///
    /// `None` where nothing is logged, or the log cannot be read.
    #[must_use]
    pub fn last_move_of_head(&self) -> Option<String> {
        let mut log = File::open(self.git_dir().join("logs/HEAD")).ok()?;
        let length = log.seek(SeekFrom::End(0)).ok()?;
        log.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
        let mut tail = Vec::new();
        log.take(TAIL).read_to_end(&mut tail).ok()?;
        let line = tail.strip_suffix(b"\n")?.rsplit(|byte| *byte == b'\n').next()?;
        let (_, message) = std::str::from_utf8(line).ok()?.split_once('\t')?;
        Some(message.to_owned())
    }
}

fn null_id(format: ObjectFormat) -> String {
    "0".repeat(format.width() * 2)
}

fn reflog_line(old: &str, update: &RefUpdate, person: Option<Person>) -> String {
    let clean = |text: &str, no: &[char]| text.replace(|c: char| c.is_control() || no.contains(&c), " ");
    let (name, email) = match &person {
        Some(person) => (clean(&person.name, &['<', '>']), clean(&person.email, &['<', '>'])),
        None => ("git-iao".to_owned(), String::new()),
    };
    let now = Clock::System.now().as_seconds();
    let message = clean(&update.message, &[]);
    format!("{old} {} {name} <{email}> {now} +0000\t{message}\n", update.new)
}
