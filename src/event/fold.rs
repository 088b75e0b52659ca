//! Folds the events of one run into the state it ended in (replay level R1).
//!
//! Pure: the same events give the same state, byte for byte. Times are left out on purpose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::payload::{self, Blocked, Ended, Failed, Finished, Moved, Output, Skipped};
use super::{Error, EventKind, Record};
use crate::base::{ContentAddress, canonical};
use crate::model::{Gate, ObjectId, RunId, StepId};

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// No end is recorded: it still runs, or was killed.
    Open,
    /// An end is recorded.
    Finished,
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Begun, and no end recorded.
    Started,
    /// Done.
    Finished,
    /// Left out.
    Skipped,
    /// Could not do its work.
    Failed,
}

/// One step as its last events tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepState {
    /// How far it came.
    pub status: StepStatus,
    /// How often it began.
    pub attempts: u32,
    /// Why it was skipped, or the code of its failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One ref that the run moved: from where it first stood to where it last stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefMove {
    /// Before the run; `None` when there was no such ref.
    pub before: Option<ObjectId>,
    /// After the run.
    pub after: ObjectId,
}

/// The format of a folded state; a state of any other is refused when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunStateSchema {
    /// The first.
    #[serde(rename = "iao/run-state/v1")]
    V1,
}

/// The state that a run's events add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// The format.
    pub schema: RunStateSchema,
    /// The run.
    pub run: RunId,
    /// How far it came.
    pub status: RunStatus,
    /// How it ended, in its own word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The gates that stopped it, sorted.
    pub blocked: Vec<Gate>,
    /// Its steps.
    pub steps: BTreeMap<StepId, StepState>,
    /// What its steps made, by name; a later output of the same name takes the place of an earlier one.
    pub outputs: BTreeMap<String, Output>,
    /// The refs it moved.
    pub refs: BTreeMap<String, RefMove>,
}

/// Folds the events of `run`; events of other runs are passed over.
///
/// # Errors
/// When the events do not fit together: an end without a beginning, an event after the run's end.
pub fn fold<'a>(run: &RunId, records: impl IntoIterator<Item = &'a Record>) -> Result<RunState, Error> {
    let mut state = RunState {
        schema: RunStateSchema::V1,
        run: run.clone(),
        status: RunStatus::Open,
        outcome: None,
        blocked: Vec::new(),
        steps: BTreeMap::new(),
        outputs: BTreeMap::new(),
        refs: BTreeMap::new(),
    };
    for record in records.into_iter().filter(|record| record.trace_id == *run) {
        state.take(record).map_err(|why| Error::Irregular { seq: record.seq, why })?;
    }
    Ok(state)
}

impl RunState {
    /// Returns the digest of the state's canonical JSON: equal states, equal digests.
    #[must_use]
    pub fn digest(&self) -> ContentAddress {
        let bytes = canonical::to_vec(self).expect("a state holds names, digests and small counts");
        ContentAddress::of(&bytes)
    }

    fn take(&mut self, record: &Record) -> Result<(), String> {
        if self.status == RunStatus::Finished && record.kind != EventKind::LogRecovered {
            return Err(format!("`{}` comes after the end of the run", record.kind));
        }
        match &record.kind {
            EventKind::StepStarted => self.start(&record.step_id)?,
            EventKind::StepFinished => {
                let Finished { outputs } = payload::typed(&record.payload)?;
                self.end(&record.step_id, StepStatus::Finished, None)?;
                self.outputs.extend(outputs.into_iter().map(|output| (output.name.clone(), output)));
            }
            EventKind::StepFailed => {
                let Failed { code } = payload::typed(&record.payload)?;
                self.end(&record.step_id, StepStatus::Failed, Some(code))?;
            }
            EventKind::StepSkipped => {
                let Skipped { reason } = payload::typed(&record.payload)?;
                self.skip(&record.step_id, reason)?;
            }
            EventKind::GateBlocked => {
                let Blocked { gates } = payload::typed(&record.payload)?;
                self.blocked.extend(gates);
                self.blocked.sort_unstable();
                self.blocked.dedup();
            }
            EventKind::RefMoved => self.move_ref(payload::typed(&record.payload)?)?,
            EventKind::RunFinished => {
                let Ended { outcome } = payload::typed(&record.payload)?;
                self.status = RunStatus::Finished;
                self.outcome = Some(outcome);
            }
            EventKind::RunStarted
            | EventKind::HookBlocked
            | EventKind::HookBypassed
            | EventKind::HookUnchecked
            | EventKind::HookSkipped
            | EventKind::LogRecovered
            | EventKind::Other(_) => {}
        }
        Ok(())
    }

    fn start(&mut self, step: &StepId) -> Result<(), String> {
        let fresh = StepState { status: StepStatus::Skipped, attempts: 0, reason: None };
        let state = self.steps.entry(step.clone()).or_insert(fresh);
        if state.status == StepStatus::Started {
            return Err(format!("the step `{step}` begins again before it ended"));
        }
        *state = StepState { status: StepStatus::Started, attempts: state.attempts + 1, reason: None };
        Ok(())
    }

    fn end(&mut self, step: &StepId, status: StepStatus, reason: Option<String>) -> Result<(), String> {
        let state = self.steps.get_mut(step).filter(|state| state.status == StepStatus::Started);
        let Some(state) = state else {
            return Err(format!("the step `{step}` ends and had not begun"));
        };
        *state = StepState { status, attempts: state.attempts, reason };
        Ok(())
    }

    fn skip(&mut self, step: &StepId, reason: String) -> Result<(), String> {
        let attempts = self.steps.get(step).map_or(0, |state| state.attempts);
        if self.steps.get(step).is_some_and(|state| state.status == StepStatus::Started) {
            return self.end(step, StepStatus::Skipped, Some(reason));
        }
        let skipped = StepState { status: StepStatus::Skipped, attempts, reason: Some(reason) };
        self.steps.insert(step.clone(), skipped);
        Ok(())
    }

    fn move_ref(&mut self, moved: Moved) -> Result<(), String> {
        let Moved { name, before, after } = moved;
        match self.refs.get_mut(&name) {
            Some(known) if Some(known.after) != before => {
                Err(format!("`{name}` moves from where this run had not left it"))
            }
            Some(known) => {
                known.after = after;
                Ok(())
            }
            None => {
                self.refs.insert(name, RefMove { before, after });
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
