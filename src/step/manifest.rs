//! `history_immutable`: draws the hash boundary of what the run leaves.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::config::Mode;
use crate::hash::hex;
use crate::seal::Manifest;

/// Hashes the tree that is to be sealed.
pub(super) struct HistoryImmutable;

impl Step for HistoryImmutable {
    fn name(&self) -> &'static str {
        "engine.step.history_immutable"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Repair, Mode::Verify, Mode::Seal]
    }

    fn reads(&self) -> &'static [Slot] {
        &[]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Manifest]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let tree = match (artifacts.patch.get(), context.subject.commit) {
            (Some(patch), _) => patch.tree,
            (None, Some(commit)) => context.repository.commit(commit)?.tree,
            (None, None) => return Err(Error::NoCommit),
        };
        let manifest = Manifest::build(context.repository, tree, context.jobs, context.cancel)?;
        let document = manifest.document();
        let digest = document.roots.digest();
        let outcome = StepOutcome::default()
            .with("tree", tree.to_string())
            .with("files", document.roots.files)
            .with("sha3_512", hex::encode(&digest.sha3_512))
            .with("blake3", hex::encode(&digest.blake3))
            .with_output("manifest", document.address(), true);
        artifacts.manifest.set(manifest).expect("a step runs once in a run");
        Ok(outcome)
    }
}
