//! Names bytes by their SHA-256 digest: plans, ledger entries, configuration.
//!
//! SHA-256 because every tool of the in-toto world can recompute it; the boundary of file content is
//! [`crate::hash::ContentDigest`] instead.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The SHA-256 digest of some bytes, written as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentAddress([u8; 32]);

impl ContentAddress {
    /// Computes the address of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
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
