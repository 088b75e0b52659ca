//! Judges the signature of an envelope: who signed, whether it is good, and whether the signer is trusted.
//!
//! The statement says who signs, key and all; the envelope must agree. Two entries, a name that differs, a key that
//! does not fit its signature: each is invalid, and invalid is never a matter of trust.

use super::keygen::Keygen;
use super::signer::is_raw_signature;
use super::sshsig::{NAMESPACE, SshSignature};
use super::{Envelope, Error, PublicKey, Signature, Standing, Trust};
use crate::base::Timestamp;

/// The form of a signature of 64 raw bytes.
pub(super) const RAW: &str = "ed25519";
/// How many bytes those are; a signature in SSH's own format holds a key besides, and never has so few.
const RAW_LENGTH: usize = 64;
/// The form of a signature in SSH's own format.
const SSH: &str = "sshsig";

/// Judges signatures by what the user trusts.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    /// Whom to trust.
    pub trust: Trust,
    /// What must hold of every signature.
    pub demand: Demand,
    /// The program that checks the kinds of keys that we cannot check ourselves.
    pub keygen: Keygen,
}

/// What must hold of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Demand {
    /// Nothing: unsigned is fine, invalid never.
    #[default]
    Nothing,
    /// There must be one.
    Signature,
    /// It must be by a trusted signer.
    Trust,
}

/// What a statement says of who signs it.
#[derive(Debug, Clone, Copy)]
pub struct SignerClaim<'a> {
    /// The fingerprint of the key; `None`: nobody signs.
    pub fingerprint: Option<&'a str>,
    /// The public key, as OpenSSH writes it.
    pub key: Option<&'a str>,
    /// When it was signed.
    pub at: Timestamp,
}

/// What is known of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureState {
    /// Nobody signed, and the statement says so.
    Unsigned,
    /// The signature is not one by the key that the statement names.
    Invalid {
        /// What is wrong, in one clause.
        why: String,
    },
    /// The signature is good.
    Valid {
        /// The key.
        key: PublicKey,
        /// How it is written: `ed25519` or `sshsig`.
        form: &'static str,
        /// Whether the key is trusted.
        standing: Standing,
    },
}

impl SignatureState {
    /// Says whether the signature is good and its signer trusted.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::Valid { standing: Standing::Trusted { .. }, .. })
    }

    /// Returns the key of a good signature.
    #[must_use]
    pub fn key(&self) -> Option<&PublicKey> {
        match self {
            Self::Valid { key, .. } => Some(key),
            _ => None,
        }
    }
}

impl Verifier {
    /// Judges the signature of `envelope` by what its statement claims.
    ///
    /// # Errors
    /// When a kind of key needs `ssh-keygen`, or a binary list does, and it cannot be run.
    pub fn judge(&self, envelope: &Envelope, claim: &SignerClaim<'_>) -> Result<SignatureState, Error> {
        let (key, signature) = match agreed(envelope, claim) {
            Ok(Some(agreed)) => agreed,
            Ok(None) => return Ok(SignatureState::Unsigned),
            Err(why) => return Ok(SignatureState::Invalid { why: why.to_owned() }),
        };
        match self.check(&key, &envelope.signed_bytes(), &signature.bytes)? {
            Ok(form) => {
                let standing = self.trust.judge(&key, claim.at, &self.keygen)?;
                Ok(SignatureState::Valid { key, form, standing })
            }
            Err(why) => Ok(SignatureState::Invalid { why: why.to_owned() }),
        }
    }

    /// Checks the bytes of a signature: 64 raw ones by an Ed25519 key, or OpenSSH's own format by any key.
    fn check(
        &self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Result<&'static str, &'static str>, Error> {
        if signature.len() == RAW_LENGTH {
            return Ok(match key.ed25519() {
                Some(half) if is_raw_signature(half, message, signature) => Ok(RAW),
                Some(_) => Err("the signature is not one by its key over this seal"),
                None => Err("a raw signature, and the key is no Ed25519 key"),
            });
        }
        let Some(signature) = SshSignature::parse(signature) else {
            return Ok(Err("the signature is damaged"));
        };
        if signature.key != *key {
            return Ok(Err("the signature names another key than the statement"));
        }
        if signature.namespace != NAMESPACE.as_bytes() {
            return Ok(Err("the signature was made for another purpose (its namespace differs)"));
        }
        let good = self.keygen.check(&signature, message)?;
        Ok(if good { Ok(SSH) } else { Err("the signature is not one by its key over this seal") })
    }
}

/// Returns the key that statement and envelope agree on; `None` when they agree that nobody signed.
fn agreed<'a>(
    envelope: &'a Envelope,
    claim: &SignerClaim<'_>,
) -> Result<Option<(PublicKey, &'a Signature)>, &'static str> {
    let (fingerprint, key) = match (claim.fingerprint, claim.key) {
        (None, None) if envelope.signatures().is_empty() => return Ok(None),
        (None, None) => return Err("it is signed, and the statement names no signer"),
        (Some(fingerprint), Some(key)) => (fingerprint, key),
        _ => return Err("the statement names a signer by half"),
    };
    let signature = match envelope.signatures() {
        [signature] => signature,
        [] => return Err("the statement names a signer, and nobody signed"),
        _ => return Err("it has more than one signature"),
    };
    let parsed = PublicKey::parse(key).map_err(|_| "the statement's key is none that can sign")?;
    if parsed.to_string() != key || parsed.fingerprint() != fingerprint {
        return Err("the statement's key is not the one that its fingerprint names");
    }
    if signature.key_id != fingerprint {
        return Err("the signature is under another name than the statement's signer");
    }
    Ok(Some((parsed, signature)))
}

#[cfg(test)]
mod tests {
    use super::super::{AllowedSigners, Signer as _, sign, testing};
    use super::*;

    const TIME: Timestamp = Timestamp::EPOCH;

    fn payload() -> Envelope {
        Envelope::unsigned(b"{\"a\":1}".to_vec())
    }

    /// Judges an envelope whose statement names the key of `number`.
    fn judge(envelope: &Envelope, number: u8) -> SignatureState {
        let key = testing::public(number);
        let (fingerprint, key) = (key.fingerprint(), key.to_string());
        let claim = SignerClaim { fingerprint: Some(&fingerprint), key: Some(&key), at: TIME };
        Verifier::default().judge(envelope, &claim).unwrap()
    }

    fn is_invalid(state: &SignatureState) -> bool {
        matches!(state, SignatureState::Invalid { .. })
    }

    #[test]
    fn a_good_signature_is_valid_and_without_a_list_nobody_is_trusted() {
        let state = judge(&sign(payload(), &testing::signer(1)).unwrap(), 1);
        assert_eq!(state.key(), Some(&testing::public(1)));
        assert!(!state.is_trusted());
    }

    #[test]
    fn a_listed_signer_is_trusted() {
        let line = format!("me@example.com {}", testing::public(1));
        let anchor = Some(AllowedSigners::parse("list", line.as_bytes()).unwrap());
        let verifier = Verifier { trust: Trust { anchor, ..Trust::default() }, ..Verifier::default() };
        let key = testing::public(1);
        let (fingerprint, key) = (key.fingerprint(), key.to_string());
        let claim = SignerClaim { fingerprint: Some(&fingerprint), key: Some(&key), at: TIME };
        let state = verifier.judge(&sign(payload(), &testing::signer(1)).unwrap(), &claim).unwrap();
        assert!(state.is_trusted());
    }

    #[test]
    fn a_signature_of_another_key_or_another_envelope_is_invalid() {
        let signed = sign(payload(), &testing::signer(1)).unwrap();
        assert!(is_invalid(&judge(&signed, 2)));
        let moved = Envelope::unsigned(b"{\"a\":2}".to_vec()).with_signature(signed.signatures()[0].clone());
        assert!(is_invalid(&judge(&moved, 1)));
        let renamed = Signature {
            key_id: testing::public(1).fingerprint(),
            bytes: testing::signer(2).sign(&payload().signed_bytes()).unwrap(),
        };
        assert!(is_invalid(&judge(&payload().with_signature(renamed), 1)));
    }

    /// Judges these bytes as the signature of a statement that names `key`.
    fn why(key: &PublicKey, bytes: Vec<u8>) -> String {
        let (fingerprint, text) = (key.fingerprint(), key.to_string());
        let claim = SignerClaim { fingerprint: Some(&fingerprint), key: Some(&text), at: TIME };
        let envelope = payload().with_signature(Signature { key_id: fingerprint.clone(), bytes });
        match Verifier::default().judge(&envelope, &claim).unwrap() {
            SignatureState::Invalid { why } => why,
            state => panic!("{state:?}"),
        }
    }

    #[test]
    fn forms_kinds_and_purposes_are_not_mixed_up() {
        let ecdsa = testing::stranger("ecdsa-sha2-nistp256", &[b"nistp256", &[4; 65]]);
        let raw = testing::signer(1).sign(&payload().signed_bytes()).unwrap();
        assert!(why(&ecdsa, raw).contains("no Ed25519 key"));
        let other = testing::sshsig(&testing::public(1), NAMESPACE, "sha512");
        assert!(why(&ecdsa, other).contains("another key"));
        let git = testing::sshsig(&ecdsa, "git", "sha512");
        assert!(why(&ecdsa, git).contains("another purpose"));
        let weak = testing::sshsig(&ecdsa, NAMESPACE, "sha256");
        assert!(why(&ecdsa, weak).contains("damaged"));
        for length in [0, 1, 63, 65] {
            assert!(why(&testing::public(1), vec![1; length]).contains("damaged"), "{length} bytes");
        }
    }

    #[test]
    fn statement_and_envelope_must_agree_on_who_signs() {
        let none = SignerClaim { fingerprint: None, key: None, at: TIME };
        let (verifier, signed) = (Verifier::default(), sign(payload(), &testing::signer(1)).unwrap());
        assert_eq!(verifier.judge(&payload(), &none).unwrap(), SignatureState::Unsigned);
        assert!(is_invalid(&verifier.judge(&signed, &none).unwrap()));
        assert!(is_invalid(&judge(&payload(), 1)));
        let twice = signed.clone().with_signature(Signature { key_id: "x".to_owned(), bytes: vec![1] });
        assert!(is_invalid(&judge(&twice, 1)));
        let (one, two) = (testing::public(1), testing::public(2));
        for (fingerprint, key) in [
            (Some(one.fingerprint()), None),
            (None, Some(one.to_string())),
            (Some(one.fingerprint()), Some(two.to_string())),
            (Some(one.fingerprint()), Some(format!("{one} comment"))),
            (Some("me".to_owned()), Some(one.to_string())),
        ] {
            let claim = SignerClaim { fingerprint: fingerprint.as_deref(), key: key.as_deref(), at: TIME };
            assert!(is_invalid(&verifier.judge(&signed, &claim).unwrap()), "{claim:?}");
        }
    }
}
