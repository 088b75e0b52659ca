//! `continuous_monitoring`: seals, publishes, and reads back what was published.

use super::records::{self, VerifyReport};
use super::{Artifacts, Error, GOVERNANCE_REF, Slot, Step, StepContext, StepOutcome, publish};
use crate::base::ContentAddress;
use crate::config::{Config, Mode};
use crate::git::Repository;
use crate::ledger::{Ledger, NOTES_REF};
use crate::model::{CheckState, ObjectId, Outcome, Verdict};
use crate::seal::{
    self, EventAnchor, PolicyRef, Seal, SealRequest, StoredSeal, VerdictCounts, VerdictSummary,
};
use crate::supply_chain::{SignatureState, Verifier};

/// Seals and watches over the seal.
pub(super) struct ContinuousMonitoring;

impl Step for ContinuousMonitoring {
    fn name(&self) -> &'static str {
        "engine.step.continuous_monitoring"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Repair, Mode::Verify, Mode::Seal]
    }

    fn reads(&self) -> &'static [Slot] {
        &[Slot::Manifest]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Seal]
    }

    fn is_effectful(&self) -> bool {
        true
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let seal = make(context, artifacts)?;
        let commit = seal.statement().commit();
        artifacts.seal.set(seal).expect("a step runs once in a run");
        publish(context, artifacts)?;
        let published = artifacts.published.get().expect("publishing fills its slot");
        monitor(context.repository, commit, published.seal, published.governance)?;
        let mut outcome = StepOutcome::default()
            .with("commit", commit.to_string())
            .with("reused", published.seal_reused)
            .with("ledger", published.ledger.map(|head| head.to_string()));
        if let Some(digest) = published.seal {
            outcome = outcome.with_output("seal", digest, false);
        }
        Ok(outcome)
    }
}

/// Makes the seal of the commit that the run leaves; not written yet.
fn make(context: &StepContext<'_>, artifacts: &Artifacts) -> Result<Seal, Error> {
    let ledger = context.ledger;
    let boundary = artifacts.manifest.get().ok_or(Error::NoCommit)?.clone();
    let tree = boundary.document().tree;
    let commit = match artifacts.patch.get() {
        Some(patch) => patch.tip,
        None => context.subject.commit.ok_or(Error::NoCommit)?,
    };
    let policy = context.config.policy_digest;
    let report = match artifacts.verdict.get() {
        Some(verdict) => Some(verify_report(context.config, tree, verdict)),
        None => records::verdict(ledger, tree, policy)?,
    };
    let verdict = match &report {
        Some(report) => Some(summary(&report.verdict, ContentAddress::of(&report.to_bytes()?))),
        None => None,
    };
    let request = SealRequest {
        commit,
        sealed_at: context.started,
        verdict,
        policy: PolicyRef { name: context.config.policies.name.clone(), digest: policy },
        config: context.config.digest,
        plan: artifacts.patch.get().filter(|patch| !patch.commits.is_empty()).map(|patch| patch.plan),
        run: Some(context.run.clone()),
        events: context.stream.as_ref().map(|at| EventAnchor { count: at.count, head: at.head }),
        ledger: ledger.head(),
        previous: previous(context, artifacts, commit)?,
        signer: context.signing.signer.map(|signer| signer.key().clone()),
    };
    let seal = Seal::new(request, boundary)?;
    match context.signing.signer {
        Some(signer) => Ok(seal.sign(signer)?),
        None if context.config.policies.seal.require_signature => {
            Err(Error::SignatureRequired { policy: context.config.policies.name.clone() })
        }
        None => Ok(seal),
    }
}

/// Returns the seal that comes before: the one that the boundary was drawn from, or what the same ledger holds.
fn previous(
    context: &StepContext<'_>,
    artifacts: &Artifacts,
    commit: ObjectId,
) -> Result<Option<StoredSeal>, Error> {
    match artifacts.previous.get() {
        Some((known, previous)) if *known == commit => Ok(previous.clone()),
        _ => Ok(seal::previous(context.repository, context.ledger, commit)?),
    }
}

/// The verdict with what it was given for.
pub(super) fn verify_report(config: &Config, tree: ObjectId, verdict: &Verdict) -> VerifyReport {
    VerifyReport {
        schema: records::VERIFY_SCHEMA.to_owned(),
        tree,
        policy: config.policy_digest,
        config: config.digest,
        verdict: verdict.clone(),
    }
}

fn summary(verdict: &Verdict, report: ContentAddress) -> VerdictSummary {
    let count = |state| verdict.checks.iter().filter(|check| check.state == state).count() as u64;
    VerdictSummary {
        outcome: verdict.outcome,
        report: (verdict.outcome != Outcome::NotVerified).then_some(report),
        counts: VerdictCounts {
            pass: count(CheckState::Pass),
            fail: count(CheckState::Fail),
            warn: count(CheckState::Warn),
            not_configured: count(CheckState::NotConfigured),
            findings: verdict.findings.len() as u64,
        },
    }
}

/// Returns a recorded seal that says the same as `seal`, apart from when and by which run.
///
/// One whose signature is not good is none: whoever can write to the ledger could put it in the way.
pub(super) fn equal_seal(
    ledger: &Ledger<'_>,
    seal: &Seal,
    verifier: &Verifier,
) -> Result<Option<StoredSeal>, Error> {
    let said = seal.statement().predicate();
    let same = |stored: &StoredSeal| {
        let was = stored.statement().predicate();
        stored.statement().document() == seal.statement().document()
            && was.verdict == said.verdict
            && was.policy == said.policy
            && was.config == said.config
            && was.plan == said.plan
            && was.tool == said.tool
            && (&was.signer, &was.signer_key) == (&said.signer, &said.signer_key)
    };
    for stored in seal::find(ledger, seal.statement().commit())?.seals.into_iter().filter(same) {
        let state = seal::judge_signature(stored.envelope(), stored.statement(), verifier)?;
        if !matches!(state, SignatureState::Invalid { .. }) {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}

/// Reads back what was written: the seal in the ledger, the note on the commit, the branch at its tip.
fn monitor(
    repository: &Repository,
    commit: ObjectId,
    digest: Option<ContentAddress>,
    governance: Option<ObjectId>,
) -> Result<(), Error> {
    let differs = |what: String| Err(Error::Monitor { what });
    let ledger = Ledger::open(repository)?;
    let stored = seal::find(&ledger, commit)?.seals;
    if !stored.iter().any(|stored| Some(stored.digest()) == digest) {
        return differs(format!("the ledger has no such seal of {commit}"));
    }
    if repository.note(NOTES_REF, commit)?.is_none() {
        return differs(format!("{commit} carries no note"));
    }
    if governance.is_some() && repository.ref_target(GOVERNANCE_REF)? != governance {
        return differs("`iao/governance` has moved again".to_owned());
    }
    Ok(())
}
