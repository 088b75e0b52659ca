//! The arguments and their help; nothing else.

mod evidence;
mod scan;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use git_iao::hook::Hook;

pub(super) use self::evidence::{Depth, Export, Proof, Seal, SealAct, Show, Verify};
pub(super) use self::scan::{Allow, Rules, RulesAct, Scan};

/// Keep a repository in compliance with a declared baseline, and leave evidence in git
///
/// The loop is normalize, plan, patch, verify, seal. Fixes are commits on `iao/governance`; your branch, index
/// and working tree are never touched. Evidence lies in `refs/iao/ledger`, and reviewers read it as notes:
/// `git log --notes=iao`.
///
/// Example: `git iao plan` shows what would be done, `git iao run` does it, `git iao show iao/governance` tells
/// what was sealed.
#[derive(Debug, Parser)]
#[command(
    name = "git-iao",
    bin_name = "git iao",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Global {
    /// Start in this directory
    #[arg(short = 'C', value_name = "DIR", global = true, help_heading = "Global options")]
    pub(super) directory: Option<PathBuf>,
    /// Use this git directory instead of looking for one
    #[arg(long, value_name = "DIR", global = true, help_heading = "Global options")]
    pub(super) git_dir: Option<PathBuf>,
    /// Use this working tree
    #[arg(long, value_name = "DIR", global = true, help_heading = "Global options")]
    pub(super) work_tree: Option<PathBuf>,
    /// Use this pipeline document instead of the repository's (default: configs/indestructibleautoops.pipeline.yaml, else the built-in one)
    #[arg(long, value_name = "FILE", global = true, help_heading = "Global options")]
    pub(super) config: Option<PathBuf>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = FormatWord::Text, global = true, help_heading = "Global options")]
    pub(super) format: FormatWord,
    /// Short for --format json
    #[arg(long, global = true, conflicts_with = "format", help_heading = "Global options")]
    pub(super) json: bool,
    /// When to use colour; NO_COLOR switches `auto` off
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, help_heading = "Global options")]
    pub(super) color: Color,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(super) quiet: bool,
    /// Say more on stderr
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Global options")]
    pub(super) verbose: bool,
    /// How many threads may work (default: the machine's)
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..), help_heading = "Global options")]
    pub(super) jobs: Option<u16>,
}

/// What may stand behind `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatWord {
    /// For people
    Text,
    /// One versioned object
    Json,
    /// SARIF 2.1.0, where findings are shown
    Sarif,
    /// Annotations of a GitHub Actions job, where findings are shown
    Github,
    /// `seal export`: the envelope as it is recorded
    #[value(hide = true)]
    Dsse,
    /// `seal export`: a Sigstore bundle
    #[value(hide = true)]
    SigstoreBundle,
    /// `seal export`: a verification summary
    #[value(hide = true)]
    Vsa,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One versioned object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl Format {
    /// Says whether only findings can be printed like that.
    pub(super) fn is_for_findings(self) -> bool {
        matches!(self, Self::Sarif | Self::Github)
    }
}

/// What a seal is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExportFormat {
    /// The envelope as it is recorded.
    Dsse,
    /// A Sigstore bundle around it.
    SigstoreBundle,
    /// A SLSA verification summary, signed anew.
    Vsa,
}

impl Global {
    /// Returns how an answer, or an error in place of one, is printed.
    pub(super) fn format(&self) -> Format {
        match self.format {
            _ if self.json => Format::Json,
            FormatWord::Json => Format::Json,
            FormatWord::Sarif => Format::Sarif,
            FormatWord::Github => Format::Github,
            FormatWord::Text | FormatWord::Dsse | FormatWord::SigstoreBundle | FormatWord::Vsa => {
                Format::Text
            }
        }
    }

    /// Returns the format that only `seal export` knows, when one was asked for.
    pub(super) fn export_format(&self) -> Option<ExportFormat> {
        match self.format {
            FormatWord::Text | FormatWord::Json | FormatWord::Sarif | FormatWord::Github => None,
            FormatWord::Dsse => Some(ExportFormat::Dsse),
            FormatWord::SigstoreBundle => Some(ExportFormat::SigstoreBundle),
            FormatWord::Vsa => Some(ExportFormat::Vsa),
        }
    }
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum Command {
    /// Write the configuration documents into the working tree
    ///
    /// Writes the built-in pipeline, policies, roles and adapters into `configs/`, for you to edit and commit. Nothing is overwritten without --force. Not needed to begin: every command works without configuration.
    ///
    /// With --remote, sets up sharing instead, and says how to take that back. Not needed either: `git iao sync` works as it is.
    Init(Init),
    /// Check the configuration and report every violation at once
    ///
    /// Reads the documents of the working tree (or --config), not of a commit.
    Validate,
    /// Show the projects found here, what was left out and why, and where the evidence stands
    Status,
    /// Show what a run would change, without changing anything
    ///
    /// Reads a commit (default: HEAD), never uncommitted changes. The plan is named by the digest of its bytes,
    /// and `git iao run --plan ID` applies exactly that plan.
    Plan(Plan),
    /// Run the loop: plan, patch, verify, seal
    ///
    /// Fixes become commits on `iao/governance`; the tip is verified and sealed. Take them over with
    /// `git iao apply` or `git merge iao/governance`.
    Run(Run),
    /// Take the commits of iao/governance over into the current branch
    ///
    /// Fast-forwards where possible and merges otherwise. Refuses when the working tree has changes to files that
    /// would be touched.
    Apply(Apply),
    /// Judge a tree by the policies, or check the seal of a commit
    ///
    /// Exit 1 says no: the tree breaks a policy that blocks, or the evidence does not hold.
    Verify(Verify),
    /// Seal a commit as it is
    ///
    /// Hashes every file (SHA3-512 and BLAKE3) and records the boundary with the verdict that was given for the
    /// same tree under the same policy, or "not verified". Signs with the SSH key that git's configuration names
    /// (`gpg.format=ssh`, `user.signingKey`).
    Seal(Seal),
    /// Write a small file that proves one file to be in a seal
    ///
    /// `git iao verify --proof` checks it anywhere, without the repository: it needs the proof, the content, and the
    /// seal's envelope, which is part of the proof unless you keep them apart.
    ///
    /// Example: `git iao proof LICENSE --output LICENSE.proof`
    Proof(Proof),
    /// Tell what was sealed at a commit, by whom, and whether it still holds
    Show(Show),
    /// List the runs of the event stream, or check its chain
    Log(Log),
    /// Run a recorded run again and compare every deterministic byte
    ///
    /// Nothing is written. Names the first divergence.
    Replay(Replay),
    /// Run the gates over a tree: secrets, hostile paths, naming
    ///
    /// Exit 1 when a finding is in a family that the policy blocks on (`gates.blockOn`).
    ///
    /// With --range, --history or --stdin, contents are scanned for secrets instead, and nothing is recorded. Exit 2 when an
    /// object cannot be read; all others were scanned then.
    Scan(Scan),
    /// Let a finding pass from now on, with a reason
    ///
    /// Adds an entry to `configs/indestructibleautoops.allow.jsonl`, for you to commit: the rule, the path, your reason, and a keyed
    /// digest of the secret in its place. It names no line and no commit, so it survives moves, rebases and squashes. Every
    /// gate heeds it.
    ///
    /// Example: `git iao allow 3f9a0c2b1d4e --reason "key of the test server, open to anybody" --until 2027-01-31`
    Allow(Allow),
    /// List the rules of the scanner, show one, or try a file of rules
    ///
    /// Needs no repository. Rules are TOML as gitleaks writes them.
    Rules(Rules),
    /// Remove local state; evidence in git stays
    Clean(Clean),
    /// List the commits that lack valid evidence, and say why
    ///
    /// Looks at each commit's seal in the ledger: that it is whole, is about this commit and its tree, and was not sealed
    /// with a verdict that failed. The content is not read again; `git iao verify --seal` does that.
    /// One policy on signers holds for all: that of --base, else of the parent of the oldest commit.
    ///
    /// Exit 1 when a commit lacks it.
    Audit(Audit),
    /// Bring the evidence here and at a remote to the same state
    ///
    /// Fetches the remote's ledger, checks that it only grew since it was seen last, merges it with this one, writes the
    /// notes of seals that came, and pushes what the remote lacks. Only `refs/iao/*` and `refs/notes/iao` move, here
    /// and there.
    ///
    /// Exit 1 when evidence is bad (rolled back, replaced, tampered with): nothing of it is taken over then.
    Sync(Sync),
    /// Write the notes again from the ledger
    ///
    /// Notes are what `git log --notes=iao` shows; the ledger is the record, so lost or damaged notes lose nothing.
    Notes(Notes),
    /// Put the gates into git's hooks, or run one as a hook does
    ///
    /// pre-commit and pre-merge-commit judge what is staged, pre-push every commit that leaves, pre-receive every commit
    /// that arrives; post-commit notes a commit that went past. They block on the policy's `gates.blockOn`, never touch
    /// your files, and never replace a hook of somebody else.
    Hooks(Hooks),
    /// Print the man page, or install all of them
    Man(Man),
    /// Print completions for a shell
    Completions(Completions),
}

#[derive(Debug, Clone, Args)]
pub(super) struct Init {
    /// Overwrite documents that are there
    #[arg(long)]
    pub(super) force: bool,
    /// Write no document; let `git fetch REMOTE` bring copies of its evidence along, by two lines in `.git/config`
    #[arg(long, value_name = "REMOTE", conflicts_with = "force")]
    pub(super) remote: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Plan {
    /// The commit to plan for
    #[arg(value_name = "REV", default_value = "HEAD")]
    pub(super) revision: String,
    /// Exit with 1 when changes are pending
    #[arg(long)]
    pub(super) check: bool,
    /// Write the plan to this file as well
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Show the content of each change
    #[arg(short, long)]
    pub(super) patch: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Run {
    /// Apply exactly this reviewed plan: its id, or its file
    #[arg(long, value_name = "ID|FILE")]
    pub(super) plan: Option<String>,
    /// Carry the plan over to the present HEAD if nothing that it read changed
    #[arg(long, requires = "plan")]
    pub(super) rebase_plan: bool,
    /// How far to go (default: the pipeline's own mode)
    #[arg(long, value_enum)]
    pub(super) mode: Option<Mode>,
    /// Stop after this step of the pipeline, such as security_assessment
    #[arg(long, value_name = "STEP")]
    pub(super) to: Option<String>,
    /// Whether the seal is signed (default: git's `iao.sign`, else auto)
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(super) sign: Option<Sign>,
}

/// When a seal is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Sign {
    /// When git's configuration names an SSH key
    Auto,
    /// Always; without a key nothing is sealed
    Required,
    /// Never
    Off,
}

/// Whom to trust.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Trust {
    /// Trust the signers in this file (default: git's `gpg.ssh.allowedSignersFile`, unless the repository itself sets it)
    #[arg(long, value_name = "FILE")]
    pub(super) allowed_signers: Option<PathBuf>,
    /// Never trust the keys in this file (default: git's `gpg.ssh.revocationFile`, likewise)
    #[arg(long, value_name = "FILE")]
    pub(super) revoked: Option<PathBuf>,
    /// Read the policy on signers from this commit (default: the parent of the sealed one)
    #[arg(long, value_name = "REV")]
    pub(super) base: Option<String>,
}

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Mode {
    /// Up to the plan
    Plan,
    /// Everything
    Repair,
    /// Everything but the patch
    Verify,
    /// The seal alone
    Seal,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Apply {
    /// Refuse when a merge commit would be needed
    #[arg(long)]
    pub(super) ff_only: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Log {
    /// Show the events of this run: its id, or the start of it
    #[arg(value_name = "RUN")]
    pub(super) run: Option<String>,
    /// Check the chain against every place that the ledger recorded, and what the ledger got since the last check
    #[arg(long)]
    pub(super) check: bool,
    /// Check the ledger from its first commit, whatever was checked before
    #[arg(long, requires = "check")]
    pub(super) full: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Replay {
    /// The run: its id, or the start of it (default: the last run that made a plan)
    #[arg(value_name = "RUN")]
    pub(super) run: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Clean {
    /// Only say what would go
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Audit {
    /// `A..B`, or a revision for all of its history (default: what HEAD has and its upstream has not; without an upstream the last 100 commits of HEAD)
    #[arg(value_name = "RANGE")]
    pub(super) range: Option<String>,
    /// Look at this many commits at most, the newest
    #[arg(short = 'n', long, value_name = "N")]
    pub(super) max_count: Option<usize>,
    /// A seal without a verdict that passed is no evidence
    #[arg(long)]
    pub(super) verified: bool,
    /// A seal without a signature that is trusted is no evidence
    #[arg(long)]
    pub(super) signed: bool,
    #[command(flatten)]
    pub(super) trust: Trust,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Sync {
    /// A remote's name, a URL or a path (default: what `git fetch` takes: the branch's remote, the only one, or origin)
    #[arg(value_name = "REMOTE")]
    pub(super) remote: Option<String>,
    /// Leave out `refs/iao/keep`, which takes every sealed commit along to the remote
    #[arg(long)]
    pub(super) no_keep: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Notes {
    /// Rebuild refs/notes/iao
    #[arg(long, required = true)]
    pub(super) rebuild: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Hooks {
    #[command(subcommand)]
    pub(super) act: HooksAct,
}

/// What to do with hooks.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum HooksAct {
    /// Put pre-commit, pre-merge-commit, pre-push and post-commit in place; in a bare repository, pre-receive
    ///
    /// git 2.54 and later get settings in `.git/config`, older ones files. A hook that stands there goes on running.
    Install(HooksInstall),
    /// Remove the hooks that are ours, and put back what stood there before
    Uninstall,
    /// Tell what stands where each hook goes, and what is wrong with it
    Status,
    /// Judge what a hook is about, as git calls it
    Run(HooksRun),
}

#[derive(Debug, Clone, Args)]
pub(super) struct HooksInstall {
    /// Put pre-receive in place too, for a repository that others push to
    #[arg(long)]
    pub(super) server: bool,
    /// Write files, also where git runs hooks of its config
    #[arg(long)]
    pub(super) files: bool,
    /// Install also where `CI` is set
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct HooksRun {
    /// The process of the git that runs the hook, for post-commit to know it again
    #[arg(long, value_name = "PID", hide = true)]
    pub(super) caller: Option<u32>,
    /// The script that git ran, where its first line names the program
    #[arg(skip)]
    pub(super) script: Option<PathBuf>,
    /// The hook
    #[arg(value_parser = hook())]
    pub(super) hook: Hook,
    /// What git hands to the hook
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) arguments: Vec<OsString>,
}

/// Reads the name of a hook.
fn hook() -> impl TypedValueParser<Value = Hook> {
    PossibleValuesParser::new(Hook::ALL.map(Hook::name))
        .map(|name| Hook::of_name(&name).expect("only names of hooks are let through"))
}

#[derive(Debug, Clone, Args)]
pub(super) struct Man {
    /// Install all pages below this directory (default: share/man beside the bin directory of this program)
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    pub(super) install: Option<Option<PathBuf>>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: Shell,
}

/// A shell that we complete for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shell {
    /// GNU bash: put the output into a file `git-iao` in bash-completion's directory
    Bash,
    /// zsh: put the output into a file `_git-iao` on fpath
    Zsh,
    /// fish: put the output into `git-iao.fish` in the completions directory
    Fish,
}
