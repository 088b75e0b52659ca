//! How a command fails, and which exit code that is.

use std::path::PathBuf;

use git_iao::model::ObjectId;
use git_iao::{config, engine, event, git, ledger, repair, seal, step};
use miette::Diagnostic;

use super::exit::Exit;
use super::render::counted;

/// Why a command could not give its answer.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum Error {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] config::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] engine::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Step(#[from] step::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scan(#[from] git_iao::scan::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Repair(#[from] repair::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] ledger::Error),
    /// Evidence was looked at, and the answer is no.
    #[error(transparent)]
    #[diagnostic(transparent)]
    BadEvidence(ledger::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seal(#[from] seal::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Event(#[from] event::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Hook(#[from] git_iao::hook::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Process(#[from] git_iao::base::process::Error),
    #[error(transparent)]
    #[diagnostic(transparent)]
    SupplyChain(#[from] git_iao::supply_chain::Error),
    #[error("`git iao {command}` knows no such format")]
    #[diagnostic(
        code(iao::cli::no_export),
        help("`dsse`, `sigstore-bundle` and `vsa` are for `git iao seal export`; use `text` or `json` here")
    )]
    NoExport { command: &'static str },
    #[error("no rule of the scanner is called `{id}`")]
    #[diagnostic(code(iao::cli::no_rule), help("`git iao rules list` names them all"))]
    NoRule { id: String },
    #[error("{} could not be read, so this is not the whole answer:\n{listed}", counted(*.count, "object"))]
    #[diagnostic(
        code(iao::cli::unread),
        help(
            "see what `git fsck` says, and bring them from another clone; `--allow-missing` lets go of what a partial clone left at its remote"
        )
    )]
    Unread { count: usize, listed: String },
    #[error("git's configuration names no SSH key to sign with")]
    #[diagnostic(
        code(iao::cli::no_key),
        help(
            "`git config gpg.format ssh` and `git config user.signingKey ~/.ssh/id_ed25519.pub`, or `--sign off`"
        )
    )]
    NoKey,
    #[error("`iao.sign` is `{value}`")]
    #[diagnostic(code(iao::cli::sign_word), help("set it to `auto`, `required` or `off`"))]
    SignWord { value: String },
    #[error("git's `{key}` is `{value}`, and where that is cannot be told")]
    #[diagnostic(
        code(iao::cli::config_path),
        help(
            "write the whole path, or begin it with `~/`: what lies in a repository is never taken for yours"
        )
    )]
    ConfigPath { key: &'static str, value: String },
    #[error("`gpg.ssh.defaultKeyCommand` gave no key: {said}")]
    #[diagnostic(
        code(iao::cli::key_command),
        help("its first line must be a public key, as `ssh-add -L` prints it; or set `user.signingKey`")
    )]
    KeyCommand { said: String },
    #[error("the policy at {base} names `{path}`, which is no file there")]
    #[diagnostic(code(iao::cli::no_signers), help("commit the list, or name another commit with `--base`"))]
    NoSigners { base: String, path: String },
    #[error("{commit} is not sealed")]
    #[diagnostic(code(iao::cli::not_sealed), help("seal it first with `git iao seal`"))]
    NotSealed { commit: ObjectId },
    #[error("the seal of {commit} does not hold: {what}")]
    #[diagnostic(
        code(iao::cli::does_not_hold),
        help("see `git iao verify --seal`; what does not hold is not handed to other tools")
    )]
    DoesNotHold { commit: ObjectId, what: String },
    #[error("the seal of {commit} has no verdict to summarize")]
    #[diagnostic(
        code(iao::cli::not_verified),
        help("`git iao run` verifies and seals; export what it sealed, such as `iao/governance`")
    )]
    NotVerified { commit: ObjectId },
    #[error(
        "the seal of {commit} is neither yours nor by a signer that you trust, so its verdict is not yours to sign"
    )]
    #[diagnostic(
        code(iao::cli::not_vouched_for),
        help(
            "seal it yourself with `git iao run`, add its signer to your `gpg.ssh.allowedSignersFile`, or export with `--sign off`"
        )
    )]
    NotVouchedFor { commit: ObjectId },
    #[error("a verification summary names the repository by its URL, and there is no remote")]
    #[diagnostic(code(iao::cli::no_resource), help("say where it is with `--resource-uri git+https://...`"))]
    NoResource,
    #[error("cannot tell the current directory")]
    #[diagnostic(
        code(iao::cli::directory),
        help("change into a directory that exists, or name one with `-C`")
    )]
    Directory(#[source] std::io::Error),
    #[error("the system does not say which file this program is")]
    #[diagnostic(code(iao::cli::program), help("call git-iao by its whole path"))]
    Program(#[source] std::io::Error),
    #[error("what git tells of refs is longer than {limit} bytes")]
    #[diagnostic(code(iao::cli::long_input), help("push fewer refs at a time"))]
    LongInput { limit: u64 },
    #[error("`iao.prepush.exclude` is `{value}`")]
    #[diagnostic(
        code(iao::cli::exclude_word),
        help("set it to `advertised` or `tracking`, or unset it: `git config --unset iao.prepush.exclude`")
    )]
    ExcludeWord { value: String },
    #[error("cannot read `{}`", path.display())]
    #[diagnostic(code(iao::cli::read), help("check the name and the permissions of the file"))]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot read the standard input")]
    #[diagnostic(code(iao::cli::stdin), help("pass the content with `<` or a pipe"))]
    Stdin(#[source] std::io::Error),
    #[error("cannot write `{}`", path.display())]
    #[diagnostic(code(iao::cli::write), help("make the place writable, or free some space"))]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("`SOURCE_DATE_EPOCH` is `{value}`, which is no number of seconds")]
    #[diagnostic(code(iao::cli::epoch), help("set it to whole seconds since 1970, or unset it"))]
    Epoch { value: String },
    #[error("`git iao {command}` has no answer in this format")]
    #[diagnostic(
        code(iao::cli::format),
        help(
            "use `--format text` or `--format json`; `scan`, `plan` and `verify` know `sarif` and `github`"
        )
    )]
    NoSarif { command: &'static str },
    #[error("no finding is called `{name}`")]
    #[diagnostic(
        code(iao::allow::unknown),
        help(
            "`git iao scan --worktree` prints the id of each finding; policies, and what the baseline misses, are not for the allow-file"
        )
    )]
    NoFinding { name: String },
    #[error("`{name}` is the start of {count} ids")]
    #[diagnostic(code(iao::allow::ambiguous), help("give more of its digits"))]
    AmbiguousFinding { name: String, count: usize },
    #[error("such an entry cannot be written: {what}")]
    #[diagnostic(code(iao::allow::entry), help("nothing was written; see `git iao allow -h`"))]
    Entry { what: String },
    #[error("the glob `{glob}` does not match `{path}`, where the finding is")]
    #[diagnostic(
        code(iao::allow::glob),
        help("globs are over whole paths from the top; `**` spans directories; nothing was written")
    )]
    GlobElsewhere { glob: String, path: String },
    #[error("`{}` is a link, or no plain file", path.display())]
    #[diagnostic(code(iao::allow::link), help("put a plain file in its place; nothing was written"))]
    NoPlainFile { path: PathBuf },
    #[error("`git iao {command}` needs a working tree, and this repository is bare")]
    #[diagnostic(code(iao::cli::bare), help("run it in a clone or a linked working tree"))]
    Bare { command: &'static str },
    #[error("there is no plan `{name}` here")]
    #[diagnostic(
        code(iao::plan::unknown),
        help(
            "plans are kept by the clone that made them: name the file that `git iao plan --out FILE` wrote, or plan again"
        )
    )]
    NoPlan { name: String },
    #[error("this pipeline has no step `{name}`")]
    #[diagnostic(code(iao::cli::no_step), help("its steps are: {known}"))]
    NoStep { name: String, known: String },
    #[error("no run starts with `{name}`")]
    #[diagnostic(code(iao::log::unknown_run), help("see `git iao log`"))]
    NoRun { name: String },
    #[error("`{name}` is the start of {count} runs")]
    #[diagnostic(code(iao::log::ambiguous_run), help("give more of its digits; see `git iao log`"))]
    AmbiguousRun { name: String, count: usize },
    #[error("{}", list_of(.paths))]
    #[diagnostic(
        code(iao::init::exists),
        help("keep them, or overwrite them with `git iao init --force`; nothing was written")
    )]
    Exists { paths: Vec<String> },
    #[error("`{url}` is no remote that git's config names, so there is nowhere to write a refspec")]
    #[diagnostic(
        code(iao::init::no_name),
        help("give it a name first: `git remote add NAME URL`; `git iao sync` takes a URL as it is")
    )]
    NotNamed { url: String },
    #[error("this clone is {why}, and a fetch of all evidence would bring what was left out of it")]
    #[diagnostic(
        code(iao::init::no_tracking),
        help("`git iao sync` needs no refspec, and leaves that out; nothing was changed")
    )]
    NoTracking { why: &'static str },
    #[error("there is nothing to apply: `iao/governance` does not exist, or HEAD has all of it")]
    #[diagnostic(code(iao::apply::nothing), help("run `git iao run` first"))]
    NothingToApply,
    #[error("these files have changes of yours, and applying would touch them: {}", .paths.join(", "))]
    #[diagnostic(
        code(iao::apply::dirty),
        help("commit or put away those changes, then apply again; nothing was changed")
    )]
    Dirty { paths: Vec<String> },
    #[error("`iao/governance` cannot be fast-forwarded to: HEAD has commits that it does not have")]
    #[diagnostic(
        code(iao::apply::diverged),
        help("apply without `--ff-only` to merge, or run `git iao run` again on this HEAD")
    )]
    Diverged,
    #[error("your branch and `iao/governance` change the same lines of {}", .paths.join(", "))]
    #[diagnostic(
        code(iao::apply::conflict),
        help(
            "run `git iao run` on this HEAD first, so that the commits fit it; or `git merge iao/governance` and settle it by hand"
        )
    )]
    Conflict { paths: Vec<String> },
    #[error("git would not take the commits over: {said}")]
    #[diagnostic(
        code(iao::apply::git),
        help("see what git says above; `git merge iao/governance` is the same by hand")
    )]
    Merge { said: String },
    #[error("there is no commit yet, so there is nothing to {what}")]
    #[diagnostic(code(iao::run::unborn), help("make a first commit, then run the command again"))]
    Unborn { what: &'static str },
    #[error("cannot find a place for man pages beside this program")]
    #[diagnostic(code(iao::man::place), help("name one: `git iao man --install ~/.local/share/man`"))]
    NoManPlace,
    #[error("`{}` does not lie in the repository", path.display())]
    #[diagnostic(
        code(iao::cli::outside),
        help("name the file as seen from the current directory, or from the top in a bare repository")
    )]
    Outside { path: PathBuf },
    #[error("the files on disk can be held against one seal, not against {count}")]
    #[diagnostic(code(iao::cli::one_worktree), help("name one commit with `--depth worktree`"))]
    OneWorktree { count: usize },
    #[error("`git iao verify` judges one commit at a time")]
    #[diagnostic(
        code(iao::cli::one_revision),
        help("name one commit, or add `--seal` to check the seals of a range")
    )]
    OneRevision,
    #[error("the note on {commit} is no seal")]
    #[diagnostic(
        code(iao::seal::note),
        help("write the notes again from the ledger: `git iao notes --rebuild`")
    )]
    Note {
        commit: ObjectId,
        #[source]
        source: seal::NoteError,
    },
    #[error("cannot print the answer")]
    #[diagnostic(code(iao::cli::print))]
    Print(#[from] std::io::Error),
}

fn list_of(paths: &[String]) -> String {
    format!("these documents are there already: {}", paths.join(", "))
}

impl Error {
    /// Returns the exit code: "no" is an answer, everything else is a failure.
    pub(super) fn exit(&self) -> Exit {
        if self.code().is_some_and(|code| {
            matches!(code.to_string().as_str(), "iao::plan::stale" | "iao::plan::config_changed")
        }) {
            return Exit::No;
        }
        match self {
            Self::BadEvidence(_) => Exit::No,
            Self::Engine(error) if error.is_interrupted() => Exit::Interrupted,
            Self::Scan(git_iao::scan::Error::Interrupted) => Exit::Interrupted,
            // The reader of the answer went away: it has read enough.
            Self::Print(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Yes,
            _ => Exit::Failed,
        }
    }
}
