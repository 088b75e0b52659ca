//! The arguments of commands that make, check and show evidence; nothing else.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use git_iao::model::ObjectId;

use super::{Sign, Trust};

#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("evidence").args(["seal", "proof"]))]
#[command(mut_group("Trust", |group| group.requires("evidence")))]
pub(in crate::cli) struct Verify {
    /// The commit to judge; with --seal also ranges (`A..B`), and several
    #[arg(value_name = "REV|RANGE", default_value = "HEAD")]
    pub(in crate::cli) revisions: Vec<String>,
    /// Check the evidence of the commit instead: envelope, subject, signature, manifest, content
    #[arg(long)]
    pub(in crate::cli) seal: bool,
    /// Say no to a seal whose signer is not trusted
    #[arg(long, requires = "evidence")]
    pub(in crate::cli) require_trusted: bool,
    #[command(flatten)]
    pub(in crate::cli) trust: Trust,
    /// How deep to look at each seal
    #[arg(long, value_enum, default_value_t = Depth::Content, requires = "seal")]
    pub(in crate::cli) depth: Depth,
    /// Say no unless every commit is sealed
    #[arg(long, requires = "seal")]
    pub(in crate::cli) all: bool,
    /// Check this proof of one file, which `git iao proof` wrote; needs no repository
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seal", "revisions", "base"])]
    pub(in crate::cli) proof: Option<PathBuf>,
    /// Hold this content against the proof; `-` reads stdin
    #[arg(long, value_name = "FILE", requires = "proof")]
    pub(in crate::cli) content: Option<PathBuf>,
    /// The envelope of the seal, when the proof was written without it
    #[arg(long, value_name = "FILE", requires = "proof")]
    pub(in crate::cli) envelope: Option<PathBuf>,
    /// Say no unless the proof is about this path, seen from the top of the repository
    #[arg(long, value_name = "PATH", requires = "proof")]
    pub(in crate::cli) path: Option<OsString>,
    /// Say no unless the seal is about this commit, named in full
    #[arg(long, value_name = "ID", requires = "proof")]
    pub(in crate::cli) commit: Option<ObjectId>,
}

/// How deep a check of a seal looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Depth {
    /// The ledger's records, names and modes; git's object names are trusted for the content
    Merkle,
    /// The content of every file of the sealed commit
    Content,
    /// The files on disk, byte for byte
    Worktree,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Proof {
    /// The file, seen from the current directory
    #[arg(value_name = "PATH")]
    pub(in crate::cli) path: PathBuf,
    /// The sealed commit
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub(in crate::cli) revision: String,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Write the seal's envelope to this file, not into the proof: one is enough for many proofs
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) envelope: Option<PathBuf>,
    /// Leave the seal's envelope out
    #[arg(long, conflicts_with = "envelope")]
    pub(in crate::cli) no_envelope: bool,
}

#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct Seal {
    /// The commit to seal
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub(in crate::cli) revision: String,
    /// Digest every file anew: neither the seal before nor kept digests are read
    #[arg(long)]
    pub(in crate::cli) no_cache: bool,
    /// As --no-cache, and compute the name of every git object again
    #[arg(long)]
    pub(in crate::cli) full: bool,
    /// Whether the seal is signed (default: git's `iao.sign`, else auto)
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(in crate::cli) sign: Option<Sign>,
    #[command(subcommand)]
    pub(in crate::cli) act: Option<SealAct>,
}

/// What else to do with a seal.
#[derive(Debug, Clone, Subcommand)]
pub(in crate::cli) enum SealAct {
    /// Write the seal of a commit for other tools
    ///
    /// `--format dsse` (the default) writes the envelope as it is recorded, `--format sigstore-bundle` a Sigstore
    /// bundle for `cosign` and `@sigstore/verify`, `--format vsa` a SLSA verification summary: the seal is checked
    /// against every byte first, and the summary is signed with your key.
    Export(Export),
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Export {
    /// The sealed commit
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub(in crate::cli) revision: String,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Whether a verification summary is signed (default: required)
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(in crate::cli) sign: Option<Sign>,
    /// Where the repository is, for a verification summary (default: the URL of the remote)
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) resource_uri: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Show {
    /// The commit
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub(in crate::cli) revision: String,
    /// List every file with mode, size and both digests
    #[arg(long)]
    pub(in crate::cli) manifest: bool,
    #[command(flatten)]
    pub(in crate::cli) trust: Trust,
}
