//! Makes the notes that a remote gets: those of this clone, laid over those that are there.
//!
//! Notes of a remote are never taken over here: they could speak for seals that no ledger holds. What is pushed has
//! the remote's tip as its first parent, so nothing is forced and the history of who wrote what stays.

use super::Error;
use crate::base::Timestamp;
use crate::git::{self, NewCommit, Person, Repository};
use crate::ledger::{Ledger, NOTES_REF};
use crate::model::ObjectId;
use crate::seal;

/// Returns the commit that the remote's notes ref, now at `theirs`, shall be moved to: `Ok(None)` when it shows all
/// of ours, `Err` with the reason when it can show none.
///
/// # Errors
/// When our notes cannot be read.
pub(super) fn notes(
    repository: &Repository,
    ledger: &Ledger<'_>,
    theirs: Option<ObjectId>,
    person: &Person,
    time: Timestamp,
) -> Result<Result<Option<ObjectId>, String>, Error> {
    let Some(ours) = repository.ref_target(NOTES_REF)? else { return Ok(Ok(None)) };
    let Some(theirs) = theirs else { return Ok(Ok(Some(ours))) };
    if ours == theirs {
        return Ok(Ok(None));
    }
    match repository.kind(theirs)? {
        "commit" => {}
        kind => return Ok(Err(format!("the remote's is a {kind}, which no notes can be added to"))),
    }
    if repository.is_ancestor(theirs, ours)? {
        return Ok(Ok(Some(ours)));
    }
    let Some(tree) = lay_over(repository, ledger, theirs, ours)? else { return Ok(Ok(None)) };
    let commit = NewCommit {
        tree,
        parents: vec![theirs, ours],
        person: person.clone(),
        time,
        message: "git-iao: notes of two clones".to_owned(),
    };
    let tip = repository.stage_commit(&commit)?;
    repository.persist()?;
    Ok(Ok(Some(tip)))
}

fn lay_over(
    repository: &Repository,
    ledger: &Ledger<'_>,
    theirs: ObjectId,
    ours: ObjectId,
) -> Result<Option<ObjectId>, Error> {
    let (below, above) = (repository.commit(theirs)?.tree, repository.commit(ours)?.tree);
    // What the ledger has a seal of is for us to say; beside that, what stands at the remote stays.
    let replaces = |object| seal::find(ledger, object).is_ok_and(|found| !found.seals.is_empty());
    match repository.overlay_notes(below, above, replaces) {
        Ok(tree) => Ok(tree),
        // A tree that is no notes tree holds nothing that can be kept; its commit stays as a parent.
        Err(
            git::Error::AmbiguousNote { .. }
            | git::Error::Read { .. }
            | git::Error::TreeTooLarge { .. }
            | git::Error::TreeTooDeep { .. }
            | git::Error::CorruptObject { .. },
        ) => Ok((below != above).then_some(above)),
        Err(error) => Err(error.into()),
    }
}
