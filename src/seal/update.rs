//! Makes the boundary of a tree from that of an older one: what did not change is taken over, not looked at.
//!
//! Every record that is looked at is computed again up to the old roots, so a changed record is noticed. What is
//! trusted is that the old roots themselves were honest.

use std::collections::HashMap;

use super::Error;
use super::build::Found;
use super::content::Blobs;
use super::directory::{Forest, Key, LIST_LIMIT, Malformed, Place, Set, Shape, bit, key};
use super::entry::{Entry, Kind};
use super::manifest::Document;
use super::plan::{Below, Plan, Planned, Raw, Source, Stop, hostile};
use super::records::{Reach, Records, mismatch};
use crate::model::RepoPath;

/// One name of a directory, by its key: what shall stand there, and whether something did.
struct Edit {
    key: Key,
    name: Vec<u8>,
    before: Option<Raw>,
    after: Option<Entry>,
}

/// A tree that grows out of an old one.
pub(super) struct Update<'a, 'r> {
    plan: &'a Plan,
    blobs: &'a Blobs,
    records: Records<'r>,
    forest: Forest,
    /// Where the old side of each pair stands.
    old: Vec<usize>,
    /// Where the new side of each pair stands.
    pairs: Vec<usize>,
    fresh: Vec<usize>,
}

/// Makes the new tree; returns it with the place of its top directory.
///
/// `old` and `place` say what was sealed before, and where its records begin.
pub(super) fn update(
    plan: &Plan,
    blobs: &Blobs,
    old: &Document,
    place: Place,
    records: Records<'_>,
) -> Result<(Forest, usize), Stop> {
    let mut update = Update {
        plan,
        blobs,
        records,
        forest: Forest::default(),
        old: vec![0; plan.pairs.len()],
        pairs: Vec::new(),
        fresh: Vec::new(),
    };
    update.open_old(old, place).map_err(Stop::Old)?;
    for planned in &plan.fresh {
        let set = update.make_fresh(planned)?;
        update.fresh.push(update.forest.plant(set));
    }
    for (pair, planned) in plan.pairs.iter().enumerate() {
        let set = update.make_pair(pair, planned)?;
        update.pairs.push(update.forest.plant(set));
    }
    let top = match plan.top {
        Below::Pair(pair) => update.pairs[pair],
        Below::Fresh(index) => update.fresh[index],
    };
    update.forest.hashes.resolve(1);
    update.records.require(&update.forest).map_err(Stop::Old)?;
    Ok((update.forest, top))
}

impl Update<'_, '_> {
    /// Finds the old side of every pair, parents before children.
    fn open_old(&mut self, old: &Document, place: Place) -> Result<(), Error> {
        let top = RepoPath::root();
        let set = self.records.open(place, &mut Vec::new(), Reach::Near, &top, &mut self.forest)?;
        if (set.tally.files, set.tally.bytes) != (old.roots.files, old.roots.bytes) {
            return Err(mismatch(&top));
        }
        let index = self.forest.plant(set);
        let hash = self.forest.directories[index].hash;
        self.records.expect_digest(hash, old.roots.digest(), &top);
        let Some(last) = self.old.last_mut() else { return Ok(()) };
        *last = index;
        for (pair, planned) in self.plan.pairs.iter().enumerate().rev() {
            for change in &planned.changes {
                if let Some(Below::Pair(child)) = change.below {
                    let entry = self.find_old(&Source { pair, name: change.name.clone() })?;
                    self.old[child] = entry.child.ok_or_else(|| mismatch(&planned.path))?;
                }
            }
        }
        Ok(())
    }

    /// Finds an entry in the old side of a pair, opening what has to be opened.
    fn find_old(&mut self, source: &Source) -> Result<Entry, Error> {
        let (index, path) = (self.old[source.pair], self.plan.pairs[source.pair].path.clone());
        // Taken out while it is looked through: what is opened is planted beside it.
        let shape = std::mem::replace(&mut self.forest.directories[index].set.shape, Shape::Stored);
        let mut set = Set { shape, ..self.forest.directories[index].set.clone() };
        let found = self.records.find(&mut set, &source.name, &path, &mut self.forest);
        self.forest.directories[index].set = set;
        found?.ok_or_else(|| mismatch(&path))
    }

    /// Opens a set that only a link spoke of.
    fn open_set(&mut self, set: &mut Set, prefix: &mut Vec<usize>, path: &RepoPath) -> Result<(), Error> {
        self.records.open_stored(set, prefix, path, &mut self.forest)
    }

    fn make_fresh(&mut self, planned: &Planned) -> Result<Set, Stop> {
        let mut entries = Vec::with_capacity(planned.changes.len());
        for change in &planned.changes {
            if let Some(raw) = change.after {
                entries.push(self.found(raw, change.below)?.named(raw, &change.name));
            }
        }
        Set::new(entries, 0, &mut self.forest.hashes)
            .map_err(|malformed| Stop::New(hostile(&planned.path, &malformed)))
    }

    fn make_pair(&mut self, pair: usize, planned: &Planned) -> Result<Set, Stop> {
        let mut edits = Vec::with_capacity(planned.changes.len());
        for change in &planned.changes {
            let after = match change.after {
                Some(raw) => Some(self.found(raw, change.below)?.named(raw, &change.name)),
                None => None,
            };
            let (key, name) = (key(&change.name), change.name.clone());
            edits.push(Edit { key, name, before: change.before, after });
        }
        let set = self.forest.directories[self.old[pair]].set.clone();
        self.apply(set, &mut Vec::new(), edits, &planned.path)
    }

    /// Finds what an entry of the new tree stands for: planned, taken over from the old tree, or digested.
    fn found(&mut self, raw: Raw, below: Option<Below>) -> Result<Found, Stop> {
        match below {
            Some(Below::Pair(index)) => return Ok(Found::directory(self.pairs[index], &self.forest)),
            Some(Below::Fresh(index)) => return Ok(Found::directory(self.fresh[index], &self.forest)),
            None => {}
        }
        let Some(source) = self.plan.source(raw).filter(|_| raw.mode.kind() != Kind::Gitlink) else {
            return Ok(Found::leaf(raw, self.blobs, &mut self.forest));
        };
        let entry = self.find_old(source).map_err(Stop::Old)?;
        let is_content = matches!(entry.mode.kind(), Kind::File | Kind::Symlink);
        if entry.mode.is_directory() != raw.mode.is_directory() || is_content == raw.mode.is_directory() {
            return Err(Stop::Old(mismatch(&self.plan.pairs[source.pair].path)));
        }
        Ok(Found { size: entry.size, files: entry.files, content: entry.content, child: entry.child })
    }

    /// Makes `edits`, sorted by name, in the part whose keys begin with the bits `prefix`.
    fn apply(
        &mut self,
        mut set: Set,
        prefix: &mut Vec<usize>,
        edits: Vec<Edit>,
        path: &RepoPath,
    ) -> Result<Set, Stop> {
        if edits.is_empty() {
            return Ok(set);
        }
        self.open_set(&mut set, prefix, path).map_err(Stop::Old)?;
        let made = match set.shape {
            Shape::Stored => return Err(Stop::Old(mismatch(path))),
            Shape::List(entries) => {
                let entries = edit(entries, edits).ok_or_else(|| Stop::Old(mismatch(path)))?;
                Set::new(entries, prefix.len(), &mut self.forest.hashes)
            }
            Shape::Split(sides) => {
                let depth = prefix.len();
                let (upper, lower): (Vec<_>, Vec<_>) =
                    edits.into_iter().partition(|edit| bit(&edit.key, depth) == 1);
                let [zero, one] = *sides;
                let mut side = |number, set, edits| {
                    prefix.push(number);
                    let side = self.apply(set, prefix, edits, path);
                    prefix.pop();
                    side
                };
                let sides = [side(0, zero, lower)?, side(1, one, upper)?];
                self.join(sides, prefix, path)?
            }
        };
        made.map_err(|malformed| Stop::New(hostile(path, &malformed)))
    }

    /// Joins two parts: to a split, or to a list when together they fit one.
    fn join(
        &mut self,
        mut sides: [Set; 2],
        prefix: &mut Vec<usize>,
        path: &RepoPath,
    ) -> Result<Result<Set, Malformed>, Stop> {
        if sides[0].tally.entries + sides[1].tally.entries > LIST_LIMIT as u64 {
            return Ok(Set::split(sides, &mut self.forest.hashes));
        }
        let mut entries = Vec::new();
        for (number, side) in sides.iter_mut().enumerate() {
            prefix.push(number);
            self.open_set(side, prefix, path).map_err(Stop::Old)?;
            prefix.pop();
            entries.extend(side.entries().into_iter().cloned());
        }
        entries.sort_unstable_by(|one: &Entry, other| one.name.cmp(&other.name));
        Ok(Set::list(entries, &mut self.forest.hashes))
    }
}

/// Makes edits in a list; `None` when what was to be there before is not.
fn edit(entries: Vec<Entry>, edits: Vec<Edit>) -> Option<Vec<Entry>> {
    let mut edits: HashMap<Vec<u8>, Edit> = edits.into_iter().map(|edit| (edit.name.clone(), edit)).collect();
    let mut edited = Vec::with_capacity(entries.len() + edits.len());
    for entry in entries {
        match edits.remove(&entry.name) {
            None => edited.push(entry),
            Some(edit) if edit.before.is_some_and(|before| before.mode == entry.mode) => {
                edited.extend(edit.after);
            }
            Some(_) => return None,
        }
    }
    for edit in edits.into_values() {
        if edit.before.is_some() {
            return None;
        }
        edited.extend(edit.after);
    }
    edited.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Some(edited)
}

#[cfg(test)]
mod tests;
