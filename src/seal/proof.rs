//! A proof that one file belongs to a seal, in the one writing that is accepted (`docs/seal-format.md`, section 10).
//!
//! Small enough to send along: it names what lies beside the way from the file up to the roots, and nothing else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::directory::{LIST_LIMIT, MAX_DEPTH, check_name};
use super::entry::{EntryMode, Kind};
use super::merkle::Tally;
use crate::base::{ContentAddress, canonical};
use crate::hash::ContentDigest;
use crate::model::RepoPath;

/// The `schema` of a proof.
pub const PROOF_SCHEMA: &str = "iao/proof/v1";

/// The longest proof that is read, in bytes; an honest one has some thousand.
const MAX_BYTES: usize = 16 << 20;

/// How many directories a proof may lead through, as many as a tree may be nested.
const MAX_LEVELS: usize = 2048 + 1;

/// Says which file, in which seal, and what its digests have to be joined with to come to the roots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub(super) schema: String,
    /// SHA-256 of the envelope.
    pub(super) seal: ContentAddress,
    /// The envelope itself, unless it lies beside the proof.
    pub(super) envelope: Option<Value>,
    pub(super) path: RepoPath,
    pub(super) file: ProvenFile,
    /// The directories on the way, that of the file first, the top directory last.
    pub(super) levels: Vec<Level>,
}

/// The leaf: what the seal says of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProvenFile {
    pub(super) digest: ContentDigest,
    pub(super) mode: EntryMode,
    pub(super) size: u64,
}

/// One directory on the way: what lies in it beside the entry that we come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Level {
    /// How much the list holds that the entry stands in.
    pub(super) list: Tally,
    /// Which of the list's entries it is, from 0.
    pub(super) place: u64,
    /// Its Merkle audit path in the list (RFC 6962, section 2.1.1): nearest first.
    pub(super) beside: Vec<ContentDigest>,
    /// The other side of each split, the innermost first.
    pub(super) splits: Vec<Part>,
}

/// One side of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Its set hash.
    pub(super) set: ContentDigest,
    pub(super) totals: Tally,
}

/// Why bytes are no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// It is longer than a proof can be.
    #[error("a proof has at most {MAX_BYTES} bytes")]
    Length,
    /// It is no document of this kind, or not in its canonical writing.
    #[error("it is no proof in canonical form")]
    Document(#[from] canonical::Error),
    /// It has the fields of a proof, written otherwise.
    #[error("it is not written as a proof is written")]
    Writing,
    /// Path, mode and directories do not fit together.
    #[error("{0}")]
    Shape(&'static str),
}

impl Proof {
    /// Reads the canonical bytes of a proof, and no other writing; nothing is computed yet.
    ///
    /// # Errors
    /// When the bytes are no proof, or one that cannot be true of any tree.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > MAX_BYTES {
            return Err(ProofError::Length);
        }
        let proof: Self = canonical::from_slice(bytes)?;
        if proof.schema != PROOF_SCHEMA || proof.to_canonical() != bytes {
            return Err(ProofError::Writing);
        }
        proof.check_shape().map_err(ProofError::Shape)?;
        Ok(proof)
    }

    /// Returns the canonical bytes.
    #[must_use]
    pub fn to_canonical(&self) -> Vec<u8> {
        canonical::to_vec(self).expect("what was drawn or read has no number of 2^53 or more")
    }

    /// Returns the proof without the envelope, which then has to lie beside it.
    #[must_use]
    pub fn without_envelope(self) -> Self {
        Self { envelope: None, ..self }
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &RepoPath {
        &self.path
    }

    /// Returns the SHA-256 of the envelope that the proof leads to.
    #[must_use]
    pub fn seal(&self) -> ContentAddress {
        self.seal
    }

    /// Returns what the proof says of the file.
    #[must_use]
    pub fn file(&self) -> super::File {
        let ProvenFile { digest, mode, size } = self.file;
        super::File { path: self.path.clone(), mode, size, digest }
    }

    /// Returns the canonical bytes of the envelope in it; `None` when it lies beside the proof.
    #[must_use]
    pub fn envelope(&self) -> Option<Vec<u8>> {
        let write = |envelope| canonical::to_vec(envelope).expect("it is part of a canonical document");
        self.envelope.as_ref().map(write)
    }

    /// Says what contradicts itself, before anything is hashed.
    fn check_shape(&self) -> Result<(), &'static str> {
        let names: Vec<&[u8]> = self.path.components().collect();
        if names.join(&b'/') != self.path.as_bytes() || names.iter().any(|name| check_name(name).is_err()) {
            return Err("its path is none that a tree can have");
        }
        if names.is_empty() || names.len() != self.levels.len() || names.len() > MAX_LEVELS {
            return Err("it does not have one level for each directory of its path");
        }
        match self.file.mode.kind() {
            Kind::Directory => return Err("it is about a directory, not about a file"),
            Kind::Gitlink if self.file.size != 0 => return Err("it says that a submodule has a size"),
            _ => {}
        }
        self.levels.iter().try_for_each(Level::check_shape)
    }
}

impl Level {
    fn check_shape(&self) -> Result<(), &'static str> {
        let Tally { entries, .. } = self.list;
        if self.place >= entries || self.beside.len() != turns(self.place, entries).len() {
            return Err("an entry does not stand in its list");
        }
        if self.splits.len() > MAX_DEPTH || (entries > LIST_LIMIT as u64 && self.splits.len() < MAX_DEPTH) {
            return Err("a list is too long, or was split too often");
        }
        let first = self.splits.first().map_or(0, |part| part.totals.entries);
        if !self.splits.is_empty() && first.saturating_add(entries) <= LIST_LIMIT as u64 {
            return Err("a list was split that need not be");
        }
        Ok(())
    }
}

/// Says, for the way from the leaf at `place` up to the hash of `count` leaves, on which side each node's other half
/// lies: `true` for the left.
pub(super) fn turns(place: u64, count: u64) -> Vec<bool> {
    let (mut place, mut count, mut turns) = (place, count, Vec::new());
    while count > 1 {
        let cut = (count / 2 + count % 2).next_power_of_two();
        let right = place >= cut;
        turns.push(right);
        (place, count) = if right { (place - cut, count - cut) } else { (place, cut) };
    }
    turns.reverse();
    turns
}
