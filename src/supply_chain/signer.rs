//! Makes signatures: with a key in a file, through `ssh-agent`, or through `ssh-keygen`.
//!
//! A private key never leaves its signer; what was signed is checked before it is handed out.

use std::path::PathBuf;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};

use super::agent::Agent;
use super::keygen::Keygen;
use super::sshsig::NAMESPACE;
use super::{Envelope, Error, PublicKey, Signature};

/// Something that signs with one key.
///
/// An Ed25519 key gives the 64 raw bytes (RFC 8032) over the message; every other way gives a signature in SSH's own
/// format in the namespace [`NAMESPACE`].
pub trait Signer: Sync {
    /// Returns the public half of the key.
    fn key(&self) -> &PublicKey;

    /// Signs `message`.
    ///
    /// # Errors
    /// When the key cannot be used: the agent refuses, a passphrase is wrong, nobody touched the key.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error>;
}

/// Signs what `envelope` holds.
///
/// # Errors
/// When the key cannot be used, or what came back is no signature by it.
pub fn sign(envelope: Envelope, signer: &dyn Signer) -> Result<Envelope, Error> {
    let bytes = signer.sign(&envelope.signed_bytes())?;
    Ok(envelope.with_signature(Signature { key_id: signer.key().fingerprint(), bytes }))
}

/// Says whether `signature` is one over `message` by the Ed25519 key `half`.
///
/// Strict: weak keys and signatures with more than one writing are refused (RFC 8032, section 5.1.7).
pub(super) fn is_raw_signature(half: [u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) =
        (VerifyingKey::from_bytes(&half), ed25519_dalek::Signature::from_slice(signature))
    else {
        return false;
    };
    key.verify_strict(message, &signature).is_ok()
}

/// Holds an Ed25519 key, which is wiped when this is dropped.
pub(super) struct FileSigner {
    pub(super) public: PublicKey,
    pub(super) secret: SigningKey,
}

impl Signer for FileSigner {
    fn key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.secret.sign(message).to_bytes().to_vec())
    }
}

/// Has the agent sign with an Ed25519 key that it holds.
pub(super) struct AgentSigner {
    pub(super) public: PublicKey,
    pub(super) agent: Agent,
}

impl Signer for AgentSigner {
    fn key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.agent.sign(&self.public, message)?;
        let good = self.public.ed25519().is_some_and(|half| is_raw_signature(half, message, &signature));
        if good { Ok(signature.to_vec()) } else { Err(Error::BadSignature { by: "the agent".to_owned() }) }
    }
}

/// Has `ssh-keygen` sign with the key of a file, private or public.
pub(super) struct KeygenSigner {
    pub(super) public: PublicKey,
    pub(super) file: KeyFile,
    pub(super) keygen: Keygen,
}

/// Where the key is.
pub(super) enum KeyFile {
    /// In a file of the user's.
    At(PathBuf),
    /// In the agent; the file holds the public half alone.
    Public(tempfile::NamedTempFile),
}

impl Signer for KeygenSigner {
    fn key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let path = match &self.file {
            KeyFile::At(path) => path,
            KeyFile::Public(file) => file.path(),
        };
        let signature = self.keygen.sign(path, message)?;
        if signature.key != self.public || signature.namespace != NAMESPACE.as_bytes() {
            return Err(Error::BadSignature { by: format!("`{}`", self.keygen.program) });
        }
        Ok(signature.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let digits: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        digits.try_into().unwrap()
    }

    /// RFC 8032, section 7.1: secret key, public key, message, signature.
    const VECTORS: [[&str; 4]; 3] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ];

    #[test]
    fn the_published_vectors_hold() {
        for [secret, public, message, signature] in VECTORS {
            let key = SigningKey::from_bytes(&bytes(secret));
            let message: Vec<u8> = if message.len() == 2 {
                bytes::<1>(message).to_vec()
            } else if message.is_empty() {
                Vec::new()
            } else {
                bytes::<2>(message).to_vec()
            };
            assert_eq!(key.verifying_key().to_bytes(), bytes::<32>(public));
            assert_eq!(key.sign(&message).to_bytes(), bytes::<64>(signature));
            assert!(is_raw_signature(bytes(public), &message, &bytes::<64>(signature)));
        }
    }

    #[test]
    fn every_flipped_bit_of_a_signature_is_refused() {
        let signer = super::super::testing::signer(1);
        let (half, good) = (signer.key().ed25519().unwrap(), signer.sign(b"message").unwrap());
        assert!(is_raw_signature(half, b"message", &good));
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_raw_signature(half, b"message", &flipped), "bit {bit}");
        }
        assert!(!is_raw_signature(half, b"messagf", &good));
    }

    #[test]
    fn a_key_that_signs_for_everything_is_refused() {
        // The neutral point: with it, R = 0 and S = 0 pass the lax equation for every message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!is_raw_signature(neutral, b"anything", &signature));
    }

    #[test]
    fn an_envelope_is_signed_over_its_encoding_under_the_fingerprint() {
        let signer = super::super::testing::signer(2);
        let envelope = sign(Envelope::unsigned(b"{}".to_vec()), &signer).unwrap();
        let [signature] = envelope.signatures() else { panic!("one signature") };
        assert_eq!(signature.key_id, signer.key().fingerprint());
        let half = signer.key().ed25519().unwrap();
        assert!(is_raw_signature(half, &envelope.signed_bytes(), &signature.bytes));
    }
}
