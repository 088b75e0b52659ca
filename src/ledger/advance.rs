//! Moves one ref forward by compare-and-swap, again from what is there now when the race was lost.
//!
//! Objects are durable before the ref names them.

use std::time::Duration;

use super::Error;
use crate::base::Timestamp;
use crate::git::{self, Expected, NewCommit, Person, RefUpdate, Repository};
use crate::model::ObjectId;

/// How often a lost race is run again. Under the advisory lock only other programs can win it.
const TRIES: usize = 10;

/// Who writes, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) person: &'a Person,
    pub(super) time: Timestamp,
}

impl By<'_> {
    /// Stages a commit by this person at this time.
    pub(super) fn commit(
        self,
        repository: &Repository,
        tree: ObjectId,
        parents: Vec<ObjectId>,
        message: &str,
    ) -> Result<ObjectId, Error> {
        let commit = NewCommit {
            tree,
            parents,
            person: self.person.clone(),
            time: self.time,
            message: message.to_owned(),
        };
        Ok(repository.stage_commit(&commit)?)
    }
}

/// Moves `name` to what `build` makes of its present target, and returns what it is then.
///
/// `build` stages objects; it may be called several times, each time with the target read just before, and
/// leaves the ref alone by returning `None`.
///
/// # Errors
/// Those of `build`; `Contended` when the race was lost ten times.
pub(super) fn advance(
    repository: &Repository,
    name: &'static str,
    message: &str,
    mut build: impl FnMut(Option<ObjectId>) -> Result<Option<ObjectId>, Error>,
) -> Result<Option<ObjectId>, Error> {
    let _lock = repository.lock()?;
    for attempt in 0..TRIES {
        let current = repository.ref_target(name)?;
        let Some(new) = build(current)? else { return Ok(current) };
        repository.persist()?;
        let update = RefUpdate {
            name: name.to_owned(),
            expected: Expected::from_target(current),
            new,
            message: message.to_owned(),
        };
        match repository.update_ref(&update) {
            Ok(()) => return Ok(Some(new)),
            Err(git::Error::RefMoved { .. }) => std::thread::sleep(Duration::from_millis(1 << attempt)),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Contended { name, tries: TRIES })
}

/// Says whether the history of `tip` holds `commit`.
pub(super) fn contains(repository: &Repository, tip: ObjectId, commit: ObjectId) -> Result<bool, Error> {
    repository.is_ancestor(commit, tip).map_err(Error::unreadable(|| format!("the history of {tip}")))
}

#[cfg(test)]
mod tests {
    use super::super::KEEP_REF;
    use super::super::fixture::time;
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;

    /// Advances by one commit, while somebody with plain git gets in first `rivals` times.
    fn race(rivals: usize) -> (Sandbox, Result<Option<ObjectId>, Error>, usize) {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let person = tester();
        let by = By { person: &person, time: time() };
        let mut turns = 0;
        let outcome = advance(&repository, KEEP_REF, "test", |current| {
            turns += 1;
            if turns <= rivals {
                let rival = scratch.loose_commit(&format!("rival {turns}"));
                scratch.git(&["update-ref", KEEP_REF, &rival.to_string()]);
            }
            let tree = repository.stage_empty_tree()?;
            by.commit(&repository, tree, current.into_iter().collect(), "ours").map(Some)
        });
        (scratch, outcome, turns)
    }

    #[test]
    fn a_lost_race_is_run_again_from_what_is_there_now() {
        let (scratch, outcome, turns) = race(3);
        let tip = outcome.unwrap().unwrap();
        assert_eq!((turns, scratch.git(&["rev-parse", KEEP_REF])), (4, tip.to_string()));
        assert_eq!(scratch.git(&["log", "--format=%s", KEEP_REF]), "ours\nrival 3");
    }

    #[test]
    fn a_race_that_is_never_won_ends() {
        let (scratch, outcome, turns) = race(usize::MAX);
        assert!(matches!(outcome, Err(Error::Contended { name: KEEP_REF, tries: TRIES })), "{outcome:?}");
        assert_eq!(turns, TRIES);
        assert!(!scratch.in_git("refs/iao/keep.lock").exists());
    }
}
