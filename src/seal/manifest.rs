//! The hash boundary of one tree: every file with mode, size and both digests, and a root per algorithm.
//!
//! A pure function of the git tree: no time, no history, no place goes into it.

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::files::{File, Files};
use super::forest::{Forest, SetId};
use crate::base::{ContentAddress, canonical};
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

/// The `schema` of a manifest document.
pub const MANIFEST_SCHEMA: &str = "iao/manifest/v1";

/// All directories of one tree; those that are equal stand once.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub(super) tree: ObjectId,
    /// Every hash in it is known.
    pub(super) forest: Forest,
    /// The root directory.
    pub(super) top: SetId,
}

/// The root digests, and how much they cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roots {
    /// BLAKE3 digest of the root directory.
    #[serde(with = "hex_array")]
    pub blake3: [u8; 32],
    /// Sum of all content sizes, in bytes.
    pub bytes: u64,
    /// Files, symbolic links and submodules, at any depth.
    pub files: u64,
    /// SHA3-512 digest of the root directory.
    #[serde(with = "hex_array")]
    pub sha3_512: [u8; 64],
}

impl Roots {
    /// Takes the roots from the top directory of a forest whose hashes are known.
    pub(super) fn of(forest: &Forest, top: SetId) -> Self {
        let (digest, tally) = (forest.directory_digest(top), forest.set(top).tally);
        Self { blake3: digest.blake3, bytes: tally.bytes, files: tally.files, sha3_512: digest.sha3_512 }
    }

    /// Returns both root digests.
    #[must_use]
    pub fn digest(&self) -> ContentDigest {
        ContentDigest { sha3_512: self.sha3_512, blake3: self.blake3 }
    }
}

/// The small document that stands for a manifest: it names the tree and the roots.
///
/// Anyone can write it again from the commit alone, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Always [`MANIFEST_SCHEMA`].
    pub schema: String,
    /// The git tree.
    pub tree: ObjectId,
    /// The root digests, and how much they cover.
    pub roots: Roots,
}

impl Document {
    /// Makes the document of the tree with these roots.
    #[must_use]
    pub fn new(tree: ObjectId, roots: Roots) -> Self {
        Self { schema: MANIFEST_SCHEMA.to_owned(), tree, roots }
    }

    /// Returns the canonical bytes, which a seal's second subject digests.
    #[must_use]
    pub fn to_canonical(&self) -> Vec<u8> {
        canonical::to_vec(self).expect("a manifest's totals are below 2^53")
    }

    /// Returns the SHA-256 of the canonical bytes: the manifest's name in the ledger.
    #[must_use]
    pub fn address(&self) -> ContentAddress {
        ContentAddress::of(&self.to_canonical())
    }
}

impl Manifest {
    /// Returns the git tree that this is the manifest of.
    #[must_use]
    pub fn tree(&self) -> ObjectId {
        self.tree
    }

    /// Returns the root digests, and how much they cover.
    #[must_use]
    pub fn roots(&self) -> Roots {
        Roots::of(&self.forest, self.top)
    }

    /// Returns the document that stands for this manifest.
    #[must_use]
    pub fn document(&self) -> Document {
        Document::new(self.tree, self.roots())
    }

    /// Walks all files, sorted by the bytes of their paths.
    #[must_use]
    pub fn files(&self) -> Files<'_> {
        Files::new(self)
    }

    /// Finds one file, or the directory entry at `path`; `None` for the root and for what is not there.
    #[must_use]
    pub fn get(&self, path: &RepoPath) -> Option<File> {
        let mut directory = self.top;
        let mut parts = path.components().peekable();
        loop {
            let entry = self.forest.get(directory, parts.next()?)?;
            if parts.peek().is_none() {
                return Some(self.file(path.clone(), entry));
            }
            directory = entry.child?;
        }
    }

    pub(super) fn file(&self, path: RepoPath, entry: &Entry) -> File {
        File { path, mode: entry.mode, size: entry.size, digest: *self.forest.content(entry) }
    }
}

/// Digests as lower-case hex.
mod hex_array {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::hash::hex;

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut out = [0; N];
        if hex::decode_into(&text, &mut out) {
            Ok(out)
        } else {
            Err(serde::de::Error::custom("not lower-case hex of the right length"))
        }
    }
}
