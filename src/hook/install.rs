//! Puts the hooks in place and takes them away: as settings where git runs such, else as files.
//!
//! Whatever way is taken, the other one is left empty: no gate runs twice.

use std::path::{Path, PathBuf};

use super::place::Place;
use super::{Error, Hook, checked, files, settings};
use crate::base::process::Environment;
use crate::git::Repository;

/// What shall be installed.
pub struct InstallRequest<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The environment, for the user's git.
    pub environment: &'a Environment,
    /// The program that hooks call first; see [`super::lasting_program`].
    pub program: &'a Path,
    /// Whether pre-receive is wanted in a repository with a working tree too.
    pub server: bool,
    /// Whether files are wanted also where git runs hooks of its config.
    pub files: bool,
}

/// What an installation or its end did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Scripts that were written or removed.
    pub scripts: Vec<PathBuf>,
    /// Sections of the repository's config that were written or removed.
    pub sections: Vec<String>,
    /// Hooks of others: where they are kept from now on, or where they stand again.
    pub others: Vec<PathBuf>,
    /// Hooks of others that were kept for ours and have no place to return to.
    pub left: Vec<PathBuf>,
}

impl InstallRequest<'_> {
    /// Returns the hooks that are wanted here: those of a working tree, or the one of a bare repository.
    #[must_use]
    pub fn hooks(&self) -> Vec<Hook> {
        let bare = self.repository.work_dir().is_none();
        let clients = Hook::CLIENT.into_iter().filter(|_| !bare);
        clients.chain((bare || self.server).then_some(Hook::PreReceive)).collect()
    }
}

/// Puts the hooks in place; those that are there already stay as they are.
///
/// # Errors
/// When the folder of hooks is not this repository's alone, another program keeps it, or something cannot be
/// written. A hook of somebody else is never lost.
pub fn install(request: &InstallRequest<'_>) -> Result<Changes, Error> {
    let InstallRequest { repository, environment, program, .. } = request;
    let hooks = request.hooks();
    let place = Place::find(repository, environment)?;
    let mut changes = Changes::default();
    if !request.files && repository.git_version(environment)? >= settings::SINCE {
        changes.sections = settings::install(repository, environment, &hooks, program)?;
        for folder in place.folders() {
            changes.add(files::uninstall(folder, &hooks)?);
        }
        return Ok(changes);
    }
    let done = files::install(place.writable(&hooks)?, &hooks, program)?;
    changes.add(done);
    settings::uninstall(repository, environment)?;
    Ok(changes)
}

/// Takes away everything that is ours, and puts back the hooks of others.
///
/// # Errors
/// When something cannot be removed.
pub fn uninstall(repository: &Repository, environment: &Environment) -> Result<Changes, Error> {
    let mut changes =
        Changes { sections: settings::uninstall(repository, environment)?, ..Changes::default() };
    for folder in Place::find(repository, environment)?.folders() {
        changes.add(files::uninstall(folder, &Hook::ALL)?);
    }
    checked::forget(repository);
    Ok(changes)
}

impl Changes {
    /// Says whether nothing had to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, done: files::Done) {
        self.scripts.extend(done.changed);
        self.others.extend(done.others);
        self.left.extend(done.left);
    }
}
