//! Who signed a seal, whether the signature is good, and whether the signer is trusted.
//!
//! The answer is data: only an invalid signature, or one that somebody demands and that is not there, fails a check.

use super::statement::SealStatement;
use super::{Error, StoredSeal};
use crate::model::{Check, CheckState};
use crate::supply_chain::{Demand, Distrust, Envelope, SignatureState, SignerClaim, Standing, Verifier};

/// Judges the signature of the seal in `envelope`, whose statement is `statement`.
///
/// # Errors
/// When the kind of key, or a list of revoked keys, needs `ssh-keygen`, which cannot be run.
pub fn judge_signature(
    envelope: &Envelope,
    statement: &SealStatement,
    verifier: &Verifier,
) -> Result<SignatureState, Error> {
    let said = statement.predicate();
    let claim = SignerClaim {
        fingerprint: said.signer.as_deref(),
        key: said.signer_key.as_deref(),
        at: said.sealed_at,
    };
    Ok(verifier.judge(envelope, &claim)?)
}

/// Returns the newest seal whose signer is trusted, else the newest whose signature is not invalid, else the newest.
///
/// `seals` are newest first. Whoever can write to the ledger could put a newer seal before the one that counts.
///
/// # Errors
/// As [`judge_signature`].
pub fn most_trusted<'a>(
    seals: &'a [StoredSeal],
    verifier: &Verifier,
) -> Result<Option<&'a StoredSeal>, Error> {
    let mut good = None;
    for seal in seals {
        match judge_signature(seal.envelope(), seal.statement(), verifier)? {
            state if state.is_trusted() => return Ok(Some(seal)),
            SignatureState::Invalid { .. } => {}
            _ => good = good.or(Some(seal)),
        }
    }
    Ok(good.or(seals.first()))
}

/// Returns what is known of a signature as a check, under what is demanded of it.
#[must_use]
pub fn signature_check(state: &SignatureState, demand: Demand) -> Check {
    let (usual, strict, detail) = match state {
        SignatureState::Unsigned => (CheckState::NotConfigured, Demand::Signature, "unsigned".to_owned()),
        SignatureState::Invalid { why } => (CheckState::Fail, Demand::Nothing, format!("invalid: {why}")),
        SignatureState::Valid { key, standing, .. } => {
            let by = format!("{} {}", key.kind(), key.fingerprint());
            match standing {
                Standing::Trusted { principals } => {
                    (CheckState::Pass, Demand::Nothing, format!("valid, trusted as {principals} ({by})"))
                }
                // Without a list of the user's there is nobody to trust: nothing is wrong with the seal.
                Standing::Untrusted(Distrust::NoAnchor) => (
                    CheckState::Pass,
                    Demand::Trust,
                    format!("valid signature, signer not trusted (no anchor): {by}"),
                ),
                Standing::Untrusted(why) => (
                    CheckState::Warn,
                    Demand::Trust,
                    format!("valid signature, signer not trusted ({why}): {by}"),
                ),
            }
        }
    };
    let fails = strict != Demand::Nothing && demand >= strict;
    let state = if fails { CheckState::Fail } else { usual };
    Check { id: "seal/signature".to_owned(), state, detail }
}
