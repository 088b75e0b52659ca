//! `git-iao`: parses, dispatches, reports, exits.
//!
//! The one place that reads the environment; everything below gets it as values.

mod cli;

use std::process::ExitCode;

use git_iao::base::process::Environment;

#[expect(clippy::disallowed_methods, reason = "main is the one place that reads the environment")]
fn main() -> ExitCode {
    keep_memory();
    let environment = Environment::new(std::env::vars_os());
    cli::main(cli::Invocation {
        arguments: std::env::args_os().collect(),
        environment,
        directory: std::env::current_dir(),
        program: std::env::current_exe,
        parent: parent(),
    })
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
fn parent() -> Option<u32> {
    Some(std::os::unix::process::parent_id())
}

#[cfg(not(unix))]
fn parent() -> Option<u32> {
    None
}

/// Has the C library keep the memory of buffers that come and go, instead of asking the system for it each time.
///
/// By default glibc gives back whatever has 128 KiB, page by page to be cleared again; after the first block of this
/// size was freed it does so only with larger ones. Elsewhere this does nothing.
fn keep_memory() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(4 << 20)));
}
