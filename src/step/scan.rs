//! `security_assessment`: runs the gates over content, and stops the run before anything is written when one blocks.

use std::collections::BTreeSet;

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::config::Mode;
use crate::git::Snapshot;
use crate::model::{Finding, Gate, RepoPath, Severity};
use crate::scan::{Gates, ScanReport, ScanRequest, built_in, scan};

/// Searches the subject's files.
pub(super) struct SecurityAssessment;

impl Step for SecurityAssessment {
    fn name(&self) -> &'static str {
        "engine.step.security_assessment"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Plan, Mode::Repair, Mode::Verify]
    }

    fn reads(&self) -> &'static [Slot] {
        &[]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Scan]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let subject = context.subject;
        let (snapshot, before) = (subject.snapshot()?, subject.before.as_ref());
        let report = scan_snapshot(context, (snapshot, before), subject.only.as_ref(), Gates::Contents)?;
        let mut outcome = StepOutcome::default()
            .with("scanned", report.scanned)
            .with("skipped", report.skipped.len())
            .with("findings", report.findings.len())
            .with("allowed", report.allowed_count.inline + report.allowed_count.file);
        if let Some(rules) = subject.rules {
            outcome = outcome.with("rules", rules.digest().to_string());
        }
        // A verification goes on to its verdict, which says all that is wrong at once.
        if context.mode != Mode::Verify {
            outcome.blocked_by = blocking(&report.findings, &context.config.policies.gates.block_on);
        }
        artifacts.scan.set(report).expect("a step runs once in a run");
        Ok(outcome)
    }
}

/// Scans a snapshot, or `only` these paths of it, under the policy of the run; what was there `before` is not found again.
pub(super) fn scan_snapshot(
    context: &StepContext<'_>,
    (snapshot, before): (&Snapshot, Option<&Snapshot>),
    only: Option<&BTreeSet<RepoPath>>,
    gates: Gates,
) -> Result<ScanReport, Error> {
    let request = ScanRequest {
        policies: &context.config.policies,
        rules: context.subject.rules.unwrap_or_else(|| built_in()),
        governance: &context.config.pipeline.governance,
        project_root: &context.config.pipeline.project_root,
        gates,
        only,
        before,
        now: context.started,
        key: None,
        jobs: context.jobs,
        cancel: context.cancel,
    };
    Ok(scan(snapshot, &request)?)
}

/// Returns the gates that `findings` trip and the policy blocks on, as `gate/<word>`.
#[must_use]
pub fn blocking(findings: &[Finding], block_on: &BTreeSet<Gate>) -> BTreeSet<String> {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error && block_on.contains(&finding.gate))
        .map(|finding| format!("gate/{}", finding.gate.as_str()))
        .collect()
}
