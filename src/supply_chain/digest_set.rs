//! The digests of one artifact, by algorithm (in-toto `DigestSet`).
//!
//! Every value is lower-case hex of the length that its algorithm demands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Algorithm name to lower-case hex digest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DigestSet(BTreeMap<String, String>);

impl DigestSet {
    /// Adds one digest, given as lower-case hex.
    #[must_use]
    pub fn with(mut self, algorithm: &str, hex: impl Into<String>) -> Self {
        self.0.insert(algorithm.to_owned(), hex.into());
        self
    }

    /// Returns the digest of one algorithm, as lower-case hex.
    #[must_use]
    pub fn get(&self, algorithm: &str) -> Option<&str> {
        self.0.get(algorithm).map(String::as_str)
    }

    /// Says whether no digest is present.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names the first algorithm whose value is malformed.
    ///
    /// The `git*` names take 40 or 64 digits (the object format decides), the known hashes their own
    /// length, and names that are not known any whole number of bytes.
    #[must_use]
    pub fn malformed(&self) -> Option<&str> {
        self.0.iter().find(|(algorithm, hex)| !well_formed(algorithm, hex)).map(|(name, _)| name.as_str())
    }
}

fn well_formed(algorithm: &str, hex: &str) -> bool {
    let fits = match algorithm {
        "gitCommit" | "gitTree" | "gitBlob" | "gitTag" => matches!(hex.len(), 40 | 64),
        "sha1" => hex.len() == 40,
        "sha256" | "sha3_256" | "blake3" => hex.len() == 64,
        "sha384" | "sha3_384" => hex.len() == 96,
        "sha512" | "sha3_512" => hex.len() == 128,
        _ => !hex.is_empty() && hex.len().is_multiple_of(2),
    };
    fits && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_digits_are_checked() {
        let commit = |text: &str| DigestSet::default().with("gitCommit", text);
        assert_eq!(commit(&"a".repeat(40)).malformed(), None);
        assert_eq!(commit(&"a".repeat(64)).malformed(), None);
        assert_eq!(commit("zz").malformed(), Some("gitCommit"));
        assert_eq!(commit(&"A".repeat(40)).malformed(), Some("gitCommit"));
        assert_eq!(DigestSet::default().with("blake3", "ab").malformed(), Some("blake3"));
        assert_eq!(DigestSet::default().with("other", "abc").malformed(), Some("other"));
    }
}
