//! Runs a recorded run again and compares every deterministic byte.
//!
//! First the chain and its anchors, then the events folded to the state they add up to, then plan, patch, verdict
//! and manifest made again from the recorded base under the recorded configuration. A difference is named, never
//! passed over.

use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::archive::Archive;
use super::dag::Dag;
use super::divergence::{Divergence, diverge};
use super::{Error, Goal, RunRequest, StateDir, recorder};
use crate::adapter;
use crate::base::{CancelToken, Clock, ContentAddress, canonical};
use crate::config::Config;
use crate::event::{self, Record, RunStatus};
use crate::git::Repository;
use crate::ledger::Ledger;
use crate::model::{Check, CheckState, RunId};
use crate::repair::{PatchSet, Plan};
use crate::seal::Care;
use crate::step::{self, Artifacts, GivenPlan, Purpose, RunRecord, Signing, StepContext, Subject};
use crate::supply_chain::Verifier;

/// What a replay found.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayReport {
    /// The run.
    pub run: RunId,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// The first difference.
    pub divergence: Option<Divergence>,
}

impl ReplayReport {
    /// Says whether everything that could be compared is the same.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.divergence.is_none() && self.checks.iter().all(|check| check.state != CheckState::Fail)
    }

    fn add(&mut self, id: &str, state: CheckState, detail: impl Into<String>) {
        self.checks.push(Check { id: id.to_owned(), state, detail: detail.into() });
    }
}

/// Replays `run`, or the last run that made a plan.
///
/// `config` says where local state lies; what is re-executed uses the configuration that the run recorded.
///
/// # Errors
/// When there is no such run, its record is damaged, or its base is gone.
pub fn replay(
    repository: &Repository,
    config: &Config,
    run: Option<&RunId>,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<ReplayReport, Error> {
    let state = StateDir::new(repository, &config.pipeline);
    let archive =
        Archive { ledger: Ledger::open(repository)?, state: &state, evidence: &config.pipeline.evidence_dir };
    let record = archive.find(run)?;
    let mut report = ReplayReport { run: record.run.clone(), checks: Vec::new(), divergence: None };
    let records = check_chain(repository, &archive, &state.path(&config.pipeline.event_stream), &mut report)?;
    check_fold(&archive, &record, &records, &mut report)?;
    if record.tool.version != env!("CARGO_PKG_VERSION") {
        return Err(Error::OtherVersion {
            run: record.run.short().to_owned(),
            made_by: record.tool.version,
            this: env!("CARGO_PKG_VERSION"),
        });
    }
    let artifacts = execute_again(repository, &archive, &record, jobs, cancel)?;
    compare(&archive, &record, &artifacts, &mut report)?;
    Ok(report)
}

/// Level R0: the chain of this clone's stream holds, and has every place that the ledger recorded of it.
fn check_chain(
    repository: &Repository,
    archive: &Archive<'_>,
    path: &Path,
    report: &mut ReplayReport,
) -> Result<Vec<Record>, Error> {
    let anchors = step::anchors(&archive.ledger)?;
    let own = recorder::own_anchors(repository, path, &anchors)?;
    if !path.exists() {
        report.add(
            "chain",
            CheckState::NotConfigured,
            "this clone has no event stream; the ledger's copy is used",
        );
        return Ok(Vec::new());
    }
    let checked = event::check(path, &own, None)?;
    match checked.problems.first() {
        None => {
            report.add(
                "chain",
                CheckState::Pass,
                format!("{} events, {} recorded places", checked.count, own.len()),
            );
            Ok(event::read(path)?)
        }
        Some(problem) => {
            report.add("chain", CheckState::Fail, problem.to_string());
            Ok(Vec::new())
        }
    }
}

/// Level R1: the events of the run fold to what its record says.
fn check_fold(
    archive: &Archive<'_>,
    record: &RunRecord,
    records: &[Record],
    report: &mut ReplayReport,
) -> Result<(), Error> {
    let mut events: Vec<Record> =
        records.iter().filter(|event| event.trace_id == record.run).cloned().collect();
    let whole = !events.is_empty();
    if events.is_empty()
        && let Some(lines) = step::recorded_run(&archive.ledger, &record.run, "events")?
    {
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            match Record::parse(line) {
                Ok(event) => events.push(event),
                Err(flaw) => {
                    report.add(
                        "fold",
                        CheckState::Fail,
                        format!("the recorded events do not read back: {flaw}"),
                    );
                    return Ok(());
                }
            }
        }
    }
    if events.is_empty() {
        report.add("fold", CheckState::NotConfigured, "no event of this run is kept here");
        return Ok(());
    }
    let state = event::fold(&record.run, &events)?;
    if whole && let Some(recorded) = archive.local(&record.run, "state")? {
        let now = canonical::to_vec(&state)
            .map_err(|source| step::Error::Record { name: "folded state".to_owned(), source })?;
        if recorded != now {
            report.add("fold", CheckState::Fail, "the events fold to another state than the recorded one");
            return Ok(());
        }
    }
    if whole && state.status != RunStatus::Finished {
        report.add("fold", CheckState::Fail, "the run never came to its end");
        return Ok(());
    }
    for kind in ["plan", "patch-report", "verify-report"] {
        let document = archive.document(&record.run, kind)?;
        let told = state.outputs.get(kind).map(|output| output.sha256);
        if told != document.as_deref().map(ContentAddress::of) {
            report.add(
                "fold",
                CheckState::Fail,
                format!("the events tell of another {kind} than the recorded one"),
            );
            return Ok(());
        }
    }
    report.add("fold", CheckState::Pass, format!("{} events fold to the recorded state", events.len()));
    Ok(())
}

/// Level R2: does the work again, in memory, as it was asked for then.
fn execute_again(
    repository: &Repository,
    archive: &Archive<'_>,
    record: &RunRecord,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<Artifacts, Error> {
    let config = Config::from_documents(&record.documents)?;
    let plan = match archive.document(&record.run, "plan")? {
        Some(bytes) => Some(Plan::parse("the recorded plan", &bytes)?),
        None => None,
    };
    let known = match &plan {
        Some(plan) => known_then(plan)?,
        None => adapter::Context::default(),
    };
    let subject = match record.base {
        Some(commit) => Subject::of_commit(repository, commit)?,
        None => Subject::of_files(repository.snapshot_tree(record.tree)?, None),
    };
    // Sealing is no part of a replay: nobody signs, and no signature is judged.
    let verifier = Verifier::default();
    let signing = Signing { signer: None, verifier: &verifier };
    let request = RunRequest {
        mode: record.mode,
        goal: Goal::Whole,
        subject,
        known,
        given: plan.filter(|_| record.given).map(|plan| GivenPlan { plan, rebase: false }),
        run: record.run.clone(),
        person: record.person.clone(),
        started: record.started,
        clock: Clock::Fixed(record.started),
        care: Care::NoCache,
        jobs,
        cancel,
        signing,
    };
    let artifacts = Artifacts::default();
    let ledger = Ledger::at(repository, record.ledger);
    for planned in Dag::build(&config.pipeline)?.order() {
        if planned.step.is_effectful() || !planned.step.modes().contains(&record.mode) {
            continue;
        }
        let context = StepContext {
            repository,
            config: &config,
            mode: request.mode,
            subject: &request.subject,
            known: &request.known,
            given: request.given.as_ref(),
            ledger: &ledger,
            purpose: Purpose::Replay,
            run: &request.run,
            person: &request.person,
            started: request.started,
            stream: None,
            events: &[],
            care: request.care,
            jobs,
            cancel,
            signing,
        };
        let outcome = planned.step.execute(&context, &artifacts)?;
        if !outcome.blocked_by.is_empty() {
            break;
        }
    }
    Ok(artifacts)
}

/// Returns what was known beside the tree when the plan was made; a plan made for nothing knew nothing.
fn known_then(plan: &Plan) -> Result<adapter::Context, Error> {
    if plan.context.is_null() {
        return Ok(adapter::Context::default());
    }
    serde_json::from_value(plan.context.clone()).map_err(|source| {
        step::Error::Record { name: "the plan's context".to_owned(), source: source.into() }.into()
    })
}

/// Compares each deterministic document, and stops at the first difference.
fn compare(
    archive: &Archive<'_>,
    record: &RunRecord,
    artifacts: &Artifacts,
    report: &mut ReplayReport,
) -> Result<(), Error> {
    let config = Config::from_documents(&record.documents)?;
    let made = step::comparable(&config, record, artifacts)?;
    for kind in ["plan", "patch-report", "verify-report", "manifest"] {
        let recorded = archive.document(&record.run, kind)?;
        let now = made.iter().find(|file| file.name == kind).map(|file| file.bytes.clone());
        let (Some(recorded), Some(now)) = (&recorded, &now) else {
            // The manifest is kept by the clone that made it; elsewhere the seal vouches for it.
            if recorded.is_some() && kind != "manifest" {
                report.divergence = Some(Divergence {
                    document: kind.to_owned(),
                    at: String::new(),
                    recorded: Value::from("made"),
                    now: Value::from("not made"),
                });
                return Ok(());
            }
            continue;
        };
        if recorded == now || (kind == "patch-report" && same_patches(record, recorded, now)) {
            report.add(kind, CheckState::Pass, format!("{} bytes, the same", now.len()));
            continue;
        }
        report.add(kind, CheckState::Fail, "differs");
        report.divergence = Some(diverge(kind, recorded, now));
        return Ok(());
    }
    Ok(())
}

/// A run that found its patches on the branch already records the commits of the run that made them: then paths,
/// rules and trees must be the same, and commits differ by their date alone.
fn same_patches(record: &RunRecord, recorded: &[u8], now: &[u8]) -> bool {
    let parse = |bytes: &[u8]| canonical::from_slice::<PatchSet>(bytes).ok();
    let (Some(recorded), Some(now)) = (parse(recorded), parse(now)) else {
        return false;
    };
    let content = |patches: &PatchSet| {
        let commits: Vec<_> = patches
            .commits
            .iter()
            .map(|patch| (patch.tree, patch.path.clone(), patch.rule.clone()))
            .collect();
        (patches.plan, patches.base, patches.tree, commits)
    };
    record.reused && content(&recorded) == content(&now)
}
