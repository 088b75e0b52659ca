//! Opens records where they lie, and asks for every digest in them again.
//!
//! Nothing that is read is believed: whoever opened something resolves the hashes and then calls
//! [`Records::require`]. Until that has passed, what was opened is hearsay.

use std::collections::HashMap;
use std::vec::IntoIter;

use super::Error;
use super::directory::{Directory, Forest, LIST_LIMIT, MAX_DEPTH, Place, Set, Shape, bit, check_name, key};
use super::entry::Entry;
use super::error::Damage;
use super::merkle::HashId;
use super::segment::{Claim, Content, Item, Link, Record, Segment};
use super::shelf::segment_path;
use crate::base::ContentAddress;
use crate::hash::ContentDigest;
use crate::model::RepoPath;

/// Reads the ledger entry at a path; `None` when there is none.
type ReadEntry<'a> = dyn Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a;

/// The records of a ledger.
pub(super) struct Records<'a> {
    read: Box<ReadEntry<'a>>,
    segments: HashMap<ContentAddress, Segment>,
    /// Records that were computed once, and what they came to: they need not be opened again.
    proven: HashMap<Place, Claim>,
    /// Sets that were opened whole, by place: where the directory stands.
    directories: HashMap<Place, usize>,
    /// Hashes to be computed, what was claimed of each, and the directory it was claimed for.
    claimed: Vec<(HashId, ContentDigest, RepoPath)>,
}

/// How far links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To records whose digest stands nowhere else.
    Near,
    /// To all that lies below.
    Whole,
}

/// A set as its records have it, before the directories in it are opened.
enum Opened {
    List(Place, Vec<Item>),
    Split(Place, Box<[(Self, Option<Claim>); 2]>),
    Stored(Place, Claim),
}

/// A directory whose children are being opened.
struct Frame {
    path: RepoPath,
    place: Place,
    claim: Option<Claim>,
    opened: Opened,
    links: IntoIter<(Vec<u8>, Place, Option<Claim>)>,
    children: Vec<usize>,
}

impl<'a> Records<'a> {
    pub(super) fn new(read: impl Fn(&str) -> Result<Option<Vec<u8>>, Error> + 'a) -> Self {
        Self {
            read: Box::new(read),
            segments: HashMap::new(),
            proven: HashMap::new(),
            directories: HashMap::new(),
            claimed: Vec::new(),
        }
    }

    /// Opens the set at `place`: the part of the directory `path` whose keys begin with the bits `prefix`.
    ///
    /// What lies below is added to `forest`, children before parents.
    pub(super) fn open(
        &mut self,
        place: Place,
        prefix: &mut Vec<usize>,
        reach: Reach,
        path: &RepoPath,
        forest: &mut Forest,
    ) -> Result<Set, Error> {
        let bottom = self.frame(place, None, prefix.len(), reach, path.clone())?;
        let mut stack = vec![bottom];
        loop {
            let top = stack.last_mut().expect("the bottom is taken only with a return");
            if let Some((name, place, claim)) = top.links.next() {
                let path = top.path.join(&name);
                if let Some(claim) = claim.filter(|claim| self.is_enough(place, claim, reach)) {
                    top.children.push(stored(place, claim, forest));
                } else if let Some(index) = self.directories.get(&place).copied() {
                    self.expect(&forest.directories[index].set, claim, &path)?;
                    top.children.push(index);
                } else {
                    stack.push(self.frame(place, claim, 0, reach, path)?);
                }
                continue;
            }
            let done = stack.pop().expect("the loop looked at it");
            let mut children = done.children.into_iter();
            let Some(parent) = stack.last_mut() else {
                return self.close(done.opened, &mut children, prefix, path, forest);
            };
            let set = self.close(done.opened, &mut children, &mut Vec::new(), &done.path, forest)?;
            self.expect(&set, done.claim, &done.path)?;
            let index = forest.plant(set);
            self.directories.insert(done.place, index);
            parent.children.push(index);
        }
    }

    /// Says whether a link can be left unfollowed.
    fn is_enough(&self, place: Place, claim: &Claim, reach: Reach) -> bool {
        reach == Reach::Near || self.proven.get(&place) == Some(claim)
    }

    fn frame(
        &mut self,
        place: Place,
        claim: Option<Claim>,
        depth: usize,
        reach: Reach,
        path: RepoPath,
    ) -> Result<Frame, Error> {
        let opened = self.parts(place, depth, reach, &path)?;
        let mut links = Vec::new();
        opened.links(&mut links);
        Ok(Frame { path, place, claim, opened, links: links.into_iter(), children: Vec::new() })
    }

    /// Reads a record, and those of the parts it falls into.
    fn parts(&mut self, place: Place, depth: usize, reach: Reach, path: &RepoPath) -> Result<Opened, Error> {
        match self.record(place, path)? {
            Record::List(items) => Ok(Opened::List(place, items)),
            Record::Split(_) if depth >= MAX_DEPTH => Err(mismatch(path)),
            Record::Split(links) => {
                let mut side = |link: &Link| -> Result<_, Error> {
                    let part = link.place(place);
                    let opened = match link.claim {
                        Some(claim) if self.is_enough(part, &claim, reach) => Opened::Stored(part, claim),
                        _ => self.parts(part, depth + 1, reach, path)?,
                    };
                    Ok((opened, link.claim))
                };
                Ok(Opened::Split(place, Box::new([side(&links[0])?, side(&links[1])?])))
            }
        }
    }

    fn record(&mut self, place: Place, path: &RepoPath) -> Result<Record, Error> {
        let segment = place.segment;
        let damaged = |source: Damage| Error::EntryDamaged { path: segment_path(segment), source };
        if !self.segments.contains_key(&segment) {
            let missing = || Error::RecordMissing { directory: path.clone(), segment };
            let bytes = (self.read)(&segment_path(segment))?.ok_or_else(missing)?;
            if ContentAddress::of(&bytes) != segment {
                return Err(damaged(Damage::Name));
            }
            let parsed = Segment::parse(bytes).map_err(|error| damaged(error.into()))?;
            self.segments.insert(segment, parsed);
        }
        self.segments[&segment].record(place.offset).map_err(|error| damaged(error.into()))
    }

    /// Makes the set of what was opened; `children` are its directories, in order.
    fn close(
        &mut self,
        opened: Opened,
        children: &mut IntoIter<usize>,
        prefix: &mut Vec<usize>,
        path: &RepoPath,
        forest: &mut Forest,
    ) -> Result<Set, Error> {
        let (place, set) = match opened {
            Opened::Stored(place, claim) => return Ok(Set::stored(place, claim, forest)),
            Opened::List(place, items) => {
                let entries = entries(items, children, forest);
                if !is_list(&entries, prefix) {
                    return Err(mismatch(path));
                }
                (place, Set::list(entries, &mut forest.hashes))
            }
            Opened::Split(place, sides) => {
                let mut close = |number: usize, (opened, claim): (Opened, Option<Claim>)| {
                    prefix.push(number);
                    let set = self.close(opened, children, prefix, path, forest)?;
                    prefix.pop();
                    self.expect(&set, claim, path).map(|()| set)
                };
                let [lower, upper] = *sides;
                let sides = [close(0, lower)?, close(1, upper)?];
                (place, Set::split(sides, &mut forest.hashes))
            }
        };
        let mut set = set.map_err(|_| mismatch(path))?;
        // What fits a list is no split: one set has one shape.
        if matches!(set.shape, Shape::Split(_)) && set.tally.entries <= LIST_LIMIT as u64 {
            return Err(mismatch(path));
        }
        set.place = Some(place);
        Ok(set)
    }

    /// Holds a set against what a link said of it; the digest is compared by [`Self::require`].
    pub(super) fn expect(&mut self, set: &Set, claim: Option<Claim>, path: &RepoPath) -> Result<(), Error> {
        match claim {
            Some(claim) if claim.tally != set.tally => Err(mismatch(path)),
            Some(claim) => {
                self.expect_digest(set.hash, claim.set, path);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Has [`Self::require`] compare a hash with a digest.
    pub(super) fn expect_digest(&mut self, hash: HashId, digest: ContentDigest, path: &RepoPath) {
        self.claimed.push((hash, digest, path.clone()));
    }

    /// Compares everything that was opened with what was claimed of it, once the hashes are resolved.
    ///
    /// # Errors
    /// `RootMismatch` names the first directory, children before parents, whose records do not add up.
    pub(super) fn require(&mut self, forest: &Forest) -> Result<(), Error> {
        let differs = |(hash, digest, _): &(HashId, ContentDigest, _)| forest.hashes.get(*hash) != digest;
        match self.claimed.drain(..).find(differs) {
            Some((_, _, path)) => Err(mismatch(&path)),
            None => Ok(()),
        }
    }
}

impl Records<'_> {
    /// Remembers everything in `forest`, which was opened whole and has passed [`Self::require`], as proven.
    pub(super) fn prove(&mut self, forest: &Forest) {
        for directory in &forest.directories {
            let mut waiting = vec![&directory.set];
            while let Some(set) = waiting.pop() {
                if let Shape::Split(sides) = &set.shape {
                    waiting.extend(sides.iter());
                }
                if let Some(place) = set.place {
                    let claim = Claim { tally: set.tally, set: *forest.hashes.get(set.hash) };
                    self.proven.insert(place, claim);
                }
            }
        }
        self.segments.clear();
    }

    /// Begins another forest: where directories stand is said of one alone.
    pub(super) fn begin(&mut self) {
        self.directories.clear();
        self.claimed.clear();
    }
}

impl Opened {
    /// Gathers the directories in it, in the order in which [`Records::close`] takes them.
    fn links(&self, found: &mut Vec<(Vec<u8>, Place, Option<Claim>)>) {
        match self {
            Self::Stored(..) => {}
            Self::Split(_, sides) => sides.iter().for_each(|(opened, _)| opened.links(found)),
            Self::List(place, items) => found.extend(items.iter().filter_map(|item| match &item.content {
                Content::Directory(link) => Some((item.name.clone(), link.place(*place), link.claim)),
                Content::File { .. } => None,
            })),
        }
    }
}

impl Link {
    /// Says where the record is, seen from the one at `from`.
    fn place(&self, from: Place) -> Place {
        Place { segment: self.segment.unwrap_or(from.segment), offset: self.offset }
    }
}

impl Set {
    /// A set that only a link speaks of.
    fn stored(place: Place, claim: Claim, forest: &mut Forest) -> Self {
        let hash = forest.hashes.known(claim.set);
        Self { tally: claim.tally, hash, shape: Shape::Stored, place: Some(place) }
    }
}

fn stored(place: Place, claim: Claim, forest: &mut Forest) -> usize {
    let set = Set::stored(place, claim, forest);
    forest.plant(set)
}

fn entries(items: Vec<Item>, children: &mut IntoIter<usize>, forest: &mut Forest) -> Vec<Entry> {
    let mut entry = |item: Item| {
        let (size, files, content, child) = match item.content {
            Content::File { size, digest } => (size, 1, forest.hashes.known(digest), None),
            Content::Directory(_) => {
                let child = children.next().expect("each directory of the set was opened");
                let Directory { set, hash } = &forest.directories[child];
                (set.tally.bytes, set.tally.files, *hash, Some(child))
            }
        };
        Entry { name: item.name, mode: item.mode, size, content, files, child }
    };
    items.into_iter().map(&mut entry).collect()
}

/// Says whether entries are sorted, well named, not too many, and where their names put them.
fn is_list(entries: &[Entry], prefix: &[usize]) -> bool {
    let belongs = |entry: &Entry| {
        let key = key(&entry.name);
        prefix.iter().enumerate().all(|(depth, wanted)| bit(&key, depth) == *wanted)
    };
    (entries.len() <= LIST_LIMIT || prefix.len() == MAX_DEPTH)
        && entries.is_sorted_by(|one, other| one.name < other.name)
        && entries.iter().all(|entry| check_name(&entry.name).is_ok())
        && (prefix.is_empty() || entries.iter().all(belongs))
}

pub(super) fn mismatch(path: &RepoPath) -> Error {
    Error::RootMismatch { directory: path.clone() }
}
