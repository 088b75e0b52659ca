//! Makes the boundary of a tree from that of an older one: what did not change is taken over, not looked at.
//!
//! Every record that is looked at is computed again up to the old roots, so a changed record is noticed. What is
//! trusted is that the old roots themselves were honest.

use super::Error;
use super::build::leaf;
use super::content::Blobs;
use super::directory::{Key, LIST_LIMIT, Malformed, Prefix, bit, key};
use super::entry::{Entry, Kind};
use super::forest::{Forest, SetId, Shape};
use super::manifest::{Document, Manifest};
use super::plan::{Below, Change, Plan, Planned, Raw, Source, Stop};
use super::records::{Reach, Records, mismatch};
use super::shelf::Location;
use super::trees::hostile;
use crate::model::{ObjectId, RepoPath};

/// One name of a directory, by its key: what shall stand there, and whether something did.
struct Edit {
    key: Key,
    name: Vec<u8>,
    before: Option<Raw>,
    after: Option<Entry>,
}

/// A tree that grows out of an old one.
struct Update<'a, 'r, 'l> {
    plan: &'a Plan,
    blobs: &'a Blobs,
    records: &'r mut Records<'l>,
    /// The old side of each pair.
    old: Vec<Option<SetId>>,
    /// The new side of each pair.
    pairs: Vec<SetId>,
    fresh: Vec<SetId>,
}

/// Makes the manifest of `tree`, as planned, from `old`, whose records begin at `location`.
pub(super) fn grow(
    tree: ObjectId,
    (plan, blobs): (&Plan, &Blobs),
    old: &Document,
    location: &Location,
    mut records: Records<'_>,
) -> Result<Manifest, Stop> {
    let root = RepoPath::root();
    let place = records.place(location.records, location.offset);
    let opened = records.open(place, Prefix::default(), Reach::Near, &root).map_err(Stop::Old)?;
    let tally = records.forest.set(opened).tally;
    if (tally.files, tally.bytes) != (old.roots.files, old.roots.bytes) {
        return Err(Stop::Old(mismatch(&root)));
    }
    let hash = records.forest.directory(opened);
    records.expect_digest(hash, old.roots.digest(), &root);
    let top = update(plan, blobs, opened, &mut records)?;
    records.forest.hashes.resolve();
    records.require().map_err(Stop::Old)?;
    Ok(Manifest { tree, forest: records.forest, top })
}

/// Makes what is planned from the directory `old`; returns the top directory, whose hashes are not resolved yet.
pub(super) fn update(
    plan: &Plan,
    blobs: &Blobs,
    old: SetId,
    records: &mut Records<'_>,
) -> Result<SetId, Stop> {
    let old_sides = vec![None; plan.pairs.len()];
    let mut update = Update { plan, blobs, records, old: old_sides, pairs: Vec::new(), fresh: Vec::new() };
    update.find_pairs(old).map_err(Stop::Old)?;
    for planned in &plan.fresh {
        let set = update.make_fresh(planned)?;
        update.fresh.push(set);
    }
    for (pair, planned) in plan.pairs.iter().enumerate() {
        let set = update.make_pair(pair, planned)?;
        update.pairs.push(set);
    }
    let top = match plan.top {
        Below::Pair(pair) => update.pairs[pair],
        Below::Fresh(index) => update.fresh[index],
    };
    records.forest.directory(top);
    Ok(top)
}

impl Update<'_, '_, '_> {
    /// Finds the old side of every pair, parents before children.
    fn find_pairs(&mut self, top: SetId) -> Result<(), Error> {
        let Some(last) = self.old.last_mut() else { return Ok(()) };
        *last = Some(top);
        for (pair, planned) in self.plan.pairs.iter().enumerate().rev() {
            for change in &planned.changes {
                if let Some(Below::Pair(child)) = change.below {
                    let entry = self.find_old(&Source { pair, name: change.name.clone() })?;
                    self.old[child] = Some(entry.child.ok_or_else(|| mismatch(&planned.path))?);
                }
            }
        }
        Ok(())
    }

    /// Finds an entry in the old side of a pair, opening what has to be opened.
    fn find_old(&mut self, source: &Source) -> Result<Entry, Error> {
        let path = &self.plan.pairs[source.pair].path;
        let set = self.old_side(source.pair);
        self.records.find(set, &source.name, path)?.ok_or_else(|| mismatch(path))
    }

    fn old_side(&self, pair: usize) -> SetId {
        self.old[pair].expect("a pair stands in another, or is the top")
    }

    fn make_fresh(&mut self, planned: &Planned) -> Result<SetId, Stop> {
        let mut entries = Vec::with_capacity(planned.changes.len());
        for change in &planned.changes {
            if let Some(raw) = change.after {
                entries.push(self.entry(raw, change)?);
            }
        }
        let grown = self.records.forest.grow(entries, 0);
        grown.map_err(|malformed| Stop::New(hostile(&planned.path, &malformed)))
    }

    fn make_pair(&mut self, pair: usize, planned: &Planned) -> Result<SetId, Stop> {
        let mut edits = Vec::with_capacity(planned.changes.len());
        for change in &planned.changes {
            let after = change.after.map(|raw| self.entry(raw, change)).transpose()?;
            let (key, name) = (key(&change.name), change.name.clone());
            edits.push(Edit { key, name, before: change.before, after });
        }
        self.apply(self.old_side(pair), Prefix::default(), edits, &planned.path)
    }

    /// Makes an entry of the new tree: planned, taken over from the old tree, or digested.
    fn entry(&mut self, raw: Raw, change: &Change) -> Result<Entry, Stop> {
        match change.below {
            Some(Below::Pair(index)) => {
                return Ok(self.records.forest.branch(&change.name, self.pairs[index]));
            }
            Some(Below::Fresh(index)) => {
                return Ok(self.records.forest.branch(&change.name, self.fresh[index]));
            }
            None => {}
        }
        let Some(source) = self.plan.source(raw).filter(|_| raw.mode.kind() != Kind::Gitlink) else {
            return Ok(leaf(raw, &change.name, self.blobs, &mut self.records.forest));
        };
        let entry = self.find_old(source).map_err(Stop::Old)?;
        let is_content = matches!(entry.mode.kind(), Kind::File | Kind::Symlink);
        if entry.mode.is_directory() != raw.mode.is_directory() || is_content == raw.mode.is_directory() {
            return Err(Stop::Old(mismatch(&self.plan.pairs[source.pair].path)));
        }
        let name = self.records.forest.keep_name(&change.name);
        Ok(Entry::new(name, raw.mode, entry.size, entry.content, entry.child))
    }

    /// Makes `edits`, sorted by name, in the part whose keys begin with `prefix`.
    fn apply(
        &mut self,
        set: SetId,
        prefix: Prefix,
        edits: Vec<Edit>,
        path: &RepoPath,
    ) -> Result<SetId, Stop> {
        if edits.is_empty() {
            return Ok(set);
        }
        let made = match self.records.reveal(set, prefix, path).map_err(Stop::Old)? {
            Shape::Stored => return Err(Stop::Old(mismatch(path))),
            Shape::List(start, count) => {
                let forest = &mut self.records.forest;
                let entries = edit(forest, start, count, edits).ok_or_else(|| Stop::Old(mismatch(path)))?;
                forest.grow(entries, prefix.depth())
            }
            Shape::Split([zero, one]) => {
                let (upper, lower): (Vec<_>, Vec<_>) =
                    edits.into_iter().partition(|edit| bit(&edit.key, prefix.depth()) == 1);
                let zero = self.apply(zero, prefix.with(0), lower, path)?;
                let one = self.apply(one, prefix.with(1), upper, path)?;
                self.join([zero, one], prefix, path)?
            }
        };
        made.map_err(|malformed| Stop::New(hostile(path, &malformed)))
    }

    /// Joins two parts: to a split, or to a list when together they fit one.
    fn join(
        &mut self,
        sides: [SetId; 2],
        prefix: Prefix,
        path: &RepoPath,
    ) -> Result<Result<SetId, Malformed>, Stop> {
        let entries = |side| self.records.forest.set(side).tally.entries;
        if sides.map(entries).iter().sum::<u64>() > LIST_LIMIT as u64 {
            return Ok(self.records.forest.split(sides));
        }
        let mut entries = Vec::new();
        for (number, side) in sides.into_iter().enumerate() {
            self.records.reveal(side, prefix.with(number), path).map_err(Stop::Old)?;
            entries.extend(self.records.forest.entries(side).into_iter().copied());
        }
        Ok(self.records.forest.list(entries))
    }
}

/// Makes edits in a list; `None` when what was to be there before is not.
fn edit(forest: &Forest, start: u32, count: u32, mut edits: Vec<Edit>) -> Option<Vec<Entry>> {
    let mut edited = Vec::with_capacity(count as usize + edits.len());
    for entry in forest.listed(start, count) {
        let place = edits.iter().position(|edit| edit.name == forest.name(entry));
        match place.map(|place| edits.swap_remove(place)) {
            None => edited.push(*entry),
            Some(edit) if edit.before.is_some_and(|before| before.mode == entry.mode) => {
                edited.extend(edit.after);
            }
            Some(_) => return None,
        }
    }
    for edit in edits {
        if edit.before.is_some() {
            return None;
        }
        edited.extend(edit.after);
    }
    Some(edited)
}

#[cfg(test)]
mod tests;
