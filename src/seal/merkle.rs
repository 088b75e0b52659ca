//! Hashes a directory's entries into one digest per algorithm (RFC 6962 trees with a size header).
//!
//! Leaves, nodes and directories carry different prefixes (0, 1, 2), so none can pass for another.

use super::entry::Entry;
use crate::base::ContentAddress;
use crate::hash::{Algorithm, ContentDigest, ContentHasher};

/// The most entries that are hashed as one list; a larger set is split in two by a bit of the name's SHA-256.
///
/// Part of the format: the split keeps a change in a wide directory local, in hashing and in storage.
pub(super) const LIST_LIMIT: usize = 32;

/// How a set of entries was hashed; indices point into the directory's entries, sorted by name.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) digest: ContentDigest,
    /// Entries in the set.
    pub(super) count: u64,
    /// Sum of their sizes.
    pub(super) bytes: u64,
    pub(super) shape: Shape,
}

/// A set is a list, or two sets.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    List(Vec<u32>),
    Split(Box<[Set; 2]>),
}

/// Hashes all of `entries`, which are sorted by name and whose sizes have a sum.
pub(super) fn set(entries: &[Entry]) -> Set {
    let all = (0..u32::try_from(entries.len()).expect("a tree object is far below 4 Gi entries")).collect();
    if entries.len() <= LIST_LIMIT {
        return list(entries, all);
    }
    let keys: Vec<[u8; 32]> =
        entries.iter().map(|entry| *ContentAddress::of(&entry.name).as_bytes()).collect();
    split(entries, &keys, all, 0)
}

fn split(entries: &[Entry], keys: &[[u8; 32]], indices: Vec<u32>, depth: usize) -> Set {
    // 256 bits are all a key has; two names that share them all would be a SHA-256 collision.
    if indices.len() <= LIST_LIMIT || depth == 256 {
        return list(entries, indices);
    }
    let (one, zero): (Vec<u32>, Vec<u32>) =
        indices.into_iter().partition(|index| keys[*index as usize][depth / 8] >> (7 - depth % 8) & 1 == 1);
    let sides = [split(entries, keys, zero, depth + 1), split(entries, keys, one, depth + 1)];
    Set {
        digest: node(&sides[0].digest, &sides[1].digest),
        count: sides[0].count + sides[1].count,
        bytes: sides[0].bytes + sides[1].bytes,
        shape: Shape::Split(Box::new(sides)),
    }
}

fn list(entries: &[Entry], indices: Vec<u32>) -> Set {
    let chosen = indices.iter().map(|index| &entries[*index as usize]);
    let leaves: Vec<ContentDigest> = chosen.clone().map(leaf).collect();
    Set {
        digest: tree(&leaves),
        count: leaves.len() as u64,
        bytes: chosen.map(|entry| entry.size).sum(),
        shape: Shape::List(indices),
    }
}

/// Hashes one entry: `A(0x00 || <mode> <size> <name>\0<digest>)`.
pub(super) fn leaf(entry: &Entry) -> ContentDigest {
    let mut head = vec![0];
    entry.write_head(&mut head);
    each(|algorithm, message| {
        message.extend_from_slice(&head);
        message.extend_from_slice(entry.digest.get(algorithm));
    })
}

/// Hashes two neighbours: `A(0x01 || left || right)`.
pub(super) fn node(left: &ContentDigest, right: &ContentDigest) -> ContentDigest {
    each(|algorithm, message| {
        message.push(1);
        message.extend_from_slice(left.get(algorithm));
        message.extend_from_slice(right.get(algorithm));
    })
}

/// Binds a directory's size to its tree: `A(0x02 || u64 entries || u64 bytes || tree)`, big-endian.
pub(super) fn directory(set: &Set) -> ContentDigest {
    each(|algorithm, message| {
        message.push(2);
        message.extend_from_slice(&set.count.to_be_bytes());
        message.extend_from_slice(&set.bytes.to_be_bytes());
        message.extend_from_slice(set.digest.get(algorithm));
    })
}

/// Returns the Merkle tree hash of leaf hashes (RFC 6962 section 2.1); of none, the digest of no bytes.
fn tree(leaves: &[ContentDigest]) -> ContentDigest {
    match leaves {
        [] => ContentHasher::default().finish(),
        [only] => *only,
        _ => {
            // The largest power of two that is smaller than the count.
            let cut = leaves.len().next_power_of_two() / 2;
            node(&tree(&leaves[..cut]), &tree(&leaves[cut..]))
        }
    }
}

/// Digests a message of its own with each algorithm.
fn each(write: impl Fn(Algorithm, &mut Vec<u8>)) -> ContentDigest {
    let message = |algorithm| {
        let mut message = Vec::with_capacity(192);
        write(algorithm, &mut message);
        message
    };
    ContentDigest::of_pair(&message(Algorithm::Sha3_512), &message(Algorithm::Blake3))
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
