//! Starts children: the one place that does.
//!
//! A child gets the environment that it is given and no other, so that git's variables of an outer hook never
//! reach it; its output is capped and its time can be limited.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// The variables of git that name one repository (`git rev-parse --local-env-vars`, git 2.55): a child that
/// works elsewhere must not see them.
const GIT_LOCAL_VARIABLES: [&str; 19] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REFERENCE_BACKEND",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_SUPER_PREFIX",
    "GIT_WORK_TREE",
];

/// The variables of a process, as `main` read them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Takes the variables as they are.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// Returns a variable's value, if it is set and UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| value.to_str())
    }

    /// Returns a variable's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OsString> {
        self.0.get(std::ffi::OsStr::new(name))
    }

    /// Returns the variables that git and its configuration read, by name.
    #[must_use]
    pub fn for_git(&self) -> BTreeMap<String, OsString> {
        self.0
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value.clone())))
            .filter(|(name, _)| {
                // `PATH` tells where git itself is, for what only git can do.
                name.starts_with("GIT_") || matches!(name.as_str(), "HOME" | "XDG_CONFIG_HOME" | "PATH")
            })
            .collect()
    }

    /// Returns the same variables without those that name one repository.
    #[must_use]
    pub fn without_git_locals(&self) -> Self {
        let mut variables = self.0.clone();
        variables.retain(|name, _| {
            name.to_str().is_none_or(|name| {
                !GIT_LOCAL_VARIABLES.contains(&name)
                    && !name.starts_with("GIT_CONFIG_KEY_")
                    && !name.starts_with("GIT_CONFIG_VALUE_")
            })
        });
        Self(variables)
    }

    /// Returns the same variables with one set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }
}

/// A program to be run to its end.
#[derive(Debug, Clone)]
pub struct Program<'a> {
    /// The program: a path, or a name looked up in the child's `PATH`.
    pub program: &'a str,
    /// Its arguments; no shell reads them.
    pub arguments: Vec<OsString>,
    /// Where it runs.
    pub directory: &'a Path,
    /// Its whole environment.
    pub environment: &'a Environment,
    /// What it reads.
    pub stdin: &'a [u8],
    /// When it is killed; `None`: never.
    pub timeout: Option<Duration>,
    /// Bytes kept of each output; the rest is read and dropped.
    pub output_limit: usize,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit code; `None` when a signal or the time limit ended it.
    pub code: Option<i32>,
    /// Whether the time limit ended it.
    pub timed_out: bool,
    /// The start of what it wrote to stdout.
    pub stdout: Vec<u8>,
    /// The start of what it wrote to stderr.
    pub stderr: Vec<u8>,
}

/// Why a child could not be run.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// The program is not there, or may not be run.
    #[error("cannot start `{program}` in `{directory}`", directory = .directory.display())]
    #[diagnostic(code(iao::process::start), help("install `{program}`, or put it on PATH"))]
    Start {
        /// The program.
        program: String,
        /// Where it should have run.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Its pipes broke, or it could not be waited for.
    #[error("lost `{program}` while it ran")]
    #[diagnostic(code(iao::process::lost), help("run the command again"))]
    Lost {
        /// The program.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl Program<'_> {
    /// Runs the child to its end.
    ///
    /// # Errors
    /// When it cannot be started or waited for; a non-zero exit is no error.
    pub fn run(&self) -> Result<Output, Error> {
        let mut child = self.spawn()?;
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let lost = |source| self.lost(source);
        std::thread::scope(|scope| {
            scope.spawn(|| feed(stdin, self.stdin));
            let out = scope.spawn(|| capped(stdout, self.output_limit));
            let err = scope.spawn(|| capped(stderr, self.output_limit));
            let (status, timed_out) = wait(&mut child, self.timeout).map_err(lost)?;
            Ok(Output {
                code: status.code(),
                timed_out,
                stdout: out.join().expect("a pipe reader does not panic").map_err(lost)?,
                stderr: err.join().expect("a pipe reader does not panic").map_err(lost)?,
            })
        })
    }

    /// Runs the child to its end, and hands on what it writes to stdout in pieces instead of keeping it.
    ///
    /// Nothing of stdout is in the answer. The time limit does not count: whoever takes the pieces may say that it is
    /// enough, and then the child is killed.
    ///
    /// # Errors
    /// When it cannot be started, read from or waited for; a non-zero exit is no error.
    pub fn stream(&self, mut take: impl FnMut(&[u8]) -> ControlFlow<()>) -> Result<Output, Error> {
        let mut child = self.spawn()?;
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            scope.spawn(|| feed(stdin, self.stdin));
            let err = scope.spawn(|| capped(stderr, self.output_limit));
            let poured = pour(stdout, &mut take);
            if !matches!(poured, Ok(ControlFlow::Continue(()))) {
                // It may have ended by itself, which is as good.
                let _ = child.kill();
            }
            let status = child.wait().map_err(|source| self.lost(source))?;
            let stderr =
                err.join().expect("a pipe reader does not panic").map_err(|source| self.lost(source))?;
            poured.map(drop).map_err(|source| self.lost(source))?;
            Ok(Output { code: status.code(), timed_out: false, stdout: Vec::new(), stderr })
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that starts a child")]
    fn spawn(&self) -> Result<std::process::Child, Error> {
        std::process::Command::new(self.program)
            .args(&self.arguments)
            .current_dir(self.directory)
            .env_clear()
            .envs(&self.environment.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::Start {
                program: self.program.to_owned(),
                directory: self.directory.to_owned(),
                source,
            })
    }

    fn lost(&self, source: std::io::Error) -> Error {
        Error::Lost { program: self.program.to_owned(), source }
    }
}

fn feed(stdin: Option<impl Write>, input: &[u8]) {
    if let Some(mut pipe) = stdin {
        // A child that stops reading has heard enough: that is its right, not our error.
        let _ = pipe.write_all(input);
    }
}

/// Reads a pipe to its end, or until whoever takes the pieces has enough.
fn pour(
    pipe: Option<impl Read>,
    take: &mut impl FnMut(&[u8]) -> ControlFlow<()>,
) -> std::io::Result<ControlFlow<()>> {
    const PIECE: usize = 256 << 10;
    let Some(mut pipe) = pipe else { return Ok(ControlFlow::Continue(())) };
    let mut piece = vec![0; PIECE];
    loop {
        match pipe.read(&mut piece) {
            Ok(0) => return Ok(ControlFlow::Continue(())),
            Ok(length) if take(&piece[..length]).is_break() => return Ok(ControlFlow::Break(())),
            Ok(_) => {}
            Err(source) if source.kind() == std::io::ErrorKind::Interrupted => {}
            Err(source) => return Err(source),
        }
    }
}

fn wait(
    child: &mut std::process::Child,
    timeout: Option<Duration>,
) -> std::io::Result<(std::process::ExitStatus, bool)> {
    let Some(limit) = timeout else {
        return Ok((child.wait()?, false));
    };
    const PAUSE: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        if waited >= limit {
            child.kill()?;
            return Ok((child.wait()?, true));
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
    }
}

fn capped(pipe: Option<impl Read>, limit: usize) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.by_ref().take(limit as u64).read_to_end(&mut kept)?;
        std::io::copy(&mut pipe, &mut std::io::sink())?;
    }
    Ok(kept)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn with_program<T>(script: &str, timeout: Option<Duration>, use_it: impl FnOnce(&Program<'_>) -> T) -> T {
        let environment = Environment::new([("PATH".into(), "/usr/bin:/bin".into())]);
        use_it(&Program {
            program: "sh",
            arguments: vec!["-c".into(), script.into()],
            directory: Path::new("/"),
            environment: &environment,
            stdin: b"in",
            timeout,
            output_limit: 16,
        })
    }

    fn sh(script: &str, timeout: Option<Duration>) -> Output {
        with_program(script, timeout, |program| program.run().unwrap())
    }

    #[test]
    fn a_stream_comes_whole_and_in_pieces() {
        let (mut total, mut pieces) = (0, 0);
        let output = with_program("cat; yes | head -c 1000000; echo oops >&2; exit 3", None, |program| {
            program.stream(|piece| {
                total += piece.len();
                pieces += 1;
                ControlFlow::Continue(())
            })
        });
        let output = output.unwrap();
        assert_eq!((output.code, output.stderr.as_slice()), (Some(3), &b"oops\n"[..]));
        assert_eq!(total, 1_000_002);
        assert!(pieces > 1);
    }

    #[test]
    fn a_stream_that_nobody_wants_is_stopped() {
        let output = with_program("yes", None, |program| program.stream(|_| ControlFlow::Break(())));
        assert_eq!(output.unwrap().code, None);
    }

    #[test]
    fn output_is_capped_and_the_exit_code_kept() {
        let output = sh("cat; yes | head -c 100000; echo oops >&2; exit 3", None);
        assert_eq!(output.code, Some(3));
        assert_eq!(output.stdout.len(), 16);
        assert!(output.stdout.starts_with(b"iny\n"));
        assert_eq!(output.stderr, b"oops\n");
    }

    #[test]
    fn a_child_that_takes_too_long_is_killed() {
        let output = sh("exec sleep 30", Some(Duration::from_millis(50)));
        assert!(output.timed_out);
        assert_eq!(output.code, None);
    }

    #[test]
    fn variables_that_name_a_repository_are_left_out() {
        let environment = Environment::new([
            ("GIT_DIR".into(), "x".into()),
            ("GIT_CONFIG_KEY_0".into(), "y".into()),
            ("GIT_AUTHOR_NAME".into(), "z".into()),
        ])
        .without_git_locals();
        assert_eq!(environment.get("GIT_DIR"), None);
        assert_eq!(environment.get("GIT_CONFIG_KEY_0"), None);
        assert_eq!(environment.text("GIT_AUTHOR_NAME"), Some("z"));
    }
}
