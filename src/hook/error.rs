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
    /// Two hooks of others claim one place.
    #[error("`{}` and `{}` are both hooks of somebody else", path.display(), kept.display())]
    #[diagnostic(
        code(iao::hook::crowded),
        help(
            "another program wrote the first one after the second was put aside for us: make one of the two, and remove the other"
        )
    )]
    Crowded {
        /// The hook's own place.
        path: PathBuf,
        /// Where an earlier hook is kept.
        kept: PathBuf,
    },
    /// Somebody else's hook is kept beside one that does not run it.
    #[error("`{}` is kept for a hook that does not run it", kept.display())]
    #[diagnostic(
        code(iao::hook::unrun),
        help("`git iao hooks install` writes a hook that does; or remove the file, if it is not needed")
    )]
    Unrun {
        /// The hook of somebody else.
        kept: PathBuf,
    },
    /// Another program writes the hooks here.
    #[error("{manager} keeps the hooks of this repository, and would write over ours")]
    #[diagnostic(code(iao::hook::managed), help("{help}"))]
    Managed {
        /// The program.
        manager: &'static str,
        /// What to put into its configuration.
        help: String,
    },
    /// Hooks are looked for outside this repository.
    #[error("`core.hooksPath` is `{path}`, which other repositories may use as well")]
    #[diagnostic(
        code(iao::hook::hooks_path),
        help(
            "let the hooks there call ours, each with one line:\n{lines}\nor keep hooks of its own for this repository: `git config core.hooksPath '{usual}'`, then install again"
        )
    )]
    HooksPath {
        /// What the configuration says.
        path: String,
        /// The lines to paste, one a hook.
        lines: String,
        /// Where git looks when nothing is set.
        usual: String,
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
