//! Writes what a run leaves, in the one order that a crash between two writes cannot break.
//!
//! Objects; then `keep`, so that nothing recorded can be collected; then the ledger, the single commit point;
//! then the governance branch and the notes, which can be made again.

use super::artifacts::{Published, RefMove};
use super::records::{self, RUN_SCHEMA, RunRecord};
use super::{Artifacts, Error, GOVERNANCE_REF, StepContext, branch, history, seal};
use crate::config::Config;
use crate::git::{Expected, RefUpdate};
use crate::ledger::{Batch, Entry, LEDGER_REF, Ledger};
use crate::model::ObjectId;
use crate::repair::{PatchSet, Tool};
use crate::seal as sealing;

/// A document that a run leaves beside the repository as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// `plan`, `patch-report`, `verify-report`, `manifest` or `record`.
    pub name: &'static str,
    /// Canonical JSON.
    pub bytes: Vec<u8>,
}

/// Publishes the artifacts of a run and fills the slot `published`.
///
/// # Errors
/// When something cannot be written. What was written before that stays, and is complete in itself.
pub fn publish(context: &StepContext<'_>, artifacts: &Artifacts) -> Result<(), Error> {
    if context.cancel.is_cancelled() {
        return Err(Error::Interrupted);
    }
    let repository = context.repository;
    // From the look at the branch to its move: a run that loses a race must not have written to the ledger.
    let turn = repository.lock()?;
    let mut ledger = Ledger::open(repository)?;
    let before = ledger.head();
    let patch = artifacts.patch.get();
    let governance = governance_before(context, &ledger, patch)?;
    let reused = match artifacts.seal.get() {
        Some(seal) => seal::equal_seal(&ledger, seal, context.signing.verifier)?,
        None => None,
    };
    let entries = entries(context, artifacts, reused.is_some())?;

    let keep = to_keep(artifacts, governance);
    let (note, message) = (note(artifacts), message(context));
    // Without entries the seal is one that is there, and its note stands.
    let notes = if entries.is_empty() { &[] } else { note.as_slice() };
    let batch = Batch { keep: &keep, entries: &entries, message: &message, notes };
    let staged = ledger.stage(batch, context.person, context.started)?;
    repository.persist()?;
    turn.announce(&staged.moves())?;
    ledger.keep_staged(&staged)?;
    let mut moves = Vec::new();
    // A seal that is there already stands on the ledger too: one that was rolled back is refused, not answered from.
    if !entries.is_empty() || reused.is_some() {
        let head = ledger.append_staged(&staged)?;
        if before != Some(head) {
            moves.push(RefMove { name: LEDGER_REF.to_owned(), before, after: head });
        }
    }
    let tip = move_branch(context, patch, governance, &mut moves)?;
    if let Some(seal) = artifacts.seal.get() {
        let commits = [seal.statement().commit()];
        sealing::project(&ledger, &commits, context.person, context.started)?;
    }
    let digest = reused
        .as_ref()
        .map(sealing::StoredSeal::digest)
        .or_else(|| artifacts.seal.get().map(sealing::Seal::digest));
    let published = Published {
        ledger: ledger.head(),
        governance: tip,
        seal: digest,
        seal_reused: reused.is_some(),
        moves,
    };
    artifacts.published.set(published).expect("a run publishes once");
    // The evidence stands. Packs that cannot be merged now wait for the next run, or for `git gc`.
    repository.tidy_packs().ok();
    Ok(())
}

/// Returns where the branch stands, after checking that it may be moved; `None` when the run does not move it.
fn governance_before(
    context: &StepContext<'_>,
    ledger: &Ledger<'_>,
    patch: Option<&PatchSet>,
) -> Result<Option<ObjectId>, Error> {
    match patch {
        Some(patch) if !patch.commits.is_empty() => {
            branch::check(context.repository, patch.base, || records::bases(ledger))
        }
        _ => Ok(None),
    }
}

fn to_keep(artifacts: &Artifacts, governance: Option<ObjectId>) -> Vec<ObjectId> {
    let mut keep = Vec::new();
    if let Some(seal) = artifacts.seal.get() {
        keep.push(seal.statement().commit());
    } else if let Some(patch) = artifacts.patch.get() {
        keep.push(patch.tip);
    }
    if let Some(old) = governance
        && !keep.contains(&old)
    {
        keep.push(old);
    }
    keep
}

/// The note of a new seal, as it will be unless the commit has a newer one.
fn note(artifacts: &Artifacts) -> Option<(ObjectId, Vec<u8>)> {
    let seal = artifacts.seal.get()?;
    Some((seal.statement().commit(), seal.note().to_bytes()))
}

/// Moves the branch to the tip of the patch set, and returns where it stands.
fn move_branch(
    context: &StepContext<'_>,
    patch: Option<&PatchSet>,
    before: Option<ObjectId>,
    moves: &mut Vec<RefMove>,
) -> Result<Option<ObjectId>, Error> {
    let Some(patch) = patch.filter(|patch| !patch.commits.is_empty()) else {
        return Ok(None);
    };
    if before != Some(patch.tip) {
        context.repository.update_ref(&RefUpdate {
            name: GOVERNANCE_REF.to_owned(),
            expected: before.map_or(Expected::Absent, Expected::Is),
            new: patch.tip,
            message: format!("git-iao: run {}", context.run),
        })?;
        moves.push(RefMove { name: GOVERNANCE_REF.to_owned(), before, after: patch.tip });
    }
    Ok(Some(patch.tip))
}

fn message(context: &StepContext<'_>) -> String {
    format!("git-iao: {} run {}", context.config.pipeline.name, context.run)
}

/// What the ledger gets: the run with its documents, the verdict, the renderings, the seal.
///
/// A verification alone leaves its verdict and nothing that differs from one time to the next.
fn entries(context: &StepContext<'_>, artifacts: &Artifacts, seal_reused: bool) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut verdict_bytes = None;
    if let (Some(verdict), Some(tree)) = (artifacts.verdict.get(), judged_tree(context, artifacts)) {
        let report = seal::verify_report(context.config, tree, verdict);
        verdict_bytes = Some(report.to_bytes()?);
        entries.push(report.entry()?);
    }
    let writes = artifacts.patch.get().is_some() || artifacts.seal.get().is_some();
    if !writes || (seal_reused && !patched_anew(context, artifacts)?) {
        return Ok(entries);
    }
    let record = records::to_bytes("run", &record(context, artifacts)?)?;
    entries.push(records::run_entry(context.run, "record", record));
    entries.push(records::run_entry(context.run, "events", context.events.to_vec()));
    if let Some(plan) = artifacts.plan.get() {
        entries.push(records::run_entry(context.run, "plan", plan.bytes.clone()));
    }
    if let Some(patch) = artifacts.patch.get() {
        let bytes = records::to_bytes("patch report", patch)?;
        entries.push(records::run_entry(context.run, "patch-report", bytes));
        if let Some(plan) = artifacts.plan.get() {
            entries.extend(history::entries(&plan.plan, patch.base)?);
        }
    }
    if let Some(bytes) = verdict_bytes {
        entries.push(records::run_entry(context.run, "verify-report", bytes));
    }
    if let Some(position) = &context.stream {
        entries.push(records::anchor_entry(position)?);
    }
    if let Some(seal) = artifacts.seal.get().filter(|_| !seal_reused) {
        entries.extend(sealing::ledger_entries(seal));
    }
    Ok(entries)
}

/// Says whether the patch set is not on the governance branch yet.
fn patched_anew(context: &StepContext<'_>, artifacts: &Artifacts) -> Result<bool, Error> {
    let Some(patch) = artifacts.patch.get().filter(|patch| !patch.commits.is_empty()) else {
        return Ok(false);
    };
    Ok(context.repository.ref_target(GOVERNANCE_REF)? != Some(patch.tip))
}

/// The tree that the verdict is about.
fn judged_tree(context: &StepContext<'_>, artifacts: &Artifacts) -> Option<ObjectId> {
    artifacts.patch.get().map(|patch| patch.tree).or_else(|| context.subject.tree())
}

fn record(context: &StepContext<'_>, artifacts: &Artifacts) -> Result<RunRecord, Error> {
    let base = context.subject.commit;
    let tree = match context.subject.tree() {
        Some(tree) => tree,
        None => context.repository.empty_tree(),
    };
    Ok(RunRecord {
        schema: RUN_SCHEMA.to_owned(),
        run: context.run.clone(),
        mode: context.mode,
        started: context.started,
        person: context.person.clone(),
        tool: Tool::default(),
        base,
        tree,
        config: context.config.digest,
        policy: context.config.policy_digest,
        ledger: context.ledger.head(),
        plan: artifacts.plan.get().map(|plan| plan.id),
        given: context.given.is_some(),
        tip: artifacts.patch.get().map(|patch| patch.tip),
        reused: artifacts.patch.get().is_some_and(|patch| patch.reused),
        outcome: artifacts.verdict.get().map(|verdict| verdict.outcome),
        stream: context.stream.clone(),
        documents: context.config.documents.clone(),
    })
}

/// Returns what a replay made, to be compared with what the run recorded.
///
/// # Errors
/// When a document has no canonical form.
pub fn comparable(
    config: &Config,
    record: &RunRecord,
    artifacts: &Artifacts,
) -> Result<Vec<LocalFile>, Error> {
    let tree = artifacts.patch.get().map_or(record.tree, |patch| patch.tree);
    documents(config, tree, artifacts)
}

/// The deterministic documents of a run; `tree` is the one that the verdict is about.
fn documents(config: &Config, tree: ObjectId, artifacts: &Artifacts) -> Result<Vec<LocalFile>, Error> {
    let mut files = Vec::new();
    if let Some(plan) = artifacts.plan.get() {
        files.push(LocalFile { name: "plan", bytes: plan.bytes.clone() });
    }
    if let Some(patch) = artifacts.patch.get() {
        files.push(LocalFile { name: "patch-report", bytes: records::to_bytes("patch report", patch)? });
    }
    if let Some(verdict) = artifacts.verdict.get() {
        let report = seal::verify_report(config, tree, verdict);
        files.push(LocalFile { name: "verify-report", bytes: report.to_bytes()? });
    }
    if let Some(manifest) = artifacts.manifest.get() {
        files.push(LocalFile { name: "manifest", bytes: manifest.document().to_canonical() });
    }
    Ok(files)
}

/// Returns what the run leaves in the working tree's state directory.
///
/// # Errors
/// When a document has no canonical form.
pub fn local_files(context: &StepContext<'_>, artifacts: &Artifacts) -> Result<Vec<LocalFile>, Error> {
    let tree = match judged_tree(context, artifacts) {
        Some(tree) => tree,
        None => context.repository.empty_tree(),
    };
    let mut files = documents(context.config, tree, artifacts)?;
    if artifacts.plan.get().is_some() || artifacts.seal.get().is_some() {
        let record = record(context, artifacts)?;
        files.push(LocalFile { name: "record", bytes: records::to_bytes("run", &record)? });
    }
    Ok(files)
}
