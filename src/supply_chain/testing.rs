//! Keys for tests, made from a number.
//!
//! Nobody else uses them: they sign nothing outside of a test.

use ed25519_dalek::SigningKey;

use super::signer::FileSigner;
use super::wire::put_string;
use super::{PublicKey, Signer};

/// Makes a signer from a number.
pub(crate) fn signer(number: u8) -> impl Signer {
    let secret = SigningKey::from_bytes(&[number; 32]);
    FileSigner { public: public_of(&secret), secret }
}

/// Returns the public half of [`signer`]'s key.
pub(crate) fn public(number: u8) -> PublicKey {
    public_of(&SigningKey::from_bytes(&[number; 32]))
}

/// Returns a key of this kind that nobody holds the other half of.
pub(crate) fn stranger(kind: &str, fields: &[&[u8]]) -> PublicKey {
    let mut blob = Vec::new();
    put_string(&mut blob, kind.as_bytes());
    fields.iter().for_each(|field| put_string(&mut blob, field));
    PublicKey::from_blob(&blob).unwrap()
}

/// Writes a signature in SSH's own format that says these things and signs nothing.
pub(crate) fn sshsig(key: &PublicKey, namespace: &str, digest: &str) -> Vec<u8> {
    let mut out = b"SSHSIG".to_vec();
    out.extend_from_slice(&1_u32.to_be_bytes());
    for part in [key.blob(), namespace.as_bytes(), b"", digest.as_bytes(), &[9; 83]] {
        put_string(&mut out, part);
    }
    out
}

fn public_of(secret: &SigningKey) -> PublicKey {
    let mut blob = Vec::new();
    put_string(&mut blob, b"ssh-ed25519");
    put_string(&mut blob, &secret.verifying_key().to_bytes());
    PublicKey::from_blob(&blob).unwrap()
}
