//! Files that are whole, or not there: small local state beside git's own.
//!
//! A file is synced before it gets its name, so no name ever stands for less than a whole file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::{Error, Repository};

impl Repository {
    /// Returns the content of `<common dir>/iao/<name>`; `None` when there is no such file.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read_local(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.common_dir().join("iao").join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", path)(error)),
        }
    }

    /// Replaces `<common dir>/iao/<name>` whole: a crash leaves the old content or the new.
    ///
    /// So does a power cut, which may bring the old content back even after this returned: what is written here must
    /// say no more than that something was seen.
    ///
    /// # Errors
    /// When it cannot be written; `ReadOnly` when nothing can.
    pub fn write_local(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.common_dir().join("iao").join(name);
        let _lock = self.lock()?;
        replace_file(&path, bytes).map_err(Error::write(&path))
    }
}

/// The caller holds the lock: the draft has one name, so that one which a killed process left is written over.
fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_parents(path)?;
    let mut name = OsString::from(".new-");
    name.push(path.file_name().unwrap_or_default());
    let draft = path.with_file_name(name);
    let replaced = write_synced(&draft, bytes).and_then(|()| fs::rename(&draft, path));
    if replaced.is_err() {
        fs::remove_file(&draft).ok();
    }
    replaced
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Makes the directories above `path` that are missing; each stands durably in the one above it.
pub(super) fn create_parents(path: &Path) -> io::Result<()> {
    let directory = parent(path);
    if directory.is_dir() {
        return Ok(());
    }
    create_parents(directory)?;
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_parent(directory),
    }
}

/// Makes a new, renamed or removed name in the directory of `path` durable.
///
/// Does nothing where directories cannot be opened, as on Windows, which orders such changes itself.
pub(super) fn sync_parent(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(parent(path))?.sync_all() {
        // Some network file systems cannot sync a directory, and say so in this way; git goes on as well.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Sandbox;
    use super::*;

    #[cfg(unix)]
    #[test]
    fn local_files_are_replaced_whole_and_leave_nothing_beside_them() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        assert_eq!(repository.read_local("trust/x").unwrap(), None);
        for content in [&b"a longer one"[..], b"short", b""] {
            repository.write_local("trust/x", content).unwrap();
            assert_eq!(repository.read_local("trust/x").unwrap().unwrap(), content);
        }
        // What a killed process left is written over, and never through a link.
        std::os::unix::fs::symlink(scratch.in_git("HEAD"), scratch.in_git("iao/trust/.new-x")).unwrap();
        repository.write_local("trust/x", b"again").unwrap();
        assert_eq!(repository.read_local("trust/x").unwrap().unwrap(), b"again");
        assert_eq!(fs::read(scratch.in_git("HEAD")).unwrap(), b"ref: refs/heads/main\n");
        assert_eq!(fs::read_dir(scratch.in_git("iao/trust")).unwrap().count(), 1);
        fs::write(scratch.in_git("iao/file"), "").unwrap();
        assert!(repository.write_local("file/x", b"").is_err(), "a file stands where a directory is needed");
    }
}
