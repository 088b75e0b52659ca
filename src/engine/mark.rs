//! How far this working tree's event stream and the ledger were seen together, so that neither is read twice.
//!
//! A stream that is there must contain the mark; one that is gone says nothing, and starts anew.

use serde::{Deserialize, Serialize};

use super::Error;
use crate::base::{ContentAddress, canonical};
use crate::event::{Anchor, Place};
use crate::git::Repository;
use crate::model::ObjectId;
use crate::step;

/// What was seen when the last run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mark {
    /// Events of the stream.
    count: u64,
    /// Digest of the last one's line.
    head: ContentAddress,
    /// Lines of the file.
    lines: u64,
    /// Bytes of the file.
    bytes: u64,
    /// Bytes of its last line.
    last_line: u64,
    /// The ledger whose places of this stream were compared with it; `null` when there was none.
    pub(super) ledger: Option<ObjectId>,
    /// The ledger whose newest seals all have their notes, and where the notes stood then.
    pub(super) projected: Option<Projected>,
}

/// A ledger and the notes that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Projected {
    /// Head of the ledger.
    pub(super) ledger: ObjectId,
    /// Target of the notes' ref.
    pub(super) notes: ObjectId,
}

impl Mark {
    pub(super) fn new(place: Place, ledger: Option<ObjectId>, projected: Option<Projected>) -> Self {
        let Place { anchor, lines, bytes, last_line } = place;
        Self { count: anchor.count, head: anchor.head, lines, bytes, last_line, ledger, projected }
    }

    /// Returns the state of the chain at the mark.
    pub(super) fn anchor(&self) -> Anchor {
        Anchor { count: self.count, head: self.head }
    }

    /// Returns the place in the file.
    pub(super) fn place(&self) -> Place {
        let Self { lines, bytes, last_line, .. } = *self;
        Place { anchor: self.anchor(), lines, bytes, last_line }
    }
}

/// Returns the mark; `None` when none was ever made.
pub(super) fn read(repository: &Repository) -> Result<Option<Mark>, Error> {
    let name = name(repository);
    let Some(bytes) = repository.read_local(&name)? else {
        return Ok(None);
    };
    let mark = canonical::from_slice(&bytes).map_err(|source| step::Error::Record { name, source })?;
    Ok(Some(mark))
}

/// Replaces the mark.
pub(super) fn write(repository: &Repository, mark: &Mark) -> Result<(), Error> {
    let name = name(repository);
    let bytes =
        canonical::to_vec(mark).map_err(|source| step::Error::Record { name: name.clone(), source })?;
    Ok(repository.write_local(&name, &bytes)?)
}

/// Each linked working tree has a stream of its own, and so a mark of its own.
fn name(repository: &Repository) -> String {
    let own = repository.git_dir();
    match own.file_name().and_then(|name| name.to_str()) {
        Some(worktree) if own != repository.common_dir() => format!("trust/stream-{worktree}"),
        _ => "trust/stream".to_owned(),
    }
}
