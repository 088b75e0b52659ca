//! The directories of manifests in memory: names, entries and sets, each in one long list.
//!
//! What stands here never changes, so what two trees share stands once; and children stand before what holds them.

use std::hash::{Hash, Hasher};

use super::directory::{Key, LIST_LIMIT, MAX_DEPTH, Malformed, bit, key};
use super::entry::{Entry, EntryMode};
use super::merkle::{Content, HashId, Hashes, Leaf, Tally};
use crate::base::{ContentAddress, QuickSet};
use crate::hash::ContentDigest;

/// Directories, and the hashes that they are made of.
#[derive(Debug, Clone, Default)]
pub(super) struct Forest {
    pub(super) hashes: Hashes,
    /// One after another, without anything between them.
    names: Vec<u8>,
    entries: Vec<Entry>,
    sets: Vec<Set>,
    segments: Vec<ContentAddress>,
}

/// Names a set of a forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SetId(u32);

/// Names a segment that sets of a forest lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SegmentId(u32);

/// The entries of a directory, or of a part of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set {
    pub(super) tally: Tally,
    /// Its set hash.
    pub(super) hash: HashId,
    pub(super) shape: Shape,
    /// Where the ledger has its record.
    pub(super) place: Option<Place>,
    /// The digest of the directory that it is, once that was asked for.
    directory: Option<HashId>,
}

/// A set is a list, or two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Entries sorted by the bytes of their names: where they begin, and how many they are.
    List(u32, u32),
    /// The entries with bit 0, and those with bit 1.
    Split([SetId; 2]),
    /// Stands in its place, and was not read.
    Stored,
}

/// Where a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) segment: SegmentId,
    /// From the first record of the segment, in bytes.
    pub(super) offset: u64,
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // One number is hashed faster than two; no segment is so long that two places often share one.
        state.write_u64(u64::from(self.segment.0) << 32 ^ self.offset);
    }
}

/// What becomes of a number that no memory has room to reach.
const FULL: &str = "4 Gi of these would take more memory than there is";

impl SetId {
    /// Returns its place in a list of all sets.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Forest {
    /// Returns a set.
    pub(super) fn set(&self, id: SetId) -> &Set {
        &self.sets[id.index()]
    }

    /// Makes room for about so many files: lists that grow to megabytes are copied as they do.
    pub(super) fn expect_files(&mut self, files: usize) {
        self.entries.reserve(files + files / 8);
        self.sets.reserve(files);
        self.names.reserve(files * 16);
        self.hashes.expect(files);
    }

    /// Returns how many sets there are.
    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    /// Returns the sets that stand before `end` and `end` itself, the last first.
    pub(super) fn down_from(end: SetId) -> impl Iterator<Item = SetId> {
        (0..=end.0).rev().map(SetId)
    }

    /// Returns the name of an entry.
    pub(super) fn name(&self, entry: &Entry) -> &[u8] {
        &self.names[entry.name_range()]
    }

    /// Returns the digest of an entry's content, or of the directory that it is.
    pub(super) fn content(&self, entry: &Entry) -> &ContentDigest {
        self.hashes.get(entry.content)
    }

    /// Returns how many files an entry stands for.
    pub(super) fn files(&self, entry: &Entry) -> u64 {
        entry.child.map_or(1, |child| self.set(child).tally.files)
    }

    /// Makes an entry for a file, a link or a submodule.
    pub(super) fn leaf(&mut self, mode: EntryMode, name: &[u8], size: u64, content: HashId) -> Entry {
        Entry::new(self.keep_name(name), mode, size, content, None)
    }

    /// Makes an entry for the directory `child`.
    pub(super) fn branch(&mut self, name: &[u8], child: SetId) -> Entry {
        let content = self.directory(child);
        let size = self.set(child).tally.bytes;
        Entry::new(self.keep_name(name), EntryMode::DIRECTORY, size, content, Some(child))
    }

    /// Keeps a name; says where it begins, and its length, which is at most 65,535.
    pub(super) fn keep_name(&mut self, name: &[u8]) -> (usize, u16) {
        let start = self.names.len();
        self.names.extend_from_slice(name);
        (start, u16::try_from(name.len()).expect("names were checked to be no longer"))
    }

    /// Returns the digest of the directory that a set is, or will be once hashes are resolved.
    pub(super) fn directory(&mut self, id: SetId) -> HashId {
        let set = &mut self.sets[id.index()];
        *set.directory.get_or_insert_with(|| self.hashes.directory(set.tally, set.hash))
    }

    /// Returns the digest of a directory that was asked for and is known.
    pub(super) fn directory_digest(&self, id: SetId) -> &ContentDigest {
        self.hashes.get(self.set(id).directory.expect("the digest of the directory was asked for"))
    }

    /// Says where a segment's sets lie.
    pub(super) fn segment(&self, id: SegmentId) -> ContentAddress {
        self.segments[id.0 as usize]
    }

    /// Takes a segment that was not named before.
    pub(super) fn add_segment(&mut self, segment: ContentAddress) -> SegmentId {
        self.segments.push(segment);
        SegmentId(u32::try_from(self.segments.len() - 1).expect(FULL))
    }

    /// Takes a set that only a link speaks of.
    pub(super) fn stored(&mut self, place: Place, tally: Tally, digest: ContentDigest) -> SetId {
        let hash = self.hashes.known(digest);
        self.push(Set { tally, hash, shape: Shape::Stored, place: Some(place), directory: None })
    }

    /// Says where the record of a set is.
    pub(super) fn put_at(&mut self, id: SetId, place: Place) {
        self.sets[id.index()].place = Some(place);
    }

    /// Lets a set that only a link spoke of be what was opened in its place.
    pub(super) fn reveal(&mut self, stored: SetId, opened: SetId) {
        self.sets[stored.index()] = self.sets[opened.index()];
    }

    /// Makes the set of `entries`, which agree in the first `depth` bits of their keys and have names of their own.
    pub(super) fn grow(&mut self, entries: Vec<Entry>, depth: usize) -> Result<SetId, Malformed> {
        if entries.len() <= LIST_LIMIT {
            return self.list(entries);
        }
        let mut keyed: Vec<(Key, Entry)> =
            entries.into_iter().map(|entry| (key(self.name(&entry)), entry)).collect();
        keyed.sort_unstable_by_key(|(key, _)| *key);
        self.grow_keyed(&keyed, depth)
    }

    /// As [`Self::grow`], with entries sorted by their keys.
    fn grow_keyed(&mut self, keyed: &[(Key, Entry)], depth: usize) -> Result<SetId, Malformed> {
        // 256 bits are all a key has; two names that share them all would be a SHA-256 collision.
        if keyed.len() <= LIST_LIMIT || depth == MAX_DEPTH {
            return self.list(keyed.iter().map(|(_, entry)| *entry).collect());
        }
        let (lower, upper) = keyed.split_at(keyed.partition_point(|(key, _)| bit(key, depth) == 0));
        let sides = [self.grow_keyed(lower, depth + 1)?, self.grow_keyed(upper, depth + 1)?];
        self.split(sides)
    }

    /// Makes a set of one list, in any order.
    pub(super) fn list(&mut self, mut entries: Vec<Entry>) -> Result<SetId, Malformed> {
        entries.sort_unstable_by(|one, other| self.name(one).cmp(self.name(other)));
        self.sorted_list(&entries, &[])
    }

    /// Makes a set of one list, sorted by name.
    ///
    /// An entry whose content was not kept has its digest in `passing`, in the same place.
    pub(super) fn sorted_list(
        &mut self,
        entries: &[Entry],
        passing: &[ContentDigest],
    ) -> Result<SetId, Malformed> {
        let mut tally = Tally::default();
        for entry in entries {
            let one = Tally { entries: 1, files: self.files(entry), bytes: entry.size };
            tally = tally.plus(one).ok_or(Malformed::TooLarge)?;
        }
        let names = &self.names;
        let hash = self.hashes.list_of(entries.iter().enumerate().map(|(at, entry)| {
            let content = match entry.content {
                HashId::NONE => Content::Passing(&passing[at]),
                content => Content::At(content),
            };
            leaf_of(names, entry, content)
        }));
        let start = u32::try_from(self.entries.len()).expect(FULL);
        self.entries.extend_from_slice(entries);
        let shape = Shape::List(start, u32::try_from(entries.len()).expect(FULL));
        Ok(self.push(Set { tally, hash, shape, place: None, directory: None }))
    }

    /// Asks for the hash of an entry.
    pub(super) fn leaf_hash(&mut self, entry: &Entry) -> HashId {
        self.hashes.leaf(leaf_of(&self.names, entry, Content::At(entry.content)))
    }

    /// Joins two sets: of the entries with bit 0, then of those with bit 1.
    pub(super) fn split(&mut self, sides: [SetId; 2]) -> Result<SetId, Malformed> {
        let [one, other] = sides.map(|side| (self.set(side).tally, self.set(side).hash));
        let tally = one.0.plus(other.0).ok_or(Malformed::TooLarge)?;
        let hash = self.hashes.split([one, other]);
        Ok(self.push(Set { tally, hash, shape: Shape::Split(sides), place: None, directory: None }))
    }

    fn push(&mut self, set: Set) -> SetId {
        self.sets.push(set);
        SetId(u32::try_from(self.sets.len() - 1).expect(FULL))
    }

    /// Returns the entries of a list.
    pub(super) fn listed(&self, start: u32, count: u32) -> &[Entry] {
        &self.entries[start as usize..start as usize + count as usize]
    }

    /// Finds an entry by its name, in what was read.
    pub(super) fn get(&self, set: SetId, name: &[u8]) -> Option<&Entry> {
        let (key, mut depth, mut set) = (key(name), 0, set);
        while let Shape::Split(sides) = self.set(set).shape {
            set = sides[bit(&key, depth)];
            depth += 1;
        }
        match self.set(set).shape {
            Shape::List(start, count) => {
                self.listed(start, count).iter().find(|entry| self.name(entry) == name)
            }
            _ => None,
        }
    }

    /// Returns the names of the directories and submodules of `set` that were others in `old`; `None` when the two
    /// have other names or modes, or other parts.
    pub(super) fn other_objects(&self, old: SetId, set: SetId) -> Option<QuickSet<&[u8]>> {
        let (mut waiting, mut others) = (vec![[old, set]], QuickSet::default());
        while let Some(pair) = waiting.pop() {
            if pair[0] == pair[1] {
                continue;
            }
            match pair.map(|set| self.set(set).shape) {
                [Shape::Split(old), Shape::Split(new)] => {
                    waiting.extend([[old[0], new[0]], [old[1], new[1]]]);
                }
                [Shape::List(old, count), Shape::List(new, same)] if count == same => {
                    for (old, new) in self.listed(old, count).iter().zip(self.listed(new, count)) {
                        if old.mode != new.mode || self.name(old) != self.name(new) {
                            return None;
                        }
                        let submodule = new.mode.is_submodule();
                        if old.child != new.child || submodule && self.content(old) != self.content(new) {
                            others.insert(self.name(new));
                        }
                    }
                }
                _ => return None,
            }
        }
        Some(others)
    }

    /// Returns the entries of a set that were read, in the order of its parts.
    pub(super) fn entries(&self, set: SetId) -> Vec<&Entry> {
        self.entries_where(set, |_| true)
    }

    /// Returns the entries of a set that were read, sorted by the bytes of their names.
    pub(super) fn sorted_entries(&self, set: SetId) -> Vec<&Entry> {
        self.sorted_as(set, |_| b"")
    }

    /// As [`Self::sorted_entries`], in git's order: a directory stands as if its name ended in a slash.
    pub(super) fn entries_as_in_git(&self, set: SetId) -> Vec<&Entry> {
        self.sorted_as(set, |entry| if entry.mode.is_directory() { b"/" } else { b"" })
    }

    /// Sorts entries by their names with something behind them.
    fn sorted_as(&self, set: SetId, end: impl Fn(&Entry) -> &'static [u8]) -> Vec<&Entry> {
        // The first bytes of a name tell most names apart, without a look at where names are kept.
        let first = |entry: &Entry| {
            let (name, end, mut first) = (self.name(entry), end(entry), [0; 8]);
            let length = name.len().min(8);
            first[..length].copy_from_slice(&name[..length]);
            first[length..].iter_mut().zip(end).for_each(|(to, byte)| *to = *byte);
            u64::from_be_bytes(first)
        };
        let mut entries: Vec<(u64, &Entry)> = Vec::with_capacity(
            usize::try_from(self.set(set).tally.entries).map_or(0, |count| count.min(self.entries.len())),
        );
        self.visit(set, |_| true, |listed| entries.extend(listed.iter().map(|entry| (first(entry), entry))));
        entries.sort_unstable_by(|(one, first), (other, second)| {
            one.cmp(other).then_with(|| {
                let (first, second) = ((self.name(first), end(first)), (self.name(second), end(second)));
                first.0.iter().chain(first.1).cmp(second.0.iter().chain(second.1))
            })
        });
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Returns the entries of the parts that are stored nowhere yet.
    pub(super) fn new_entries(&self, set: SetId) -> Vec<&Entry> {
        self.entries_where(set, |set| set.place.is_none())
    }

    fn entries_where(&self, set: SetId, wanted: impl Fn(&Set) -> bool) -> Vec<&Entry> {
        let mut found = Vec::new();
        self.visit(set, wanted, |listed| found.extend(listed));
        found
    }

    /// Hands out the lists of a set that were read, in the order of its parts, where no part on the way is unwanted.
    fn visit<'s>(&'s self, set: SetId, wanted: impl Fn(&Set) -> bool, mut see: impl FnMut(&'s [Entry])) {
        let mut waiting = vec![set];
        while let Some(set) = waiting.pop() {
            let set = self.set(set);
            match set.shape {
                _ if !wanted(set) => {}
                Shape::List(start, count) => see(self.listed(start, count)),
                Shape::Split([lower, upper]) => waiting.extend([upper, lower]),
                Shape::Stored => {}
            }
        }
    }
}

/// Puts an entry as it is hashed.
fn leaf_of<'a>(names: &'a [u8], entry: &Entry, content: Content<'a>) -> Leaf<'a> {
    Leaf { mode: entry.mode, size: entry.size, name: &names[entry.name_range()], content }
}
