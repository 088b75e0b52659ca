//! `history_immutable`: draws the hash boundary of what the run leaves.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::config::Mode;
use crate::hash::hex;
use crate::seal::{self, Base, Care, Drawing, StoredSeal};
use crate::supply_chain::{PublicKey, SignatureState};

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
        let (commit, tree) = match (artifacts.patch.get(), context.subject.commit) {
            (Some(patch), _) => (patch.tip, patch.tree),
            (None, Some(commit)) => (commit, context.repository.commit(commit)?.tree),
            (None, None) => return Err(Error::NoCommit),
        };
        let previous = match context.care {
            Care::Usual => seal::previous(context.repository, context.ledger, commit)?,
            Care::NoCache | Care::Full => None,
        };
        let drawing = Drawing {
            repository: context.repository,
            ledger: context.ledger,
            tree,
            base: previous.as_ref().map_or(Ok(Base::Nothing), |seal| base(context, seal))?,
            care: context.care,
            jobs: context.jobs,
            cancel: context.cancel,
        };
        let boundary = drawing.draw()?;
        let document = boundary.document();
        let digest = document.roots.digest();
        let outcome = StepOutcome::default()
            .with("tree", tree.to_string())
            .with("files", document.roots.files)
            .with("sha3_512", hex::encode(&digest.sha3_512))
            .with("blake3", hex::encode(&digest.blake3))
            .with_output("manifest", document.address(), true);
        artifacts.manifest.set(boundary).expect("a step runs once in a run");
        if context.care == Care::Usual {
            artifacts.previous.set((commit, previous)).expect("a step runs once in a run");
        }
        Ok(outcome)
    }
}

/// Says whether the boundary may be drawn from that of `seal`.
///
/// Whoever signs vouches for what was taken over: it must have been signed by the same key, or by one that is trusted.
fn base<'a>(context: &StepContext<'_>, seal: &'a StoredSeal) -> Result<Base<'a>, Error> {
    let signing = context.signing;
    let state = seal::judge_signature(seal.envelope(), seal.statement(), signing.verifier)?;
    let same_key = |key: &PublicKey| signing.signer.is_some_and(|signer| signer.key() == key);
    Ok(match &state {
        SignatureState::Invalid { why } => Base::Refused(format!("its signature is invalid: {why}")),
        SignatureState::Valid { key, .. } if same_key(key) => Base::Seal(seal),
        _ if signing.signer.is_none() || state.is_trusted() => Base::Seal(seal),
        SignatureState::Valid { .. } => {
            Base::Refused("another key signed it, which is not trusted".to_owned())
        }
        SignatureState::Unsigned => Base::Refused("it is not signed".to_owned()),
    })
}
