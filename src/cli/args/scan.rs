//! The arguments of commands that scan, let findings pass and show rules; nothing else.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Scan {
    /// The commit to scan
    #[arg(value_name = "REV", default_value = "HEAD", conflicts_with_all = ["staged", "worktree"])]
    pub(in crate::cli) revision: String,
    /// Scan what is staged, for what HEAD does not have at the same path
    #[arg(long, conflicts_with = "worktree")]
    pub(in crate::cli) staged: bool,
    /// Scan the files on disk
    #[arg(long)]
    pub(in crate::cli) worktree: bool,
    /// Search with the rules of this file, a gitleaks configuration in TOML
    ///
    /// Nothing else is found then, but for patterns of the policy, unless the file says `[extend] useDefault = true`: then its rules count
    /// beside those that come with the program.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) rules: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) contents: Contents,
    #[command(flatten)]
    pub(in crate::cli) options: ContentOptions,
    /// Let everything pass that is found now: adds an entry for each finding to the allow-file
    #[arg(long, requires = "reason", conflicts_with = "contents")]
    pub(in crate::cli) write_baseline: bool,
    /// With --write-baseline: why it may stay
    #[arg(long, value_name = "TEXT", requires = "write_baseline")]
    pub(in crate::cli) reason: Option<String>,
    /// With --write-baseline: the last day on which it may, in UTC (default: none)
    #[arg(long, value_name = "YYYY-MM-DD", requires = "write_baseline")]
    pub(in crate::cli) until: Option<String>,
}

/// Contents that are scanned for secrets alone, wherever they come from.
#[derive(Debug, Clone, Args)]
#[group(id = "contents", multiple = false, conflicts_with_all = ["revision", "staged", "worktree"])]
pub(in crate::cli) struct Contents {
    /// Scan every content that comes with these commits, for secrets: A..B, A...B, or one revision with all that it reaches
    ///
    /// Each version of each file counts, also one that a later commit removed; what A has at the same path does not.
    #[arg(long, value_name = "A..B")]
    pub(in crate::cli) range: Option<String>,
    /// Scan every content that any ref reaches, for secrets, and tell the commit that brought each
    #[arg(long)]
    pub(in crate::cli) history: bool,
    /// Scan what stands on the standard input, for secrets
    #[arg(long)]
    pub(in crate::cli) stdin: bool,
}

/// How contents are scanned.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ContentOptions {
    /// Judge the standard input as the content of this file
    #[arg(long, value_name = "NAME", default_value = "stdin", requires = "stdin", conflicts_with_all = ["revision", "staged", "worktree"])]
    pub(in crate::cli) path: PathBuf,
    /// Do not fail when objects are missing that a partial clone left at its remote
    #[arg(long)]
    pub(in crate::cli) allow_missing: bool,
    /// With --range and --history, search every content again, and remember none that is clean
    #[arg(long)]
    pub(in crate::cli) no_cache: bool,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Allow {
    /// The finding: its id as scans print it, or the start of it, or PATH:LINE
    #[arg(value_name = "FINDING")]
    pub(in crate::cli) finding: String,
    /// Why it may stay
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: String,
    /// The last day on which it may, in UTC (default: none)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(in crate::cli) until: Option<String>,
    /// Where it may be (default: at its path alone); `*` stays within a name, `**` spans directories
    #[arg(long, value_name = "GLOB")]
    pub(in crate::cli) path: Option<String>,
    /// Look for it in what is staged instead of the files on disk
    #[arg(long)]
    pub(in crate::cli) staged: bool,
    /// Search with the rules of this file, as `git iao scan --rules` does
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) rules: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct Rules {
    #[command(subcommand)]
    pub(in crate::cli) act: RulesAct,
}

/// What is done with rules.
#[derive(Debug, Clone, Subcommand)]
pub(in crate::cli) enum RulesAct {
    /// List the rules that come with the program
    List,
    /// Show a rule: its pattern, where it comes from, how to revoke what it finds
    Show {
        /// The id of the rule, as a finding names it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Try rules on texts drawn from their own patterns
    ///
    /// Exit 1 when a rule does not find what its pattern says.
    Test {
        /// A file of rules (default: those that come with the program)
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}
