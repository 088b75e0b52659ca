//! Opens repositories of every shape, made by real git.

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
fn a_bare_repository_is_opened_as_its_hooks_are_called() {
    let sandbox = Sandbox::with(&["--bare"]);
    let mut location = sandbox.location();
    location.environment.insert("GIT_DIR".into(), ".".into());
    location.environment.insert("GIT_NAMESPACE".into(), "other".into());
    let repository = Repository::open(&location).unwrap();
    assert_eq!((repository.git_dir(), repository.work_dir()), (sandbox.path().as_path(), None));
    assert_eq!(repository.common_dir(), sandbox.path());
}

#[test]
fn a_bare_repository_that_was_not_named_is_refused_when_the_user_says_so() {
    let sandbox = Sandbox::with(&["--bare"]);
    let mut location = sandbox.location();
    location.environment.insert("GIT_CONFIG_PARAMETERS".into(), "'safe.bareRepository'='explicit'".into());
    assert!(matches!(refused(&location), Error::ImplicitBare { .. }));
    location.git_dir = Some(".".into());
    assert!(Repository::open(&location).is_ok());
    sandbox.git(&["config", "safe.bareRepository", "explicit"]);
    assert!(Repository::open(&sandbox.location()).is_ok(), "a repository cannot set it for itself");
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
    sandbox.git(&["config", "core.repositoryFormatVersion", "1"]);
    sandbox.git(&["config", "extensions.refStorage", "reftable"]);
    assert!(matches!(refused(&sandbox.location()), Error::RefStorage { format, .. } if format == "reftable"));
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

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_refused_until_it_is_named() {
    let sandbox = Sandbox::new().file("a", "1").commit("first");
    for path in [sandbox.path(), sandbox.path().join(".git")] {
        // Only root may give files away; anybody else cannot make this repository.
        if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
            return;
        }
    }
    assert!(matches!(refused(&sandbox.location()), Error::Untrusted { .. }));
    let mut location = sandbox.location();
    location.git_dir = Some(sandbox.path().join(".git"));
    let repository = Repository::open(&location).unwrap();
    assert_eq!(repository.resolve("HEAD").unwrap().to_string().len(), 40);
}
