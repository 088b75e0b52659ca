//! Moves refs, by compare-and-swap only.
//!
//! One ref moves at a time, durably, and only if it is exactly what was expected.
//!
//! Moving a ref follows git's own protocol (`<ref>.lock`, compare, reflog, rename), so git and we exclude each
//! other. It is written here and not taken from gix, because gix counts a corrupt ref as absent, waits for
//! `packed-refs.lock` without need, and lets the repository's config say how long to wait. No hook is run.

use std::fmt;

use gix::refs::{FullName, Target};

use super::ref_lock::RefLock;
use super::ref_read::{full_name, shared_name};
use super::store::from_gix;
use super::{Error, Repository};
use crate::model::ObjectId;

/// What a ref must be for an update to take place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// There is no such ref.
    Absent,
    /// It names this object.
    Is(ObjectId),
}

impl Expected {
    /// Turns what was read into what is expected still to hold.
    #[must_use]
    pub fn from_target(target: Option<ObjectId>) -> Self {
        target.map_or(Self::Absent, Self::Is)
    }

    pub(super) fn target(self) -> Option<ObjectId> {
        match self {
            Self::Absent => None,
            Self::Is(id) => Some(id),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Is(id) => id.fmt(f),
        }
    }
}

/// One compare-and-swap.
#[derive(Debug, Clone)]
pub struct RefUpdate {
    /// The full name, such as `refs/iao/ledger`.
    pub name: String,
    /// What the ref must be now.
    pub expected: Expected,
    /// What it will name; durable already (see [`Repository::persist`]).
    pub new: ObjectId,
    /// One line for the reflog.
    pub message: String,
}

impl Repository {
    /// Moves one ref, durably, if it is what is expected.
    ///
    /// The move is written to the ref's log, whichever refs the config says are logged.
    ///
    /// # Errors
    /// `RefMoved` when `expected` does not hold; `MissingObject` when `new` was not made durable before;
    /// `RefLocked` when another program holds the ref; `SymbolicRef` rather than moving what a ref points at;
    /// `Quarantine` within a pre-receive hook, as in git.
    pub fn update_ref(&self, update: &RefUpdate) -> Result<(), Error> {
        let name = shared_name(&update.name)?;
        if self.shared.environment.contains_key("GIT_QUARANTINE_PATH") {
            return Err(Error::Quarantine { name: update.name.clone() });
        }
        if update.new.format() != self.object_format() || !self.reader().is_stored(update.new) {
            return Err(self.missing(update.new));
        }
        let lock = self.lock()?;
        lock.record(&update.name, update.new)?;
        let moved = self.move_ref(&name, update);
        lock.clear_record();
        moved
    }

    fn move_ref(&self, name: &FullName, update: &RefUpdate) -> Result<(), Error> {
        if update.expected == Expected::Absent {
            self.refuse_neighbours(&update.name)?;
        }
        let locked = RefLock::take(self.common_dir(), &update.name, update.new)?;
        let actual = match self.read_ref(name)? {
            None => None,
            Some(Target::Object(id)) => Some(from_gix(id)),
            Some(Target::Symbolic(to)) => {
                return Err(Error::SymbolicRef { name: update.name.clone(), to: to.to_string() });
            }
        };
        if actual != update.expected.target() {
            let (name, expected) = (update.name.clone(), update.expected);
            return Err(Error::RefMoved { name, expected, actual: Expected::from_target(actual) });
        }
        if actual == Some(update.new) {
            return Ok(());
        }
        self.append_reflog(update)?;
        locked.commit()
    }

    /// Refuses a new ref that would need a directory where a ref stands, or the other way round.
    fn refuse_neighbours(&self, name: &str) -> Result<(), Error> {
        let conflict = |other: &str| Error::RefConflict { name: name.to_owned(), other: other.to_owned() };
        let above = name.match_indices('/').map(|(at, _)| &name[..at]).skip(1);
        for shorter in above {
            if self.read_ref(&full_name(shorter)?)?.is_some() {
                return Err(conflict(shorter));
            }
        }
        match self.refs(&format!("{name}/"))?.first() {
            Some((longer, _)) => Err(conflict(longer)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Location;
    use super::super::testing::Sandbox;
    use std::fs;

    use super::*;

    const NAME: &str = "refs/iao/ledger";

    fn update(name: &str, expected: Expected, new: ObjectId) -> RefUpdate {
        RefUpdate { name: name.to_owned(), expected, new, message: "moved\nby a test".to_owned() }
    }

    #[test]
    fn git_sees_the_ref_and_its_log() {
        for format in ["sha1", "sha256"] {
            let scratch = Sandbox::with_format(format);
            let repository = scratch.open();
            let (one, two) = (scratch.loose_commit("one"), scratch.loose_commit("two"));
            repository.update_ref(&update(NAME, Expected::Absent, one)).unwrap();
            repository.update_ref(&update(NAME, Expected::Is(one), two)).unwrap();
            assert_eq!(scratch.git(&["rev-parse", NAME, &format!("{NAME}@{{1}}")]), format!("{two}\n{one}"));
            let log = scratch.git(&["log", "-g", "--format=%gs by %gn <%ge>", NAME]);
            assert_eq!(log.lines().next(), Some("moved by a test by Tester <tester@example.com>"));
            scratch.git(&["fsck", "--strict"]);
        }
    }

    #[test]
    fn only_what_is_expected_is_moved() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (one, two) = (scratch.loose_commit("one"), scratch.loose_commit("two"));
        let absent = repository.update_ref(&update(NAME, Expected::Is(one), two)).unwrap_err();
        assert!(matches!(absent, Error::RefMoved { actual: Expected::Absent, .. }), "{absent:?}");
        repository.update_ref(&update(NAME, Expected::Absent, one)).unwrap();
        // Also when it already is what it was to become.
        let there = repository.update_ref(&update(NAME, Expected::Absent, one)).unwrap_err();
        assert!(matches!(there, Error::RefMoved { .. }), "{there:?}");
        scratch.git(&["pack-refs", "--all"]);
        assert!(!scratch.in_git(NAME).exists());
        let packed = repository.update_ref(&update(NAME, Expected::Absent, two)).unwrap_err();
        assert!(matches!(packed, Error::RefMoved { .. }), "{packed:?}");
        repository.update_ref(&update(NAME, Expected::Is(one), two)).unwrap();
        assert_eq!(repository.ref_target(NAME).unwrap(), Some(two));
    }

    #[test]
    fn every_worktree_and_a_bare_clone_move_the_shared_ref() {
        let scratch = Sandbox::new().file("a", "x").commit("first");
        let head: ObjectId = scratch.git(&["rev-parse", "HEAD"]).parse().unwrap();
        let inside = scratch.path().join("linked").display().to_string();
        scratch.git(&["worktree", "add", "-q", "--detach", &inside]);
        let bare = scratch.path().join("bare").display().to_string();
        scratch.git(&["clone", "-q", "--bare", ".", &bare]);
        for (directory, common) in [(&inside, scratch.in_git("")), (&bare, bare.clone().into())] {
            let location = Location { directory: directory.into(), ..Location::default() };
            let repository = Repository::open(&location).unwrap();
            repository.update_ref(&update(NAME, Expected::Absent, head)).unwrap();
            assert_eq!(scratch.git(&["-C", directory, "rev-parse", NAME]), head.to_string());
            for file in [NAME, "logs/refs/iao/ledger", "iao/lock"] {
                assert!(common.join(file).is_file(), "{file} of {directory}");
            }
        }
    }

    #[test]
    fn a_stale_lock_of_packed_refs_does_not_hold_us_up() {
        let scratch = Sandbox::new();
        let (one, two) = (scratch.loose_commit("one"), scratch.loose_commit("two"));
        scratch.git(&["update-ref", NAME, &one.to_string()]);
        scratch.git(&["pack-refs", "--all"]);
        fs::write(scratch.in_git("packed-refs.lock"), "").unwrap();
        scratch.open().update_ref(&update(NAME, Expected::Is(one), two)).unwrap();
        assert_eq!(scratch.git(&["rev-parse", NAME]), two.to_string());
    }

    #[test]
    fn a_corrupt_ref_is_an_error_and_never_absent() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let new = scratch.loose_commit("new");
        fs::create_dir_all(scratch.in_git("refs/iao")).unwrap();
        for content in ["", "\n", "xyz", "ref: refs/iao/ledger\n", "ref: ../../HEAD\n", &"0".repeat(39)] {
            fs::write(scratch.in_git(NAME), content).unwrap();
            let read = repository.ref_target(NAME).unwrap_err();
            assert!(matches!(&read, Error::CorruptRef { name, .. } if name == NAME), "{content:?}: {read:?}");
            repository.update_ref(&update(NAME, Expected::Absent, new)).unwrap_err();
            assert_eq!(fs::read(scratch.in_git(NAME)).unwrap(), content.as_bytes());
        }
    }

    #[test]
    fn a_symbolic_ref_is_followed_and_never_moved() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (main, new) = (scratch.loose_commit("main"), scratch.loose_commit("new"));
        scratch.git(&["update-ref", "refs/heads/main", &main.to_string()]);
        scratch.git(&["symbolic-ref", NAME, "refs/heads/main"]);
        assert_eq!(repository.ref_target(NAME).unwrap(), Some(main));
        let refused = repository.update_ref(&update(NAME, Expected::Is(main), new)).unwrap_err();
        assert!(matches!(refused, Error::SymbolicRef { .. }), "{refused:?}");
        assert_eq!(repository.ref_target("refs/heads/main").unwrap(), Some(main));
    }

    #[test]
    fn an_object_that_is_not_durable_yet_gets_no_ref() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let staged = repository.stage_blob(b"only in memory").unwrap();
        let error = repository.update_ref(&update(NAME, Expected::Absent, staged)).unwrap_err();
        assert!(matches!(error, Error::MissingObject { .. }), "{error:?}");
    }

    #[test]
    fn no_ref_moves_while_a_push_is_in_quarantine() {
        let scratch = Sandbox::new();
        let new = scratch.loose_commit("new");
        let quarantine = scratch.in_git("objects/incoming").into_os_string();
        let environment = [("GIT_QUARANTINE_PATH".to_owned(), quarantine)].into();
        let location = Location { directory: scratch.path(), environment, ..Location::default() };
        let refused = Repository::open(&location).unwrap().update_ref(&update(NAME, Expected::Absent, new));
        assert!(matches!(refused, Err(Error::Quarantine { .. })), "{refused:?}");
        assert_eq!(scratch.open().ref_target(NAME).unwrap(), None);
    }

    #[test]
    fn names_that_are_not_shared_refs_are_refused() {
        let scratch = Sandbox::new();
        let new = scratch.loose_commit("new");
        for name in ["HEAD", "ledger", "refs/../x", "refs/bisect/x", "refs/a.lock", "refs/a b", "refs/", ""] {
            let error = scratch.open().update_ref(&update(name, Expected::Absent, new)).unwrap_err();
            assert!(matches!(error, Error::BadRefName { .. }), "{name}: {error:?}");
        }
    }

    #[test]
    fn a_branch_where_a_directory_is_needed_is_named() {
        let scratch = Sandbox::new();
        let (repository, one) = (scratch.open(), scratch.loose_commit("one"));
        let wanted = update("refs/heads/iao/governance", Expected::Absent, one);
        scratch.git(&["update-ref", "refs/heads/iao", &one.to_string()]);
        for packed in [false, true] {
            if packed {
                scratch.git(&["pack-refs", "--all"]);
            }
            assert_eq!(repository.ref_target(&wanted.name).unwrap(), None);
            let error = repository.update_ref(&wanted).unwrap_err();
            assert!(
                matches!(&error, Error::RefConflict { other, .. } if other == "refs/heads/iao"),
                "{error:?}"
            );
        }
        scratch.git(&["update-ref", "-d", "refs/heads/iao"]);
        repository.update_ref(&wanted).unwrap();
        let error = repository.update_ref(&update("refs/heads/iao", Expected::Absent, one)).unwrap_err();
        assert!(matches!(&error, Error::RefConflict { other, .. } if *other == wanted.name), "{error:?}");
    }
}
