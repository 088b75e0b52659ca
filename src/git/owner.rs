//! The record by which the leftovers of a killed process of ours are recognised.
//!
//! A ref's lock file is removed only when a dead owner's record names that ref and the file holds exactly the
//! recorded object; every other lock belongs to somebody else and is reported.
//!
//! Before a ref is locked, the owner of the advisory lock writes a line into it: ref, intended object,
//! process, boot; or such lines for all refs that it is going to move. Who gains that lock and finds one knows that its writer is gone. (Process and boot are for
//! the person who reads the file: process numbers are used again, above all in containers.)
//!
//! A ref's lock that is still empty is never ours: our lock files appear under their name with their content, in
//! one act. So an empty one is left alone, like every other foreign lock; and `packed-refs.lock` we never take.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Error, durable};
use crate::model::ObjectId;

/// Returns the lines that say which refs are about to be locked, and on their way to what.
pub(super) fn record(moves: &[(&str, ObjectId)]) -> String {
    let (process, boot) = (std::process::id(), boot_id());
    moves.iter().map(|(name, target)| format!("{name} {target} {process} {boot}\n")).collect()
}

/// Clears the ref locks that a dead owner's record names, if they are those that this owner made.
pub(super) fn clear_leftovers(common: &Path, record: &[u8]) -> Result<(), Error> {
    for (name, target) in record.split_inclusive(|byte| *byte == b'\n').filter_map(parse) {
        let stale = lock_path(common, &name);
        if fs::read(&stale).is_ok_and(|content| content == ref_content(target)) {
            fs::remove_file(&stale).map_err(Error::write(&stale))?;
            durable::sync_parent(&stale).map_err(Error::write(&stale))?;
        }
    }
    Ok(())
}

/// Reads a whole line; `None` for one that was torn, before any ref was locked, or that no writer of ours makes.
fn parse(line: &[u8]) -> Option<(String, ObjectId)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let mut words = line.split(' ');
    let (name, target) = (words.next()?, words.next()?.parse().ok()?);
    super::ref_read::shared_name(name).ok()?;
    Some((name.to_owned(), target))
}

/// What a ref's file holds, and its lock file too.
pub(super) fn ref_content(target: ObjectId) -> Vec<u8> {
    format!("{target}\n").into_bytes()
}

/// Where git and we lock a ref.
pub(super) fn lock_path(common: &Path, name: &str) -> PathBuf {
    common.join(format!("{name}.lock"))
}

fn boot_id() -> String {
    match fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(text) => text.trim().to_owned(),
        Err(_) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::super::{Expected, RefUpdate};
    use super::*;

    const NAME: &str = "refs/iao/ledger";

    fn update(new: ObjectId) -> RefUpdate {
        RefUpdate { name: NAME.to_owned(), expected: Expected::Absent, new, message: "test".to_owned() }
    }

    /// What a process leaves that was killed while it moved a ref: its record, and the ref's lock.
    fn crash(scratch: &Sandbox, record: &str, lock: Option<&[u8]>) {
        fs::create_dir_all(scratch.in_git("iao")).unwrap();
        fs::write(scratch.in_git("iao/lock"), record).unwrap();
        fs::create_dir_all(scratch.in_git("refs/iao")).unwrap();
        if let Some(content) = lock {
            fs::write(scratch.in_git("refs/iao/ledger.lock"), content).unwrap();
        }
    }

    /// What stands in the record, but for the line ends that a longer one leaves behind it.
    fn record(scratch: &Sandbox) -> String {
        fs::read_to_string(scratch.in_git("iao/lock")).unwrap().trim_end_matches('\n').to_owned()
    }

    #[test]
    fn a_lock_that_a_killed_process_of_ours_left_is_cleared() {
        let scratch = Sandbox::new();
        let (intended, new) = (scratch.loose_commit("intended"), scratch.loose_commit("new"));
        let content = format!("{intended}\n");
        crash(&scratch, &format!("{NAME} {intended} 4711 some-boot\n"), Some(content.as_bytes()));
        scratch.open().update_ref(&update(new)).unwrap();
        assert_eq!(scratch.git(&["rev-parse", NAME]), new.to_string());
        assert!(!scratch.in_git("refs/iao/ledger.lock").exists());
        assert_eq!(record(&scratch), "");
    }

    #[test]
    fn of_several_announced_moves_the_one_that_was_under_way_is_cleared() {
        let scratch = Sandbox::new();
        let (intended, new) = (scratch.loose_commit("intended"), scratch.loose_commit("new"));
        let lines =
            ["refs/iao/keep", NAME, "refs/notes/iao"].map(|name| format!("{name} {intended} 4711 boot\n"));
        crash(&scratch, &lines.concat(), Some(format!("{intended}\n").as_bytes()));
        let repository = scratch.open();
        let lock = repository.lock().unwrap();
        assert!(!scratch.in_git("refs/iao/ledger.lock").exists());
        lock.announce(&[(NAME, new), ("refs/iao/keep", new)]).unwrap();
        let announced = record(&scratch);
        assert_eq!(announced.lines().count(), 2, "{announced}");
        repository.update_ref(&update(new)).unwrap();
        assert_eq!(record(&scratch), announced, "not written again");
        repository.update_ref(&RefUpdate { expected: Expected::Is(new), ..update(intended) }).unwrap();
        assert_eq!(record(&scratch), "", "another move than was announced");
        lock.announce(&[(NAME, new)]).unwrap();
        drop(lock);
        assert_eq!(record(&scratch), "");
    }

    #[test]
    fn a_kill_before_the_lock_or_after_the_move_needs_no_repair() {
        let scratch = Sandbox::new();
        let new = scratch.loose_commit("new");
        for record in [format!("{NAME} {new} 4711 some-boot\n"), format!("{NAME} {new}"), "x".to_owned()] {
            crash(&scratch, &record, None);
            let repository = scratch.open();
            let expected = Expected::from_target(repository.ref_target(NAME).unwrap());
            repository.update_ref(&RefUpdate { expected, ..update(new) }).unwrap();
            assert_eq!(repository.ref_target(NAME).unwrap(), Some(new));
        }
    }

    #[test]
    fn a_foreign_lock_is_reported_and_stays() {
        let scratch = Sandbox::new();
        let (intended, other) = (scratch.loose_commit("intended"), scratch.loose_commit("other"));
        let record = format!("{NAME} {intended} 4711 some-boot\n");
        let elsewhere = format!("refs/iao/keep {other} 4711 some-boot\n");
        let content = format!("{other}\n").into_bytes();
        // Other content, no content, no record, and a record for another ref.
        for (record, content) in
            [(&record, &content), (&record, &Vec::new()), (&String::new(), &content), (&elsewhere, &content)]
        {
            crash(&scratch, record, Some(content));
            let error = scratch.open().update_ref(&update(intended)).unwrap_err();
            assert!(matches!(&error, Error::RefLocked { name, .. } if name == NAME), "{error:?}");
            assert_eq!(&fs::read(scratch.in_git("refs/iao/ledger.lock")).unwrap(), content);
        }
    }

    #[test]
    fn a_record_that_names_a_path_outside_of_refs_is_not_followed() {
        let scratch = Sandbox::new();
        let new = scratch.loose_commit("new");
        let victim = scratch.in_git("victim.lock");
        for name in ["refs/../victim", "../.git/victim", "victim", "refs/iao/../../victim"] {
            fs::write(&victim, format!("{new}\n")).unwrap();
            crash(&scratch, &format!("{name} {new} 1 b\n"), None);
            scratch.open().with_lock(|| Ok(())).unwrap();
            assert!(victim.exists(), "{name}");
        }
    }

    #[test]
    fn a_live_lock_of_git_is_waited_for() {
        let scratch = Sandbox::new();
        let new = scratch.loose_commit("new");
        crash(&scratch, "", Some(b""));
        let lock = scratch.in_git("refs/iao/ledger.lock");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(100));
                fs::remove_file(lock).unwrap();
            });
            scratch.open().update_ref(&update(new)).unwrap();
        });
        assert_eq!(scratch.git(&["rev-parse", NAME]), new.to_string());
    }

    #[test]
    fn a_failed_update_leaves_no_lock_behind() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let (one, two) = (scratch.loose_commit("one"), scratch.loose_commit("two"));
        repository.update_ref(&update(one)).unwrap();
        let error = repository.update_ref(&update(two)).unwrap_err();
        let moved = matches!(error, Error::RefMoved { actual: Expected::Is(id), .. } if id == one);
        assert!(moved, "{error:?}");
        assert!(!scratch.in_git("refs/iao/ledger.lock").exists());
        assert!(!scratch.in_git("iao/ref-lock").exists());
    }
}
