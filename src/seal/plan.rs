//! Compares two trees of git and says which directories have to be sealed anew, and with which entries.
//!
//! Equal trees are never entered, and of several equal ones one is: the cost follows the change, and a tree that
//! repeats itself a billion times costs what it stores.

use super::Error;
use super::entry::{EntryMode, Kind};
use super::trees::Trees;
use crate::base::{QuickMap, QuickSet};
use crate::git::{IndexedTree, RawEntry};
use crate::model::{ObjectId, RepoPath};

/// What has to be done so that the tree is sealed.
#[derive(Debug)]
pub(super) struct Plan {
    /// Directories that stand in both trees and differ; children before parents.
    pub(super) pairs: Vec<Planned>,
    /// Directories that only the new tree has; children before parents.
    pub(super) fresh: Vec<Planned>,
    /// The top directory.
    pub(super) top: Below,
    /// What the old tree has in directories that differ, by what git calls it: where to find it.
    known: QuickMap<(bool, ObjectId), Source>,
}

/// A directory that has to be sealed anew.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) path: RepoPath,
    /// What differs from the old directory, by name.
    pub(super) changes: Vec<Change>,
}

/// One name of a directory.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) name: Vec<u8>,
    pub(super) before: Option<Raw>,
    pub(super) after: Option<Raw>,
    /// For a directory: where its plan is.
    pub(super) below: Option<Below>,
}

/// An entry as the tree object has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) mode: EntryMode,
    pub(super) id: ObjectId,
}

/// Where the plan of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// In the list of pairs.
    Pair(usize),
    /// In the list of fresh ones.
    Fresh(usize),
}

/// An entry of the old tree: the pair whose old side has it, and its name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) pair: usize,
    pub(super) name: Vec<u8>,
}

/// Why no plan was made.
#[derive(Debug)]
pub(super) enum Stop {
    /// The new tree cannot be sealed, or the work was interrupted.
    New(Error),
    /// The old tree cannot be read; without it the new one can still be sealed.
    Old(Error),
}

impl Plan {
    /// Plans how to seal `new` when `old` is sealed.
    pub(super) fn new(trees: &mut Trees<'_>, old: Option<ObjectId>, new: ObjectId) -> Result<Self, Stop> {
        let mut walk = Walk { trees, pairs: Vec::new(), fresh: Vec::new() };
        let Some(old) = old else {
            let top = walk.fresh(new, &RepoPath::root(), &|_| false, &mut QuickMap::default())?;
            return Ok(Self { pairs: walk.pairs, fresh: walk.fresh, top, known: QuickMap::default() });
        };
        let top = walk.pairs(old, new)?;
        let known = known(&walk.pairs);
        let mut done = QuickMap::default();
        for index in 0..walk.pairs.len() {
            for at in 0..walk.pairs[index].changes.len() {
                let Planned { path, changes, .. } = &walk.pairs[index];
                let change = &changes[at];
                let Some(after) = change.after.filter(|after| after.mode.is_directory()) else { continue };
                if change.below.is_none() && !known.contains_key(&(true, after.id)) {
                    let path = path.join(&change.name);
                    let elsewhere = |id: &ObjectId| known.contains_key(&(true, *id));
                    let below = walk.fresh(after.id, &path, &elsewhere, &mut done)?;
                    walk.pairs[index].changes[at].below = Some(below);
                }
            }
        }
        Ok(Self { pairs: walk.pairs, fresh: walk.fresh, top, known })
    }

    /// Says where the old tree has the same content, or the same directory.
    pub(super) fn source(&self, raw: Raw) -> Option<&Source> {
        self.known.get(&(raw.mode.is_directory(), raw.id))
    }

    /// Returns the blobs that are new, each once, with where the first of them stands.
    pub(super) fn contents(&self) -> Vec<ObjectId> {
        let mut seen = QuickSet::default();
        let changes = self.fresh.iter().chain(&self.pairs).flat_map(|planned| &planned.changes);
        changes
            .filter_map(|change| change.after)
            .filter(|raw| {
                matches!(raw.mode.kind(), Kind::File | Kind::Symlink) && self.source(*raw).is_none()
            })
            .map(|raw| raw.id)
            .filter(|id| seen.insert(*id))
            .collect()
    }

    /// Counts the files of the new tree, wherever they stand, that are not taken over.
    pub(super) fn touched(&self) -> u64 {
        let (mut fresh, mut pairs): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        for planned in &self.fresh {
            fresh.push(self.touched_in(planned, &fresh, &pairs));
        }
        for planned in &self.pairs {
            pairs.push(self.touched_in(planned, &fresh, &pairs));
        }
        match self.top {
            Below::Pair(index) => pairs[index],
            Below::Fresh(index) => fresh[index],
        }
    }

    fn touched_in(&self, planned: &Planned, fresh: &[u64], pairs: &[u64]) -> u64 {
        let count = |change: &Change| match (change.after, change.below) {
            (_, Some(Below::Pair(index))) => pairs[index],
            (_, Some(Below::Fresh(index))) => fresh[index],
            (Some(raw), None) => u64::from(self.source(raw).is_none()),
            (None, None) => 0,
        };
        planned.changes.iter().map(count).fold(0, u64::saturating_add)
    }

    /// Finds the first path with this content.
    pub(super) fn path_of(&self, id: ObjectId) -> Option<RepoPath> {
        let mut all = self.fresh.iter().chain(&self.pairs);
        all.find_map(|planned| {
            let is_it = |change: &&Change| change.after.is_some_and(|after| after.id == id);
            planned.changes.iter().find(is_it).map(|change| planned.path.join(&change.name))
        })
    }
}

/// Where each thing of the old side of `pairs` is to be found.
fn known(pairs: &[Planned]) -> QuickMap<(bool, ObjectId), Source> {
    let mut known = QuickMap::default();
    for (pair, planned) in pairs.iter().enumerate() {
        for change in &planned.changes {
            if let Some(before) = change.before.filter(|before| before.mode.kind() != Kind::Gitlink) {
                let source = Source { pair, name: change.name.clone() };
                known.insert((before.mode.is_directory(), before.id), source);
            }
        }
    }
    known
}

struct Walk<'a, 'r> {
    trees: &'a mut Trees<'r>,
    pairs: Vec<Planned>,
    fresh: Vec<Planned>,
}

/// A directory whose subdirectories are being planned.
struct Frame<K> {
    key: K,
    planned: Planned,
    next: usize,
}

impl Walk<'_, '_> {
    /// Plans the directories that stand in both trees.
    fn pairs(&mut self, old: ObjectId, new: ObjectId) -> Result<Below, Stop> {
        let (mut done, mut active) = (QuickMap::default(), QuickSet::from_iter([(old, new)]));
        let mut stack = vec![self.pair(old, new, RepoPath::root(), 0)?];
        while let Some(top) = stack.last_mut() {
            let Some(change) = top.planned.changes.get_mut(top.next) else {
                let finished = stack.pop().expect("the loop looked at it");
                active.remove(&finished.key);
                done.insert(finished.key, self.pairs.len());
                self.pairs.push(finished.planned);
                continue;
            };
            let directories = (change.before, change.after);
            if let (Some(before), Some(after)) = directories
                && before.mode.is_directory()
                && after.mode.is_directory()
            {
                let key = (before.id, after.id);
                if let Some(index) = done.get(&key) {
                    change.below = Some(Below::Pair(*index));
                } else {
                    let path = top.planned.path.join(&change.name);
                    if !active.insert(key) {
                        return Err(contains_itself(path));
                    }
                    let depth = stack.len();
                    stack.push(self.pair(key.0, key.1, path, depth)?);
                    continue;
                }
            }
            top.next += 1;
        }
        Ok(Below::Pair(self.pairs.len() - 1))
    }

    /// Plans a directory that only the new tree has, but for what the old one has somewhere else.
    fn fresh(
        &mut self,
        new: ObjectId,
        path: &RepoPath,
        known: &dyn Fn(&ObjectId) -> bool,
        done: &mut QuickMap<ObjectId, usize>,
    ) -> Result<Below, Stop> {
        if let Some(index) = done.get(&new) {
            return Ok(Below::Fresh(*index));
        }
        let mut active = QuickSet::from_iter([new]);
        let mut stack = vec![self.single(new, path.clone(), 0)?];
        while let Some(top) = stack.last_mut() {
            let Some(change) = top.planned.changes.get_mut(top.next) else {
                let finished = stack.pop().expect("the loop looked at it");
                active.remove(&finished.key);
                done.insert(finished.key, self.fresh.len());
                self.fresh.push(finished.planned);
                continue;
            };
            let wanted = |raw: &Raw| raw.mode.is_directory() && !known(&raw.id);
            if let Some(after) = change.after.filter(wanted) {
                if let Some(index) = done.get(&after.id) {
                    change.below = Some(Below::Fresh(*index));
                } else {
                    let path = top.planned.path.join(&change.name);
                    // Trees are read as they are stored, so a broken store can hold such a one.
                    if !active.insert(after.id) {
                        return Err(contains_itself(path));
                    }
                    let depth = stack.len();
                    stack.push(self.single(after.id, path, depth)?);
                    continue;
                }
            }
            top.next += 1;
        }
        Ok(Below::Fresh(self.fresh.len() - 1))
    }

    fn pair(
        &mut self,
        old: ObjectId,
        new: ObjectId,
        path: RepoPath,
        depth: usize,
    ) -> Result<Frame<(ObjectId, ObjectId)>, Stop> {
        // The old one first: git packs it as what differs from the new one, whose text is made on the way.
        let before = self.trees.get(old, None, &path, depth).map_err(Stop::Old)?;
        let after = self.trees.get(new, Some(&before), &path, depth).map_err(Stop::New)?;
        let changes = changes(&before, &after);
        Ok(Frame { key: (old, new), planned: Planned { path, changes }, next: 0 })
    }

    fn single(&mut self, new: ObjectId, path: RepoPath, depth: usize) -> Result<Frame<ObjectId>, Stop> {
        let tree = self.trees.get(new, None, &path, depth).map_err(Stop::New)?;
        let changes = differences(&[], &lines(&tree));
        Ok(Frame { key: new, planned: Planned { path, changes }, next: 0 })
    }
}

/// Name and content of an entry.
type Line<'a> = (&'a [u8], Raw);

/// Says what differs between two trees, by name.
fn changes(before: &IndexedTree, after: &IndexedTree) -> Vec<Change> {
    let Some(places) = before.other_objects(after) else { return differences(&lines(before), &lines(after)) };
    let change = |place| {
        let (old, new) = (before.entry(place), after.entry(place));
        let [before, after] = [&old, &new].map(|entry| Some(raw(entry)));
        Change { name: new.name.to_vec(), before, after, below: None }
    };
    let mut changes: Vec<Change> = places.into_iter().map(change).collect();
    changes.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    changes
}

/// Returns the entries of a tree that was checked, sorted by name.
fn lines(tree: &IndexedTree) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = tree.entries().map(|entry| (entry.name, raw(&entry))).collect();
    lines.sort_unstable_by_key(|(name, _)| *name);
    lines
}

fn raw(entry: &RawEntry<'_>) -> Raw {
    Raw { mode: EntryMode::parse(entry.mode).expect("the tree was checked"), id: entry.id }
}

/// Merges two lists that are sorted by name, leaving out what is the same in both.
fn differences(before: &[Line<'_>], after: &[Line<'_>]) -> Vec<Change> {
    let (mut before, mut after) = (before.iter().peekable(), after.iter().peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return changes,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(one), Some(other)) => one.0.cmp(other.0),
        };
        let old = if order.is_le() { before.next() } else { None };
        let new = if order.is_ge() { after.next() } else { None };
        let (old_raw, new_raw) = (old.map(|one| one.1), new.map(|one| one.1));
        if old_raw != new_raw
            && let Some((name, _)) = new.or(old)
        {
            changes.push(Change { name: name.to_vec(), before: old_raw, after: new_raw, below: None });
        }
    }
}

fn contains_itself(path: RepoPath) -> Stop {
    Stop::New(Error::HostileTree { path, what: "it contains itself".to_owned() })
}
