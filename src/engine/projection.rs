//! Brings the notes up to the ledger again: after a crash between the two, or when somebody asks.
//!
//! The ledger is the record; notes are what reviewers meet, and can always be written again from it.

use std::collections::BTreeSet;

use super::Error;
use crate::base::Timestamp;
use crate::git::{Person, Repository};
use crate::ledger::{Ledger, NOTES_REF};
use crate::model::ObjectId;
use crate::seal::{self, SealIndex};

/// How many of the sealed commits that were recorded last are looked at before a run: what one killed process can
/// have left behind.
const RECENT: usize = 8;

/// Writes the notes that the seals recorded last lack; returns how many.
///
/// # Errors
/// When the ledger cannot be read, or the notes cannot be written.
pub fn project_missing(repository: &Repository, person: &Person, now: Timestamp) -> Result<usize, Error> {
    let ledger = Ledger::open(repository)?;
    let recent = seal::recently_sealed(&ledger, RECENT)?;
    let mut missing = Vec::new();
    for commit in recent {
        if repository.note(NOTES_REF, commit)?.is_none() {
            missing.push(commit);
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    Ok(seal::project(&ledger, &missing, person, now)?)
}

/// Writes the note of every sealed commit; returns how many.
///
/// # Errors
/// As [`project_missing`].
pub fn rebuild_notes(repository: &Repository, person: &Person, now: Timestamp) -> Result<usize, Error> {
    let ledger = Ledger::open(repository)?;
    let index = SealIndex::read(&ledger)?;
    let commits: BTreeSet<ObjectId> = index.seals().iter().map(|seal| seal.statement().commit()).collect();
    let commits: Vec<ObjectId> = commits.into_iter().collect();
    Ok(seal::project(&ledger, &commits, person, now)?)
}
