//! The name that a secret has in the allow-file: a keyed digest, slow to guess at.
//!
//! Who has the file can try a secret that they think of, one guess at a time; they cannot look it up in a table that was
//! made before, nor compare it with another repository's file. See docs/threat-model.md.

use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::hex;

/// What the file's key is stretched for; another use of the same bytes gives another key.
const CONTEXT: &str = "git-iao 2026-11 allow-file: names of secrets";
/// How often the digest is digested again: a guess costs that much more, and so does each finding that an entry may be for.
const ROUNDS: usize = 256;
/// Bytes of a key, and of a digest as it is kept.
const LENGTH: usize = 16;

/// The key of one allow-file: 128 bits that were drawn when it was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; LENGTH]);

/// What stands for a secret of one rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretDigest([u8; LENGTH]);

impl Key {
    /// Draws a key.
    #[must_use]
    pub fn fresh() -> Self {
        // The standard library seeds each state from the system's random source.
        let draw = || RandomState::new().build_hasher().finish().to_le_bytes();
        let mut bytes = [0; LENGTH];
        bytes[..8].copy_from_slice(&draw());
        bytes[8..].copy_from_slice(&draw());
        Self(bytes)
    }

    /// Returns the name of a secret that `rule` found.
    ///
    /// BLAKE3 keyed with the stretched key over the length of the rule (8 bytes, little-endian), the rule and the secret;
    /// then 256 times over its own 32 bytes; of the last the first 16 bytes.
    #[must_use]
    pub fn digest(&self, rule: &str, secret: &[u8]) -> SecretDigest {
        let key = blake3::derive_key(CONTEXT, &self.0);
        let mut hasher = blake3::Hasher::new_keyed(&key);
        hasher.update(&(rule.len() as u64).to_le_bytes()).update(rule.as_bytes()).update(secret);
        let mut state = hasher.finalize();
        for _ in 0..ROUNDS {
            state = blake3::keyed_hash(&key, state.as_bytes());
        }
        let mut kept = [0; LENGTH];
        kept.copy_from_slice(&state.as_bytes()[..LENGTH]);
        SecretDigest(kept)
    }
}

/// A text that is not 32 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not 32 lower-case hex digits")]
pub struct ParseError;

/// Reads and writes both as hex, in one writing.
macro_rules! as_hex {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                read(text).map(Self).ok_or(ParseError)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_hex!(Key);
as_hex!(SecretDigest);

fn read(text: &str) -> Option<[u8; LENGTH]> {
    if text.len() != 2 * LENGTH || text.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_key_rule_and_secret_and_on_nothing_else() {
        let key: Key = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
        let digest = key.digest("secret.x", b"value");
        assert_eq!(digest, key.digest("secret.x", b"value"));
        assert_ne!(digest, key.digest("secret.x", b"Value"));
        assert_ne!(digest, key.digest("secret.xv", b"alue"));
        assert_ne!(digest, Key::fresh().digest("secret.x", b"value"));
        assert_eq!(digest.to_string().parse::<SecretDigest>().unwrap(), digest);
    }

    #[test]
    fn keys_are_drawn_anew_and_have_one_writing() {
        assert_ne!(Key::fresh(), Key::fresh());
        for text in ["", "00", "000102030405060708090A0B0C0D0E0F", "g00102030405060708090a0b0c0d0e0f"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
