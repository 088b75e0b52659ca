//! The advisory lock of a repository: one writer of evidence at a time.
//!
//! Right without it, by compare-and-swap; with it nobody loses a race to a writer of ours. The system lets go of
//! it when a process dies, however it dies, and who gains it next clears what the dead owner left.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::{Error, Repository, durable, owner};
use crate::model::ObjectId;

/// A record of more bytes is no record of ours; the file is emptied before it is written anew.
const LONGEST: u64 = 16 << 10;

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
    /// The moves that the record names, beyond the one that is under way.
    announced: RefCell<Vec<(String, ObjectId)>>,
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
        let held = Rc::new(Held { file, path, announced: RefCell::default() });
        held.recover(&common)?;
        HELD.with_borrow_mut(|all| all.insert(held.path.clone(), Rc::downgrade(&held)));
        Ok(Self(held))
    }

    /// Writes down, durably, which refs will be moved under this lock, so that it is not done for each of them.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn announce(&self, moves: &[(&str, ObjectId)]) -> Result<(), Error> {
        if moves.is_empty() {
            return Ok(());
        }
        self.0.replace(moves)?;
        *self.0.announced.borrow_mut() = moves.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect();
        Ok(())
    }

    /// Writes down, durably, that `name` is about to be locked on its way to `target`, unless that was announced.
    pub(super) fn record(&self, name: &str, target: ObjectId) -> Result<(), Error> {
        let mut announced = self.0.announced.borrow_mut();
        if announced.iter().any(|(known, id)| known == name && *id == target) {
            return Ok(());
        }
        announced.clear();
        self.0.replace(&[(name, target)])
    }

    /// Takes the record back, unless more was announced. One that stays is harmless: no lock stands that it could
    /// be taken for.
    pub(super) fn clear_record(&self) {
        if self.0.announced.borrow().is_empty() {
            self.0.overwrite(&[]).ok();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.announced.get_mut().is_empty() {
            self.overwrite(&[]).ok();
        }
    }
}

impl Held {
    /// Writes a new record over the old one, durably.
    fn replace(&self, moves: &[(&str, ObjectId)]) -> Result<(), Error> {
        let record = owner::record(moves);
        let written = self.overwrite(record.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(Error::write(&self.path))
    }

    /// Writes `text` over all that stands in the file, and line ends over the rest of it.
    ///
    /// The file keeps its length, and so its place on the disk: to give that up and ask for it again cost more than
    /// the writing. An empty line is no record, whoever reads it.
    fn overwrite(&self, text: &[u8]) -> io::Result<()> {
        let mut file = &self.file;
        let mut length = file.metadata()?.len();
        if length > LONGEST {
            file.set_len(0)?;
            length = 0;
        }
        let mut bytes = text.to_vec();
        bytes.resize(bytes.len().max(usize::try_from(length).unwrap_or(0)), b'\n');
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&bytes)
    }

    /// Clears what the last owner left, if it died while it moved a ref.
    fn recover(&self, common: &Path) -> Result<(), Error> {
        let mut text = Vec::new();
        (&self.file).read_to_end(&mut text).map_err(Error::io("read", &self.path))?;
        if text.iter().all(|byte| *byte == b'\n') {
            return Ok(());
        }
        owner::clear_leftovers(common, &text)?;
        // The draft of a lock file is written under this lock alone. One that stays is written over next time.
        fs::remove_file(common.join("iao").join("ref-lock")).ok();
        self.overwrite(&[]).map_err(Error::write(&self.path))
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

/// Locks `file`, after a second lock, `queue`, that only one process at a time gets through.
///
/// Without it a process that lets go and comes back at once would win every time over those who sleep.
fn gain(file: &File, path: &Path, wait: Duration) -> Result<(), Error> {
    let queue = path.with_file_name("queue");
    let first_in_line = open_lock(&queue)?;
    let mut pauses = ever_shorter(wait);
    wait_for(&first_in_line, path, &mut pauses)?;
    wait_for(file, path, &mut pauses)
}

fn wait_for(file: &File, path: &Path, pauses: &mut impl Iterator<Item = Duration>) -> Result<(), Error> {
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", path)(source)),
            Err(TryLockError::WouldBlock) => match pauses.next() {
                Some(pause) => std::thread::sleep(pause),
                None => return Err(Error::Busy { path: path.to_owned() }),
            },
        }
    }
}

/// Pauses from 16 ms down to 1 ms, halved every half second, that add up to `total`: who waits longest asks
/// most often.
fn ever_shorter(total: Duration) -> impl Iterator<Item = Duration> {
    let mut waited = Duration::ZERO;
    std::iter::from_fn(move || {
        let halvings = u32::try_from(waited.as_millis() / 500).unwrap_or(u32::MAX).min(4);
        let pause = Duration::from_millis(16 >> halvings).min(total - waited);
        waited += pause;
        (!pause.is_zero()).then_some(pause)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::*;

    const SHORT: Duration = Duration::from_millis(30);

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
    fn one_that_comes_back_at_once_does_not_starve_the_others() {
        let scratch = Sandbox::new();
        let (repository, other) = (scratch.open(), scratch.open());
        let gained = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                other.with_lock(|| Ok(())).unwrap();
                gained.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            for _ in 0..100 {
                let held = || -> Result<(), Error> {
                    std::thread::sleep(Duration::from_millis(5));
                    Ok(())
                };
                repository.with_lock(held).unwrap();
                if gained.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
            }
            panic!("the other waited for 100 turns");
        });
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
            assert_eq!(ever_shorter(wait).sum::<Duration>(), wait);
        }
    }
}
