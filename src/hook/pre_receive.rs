//! What a push brings to the receiving end: read from quarantine, before any ref moves.
//!
//! Nothing is taken for known but what this repository's own refs reach, and no ref is written.

use super::arriving::{Arriving, Tips, commits, commits_of, judge};
use super::{Error, Update};
use crate::git::Repository;

/// Returns what is new here: every commit that no ref of this repository reaches, oldest first.
///
/// Evidence (`refs/iao/*`, `refs/notes/iao`) is left out.
///
/// # Errors
/// When an object is missing.
pub fn pre_receive(repository: &Repository, updates: &[Update]) -> Result<Arriving, Error> {
    let tips = Tips::of(repository, updates.iter().filter(|update| !update.is_evidence()))?;
    let known = repository.refs("refs/")?;
    let hidden = commits_of(repository, known.into_iter().map(|(_, target)| target));
    let newest_first = commits(repository, &tips, &hidden)?;
    judge(repository, &tips, newest_first)
}
