//! Opens records where they lie, and asks for every digest in them again.
//!
//! Nothing that is read is believed: whoever opened something resolves the hashes and then calls
//! [`Records::require`]. Until that has passed, what was opened is hearsay.

use std::collections::hash_map;

use super::Error;
use super::directory::{LIST_LIMIT, MAX_DEPTH, Prefix, check_name};
use super::entry::Entry;
use super::error::Damage;
use super::forest::{Forest, Place, SegmentId, SetId, Shape};
use super::merkle::HashId;
use super::segment::{Claim, Content, Item, Link, Record, Segment, SegmentError};
use super::shelf::segment_path;
use crate::base::{ContentAddress, QuickMap};
use crate::hash::ContentDigest;
use crate::model::RepoPath;

/// Reads the ledger entry at a path; `None` when there is none.
type ReadEntry<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a;

/// The records of a ledger, and what was opened of them.
pub(super) struct Records<'a> {
    read: Box<ReadEntry<'a>>,
    pub(super) forest: Forest,
    /// Whether digests of contents are kept in the forest; names and shapes always are.
    keeps: bool,
    names: QuickMap<ContentAddress, SegmentId>,
    /// What was read, until [`Self::prove`].
    segments: QuickMap<SegmentId, Loaded>,
    /// Sets that were opened, with what their keys begin with: they need not be opened again.
    opened: QuickMap<Place, (SetId, Prefix)>,
    /// Sets of a drawn forest that records were found to be written for.
    pub(super) agreed: QuickMap<Place, SetId>,
    /// What was opened since the last proof.
    fresh: Vec<Place>,
    /// What links say, and the paths that lead to them, since then.
    claims: Vec<Claim>,
    paths: Vec<Below>,
    /// Hashes to be computed, what was claimed of each, and the directory it was claimed for.
    claimed: Vec<(HashId, ContentDigest, PathId)>,
}

/// How deep directories may be nested, as in git's trees.
const MAX_LEVELS: usize = 2048;

/// For so many files at most room is made before they are seen.
const MOST_EXPECTED: usize = 100_000;

/// A segment, and how many of its bytes no list has taken yet.
pub(super) struct Loaded {
    pub(super) segment: Segment,
    pub(super) left: usize,
}

/// Why there is no segment.
pub(super) enum Unloaded {
    /// The ledger has none of this name.
    Missing,
    /// It is not what its name says.
    Damaged(Damage),
    /// The ledger cannot be read.
    Failed(Error),
}

/// How far links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To records whose digest stands nowhere else.
    Near,
    /// To all that lies below.
    Whole,
}

/// Names a path; paths are put together only for whom they are told.
type PathId = usize;

/// One step of a path.
#[derive(Debug, Clone)]
enum Below {
    /// Begins here.
    Base(RepoPath),
    /// The directory of this entry, in another.
    Directory(PathId, Entry),
}

/// A set that a link leads to: a whole directory, or the part of one whose keys begin with `prefix`.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    place: Place,
    /// What the link says; where it stands in the list of claims.
    claim: Option<usize>,
    prefix: Prefix,
    path: PathId,
    /// How many directories it stands in.
    level: usize,
}

/// What is left to be done, the next last.
enum Step {
    Open(Wanted),
    /// Makes a set of the last two that were opened.
    Split(Wanted),
    /// Makes a list of the entries from this one on; the directories in it were opened.
    List(Wanted, usize),
}

/// Where [`Records::open`] stands.
#[derive(Default)]
struct Progress {
    steps: Vec<Step>,
    done: Vec<SetId>,
    entries: Vec<Entry>,
    /// For each of the entries that is no directory: the digest that its record states.
    digests: Vec<ContentDigest>,
}

/// Stands where no digest is asked for.
const NO_DIGEST: ContentDigest = ContentDigest { sha3_512: [0; 64], blake3: [0; 32] };

impl<'a> Records<'a> {
    pub(super) fn new(read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a) -> Self {
        Self {
            read: Box::new(read),
            forest: Forest::default(),
            keeps: true,
            names: QuickMap::default(),
            segments: QuickMap::default(),
            opened: QuickMap::default(),
            agreed: QuickMap::default(),
            fresh: Vec::new(),
            claims: Vec::new(),
            paths: Vec::new(),
            claimed: Vec::new(),
        }
    }

    /// As [`Self::new`], for whoever asks for names and shapes alone: digests of contents are hashed and forgotten.
    pub(super) fn lean(read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a) -> Self {
        Self { keeps: false, ..Self::new(read) }
    }

    /// Says whether nothing was opened yet.
    pub(super) fn is_empty(&self) -> bool {
        self.opened.is_empty()
    }

    /// Makes room for about so many files, of which a document speaks; what it says need not be so.
    pub(super) fn expect_files(&mut self, files: u64) {
        let files = usize::try_from(files).map_or(MOST_EXPECTED, |files| files.min(MOST_EXPECTED));
        // A directory of few files is one set.
        self.opened.reserve(files / 8);
        self.fresh.reserve(files);
        self.forest.expect_files(files);
    }

    /// Says where a record lies.
    pub(super) fn place(&mut self, segment: ContentAddress, offset: u64) -> Place {
        let forest = &mut self.forest;
        let segment = *self.names.entry(segment).or_insert_with(|| forest.add_segment(segment));
        Place { segment, offset }
    }

    /// Opens the set at `place`: the part of the directory `path` whose keys begin with `prefix`.
    ///
    /// What lies below is added to the forest, children before parents.
    pub(super) fn open(
        &mut self,
        place: Place,
        prefix: Prefix,
        reach: Reach,
        path: &RepoPath,
    ) -> Result<SetId, Error> {
        self.paths.push(Below::Base(path.clone()));
        let wanted = Wanted { place, claim: None, prefix, path: self.paths.len() - 1, level: 0 };
        let mut progress = Progress { steps: vec![Step::Open(wanted)], ..Progress::default() };
        while let Some(step) = progress.steps.pop() {
            match step {
                Step::Open(wanted) => match self.known(&wanted, reach)? {
                    Some(set) => progress.done.push(set),
                    None => self.parse(&wanted, &mut progress)?,
                },
                Step::Split(wanted) => {
                    let upper = progress.done.pop().expect("both parts were opened");
                    let lower = progress.done.pop().expect("both parts were opened");
                    let set = self.forest.split([lower, upper]).map_err(|_| self.mismatch(wanted.path))?;
                    // What fits a list is no split: one set has one shape.
                    if self.forest.set(set).tally.entries <= LIST_LIMIT as u64 {
                        return Err(self.mismatch(wanted.path));
                    }
                    progress.done.push(self.close(&wanted, set)?);
                }
                Step::List(wanted, from) => {
                    self.take_children(&mut progress, from);
                    let set = self.forest.sorted_list(&progress.entries[from..], &progress.digests[from..]);
                    progress.entries.truncate(from);
                    progress.digests.truncate(from);
                    let set = set.map_err(|_| self.mismatch(wanted.path))?;
                    progress.done.push(self.close(&wanted, set)?);
                }
            }
        }
        Ok(progress.done.pop().expect("the first step was to open one"))
    }

    /// Returns what a link leads to, where that need not be opened.
    fn known(&mut self, wanted: &Wanted, reach: Reach) -> Result<Option<SetId>, Error> {
        if let Some((set, opened)) = self.opened.get(&wanted.place).copied() {
            if !self.fits(set, &opened, &wanted.prefix) {
                return Err(self.mismatch(wanted.path));
            }
            self.expect(set, wanted)?;
            return Ok(Some(set));
        }
        let claim = wanted.claim.filter(|_| reach == Reach::Near).map(|claim| self.claims[claim]);
        Ok(claim.map(|claim| self.forest.stored(wanted.place, claim.tally, claim.set)))
    }

    /// Says whether a set that was opened where keys begin with `opened` may stand where they begin with `prefix`.
    fn fits(&self, set: SetId, opened: &Prefix, prefix: &Prefix) -> bool {
        let forest = &self.forest;
        match forest.set(set).shape {
            _ if opened == prefix => true,
            Shape::List(start, count) => {
                (count as usize <= LIST_LIMIT || prefix.depth() == MAX_DEPTH)
                    && forest.listed(start, count).iter().all(|entry| prefix.fits(forest.name(entry)))
            }
            // It has entries, and their keys begin with what they were opened for.
            Shape::Split(_) => false,
            Shape::Stored => true,
        }
    }

    /// Reads a record, and plans to open what lies below.
    fn parse(&mut self, wanted: &Wanted, progress: &mut Progress) -> Result<(), Error> {
        let segment = self.forest.segment(wanted.place.segment);
        let damaged = |source: Damage| Error::EntryDamaged { path: segment_path(segment), source };
        if let Err(unloaded) = self.loaded(wanted.place.segment) {
            return Err(match unloaded {
                Unloaded::Missing => Error::RecordMissing { directory: self.path(wanted.path), segment },
                Unloaded::Damaged(damage) => damaged(damage),
                Unloaded::Failed(error) => error,
            });
        }
        let loaded = self.segments.get_mut(&wanted.place.segment).expect("it was loaded");
        let record = loaded.segment.record(wanted.place.offset);
        match record.map_err(|error| damaged(error.into()))? {
            Record::Split(_) if wanted.prefix.depth() >= MAX_DEPTH => Err(self.mismatch(wanted.path)),
            Record::Split(links) => {
                progress.steps.push(Step::Split(*wanted));
                for side in [1, 0] {
                    let prefix = wanted.prefix.with(side);
                    let step = self.follow(&links[side], Wanted { prefix, ..*wanted });
                    progress.steps.push(step);
                }
                Ok(())
            }
            Record::List(mut items) => {
                let too_many = items.left() > LIST_LIMIT as u64 && wanted.prefix.depth() < MAX_DEPTH;
                if too_many || wanted.level > MAX_LEVELS {
                    return Err(self.mismatch(wanted.path));
                }
                let (from, first) = (progress.entries.len(), progress.steps.len());
                progress.steps.push(Step::List(*wanted, from));
                let mut before: Option<&[u8]> = None;
                let mut links = Vec::new();
                for item in &mut items {
                    let Item { mode, name, content } = item.map_err(|error| damaged(error.into()))?;
                    let sorted = before.is_none_or(|before| before < name);
                    if !sorted || check_name(name).is_err() || !wanted.prefix.fits(name) {
                        return Err(mismatch(&path_of(&self.paths, &self.forest, wanted.path)));
                    }
                    before = Some(name);
                    let (size, content, digest) = match content {
                        Content::File { size, digest } if self.keeps || mode.is_submodule() => {
                            (size, self.forest.hashes.known(digest), NO_DIGEST)
                        }
                        Content::File { size, digest } => (size, HashId::NONE, digest),
                        Content::Directory(link) => {
                            links.push((link, progress.entries.len()));
                            // Put in its place once the directory was opened.
                            (0, HashId::NONE, NO_DIGEST)
                        }
                    };
                    progress.entries.push(self.forest.leaf(mode, name, size, content));
                    progress.digests.push(digest);
                }
                // Records that began in one another would say much more than is stored.
                loaded.left = loaded
                    .left
                    .checked_sub(items.taken())
                    .ok_or_else(|| damaged(SegmentError::Overlap.into()))?;
                for (link, entry) in links {
                    self.paths.push(Below::Directory(wanted.path, progress.entries[entry]));
                    let (prefix, path) = (Prefix::default(), self.paths.len() - 1);
                    let level = wanted.level + 1;
                    let step = self.follow(&link, Wanted { prefix, path, level, ..*wanted });
                    progress.steps.push(step);
                }
                progress.steps[first + 1..].reverse();
                Ok(())
            }
        }
    }

    /// Plans to open what `link` leads to, from the record that `wanted` had opened.
    fn follow(&mut self, link: &Link, wanted: Wanted) -> Step {
        let place = match link.segment {
            Some(segment) => self.place(segment, link.offset),
            None => Place { segment: wanted.place.segment, offset: link.offset },
        };
        let claim = link.claim.map(|claim| {
            self.claims.push(claim);
            self.claims.len() - 1
        });
        Step::Open(Wanted { place, claim, ..wanted })
    }

    /// Reads a segment, unless that was done.
    pub(super) fn loaded(&mut self, id: SegmentId) -> Result<&mut Loaded, Unloaded> {
        match self.segments.entry(id) {
            hash_map::Entry::Occupied(loaded) => Ok(loaded.into_mut()),
            hash_map::Entry::Vacant(vacant) => {
                let segment = self.forest.segment(id);
                let bytes = (self.read)(&segment_path(segment)).map_err(Unloaded::Failed)?;
                let bytes = bytes.ok_or(Unloaded::Missing)?;
                if ContentAddress::of(&bytes) != segment {
                    return Err(Unloaded::Damaged(Damage::Name));
                }
                let segment = Segment::parse(bytes).map_err(|error| Unloaded::Damaged(error.into()))?;
                let left = segment.length();
                Ok(vacant.insert(Loaded { segment, left }))
            }
        }
    }

    /// Puts the directories that were opened last into the entries from `from` on.
    fn take_children(&mut self, progress: &mut Progress, from: usize) {
        let entries = &mut progress.entries[from..];
        let count = entries.iter().filter(|entry| entry.mode.is_directory()).count();
        let children = progress.done.split_off(progress.done.len() - count);
        let directories = entries.iter_mut().filter(|entry| entry.mode.is_directory());
        for (entry, child) in directories.zip(children) {
            entry.content = self.forest.directory(child);
            entry.size = self.forest.set(child).tally.bytes;
            entry.child = Some(child);
        }
    }

    /// Remembers where a set was opened, and holds it against what the link said of it.
    fn close(&mut self, wanted: &Wanted, set: SetId) -> Result<SetId, Error> {
        self.expect(set, wanted)?;
        self.forest.put_at(set, wanted.place);
        self.opened.insert(wanted.place, (set, wanted.prefix));
        self.fresh.push(wanted.place);
        Ok(set)
    }

    /// Holds a set against what the link said of it; the digest is compared by [`Self::require`].
    fn expect(&mut self, set: SetId, wanted: &Wanted) -> Result<(), Error> {
        let Some(claim) = wanted.claim.map(|claim| self.claims[claim]) else { return Ok(()) };
        let set = self.forest.set(set);
        if claim.tally != set.tally {
            return Err(self.mismatch(wanted.path));
        }
        self.claimed.push((set.hash, claim.set, wanted.path));
        Ok(())
    }

    /// Has [`Self::require`] compare a hash with a digest.
    pub(super) fn expect_digest(&mut self, hash: HashId, digest: ContentDigest, path: &RepoPath) {
        self.paths.push(Below::Base(path.clone()));
        self.claimed.push((hash, digest, self.paths.len() - 1));
    }

    /// Compares everything that was opened with what was claimed of it, once the hashes are resolved.
    ///
    /// # Errors
    /// `RootMismatch` names the first directory, children before parents, whose records do not add up.
    pub(super) fn require(&mut self) -> Result<(), Error> {
        let differs =
            |(hash, digest, _): &&(HashId, ContentDigest, _)| self.forest.hashes.get(*hash) != digest;
        match self.claimed.iter().find(differs) {
            Some((_, _, path)) => Err(self.mismatch(*path)),
            None => {
                self.claimed.clear();
                Ok(())
            }
        }
    }

    /// Remembers everything that was opened whole and has passed [`Self::require`] as proven.
    pub(super) fn prove(&mut self) {
        self.fresh.clear();
        self.claims.clear();
        self.paths.clear();
        self.segments.clear();
    }

    /// Forgets everything that was opened since the last proof: it does not add up.
    pub(super) fn forget(&mut self) {
        for place in &self.fresh {
            self.opened.remove(place);
        }
        self.claimed.clear();
        self.prove();
    }

    fn mismatch(&self, path: PathId) -> Error {
        mismatch(&self.path(path))
    }

    fn path(&self, path: PathId) -> RepoPath {
        path_of(&self.paths, &self.forest, path)
    }
}

/// Puts a path together.
fn path_of(paths: &[Below], forest: &Forest, path: PathId) -> RepoPath {
    let (mut names, mut at) = (Vec::new(), path);
    loop {
        match &paths[at] {
            Below::Directory(above, entry) => {
                names.push(forest.name(entry));
                at = *above;
            }
            Below::Base(base) => {
                return names.into_iter().rev().fold(base.clone(), |path, name| path.join(name));
            }
        }
    }
}

pub(super) fn mismatch(path: &RepoPath) -> Error {
    Error::RootMismatch { directory: path.clone() }
}
