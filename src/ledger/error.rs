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
        file: String,
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

    /// An entry that no reader would take.
    #[error("`{path}` is longer than 64 MiB")]
    #[diagnostic(
        code(iao::ledger::long_entry),
        help(
            "what is recorded is held in memory by everybody who reads it; a plan of this size is better made in parts"
        )
    )]
    LongEntry {
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

    /// What a remote shows as its evidence does something that no honest program does.
    #[error("the evidence of `{remote}` is refused: {name} there is {tip}")]
    #[diagnostic(
        code(iao::ledger::remote_refused),
        help(
            "nothing of it was taken over. What was seen stays in `{tracking}`: look at it with `git log --stat {tracking}`, and ask who writes to that remote. Where this clone or another holds a good ledger, put it back with `git push --force-with-lease={name}:{tip} {remote} refs/iao/ledger:refs/iao/ledger`"
        )
    )]
    RemoteRefused {
        /// The remote, without credentials.
        remote: String,
        /// The ref there.
        name: &'static str,
        /// What it is there.
        tip: ObjectId,
        /// The ref here that holds a copy of it.
        tracking: String,
        /// What is wrong with it.
        #[source]
        source: Box<Self>,
    },

    /// A ref of evidence that names no commit.
    #[error("{id} is a {kind}, and evidence begins with a commit")]
    #[diagnostic(code(iao::ledger::no_commit), help("no program of ours writes such a ref; see who did"))]
    NoCommit {
        /// The object.
        id: ObjectId,
        /// What it is.
        kind: &'static str,
    },

    /// A commit that is no link of a keep chain.
    #[error("commit {commit} is no link of a keep chain: {what}")]
    #[diagnostic(code(iao::ledger::no_keep), help("no program of ours writes such a commit; see who did"))]
    NoKeep {
        /// The commit.
        commit: ObjectId,
        /// Why it is none.
        what: &'static str,
    },

    /// A remote shows an earlier state of its ledger than it did before.
    #[error("the ledger of `{remote}` was rolled back: it was {seen}, and is {found} now, which is older")]
    #[diagnostic(
        code(iao::ledger::remote_rolled_back),
        help(
            "nothing was taken over and nothing pushed. Find out who moved it; this clone has all that was there: put it back with `git push {remote} refs/iao/ledger`, then sync again"
        )
    )]
    RemoteRolledBack {
        /// The remote, without credentials.
        remote: String,
        /// The last tip that it was seen with.
        seen: ObjectId,
        /// Its tip now.
        found: ObjectId,
    },

    /// A remote shows a ledger that does not contain what it showed before.
    #[error("the ledger of `{remote}` was replaced: it was {seen}, and {found} does not contain that")]
    #[diagnostic(
        code(iao::ledger::remote_forked),
        help(
            "nothing was taken over and nothing pushed. See what is new with `git log {seen}..{found}`, and find out who wrote it. To put the old one back: `git push --force-with-lease=refs/iao/ledger:{found} {remote} {seen}:refs/iao/ledger`. To keep both: remove `{mark}` in the repository's `iao` directory and sync again, and the two are merged"
        )
    )]
    RemoteForked {
        /// The remote, without credentials.
        remote: String,
        /// The last tip that it was seen with.
        seen: ObjectId,
        /// Its tip now.
        found: ObjectId,
        /// The file that remembers, below `<common dir>/iao`.
        mark: String,
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
    /// Says whether evidence was looked at and is bad, as opposed to out of reach.
    #[must_use]
    pub fn is_bad_evidence(&self) -> bool {
        matches!(
            self,
            Self::LedgerTampered { .. }
                | Self::LedgerRolledBack { .. }
                | Self::EntryExists { .. }
                | Self::RemoteRefused { .. }
                | Self::RemoteRolledBack { .. }
                | Self::RemoteForked { .. }
        )
    }

    /// Says whether an object is missing that a partial clone left at its remote.
    #[must_use]
    pub fn is_promised(&self) -> bool {
        match self {
            Self::Git(source) | Self::Unreadable { source, .. } => {
                matches!(source, git::Error::MissingPromised { .. })
            }
            _ => false,
        }
    }

    /// Says which part of the ledger could not be read.
    pub(super) fn unreadable(what: impl FnOnce() -> String) -> impl FnOnce(git::Error) -> Self {
        // Put into words only when there is something to tell: it is said of every entry that is read.
        move |source| Self::Unreadable { what: what(), source }
    }
}
