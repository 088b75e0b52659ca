//! How a run fails: the error of a step, or one of the engine's own.

use std::path::PathBuf;

use crate::model::StepId;

/// Why a run could not be done.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// A step could not do its work.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Step(#[from] crate::step::Error),
    /// Git data could not be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
    /// Events could not be recorded or read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Event(#[from] crate::event::Error),
    /// Evidence could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Ledger(#[from] crate::ledger::Error),
    /// The seal could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seal(#[from] crate::seal::Error),
    /// The plan could not be read or applied.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Repair(#[from] crate::repair::Error),
    /// The recorded configuration does not load.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] crate::config::Error),
    /// A remote that can be reached takes no evidence.
    #[error("`{remote}` does not take evidence, though nothing moved there in {tries} tries:\n{refs}")]
    #[diagnostic(
        code(iao::sync::refused),
        help(
            "what is behind each name is the remote's reason. Ask its host to allow pushes to `refs/iao/*` and `refs/notes/iao`, and see that no hook there refuses them; or share evidence through another remote: `git iao sync URL`"
        )
    )]
    PushRefused {
        /// The remote, without credentials.
        remote: String,
        /// The refs, one a line, each with what git says.
        refs: String,
        /// How often it was tried.
        tries: usize,
    },
    /// Others kept moving the remote's evidence.
    #[error("others were faster at `{remote}`, {tries} times in a row")]
    #[diagnostic(
        code(iao::sync::contended),
        help("run `git iao sync` again: what was fetched is merged already, so that it has less to do")
    )]
    SyncContended {
        /// The remote, without credentials.
        remote: String,
        /// How often it was tried.
        tries: usize,
    },
    /// Steps depend on each other in a circle.
    #[error("the pipeline goes in a circle: {}", .cycle.iter().map(StepId::as_str).collect::<Vec<_>>().join(" -> "))]
    #[diagnostic(
        code(iao::pipeline::cycle),
        help("take one of these out of the `deps` of the one before it")
    )]
    Cycle {
        /// The steps of the circle, the first one again at the end.
        cycle: Vec<StepId>,
    },
    /// A step names work that this version does not have.
    #[error("step `{node}` runs `{run}`, which this version does not have")]
    #[diagnostic(code(iao::pipeline::unknown_step), help("use one of: {}", crate::step::STEP_NAMES.join(", ")))]
    UnknownStep {
        /// The node.
        node: StepId,
        /// The name after `run:`.
        run: String,
    },
    /// A step depends on one that is not there.
    #[error("step `{node}` depends on `{missing}`, which is not in this pipeline")]
    #[diagnostic(
        code(iao::pipeline::unknown_dependency),
        help("add a node with that id, or take it out of `deps`")
    )]
    UnknownDependency {
        /// The node.
        node: StepId,
        /// What it names.
        missing: StepId,
    },
    /// A step reads what no step before it leaves.
    #[error("step `{node}` needs the {slot} that `{provider}` leaves, and no step before it does")]
    #[diagnostic(
        code(iao::pipeline::unmet_read),
        help("add a node with `run: {provider}` and let `{node}` depend on it")
    )]
    UnmetRead {
        /// The node.
        node: StepId,
        /// What it needs.
        slot: &'static str,
        /// The step that leaves it.
        provider: &'static str,
    },
    /// The command needs a step that the pipeline does not have.
    #[error("this pipeline has no step `{run}`, which the command needs")]
    #[diagnostic(
        code(iao::pipeline::no_goal),
        help("add a node with `run: {run}` to the pipeline's `dag.nodes`")
    )]
    NoGoal {
        /// The step's name.
        run: String,
    },
    /// The pipeline does not support the mode.
    #[error("this pipeline does not support the mode `{mode}`")]
    #[diagnostic(code(iao::pipeline::mode), help("add it to `modes.supported`, or use another command"))]
    UnsupportedMode {
        /// The mode.
        mode: &'static str,
    },
    /// The place for local state is not one that we may write to.
    #[error("`{}` may not hold local state: {why}", path.display())]
    #[diagnostic(
        code(iao::state::unsafe_place),
        help("move it away, or name another `stateDir` in the pipeline")
    )]
    UnsafeState {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Local state could not be written.
    #[error("cannot write `{}`", path.display())]
    #[diagnostic(code(iao::state::write), help("make the place writable, or free some space"))]
    WriteState {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Local state could not be read.
    #[error("cannot read `{}`", path.display())]
    #[diagnostic(
        code(iao::state::read),
        help("look at the file's permissions, or remove local state with `git iao clean`")
    )]
    ReadState {
        /// The path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no such run, or it left no plan.
    #[error("{what}")]
    #[diagnostic(code(iao::replay::nothing), help("see `git iao log` for the runs that are recorded here"))]
    NothingToReplay {
        /// What was looked for.
        what: String,
    },
    /// The run was made by another version.
    #[error("run {run} was made by git-iao {made_by}, and this is {this}")]
    #[diagnostic(
        code(iao::replay::other_version),
        help("replay it with that version: another one may plan differently on purpose")
    )]
    OtherVersion {
        /// The run's short id.
        run: String,
        /// The version that made it.
        made_by: String,
        /// This version.
        this: &'static str,
    },
}

impl Error {
    /// Says whether somebody asked the run to stop.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Step(crate::step::Error::Interrupted))
    }
}
