//! Names a git object: 20 bytes of SHA-1 or 32 of SHA-256.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::hex;

/// The hash function of a repository's object names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectFormat {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl ObjectFormat {
    /// Returns how many bytes an object name has.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The name of a git object, written as 40 or 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    format: ObjectFormat,
    bytes: [u8; 32],
}

/// A text that is no object name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an object name (40 or 64 lower-case hex digits)")]
pub struct ParseObjectIdError {
    /// The refused text.
    pub text: String,
}

impl ObjectId {
    /// Takes 20 or 32 raw bytes; `None` for any other length.
    #[must_use]
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        let format = match raw.len() {
            20 => ObjectFormat::Sha1,
            32 => ObjectFormat::Sha256,
            _ => return None,
        };
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self { format, bytes })
    }

    /// Returns the raw bytes, 20 or 32 of them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.format.width()]
    }

    /// Returns the hash function behind the name.
    #[must_use]
    pub fn format(&self) -> ObjectFormat {
        self.format
    }

    /// Returns the first 10 hex digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }

    /// Says whether every byte is zero, which is how git writes "no object".
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.as_bytes().iter().all(|byte| *byte == 0)
    }
}

impl FromStr for ObjectId {
    type Err = ParseObjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        let length = text.len() / 2;
        if matches!(text.len(), 40 | 64) && hex::decode_into(text, &mut bytes[..length]) {
            Self::from_bytes(&bytes[..length]).ok_or_else(|| ParseObjectIdError { text: text.to_owned() })
        } else {
            Err(ParseObjectIdError { text: text.to_owned() })
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lengths_read_back_and_others_are_refused() {
        for length in [40, 64] {
            let text = "0123456789abcdef".repeat(4)[..length].to_owned();
            assert_eq!(text.parse::<ObjectId>().unwrap().to_string(), text);
        }
        assert!("".parse::<ObjectId>().is_err());
        assert!("A".repeat(40).parse::<ObjectId>().is_err());
        assert!("0".repeat(40).parse::<ObjectId>().unwrap().is_null());
    }
}
