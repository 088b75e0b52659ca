//! How the ledger fails.

use crate::git;
use crate::model::{ObjectId, RepoPath};

/// Why evidence could not be read or recorded.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Git data could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] git::Error),

    /// A part of the ledger is missing or makes no sense to git.
    #[error("the ledger cannot be read: {what}")]
    #[diagnostic(
        code(iao::ledger::unreadable),
        help(
            "see what else is gone with `git fsck`, and fetch `refs/iao/ledger` from a remote or clone that has it; the notes can then be made again with `git iao notes --rebuild`"
        )
    )]
    Unreadable {
        /// Which part.
        what: String,
        /// What git says about it.
        #[source]
        source: git::Error,
    },

    /// A commit of the ledger does something other than add entries under their right names.
    #[error("the ledger was tampered with in commit {commit}: `{path}` {what}")]
    #[diagnostic(
        code(iao::ledger::tampered),
        help(
            "see the change with `git show --stat {commit}`; compare with another clone, and put the last good commit back with `git update-ref refs/iao/ledger <commit>`"
        )
    )]
    LedgerTampered {
        /// The commit that did it.
        commit: ObjectId,
        /// The entry.
        path: RepoPath,
        /// What happened to it.
        what: &'static str,
    },

    /// The ledger no longer contains what this clone has seen in it.
    #[error("the ledger was rolled back: {seen} was seen here, and the ledger is now {}", found.map_or("gone".to_owned(), |id| id.to_string()))]
    #[diagnostic(
        code(iao::ledger::rolled_back),
        help(
            "put it back with `git update-ref refs/iao/ledger {seen}`; `git reflog refs/iao/ledger` says when it moved"
        )
    )]
    LedgerRolledBack {
        /// The last commit of the ledger that was seen here.
        seen: ObjectId,
        /// What `refs/iao/ledger` is now.
        found: Option<ObjectId>,
    },

    /// The file that remembers the last seen ledger commit makes no sense.
    #[error("`{file}` in the repository's `iao` directory does not name a ledger commit")]
    #[diagnostic(
        code(iao::ledger::bad_mark),
        help(
            "check the ledger (`git log refs/iao/ledger`) and remove the file: the next record starts it again"
        )
    )]
    BadMark {
        /// The file, below `<common dir>/iao`.
        file: &'static str,
    },

    /// The ledger holds other bytes under the same path.
    #[error("the ledger already holds something else at `{path}`")]
    #[diagnostic(
        code(iao::ledger::entry_exists),
        help("entries are never replaced; compare the two, one of them was not made by an honest program")
    )]
    EntryExists {
        /// The entry.
        path: RepoPath,
    },

    /// An entry whose name is a digest, and not that of its bytes.
    #[error("`{path}` is named by a digest that is not the SHA-256 of its bytes")]
    #[diagnostic(
        code(iao::ledger::misnamed_entry),
        help("name the entry by the digest of exactly the bytes that are recorded")
    )]
    MisnamedEntry {
        /// The entry.
        path: RepoPath,
    },

    /// Somebody kept moving a ref while we tried to.
    #[error("`{name}` was moved by others {tries} times in a row")]
    #[diagnostic(
        code(iao::ledger::contended),
        help("find the process that writes it (a fetch in a loop?), and run the command again")
    )]
    Contended {
        /// The ref.
        name: &'static str,
        /// How often it was tried.
        tries: usize,
    },
}

impl Error {
    /// Says which part of the ledger could not be read.
    pub(super) fn unreadable(what: impl Into<String>) -> impl FnOnce(git::Error) -> Self {
        let what = what.into();
        move |source| Self::Unreadable { what, source }
    }
}
