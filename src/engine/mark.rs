//! How far this working tree's event stream was last seen: what the ledger has not recorded yet is held by it.
//!
//! A stream that is there must contain the mark; one that is gone says nothing, and starts anew.

use super::Error;
use crate::base::canonical;
use crate::event::Anchor;
use crate::git::Repository;
use crate::step;

/// Returns the mark; `None` when none was ever made.
pub(super) fn read(repository: &Repository) -> Result<Option<Anchor>, Error> {
    let name = name(repository);
    let Some(bytes) = repository.read_local(&name)? else {
        return Ok(None);
    };
    let mark = canonical::from_slice(&bytes).map_err(|source| step::Error::Record { name, source })?;
    Ok(Some(mark))
}

/// Replaces the mark.
pub(super) fn write(repository: &Repository, mark: Anchor) -> Result<(), Error> {
    let name = name(repository);
    let bytes =
        canonical::to_vec(&mark).map_err(|source| step::Error::Record { name: name.clone(), source })?;
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
