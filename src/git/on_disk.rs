//! What stands at a path of the working tree, for whoever holds it against something else.
//!
//! No link is followed, neither at the end of a path nor on the way to it.

use std::fs::File;
use std::path::PathBuf;

use super::disk::{Disk, lstat};
use super::{Error, Repository};
use crate::model::RepoPath;

/// A working tree.
pub struct WorkTree(Disk);

/// What stands at a path.
#[derive(Debug)]
pub enum OnDisk {
    /// Nothing, or nothing that can be reached without following a link.
    Nothing,
    /// A symbolic link, with its target.
    Link(Vec<u8>),
    /// A plain file.
    File {
        /// Its content, not read yet.
        file: File,
        /// Whether it may be executed; `None` where the file system cannot tell (`core.fileMode`).
        executable: Option<bool>,
    },
    /// A directory, a device or the like.
    Other,
}

impl Repository {
    /// Returns the working tree.
    ///
    /// # Errors
    /// [`Error::Bare`] when there is none.
    pub fn work_tree(&self) -> Result<WorkTree, Error> {
        self.disk().map(WorkTree)
    }
}

impl WorkTree {
    /// Says whether links are links here, not files that hold a target (`core.symlinks`).
    #[must_use]
    pub fn has_links(&self) -> bool {
        self.0.symlinks
    }

    /// Looks at `path`.
    ///
    /// # Errors
    /// When the path cannot be that of a file here, or the disk cannot be read.
    pub fn look(&self, path: &RepoPath) -> Result<OnDisk, Error> {
        let full = self.0.path(path)?;
        let mut directory: PathBuf = self.0.top.clone();
        if let Some(parent) = full.parent().and_then(|parent| parent.strip_prefix(&self.0.top).ok()) {
            for part in parent.components() {
                directory.push(part);
                if !lstat(&directory)?.is_some_and(|metadata| metadata.is_dir()) {
                    return Ok(OnDisk::Nothing);
                }
            }
        }
        let Some(metadata) = lstat(&full)? else { return Ok(OnDisk::Nothing) };
        if metadata.is_symlink() {
            let target = std::fs::read_link(&full).map_err(Error::io("read", &full))?;
            return Ok(OnDisk::Link(super::open::os_bytes(target.as_os_str()).to_vec()));
        }
        if !metadata.is_file() {
            return Ok(OnDisk::Other);
        }
        let executable = self.0.executable_bit.then(|| metadata.is_executable());
        let file = File::open(&full).map_err(Error::io("read", full))?;
        Ok(OnDisk::File { file, executable })
    }
}
