//! The pair of digests that bounds every sealed byte.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{hex, sha3_512};

/// One of the two hash boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// SHA3-512, FIPS 202: 64 bytes.
    Sha3_512,
    /// BLAKE3, unkeyed: 32 bytes.
    Blake3,
}

impl Algorithm {
    /// Both, in the order in which they are always written.
    pub const ALL: [Self; 2] = [Self::Sha3_512, Self::Blake3];

    /// Returns the name that documents and seals use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha3_512 => "sha3_512",
            Self::Blake3 => "blake3",
        }
    }

    /// Digests `bytes` with this algorithm alone: 64 or 32 bytes.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha3_512 => sha3_512::digest(bytes).to_vec(),
            Self::Blake3 => blake3::hash(bytes).as_bytes().to_vec(),
        }
    }
}

/// The SHA3-512 and the BLAKE3 digest of the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentDigest {
    /// SHA3-512 (FIPS 202).
    pub sha3_512: [u8; 64],
    /// BLAKE3, unkeyed, default length.
    pub blake3: [u8; 32],
}

impl ContentDigest {
    /// Digests `bytes` with both algorithms.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_pair(bytes, bytes)
    }

    /// Digests one message with SHA3-512 and another with BLAKE3: a Merkle tree's messages differ by algorithm.
    #[must_use]
    pub fn of_pair(for_sha3_512: &[u8], for_blake3: &[u8]) -> Self {
        Self { sha3_512: sha3_512::digest(for_sha3_512), blake3: blake3::hash(for_blake3).into() }
    }

    /// Returns the digest of one algorithm.
    #[must_use]
    pub fn get(&self, algorithm: Algorithm) -> &[u8] {
        match algorithm {
            Algorithm::Sha3_512 => &self.sha3_512,
            Algorithm::Blake3 => &self.blake3,
        }
    }
}

impl std::fmt::Debug for ContentDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha3_512:{} blake3:{}", hex::encode(&self.sha3_512), hex::encode(&self.blake3))
    }
}

/// As JSON: `{"sha3_512": <128 hex digits>, "blake3": <64 hex digits>}`, lower case only.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sha3_512: String,
    blake3: String,
}

impl Serialize for ContentDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { sha3_512: hex::encode(&self.sha3_512), blake3: hex::encode(&self.blake3) }
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ContentDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let mut digest = Self { sha3_512: [0; 64], blake3: [0; 32] };
        if hex::decode_into(&written.sha3_512, &mut digest.sha3_512)
            && hex::decode_into(&written.blake3, &mut digest.blake3)
        {
            Ok(digest)
        } else {
            Err(serde::de::Error::custom("a digest is not lower-case hex of its length"))
        }
    }
}

/// Digests a message that comes in pieces.
#[derive(Default)]
pub struct ContentHasher {
    sha3_512: sha3_512::Stream,
    blake3: blake3::Hasher,
}

impl ContentHasher {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha3_512.update(bytes);
        self.blake3.update(bytes);
    }

    /// Returns the digests of all pieces.
    #[must_use]
    pub fn finish(self) -> ContentDigest {
        ContentDigest { sha3_512: self.sha3_512.finish(), blake3: self.blake3.finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        // FIPS 202 example (empty message) and the first vector of BLAKE3's test_vectors.json.
        let empty = ContentDigest::of(b"");
        assert!(
            hex::encode(&empty.sha3_512)
                .starts_with("a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6")
        );
        assert_eq!(
            hex::encode(&empty.blake3),
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }

    #[test]
    fn digests_read_back_from_json_and_upper_case_is_refused() {
        let text = serde_json::to_string(&ContentDigest::of(b"x")).unwrap();
        assert_eq!(serde_json::from_str::<ContentDigest>(&text).unwrap(), ContentDigest::of(b"x"));
        let digits = hex::encode(&ContentDigest::of(b"x").blake3);
        for bad in [digits.to_uppercase(), format!("0{digits}"), digits[1..].to_owned()] {
            assert!(serde_json::from_str::<ContentDigest>(&text.replace(&digits, &bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn pieces_give_the_same_digests_as_the_whole() {
        let mut hasher = ContentHasher::default();
        hasher.update(b"ab");
        hasher.update(b"c");
        assert_eq!(hasher.finish(), ContentDigest::of(b"abc"));
    }
}
