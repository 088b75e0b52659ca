//! The envelope around a signed statement (DSSE v1), accepted in its canonical bytes only.
//!
//! Stock verifiers take several writings of one envelope (spaces, stray base64 bits, unknown fields); we
//! refuse all but one, so that every flipped bit of a recorded envelope shows.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::base::canonical;

/// The payload type of an in-toto statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload, what it is, and the signatures over it. No signature means: unsigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// One signature over the pre-authentication encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Names the key; a hint, never proof of who signed.
    pub key_id: String,
    /// The raw bytes.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSignature {
    keyid: String,
    sig: String,
}

impl Envelope {
    /// Wraps a statement's bytes, without a signature yet.
    #[must_use]
    pub fn unsigned(statement: Vec<u8>) -> Self {
        Self { payload_type: PAYLOAD_TYPE.to_owned(), payload: statement, signatures: Vec::new() }
    }

    /// Adds a signature made over [`Self::signed_bytes`].
    #[must_use]
    pub fn with_signature(mut self, signature: Signature) -> Self {
        self.signatures.push(signature);
        self
    }

    /// Returns the bytes of the statement.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns the signatures, in recorded order; empty when unsigned.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Returns what a signer signs and a verifier checks: the pre-authentication encoding.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        pre_authentication_encoding(&self.payload_type, &self.payload)
    }

    /// Returns the canonical bytes: RFC 8785 JSON, base64 standard with padding.
    #[must_use]
    pub fn to_canonical(&self) -> Vec<u8> {
        let signatures = self
            .signatures
            .iter()
            .map(|one| WrittenSignature { keyid: one.key_id.clone(), sig: STANDARD.encode(&one.bytes) })
            .collect();
        canonical::to_vec(&Written {
            payload: STANDARD.encode(&self.payload),
            payload_type: self.payload_type.clone(),
            signatures,
        })
        .expect("strings in objects always have a canonical form")
    }

    /// Reads the canonical bytes of an envelope around an in-toto statement, and no other writing.
    ///
    /// # Errors
    /// When `bytes` are not JSON of this shape, not canonical in any respect, or of another payload type.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, Error> {
        let written: Written = canonical::from_slice(bytes).map_err(Error::Envelope)?;
        if written.payload_type != PAYLOAD_TYPE {
            return Err(Error::PayloadType { found: written.payload_type });
        }
        let payload = decode("payload", &written.payload)?;
        let signatures = written
            .signatures
            .into_iter()
            .map(|one| Ok(Signature { key_id: one.keyid, bytes: decode("sig", &one.sig)? }))
            .collect::<Result<_, Error>>()?;
        let envelope = Self { payload_type: written.payload_type, payload, signatures };
        if let Some(key_id) = envelope.signed_twice() {
            return Err(Error::SignedTwice { key_id });
        }
        if envelope.to_canonical() == bytes { Ok(envelope) } else { Err(Error::EnvelopeForm) }
    }

    /// Returns the name under which two signatures stand.
    fn signed_twice(&self) -> Option<String> {
        let mut names = BTreeSet::new();
        self.signatures.iter().find(|one| !names.insert(&one.key_id)).map(|one| one.key_id.clone())
    }
}

/// Encodes what is signed (DSSE v1, `PAE`): `DSSEv1 <len> <type> <len> <payload>`, lengths in decimal bytes.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, Error> {
    STANDARD.decode(text).map_err(|source| Error::Base64 { field, source })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_encoding_matches_the_published_vector() {
        // DSSE v1, protocol.md, test vectors.
        assert_eq!(
            pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn an_envelope_reads_back() {
        let signature = Signature { key_id: "k".to_owned(), bytes: vec![1, 2, 3] };
        let envelope = Envelope::unsigned(b"{}".to_vec()).with_signature(signature);
        let bytes = envelope.to_canonical();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            r#"{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"k","sig":"AQID"}]}"#
        );
        assert_eq!(Envelope::from_canonical(&bytes).unwrap(), envelope);
    }

    #[test]
    fn every_other_writing_is_refused() {
        let good = String::from_utf8(Envelope::unsigned(b"{}".to_vec()).to_canonical()).unwrap();
        let others = [
            good.replace(':', ": "),
            good.replace("e30=", "e30"),
            // The same two bytes with stray bits in the last base64 digit.
            good.replace("e30=", "e31="),
            good.replace("e30=", "e30=\\n"),
            good.replace("e30=", "\\u006530="),
            good.replace("in-toto", "in_toto"),
            good.replace("\"signatures\":[]", "\"signatures\":[],\"unknown\":1"),
            good.replace("\"signatures\":[]", "\"signatures\":[{\"keyid\":\"k\",\"sig\":\"AQ\"}]"),
            good.replace(
                "\"signatures\":[]",
                "\"signatures\":[{\"keyid\":\"k\",\"sig\":\"AQ==\"},{\"keyid\":\"k\",\"sig\":\"Ag==\"}]",
            ),
            good.replace(",\"signatures\":[]", ""),
            format!("{good}\n"),
        ];
        for other in others {
            assert_ne!(other, good);
            assert!(Envelope::from_canonical(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn a_flipped_bit_never_leaves_the_envelope_the_same() {
        let envelope = Envelope::unsigned(b"{\"a\":[1,2,3]}".to_vec());
        let good = envelope.to_canonical();
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(Envelope::from_canonical(&flipped).ok().as_ref(), Some(&envelope), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Envelope::from_canonical(&bytes);
        }

        #[test]
        fn what_is_accepted_is_canonical(payload in ".{0,12}", tail in "[A-Za-z0-9+/=]{0,8}") {
            let text = String::from_utf8(Envelope::unsigned(payload.into_bytes()).to_canonical()).unwrap();
            let text = text.replacen("\",\"payloadType", &format!("{tail}\",\"payloadType"), 1);
            if let Ok(envelope) = Envelope::from_canonical(text.as_bytes()) {
                prop_assert_eq!(envelope.to_canonical(), text.into_bytes());
            }
        }
    }
}
