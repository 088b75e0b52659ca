//! How a hook's gate fails. A gate that could not look blocks: it fails closed.

use std::path::PathBuf;

/// Why a gate could not give its answer, or a hook could not be put in place.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Git data could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
    /// What git writes to a pre-push hook is not there.
    #[error("line {line} of the hook's input is no pushed ref: `<local ref> <oid> <remote ref> <oid>`")]
    #[diagnostic(
        code(iao::hook::input),
        help(
            "git writes this to a pre-push hook; by hand, pipe such a line into `git iao hooks run pre-push REMOTE`"
        )
    )]
    Input {
        /// The line, from 1.
        line: usize,
    },
    /// Somebody else's hook stands there.
    #[error("`{}` is a hook of somebody else", path.display())]
    #[diagnostic(
        code(iao::hook::foreign),
        help("call ours from it: add the line `git iao hooks run {hook} \"$@\" || exit 1`")
    )]
    Foreign {
        /// The hook's file.
        path: PathBuf,
        /// Its name.
        hook: &'static str,
    },
    /// Hooks are looked for outside this repository.
    #[error("`core.hooksPath` is `{path}`, which other repositories may use as well")]
    #[diagnostic(
        code(iao::hook::hooks_path),
        help(
            "call ours from the hooks there (`git iao hooks run pre-commit \"$@\" || exit 1`), or unset `core.hooksPath` for this repository"
        )
    )]
    HooksPath {
        /// What the configuration says.
        path: String,
    },
    /// The file could not be written or removed.
    #[error("cannot change `{}`", path.display())]
    #[diagnostic(code(iao::hook::write), help("make the hooks directory writable"))]
    Write {
        /// The hook's file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
