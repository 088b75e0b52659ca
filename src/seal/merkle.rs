//! Hashes leaves, nodes and directories of Merkle trees, many at a time (`docs/seal-format.md`, section 2).
//!
//! Each kind of message carries a prefix of its own (0 to 3), so none can pass for another; and whatever says how
//! much lies below it is part of a message, so no count has to be believed.

use serde::{Deserialize, Serialize};

use super::entry::{EntryMode, write_head};
use crate::base::parallel_map;
use crate::hash::{Algorithm, ContentDigest, digest_pairs};

/// How many messages are written out at a time.
const CHUNK: usize = 256;
/// How many messages wait at most, so that they are still near when they are hashed.
const WAITING: usize = 64 * CHUNK;

/// What lies in a directory, or in a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tally {
    /// Entries in this directory alone.
    pub(super) entries: u64,
    /// Files, links and submodules, at any depth.
    pub(super) files: u64,
    /// Sum of their sizes.
    pub(super) bytes: u64,
}

/// The largest sum of sizes or files that JSON numbers carry exactly.
const MAX_TOTAL: u64 = (1 << 53) - 1;

impl Tally {
    /// Adds two tallies; `None` when the sum cannot be written.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let sum = |one: u64, other: u64| one.checked_add(other).filter(|sum| *sum <= MAX_TOTAL);
        Some(Self {
            entries: sum(self.entries, other.entries)?,
            files: sum(self.files, other.files)?,
            bytes: sum(self.bytes, other.bytes)?,
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        for number in [self.entries, self.files, self.bytes] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

/// Names a hash that is known, or will be after [`Hashes::resolve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct HashId(u32);

impl HashId {
    /// Stands where there is no hash yet.
    pub(super) const NONE: Self = Self(u32::MAX);
}

/// One side of a split: what lies there, and its set hash.
pub(super) type Side = (Tally, HashId);

/// A message, in terms of other hashes; what else it says stands in the list of heads.
#[derive(Debug, Clone, Copy)]
enum Message {
    Leaf { head: usize, length: u32, content: HashId },
    Node(HashId, HashId),
    Directory { totals: usize, set: HashId },
    Split { totals: usize, sides: [HashId; 2] },
}

/// How many bytes a tally is written in.
const TALLY: usize = 24;

/// Hashes, and messages that are still to be hashed.
///
/// What is asked for is written down, by how far it is from what is known; then each level is hashed at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Hashes {
    digests: Vec<ContentDigest>,
    /// Hashes before this one are known.
    resolved: usize,
    /// How many levels lie below each of the others.
    levels: Vec<u32>,
    waiting: Vec<Vec<(HashId, Message)>>,
    /// How many messages wait.
    count: usize,
    /// How many threads hash what no longer waits; 0 stands for 1.
    jobs: usize,
    /// Of messages that wait: what comes before the content of a leaf, and totals.
    heads: Vec<u8>,
}

impl Hashes {
    /// Hashes on up to `jobs` threads from now on.
    pub(super) fn spread(&mut self, jobs: usize) {
        self.jobs = jobs;
    }

    /// Takes a hash that is known.
    pub(super) fn known(&mut self, digest: ContentDigest) -> HashId {
        self.push(digest, 0)
    }

    /// Asks for the hash of an entry: `A(0x00 || <mode> <size> <name>\0 || content)`.
    pub(super) fn leaf(&mut self, mode: EntryMode, size: u64, name: &[u8], content: HashId) -> HashId {
        let head = self.heads.len();
        write_head(mode, size, name, &mut self.heads);
        let length = u32::try_from(self.heads.len() - head).expect("a name has at most 65,535 bytes");
        self.ask(Message::Leaf { head, length, content }, &[content])
    }

    /// Asks for the Merkle tree hash of leaf hashes (RFC 6962 section 2.1); of none, the digest of no bytes.
    pub(super) fn list(&mut self, leaves: &[HashId]) -> HashId {
        match leaves {
            [] => self.known(ContentDigest::of(b"")),
            [only] => *only,
            _ => {
                // The largest power of two that is smaller than the count.
                let cut = leaves.len().next_power_of_two() / 2;
                let (left, right) = (self.list(&leaves[..cut]), self.list(&leaves[cut..]));
                self.ask(Message::Node(left, right), &[left, right])
            }
        }
    }

    /// Asks for the hash of a set that falls into two.
    pub(super) fn split(&mut self, sides: [Side; 2]) -> HashId {
        let totals = self.heads.len();
        sides.iter().for_each(|(tally, _)| tally.write(&mut self.heads));
        let sides = sides.map(|(_, set)| set);
        self.ask(Message::Split { totals, sides }, &sides)
    }

    /// Asks for the digest of a directory.
    pub(super) fn directory(&mut self, tally: Tally, set: HashId) -> HashId {
        let totals = self.heads.len();
        tally.write(&mut self.heads);
        self.ask(Message::Directory { totals, set }, &[set])
    }

    /// Returns a hash that is known.
    pub(super) fn get(&self, id: HashId) -> &ContentDigest {
        &self.digests[id.0 as usize]
    }

    /// Computes everything that was asked for.
    pub(super) fn resolve(&mut self) {
        let jobs = self.jobs.max(1);
        for level in std::mem::take(&mut self.waiting) {
            let chunks: Vec<&[(HashId, Message)]> = level.chunks(CHUNK).collect();
            let hashed = parallel_map(&chunks, jobs, || (), |(), chunk| self.digest(chunk));
            for ((id, _), digest) in level.iter().zip(hashed.into_iter().flatten()) {
                self.digests[id.0 as usize] = digest;
            }
        }
        self.resolved = self.digests.len();
        self.levels.clear();
        self.heads.clear();
        self.count = 0;
    }

    fn ask(&mut self, message: Message, needs: &[HashId]) -> HashId {
        self.count += 1;
        let below = needs.iter().map(|id| self.level(*id)).max().unwrap_or(0);
        let id = self.push(ContentDigest { sha3_512: [0; 64], blake3: [0; 32] }, below + 1);
        let below = below as usize;
        if self.waiting.len() <= below {
            self.waiting.resize_with(below + 1, Vec::new);
        }
        self.waiting[below].push((id, message));
        if self.count >= WAITING {
            self.resolve();
        }
        id
    }

    fn push(&mut self, digest: ContentDigest, level: u32) -> HashId {
        let id = u32::try_from(self.digests.len()).expect("hashes for 4 Gi nodes would take 400 GB");
        self.digests.push(digest);
        self.levels.push(level);
        HashId(id)
    }

    fn level(&self, id: HashId) -> u32 {
        (id.0 as usize).checked_sub(self.resolved).map_or(0, |index| self.levels[index])
    }

    fn digest(&self, chunk: &[(HashId, Message)]) -> Vec<ContentDigest> {
        let (mut bytes, mut ends) = (Vec::with_capacity(chunk.len() * 256), Vec::new());
        for (_, message) in chunk {
            let [one, other] = Algorithm::ALL.map(|algorithm| {
                self.write(message, algorithm, &mut bytes);
                bytes.len()
            });
            ends.push((one, other));
        }
        let mut start = 0;
        let pairs: Vec<(&[u8], &[u8])> = ends
            .iter()
            .map(|(one, other)| {
                let pair = (&bytes[start..*one], &bytes[*one..*other]);
                start = *other;
                pair
            })
            .collect();
        digest_pairs(&pairs)
    }

    fn write(&self, message: &Message, algorithm: Algorithm, out: &mut Vec<u8>) {
        match message {
            Message::Leaf { head, length, content } => {
                out.push(0);
                out.extend_from_slice(&self.heads[*head..head + *length as usize]);
                out.extend_from_slice(self.get(*content).get(algorithm));
            }
            Message::Node(left, right) => {
                out.push(1);
                out.extend_from_slice(self.get(*left).get(algorithm));
                out.extend_from_slice(self.get(*right).get(algorithm));
            }
            Message::Directory { totals, set } => {
                out.push(2);
                out.extend_from_slice(&self.heads[*totals..totals + TALLY]);
                out.extend_from_slice(self.get(*set).get(algorithm));
            }
            Message::Split { totals, sides } => {
                out.push(3);
                for (totals, set) in [*totals, totals + TALLY].into_iter().zip(sides) {
                    out.extend_from_slice(&self.heads[totals..totals + TALLY]);
                    out.extend_from_slice(self.get(*set).get(algorithm));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(left: &ContentDigest, right: &ContentDigest) -> ContentDigest {
        let message = |algorithm| [&[1][..], left.get(algorithm), right.get(algorithm)].concat();
        ContentDigest::of_pair(&message(Algorithm::Sha3_512), &message(Algorithm::Blake3))
    }

    fn tree(leaves: &[ContentDigest]) -> ContentDigest {
        let mut hashes = Hashes::default();
        let leaves: Vec<HashId> = leaves.iter().map(|leaf| hashes.known(*leaf)).collect();
        let root = hashes.list(&leaves);
        hashes.spread(2);
        hashes.resolve();
        *hashes.get(root)
    }

    #[test]
    fn the_tree_has_the_shape_of_rfc_6962() {
        let leaves: Vec<ContentDigest> = (0..7u8).map(|byte| ContentDigest::of(&[byte])).collect();
        let pair = |a: usize, b: usize| node(&leaves[a], &leaves[b]);
        assert_eq!(tree(&[]), ContentDigest::of(b""));
        assert_eq!(tree(&leaves[..1]), leaves[0]);
        assert_eq!(tree(&leaves[..3]), node(&pair(0, 1), &leaves[2]));
        let left = node(&pair(0, 1), &pair(2, 3));
        // RFC 6962 section 2.1.3 draws this tree of seven.
        assert_eq!(tree(&leaves), node(&left, &node(&pair(4, 5), &leaves[6])));
        assert_eq!(tree(&leaves[..4]), left);
    }

    #[test]
    fn what_was_resolved_can_be_built_upon() {
        let leaves: Vec<ContentDigest> = (0..4u8).map(|byte| ContentDigest::of(&[byte])).collect();
        let mut hashes = Hashes::default();
        let ids: Vec<HashId> = leaves.iter().map(|leaf| hashes.known(*leaf)).collect();
        let left = hashes.list(&ids[..2]);
        hashes.resolve();
        let right = hashes.list(&ids[2..]);
        let both = hashes.list(&[left, right]);
        hashes.resolve();
        assert_eq!(*hashes.get(both), tree(&leaves));
    }
}
