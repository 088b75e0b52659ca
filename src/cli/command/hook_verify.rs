//! What hooks judge beside names and contents: whether the configuration loads, and the policies that block.
//!
//! Only what changed counts: a policy that was broken before stops no commit.

use std::collections::BTreeSet;

use git_iao::config::{self, Violation};
use git_iao::hash::Algorithm;
use git_iao::model::{Finding, Gate as Family, RepoPath, Severity, Span};
use git_iao::step::Subject;
use git_iao::verify::{self, Facts};

use super::hook_gate::Gate;
use crate::cli::error::Error;

/// Returns what blocks of the families that no scan finds, for a tree that is to stand (the index, a pushed ref).
pub(super) fn blocking(gate: &Gate<'_>, subject: &Subject) -> Result<Vec<Finding>, Error> {
    let Some(only) = &subject.only else { return Ok(Vec::new()) };
    let blocks = |family: Family| gate.config.policies.gates.block_on.contains(&family);
    let mut findings = Vec::new();
    if (blocks(Family::SchemaInvalid) || blocks(Family::DagCycle))
        && gate.documents.iter().any(|path| only.contains(path))
    {
        findings.extend(configuration(gate, subject)?);
    }
    if blocks(Family::PolicyViolation) {
        findings.extend(policies(gate, subject, only)?);
    }
    findings.retain(|finding| finding.severity == Severity::Error && blocks(finding.gate));
    Ok(findings)
}

/// Loads the configuration that would hold.
fn configuration(gate: &Gate<'_>, subject: &Subject) -> Result<Vec<Finding>, Error> {
    match gate.session.config_in(subject.snapshot()?) {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Config(config::Error::Invalid { violations, .. })) => {
            Ok(violations.iter().map(finding).collect())
        }
        Err(error) => Err(error),
    }
}

fn finding(violation: &Violation) -> Finding {
    let is_cycle = violation.code().contains("cycle");
    Finding {
        path: RepoPath::from(violation.document()),
        span: Some(Span { line: violation.line(), column: violation.column(), length: 0 }),
        rule: violation.code().to_owned(),
        gate: if is_cycle { Family::DagCycle } else { Family::SchemaInvalid },
        severity: Severity::Error,
        message: violation.message().to_owned(),
        help: violation.help().to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

/// Judges the policies, and keeps what they say of paths that change.
fn policies(gate: &Gate<'_>, subject: &Subject, only: &BTreeSet<RepoPath>) -> Result<Vec<Finding>, Error> {
    let verdict = verify::judge(&Facts {
        policies: &gate.config.policies,
        pipeline: &gate.config.pipeline,
        snapshot: subject.snapshot()?,
        findings: &[],
        expected: &[],
        pending: &[],
        algorithms: &Algorithm::ALL,
    })
    .map_err(git_iao::step::Error::from)?;
    let changes = |place: &RepoPath| !place.is_root() && only.iter().any(|path| path.is_within(place));
    Ok(verdict.findings.into_iter().filter(|finding| changes(&finding.path)).collect())
}
