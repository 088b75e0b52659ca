//! How sealing fails.

use crate::base::ContentAddress;
use crate::git;
use crate::ledger;
use crate::model::RepoPath;
use crate::supply_chain;

/// Why a tree could not be sealed, or its evidence not be read.
///
/// Evidence that reads well and says something else than the repository is no error but a failed check.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Ctrl-C.
    #[error("interrupted")]
    #[diagnostic(code(iao::seal::cancelled), help("nothing was recorded; run the command again"))]
    Cancelled,
    /// A tree that cannot be sealed without guessing what it means.
    #[error("{} cannot be sealed: {what}", shown(path))]
    #[diagnostic(
        code(iao::seal::hostile_tree),
        help(
            "git itself never writes such a tree; find the commit that brought it with `git log -- <path>`"
        )
    )]
    HostileTree {
        /// The directory.
        path: RepoPath,
        /// What is wrong, in one clause.
        what: String,
    },
    /// The content of one file is not there.
    #[error("cannot read the content of {}", shown(path))]
    #[diagnostic(
        code(iao::seal::unreadable),
        help("run `git fsck`; in a partial clone, fetch the missing objects first")
    )]
    Unreadable {
        /// The first path that has this content.
        path: RepoPath,
        /// What git says.
        #[source]
        source: git::Error,
    },
    /// The ledger lacks what a seal refers to.
    #[error("the ledger has no manifest `{manifest}`")]
    #[diagnostic(
        code(iao::seal::manifest_missing),
        help("fetch the whole `refs/iao/ledger`; the seal can still be checked from the commit itself")
    )]
    ManifestMissing {
        /// SHA-256 of the manifest document.
        manifest: ContentAddress,
    },
    /// The ledger lacks a segment of records, or the segment lacks a record.
    #[error("the ledger lacks the record of {}, looked for in `{segment}`", shown(directory))]
    #[diagnostic(
        code(iao::seal::record_missing),
        help("fetch the whole `refs/iao/ledger`; the seal can still be checked from the commit itself")
    )]
    RecordMissing {
        /// The directory whose record is missing.
        directory: RepoPath,
        /// SHA-256 of the segment that should hold it.
        segment: ContentAddress,
    },
    /// A ledger entry is not what its place says.
    #[error("the ledger entry `{path}` is damaged")]
    #[diagnostic(
        code(iao::seal::entry_damaged),
        help("the ledger was changed by hand or on the way; compare it with another clone's")
    )]
    EntryDamaged {
        /// Path in the ledger's tree.
        path: String,
        /// What is wrong with it.
        #[source]
        source: Damage,
    },
    /// Records that do not add up to the digest they stand for.
    #[error("the records of {} do not have the digest that the manifest states", shown(directory))]
    #[diagnostic(
        code(iao::seal::root_mismatch),
        help("the ledger's records were changed; the seal can still be checked from the commit itself")
    )]
    RootMismatch {
        /// The first directory whose digest differs.
        directory: RepoPath,
    },
    /// A proof was asked for about a path that the sealed tree does not have.
    #[error("{} is not in the seal", shown(path))]
    #[diagnostic(
        code(iao::seal::no_such_path),
        help("`git iao show --manifest` lists what was sealed; paths are told apart byte by byte")
    )]
    NoSuchPath {
        /// The path.
        path: RepoPath,
    },
    /// A proof was asked for about a directory.
    #[error("{} is a directory, and a proof is about one file", shown(path))]
    #[diagnostic(
        code(iao::seal::no_file),
        help("name a file, a symbolic link or a submodule; `git iao show --manifest` lists them")
    )]
    NoFile {
        /// The path.
        path: RepoPath,
    },
    /// A statement that has no canonical form.
    #[error("the seal cannot be written")]
    #[diagnostic(
        code(iao::seal::unwritable),
        help("sizes and counts must stay below 2^53; names must be UTF-8")
    )]
    Unwritable(#[source] supply_chain::Error),
    /// A signature could not be made or judged.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Signature(#[from] supply_chain::Error),
    /// Git data could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] git::Error),
    /// The ledger could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] ledger::Error),
}

/// Quotes a path; the root, which has no name, gets words.
fn shown(path: &RepoPath) -> String {
    if path.is_root() { "the top directory".to_owned() } else { format!("`{path}`") }
}

/// What is wrong with one ledger entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Its name is not the digest of its bytes.
    #[error("its name is not the SHA-256 of its bytes")]
    Name,
    /// It is no canonical JSON document of its kind.
    #[error("not a canonical document of its kind")]
    Document(#[from] crate::base::canonical::Error),
    /// It is no segment of records.
    #[error("not a segment of records")]
    Segment(#[from] super::SegmentError),
    /// It is no seal.
    #[error("not a seal")]
    Seal(#[from] super::StatementError),
    /// It seals another commit than its path says.
    #[error("it seals another commit than its path says")]
    Place,
}
