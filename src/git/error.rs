//! How the git room fails. No gix type gets out: what gix says is kept as the source of the error.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error as ThisError;

use super::Expected;
use crate::model::{ObjectId, RepoPath};

/// What lies below an error of this room.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;

/// Why git data could not be read or written.
#[derive(Debug, ThisError, Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// No repository stands at or above the directory.
    #[error("`{}` is not inside a git repository", directory.display())]
    #[diagnostic(
        code(iao::git::not_a_repository),
        help("go into a repository, name one with `-C` or `--git-dir`, or make one with `git init`")
    )]
    NotARepository {
        /// Where the search began, or the `--git-dir` that was named.
        directory: PathBuf,
        /// What was found instead.
        #[source]
        source: Cause,
    },

    /// The repository belongs to another user, and git would not touch it either.
    #[error("the repository at `{}` belongs to another user", path.display())]
    #[diagnostic(
        code(iao::git::dubious_ownership),
        help("if you trust it, run: git config --global --add safe.directory {}", path.display())
    )]
    Untrusted {
        /// Where the search began.
        path: PathBuf,
        /// What is owned by somebody else.
        #[source]
        source: Cause,
    },

    /// A bare repository was come across, and the user's config wants such ones named.
    #[error("`{}` is a bare repository that was not named, and `safe.bareRepository` is `explicit`", git_dir.display())]
    #[diagnostic(code(iao::git::implicit_bare), help("name it: `--git-dir {}`", git_dir.display()))]
    ImplicitBare {
        /// The repository.
        git_dir: PathBuf,
    },

    /// The refs are kept in a format that is not read here.
    #[error("`{}` keeps its refs in the `{format}` format, which is not supported", git_dir.display())]
    #[diagnostic(
        code(iao::git::ref_storage),
        help(
            "convert it with `git refs migrate --ref-format=files` (git 2.46 or newer), or work in a clone made with `git clone --ref-format=files`"
        )
    )]
    RefStorage {
        /// The repository.
        git_dir: PathBuf,
        /// What `extensions.refStorage` says.
        format: String,
    },

    /// A variable of git's environment asks for a repository shape that is not read here.
    #[error("`{variable}` is set to `{value}`, which is not supported")]
    #[diagnostic(
        code(iao::git::environment),
        help("unset `{variable}`, or name the repository with `--git-dir`")
    )]
    Environment {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },

    /// The repository is there, and cannot be opened.
    #[error("cannot open the repository at `{}`", path.display())]
    #[diagnostic(
        code(iao::git::open),
        help("see what `git status` says there; a broken config is the usual reason")
    )]
    Open {
        /// The repository, or where the search for it began.
        path: PathBuf,
        /// What is broken.
        #[source]
        source: Cause,
    },

    /// No object or ref goes by this name.
    #[error("`{revision}` is not a revision of this repository")]
    #[diagnostic(
        code(iao::git::unknown_revision),
        help(
            "check the spelling; `git branch -a` and `git log` show what there is, `git fetch` may bring it"
        )
    )]
    UnknownRevision {
        /// What was asked for.
        revision: String,
    },

    /// A short object name that several objects begin with.
    #[error("`{revision}` is ambiguous")]
    #[diagnostic(code(iao::git::ambiguous_revision), help("write more digits of the object name"))]
    Ambiguous {
        /// What was asked for.
        revision: String,
        /// The candidates.
        #[source]
        source: Cause,
    },

    /// The revision names an object, and it is no commit.
    #[error("`{revision}` is a {kind}, not a commit")]
    #[diagnostic(code(iao::git::not_a_commit), help("name a commit, a branch, or a tag of a commit"))]
    NotACommit {
        /// What was asked for.
        revision: String,
        /// What it is: `tree`, `blob`, `tag`.
        kind: String,
    },

    /// HEAD names a branch that has no commit yet.
    #[error("`{branch}` has no commit yet")]
    #[diagnostic(code(iao::git::unborn), help("make a first commit with `git commit`"))]
    Unborn {
        /// The full name of the branch.
        branch: String,
    },

    /// An object that the repository should hold is not there.
    #[error("object {id} is missing")]
    #[diagnostic(
        code(iao::git::missing_object),
        help(
            "run `git fsck` to see what else is gone; in a shallow clone `git fetch --unshallow` may bring it"
        )
    )]
    MissingObject {
        /// The object.
        id: ObjectId,
    },

    /// An object that a partial clone left at its remote.
    #[error("object {id} is not in this partial clone")]
    #[diagnostic(
        code(iao::git::missing_promised),
        help(
            "bring it with `git cat-file -e {id}` (git fetches what is promised), or work in a full clone; nothing is fetched for you"
        )
    )]
    MissingPromised {
        /// The object.
        id: ObjectId,
    },

    /// An object that is not here, and one of the stores that lend objects is gone.
    #[error("{missing} is missing, and the object store `{}` that was to lend it is gone", path.display())]
    #[diagnostic(
        code(iao::git::alternate_gone),
        help("bring the store back, or name its new place in `objects/info/alternates` of this repository")
    )]
    AlternateGone {
        /// The object or the revision, as a message names it.
        missing: String,
        /// The directory that `objects/info/alternates` names.
        path: PathBuf,
    },

    /// An object whose stored bytes make no sense.
    #[error("object {id} is corrupt")]
    #[diagnostic(
        code(iao::git::corrupt_object),
        help("run `git fsck --full`, and restore the object from another clone")
    )]
    CorruptObject {
        /// The object.
        id: ObjectId,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },

    /// An object that the system would not hand over.
    #[error("object {id} cannot be read")]
    #[diagnostic(
        code(iao::git::unreadable_object),
        help(
            "nothing is said of the object: mend what the system names (permissions, the disk, too many open files) and run again"
        )
    )]
    UnreadableObject {
        /// The object.
        id: ObjectId,
        /// What the system said.
        #[source]
        source: Cause,
    },

    /// An object that is too large to be held, and that git did not hand over in pieces.
    #[error("object {id} is too large to be held, and git does not stream it")]
    #[diagnostic(
        code(iao::git::stream),
        help("put git 2.39 or later on PATH, and see what `git cat-file blob {id}` says")
    )]
    Stream {
        /// The object.
        id: ObjectId,
        /// What git, or the system, said.
        #[source]
        source: Cause,
    },

    /// An object of another kind than the one that was needed.
    #[error("object {id} is a {actual}, not a {expected}")]
    #[diagnostic(code(iao::git::wrong_kind), help("name a {expected}"))]
    WrongKind {
        /// The object.
        id: ObjectId,
        /// What was needed: `blob`, `tree`, `commit`.
        expected: &'static str,
        /// What it is.
        actual: &'static str,
    },

    /// A tree is nested deeper than any honest one.
    #[error("tree {id} is nested more than {limit} levels deep")]
    #[diagnostic(
        code(iao::git::tree_depth),
        help("find the commit that made it with `git log --find-object={id}`")
    )]
    TreeTooDeep {
        /// The outermost tree.
        id: ObjectId,
        /// How many levels are read.
        limit: usize,
    },

    /// A tree holds more than memory can.
    #[error("tree {id} names more than any honest tree")]
    #[diagnostic(
        code(iao::git::tree_size),
        help("find the commit that made it with `git log --find-object={id}`")
    )]
    TreeTooLarge {
        /// The outermost tree.
        id: ObjectId,
    },

    /// Content that was made to share its name with other content.
    #[error("a {kind} holds a collision attack on SHA-1")]
    #[diagnostic(
        code(iao::git::collision),
        help("find out who made it; a SHA-256 repository can hold it safely")
    )]
    Collision {
        /// What was to be named: `blob`, `tree`, `commit`.
        kind: &'static str,
        /// How it was noticed.
        #[source]
        source: Cause,
    },

    /// A commit message that git cannot store.
    #[error("a commit message holds a zero byte")]
    #[diagnostic(
        code(iao::git::bad_message),
        help("take the zero byte out of the text that the message is made of")
    )]
    BadMessage,

    /// An edit of a tree that would write where nothing may be written.
    #[error("`{path}` cannot be written: {reason}")]
    #[diagnostic(
        code(iao::git::edit_refused),
        help("choose another path; links and submodules are never written through")
    )]
    EditRefused {
        /// The path of the edit.
        path: RepoPath,
        /// What stands in the way.
        reason: &'static str,
    },

    /// The index holds unresolved conflicts.
    #[error("the index has {} unmerged path(s), the first is `{first}`", count)]
    #[diagnostic(
        code(iao::git::unmerged_index),
        help("resolve the conflicts and `git add` the files, or `git merge --abort`")
    )]
    UnmergedIndex {
        /// How many paths are in conflict.
        count: usize,
        /// The first of them.
        first: RepoPath,
    },

    /// The index cannot be decoded.
    #[error("cannot read the index `{}`", path.display())]
    #[diagnostic(
        code(iao::git::index),
        help("see what `git status` says; `git read-tree HEAD` makes a new index")
    )]
    Index {
        /// The index file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },

    /// There is no working tree to look at.
    #[error("`{}` is bare: it has no working tree", git_dir.display())]
    #[diagnostic(code(iao::git::bare), help("name a commit instead, or work in a clone with a working tree"))]
    Bare {
        /// The repository.
        git_dir: PathBuf,
    },

    /// A file or directory could not be read or written.
    #[error("cannot {act} `{}`", path.display())]
    #[diagnostic(
        code(iao::git::io),
        help("check that the path exists, its permissions, and the space left on the disk")
    )]
    Io {
        /// What was tried, as a verb: `read`, `write`.
        act: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },

    /// git data of another kind (refs, history, ignore rules) could not be read.
    #[error("cannot read {what}")]
    #[diagnostic(code(iao::git::read), help("see what `git fsck` says about the repository"))]
    Read {
        /// What was read, with its name.
        what: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },

    // Refs, locks and notes.
    /// A ref is no longer what it was when the work began.
    #[error("`{name}` moved: expected {expected}, found {actual}")]
    #[diagnostic(
        code(iao::git::ref_moved),
        help("somebody else moved it meanwhile (see `git reflog {name}`); run the command again")
    )]
    RefMoved {
        /// The ref's full name.
        name: String,
        /// What it was to be.
        expected: Expected,
        /// What it is.
        actual: Expected,
    },

    /// Another program holds the lock of a ref, or died and left it.
    #[error("`{name}` is locked by `{}`", lock.display())]
    #[diagnostic(
        code(iao::git::ref_locked),
        help("another git process works on it: wait for it, and if none runs remove the lock file by hand")
    )]
    RefLocked {
        /// The ref's full name.
        name: String,
        /// The lock file.
        lock: PathBuf,
    },

    /// A ref whose stored bytes make no sense.
    #[error("the ref `{name}` is corrupt")]
    #[diagnostic(
        code(iao::git::corrupt_ref),
        help(
            "see its last good value with `git reflog {name}` and set it with `git update-ref`, or fetch it from another clone"
        )
    )]
    CorruptRef {
        /// The ref's full name.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },

    /// A ref that points at another ref; moving it would move the other.
    #[error("`{name}` is a symbolic ref to `{to}` and is not moved")]
    #[diagnostic(
        code(iao::git::symbolic_ref),
        help("nothing of git-iao makes such a ref; remove it with `git symbolic-ref --delete {name}`")
    )]
    SymbolicRef {
        /// The ref's full name.
        name: String,
        /// The ref it points at.
        to: String,
    },

    /// A name that no ref may have, or that is not full.
    #[error("`{name}` is not the full name of a ref that can be used here")]
    #[diagnostic(
        code(iao::git::bad_ref_name),
        help("write it in full, such as `refs/heads/main`; see `git check-ref-format`")
    )]
    BadRefName {
        /// The name.
        name: String,
    },

    /// Two refs that cannot be at the same time: one's name would be a directory of the other.
    #[error("`{name}` cannot be made while `{other}` exists")]
    #[diagnostic(
        code(iao::git::ref_conflict),
        help("rename the other: a ref's name cannot also be the directory of a ref")
    )]
    RefConflict {
        /// The new ref.
        name: String,
        /// The one that stands in the way.
        other: String,
    },

    /// git is still judging a push, and what it brought may be thrown away again.
    #[error("`{name}` cannot be moved while git checks a push")]
    #[diagnostic(
        code(iao::git::quarantine),
        help("a pre-receive hook may only judge; move refs after the push, in post-receive")
    )]
    Quarantine {
        /// The ref's full name.
        name: String,
    },

    /// Another process keeps the advisory lock.
    #[error("another process keeps the lock `{}`", path.display())]
    #[diagnostic(
        code(iao::git::busy),
        help(
            "wait until the other `git iao` has finished; the system lets go of the lock when a process ends, so the file need not be removed"
        )
    )]
    Busy {
        /// The lock file.
        path: PathBuf,
    },

    /// The repository cannot be written.
    #[error("cannot write `{}`: the repository is read-only for you", path.display())]
    #[diagnostic(
        code(iao::git::read_only),
        help("check its owner and permissions, or work in a clone of your own; reading works as it is")
    )]
    ReadOnly {
        /// The file that was to be written.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },

    /// A notes tree holds more than one note for one object, so none of them can be believed.
    #[error("more than one note for {object}")]
    #[diagnostic(
        code(iao::git::ambiguous_note),
        help(
            "no program of git's writes such a tree; rebuild the notes from the ledger with `git iao notes --rebuild`"
        )
    )]
    AmbiguousNote {
        /// The annotated object.
        object: ObjectId,
    },

    /// A note that is larger than any honest one.
    #[error("the note for {object} has {size} bytes, more than the {limit} that are read")]
    #[diagnostic(
        code(iao::git::note_too_large),
        help("rebuild the notes from the ledger with `git iao notes --rebuild`")
    )]
    NoteTooLarge {
        /// The annotated object.
        object: ObjectId,
        /// Its size in bytes.
        size: u64,
        /// How many bytes are read.
        limit: u64,
    },

    // Remotes.
    /// No remote was named, and git would not know which one to take.
    #[error("there is no remote to talk to: this branch follows none, and there is no `origin`")]
    #[diagnostic(
        code(iao::git::no_remote),
        help("name one: `git iao sync REMOTE` takes a remote's name, a URL or a path (known here: {known})")
    )]
    NoRemote {
        /// The remotes that the config names.
        known: String,
    },

    /// A word that names no remote, and is no URL or path.
    #[error("there is no remote `{name}`")]
    #[diagnostic(
        code(iao::git::unknown_remote),
        help("see `git remote` (known here: {known}); a path begins with `./` or `/`")
    )]
    UnknownRemote {
        /// The word.
        name: String,
        /// The remotes that the config names.
        known: String,
    },

    /// git could not be started.
    #[error("the user's git, which talks to remotes, does not start")]
    #[diagnostic(code(iao::git::no_git), help("install git 2.39 or later, and put it on PATH"))]
    NoGit {
        /// What the system said.
        #[source]
        source: crate::base::process::Error,
    },

    /// git would not write its config.
    #[error("git cannot write `{key}` in this repository's config; it says: {said}")]
    #[diagnostic(
        code(iao::git::config_write),
        help("see whether `.git/config` can be written and no `.git/config.lock` was left behind")
    )]
    ConfigWrite {
        /// The key.
        key: String,
        /// The last lines of what git said.
        said: String,
    },

    /// git could not reach a remote, or the remote would not talk.
    #[error("git cannot {act} `{remote}`; it says: {said}")]
    #[diagnostic(
        code(iao::git::transport),
        help(
            "try `git ls-remote {remote}`; evidence needs no rights but to read and write `refs/iao/*` and `refs/notes/iao` there"
        )
    )]
    Transport {
        /// What was tried: `list`, `fetch from`, `push to`.
        act: &'static str,
        /// The remote, without credentials.
        remote: String,
        /// The last lines of what git said.
        said: String,
    },

    /// The remote's objects are named by another hash function.
    #[error("`{remote}` names its objects by another hash function than this repository")]
    #[diagnostic(
        code(iao::git::format_mismatch),
        help(
            "evidence names git's objects, so it can only be shared between repositories of one object format"
        )
    )]
    FormatMismatch {
        /// The remote, without credentials.
        remote: String,
    },
}

impl Error {
    /// Says which file could not be written, and tells a read-only repository from other trouble.
    pub(super) fn write(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path, source }
            }
            _ => Self::Io { act: "write", path, source },
        }
    }
}

impl Error {
    /// Says whether the repository may not be written to.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::ReadOnly { .. })
    }

    /// Says whether the system refused something that another try may be given: nothing is wrong with the repository.
    #[must_use]
    pub fn is_of_the_system(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::UnreadableObject { .. })
    }

    /// Says what was done to which file when the system refused.
    pub(super) fn io(act: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { act, path, source }
    }

    /// Keeps what gix says about `what`.
    pub(super) fn read<E: Into<Cause>>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |source| Self::Read { what, source: source.into() }
    }
}
