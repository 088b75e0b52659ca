//! Finds the repository that git would find, and refuses what cannot be read safely.
//!
//! The location's own values win over the environment, and replacement of objects is off from the start.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use gix::ThreadSafeRepository;
use gix::discover::upwards;
use gix::sec::Trust;

use super::repository::{Location, Shared};
use super::{Error, environment, unread};
use crate::model::RepoPath;

/// How many packs may come while a repository is open, at least.
const PACKS: usize = 1024;

/// Opens the repository, and gathers what never changes while it is open.
pub(super) fn open(location: &Location) -> Result<Shared, Error> {
    let directory = absolute(&location.directory)?;
    let variable = |name: &str| location.environment.get(name).filter(|value| !value.is_empty());
    let named = location.git_dir.clone().or_else(|| variable("GIT_DIR").map(PathBuf::from));
    let mut sync = match &named {
        Some(git_dir) => open_at(&directory.join(git_dir), location)?,
        None => {
            let found = discover(&directory, location)?;
            refuse_implicit_bare(&found)?;
            found
        }
    };
    let work_tree = location.work_tree.clone().or_else(|| variable("GIT_WORK_TREE").map(PathBuf::from));
    if let Some(work_tree) = work_tree {
        sync.work_tree = Some(absolute(&directory.join(work_tree))?);
    } else if named.is_some() && takes_directory_as_top(&sync) {
        sync.work_tree = Some(directory.clone());
    }
    describe(sync, &directory, &location.environment)
}

/// Looks for the repository in `directory` and above it.
fn discover(directory: &Path, location: &Location) -> Result<ThreadSafeRepository, Error> {
    let search = upwards::Options {
        ceiling_dirs: environment::ceilings(&location.environment),
        match_ceiling_dir_or_error: false,
        cross_fs: environment::is_true(&location.environment, "GIT_DISCOVERY_ACROSS_FILESYSTEM"),
        ..Default::default()
    };
    let options = || options(location).bail_if_untrusted(true);
    let by_trust = gix::sec::trust::Mapping { full: options(), reduced: options() };
    ThreadSafeRepository::discover_opts(directory, search, by_trust)
        .map_err(|source| refusal(directory, source))
}

/// Opens exactly the named git directory. As with git, who names it vouches for it.
fn open_at(git_dir: &Path, location: &Location) -> Result<ThreadSafeRepository, Error> {
    options(location)
        .open_path_as_is(true)
        .with(Trust::Full)
        .open(git_dir)
        .map_err(|source| refusal(git_dir, source))
}

fn options(location: &Location) -> gix::open::Options {
    // A sync fetches and writes many packs while the repository is open; beyond the room that is made here, gix takes
    // what lies in a new one for missing.
    let packs = gix::odb::store::init::Slots::AsNeededByDiskState { multiplier: 1.1, minimum: PACKS };
    gix::open::Options::default()
        .object_store_slots(packs)
        .cli_overrides(environment::config_parameters(&location.environment))
        .config_overrides(["core.useReplaceRefs=false"])
}

/// Tells apart the ways in which a repository is not opened.
fn refusal(path: &Path, source: gix::Error) -> Error {
    let path = path.to_owned();
    if let Some(upwards::Error::NoTrustedGitRepository { .. }) = source.downcast_any_ref() {
        return Error::Untrusted { path, source: source.into() };
    }
    let absent = source.downcast_any_ref::<upwards::Error>().is_some()
        || source.to_string().contains("does not appear to be a git repository");
    if let Some(refused) = absent.then(|| refused_head(&path, &source)).flatten() {
        refused
    } else if absent {
        Error::NotARepository { directory: path, source: source.into() }
    } else if source.is_permission_denied() && source.to_string().contains("not owned") {
        Error::Untrusted { path, source: source.into() }
    } else {
        Error::Open { path, source: source.into() }
    }
}

/// Says whether a repository was passed by because the system would not show its HEAD.
fn refused_head(path: &Path, source: &gix::Error) -> Option<Error> {
    let levels = match source.downcast_any_ref() {
        Some(upwards::Error::NoGitRepositoryWithinCeiling { ceiling_height, .. }) => *ceiling_height,
        _ => usize::MAX,
    };
    let heads = path.ancestors().take(levels).map(|level| level.join(".git/HEAD"));
    std::iter::once(path.join("HEAD")).chain(heads).find_map(|head| unread::refused_file(&head))
}

/// With `safe.bareRepository=explicit` a bare repository that merely lies in the way is not entered.
///
/// The setting counts where the repository itself cannot set it; what lies inside a `.git` is the user's own.
fn refuse_implicit_bare(sync: &ThreadSafeRepository) -> Result<(), Error> {
    let repo = sync.to_thread_local();
    let by_user =
        |meta: &gix::config::file::Metadata| meta.source.kind() != gix::config::source::Kind::Repository;
    let policy = repo.config_snapshot().plumbing().string_filter("safe.bareRepository", by_user);
    let explicit = policy.is_some_and(|policy| policy.eq_ignore_ascii_case(b"explicit"));
    let own = repo.git_dir().components().any(|part| part.as_os_str() == ".git");
    if explicit && sync.work_tree.is_none() && !own {
        return Err(Error::ImplicitBare { git_dir: repo.git_dir().to_owned() });
    }
    Ok(())
}

/// With `GIT_DIR` alone git takes the current directory as the top of the working tree.
fn takes_directory_as_top(sync: &ThreadSafeRepository) -> bool {
    let repo = sync.to_thread_local();
    let linked = repo.git_dir() != repo.common_dir();
    let config = repo.config_snapshot();
    !linked && config.boolean("core.bare") != Some(true) && config.string("core.worktree").is_none()
}

fn describe(
    mut sync: ThreadSafeRepository,
    directory: &Path,
    environment: &BTreeMap<String, OsString>,
) -> Result<Shared, Error> {
    let repo = sync.to_thread_local();
    let git_dir = clean(repo.git_dir());
    let common_dir = clean(repo.common_dir());
    refuse_ref_storage(&repo)?;
    refuse_common_dir(&common_dir, directory, environment)?;
    let partial = has_promisor(&repo);
    // Hooks inherit `GIT_NAMESPACE`; git's own plumbing names refs in full all the same.
    sync.refs.namespace = None;
    sync.work_tree = sync.work_tree.map(|path| clean(&path));
    let work_dir = sync.work_tree.clone();
    let prefix = work_dir.as_deref().map_or_else(RepoPath::root, |top| prefix(top, directory));
    let stores = environment::object_directories(environment, directory);
    let mut extra_stores = Vec::new();
    for path in stores.all() {
        extra_stores.push(open_store(path, sync.objects.object_hash())?);
    }
    let objects_dir = stores.own.unwrap_or_else(|| common_dir.join("objects"));
    Ok(Shared {
        git_dir,
        common_dir,
        work_dir,
        directory: directory.to_owned(),
        prefix,
        partial,
        environment: environment.clone(),
        extra_stores,
        objects_dir,
        idle: Default::default(),
        staged: Default::default(),
        written: Default::default(),
        sync,
    })
}

/// Says whether objects may have been left at a remote; new gits mark the remote, old ones the repository.
fn has_promisor(repo: &gix::Repository) -> bool {
    let config = repo.config_snapshot();
    config.string("extensions.partialClone").is_some()
        || repo
            .remote_names()
            .iter()
            .any(|name| config.boolean(&*format!("remote.{name}.promisor")) == Some(true))
}

pub(super) fn open_store(
    path: &Path,
    hash: gix::hash::Kind,
) -> Result<gix::parallel::OwnShared<gix::odb::Store>, Error> {
    gix::odb::Store::at_opts(path.to_owned(), hash, &mut std::iter::empty(), Default::default())
        .map(gix::parallel::OwnShared::new)
        .map_err(Error::io("read", path))
}

/// Refs in any other format than plain files would be read as absent, and written where git never looks.
fn refuse_ref_storage(repo: &gix::Repository) -> Result<(), Error> {
    match repo.config_snapshot().string("extensions.refStorage") {
        Some(format) if !format.eq_ignore_ascii_case(b"files") => {
            Err(Error::RefStorage { git_dir: repo.git_dir().to_owned(), format: format.to_string() })
        }
        _ => Ok(()),
    }
}

/// `GIT_COMMON_DIR` is honoured when it says what the repository itself says.
fn refuse_common_dir(
    common_dir: &Path,
    directory: &Path,
    environment: &BTreeMap<String, OsString>,
) -> Result<(), Error> {
    let Some(named) = environment.get("GIT_COMMON_DIR").filter(|value| !value.is_empty()) else {
        return Ok(());
    };
    if same_place(&directory.join(named), common_dir) {
        return Ok(());
    }
    Err(Error::Environment { variable: "GIT_COMMON_DIR", value: named.to_string_lossy().into_owned() })
}

/// Returns the directory as seen from the top of the working tree, both with links resolved.
fn prefix(top: &Path, directory: &Path) -> RepoPath {
    let resolved = (std::fs::canonicalize(top), std::fs::canonicalize(directory));
    let (Ok(top), Ok(directory)) = resolved else { return RepoPath::root() };
    directory.strip_prefix(&top).map_or_else(|_| RepoPath::root(), to_repo_path)
}

/// Turns a relative path of the file system into one of the repository.
pub(super) fn to_repo_path(relative: &Path) -> RepoPath {
    let mut path = RepoPath::root();
    for part in relative.components() {
        path = path.join(os_bytes(part.as_os_str()));
    }
    path
}

/// Returns the bytes of a file name, as git stores them.
pub(super) fn os_bytes(text: &OsStr) -> &[u8] {
    text.as_encoded_bytes()
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    std::path::absolute(path).map(|path| clean(&path)).map_err(Error::io("find", path))
}

/// Removes `.` and, where no link is involved, `..`.
fn clean(path: &Path) -> PathBuf {
    match std::fs::canonicalize(path) {
        Ok(resolved) if path.components().any(|part| part == std::path::Component::ParentDir) => resolved,
        _ => path.components().collect(),
    }
}

fn same_place(one: &Path, other: &Path) -> bool {
    match (std::fs::canonicalize(one), std::fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
