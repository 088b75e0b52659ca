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

fn public_of(secret: &SigningKey) -> PublicKey {
    let mut blob = Vec::new();
    put_string(&mut blob, b"ssh-ed25519");
    put_string(&mut blob, &secret.verifying_key().to_bytes());
    PublicKey::from_blob(&blob).unwrap()
}
