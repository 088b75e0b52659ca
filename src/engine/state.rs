//! Local state: what a run leaves beside the repository's own data.
//!
//! In a working tree it lies where the pipeline says; a bare repository keeps it in the common git directory.
//! Nothing is written through a symbolic link, nor over a file that git tracks.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use super::Error;
use crate::config::Pipeline;
use crate::git::Repository;
use crate::model::RepoPath;

/// The folder of the evidence directory that holds a folder for each run.
pub(super) const RUNS: &str = "runs";

/// Where local state lies.
#[derive(Debug, Clone)]
pub struct StateDir {
    top: PathBuf,
    state: PathBuf,
    bare: bool,
}

impl StateDir {
    /// Finds the place for `pipeline`, without making it.
    #[must_use]
    pub fn new(repository: &Repository, pipeline: &Pipeline) -> Self {
        match repository.work_dir() {
            Some(top) => Self { top: top.to_owned(), state: top.join(&pipeline.state_dir), bare: false },
            None => {
                let top = repository.common_dir().join("iao");
                Self { state: top.join(&pipeline.state_dir), top, bare: true }
            }
        }
    }

    /// Returns the directory itself.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.state
    }

    /// Returns the path of a file that the pipeline names, such as its `planFile`.
    #[must_use]
    pub fn path(&self, relative: &str) -> PathBuf {
        self.top.join(relative)
    }

    /// Makes ready for writing: checks the place, and hides it from `git status`.
    ///
    /// # Errors
    /// When a part of a path that a run writes to is a symbolic link, or git tracks files in it.
    pub fn prepare(&self, repository: &Repository, pipeline: &Pipeline) -> Result<(), Error> {
        let (outputs, evidence) = (&pipeline.outputs, format!("{}/{RUNS}", pipeline.evidence_dir));
        let files =
            [&outputs.plan_file, &outputs.patch_report, &outputs.verify_report, &outputs.seal_manifest];
        self.check(&self.state)?;
        for name in files.into_iter().chain([&evidence]) {
            self.check(&self.path(name))?;
        }
        if self.bare {
            return Ok(());
        }
        let directory = RepoPath::from(pipeline.state_dir.as_str());
        if repository.tracks_within(&directory)? {
            return Err(Error::UnsafeState { path: self.state.clone(), why: "git tracks files in it" });
        }
        repository.exclude_locally(&format!("/{}/", pipeline.state_dir.trim_matches('/')))?;
        Ok(())
    }

    /// Replaces the file at `relative` as a whole.
    ///
    /// # Errors
    /// When a part of the path is a symbolic link, or the system refuses.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(relative);
        self.check(&path)?;
        let failed = |source| Error::WriteState { path: path.clone(), source };
        let folder = path.parent().unwrap_or(&self.top);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Reads the file at `relative`; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self, relative: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.path(relative);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::ReadState { path, source }),
        }
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let Ok(below) = path.strip_prefix(&self.top) else {
            return Err(Error::UnsafeState { path: path.to_owned(), why: "it lies outside the repository" });
        };
        let mut at = self.top.clone();
        for part in below.components() {
            match part {
                Component::Normal(name) => at.push(name),
                Component::CurDir => continue,
                _ => {
                    return Err(Error::UnsafeState {
                        path: path.to_owned(),
                        why: "it leads out of the repository",
                    });
                }
            }
            if at.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                return Err(Error::UnsafeState { path: at, why: "it is a symbolic link" });
            }
        }
        Ok(())
    }
}
