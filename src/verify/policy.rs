//! The policies about state and evidence, and the shape that every policy's answer has.

use crate::config::{Pipeline, Policies};
use crate::git::Entry;
use crate::hash::Algorithm;
use crate::model::{Check, CheckState, Finding, Gate, RepoPath, Severity};

/// How a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The policy does not ask for it.
    NotConfigured,
    /// It is kept.
    Kept,
    /// Some of it cannot be judged.
    InDoubt,
    /// It is broken.
    Broken,
}

/// What one policy's check found.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// The id of the check.
    pub(super) id: &'static str,
    /// How the policy stands.
    pub(super) standing: Standing,
    /// In one line.
    pub(super) detail: String,
    /// One for each violation or doubt.
    pub(super) findings: Vec<Finding>,
}

impl Answer {
    pub(super) fn new(id: &'static str, standing: Standing, detail: impl Into<String>) -> Self {
        Self { id, standing, detail: detail.into(), findings: Vec::new() }
    }

    /// Returns the answer for a policy that is not asked for.
    pub(super) fn not_configured(id: &'static str) -> Self {
        Self::new(id, Standing::NotConfigured, "the policy does not ask for it")
    }

    /// Returns the findings; where violations do not block, none of them is more than a warning.
    pub(super) fn told(&self, blocks: bool) -> Vec<Finding> {
        let most = if blocks { Severity::Error } else { Severity::Warning };
        let told = self.findings.iter().cloned();
        told.map(|finding| Finding { severity: finding.severity.min(most), ..finding }).collect()
    }

    /// Returns the check; a broken policy fails only where violations block.
    pub(super) fn check(&self, blocks: bool) -> Check {
        let state = match self.standing {
            Standing::NotConfigured => CheckState::NotConfigured,
            Standing::Kept => CheckState::Pass,
            Standing::Broken if blocks => CheckState::Fail,
            Standing::InDoubt | Standing::Broken => CheckState::Warn,
        };
        Check { id: self.id.to_owned(), state, detail: self.detail.clone() }
    }
}

/// Makes a finding of the policy family.
pub(super) fn finding(
    path: RepoPath,
    rule: &str,
    severity: Severity,
    message: String,
    help: &str,
) -> Finding {
    Finding {
        path,
        span: None,
        rule: rule.to_owned(),
        gate: Gate::PolicyViolation,
        severity,
        message,
        help: help.to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

/// `filesystem.stateDirMustBeLocal`: nothing that a run leaves behind is part of the tree.
pub(super) fn state_dir_local(policies: &Policies, pipeline: &Pipeline, entries: &[Entry]) -> Answer {
    const ID: &str = "policy/state-dir-local";
    if !policies.filesystem.state_dir_must_be_local {
        return Answer::not_configured(ID);
    }
    let mut findings = Vec::new();
    for place in [&pipeline.state_dir, &pipeline.evidence_dir, &pipeline.event_stream] {
        let place = place.trim_start_matches("./").trim_end_matches('/');
        let path = RepoPath::from(place);
        if place.starts_with('/') || path.components().any(|part| part == b"..") {
            let message = format!("`{path}` lies outside the working tree");
            let help = "give the pipeline a path inside the working tree";
            findings.push(finding(
                RepoPath::root(),
                "policy.state-dir-outside",
                Severity::Error,
                message,
                help,
            ));
            continue;
        }
        let mut tracked = entries.iter().filter(|entry| entry.path.is_within(&path));
        if let Some(first) = tracked.next() {
            let message = format!("{} file(s) of the local state `{path}` are tracked", tracked.count() + 1);
            let help = "take them out with `git rm -r --cached`; evidence lives in the ledger";
            findings.push(finding(
                first.path.clone(),
                "policy.state-dir-tracked",
                Severity::Error,
                message,
                help,
            ));
        }
    }
    findings.sort();
    findings.dedup_by(|a, b| a.path == b.path && a.rule == b.rule);
    let (standing, detail) = match findings.len() {
        0 => (Standing::Kept, format!("nothing below `{}` is tracked", pipeline.state_dir)),
        _ => (Standing::Broken, findings[0].message.clone()),
    };
    Answer { findings, ..Answer::new(ID, standing, detail) }
}

/// The steps that make the evidence: the manifest, and the seal over it.
const SEALING: [&str; 2] = ["engine.step.history_immutable", "engine.step.continuous_monitoring"];

/// `supplyChain.requireEvidenceSealing`: the pipeline makes a manifest and a seal, and the seal holds every
/// algorithm that the pipeline requires.
pub(super) fn evidence_sealing(policies: &Policies, pipeline: &Pipeline, sealed: &[Algorithm]) -> Answer {
    const ID: &str = "policy/evidence-sealing";
    if !policies.supply_chain.require_evidence_sealing {
        return Answer::not_configured(ID);
    }
    let runs = |step: &&str| pipeline.nodes.iter().any(|node| node.run == *step);
    let missing: Vec<&str> = SEALING.into_iter().filter(|step| !runs(step)).collect();
    if missing.is_empty() {
        let required = &pipeline.governance.hash_algorithms;
        return lacking(ID, "policy.evidence-sealing", "the seal", required, sealed);
    }
    let message = format!("the pipeline has no node that runs {}", missing.join(" or "));
    broken(ID, "policy.evidence-sealing", message, "add the node to `dag.nodes` of the pipeline")
}

/// `supplyChain.hashAlgorithms`: the pipeline requires every algorithm that the policy names.
pub(super) fn hash_algorithms(policies: &Policies, pipeline: &Pipeline) -> Answer {
    const ID: &str = "policy/hash-algorithms";
    let required = &policies.supply_chain.hash_algorithms;
    if required.is_empty() {
        return Answer::not_configured(ID);
    }
    lacking(ID, "policy.hash-algorithms", "the pipeline", required, &pipeline.governance.hash_algorithms)
}

fn lacking(id: &'static str, rule: &str, who: &str, required: &[Algorithm], present: &[Algorithm]) -> Answer {
    let words = |algorithms: &[Algorithm]| {
        algorithms.iter().map(|algorithm| algorithm.as_str()).collect::<Vec<_>>().join(", ")
    };
    let missing: Vec<Algorithm> =
        required.iter().copied().filter(|algorithm| !present.contains(algorithm)).collect();
    if missing.is_empty() && !present.is_empty() {
        return Answer::new(id, Standing::Kept, format!("{who} has {}", words(present)));
    }
    let lacks = if missing.is_empty() { "every hash algorithm".to_owned() } else { words(&missing) };
    let message = format!("{who} lacks {lacks}");
    broken(id, rule, message, "name the algorithm in `governance.hash.algorithms` of the pipeline")
}

/// Makes the answer for a policy that the repository as a whole breaks.
pub(super) fn broken(id: &'static str, rule: &str, message: String, help: &str) -> Answer {
    let findings = vec![finding(RepoPath::root(), rule, Severity::Error, message.clone(), help)];
    Answer { findings, ..Answer::new(id, Standing::Broken, message) }
}

#[cfg(test)]
mod tests;
