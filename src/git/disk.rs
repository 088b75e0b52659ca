//! Reads the files of a working tree, and never through a link.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use gix::index::fs::Metadata;

use super::{Entry, Error, name};
use crate::model::{FileMode, RepoPath};

/// A file that is read piece by piece is read in pieces of so many bytes.
const PIECE: usize = 1 << 20;

/// A working tree, and how its files are to be understood.
pub(super) struct Disk {
    pub(super) top: PathBuf,
    /// Whether the executable bit means something (`core.fileMode`).
    pub(super) executable_bit: bool,
    /// Whether links are links, not files that hold a target (`core.symlinks`).
    pub(super) symlinks: bool,
}

impl Disk {
    /// Returns the bytes of a file, or the target of a link.
    pub(super) fn read(&self, entry: &Entry) -> Result<Vec<u8>, Error> {
        let (path, metadata) = self.find(entry)?;
        if metadata.is_symlink() {
            let target = std::fs::read_link(&path).map_err(Error::io("read", &path))?;
            return Ok(super::open::os_bytes(target.as_os_str()).to_vec());
        }
        std::fs::read(&path).map_err(Error::io("read", path))
    }

    /// Returns how many bytes [`Self::read`] would return.
    pub(super) fn size(&self, entry: &Entry) -> Result<u64, Error> {
        self.find(entry).map(|(_, metadata)| metadata.len())
    }

    /// Hands over the bytes of a file piece by piece.
    ///
    /// # Errors
    /// Also when it does not have so many bytes by now.
    pub(super) fn stream(&self, entry: &Entry, size: u64, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
        let (path, _) = self.find(entry)?;
        let mut file = std::fs::File::open(&path).map_err(Error::io("read", &path))?;
        let (mut piece, mut length) = (vec![0; PIECE], 0);
        loop {
            let read = file.read(&mut piece).map_err(Error::io("read", &path))?;
            if read == 0 {
                return if length == size { Ok(()) } else { Err(changed(path)) };
            }
            length += read as u64;
            take(&piece[..read]);
        }
    }

    /// Returns where a file is, after a look at each directory on the way.
    fn find(&self, entry: &Entry) -> Result<(PathBuf, Metadata), Error> {
        let path = self.path(&entry.path)?;
        let mut directory = self.top.clone();
        let parents = entry.path.parent().unwrap_or_default();
        for part in parents.components() {
            directory.push(file_name(part).ok_or_else(|| not_a_name(&entry.path))?);
            if !lstat(&directory)?.is_some_and(|metadata| metadata.is_dir()) {
                return Err(changed(directory));
            }
        }
        match lstat(&path)? {
            Some(metadata)
                if metadata.is_file() || (metadata.is_symlink() && entry.mode == FileMode::Symlink) =>
            {
                Ok((path, metadata))
            }
            _ => Err(changed(path)),
        }
    }

    /// Returns where `path` is in the file system; never outside of the working tree.
    pub(super) fn path(&self, path: &RepoPath) -> Result<PathBuf, Error> {
        let mut full = self.top.clone();
        for part in path.components() {
            if name::refusal(part).is_some() {
                return Err(not_a_name(path));
            }
            full.push(file_name(part).ok_or_else(|| not_a_name(path))?);
        }
        Ok(full)
    }

    /// Says what kind of thing a file on disk is; `known` is what the index calls it, where the disk cannot tell.
    pub(super) fn mode(&self, metadata: &Metadata, known: Option<FileMode>) -> Option<FileMode> {
        if metadata.is_symlink() {
            return Some(FileMode::Symlink);
        }
        if metadata.is_dir() {
            return known.filter(|mode| *mode == FileMode::Gitlink);
        }
        if !metadata.is_file() {
            return None;
        }
        match known {
            Some(FileMode::Symlink) if !self.symlinks => Some(FileMode::Symlink),
            Some(mode) if mode.is_file() && !self.executable_bit => Some(mode),
            _ if self.executable_bit && metadata.is_executable() => Some(FileMode::Executable),
            _ => Some(FileMode::Regular),
        }
    }
}

/// Looks at a path without following a link in its last part; `None` when nothing is there.
pub(super) fn lstat(path: &Path) -> Result<Option<Metadata>, Error> {
    match Metadata::from_path_no_follow(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

fn changed(path: PathBuf) -> Error {
    let source = std::io::Error::new(ErrorKind::NotFound, "it changed, or went away, while it was looked at");
    Error::Io { act: "read", path, source }
}

fn not_a_name(path: &RepoPath) -> Error {
    Error::EditRefused { path: path.clone(), reason: "no file of a working tree has this name" }
}

fn file_name(part: &[u8]) -> Option<&Path> {
    gix::path::from_byte_slice(part).ok()
}
