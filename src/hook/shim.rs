//! The scripts that git runs: they call the program, and block when it is not there.
//!
//! A hook of somebody else is never replaced.

use std::path::PathBuf;

use super::Error;
use crate::base::assets;
use crate::git::Repository;

/// The hooks that we bring.
pub const HOOKS: [&str; 3] = ["pre-commit", "pre-merge-commit", "pre-push"];

/// What every script of ours holds, and no other.
const MARK: &str = "git-iao hooks run";

/// One hook, and what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Shim {
    /// The hook's name.
    pub hook: &'static str,
    /// Its file.
    pub path: PathBuf,
    /// Whether ours stands there; `None`: nothing does.
    pub ours: Option<bool>,
}

/// Returns what stands where each hook goes.
///
/// # Errors
/// When `core.hooksPath` leads out of the repository.
pub fn shims(repository: &Repository) -> Result<Vec<Shim>, Error> {
    let folder = folder(repository)?;
    Ok(HOOKS
        .into_iter()
        .map(|hook| {
            let path = folder.join(hook);
            let ours = match std::fs::read(&path) {
                Ok(bytes) => Some(String::from_utf8_lossy(&bytes).contains(MARK)),
                Err(_) if path.symlink_metadata().is_ok() => Some(false),
                Err(_) => None,
            };
            Shim { hook, path, ours }
        })
        .collect())
}

/// Puts our scripts in place; those that are there already stay as they are.
///
/// # Errors
/// When a hook of somebody else stands there: nothing is written then.
pub fn install(repository: &Repository) -> Result<Vec<PathBuf>, Error> {
    let shims = shims(repository)?;
    if let Some(foreign) = shims.iter().find(|shim| shim.ours == Some(false)) {
        return Err(Error::Foreign { path: foreign.path.clone(), hook: foreign.hook });
    }
    let mut written = Vec::new();
    for shim in shims.into_iter().filter(|shim| shim.ours.is_none()) {
        let failed = |source| Error::Write { path: shim.path.clone(), source };
        if let Some(folder) = shim.path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let text = assets::hook(shim.hook).expect("every hook has an embedded script");
        std::fs::write(&shim.path, text).map_err(failed)?;
        make_executable(&shim.path).map_err(failed)?;
        written.push(shim.path);
    }
    Ok(written)
}

/// Removes our scripts and nothing else.
///
/// # Errors
/// When a file cannot be removed.
pub fn uninstall(repository: &Repository) -> Result<Vec<PathBuf>, Error> {
    let mut removed = Vec::new();
    for shim in shims(repository)?.into_iter().filter(|shim| shim.ours == Some(true)) {
        std::fs::remove_file(&shim.path)
            .map_err(|source| Error::Write { path: shim.path.clone(), source })?;
        removed.push(shim.path);
    }
    Ok(removed)
}

/// Returns where git looks for hooks: the common directory's, or a `core.hooksPath` inside the repository.
fn folder(repository: &Repository) -> Result<PathBuf, Error> {
    let Some(path) = repository.config_string("core.hooksPath") else {
        return Ok(repository.common_dir().join("hooks"));
    };
    let base = repository.work_dir().unwrap_or(repository.git_dir());
    let folder = base.join(&path);
    let inside = folder.starts_with(base) || folder.starts_with(repository.common_dir());
    if inside && !path.contains("..") { Ok(folder) } else { Err(Error::HooksPath { path }) }
}

#[cfg(unix)]
fn make_executable(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &std::path::Path) -> std::io::Result<()> {
    Ok(())
}
