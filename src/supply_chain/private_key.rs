//! Private keys as OpenSSH keeps them in files (`openssh-key-v1`).
//!
//! Everything that held secret bytes is wiped when it is dropped, and no message shows any of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use super::PublicKey;
use super::wire::Reader;

/// The first line of the file; in two pieces, so that a search for keys does not take this for one.
pub(super) const BEGIN: &str = concat!("-----BEGIN OPENSSH", " PRIVATE KEY-----");
/// The last one.
const END: &str = "-----END OPENSSH PRIVATE KEY-----";
/// What the decoded bytes begin with.
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// A key file: the public half can always be read, the private one only where nothing locks it.
pub(super) struct PrivateKeyFile {
    /// The public half.
    pub(super) public: PublicKey,
    /// The private half of an Ed25519 key that needs no passphrase.
    pub(super) secret: Option<SigningKey>,
    /// Whether a passphrase locks the private half.
    pub(super) is_locked: bool,
}

/// Says whether `text` begins like a private key in OpenSSH's format.
pub(super) fn is_private_key(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(BEGIN.as_bytes())
}

impl PrivateKeyFile {
    /// Reads a key file; `None` when it is damaged or holds a key that may not sign.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.trim();
        let body = text.strip_prefix(BEGIN)?.strip_suffix(END)?;
        let joined: Zeroizing<Vec<u8>> =
            Zeroizing::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
        let bytes = Zeroizing::new(STANDARD.decode(joined.as_slice()).ok()?);
        let mut reader = Reader::new(bytes.strip_prefix(MAGIC)?);
        let cipher = reader.string()?;
        // Key derivation and its options; what they lock is not opened here.
        reader.string()?;
        reader.string()?;
        if reader.number()? != 1 {
            return None;
        }
        let public = PublicKey::from_blob(reader.string()?).ok()?;
        let private = reader.string()?;
        if cipher != b"none" {
            return Some(Self { public, secret: None, is_locked: true });
        }
        let secret = match public.ed25519() {
            Some(half) => Some(ed25519_secret(private, half)?),
            None => None,
        };
        Some(Self { public, secret, is_locked: false })
    }
}

/// Reads the unlocked private part of an Ed25519 key, whose public half must be `half`.
fn ed25519_secret(private: &[u8], half: [u8; 32]) -> Option<SigningKey> {
    let mut reader = Reader::new(private);
    if reader.number()? != reader.number()? || reader.string()? != b"ssh-ed25519" {
        return None;
    }
    let stated = reader.string()?;
    let both = Zeroizing::new(<[u8; 64]>::try_from(reader.string()?).ok()?);
    // A public half that is not the secret's own would make the signatures give the secret away.
    let key = SigningKey::from_keypair_bytes(&both).ok()?;
    (stated == half && key.verifying_key().to_bytes() == half).then_some(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::put_string;
    use super::*;

    /// Writes an unlocked key file around a seed, as `ssh-keygen` does.
    fn file(seed: [u8; 32], public_of: [u8; 32], cipher: &[u8]) -> String {
        let key = SigningKey::from_bytes(&seed);
        let half = SigningKey::from_bytes(&public_of).verifying_key().to_bytes();
        let mut blob = Vec::new();
        put_string(&mut blob, b"ssh-ed25519");
        put_string(&mut blob, &half);
        let mut private = vec![1, 2, 3, 4, 1, 2, 3, 4];
        put_string(&mut private, b"ssh-ed25519");
        put_string(&mut private, &half);
        put_string(&mut private, &[seed, key.verifying_key().to_bytes()].concat());
        put_string(&mut private, b"comment");
        private.extend_from_slice(&[1, 2, 3]);
        let mut bytes = MAGIC.to_vec();
        for part in [cipher, b"none", b""] {
            put_string(&mut bytes, part);
        }
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        put_string(&mut bytes, &blob);
        put_string(&mut bytes, &private);
        format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(bytes))
    }

    #[test]
    fn an_unlocked_key_gives_its_secret_and_a_locked_one_its_public_half() {
        let open = PrivateKeyFile::parse(file([7; 32], [7; 32], b"none").as_bytes()).unwrap();
        assert_eq!(open.secret.unwrap().to_bytes(), [7; 32]);
        assert!(!open.is_locked);
        let locked = PrivateKeyFile::parse(file([7; 32], [7; 32], b"aes256-ctr").as_bytes()).unwrap();
        assert!(locked.is_locked && locked.secret.is_none());
        assert_eq!(locked.public, open.public);
    }

    #[test]
    fn a_public_half_of_another_key_is_refused() {
        assert!(PrivateKeyFile::parse(file([7; 32], [8; 32], b"none").as_bytes()).is_none());
    }

    #[test]
    fn every_truncation_is_refused() {
        let text = file([7; 32], [7; 32], b"none");
        for length in 0..text.len() - 1 {
            assert!(PrivateKeyFile::parse(&text.as_bytes()[..length]).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(body in "[A-Za-z0-9+/\n]{0,200}") {
            let _ = PrivateKeyFile::parse(format!("{BEGIN}\n{body}{END}").as_bytes());
        }
    }
}
