//! Reads tree objects byte by byte, and says what in them no well-behaved program writes.
//!
//! Nothing here recurses, and no entry can name a place outside of its tree.

use std::collections::HashSet;

use gix::objs::Kind;

use super::store::Reader;
use super::{Entry, Error, Oddity, OddityKind};
use crate::model::{FileMode, ObjectFormat, ObjectId, RepoPath};

/// How many levels of nesting are read.
pub(super) const MAX_DEPTH: usize = 2048;
/// How much memory the paths of one tree may take; a tree that holds itself many times over would take all.
const MAX_BYTES: usize = if cfg!(test) { 1 << 24 } else { 1 << 30 };
/// What one entry takes beside its path.
const ENTRY_BYTES: usize = 64;

/// One entry as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEntry<'a> {
    /// Octal digits, if the tree is well made.
    pub mode: &'a [u8],
    /// Any bytes but a zero.
    pub name: &'a [u8],
    /// What it names.
    pub id: ObjectId,
}

impl RawEntry<'_> {
    /// Says whether it is a directory.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        node(self.mode).0 == Some(Node::Directory)
    }

    /// Returns what it is, unless it is a directory or nothing that git knows.
    #[must_use]
    pub fn leaf(&self) -> Option<FileMode> {
        match node(self.mode).0 {
            Some(Node::Leaf(mode)) => Some(mode),
            _ => None,
        }
    }
}

/// What an entry is, once its mode is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Directory,
    Leaf(FileMode),
}

/// The usable entries of one tree: name, kind, object.
type Level<'a> = Vec<(&'a [u8], Node, ObjectId)>;

/// Everything below one tree.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) entries: Vec<Entry>,
    pub(super) oddities: Vec<Oddity>,
}

/// What is left of the memory that one tree may take.
pub(super) struct Budget {
    root: ObjectId,
    left: usize,
}

impl Budget {
    pub(super) fn new(root: ObjectId) -> Self {
        Self::within(root, MAX_BYTES)
    }

    /// As [`Self::new`], with no more than `limit`.
    pub(super) fn within(root: ObjectId, limit: usize) -> Self {
        Self { root, left: limit.min(MAX_BYTES) }
    }

    /// Takes the cost of one more entry at `path`.
    pub(super) fn spend(&mut self, path: &RepoPath) -> Result<(), Error> {
        let cost = path.as_bytes().len() + ENTRY_BYTES;
        self.left = self.left.checked_sub(cost).ok_or(Error::TreeTooLarge { id: self.root })?;
        Ok(())
    }
}

/// Splits the bytes of a tree object; `None` stands for bytes that are no entry, and ends the walk.
pub(super) fn raw_entries(bytes: &[u8], format: ObjectFormat) -> impl Iterator<Item = Option<RawEntry<'_>>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let found = split_entry(rest, format);
        rest = found.map_or(&[], |(_, rest)| rest);
        Some(found.map(|(entry, _)| entry))
    })
}

fn split_entry(bytes: &[u8], format: ObjectFormat) -> Option<(RawEntry<'_>, &[u8])> {
    let space = bytes.iter().take(16).position(|byte| *byte == b' ')?;
    let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
    let end = first_zero(rest)?;
    let (name, rest) = (&rest[..end], &rest[end + 1..]);
    let id = ObjectId::from_bytes(rest.get(..format.width())?)?;
    Some((RawEntry { mode, name, id }, &rest[format.width()..]))
}

/// Says where the first zero byte is, looking at eight bytes at once.
fn first_zero(bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = LOW << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest bit that is left stands in the first zero byte; those above it may stand anywhere.
        let zeros = word.wrapping_sub(LOW) & !word & HIGH;
        if zeros != 0 {
            return Some(number * 8 + zeros.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|byte| *byte == 0).map(|at| words.len() * 8 + at)
}

/// Says what a mode means, and whether it is one that git writes.
///
/// As git reads them: any `100xxx` is a file, executable if its owner may execute it.
pub(super) fn node(mode: &[u8]) -> (Option<Node>, bool) {
    match mode {
        b"100644" | b"100664" => return (Some(Node::Leaf(FileMode::Regular)), true),
        b"100755" => return (Some(Node::Leaf(FileMode::Executable)), true),
        b"120000" => return (Some(Node::Leaf(FileMode::Symlink)), true),
        b"160000" => return (Some(Node::Leaf(FileMode::Gitlink)), true),
        b"40000" => return (Some(Node::Directory), true),
        _ => {}
    }
    let digits = std::str::from_utf8(mode).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(bits) = digits.and_then(|text| u32::from_str_radix(text, 8).ok()) else { return (None, false) };
    let node = match bits & 0o170_000 {
        0o100_000 if bits & 0o100 != 0 => Some(Node::Leaf(FileMode::Executable)),
        0o100_000 => Some(Node::Leaf(FileMode::Regular)),
        0o120_000 => Some(Node::Leaf(FileMode::Symlink)),
        0o040_000 => Some(Node::Directory),
        0o160_000 => Some(Node::Leaf(FileMode::Gitlink)),
        _ => None,
    };
    (node, false)
}

/// Compares names as git sorts them: a directory counts as if its name ended in `/`.
pub(super) fn git_order(one: (&[u8], bool), other: (&[u8], bool)) -> std::cmp::Ordering {
    let common = one.0.len().min(other.0.len());
    let next = |(name, directory): (&[u8], bool)| {
        name.get(common).copied().or(if directory { Some(b'/') } else { None })
    };
    one.0[..common].cmp(&other.0[..common]).then_with(|| next(one).cmp(&next(other))).then_with(|| {
        // `a` the directory and `a` the file differ in the slash alone, already compared.
        one.0.len().cmp(&other.0.len())
    })
}

/// One tree's usable entries; the odd ones are noted in `oddities`.
pub(super) fn read_level<'a>(
    bytes: &'a [u8],
    tree: ObjectId,
    directory: &RepoPath,
    oddities: &mut Vec<Oddity>,
) -> Result<Level<'a>, Error> {
    let mut level = Vec::new();
    let mut seen = HashSet::new();
    let mut previous: Option<(&[u8], bool)> = None;
    for raw in raw_entries(bytes, tree.format()) {
        let raw =
            raw.ok_or_else(|| Error::CorruptObject { id: tree, source: "a tree entry is cut off".into() })?;
        let mut odd = |kind| oddities.push(Oddity { path: directory.join(raw.name), kind });
        let (node, usual) = node(raw.mode);
        if !usual {
            odd(OddityKind::UnknownMode);
        }
        if raw.id.is_null() {
            odd(OddityKind::NullId);
        }
        let key = (raw.name, node == Some(Node::Directory));
        if previous.is_some_and(|previous| git_order(previous, key).is_gt()) {
            odd(OddityKind::Unsorted);
        }
        previous = Some(key);
        let fresh = seen.insert(raw.name);
        if !fresh {
            odd(OddityKind::Duplicate);
        }
        let name = odd_name(raw.name);
        if let Some(kind) = name {
            odd(kind);
        }
        let Some(node) = node else { continue };
        if fresh && !raw.id.is_null() && matches!(name, None | Some(OddityKind::DotGit)) {
            level.push((raw.name, node, raw.id));
        }
    }
    Ok(level)
}

fn odd_name(name: &[u8]) -> Option<OddityKind> {
    match name {
        b"" => Some(OddityKind::EmptyName),
        b"." | b".." => Some(OddityKind::DotOrDotDot),
        _ if name.contains(&b'/') => Some(OddityKind::SlashInName),
        _ if name.eq_ignore_ascii_case(b".git") => Some(OddityKind::DotGit),
        _ => None,
    }
}

/// Lists everything below `root`, whose own path is `directory`, sorted by path.
pub(super) fn list(reader: &Reader<'_>, root: ObjectId, directory: RepoPath) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let mut budget = Budget::new(root);
    let mut buffer = Vec::new();
    let mut waiting = vec![(root, directory, 0)];
    while let Some((tree, directory, depth)) = waiting.pop() {
        if depth > MAX_DEPTH {
            return Err(Error::TreeTooDeep { id: root, limit: MAX_DEPTH });
        }
        reader.expect(tree, Kind::Tree, &mut buffer)?;
        for (name, node, id) in read_level(&buffer, tree, &directory, &mut listing.oddities)? {
            let path = directory.join(name);
            budget.spend(&path)?;
            match node {
                Node::Directory => waiting.push((id, path, depth + 1)),
                Node::Leaf(mode) => listing.entries.push(Entry { path, mode, id }),
            }
        }
    }
    listing.entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    listing.oddities.sort_unstable();
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directories_sort_as_if_they_ended_in_a_slash() {
        assert!(git_order((b"a", true), (b"a.b", false)).is_gt());
        assert!(git_order((b"a", false), (b"a.b", false)).is_lt());
        assert!(git_order((b"a", true), (b"a0", false)).is_lt());
        assert!(git_order((b"a", true), (b"a", true)).is_eq());
        assert!(git_order((b"a", false), (b"a", true)).is_lt());
    }

    #[test]
    fn modes_are_read_as_git_reads_them() {
        assert_eq!(node(b"100664"), (Some(Node::Leaf(FileMode::Regular)), true));
        assert_eq!(node(b"100600"), (Some(Node::Leaf(FileMode::Regular)), false));
        assert_eq!(node(b"100711"), (Some(Node::Leaf(FileMode::Executable)), false));
        assert_eq!(node(b"040000"), (Some(Node::Directory), false));
        assert_eq!(node(b"0"), (None, false));
        assert_eq!(node(b"+7"), (None, false));
    }

    proptest! {
        #[test]
        fn the_first_zero_is_found_wherever_it_is(
            before in proptest::collection::vec(1_u8.., 0..40),
            after in proptest::collection::vec(0..3_u8, 0..20),
        ) {
            let bytes = [&before[..], &after].concat();
            prop_assert_eq!(first_zero(&bytes), bytes.iter().position(|byte| *byte == 0));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let tree = ObjectId::from_bytes(&[7; 20]).unwrap();
            let _ = read_level(&bytes, tree, &RepoPath::root(), &mut Vec::new());
        }
    }
}
