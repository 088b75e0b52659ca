//! A real repository in a temporary directory, made by real git with no user's config.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Location, Repository};

/// A repository for one test; it goes away with it.
pub(crate) struct Sandbox {
    directory: tempfile::TempDir,
}

impl Sandbox {
    /// An empty repository on branch `main`.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// An empty repository made with these options of `git init`.
    pub(crate) fn with(options: &[&str]) -> Self {
        let sandbox = Self { directory: tempfile::tempdir().unwrap() };
        sandbox.git(&[&["init", "-q", "-b", "main"], options].concat());
        sandbox.git(&["config", "user.name", "Tester"]);
        sandbox.git(&["config", "user.email", "tester@example.com"]);
        sandbox
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn commit(self, message: &str) -> Self {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self
    }

    pub(crate) fn location(&self) -> Location {
        Location { directory: self.path(), ..Location::default() }
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::open(&self.location()).unwrap()
    }

    /// Runs git, which must work, and returns its output without the final line break.
    pub(crate) fn git<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        self.git_with(arguments, b"")
    }

    /// Runs git with `input` on its standard input.
    pub(crate) fn git_with<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> String {
        let mut child = command(&self.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(input));
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
        })
    }

    /// Runs git, and says whether it worked.
    pub(crate) fn try_git<S: AsRef<OsStr>>(&self, arguments: &[S]) -> bool {
        command(&self.path()).args(arguments).output().unwrap().status.success()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests compare with what real git does")]
fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).env_clear();
    // The test's own environment, less everything that could steer git.
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // A git that is not installed where it was built for finds its parts through these.
    for name in ["GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.env("HOME", directory).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Tester")
            .env(format!("GIT_{role}_EMAIL"), "tester@example.com");
        command.env(format!("GIT_{role}_DATE"), "2023-11-14T22:13:20Z");
    }
    command
}
