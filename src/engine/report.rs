//! What a run did: each step, and what the steps left.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::config::Mode;
use crate::model::{Finding, ObjectId, RunId, StepId};
use crate::scan::{Allowed, AllowedCount, Excerpt, ScanReport};
use crate::step::Artifacts;

/// How a node ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    /// Its step did its work.
    Done,
    /// Its step takes no part in this mode, or the run was stopped before it.
    Skipped,
    /// Its step did its work, and what it saw stops the run.
    Blocked,
}

impl StepStatus {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Blocked => "blocked",
        }
    }
}

/// One node of a run.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// The node.
    pub id: StepId,
    /// How it ended.
    pub status: StepStatus,
    /// Names, counts and digests, as its event has them.
    pub facts: Map<String, Value>,
}

/// Whether the run left events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "why")]
pub enum Recorded {
    /// It did.
    Yes,
    /// It could not, for this reason.
    No(String),
}

/// A run that came to its end; what could not be done at all is an error instead.
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// How far it was allowed to go.
    pub mode: Mode,
    /// The commit it looked at.
    pub base: Option<ObjectId>,
    /// Its nodes, in order.
    pub steps: Vec<StepReport>,
    /// The checks that stopped it; empty: nothing did.
    pub blocked_by: BTreeSet<String>,
    /// Whether events were recorded.
    pub recorded: Recorded,
    /// What the steps left.
    pub artifacts: Artifacts,
}

impl RunReport {
    /// Returns every finding of the run, sorted: those of the verdict, or else of the gates and the planner.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut all: BTreeSet<Finding> = BTreeSet::new();
        if let Some(verdict) = self.artifacts.verdict.get() {
            all.extend(verdict.findings.iter().cloned());
        } else {
            for report in self.scans() {
                all.extend(report.findings.iter().cloned());
            }
            if let Some(plan) = self.artifacts.plan.get() {
                all.extend(plan.findings.iter().cloned());
            }
            if let Some(round) = self.artifacts.last_round.get() {
                all.extend(round.assessment.findings.iter().cloned());
            }
        }
        all.into_iter().collect()
    }

    /// Returns what was found and let through, and how much it is; of many in one file some.
    #[must_use]
    pub fn allowed(&self) -> (AllowedCount, Vec<&Allowed>) {
        let (mut count, mut all) = (AllowedCount::default(), Vec::new());
        for report in self.scans() {
            count.add(report.allowed_count);
            all.extend(&report.allowed);
        }
        all.sort();
        (count, all)
    }

    /// Returns the line around a finding; only what a scan found in a file has one.
    #[must_use]
    pub fn excerpt(&self, finding: &Finding) -> Option<&Excerpt> {
        let id = finding.id.as_ref()?;
        self.scans().find_map(|report| report.excerpts.get(id))
    }

    /// Returns what the gates saw: names and entries, then contents.
    fn scans(&self) -> impl Iterator<Item = &ScanReport> {
        [self.artifacts.paths.get(), self.artifacts.scan.get()].into_iter().flatten()
    }

    /// Says whether nothing stopped the run.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.blocked_by.is_empty()
    }
}
