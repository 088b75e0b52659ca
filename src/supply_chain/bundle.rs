//! A signed envelope as a Sigstore bundle (`application/vnd.dev.sigstore.bundle.v0.3+json`).
//!
//! The bundle names the key by its fingerprint and brings no certificate: who verifies brings the key.

use serde::Serialize;

use super::verifier::RAW;
use super::{Envelope, Error, SignatureState};
use crate::base::canonical;

/// The format of the bundle.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: &'static str,
    verification_material: Material,
    dsse_envelope: serde_json::Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    public_key: Hint,
    tlog_entries: [(); 0],
}

#[derive(Serialize)]
struct Hint {
    hint: String,
}

/// Writes `envelope` as a bundle; `state` is what was found of its signature.
///
/// # Errors
/// When it has no signature, or one that is not raw Ed25519, which is all that the bundle's readers can check.
pub fn bundle(envelope: &Envelope, state: &SignatureState) -> Result<Vec<u8>, Error> {
    let key = match state {
        SignatureState::Valid { key, form: RAW, .. } => key,
        SignatureState::Valid { .. } => {
            return Err(Error::NoBundle { what: "has a signature in SSH's own format" });
        }
        SignatureState::Unsigned => return Err(Error::NoBundle { what: "is unsigned" }),
        SignatureState::Invalid { .. } => return Err(Error::NoBundle { what: "has an invalid one" }),
    };
    let bundle = Bundle {
        media_type: MEDIA_TYPE,
        verification_material: Material { public_key: Hint { hint: key.fingerprint() }, tlog_entries: [] },
        dsse_envelope: canonical::from_slice(&envelope.to_canonical()).map_err(Error::Envelope)?,
    };
    canonical::to_vec(&bundle).map_err(Error::Envelope)
}

#[cfg(test)]
mod tests {
    use super::super::{Distrust, Standing, sign, testing};
    use super::*;

    #[test]
    fn a_bundle_holds_the_envelope_and_the_name_of_the_key() {
        let signed = sign(Envelope::unsigned(b"{}".to_vec()), &testing::signer(1)).unwrap();
        let key = testing::public(1);
        let standing = Standing::Untrusted(Distrust::NoAnchor);
        let state = SignatureState::Valid { key: key.clone(), form: RAW, standing: standing.clone() };
        let value: serde_json::Value = serde_json::from_slice(&bundle(&signed, &state).unwrap()).unwrap();
        assert_eq!(value["mediaType"], MEDIA_TYPE);
        assert_eq!(value["verificationMaterial"]["publicKey"]["hint"], key.fingerprint());
        assert_eq!(value["dsseEnvelope"]["signatures"].as_array().unwrap().len(), 1);
        for state in [SignatureState::Unsigned, SignatureState::Valid { key, form: "sshsig", standing }] {
            assert!(matches!(bundle(&signed, &state), Err(Error::NoBundle { .. })));
        }
    }
}
