//! Executes a pipeline to a goal: steps in order, every intent before its effect, every outcome after it.

use std::collections::BTreeSet;

use miette::Diagnostic as _;
use serde_json::{Map, Value, json};

use super::dag::{Dag, Planned};
use super::recorder::Recorder;
use super::state::RUNS;
use super::{Error, Goal, Recorded, RunReport, RunRequest, StateDir, StepReport, StepStatus};
use crate::base::canonical;
use crate::config::{Config, Mode};
use crate::event::{self, EventKind};
use crate::git::Repository;
use crate::ledger::Ledger;
use crate::model::Gate;
use crate::step::{self, Artifacts, Purpose, StepContext, StepOutcome, publish};

/// Runs pipelines in one repository under one configuration.
pub struct Engine<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The configuration.
    pub config: &'a Config,
}

impl Engine<'_> {
    /// Runs the pipeline to its goal.
    ///
    /// # Errors
    /// When the work could not be done. Whatever was recorded until then stays recorded; no ref has moved unless
    /// the evidence for it was written before.
    pub fn run(&self, request: &RunRequest<'_>) -> Result<RunReport, Error> {
        let pipeline = &self.config.pipeline;
        if !pipeline.supported_modes.contains(&request.mode) {
            return Err(Error::UnsupportedMode { mode: mode_word(request.mode) });
        }
        let dag = Dag::build(pipeline)?;
        let nodes = match request.goal {
            Goal::Whole => dag.order().to_vec(),
            Goal::Step(name) => dag.to_goal(name)?,
        };
        if matches!(request.mode, Mode::Repair | Mode::Seal) && request.subject.commit.is_none() {
            return Err(step::Error::NoCommit.into());
        }
        let state = StateDir::new(self.repository, pipeline);
        let ledger = Ledger::open(self.repository)?;
        let (mut recorder, mut recorded) = self.open_recorder(request, &ledger, &state)?;
        if matches!(request.mode, Mode::Repair | Mode::Seal) {
            recorder.project_missing(&request.person, request.started)?;
        }
        let mut report = RunReport {
            run: request.run.clone(),
            mode: request.mode,
            base: request.subject.commit,
            steps: Vec::new(),
            blocked_by: BTreeSet::new(),
            recorded: Recorded::Yes,
            artifacts: Artifacts::default(),
        };
        recorder.note(EventKind::RunStarted, None, self.beginning(request));
        let work = Work { request, ledger: &ledger };
        let done = self.execute(&work, &nodes, &mut recorder, &mut report);
        let outcome = match &done {
            Err(_) => "failed",
            Ok(()) if report.is_clean() => "clean",
            Ok(()) => "blocked",
        };
        recorder.note(EventKind::RunFinished, None, object(json!({ "outcome": outcome })));
        let flushed = recorder.finish(report.artifacts.published.get());
        done?;
        flushed?;
        if recorded == Recorded::Yes
            && let Err(error) = self.leave(&work, &state, &report, recorder.lines())
        {
            if request.mode == Mode::Repair || request.mode == Mode::Seal {
                return Err(error);
            }
            recorded = Recorded::No(error.to_string());
        }
        report.recorded = recorded;
        Ok(report)
    }

    /// Opens the event stream; a place that cannot be written to is only an error for a run that writes.
    fn open_recorder(
        &self,
        request: &RunRequest<'_>,
        ledger: &Ledger<'_>,
        state: &StateDir,
    ) -> Result<(Recorder<'_>, Recorded), Error> {
        let pipeline = &self.config.pipeline;
        let writes = matches!(request.mode, Mode::Repair | Mode::Seal);
        let open = || {
            state.prepare(self.repository, pipeline)?;
            Recorder::open(
                self.repository,
                state.path(&pipeline.event_stream),
                ledger,
                self.config.event_validator(),
                request.run.clone(),
                request.clock,
            )
        };
        match open() {
            Ok(recorder) => Ok((recorder, Recorded::Yes)),
            Err(error) if !writes && is_read_only(&error) => {
                let deaf = Recorder::deaf(self.repository, request.run.clone(), request.clock);
                Ok((deaf, Recorded::No(error.to_string())))
            }
            Err(error) => Err(error),
        }
    }

    fn execute(
        &self,
        work: &Work<'_>,
        nodes: &[Planned<'_>],
        recorder: &mut Recorder<'_>,
        report: &mut RunReport,
    ) -> Result<(), Error> {
        let request = work.request;
        for planned in nodes {
            if request.cancel.is_cancelled() {
                return Err(step::Error::Interrupted.into());
            }
            let id = &planned.node.id;
            let skipped = if !report.is_clean() {
                Some("blocked")
            } else if planned.step.modes().contains(&request.mode) {
                None
            } else {
                Some("mode")
            };
            if let Some(reason) = skipped {
                recorder.note(EventKind::StepSkipped, Some(id), object(json!({ "reason": reason })));
                report.steps.push(StepReport {
                    id: id.clone(),
                    status: StepStatus::Skipped,
                    facts: object(json!({ "reason": reason })),
                });
                continue;
            }
            recorder.note(EventKind::StepStarted, Some(id), Map::new());
            let result = self.with_context(work, recorder, planned.step.is_effectful(), |context| {
                planned.step.execute(context, &report.artifacts).map_err(Error::from)
            });
            match result {
                Ok(outcome) => finish(recorder, report, planned, outcome),
                Err(error) => {
                    let code =
                        error.code().map_or_else(|| "iao::unknown".to_owned(), |code| code.to_string());
                    recorder.note(EventKind::StepFailed, Some(id), object(json!({ "code": code })));
                    return Err(error);
                }
            }
        }
        self.publish_rest(work, recorder, report)
    }

    /// Publishes what no step of the pipeline published: the goal lay before the seal, or there is none.
    fn publish_rest(
        &self,
        work: &Work<'_>,
        recorder: &mut Recorder<'_>,
        report: &RunReport,
    ) -> Result<(), Error> {
        let artifacts = &report.artifacts;
        let patched = report.is_clean() && artifacts.patch.get().is_some();
        let judged = work.request.mode == Mode::Verify && artifacts.verdict.get().is_some();
        if artifacts.published.get().is_none() && (patched || judged) {
            // The first run of a clone has a place in its stream only once something is written there.
            recorder.flush()?;
            if patched || recorder.position()?.is_some() {
                self.with_context(work, recorder, true, |context| {
                    publish(context, artifacts).map_err(Error::from)
                })?;
            }
        }
        if let Some(published) = artifacts.published.get() {
            for moved in &published.moves {
                let payload = json!({ "name": moved.name, "before": moved.before, "after": moved.after });
                recorder.note(EventKind::RefMoved, None, object(payload));
            }
        }
        Ok(())
    }

    /// Calls `act` with the context of a step; before an effect, everything noted goes to disk first.
    fn with_context<T>(
        &self,
        work: &Work<'_>,
        recorder: &mut Recorder<'_>,
        effect: bool,
        act: impl FnOnce(&StepContext<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (mut stream, mut events) = (None, [].as_slice());
        if effect {
            recorder.flush()?;
            stream = recorder.position()?;
            events = recorder.lines();
        }
        act(&StepContext { stream, events, ..work.context(self.repository, self.config) })
    }

    fn beginning(&self, request: &RunRequest<'_>) -> Map<String, Value> {
        object(json!({
            "mode": mode_word(request.mode),
            "base": request.subject.commit,
            "tree": request.subject.tree(),
            "config": self.config.digest,
            "policy": self.config.policy_digest,
            "tool": env!("CARGO_PKG_VERSION"),
        }))
    }

    /// Leaves what the pipeline's `outputs` name, and what a replay needs.
    fn leave(
        &self,
        work: &Work<'_>,
        state: &StateDir,
        report: &RunReport,
        lines: &[u8],
    ) -> Result<(), Error> {
        let pipeline = &self.config.pipeline;
        let files = step::local_files(&work.context(self.repository, self.config), &report.artifacts)?;
        let evidence = format!("{}/{RUNS}/{}", pipeline.evidence_dir.trim_end_matches('/'), work.request.run);
        for file in files {
            let output = match file.name {
                "plan" => Some(&pipeline.outputs.plan_file),
                "patch-report" => Some(&pipeline.outputs.patch_report),
                "verify-report" => Some(&pipeline.outputs.verify_report),
                "manifest" => Some(&pipeline.outputs.seal_manifest),
                _ => None,
            };
            if let Some(output) = output {
                state.write(output, &file.bytes)?;
            }
            state.write(&format!("{evidence}/{}.json", file.name), &file.bytes)?;
        }
        let events = event::read_lines(&state.path(&pipeline.event_stream), lines)?;
        let folded = event::fold(&work.request.run, &events)?;
        let bytes = canonical::to_vec(&folded)
            .map_err(|source| step::Error::Record { name: "folded state".to_owned(), source })?;
        state.write(&format!("{evidence}/state.json"), &bytes)
    }
}

/// A request, and the evidence it starts from.
struct Work<'a> {
    request: &'a RunRequest<'a>,
    ledger: &'a Ledger<'a>,
}

impl Work<'_> {
    fn context<'b>(&'b self, repository: &'b Repository, config: &'b Config) -> StepContext<'b> {
        let request = self.request;
        StepContext {
            repository,
            config,
            mode: request.mode,
            subject: &request.subject,
            known: &request.known,
            given: request.given.as_ref(),
            ledger: self.ledger,
            purpose: Purpose::Live,
            run: &request.run,
            person: &request.person,
            started: request.started,
            stream: None,
            events: &[],
            care: request.care,
            jobs: request.jobs,
            cancel: request.cancel,
            signing: request.signing,
        }
    }
}

fn finish(recorder: &mut Recorder<'_>, report: &mut RunReport, planned: &Planned<'_>, outcome: StepOutcome) {
    let id = &planned.node.id;
    let mut payload = outcome.facts.clone();
    let outputs: Vec<Value> = outcome
        .outputs
        .iter()
        .map(|output| {
            json!({ "name": output.name, "sha256": output.digest, "deterministic": output.deterministic })
        })
        .collect();
    payload.insert("outputs".to_owned(), Value::Array(outputs));
    recorder.note(EventKind::StepFinished, Some(id), payload);
    let blocked = !outcome.blocked_by.is_empty();
    if blocked {
        let gates: Vec<&str> = Gate::ALL
            .iter()
            .map(|gate| gate.as_str())
            .filter(|word| outcome.blocked_by.contains(&format!("gate/{word}")))
            .collect();
        let payload = json!({ "gates": gates, "checks": outcome.blocked_by });
        recorder.note(EventKind::GateBlocked, Some(id), object(payload));
    }
    report.steps.push(StepReport {
        id: id.clone(),
        status: if blocked { StepStatus::Blocked } else { StepStatus::Done },
        facts: outcome.facts,
    });
    report.blocked_by.extend(outcome.blocked_by);
}

/// Returns the word of a mode.
pub(super) fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Plan => "plan",
        Mode::Repair => "repair",
        Mode::Verify => "verify",
        Mode::Seal => "seal",
    }
}

fn is_read_only(error: &Error) -> bool {
    match error {
        Error::Event(event::Error::NotWritable { .. }) => true,
        Error::Git(error) => error.is_read_only(),
        Error::WriteState { source, .. } => matches!(
            source.kind(),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
        ),
        _ => false,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
