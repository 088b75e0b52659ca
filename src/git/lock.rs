//! The advisory lock of a repository, and the record by which the leftovers of a killed owner are recognised.
//!
//! A ref's lock file is removed only when a dead owner's record names that ref and the file holds exactly the
//! recorded object; every other lock belongs to somebody else and is reported.
//!
//! `<common dir>/iao/lock` is held with `flock` while evidence is written. Before a ref is locked, the owner
//! writes one line into that file: ref, intended object, process, boot. The system lets go of the lock when the
//! process dies, however it dies; who gains it next and finds a line knows that its writer is gone. (Process and
//! boot are for the person who reads the file: process numbers are reused, above all in containers.)
//!
//! A lock that is still empty is never ours: our lock files appear under their name with their content, in one
//! act. So an empty one is left alone, like every other foreign lock.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::{Error, Repository, durable};
use crate::model::ObjectId;

/// How long to wait for the advisory lock.
const LOCK_WAIT: Duration = Duration::from_secs(10);

thread_local! {
    /// The locks this thread holds, by the lock file's path.
    static HELD: RefCell<BTreeMap<PathBuf, Weak<Held>>> = const { RefCell::new(BTreeMap::new()) };
}

/// The advisory lock of one repository, let go when the last guard of the thread is dropped.
///
/// A thread that holds it may take it again; it belongs to that thread and cannot be sent to another. Other
/// threads of the process wait like other processes do, so work under the lock must not wait for a thread that
/// takes it.
#[derive(Debug)]
pub struct Lock(Rc<Held>);

#[derive(Debug)]
struct Held {
    file: File,
    path: PathBuf,
}

impl Repository {
    /// Takes the advisory lock, waiting up to 10 seconds, and clears what a killed owner left behind.
    ///
    /// # Errors
    /// `Busy` when another process or thread keeps it; `ReadOnly` when the repository cannot be written.
    pub fn lock(&self) -> Result<Lock, Error> {
        Lock::take(self.common_dir(), LOCK_WAIT)
    }

    /// Runs `work` under the advisory lock; see [`Repository::lock`], also for taking it within `work`.
    ///
    /// # Errors
    /// As [`Repository::lock`], and whatever `work` says.
    pub fn with_lock<T>(&self, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let _lock = self.lock()?;
        work()
    }
}

impl Lock {
    fn take(common_dir: &Path, wait: Duration) -> Result<Self, Error> {
        let common = fs::canonicalize(common_dir).map_err(Error::io("read", common_dir))?;
        let path = common.join("iao").join("lock");
        if let Some(held) = HELD.with_borrow(|held| held.get(&path).and_then(Weak::upgrade)) {
            return Ok(Self(held));
        }
        let file = open_lock(&path)?;
        gain(&file, &path, wait)?;
        let held = Rc::new(Held { file, path });
        held.recover(&common)?;
        HELD.with_borrow_mut(|all| all.insert(held.path.clone(), Rc::downgrade(&held)));
        Ok(Self(held))
    }

    /// Writes down, durably, that `name` is about to be locked on its way to `target`.
    pub(super) fn record(&self, name: &str, target: ObjectId) -> Result<(), Error> {
        let line = format!("{name} {target} {} {}\n", std::process::id(), boot_id());
        self.0.replace(line.as_bytes()).map_err(Error::write(&self.0.path))
    }

    /// Takes the record back. A record that stays is harmless: no lock stands that it could be taken for.
    pub(super) fn clear_record(&self) {
        self.0.file.set_len(0).ok();
    }
}

impl Held {
    fn replace(&self, content: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(content)?;
        file.sync_data()
    }

    /// Clears the ref lock that the record of a dead owner names, if it is the one that owner made.
    fn recover(&self, common: &Path) -> Result<(), Error> {
        let mut text = Vec::new();
        (&self.file).read_to_end(&mut text).map_err(Error::io("read", &self.path))?;
        let Some((name, target)) = parse_record(&text) else {
            // Torn or empty: the owner died before it locked any ref.
            return self.file.set_len(0).map_err(Error::write(&self.path));
        };
        let stale = lock_path(common, &name);
        if fs::read(&stale).is_ok_and(|content| content == ref_content(target)) {
            fs::remove_file(&stale).map_err(Error::write(&stale))?;
            durable::sync_parent(&stale).map_err(Error::write(&stale))?;
        }
        self.file.set_len(0).map_err(Error::write(&self.path))
    }
}

/// Pauses that double from 1 ms to 50 ms and add up to `total`; no two runs differ.
pub(super) fn waits(total: Duration) -> impl Iterator<Item = Duration> {
    let mut left = total;
    let mut next = Duration::from_millis(1);
    std::iter::from_fn(move || {
        let pause = next.min(left);
        left -= pause;
        next = (next * 2).min(Duration::from_millis(50));
        (!pause.is_zero()).then_some(pause)
    })
}

fn open_lock(path: &Path) -> Result<File, Error> {
    durable::create_parents(path).map_err(Error::write(path))?;
    File::options().read(true).write(true).create(true).truncate(false).open(path).map_err(Error::write(path))
}

fn gain(file: &File, path: &Path, wait: Duration) -> Result<(), Error> {
    for pause in waits(wait).chain([Duration::ZERO]) {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
        }
    }
    Err(Error::Busy { path: path.to_owned() })
}

/// Reads a whole record; `None` for one that was torn, or that no writer of ours makes.
fn parse_record(text: &[u8]) -> Option<(String, ObjectId)> {
    let line = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
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
    const SHORT: Duration = Duration::from_millis(30);

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

    #[test]
    fn a_lock_that_a_killed_process_of_ours_left_is_cleared() {
        let scratch = Sandbox::new();
        let (intended, new) = (scratch.loose_commit("intended"), scratch.loose_commit("new"));
        let content = format!("{intended}\n");
        crash(&scratch, &format!("{NAME} {intended} 4711 some-boot\n"), Some(content.as_bytes()));
        scratch.open().update_ref(&update(new)).unwrap();
        assert_eq!(scratch.git(&["rev-parse", NAME]), new.to_string());
        assert!(!scratch.in_git("refs/iao/ledger.lock").exists());
        assert_eq!(fs::read(scratch.in_git("iao/lock")).unwrap(), b"");
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
                std::thread::sleep(Duration::from_millis(100));
                fs::remove_file(lock).unwrap();
            });
            scratch.open().update_ref(&update(new)).unwrap();
        });
        assert_eq!(scratch.git(&["rev-parse", NAME]), new.to_string());
    }

    #[test]
    fn one_thread_may_take_the_lock_again_and_others_wait() {
        let scratch = Sandbox::new();
        let (repository, other) = (scratch.open(), scratch.open());
        let common = repository.common_dir().to_owned();
        let within =
            |wait| std::thread::scope(|s| s.spawn(|| Lock::take(&common, wait).map(drop)).join().unwrap());
        repository
            .with_lock(|| {
                other.with_lock(|| repository.with_lock(|| Ok(())))?;
                assert!(matches!(within(SHORT), Err(Error::Busy { .. })));
                Ok(())
            })
            .unwrap();
        within(SHORT).unwrap();
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

    #[test]
    fn what_the_system_forbids_is_called_read_only() {
        let denied = |kind: io::ErrorKind| Error::write("x")(kind.into());
        assert!(matches!(denied(io::ErrorKind::PermissionDenied), Error::ReadOnly { .. }));
        assert!(matches!(denied(io::ErrorKind::ReadOnlyFilesystem), Error::ReadOnly { .. }));
        assert!(matches!(denied(io::ErrorKind::StorageFull), Error::Io { act: "write", .. }));
    }

    #[test]
    fn pauses_add_up_to_the_wait() {
        for wait in [0, 1, 30, 10_000] {
            let wait = Duration::from_millis(wait);
            assert_eq!(waits(wait).sum::<Duration>(), wait);
        }
    }
}
