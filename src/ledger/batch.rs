//! Stages everything that one run will record, so that a single write makes it durable.
//!
//! No ref moves here. What another process changes meanwhile is made again when they do.

use super::advance::{By, advance};
use super::{Entry, Error, KEEP_REF, LEDGER_REF, Ledger, NOTES_REF, check, keep, project, store};
use crate::base::Timestamp;
use crate::git::Person;
use crate::model::ObjectId;

/// What a run will record, in the order in which its refs move.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'b> {
    /// Commits for [`Ledger::keep`].
    pub keep: &'b [ObjectId],
    /// Entries for [`Ledger::append`].
    pub entries: &'b [Entry],
    /// The message of that commit.
    pub message: &'b str,
    /// Notes for [`Ledger::project_notes`].
    pub notes: &'b [(ObjectId, Vec<u8>)],
}

/// A batch whose objects are staged, for [`Ledger::keep_staged`] and [`Ledger::append_staged`].
#[derive(Debug)]
pub struct StagedBatch<'b> {
    batch: Batch<'b>,
    by: By<'b>,
    keep: Step,
    ledger: Step,
    notes: Step,
}

/// Where a ref stood, and where it goes from there: `None` when it stays.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    from: Option<ObjectId>,
    to: Option<ObjectId>,
}

impl StagedBatch<'_> {
    /// Returns the refs that will move, and what they will name if nobody else moves them.
    #[must_use]
    pub fn moves(&self) -> Vec<(&'static str, ObjectId)> {
        let steps = [(KEEP_REF, self.keep), (LEDGER_REF, self.ledger), (NOTES_REF, self.notes)];
        steps.into_iter().filter_map(|(name, step)| Some((name, step.to?))).collect()
    }
}

impl Ledger<'_> {
    /// Stages the objects that keeping, appending and projecting will write: they are the same when made again from
    /// the same refs, by the same person, at the same time.
    ///
    /// # Errors
    /// When what the refs name cannot be read, or an entry contradicts one that is there.
    pub fn stage<'b>(
        &self,
        batch: Batch<'b>,
        person: &'b Person,
        time: Timestamp,
    ) -> Result<StagedBatch<'b>, Error> {
        let (repository, by) = (self.repository, By { person, time });
        let (mut keep, mut ledger, mut notes) = (Step::default(), Step::default(), Step::default());
        if !batch.keep.is_empty() {
            let wanted = batch.keep.iter().copied().collect();
            keep.from = repository.ref_target(KEEP_REF)?;
            keep.to = keep::next_link(repository, by, keep.from, &wanted)?;
        }
        if !batch.entries.is_empty() {
            ledger.from = self.head;
            ledger.to = store::next_commit(repository, by, self.head, batch.entries, batch.message)?;
        }
        if !batch.notes.is_empty() {
            notes.from = repository.ref_target(NOTES_REF)?;
            notes.to = project::next_notes(repository, by, notes.from, batch.notes)?;
        }
        Ok(StagedBatch { batch, by, keep, ledger, notes })
    }

    /// Keeps the commits of a batch, as [`Self::keep`] does.
    ///
    /// # Errors
    /// As [`Self::keep`].
    pub fn keep_staged(&self, staged: &StagedBatch<'_>) -> Result<(), Error> {
        let (batch, by, step) = (staged.batch, staged.by, staged.keep);
        if step.to.is_none() {
            return self.keep(batch.keep, by.person, by.time);
        }
        let wanted = keep::commits(self.repository, batch.keep)?;
        advance(self.repository, KEEP_REF, keep::MESSAGE, |tip| {
            if tip == step.from { Ok(step.to) } else { keep::next_link(self.repository, by, tip, &wanted) }
        })?;
        Ok(())
    }

    /// Adds the entries of a batch, as [`Self::append`] does, and returns the new head.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn append_staged(&mut self, staged: &StagedBatch<'_>) -> Result<ObjectId, Error> {
        let (repository, Batch { entries, message, .. }) = (self.repository, staged.batch);
        check::check_new(entries)?;
        let step = staged.ledger;
        self.move_head(message, |current| match step.to {
            Some(next) if step.from == current => Ok(Some(next)),
            _ => store::next_commit(repository, staged.by, current, entries, message),
        })
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
            let person = tester();
            let staged = ledger.stage(batch, &person, time()).unwrap();
            let moves = staged.moves();
            let refs = [KEEP_REF, LEDGER_REF, NOTES_REF];
            let before = refs.map(|name| repository.ref_target(name).unwrap());
            assert!(repository.persist().unwrap() > 9);
            assert_eq!(refs.map(|name| repository.ref_target(name).unwrap()), before, "no ref moves");
            let stored = || scratch.git(&["count-objects", "-v"]);
            let after = stored();
            if number == 1 {
                ledger.keep(batch.keep, &person, time()).unwrap();
                ledger.append(batch.entries, batch.message, &person, time()).unwrap();
            } else {
                ledger.keep_staged(&staged).unwrap();
                ledger.append_staged(&staged).unwrap();
            }
            ledger.project_notes(batch.notes, &person, time()).unwrap();
            assert_eq!(stored(), after, "not one object more");
            for (at, name) in refs.into_iter().enumerate() {
                assert_eq!(moves[at], (name, repository.ref_target(name).unwrap().unwrap()));
            }
            ledger.check().unwrap();
        }
        assert_eq!(scratch.git(&["fsck", "--full", "--strict", "--no-dangling"]), "");
    }

    #[test]
    fn what_another_writer_recorded_meanwhile_is_built_upon() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (one, two) = (scratch.loose_commit("one"), scratch.loose_commit("two"));
        let (entries, person) = ([sealed("ours")], tester());
        let mut ledger = Ledger::open(&repository).unwrap();
        let batch = Batch { keep: &[one], entries: &entries, message: "ours", notes: &[] };
        let staged = ledger.stage(batch, &person, time()).unwrap();
        let mut other = Ledger::open(&repository).unwrap();
        other.keep(&[two], &person, time()).unwrap();
        let theirs = other.append(&[sealed("theirs")], "theirs", &person, time()).unwrap();
        ledger.keep_staged(&staged).unwrap();
        let head = ledger.append_staged(&staged).unwrap();
        assert_eq!(repository.commit(head).unwrap().parents, [theirs]);
        assert_eq!(ledger.list("seals").unwrap().len(), 2);
        let kept = repository.commit(repository.ref_target(KEEP_REF).unwrap().unwrap()).unwrap().parents;
        assert_eq!(kept[1..], [one]);
        assert_eq!(repository.commit(kept[0]).unwrap().parents[1..], [two]);
        ledger.check().unwrap();
    }
}
