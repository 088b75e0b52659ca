//! Gives the verdict: every check, every finding, one outcome.

use super::policy::Answer;
use super::{Error, Expectation, Facts, ci, gates, policy};
use crate::git::Snapshot;
use crate::model::{Check, CheckState, Finding, Gate, Outcome, RepoPath, Verdict};

/// Judges the tree of `facts`. The same facts give the same verdict, in the same order.
///
/// # Errors
/// When the tree cannot be read.
pub fn judge(facts: &Facts<'_>) -> Result<Verdict, Error> {
    let answers = policies(facts)?;
    let blocks = |gate: Gate| facts.policies.gates.block_on.contains(&gate);
    let mut findings: Vec<Finding> = facts.findings.to_vec();
    findings.extend(answers.iter().flat_map(|answer| answer.told(blocks(Gate::PolicyViolation))));
    findings.sort();
    findings.dedup();
    let mut checks = gates::check(&facts.policies.gates.block_on, &findings);
    checks.extend(answers.iter().map(|answer| answer.check(blocks(Gate::PolicyViolation))));
    checks.push(repairs_hold(facts.expected, facts.snapshot));
    checks.push(fixpoint(facts.pending, !facts.expected.is_empty() || blocks(Gate::BaselineGap)));
    checks.sort();
    let failed = checks.iter().any(|check| check.state == CheckState::Fail);
    let outcome = if failed { Outcome::Fail } else { Outcome::Pass };
    Ok(Verdict { outcome, checks, findings })
}

fn policies(facts: &Facts<'_>) -> Result<Vec<Answer>, Error> {
    let Facts { policies, pipeline, snapshot, .. } = *facts;
    let entries = snapshot.entries();
    let runners =
        ci::runners(&policies.ci, entries, |entry| snapshot.size(entry), |entry| snapshot.read(entry))?;
    Ok(vec![
        policy::state_dir_local(policies, pipeline, entries),
        policy::evidence_sealing(policies, pipeline, facts.algorithms),
        policy::hash_algorithms(policies, pipeline),
        ci::workflow_present(&policies.ci, entries),
        runners,
    ])
}

/// The tree holds what the applied plan said it would.
fn repairs_hold(expected: &[Expectation], snapshot: &Snapshot) -> Check {
    let id = "repairs-hold".to_owned();
    if expected.is_empty() {
        return Check { id, state: CheckState::NotConfigured, detail: "no plan was applied".to_owned() };
    }
    let holds = |one: &&Expectation| snapshot.get(&one.path).map(|entry| entry.id) == one.id;
    let wrong: Vec<&RepoPath> = expected.iter().filter(|one| !holds(one)).map(|one| &one.path).collect();
    if wrong.is_empty() {
        let detail = format!("{} planned path(s) are as planned", expected.len());
        return Check { id, state: CheckState::Pass, detail };
    }
    Check { id, state: CheckState::Fail, detail: format!("not as planned: {}", listed(&wrong)) }
}

/// A plan upon this tree changes nothing; a failure where a plan was applied, or where gaps block.
fn fixpoint(pending: &[RepoPath], fails: bool) -> Check {
    let id = "fixpoint".to_owned();
    if pending.is_empty() {
        let detail = "a plan upon this tree changes nothing".to_owned();
        return Check { id, state: CheckState::Pass, detail };
    }
    let state = if fails { CheckState::Fail } else { CheckState::Warn };
    let paths: Vec<&RepoPath> = pending.iter().collect();
    Check { id, state, detail: format!("a plan upon this tree would still change {}", listed(&paths)) }
}

/// Names up to three paths, sorted, and counts the rest.
fn listed(paths: &[&RepoPath]) -> String {
    let mut paths = paths.to_vec();
    paths.sort();
    paths.dedup();
    let named: Vec<String> = paths.iter().take(3).map(|path| format!("`{path}`")).collect();
    match paths.len().saturating_sub(3) {
        0 => named.join(", "),
        rest => format!("{} and {rest} more", named.join(", ")),
    }
}

#[cfg(test)]
pub(super) mod tests;
