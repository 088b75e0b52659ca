//! Hashes leaves, nodes and directories of Merkle trees, many at a time (`docs/seal-format.md`, section 2).
//!
//! Each kind of message carries a prefix of its own (0 to 3), so none can pass for another; and whatever says how
//! much lies below it is part of a message, so no count has to be believed.

use serde::{Deserialize, Serialize};

use super::entry::{EntryMode, write_head};
use crate::base::parallel_map;
use crate::hash::{ContentDigest, PairHasher};

/// How many messages are written out at a time; the leaves of a list are one.
const CHUNK: usize = 64;
/// The same, where one thread hashes all of them.
const ALONE: usize = 8 * CHUNK;
/// How many messages and leaves wait at most, so that they are still near when they are hashed.
const WAITING: usize = 8 << 10;

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

/// An entry as it is hashed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) mode: EntryMode,
    pub(super) size: u64,
    pub(super) name: &'a [u8],
    pub(super) content: Content<'a>,
}

/// The digest of a content, or of a directory.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    /// One of the hashes.
    At(HashId),
    /// Nobody will ask for it again.
    Passing(&'a ContentDigest),
}

/// A leaf that waits: where its head begins, and how long it is. A content without a name stands behind the head.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    head: usize,
    length: u32,
    content: HashId,
}

/// A message, in terms of other hashes; what else it says stands in the list of heads.
#[derive(Debug, Clone, Copy)]
enum Message {
    /// A list of entries: where its leaves begin among those that wait, and how many they are, at least one.
    List {
        first: usize,
        count: usize,
    },
    Node(HashId, HashId),
    Directory {
        totals: usize,
        set: HashId,
    },
    Split {
        totals: usize,
        sides: [HashId; 2],
    },
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
    leaves: Vec<Waiting>,
}

impl Hashes {
    /// Hashes on up to `jobs` threads from now on.
    pub(super) fn spread(&mut self, jobs: usize) {
        self.jobs = jobs;
    }

    /// Makes room for so many hashes.
    pub(super) fn expect(&mut self, count: usize) {
        self.digests.reserve(count);
    }

    /// Takes a hash that is known.
    pub(super) fn known(&mut self, digest: ContentDigest) -> HashId {
        self.push(digest, 0)
    }

    /// Asks for the hash of an entry: `A(0x00 || <mode> <size> <name>\0 || content)`.
    pub(super) fn leaf(&mut self, leaf: Leaf<'_>) -> HashId {
        self.list_of(std::iter::once(leaf))
    }

    /// Asks for the Merkle tree hash of entries (RFC 6962 section 2.1); of none, the digest of no bytes.
    pub(super) fn list_of<'e>(&mut self, entries: impl Iterator<Item = Leaf<'e>>) -> HashId {
        let (first, mut below) = (self.leaves.len(), 0);
        for Leaf { mode, size, name, content } in entries {
            let head = self.heads.len();
            write_head(mode, size, name, &mut self.heads);
            let length = u32::try_from(self.heads.len() - head).expect("a name has at most 65,535 bytes");
            let content = match content {
                Content::At(id) => id,
                Content::Passing(digest) => {
                    self.heads.extend_from_slice(&digest.sha3_512);
                    self.heads.extend_from_slice(&digest.blake3);
                    HashId::NONE
                }
            };
            below = below.max(self.level(content));
            self.leaves.push(Waiting { head, length, content });
        }
        let count = self.leaves.len() - first;
        if count == 0 {
            return self.known(ContentDigest::of(b""));
        }
        self.count += count;
        self.ask(Message::List { first, count }, below)
    }

    /// Asks for the Merkle tree hash of leaves whose hashes were asked for.
    pub(super) fn list(&mut self, leaves: &[HashId]) -> HashId {
        match leaves {
            [] => self.known(ContentDigest::of(b"")),
            [only] => *only,
            _ => {
                // The largest power of two that is smaller than the count.
                let cut = leaves.len().next_power_of_two() / 2;
                let (left, right) = (self.list(&leaves[..cut]), self.list(&leaves[cut..]));
                self.ask(Message::Node(left, right), self.level(left).max(self.level(right)))
            }
        }
    }

    /// Asks for the hash of a set that falls into two.
    pub(super) fn split(&mut self, sides: [Side; 2]) -> HashId {
        let totals = self.heads.len();
        sides.iter().for_each(|(tally, _)| tally.write(&mut self.heads));
        let sides = sides.map(|(_, set)| set);
        let [one, other] = sides.map(|side| self.level(side));
        self.ask(Message::Split { totals, sides }, one.max(other))
    }

    /// Asks for the digest of a directory.
    pub(super) fn directory(&mut self, tally: Tally, set: HashId) -> HashId {
        let totals = self.heads.len();
        tally.write(&mut self.heads);
        self.ask(Message::Directory { totals, set }, self.level(set))
    }

    /// Returns a hash that is known.
    pub(super) fn get(&self, id: HashId) -> &ContentDigest {
        &self.digests[id.0 as usize]
    }

    /// Computes everything that was asked for.
    pub(super) fn resolve(&mut self) {
        let (jobs, mut waiting) = (self.jobs.max(1), std::mem::take(&mut self.waiting));
        // One thread has nobody to share with, and the more there are at once the fewer lanes compute for nothing.
        let size = if jobs == 1 { ALONE } else { CHUNK };
        for level in &mut waiting {
            let chunks: Vec<&[(HashId, Message)]> = level.chunks(size).collect();
            let hashed =
                parallel_map(&chunks, jobs, PairHasher::new, |hasher, chunk| self.digest(chunk, hasher));
            for ((id, _), digest) in level.iter().zip(hashed.into_iter().flatten()) {
                self.digests[id.0 as usize] = digest;
            }
            level.clear();
        }
        self.waiting = waiting;
        self.resolved = self.digests.len();
        self.levels.clear();
        self.heads.clear();
        self.leaves.clear();
        self.count = 0;
    }

    /// Notes a message that can be hashed once `below` levels are.
    fn ask(&mut self, message: Message, below: u32) -> HashId {
        self.count += 1;
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

    /// Returns how many levels have to be hashed before this one is known.
    fn level(&self, id: HashId) -> u32 {
        let index = (id.0 as usize).checked_sub(self.resolved);
        index.and_then(|index| self.levels.get(index)).copied().unwrap_or(0)
    }

    fn digest(&self, chunk: &[(HashId, Message)], hasher: &mut PairHasher) -> Vec<ContentDigest> {
        let mut rows = Vec::with_capacity(chunk.len());
        for (_, message) in chunk {
            rows.push(match *message {
                Message::List { first, count } => {
                    self.leaves[first..first + count].iter().for_each(|leaf| self.push_leaf(leaf, hasher));
                    count
                }
                Message::Node(left, right) => {
                    push_node(self.get(left), self.get(right), hasher);
                    1
                }
                Message::Directory { totals, set } => {
                    let (totals, set) = (&self.heads[totals..totals + TALLY], self.get(set));
                    hasher.push(&[&[2], totals, &set.sha3_512], &[&[2], totals, &set.blake3]);
                    1
                }
                Message::Split { totals, sides } => {
                    let (one, other) = self.heads[totals..totals + 2 * TALLY].split_at(TALLY);
                    let [zero, upper] = sides.map(|side| self.get(side));
                    hasher.push(
                        &[&[3], one, &zero.sha3_512, other, &upper.sha3_512],
                        &[&[3], one, &zero.blake3, other, &upper.blake3],
                    );
                    1
                }
            });
        }
        fold(hasher.take(), rows, hasher)
    }

    fn push_leaf(&self, leaf: &Waiting, hasher: &mut PairHasher) {
        let (head, behind) = self.heads[leaf.head..].split_at(leaf.length as usize);
        let (sha3_512, blake3) = match leaf.content {
            HashId::NONE => (&behind[..64], &behind[64..96]),
            content => (&self.get(content).sha3_512[..], &self.get(content).blake3[..]),
        };
        hasher.push(&[&[0], head, sha3_512], &[&[0], head, blake3]);
    }
}

fn push_node(left: &ContentDigest, right: &ContentDigest, hasher: &mut PairHasher) {
    hasher.push(&[&[1], &left.sha3_512, &right.sha3_512], &[&[1], &left.blake3, &right.blake3]);
}

/// Makes one hash of each row, which are so many digests one after another.
///
/// What is left alone at the end of a row moves up as it is: so the row is cut where RFC 6962 cuts it.
fn fold(
    mut digests: Vec<ContentDigest>,
    mut rows: Vec<usize>,
    hasher: &mut PairHasher,
) -> Vec<ContentDigest> {
    while digests.len() > rows.len() {
        let mut from = 0;
        for count in &rows {
            for pair in digests[from..from + count].chunks_exact(2) {
                push_node(&pair[0], &pair[1], hasher);
            }
            from += count;
        }
        let (mut nodes, mut next, mut from) = (hasher.take().into_iter(), Vec::with_capacity(from), 0);
        for count in &mut rows {
            next.extend(nodes.by_ref().take(*count / 2));
            from += *count;
            if *count % 2 == 1 {
                next.push(digests[from - 1]);
            }
            *count = count.div_ceil(2);
        }
        digests = next;
    }
    digests
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Algorithm;

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
    fn a_list_of_entries_is_the_tree_of_their_leaves() {
        let contents: Vec<ContentDigest> = (0..20_u8).map(|byte| ContentDigest::of(&[byte])).collect();
        let mode = EntryMode::parse(b"100644").unwrap();
        for count in 0..contents.len() {
            let mut hashes = Hashes::default();
            let ids: Vec<HashId> = contents.iter().map(|content| hashes.known(*content)).collect();
            let leaf = |at: usize, content| Leaf { mode, size: at as u64, name: b"name", content };
            let leaves: Vec<HashId> =
                (0..count).map(|at| hashes.leaf(leaf(at, Content::At(ids[at])))).collect();
            let apart = hashes.list(&leaves);
            let together = hashes.list_of((0..count).map(|at| {
                let passing = at % 3 == 0;
                leaf(at, if passing { Content::Passing(&contents[at]) } else { Content::At(ids[at]) })
            }));
            hashes.resolve();
            assert_eq!(hashes.get(apart), hashes.get(together), "{count}");
        }
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
