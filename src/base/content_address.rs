//! Names bytes by their SHA-256 digest: plans, ledger entries, configuration.
//!
//! SHA-256 because every tool of the in-toto world can recompute it; the boundary of file content is
//! [`crate::hash::ContentDigest`] instead.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};

/// The SHA-256 digest of some bytes, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentAddress([u8; 32]);

/// The longest message that SHA-256 takes in one block: a byte of padding and eight of length have to follow.
const SHORT: usize = 64 - 9;

/// Digests what fits one block, such as most names, without the bookkeeping for more.
fn one_block(bytes: &[u8]) -> ContentAddress {
    // FIPS 180-4, section 5.3.3.
    let mut state: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let mut block = [0; 64];
    block[..bytes.len()].copy_from_slice(bytes);
    block[bytes.len()] = 0x80;
    block[56..].copy_from_slice(&(bytes.len() as u64 * 8).to_be_bytes());
    compress256(&mut state, &[block]);
    let mut digest = [0; 32];
    for (to, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    ContentAddress(digest)
}

impl ContentAddress {
    /// Computes the address of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.len() <= SHORT { one_block(bytes) } else { Self(Sha256::digest(bytes).into()) }
    }

    /// Takes the 32 raw bytes of a digest.
    #[must_use]
    pub fn from_bytes(raw: [u8; 32]) -> Self {
        Self(raw)
    }

    /// Returns the 32 raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the first 12 hex digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

/// A text that is not 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a content address (64 lower-case hex digits)")]
pub struct ParseContentAddressError {
    /// The refused text.
    pub text: String,
}

impl FromStr for ContentAddress {
    type Err = ParseContentAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut out = [0; 32];
        if crate::hash::hex::decode_into(text, &mut out) {
            Ok(Self(out))
        } else {
            Err(ParseContentAddressError { text: text.to_owned() })
        }
    }
}

impl fmt::Display for ContentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::hash::hex::encode(&self.0))
    }
}

impl fmt::Debug for ContentAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentAddress({self})")
    }
}

impl Serialize for ContentAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_bytes_have_the_digests_of_sha_256() {
        let bytes: Vec<u8> = (0..200).collect();
        for length in 0..bytes.len() {
            let expected: [u8; 32] = Sha256::digest(&bytes[..length]).into();
            assert_eq!(ContentAddress::of(&bytes[..length]).0, expected, "{length}");
        }
    }

    #[test]
    fn the_empty_input_has_the_published_digest() {
        // FIPS 180-4 example value.
        assert_eq!(
            ContentAddress::of(b"").to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn only_64_lower_case_hex_digits_parse() {
        let good = ContentAddress::of(b"x").to_string();
        assert_eq!(good.parse::<ContentAddress>().unwrap().to_string(), good);
        assert!(good.to_uppercase().parse::<ContentAddress>().is_err());
        assert!(good[1..].parse::<ContentAddress>().is_err());
    }
}
