//! What every command needs: the repository, the configuration, the clock, who runs it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use git_iao::adapter;
use git_iao::base::process::Environment;
use git_iao::base::{CancelToken, Clock, Timestamp};
use git_iao::config::{self, Config, LoadRequest, Mode, PipelineSource};
use git_iao::engine::{Engine, Goal, RunReport, RunRequest, StateDir, fresh_run_id};
use git_iao::git::{Head, Location, Person, Repository, Snapshot};
use git_iao::model::{FileMode, ObjectId, RepoPath};
use git_iao::seal::Care;
use git_iao::step::{GivenPlan, STEP_NAMES, Signing, Subject};

use super::args::{Global, Sign};
use super::error::Error;
use super::ui::Ui;

/// How large a configuration document may be before it is not even read, in bytes; the loader's own cap is lower.
const DOCUMENT_LIMIT: u64 = 16 << 20;
/// Why a link, a folder or a device is not read as a document, and not taken for an absent one either.
const NO_FILE: &str = "a link, or no plain file, stands there";

/// The step that seals.
const SEALER: &str = "engine.step.continuous_monitoring";

/// One invocation of the program, in an open repository.
pub(super) struct Session {
    pub(super) ui: Ui,
    pub(super) repository: Repository,
    pub(super) environment: Environment,
    pub(super) clock: Clock,
    pub(super) cancel: CancelToken,
    jobs: Option<usize>,
    /// Where the command was started.
    pub(super) directory: PathBuf,
    config: Option<PathBuf>,
}

/// A path of a tree, and what stands there.
pub(super) type Looked = (RepoPath, Option<(FileMode, ObjectId)>);

/// What a run shall do, as a command says it.
pub(super) struct Act {
    pub(super) mode: Mode,
    pub(super) goal: Goal,
    pub(super) subject: Subject,
    pub(super) given: Option<GivenPlan>,
    /// Whether the seal is signed, as the command line says it.
    pub(super) sign: Option<Sign>,
}

impl Act {
    /// Says whether this act comes as far as the seal.
    fn seals(&self) -> bool {
        self.mode != Mode::Plan && matches!(self.goal, Goal::Whole | Goal::Step(SEALER))
    }
}

impl Session {
    /// Opens the repository that git would open.
    pub(super) fn open(
        ui: Ui,
        global: &Global,
        environment: Environment,
        current: std::io::Result<PathBuf>,
    ) -> Result<Self, Error> {
        let current = current.map_err(Error::Directory)?;
        let directory = match &global.directory {
            Some(there) => current.join(there),
            None => current,
        };
        let against = |path: &PathBuf| directory.join(path);
        let repository = Repository::open(&Location {
            directory: directory.clone(),
            git_dir: global.git_dir.as_ref().map(against),
            work_tree: global.work_tree.as_ref().map(against),
            environment: environment.for_git(),
        })?;
        Ok(Self {
            ui,
            repository,
            clock: clock(&environment)?,
            environment,
            // Without a handler an interrupt ends the process at once, which every write is made to survive.
            cancel: CancelToken::on_interrupt().unwrap_or_default(),
            jobs: global.jobs.map(usize::from),
            config: global.config.as_ref().map(against),
            directory,
        })
    }

    /// Returns how many threads may work: as many as were asked for, else as the machine runs at once. To find that out
    /// takes several files of the system.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// Loads the configuration that `commit` holds (or `--config`, or the built-in one).
    pub(super) fn config_of(&self, commit: Option<ObjectId>) -> Result<Config, Error> {
        Ok(self.config_and_reads(commit)?.0)
    }

    /// As [`Self::config_of`], with everything in the commit that was looked at: where all of it is the same, so is
    /// the configuration.
    pub(super) fn config_and_reads(&self, commit: Option<ObjectId>) -> Result<(Config, Vec<Looked>), Error> {
        let tree = match commit {
            Some(commit) => self.repository.commit(commit)?.tree,
            None => self.repository.empty_tree(),
        };
        let reads = RefCell::new(Vec::new());
        let config = self.load(&|path: &RepoPath| {
            let found = self.repository.lookup(tree, path)?;
            reads.borrow_mut().push((path.clone(), found));
            match found {
                Some((mode, id)) if mode.is_file() => {
                    let size = self.repository.blob_size(id)?;
                    if size > DOCUMENT_LIMIT {
                        return Err(too_long(size).into());
                    }
                    Ok(Some(self.repository.blob(id)?))
                }
                Some(_) => Err(NO_FILE.into()),
                None => Ok(None),
            }
        })?;
        Ok((config, reads.into_inner()))
    }

    /// Loads the configuration that a snapshot holds.
    pub(super) fn config_in(&self, snapshot: &Snapshot) -> Result<Config, Error> {
        self.load(&|path: &RepoPath| match snapshot.get(path) {
            Some(entry) if entry.mode.is_file() => match snapshot.size(entry)? {
                size if size > DOCUMENT_LIMIT => Err(too_long(size).into()),
                _ => Ok(Some(snapshot.read(entry)?)),
            },
            Some(_) => Err(NO_FILE.into()),
            None => Ok(None),
        })
    }

    /// Loads the configuration that stands in the working tree (of HEAD, when there is none).
    pub(super) fn config_on_disk(&self) -> Result<Config, Error> {
        let Some(top) = self.repository.work_dir() else {
            return self.config_of(self.head_commit()?);
        };
        self.load(&|path: &RepoPath| {
            let Some(text) = path.as_str() else {
                return Ok(None);
            };
            let mut at = top.to_owned();
            for part in Path::new(text).parent().into_iter().flat_map(Path::components) {
                at.push(part);
                // As in a tree: nothing lies beyond a link.
                if at.is_symlink() {
                    return Ok(None);
                }
            }
            match top.join(text).symlink_metadata() {
                Ok(metadata) if !metadata.is_file() => Err(NO_FILE.into()),
                Ok(metadata) if metadata.len() > DOCUMENT_LIMIT => Err(too_long(metadata.len()).into()),
                Ok(_) => Ok(Some(std::fs::read(top.join(text))?)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }

    fn load(&self, read: &config::ReadFile<'_>) -> Result<Config, Error> {
        let pipeline = match &self.config {
            Some(path) => Some(PipelineSource::Text {
                name: path.display().to_string(),
                text: std::fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?,
            }),
            None => None,
        };
        Ok(config::load(&LoadRequest { pipeline, known_steps: &STEP_NAMES, read })?)
    }

    /// Returns HEAD's commit; `None` when there is none yet.
    pub(super) fn head_commit(&self) -> Result<Option<ObjectId>, Error> {
        Ok(match self.repository.head()? {
            Head::Unborn(_) => None,
            Head::Branch(_, commit) | Head::Detached(commit) => Some(commit),
        })
    }

    /// Returns the commit that `revision` names; `None` for HEAD before the first commit.
    pub(super) fn commit(&self, revision: &str) -> Result<Option<ObjectId>, Error> {
        if revision == "HEAD" { self.head_commit() } else { Ok(Some(self.repository.resolve(revision)?)) }
    }

    /// Returns the commit that `revision` names, or says that there is none yet.
    pub(super) fn some_commit(&self, revision: &str, what: &'static str) -> Result<ObjectId, Error> {
        self.commit(revision)?.ok_or(Error::Unborn { what })
    }

    /// Returns the tree of a commit as a subject; the empty tree before the first commit.
    pub(super) fn subject(&self, commit: Option<ObjectId>) -> Result<Subject, Error> {
        Ok(match commit {
            Some(commit) => Subject::of_commit(&self.repository, commit)?,
            None => {
                let nothing = self.repository.snapshot_tree(self.repository.empty_tree())?;
                Subject::of_files(nothing, None)
            }
        })
    }

    /// Returns who runs this: git's committer, or the program itself where git knows nobody.
    pub(super) fn person(&self) -> Person {
        self.repository.committer().unwrap_or_else(|| {
            self.ui.detail(
                "git knows no committer here (`user.name`, `user.email`); commits are made as `git-iao`",
            );
            Person { name: "git-iao".to_owned(), email: "git-iao@localhost".to_owned() }
        })
    }

    /// Does one run.
    pub(super) fn run(&self, config: &Config, act: Act) -> Result<RunReport, Error> {
        self.run_with(config, act, Care::default())
    }

    /// As [`Self::run`], with what the boundary may be drawn from.
    pub(super) fn run_with(&self, config: &Config, act: Act, care: Care) -> Result<RunReport, Error> {
        let engine = Engine { repository: &self.repository, config };
        let signer = if act.seals() { self.signer(config, act.sign)? } else { None };
        let verifier = self.checker();
        let request = RunRequest {
            signing: Signing { signer: signer.as_deref(), verifier: &verifier },
            mode: act.mode,
            goal: act.goal,
            known: adapter::Context {
                remote_url: self.repository.remote_url(),
                security_contact: config.policies.security.contact.clone(),
                allowed_runners: config.policies.ci.allowed_runners.clone(),
            },
            subject: act.subject,
            given: act.given,
            run: fresh_run_id(),
            person: self.person(),
            started: self.now(),
            clock: self.clock,
            care,
            jobs: self.jobs(),
            cancel: &self.cancel,
        };
        let shown = self.ui.show_progress(self.cancel.progress());
        let report = engine.run(&request);
        drop(shown);
        let report = report?;
        if let git_iao::engine::Recorded::No(why) = &report.recorded {
            self.ui.warn(&format!("not recorded: {why}"));
        }
        Ok(report)
    }

    /// Returns the present moment.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns where local state lies under `config`.
    pub(super) fn state(&self, config: &Config) -> StateDir {
        StateDir::new(&self.repository, &config.pipeline)
    }

    /// Says how many changes of the user the run did not read.
    pub(super) fn note_uncommitted(&self) {
        // Every file of the working tree is looked at for this one line.
        if self.ui.is_quiet() {
            return;
        }
        match self.repository.uncommitted() {
            Ok(0) => {}
            Err(error) => {
                self.ui.detail(&format!("whether there are uncommitted changes cannot be told: {error}"));
            }
            Ok(1) => self.ui.note("note: 1 uncommitted change was not read"),
            Ok(count) => self.ui.note(&format!("note: {count} uncommitted changes were not read")),
        }
    }

    /// Returns a path of the command line as seen from where the command was started.
    pub(super) fn resolve_path(&self, path: &Path) -> PathBuf {
        self.directory.join(path)
    }
}

fn clock(environment: &Environment) -> Result<Clock, Error> {
    match environment.text("SOURCE_DATE_EPOCH") {
        None | Some("") => Ok(Clock::System),
        Some(value) => match value.trim().parse() {
            Ok(seconds) => Ok(Clock::Fixed(Timestamp::from_seconds(seconds))),
            Err(_) => Err(Error::Epoch { value: value.to_owned() }),
        },
    }
}

fn too_long(size: u64) -> String {
    format!("it has {size} bytes; a document has at most {DOCUMENT_LIMIT}")
}
