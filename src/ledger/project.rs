//! Writes the notes that reviewers read: a projection of the ledger, which can be made again at any time.
//!
//! The notes ref moves by compare-and-swap; a plain `git notes` that runs at the same time is never overwritten.

use super::advance::{By, advance};
use super::{Error, Ledger, NOTES_REF};
use crate::base::Timestamp;
use crate::git::{Person, Repository};
use crate::model::ObjectId;

const MESSAGE: &str = "git-iao: notes";

impl Ledger<'_> {
    /// Writes the notes (text by annotated object) to `refs/notes/iao`, all in one commit.
    ///
    /// Other notes, and entries of the notes tree that are none, stay. Nothing is written when all are there.
    ///
    /// # Errors
    /// When the notes tree cannot be read, or holds more than one note for one of the objects.
    pub fn project_notes(
        &self,
        notes: &[(ObjectId, Vec<u8>)],
        person: &Person,
        time: Timestamp,
    ) -> Result<(), Error> {
        let (repository, by) = (self.repository, By { person, time });
        if notes.is_empty() {
            return Ok(());
        }
        advance(repository, NOTES_REF, MESSAGE, |tip| next_notes(repository, by, tip, notes))?;
        Ok(())
    }
}

/// Stages the commit that adds `notes` to those of `tip`; `None` when all are there.
pub(super) fn next_notes(
    repository: &Repository,
    by: By<'_>,
    tip: Option<ObjectId>,
    notes: &[(ObjectId, Vec<u8>)],
) -> Result<Option<ObjectId>, Error> {
    let current = tip.map(|tip| repository.commit(tip)).transpose()?.map(|commit| commit.tree);
    let tree = repository.stage_notes(current, notes)?;
    if current == Some(tree) {
        return Ok(None);
    }
    by.commit(repository, tree, tip.into_iter().collect(), MESSAGE).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::time;
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;

    #[test]
    fn notes_are_written_once_and_beside_those_of_git() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (ours, gits) = (scratch.loose_commit("ours"), scratch.loose_commit("by git"));
        scratch.git(&["notes", "--ref=iao", "add", "-m", "from git", &gits.to_string()]);
        let ledger = Ledger::open(&repository).unwrap();
        let notes = [(ours, b"sealed\n".to_vec())];
        ledger.project_notes(&notes, &tester(), time()).unwrap();
        let tip = repository.ref_target(NOTES_REF).unwrap();
        ledger.project_notes(&notes, &tester(), time()).unwrap();
        assert_eq!(repository.ref_target(NOTES_REF).unwrap(), tip);
        assert_eq!(scratch.git(&["notes", "--ref=iao", "show", &ours.to_string()]), "sealed");
        assert_eq!(scratch.git(&["notes", "--ref=iao", "show", &gits.to_string()]), "from git");
        assert_eq!(scratch.git(&["log", "-1", "--format=%s", NOTES_REF]), "git-iao: notes");
    }
}
