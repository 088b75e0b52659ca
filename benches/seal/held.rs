//! `git-iao` with its hashing held to one backend, to be started as a process of its own by this benchmark.
//!
//! It is the command line of the program, word for word; no user can hold the program itself.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use git_iao::base::process::Environment;
use git_iao::hash::Backend;

use crate::cli;
use crate::support::lab::Lab;

/// Names the backend in the environment of the process.
const VARIABLE: &str = "IAO_BENCH_HELD_TO";

/// Says whether a backend can be compared here; none can in a build for debugging.
pub(super) fn can_hold(backend: Backend) -> bool {
    !cfg!(debug_assertions) && backend.is_available()
}

/// Returns a command that runs this benchmark's own file as `git-iao`, held to a backend.
pub(super) fn command(lab: &Lab, backend: Backend, folder: &Path) -> Command {
    let mut command = lab.command(env::current_exe().unwrap(), folder);
    command.env(VARIABLE, backend.as_str());
    command
}

/// Runs as `git-iao` when this process was started for that; `None` when it is the benchmark itself.
pub(super) fn main() -> Option<ExitCode> {
    let word = env::var(VARIABLE).ok()?;
    let backend = Backend::ALL.into_iter().find(|backend| backend.as_str() == word);
    backend.expect("the benchmark names a backend").hold().expect("nothing was hashed before");
    let arguments = env::args_os().collect();
    let directory: std::io::Result<PathBuf> = env::current_dir();
    let environment = Environment::new(env::vars_os());
    Some(cli::main(cli::Invocation {
        arguments,
        environment,
        directory,
        program: env::current_exe,
        parent: None,
    }))
}
