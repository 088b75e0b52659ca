//! Stages everything that one run will record, so that a single write makes it durable.
//!
//! Advice only: no ref moves here, and what another process changes meanwhile is staged again when they do.

use super::advance::By;
use super::{Entry, Error, KEEP_REF, Ledger, NOTES_REF, keep, project, store};
use crate::base::Timestamp;
use crate::git::Person;
use crate::model::ObjectId;

/// What a run will record, in the order in which its refs move.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// Commits for [`Ledger::keep`].
    pub keep: &'a [ObjectId],
    /// Entries for [`Ledger::append`].
    pub entries: &'a [Entry],
    /// The message of that commit.
    pub message: &'a str,
    /// Notes for [`Ledger::project_notes`].
    pub notes: &'a [(ObjectId, Vec<u8>)],
}

impl Ledger<'_> {
    /// Stages the objects that keeping, appending and projecting will write: they are the same when made again from
    /// the same refs, by the same person, at the same time.
    ///
    /// # Errors
    /// When what the refs name cannot be read, or an entry contradicts one that is there.
    pub fn stage(&self, batch: &Batch<'_>, person: &Person, time: Timestamp) -> Result<(), Error> {
        let (repository, by) = (self.repository, By { person, time });
        if !batch.keep.is_empty() {
            let wanted = batch.keep.iter().copied().collect();
            keep::next_link(repository, by, repository.ref_target(KEEP_REF)?, &wanted)?;
        }
        if !batch.entries.is_empty() {
            store::next_commit(repository, by, self.head, batch.entries, batch.message)?;
        }
        if !batch.notes.is_empty() {
            project::next_notes(repository, by, repository.ref_target(NOTES_REF)?, batch.notes)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{sealed, time};
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;

    #[test]
    fn what_was_staged_and_persisted_is_not_written_again() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        for number in 0..3 {
            let commit = scratch.loose_commit(&format!("sealed {number}"));
            let entries: Vec<Entry> = (0..9).map(|at| sealed(&format!("{number} {at}"))).collect();
            let notes = [(commit, format!("note {number}\n").into_bytes())];
            let batch = Batch { keep: &[commit], entries: &entries, message: "seal", notes: &notes };
            let mut ledger = Ledger::open(&repository).unwrap();
            ledger.stage(&batch, &tester(), time()).unwrap();
            let refs = [KEEP_REF, super::super::LEDGER_REF, NOTES_REF];
            let before = refs.map(|name| repository.ref_target(name).unwrap());
            assert!(repository.persist().unwrap() > 9);
            assert_eq!(refs.map(|name| repository.ref_target(name).unwrap()), before, "no ref moves");
            let stored = || scratch.git(&["count-objects", "-v"]);
            let after = stored();
            ledger.keep(batch.keep, &tester(), time()).unwrap();
            ledger.append(batch.entries, batch.message, &tester(), time()).unwrap();
            ledger.project_notes(batch.notes, &tester(), time()).unwrap();
            assert_eq!(stored(), after, "not one object more");
            ledger.check().unwrap();
        }
        assert_eq!(scratch.git(&["fsck", "--full", "--strict", "--no-dangling"]), "");
    }
}
