//! Compares two trees, reading only the directories that differ.

use std::collections::{BTreeMap, BTreeSet};

use gix::objs::Kind;

use super::store::Reader;
use super::tree_reader::{Budget, MAX_DEPTH, Node, read_level};
use super::{Error, Oddity, Repository};
use crate::model::{FileMode, ObjectId, RepoPath};

/// One path: what stood there, and what stands there now.
type Difference = (RepoPath, Option<(FileMode, ObjectId)>, Option<(FileMode, ObjectId)>);

/// The usable entries of one directory.
type Level = BTreeMap<Vec<u8>, (Node, ObjectId)>;

impl Repository {
    /// Returns the paths that differ between two trees: (path, before, after), sorted by path.
    ///
    /// Entries that a snapshot does not list (see [`super::OddityKind`]) are not compared.
    ///
    /// # Errors
    /// When a tree that differs is missing, corrupt, or nested too deep.
    pub fn diff_trees(&self, before: ObjectId, after: ObjectId) -> Result<Vec<Difference>, Error> {
        self.diff_trees_strictly(before, after, usize::MAX).map(|(differences, _)| differences)
    }

    /// As [`Self::diff_trees`], with what no well-behaved program writes in the directories of `after` that differ.
    ///
    /// # Errors
    /// As [`Self::diff_trees`]; [`Error::TreeTooLarge`] also when the paths take more than `limit` bytes.
    pub fn diff_trees_strictly(
        &self,
        before: ObjectId,
        after: ObjectId,
        limit: usize,
    ) -> Result<(Vec<Difference>, Vec<Oddity>), Error> {
        let reader = self.reader();
        let mut differences = Vec::new();
        let mut oddities = Vec::new();
        let mut budget = Budget::within(after, limit);
        let mut waiting = vec![(RepoPath::root(), Some(before), Some(after), 0)];
        while let Some((directory, before, after, depth)) = waiting.pop() {
            if before == after {
                continue;
            }
            if depth > MAX_DEPTH {
                return Err(Error::TreeTooDeep {
                    id: after.or(before).unwrap_or(self.empty_tree()),
                    limit: MAX_DEPTH,
                });
            }
            let old = level(&reader, before, &directory, &mut Vec::new())?;
            let new = level(&reader, after, &directory, &mut oddities)?;
            let names: BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).collect();
            for name in names {
                let (was, now) = (old.get(name).copied(), new.get(name).copied());
                if was == now {
                    continue;
                }
                let path = directory.join(name);
                budget.spend(&path)?;
                if leaf(was) != leaf(now) {
                    differences.push((path.clone(), leaf(was), leaf(now)));
                }
                if subtree(was) != subtree(now) {
                    waiting.push((path, subtree(was), subtree(now), depth + 1));
                }
            }
        }
        differences.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        oddities.sort_unstable();
        Ok((differences, oddities))
    }
}

fn level(
    reader: &Reader<'_>,
    tree: Option<ObjectId>,
    directory: &RepoPath,
    oddities: &mut Vec<Oddity>,
) -> Result<Level, Error> {
    let Some(tree) = tree else { return Ok(Level::new()) };
    let mut buffer = Vec::new();
    reader.expect(tree, Kind::Tree, &mut buffer)?;
    let entries = read_level(&buffer, tree, directory, oddities)?;
    Ok(entries.into_iter().map(|(name, node, id)| (name.to_vec(), (node, id))).collect())
}

fn leaf(place: Option<(Node, ObjectId)>) -> Option<(FileMode, ObjectId)> {
    match place {
        Some((Node::Leaf(mode), id)) => Some((mode, id)),
        _ => None,
    }
}

fn subtree(place: Option<(Node, ObjectId)>) -> Option<ObjectId> {
    match place {
        Some((Node::Directory, id)) => Some(id),
        _ => None,
    }
}
