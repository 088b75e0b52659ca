//! How the scan room fails. What it finds is never an error; what it cannot read always is.

/// Why a snapshot could not be scanned to its end.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// The snapshot could not be read: a scan that skips what it cannot read would call it clean.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
    /// A file of rules is not what it should be.
    #[error("the rules cannot be used:\n{faults}")]
    #[diagnostic(
        code(iao::scan::rules),
        help("mend the places; `git iao rules show <id>` prints a rule that works")
    )]
    Rules {
        /// One line for each: file, line, column, and what is wrong.
        faults: String,
    },
    /// The allow-file is not what it should be. A gate that passed over it would stop what is allowed, or worse.
    #[error("{file}:{line}:{column}: {what}")]
    #[diagnostic(
        code(iao::scan::allow),
        help(
            "mend the line or take it out; `git iao allow` writes such lines, and docs/gates.md tells what they say"
        )
    )]
    Allow {
        /// The file, from the top of the repository.
        file: &'static str,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// The user asked to stop.
    #[error("the scan was interrupted")]
    #[diagnostic(code(iao::scan::interrupted), help("run the command again; nothing was written"))]
    Interrupted,
}
