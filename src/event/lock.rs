//! The lock beside a stream: held for one append, freed with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Error;

/// How long a writer waits: this many looks, 10 ms apart.
const LOOKS: u32 = 1000;

/// A held lock. Dropping it frees it.
pub(super) struct Guard(#[expect(dead_code, reason = "the open file is the lock")] File);

/// Returns the path of the lock file: the stream's path with `.lock` after it.
pub(super) fn path_for(stream: &Path) -> PathBuf {
    let mut name = stream.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Says whether a plain file stands at `path` (true) or nothing (false).
///
/// # Errors
/// When a link, a folder or a device stands there: nothing is written through a link.
pub(super) fn is_there(path: &Path) -> Result<bool, Error> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(_) => Err(Error::NotAFile { path: path.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::of_io("look at", path, source)),
    }
}

/// Takes the lock for writing, waiting up to ten seconds.
pub(super) fn exclusive(path: &Path) -> Result<Guard, Error> {
    is_there(path)?;
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|source| Error::of_io("open", path, source))?;
    wait(path, || file.try_lock())?;
    Ok(Guard(file))
}

/// Takes the lock for reading; `None` where there is no lock file, so that a read-only place can be read.
pub(super) fn shared(path: &Path) -> Result<Option<Guard>, Error> {
    let Ok(file) = File::open(path) else {
        return Ok(None);
    };
    wait(path, || file.try_lock_shared())?;
    Ok(Some(Guard(file)))
}

fn wait(path: &Path, attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), Error> {
    for _ in 0..LOOKS {
        match attempt() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(source)) => return Err(Error::of_io("lock", path, source)),
        }
    }
    Err(Error::Locked { path: path.to_owned() })
}
