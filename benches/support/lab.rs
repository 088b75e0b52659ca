//! Starts programs without anybody's git config and says what they cost.
//!
//! CPU time and peak memory are the kernel's own account of a child and of all that it waited for (`wait4`), in
//! microseconds and KiB. A child is started from this process, whose own size counts into the child's peak until it
//! has become the other program: a benchmark that measures memory stays small itself.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wait4::Wait4 as _;

/// What one program cost, with all that it started and waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// From the start to the end.
    pub(crate) wall: Duration,
    /// User and system time.
    pub(crate) cpu: Duration,
    /// The largest resident size of one process, in bytes; mapped files count.
    pub(crate) peak: u64,
}

/// A program that did not end well.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// What it said on stderr.
    pub(crate) said: String,
}

/// A folder of its own in which programs are started.
pub(crate) struct Lab {
    scratch: TempDir,
    path: String,
}

impl Lab {
    /// Makes a scratch folder in `folder`; programs are looked for in `path`, as in `PATH`.
    pub(crate) fn new(folder: &Path, path: String) -> Self {
        let scratch = TempDir::with_prefix_in("scratch-", folder).unwrap();
        fs::create_dir(scratch.path().join("home")).unwrap();
        Self { scratch, path }
    }

    /// Returns a path in the scratch folder, which is removed at the end.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Returns a command that sees nothing of the user's surroundings but where programs lie.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.place("home"))
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("SOURCE_DATE_EPOCH", "1700000000");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ada")
                .env(format!("GIT_{role}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{role}_DATE"), "1700000000 +0000");
        }
        command
    }

    /// Runs a shell line that must succeed, and returns what it printed.
    pub(crate) fn shell(&self, folder: &Path, line: &str) -> String {
        let output =
            self.command("sh", folder).args(["-euc", line]).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{line}: {}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command with its answer thrown away, and returns what it cost.
    ///
    /// # Errors
    ///
    /// When it does not end with exit 0.
    pub(crate) fn measure(&self, command: &mut Command) -> Result<Cost, Failure> {
        let talk = self.place("stderr");
        command.stdout(Stdio::null()).stderr(File::create(&talk).unwrap());
        let started = Instant::now();
        let used = command.spawn().unwrap().wait4().unwrap();
        let wall = started.elapsed();
        if !used.status.success() {
            let said = String::from_utf8_lossy(&fs::read(&talk).unwrap()).trim().to_owned();
            return Err(Failure { code: used.status.code(), said });
        }
        Ok(Cost { wall, cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "exit {code}: {}", self.said),
            None => write!(f, "ended by a signal: {}", self.said),
        }
    }
}

/// Returns the middle one of several spans of time.
pub(crate) fn median(mut spans: Vec<Duration>) -> Duration {
    spans.sort();
    spans[spans.len() / 2]
}
