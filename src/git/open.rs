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
use super::{Error, environment};
use crate::model::RepoPath;

/// Opens the repository, and gathers what never changes while it is open.
pub(super) fn open(location: &Location) -> Result<Shared, Error> {
    let directory = absolute(&location.directory)?;
    let variable = |name: &str| location.environment.get(name).filter(|value| !value.is_empty());
    let named = location.git_dir.clone().or_else(|| variable("GIT_DIR").map(PathBuf::from));
    let mut sync = match &named {
        Some(git_dir) => open_at(&directory.join(git_dir), location)?,
        None => discover(&directory, location)?,
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
    let options = || options(location);
    let by_trust = gix::sec::trust::Mapping { full: options(), reduced: options().bail_if_untrusted(true) };
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
    gix::open::Options::default()
        .bail_if_untrusted(location.git_dir.is_none() && !location.environment.contains_key("GIT_DIR"))
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
    if absent {
        Error::NotARepository { directory: path, source: source.into() }
    } else if source.is_permission_denied() && source.to_string().contains("not owned") {
        Error::Untrusted { path, source: source.into() }
    } else {
        Error::Open { path, source: source.into() }
    }
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
    let git_dir = repo.git_dir().to_owned();
    let common_dir = clean(repo.common_dir());
    refuse_ref_storage(&repo)?;
    refuse_common_dir(&common_dir, directory, environment)?;
    let partial = has_promisor(&repo);
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

fn open_store(
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
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::git::{Head, Repository};
    use crate::model::ObjectFormat;

    fn refused(location: &Location) -> Error {
        Repository::open(location).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_repository_is_found_from_below() {
        let sandbox = Sandbox::new().file("a/b/c", "1").commit("first");
        let mut location = sandbox.location();
        location.directory = sandbox.path().join("a/b");
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.work_dir(), Some(sandbox.path().as_path()));
        assert_eq!(repository.prefix(), RepoPath::from("a/b"));
        assert_eq!(repository.git_dir(), sandbox.path().join(".git"));
        assert!(matches!(repository.head().unwrap(), Head::Branch(name, _) if name == "refs/heads/main"));
    }

    #[test]
    fn no_repository_is_an_error_that_says_so() {
        let empty = tempfile::tempdir().unwrap();
        let mut location = Location { directory: empty.path().to_owned(), ..Location::default() };
        assert!(matches!(refused(&location), Error::NotARepository { .. }));
        location.git_dir = Some("nothing".into());
        assert!(matches!(refused(&location), Error::NotARepository { .. }));
    }

    #[test]
    fn nothing_is_looked_for_above_a_ceiling() {
        let sandbox = Sandbox::new().file("a/b/c", "1");
        let mut location = sandbox.location();
        location.directory = sandbox.path().join("a/b");
        location.environment.insert("GIT_CEILING_DIRECTORIES".into(), sandbox.path().join("a").into());
        assert!(matches!(refused(&location), Error::NotARepository { .. }));
    }

    #[test]
    fn a_bare_repository_has_no_working_tree() {
        let sandbox = Sandbox::with(&["--bare"]);
        let repository = sandbox.open();
        assert_eq!(repository.work_dir(), None);
        assert_eq!(repository.prefix(), RepoPath::root());
        assert_eq!(repository.head().unwrap(), Head::Unborn("refs/heads/main".into()));
        assert_eq!(repository.uncommitted().unwrap(), 0);
        assert!(matches!(repository.snapshot_worktree().map(|_| ()), Err(Error::Bare { .. })));
    }

    #[test]
    fn a_linked_worktree_shares_the_common_directory() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        sandbox.git(&["worktree", "add", "-q", "linked"]);
        let mut location = sandbox.location();
        location.directory = sandbox.path().join("linked");
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.common_dir(), sandbox.path().join(".git"));
        assert_eq!(repository.git_dir(), sandbox.path().join(".git/worktrees/linked"));
        assert_eq!(repository.work_dir(), Some(sandbox.path().join("linked").as_path()));
        // As git calls a hook there.
        location.environment.insert("GIT_DIR".into(), sandbox.path().join(".git/worktrees/linked").into());
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.work_dir(), Some(sandbox.path().join("linked").as_path()));
    }

    #[test]
    fn sha256_and_separate_git_directories_are_read() {
        let elsewhere = tempfile::tempdir().unwrap();
        let separate = format!("--separate-git-dir={}", elsewhere.path().join("store").display());
        let sandbox = Sandbox::with(&["--object-format=sha256", &separate]).file("a", "1").commit("first");
        let repository = sandbox.open();
        assert_eq!(repository.object_format(), ObjectFormat::Sha256);
        let head = repository.resolve("HEAD").unwrap();
        let snapshot = repository.snapshot_commit(head).unwrap();
        assert_eq!(snapshot.entries()[0].id.to_string(), sandbox.git(&["rev-parse", "HEAD:a"]));
        assert_eq!(repository.git_dir(), elsewhere.path().join("store"));
    }

    #[test]
    fn the_location_wins_over_the_environment() {
        let (named, other) = (Sandbox::new().file("a", "1").commit("named"), Sandbox::new());
        let mut location = other.location();
        location.environment.insert("GIT_DIR".into(), other.path().join(".git").into());
        location.environment.insert("GIT_WORK_TREE".into(), other.path().into());
        location.git_dir = Some(named.path().join(".git"));
        location.work_tree = Some(named.path());
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.git_dir(), named.path().join(".git"));
        assert_eq!(repository.work_dir(), Some(named.path().as_path()));
        assert_eq!(repository.snapshot_worktree().unwrap().entries().len(), 1);
    }

    #[test]
    fn with_the_git_directory_alone_the_directory_is_the_top() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let elsewhere = tempfile::tempdir().unwrap();
        let mut location = Location { directory: elsewhere.path().to_owned(), ..Location::default() };
        location.environment.insert("GIT_DIR".into(), sandbox.path().join(".git").into());
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.work_dir(), Some(elsewhere.path()));
    }

    #[test]
    fn refs_in_another_format_are_refused() {
        let sandbox = Sandbox::new();
        sandbox.git(&["config", "extensions.refStorage", "reftable"]);
        sandbox.git(&["config", "core.repositoryFormatVersion", "1"]);
        assert!(
            matches!(refused(&sandbox.location()), Error::RefStorage { format, .. } if format == "reftable")
        );
    }

    #[test]
    fn another_common_directory_is_refused() {
        let (sandbox, other) = (Sandbox::new(), Sandbox::new());
        let mut location = sandbox.location();
        location.environment.insert("GIT_COMMON_DIR".into(), ".git".into());
        assert!(Repository::open(&location).is_ok());
        location.environment.insert("GIT_COMMON_DIR".into(), other.path().join(".git").into());
        assert!(matches!(refused(&location), Error::Environment { variable: "GIT_COMMON_DIR", .. }));
    }

    #[test]
    fn settings_of_the_command_line_count() {
        let sandbox = Sandbox::new();
        let mut location = sandbox.location();
        location.environment.insert("GIT_CONFIG_PARAMETERS".into(), "'user.name'='Other'".into());
        let repository = Repository::open(&location).unwrap();
        assert_eq!(repository.config_string("user.name").as_deref(), Some("Other"));
    }

    #[test]
    fn shallow_and_partial_clones_are_known_as_such() {
        let source = Sandbox::new().file("a", "1").commit("first").file("a", "2").commit("second");
        source.git(&["config", "uploadpack.allowFilter", "true"]);
        let url = format!("file://{}", source.path().display());
        let target = tempfile::tempdir().unwrap();
        let path = |name: &str| target.path().join(name);
        let shallow = path("shallow");
        source.git(&["clone", "-q", "--depth", "1", &url, shallow.to_str().unwrap()]);
        let repository = Repository::open(&Location { directory: shallow, ..Location::default() }).unwrap();
        assert!(repository.is_shallow() && !repository.is_partial());
        let head = repository.resolve("HEAD").unwrap();
        assert_eq!(repository.walk(&[head], &[], 10).unwrap(), [head]);

        let partial = path("partial");
        source.git(&["clone", "-q", "--bare", "--filter=blob:none", &url, partial.to_str().unwrap()]);
        let repository = Repository::open(&Location { directory: partial, ..Location::default() }).unwrap();
        assert!(repository.is_partial() && !repository.is_shallow());
        let head = repository.resolve("HEAD").unwrap();
        let snapshot = repository.snapshot_commit(head).unwrap();
        let unread = snapshot.read(&snapshot.entries()[0]);
        assert!(matches!(unread, Err(Error::MissingPromised { id }) if id == snapshot.entries()[0].id));
    }
}
