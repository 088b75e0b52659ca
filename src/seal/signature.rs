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
    let (mut good, mut unjudged) = (None, None);
    for seal in seals {
        match judge_signature(seal.envelope(), seal.statement(), verifier) {
            Ok(state) if state.is_trusted() => return Ok(Some(seal)),
            Ok(SignatureState::Invalid { .. }) => {}
            Ok(_) => good = good.or(Some(seal)),
            // One that cannot be judged here must not hide a trusted one behind it.
            Err(error) => unjudged = unjudged.or(Some(error)),
        }
    }
    match unjudged {
        Some(error) => Err(error),
        None => Ok(good.or(seals.first())),
    }
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

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::super::{Seal, SealIndex};
    use super::*;
    use crate::base::Timestamp;
    use crate::git::testing::Sandbox;
    use crate::ledger::Ledger;
    use crate::supply_chain::{AllowedSigners, Signature, Trust, testing};

    /// The sample's seal, said to be signed by the key of this number; not signed yet.
    fn named(number: u8) -> Seal {
        let mut request = sample::request(sample::id('1'));
        request.signer = Some(testing::public(number));
        Seal::new(request, sample::manifest_of(&sample::nested(), sample::id('2'))).unwrap()
    }

    fn trusting(number: u8) -> Verifier {
        let line = format!("me {}", testing::public(number));
        let anchor = Some(AllowedSigners::parse("list", line.as_bytes()).unwrap());
        Verifier { trust: Trust { anchor, ..Trust::default() }, ..Verifier::default() }
    }

    fn check(seal: &Seal, verifier: &Verifier) -> CheckState {
        let state = judge_signature(seal.envelope(), seal.statement(), verifier).unwrap();
        signature_check(&state, verifier.demand).state
    }

    #[test]
    fn the_check_follows_the_state_and_the_demand() {
        let (unsigned, signed) = (sample::seal(), named(1).sign(&testing::signer(1)).unwrap());
        let foreign = named(1).sign(&testing::signer(2)).unwrap();
        let demanding = |demand| Verifier { demand, ..trusting(1) };
        for (seal, verifier, state) in [
            (&unsigned, Verifier::default(), CheckState::NotConfigured),
            (&unsigned, demanding(Demand::Signature), CheckState::Fail),
            (&unsigned, demanding(Demand::Trust), CheckState::Fail),
            (&signed, Verifier::default(), CheckState::Pass),
            (&signed, Verifier { demand: Demand::Trust, ..Verifier::default() }, CheckState::Fail),
            (&signed, demanding(Demand::Trust), CheckState::Pass),
            (&signed, trusting(2), CheckState::Warn),
            (&signed, Verifier { demand: Demand::Signature, ..trusting(2) }, CheckState::Warn),
            (&signed, Verifier { demand: Demand::Trust, ..trusting(2) }, CheckState::Fail),
            (&foreign, Verifier::default(), CheckState::Fail),
            (&foreign, trusting(2), CheckState::Fail),
        ] {
            assert_eq!(check(seal, &verifier), state, "{verifier:?}");
        }
    }

    #[test]
    fn a_signature_moved_from_another_seal_is_invalid() {
        let mut request = sample::request(sample::id('3'));
        request.signer = Some(testing::public(1));
        let other = Seal::new(request, sample::manifest_of(&sample::wide(), sample::id('2'))).unwrap();
        let other = other.sign(&testing::signer(1)).unwrap();
        let moved = other.envelope().signatures()[0].clone();
        let here = named(1);
        let envelope = here.envelope().clone().with_signature(moved);
        let state = judge_signature(&envelope, here.statement(), &trusting(1)).unwrap();
        assert!(matches!(state, SignatureState::Invalid { .. }));
    }

    #[test]
    fn a_signed_seal_reads_back_with_its_signature() {
        let signed = named(1).sign(&testing::signer(1)).unwrap();
        let read = Envelope::from_canonical(&signed.envelope().to_canonical()).unwrap();
        let statement = SealStatement::from_envelope(&read).unwrap();
        assert!(judge_signature(&read, &statement, &trusting(1)).unwrap().is_trusted());
    }

    #[test]
    fn every_flipped_bit_of_a_signed_envelope_is_refused_or_invalid() {
        let signed = named(1).sign(&testing::signer(1)).unwrap();
        let good = signed.envelope().to_canonical();
        let verifier = trusting(1);
        for bit in (0..good.len() * 8).step_by(7) {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(envelope) = Envelope::from_canonical(&flipped) else { continue };
            let Ok(statement) = SealStatement::from_envelope(&envelope) else { continue };
            let state = judge_signature(&envelope, &statement, &verifier).unwrap();
            assert!(matches!(state, SignatureState::Invalid { .. }), "bit {bit}");
        }
    }

    #[test]
    fn of_several_seals_the_trusted_one_counts_then_any_that_is_not_invalid() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let commit = repository.resolve("HEAD").unwrap();
        let tree = repository.commit(commit).unwrap().tree;
        let mut ledger = Ledger::open(&repository).unwrap();
        // Oldest first: trusted, unsigned, and the newest with a signature that is none.
        for (second, signer) in [(0, Some(1)), (1, None), (2, Some(3))] {
            let mut request = sample::request(commit);
            let at = request.sealed_at.as_seconds() + second;
            request.sealed_at = Timestamp::from_seconds(at);
            request.signer = signer.map(testing::public);
            let manifest = sample::manifest_of(&sample::nested(), tree);
            let mut seal = Seal::new(request, manifest).unwrap();
            if let Some(number) = signer {
                seal = seal.sign(&testing::signer(if number == 3 { 1 } else { number })).unwrap();
            }
            super::super::record(&mut ledger, &seal, &sample::person(), Timestamp::from_seconds(at)).unwrap();
        }
        let index = SealIndex::read(&ledger).unwrap();
        let second = |verifier: &Verifier| {
            let seal = most_trusted(index.seals(), verifier).unwrap().unwrap();
            seal.statement().predicate().sealed_at.as_seconds() - 1_700_000_000
        };
        assert_eq!(second(&trusting(1)), 0);
        assert_eq!(second(&trusting(2)), 1);
        assert_eq!(second(&Verifier::default()), 1);
    }

    #[test]
    fn a_name_without_its_key_is_invalid() {
        let bytes = Signature { key_id: "k".to_owned(), bytes: vec![1] };
        let seal = sample::seal();
        let envelope = seal.envelope().clone().with_signature(bytes);
        let state = judge_signature(&envelope, seal.statement(), &Verifier::default()).unwrap();
        assert!(matches!(state, SignatureState::Invalid { .. }));
    }
}
