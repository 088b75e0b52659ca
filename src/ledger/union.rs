//! Puts two ledgers together: the union of their trees.
//!
//! Nothing is lost and nothing replaced; the same path with other bytes is an error, never a choice.

use super::advance::{By, contains};
use super::check::Origin;
use super::{Error, Ledger, check};
use crate::base::Timestamp;
use crate::git::{self, Person, Repository, TreeEdit};
use crate::model::ObjectId;

impl Ledger<'_> {
    /// Takes over everything another ledger holds, whose tip is `other`, and returns the new head.
    ///
    /// The other's history is checked first. It becomes a second parent, or the head itself when it contains
    /// all that is here; nothing happens when all of it is here already.
    ///
    /// # Errors
    /// `EntryExists` when both hold the same path with other bytes; `LedgerTampered` for a history that did more than grow.
    pub fn merge(&mut self, other: ObjectId, person: &Person, time: Timestamp) -> Result<ObjectId, Error> {
        check::check_commits(self.repository, other, self.head.as_slice(), Origin::Here, 1)?;
        self.join(other, person, time)
    }

    /// As [`Self::merge`], when the other's history was checked.
    pub(super) fn join(
        &mut self,
        other: ObjectId,
        person: &Person,
        time: Timestamp,
    ) -> Result<ObjectId, Error> {
        let (repository, by) = (self.repository, By { person, time });
        self.move_head("git-iao: merge", |current| match current {
            Some(current) if contains(repository, current, other)? => Ok(None),
            Some(current) if !contains(repository, other, current)? => {
                let ours = check::read_commit(repository, current)?.tree;
                let theirs = check::read_commit(repository, other)?.tree;
                let tree = union(repository, ours, theirs)?;
                by.commit(repository, tree, vec![current, other], "git-iao: merge two ledgers").map(Some)
            }
            _ => Ok(Some(other)),
        })
    }
}

/// Returns the tree that holds every entry of both, staged.
///
/// The same tree comes out whichever comes first.
pub(super) fn union(repository: &Repository, ours: ObjectId, theirs: ObjectId) -> Result<ObjectId, Error> {
    let changes = repository
        .diff_trees(ours, theirs)
        .map_err(Error::unreadable(|| format!("the difference between the trees {ours} and {theirs}")))?;
    let mut edits = Vec::new();
    for (path, in_ours, in_theirs) in changes {
        match (in_ours, in_theirs) {
            (None, Some((mode, id))) => edits.push(TreeEdit::Put { path, mode, id }),
            (Some(_), Some(_)) => return Err(Error::EntryExists { path }),
            (_, None) => {}
        }
    }
    let merged = repository.stage_tree(ours, &edits).map_err(|error| match error {
        // A file on one side is a directory on the other.
        git::Error::EditRefused { path, .. } => Error::EntryExists { path },
        error => error.into(),
    })?;
    require_growth(repository, ours, merged)?;
    require_growth(repository, theirs, merged)?;
    Ok(merged)
}

/// Makes sure that nothing of `before` is lost in `after`, as when a file takes the place of a directory.
pub(super) fn require_growth(
    repository: &Repository,
    before: ObjectId,
    after: ObjectId,
) -> Result<(), Error> {
    match check::additions(repository, after, before, after) {
        Ok(_) => Ok(()),
        Err(Error::LedgerTampered { path, .. }) => Err(Error::EntryExists { path }),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::LEDGER_REF;
    use super::super::fixture::{add, at, elsewhere, sealed, time};
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;
    use crate::model::{FileMode, RepoPath};

    #[test]
    fn two_ledgers_become_one_that_holds_both() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let start = add(&repository, &[sealed("common")]).unwrap();
        let theirs = elsewhere(&scratch, Some(start), &[sealed("theirs")]);
        let strangers = elsewhere(&scratch, None, &[sealed("strangers"), sealed("common")]);
        let mut ledger = Ledger::open(&repository).unwrap();
        let ours = ledger.append(&[sealed("ours")], "x", &tester(), time()).unwrap();
        let merged = ledger.merge(theirs, &tester(), time()).unwrap();
        assert_eq!(repository.commit(merged).unwrap().parents, [ours, theirs]);
        assert_eq!(ledger.merge(theirs, &tester(), time()).unwrap(), merged);
        assert_eq!(ledger.merge(start, &tester(), time()).unwrap(), merged);
        ledger.merge(strangers, &tester(), time()).unwrap();
        assert_eq!(ledger.list("seals").unwrap().len(), 4);
        ledger.check().unwrap();
        // What contains all that is here simply becomes the head.
        let head = ledger.head();
        let longer = elsewhere(&scratch, head, &[sealed("more")]);
        assert_eq!(ledger.merge(longer, &tester(), time()).unwrap(), longer);
    }

    #[test]
    fn ledgers_that_contradict_each_other_are_not_merged() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let theirs = elsewhere(&scratch, None, &[at("runs/1/a", "theirs")]);
        let over = elsewhere(&scratch, None, &[at("runs/1", "a file over a directory")]);
        let mut ledger = Ledger::open(&repository).unwrap();
        let head = ledger.append(&[at("runs/1/a", "ours")], "x", &tester(), time()).unwrap();
        for other in [theirs, over] {
            let merged = ledger.merge(other, &tester(), time());
            assert!(matches!(merged, Err(Error::EntryExists { .. })), "{merged:?}");
        }
        let tree = scratch.raw_tree(&[("120000", "link", scratch.blob("x"))]);
        let forged = scratch.commit_tree(tree, &[], "forged");
        assert!(matches!(ledger.merge(forged, &tester(), time()), Err(Error::LedgerTampered { .. })));
        assert_eq!(repository.ref_target(LEDGER_REF).unwrap(), Some(head));
    }

    /// The tree of some files, each named after its content.
    fn tree_of(repository: &Repository, files: &[(u8, u8)]) -> ObjectId {
        let edits: Vec<_> = files
            .iter()
            .map(|(directory, name)| {
                let path = RepoPath::from(format!("{}/{name}", directory % 3).as_str());
                let id = repository.stage_blob(&[*directory % 3, *name]).unwrap();
                TreeEdit::Put { path, mode: FileMode::Regular, id }
            })
            .collect();
        repository.stage_tree(repository.empty_tree(), &edits).unwrap()
    }

    #[test]
    fn the_union_of_trees_is_commutative_associative_and_idempotent() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let files = proptest::collection::vec(any::<(u8, u8)>(), 0..12);
        proptest!(|(a in files.clone(), b in files.clone(), c in files)| {
            let [a, b, c] = [a, b, c].map(|files| tree_of(&repository, &files));
            let join = |x, y| union(&repository, x, y).unwrap();
            prop_assert_eq!(join(a, b), join(b, a));
            prop_assert_eq!(join(join(a, b), c), join(a, join(b, c)));
            prop_assert_eq!(join(a, a), a);
            prop_assert_eq!(join(a, join(a, b)), join(a, b));
            prop_assert_eq!(join(a, repository.empty_tree()), a);
        });
    }
}
