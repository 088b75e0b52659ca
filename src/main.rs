//! `git-iao`: parses, dispatches, reports, exits.
//!
//! The one place that reads the environment; everything below gets it as values.

mod cli;

use std::process::ExitCode;

use git_iao::base::process::Environment;

#[expect(clippy::disallowed_methods, reason = "main is the one place that reads the environment")]
fn main() -> ExitCode {
    let environment = Environment::new(std::env::vars_os());
    cli::main(cli::Invocation {
        arguments: std::env::args_os().collect(),
        environment,
        directory: std::env::current_dir(),
        program: std::env::current_exe(),
    })
}
