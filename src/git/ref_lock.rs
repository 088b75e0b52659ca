//! The lock file of one ref, `<ref>.lock`, by which git and we exclude each other.
//!
//! It appears with its content, in one act, and the content is durable before: it is never seen empty.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempPath;

use super::lock::waits;
use super::owner::{lock_path, ref_content};
use super::{Error, durable};
use crate::model::ObjectId;

/// How long to wait for the lock of one ref, which git itself holds for milliseconds.
const REF_WAIT: Duration = Duration::from_secs(2);

/// The lock file of one ref, removed again unless it is committed.
#[derive(Debug)]
pub(super) struct RefLock {
    lock: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl RefLock {
    /// Locks `name`, with `new` as what it will hold; the content is durable before the lock appears.
    ///
    /// The advisory lock must be held, and the record written.
    pub(super) fn take(common: &Path, name: &str, new: ObjectId) -> Result<Self, Error> {
        Self::take_within(common, name, new, REF_WAIT)
    }

    fn take_within(common: &Path, name: &str, new: ObjectId, wait: Duration) -> Result<Self, Error> {
        let draft = common.join("iao").join("ref-lock");
        let mut content = write_draft(&draft, new).map_err(Error::write(&draft))?;
        let (target, lock) = (common.join(name), lock_path(common, name));
        for pause in waits(wait).chain([Duration::ZERO]) {
            // git removes empty directories below `refs/` at any time, so they are made again in each turn.
            durable::create_parents(&target).map_err(Error::write(&target))?;
            match content.persist_noclobber(&lock) {
                Ok(()) => return Ok(Self { lock, target, committed: false }),
                Err(failed) if is_contention(&failed.error) => content = failed.path,
                Err(failed) => return Err(Error::write(&lock)(failed.error)),
            }
            std::thread::sleep(pause);
        }
        Err(Error::RefLocked { name: name.to_owned(), lock })
    }

    /// Moves the lock file over the ref, durably.
    pub(super) fn commit(mut self) -> Result<(), Error> {
        if self.target.is_dir() {
            // A directory that emptied when refs below it went; if it is not empty, the rename says so.
            fs::remove_dir(&self.target).ok();
        }
        fs::rename(&self.lock, &self.target).map_err(Error::write(&self.target))?;
        self.committed = true;
        durable::sync_parent(&self.target).map_err(Error::write(&self.target))
    }
}

impl Drop for RefLock {
    fn drop(&mut self) {
        if !self.committed {
            fs::remove_file(&self.lock).ok();
        }
    }
}

fn write_draft(draft: &Path, new: ObjectId) -> io::Result<TempPath> {
    match fs::remove_file(draft) {
        // A killed process left its draft; where links stand in for a rename it may share it with a lock.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(draft)?;
    let path = TempPath::try_from_path(draft)?;
    file.write_all(&ref_content(new))?;
    file.sync_data()?;
    Ok(path)
}

fn is_contention(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound)
}
