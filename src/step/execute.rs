//! `tool_execution`: normalize, plan, patch, verify, until nothing changes.
//!
//! Commits are staged in memory; no ref moves here, and what is verified is the tree that the patch made.

use std::collections::{BTreeMap, BTreeSet};

use super::artifacts::PlanArtifact;
use super::rounds::{PlanRequest, Round, plan_rounds};
use super::{
    Artifacts, Error, GivenPlan, Purpose, Slot, Step, StepContext, StepOutcome, branch, history, records,
    scan,
};
use crate::base::ContentAddress;
use crate::config::Mode;
use crate::git::{ReadSet, Snapshot};
use crate::hash::Algorithm;
use crate::model::{CheckState, Finding, ObjectId, RepoPath, Verdict};
use crate::repair::{self, Base, PatchSet, PatchSetRequest};
use crate::scan::Gates;
use crate::verify::{self, Expectation, Facts};

/// Plans, patches and verifies.
pub(super) struct ToolExecution;

impl Step for ToolExecution {
    fn name(&self) -> &'static str {
        "engine.step.tool_execution"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Plan, Mode::Repair, Mode::Verify]
    }

    fn reads(&self) -> &'static [Slot] {
        &[Slot::Permissions, Slot::Scan]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Plan, Slot::Patch, Slot::Verdict]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let (plan, round) = match context.given {
            Some(given) => adopt(context, given)?,
            None => plan_rounds(PlanRequest {
                repository: context.repository,
                config: context.config,
                known: context.known,
                base: base(context)?,
                snapshot: context.subject.snapshot()?,
                ledger: context.ledger,
            })?,
        };
        let mut outcome = StepOutcome::default()
            .with("plan", plan.id.to_string())
            .with("changes", plan.plan.changes.len())
            .with("tree", plan.plan.result.to_string())
            .with_output("plan", plan.id, true);
        let may_patch = artifacts.permissions.get().is_some_and(|permissions| permissions.may_patch);
        if context.mode != Mode::Plan {
            let patch = if may_patch { Some(patch(context, &plan)?) } else { None };
            let verdict = judge(context, artifacts, &plan, &round, patch.as_ref())?;
            outcome = outcome.with("verdict", verdict.outcome.as_str());
            outcome.blocked_by = failed(&verdict);
            if let Some(tree) = patch.as_ref().map(|patch| patch.tree).or(context.subject.tree()) {
                let report = super::seal::verify_report(context.config, tree, &verdict).to_bytes()?;
                outcome = outcome.with_output("verify-report", ContentAddress::of(&report), true);
            }
            if let Some(patch) = patch {
                let report = records::to_bytes("patch report", &patch)?;
                outcome = outcome
                    .with("tip", patch.tip.to_string())
                    .with("commits", patch.commits.len())
                    .with_output("patch-report", ContentAddress::of(&report), true);
                artifacts.patch.set(patch).expect("a step runs once in a run");
            }
            artifacts.verdict.set(verdict).expect("a step runs once in a run");
        }
        artifacts.plan.set(plan).expect("a step runs once in a run");
        artifacts.last_round.set(round).expect("a step runs once in a run");
        Ok(outcome)
    }
}

fn base(context: &StepContext<'_>) -> Result<Base, Error> {
    let tree = match context.subject.tree() {
        Some(tree) => tree,
        None => context.repository.empty_tree(),
    };
    Ok(Base { commit: context.subject.commit, tree })
}

/// Takes a reviewed plan over, after comparing its configuration and its base with those in force.
fn adopt(context: &StepContext<'_>, given: &GivenPlan) -> Result<(PlanArtifact, Round), Error> {
    let id = given.plan.id()?;
    if given.plan.config != context.config.digest {
        return Err(repair::Error::ConfigChanged {
            plan: id.short(),
            expected: given.plan.config,
            actual: context.config.digest,
        }
        .into());
    }
    let commit = context.subject.commit.ok_or(Error::NoCommit)?;
    let plan = if given.plan.base.commit == Some(commit) {
        given.plan.clone()
    } else if given.rebase {
        // The blobs of the plan are staged first: the moved trees name them.
        for change in &given.plan.changes {
            if let Some(content) = &change.content {
                let broken = || repair::Error::ContentMismatch { path: change.path.clone() };
                context.repository.stage_blob(&content.to_bytes().ok_or_else(broken)?)?;
            }
        }
        repair::rebase(context.repository, &given.plan, commit)?
    } else {
        let tree = context.repository.commit(commit)?.tree;
        return Err(repair::Error::Stale {
            plan: id.short(),
            expected: given.plan.base.commit.map_or_else(|| "no commit".to_owned(), |base| base.short()),
            actual: commit.short(),
            changed: repair::stale_paths(context.repository, &given.plan, tree)?,
        }
        .into());
    };
    // Staged once more below; staging is how the promised trees get compared before anything is looked at.
    PatchSet::stage(context.repository, &request(context, &plan, commit))?;
    let result = context.repository.snapshot_tree(plan.result)?;
    let round = Round::look(&result, context.config, context.known)?;
    let bytes = plan.to_bytes()?;
    let id = ContentAddress::of(&bytes);
    Ok((PlanArtifact { plan, id, bytes, findings: Vec::new() }, round))
}

fn request<'a>(context: &'a StepContext<'_>, plan: &'a repair::Plan, base: ObjectId) -> PatchSetRequest<'a> {
    PatchSetRequest { plan, base, run: context.run, person: context.person, time: context.started }
}

/// Stages the commits of the plan, or finds them on the governance branch already.
fn patch(context: &StepContext<'_>, plan: &PlanArtifact) -> Result<PatchSet, Error> {
    let base = context.subject.commit.ok_or(Error::NoCommit)?;
    if !plan.plan.is_empty()
        && context.purpose == Purpose::Live
        && let Some(tip) = branch::check(context.repository, base, || records::bases(context.ledger))?
        && let Some(existing) = branch::existing(context.repository, &plan.plan, base, tip)?
    {
        return Ok(existing);
    }
    Ok(PatchSet::stage(context.repository, &request(context, &plan.plan, base))?)
}

/// Gives the verdict on the tree that the patch made, or on the subject when nothing may be patched.
fn judge(
    context: &StepContext<'_>,
    artifacts: &Artifacts,
    plan: &PlanArtifact,
    round: &Round,
    patch: Option<&PatchSet>,
) -> Result<Verdict, Error> {
    let reports = [artifacts.paths.get(), artifacts.scan.get()];
    let mut findings: BTreeSet<Finding> =
        reports.into_iter().flatten().flat_map(|report| report.findings.iter().cloned()).collect();
    findings.extend(plan.findings.iter().cloned());
    let (snapshot, pending, promised) = match patch {
        Some(patch) => {
            let patched = context.repository.snapshot_tree(patch.tree)?;
            let changed: BTreeSet<RepoPath> =
                plan.plan.changes.iter().map(|change| change.path.clone()).collect();
            findings.retain(|finding| !changed.contains(&finding.path));
            findings
                .extend(scan::scan_snapshot(context, (&patched, None), Some(&changed), Gates::All)?.findings);
            findings.extend(round.assessment.findings.iter().cloned());
            let pending = still_pending(context, &patched, round)?;
            (patched, pending, promises(plan))
        }
        None => {
            let subject = context.subject.snapshot()?.clone();
            findings.extend(Round::look(&subject, context.config, context.known)?.assessment.findings);
            let pending = plan.plan.changes.iter().map(|change| change.path.clone()).collect();
            (subject, pending, Vec::new())
        }
    };
    let findings: Vec<Finding> = findings.into_iter().collect();
    Ok(verify::judge(&Facts {
        policies: &context.config.policies,
        pipeline: &context.config.pipeline,
        snapshot: &snapshot,
        findings: &findings,
        expected: &promised,
        pending: &pending,
        algorithms: &Algorithm::ALL,
    })?)
}

/// Returns what the plan promises of the tree, at every path that it changes.
fn promises(plan: &PlanArtifact) -> Vec<Expectation> {
    let last: BTreeMap<&RepoPath, Option<ObjectId>> =
        plan.plan.changes.iter().map(|change| (&change.path, change.after)).collect();
    last.into_iter().map(|(path, id)| Expectation { path: path.clone(), id }).collect()
}

/// Returns the paths that another plan on the patched tree would still change.
fn still_pending(
    context: &StepContext<'_>,
    patched: &Snapshot,
    round: &Round,
) -> Result<Vec<RepoPath>, Error> {
    let proposals = &round.assessment.proposals;
    let history = history::renderings(context.repository, context.ledger, context.subject.commit, proposals)?;
    let tree = patched.tree().unwrap_or_else(|| context.repository.empty_tree());
    let mut planner = repair::Planner::new(
        context.repository,
        Base { commit: None, tree },
        context.config.digest,
        serde_json::Value::Null,
        &context.config.pipeline.repair.targets,
        &history,
    );
    planner.round(patched, ReadSet::new(), proposals)?;
    let (plan, _) = planner.finish();
    Ok(plan.changes.into_iter().map(|change| change.path).collect())
}

fn failed(verdict: &Verdict) -> BTreeSet<String> {
    verdict
        .checks
        .iter()
        .filter(|check| check.state == CheckState::Fail)
        .map(|check| check.id.clone())
        .collect()
}
