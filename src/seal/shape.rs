//! Holds names, modes and nesting, as records state them, against the trees of git.
//!
//! Sets that were proven never change, so each tree is compared with one once.

use super::Error;
use super::compare::Differences;
use super::entry::{Entry, EntryMode, Kind};
use super::forest::{Forest, SetId};
use super::trees::Trees;
use crate::base::{QuickMap, QuickSet};
use crate::git::{self, IndexedTree, RawEntry};
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

/// A set to be held against a tree.
struct Waiting {
    pair: Pair,
    /// Another version of both, which agreed; most often little differs from it.
    before: Option<Pair>,
    path: RepoPath,
    depth: usize,
}

/// A tree, and a set.
type Pair = (ObjectId, SetId);

/// Sets and the trees that they are the shape of.
#[derive(Default)]
pub(super) struct Shapes {
    agreed: QuickSet<Pair>,
    /// The top of those that agreed last.
    last: Option<Pair>,
}

impl Shapes {
    /// Names what differs between the set `top`, of which everything was opened and proven, and `tree`.
    ///
    /// # Errors
    /// When a tree cannot be read, or `cancel` was set.
    pub(super) fn compare(
        &mut self,
        trees: &mut Trees<'_>,
        tree: ObjectId,
        (forest, top): (&Forest, SetId),
    ) -> Result<Differences, Error> {
        let mut differences = Differences::default();
        let (pair, before) = ((tree, top), self.last);
        let mut waiting = vec![Waiting { pair, before, path: RepoPath::root(), depth: 0 }];
        let mut seen = QuickSet::default();
        while let Some(Waiting { pair, before, path, depth }) = waiting.pop() {
            if self.agreed.contains(&pair) || !seen.insert(pair) {
                continue;
            }
            let set = pair.1;
            let mut push = |(pair, before, name): Step<'_>| {
                if !self.agreed.contains(&pair) {
                    waiting.push(Waiting { pair, before, path: path.join(name), depth: depth + 1 });
                }
            };
            let Some((old, old_set)) = before.and_then(|(tree, set)| Some((trees.recall(tree)?, set))) else {
                let tree = trees.stored(pair.0, &path, depth)?;
                match same_shape(tree.entries(), (forest, set)) {
                    Some(below) => below.into_iter().for_each(|(pair, name)| push((pair, None, name))),
                    None => {
                        let tree = trees.get(pair.0, None, &path, depth)?;
                        let below = compare_directory(&tree, (forest, set), &path, &mut differences);
                        below.into_iter().for_each(|(pair, name)| push((pair, None, name)));
                    }
                }
                continue;
            };
            let tree = trees.get(pair.0, Some(&old), &path, depth)?;
            if let Some(below) = same_shape_as((&old, old_set), (&tree, set), forest) {
                below.into_iter().for_each(push);
            } else {
                let below = compare_directory(&tree, (forest, set), &path, &mut differences);
                let old = directories(&old, (forest, old_set));
                below.into_iter().for_each(|(pair, name)| push((pair, old.get(name).copied(), name)));
            }
        }
        if differences.is_empty() {
            self.agreed.extend(seen);
            self.last = Some((tree, top));
        }
        Ok(differences)
    }
}

/// What has to be looked at below a directory, what it was in another version that agreed, and its name.
type Step<'a> = (Pair, Option<Pair>, &'a [u8]);

/// What has to be looked at below a directory, and its name.
type Below<'a> = Vec<(Pair, &'a [u8])>;

/// Looks at what differs from another version that agreed: what has to be looked at below, each with what it was.
///
/// `None` where that does not tell whether the directory still agrees.
fn same_shape_as<'a>(
    (old_tree, old_set): (&IndexedTree, SetId),
    (tree, set): (&'a IndexedTree, SetId),
    forest: &Forest,
) -> Option<Vec<Step<'a>>> {
    let places = old_tree.other_objects(tree)?;
    let mut changed = forest.other_objects(old_set, set)?;
    let mut below = Vec::new();
    for place in places {
        let there = tree.entry(place);
        let [entry, old] = [set, old_set].map(|set| forest.get(set, there.name));
        let (entry, old) = (entry?, old?);
        if !is_same(forest, entry, &there) {
            return None;
        }
        changed.remove(there.name);
        if entry.mode.is_directory() {
            let old = (old_tree.entry(place).id, old.child?);
            below.push(((there.id, entry.child?), Some(old), there.name));
        }
    }
    // What differs in the records alone is looked for among all entries.
    changed.is_empty().then_some(below)
}

/// Finds the directories of one that agreed, by their names.
fn directories<'a>(tree: &'a IndexedTree, (forest, set): (&Forest, SetId)) -> QuickMap<&'a [u8], Pair> {
    let directories =
        tree.entries().filter(|entry| EntryMode::parse(entry.mode) == Some(EntryMode::DIRECTORY));
    directories
        .filter_map(|there| Some((there.name, (there.id, forest.get(set, there.name)?.child?))))
        .collect()
}

/// Compares the entries of one directory with those of its tree, one by one in git's order; `None` where something
/// differs, or the tree has another order. What agrees with records can be sealed.
fn same_shape<'a>(
    mut tree: impl Iterator<Item = Result<RawEntry<'a>, git::Error>>,
    (forest, set): (&Forest, SetId),
) -> Option<Below<'a>> {
    let mut below = Vec::new();
    for entry in forest.entries_as_in_git(set) {
        let there = tree.next()?.ok()?;
        if forest.name(entry) != there.name || !is_same(forest, entry, &there) {
            return None;
        }
        below.extend(entry.child.map(|set| ((there.id, set), there.name)));
    }
    tree.next().is_none().then_some(below)
}

/// Says whether an entry has the mode that a tree states, and a submodule the commit.
fn is_same(forest: &Forest, entry: &Entry, there: &RawEntry<'_>) -> bool {
    EntryMode::parse(there.mode) == Some(entry.mode)
        && (entry.mode.kind() != Kind::Gitlink
            || *forest.content(entry) == ContentDigest::of(there.id.to_string().as_bytes()))
}

/// Merges the entries of one directory with its tree; returns what has to be looked at below.
fn compare_directory<'a>(
    tree: &'a IndexedTree,
    (forest, set): (&Forest, SetId),
    path: &RepoPath,
    differences: &mut Differences,
) -> Below<'a> {
    let mut below = Vec::new();
    let mut stored: Vec<RawEntry<'a>> = tree.entries().collect();
    stored.sort_unstable_by_key(|entry| entry.name);
    let entries = forest.sorted_entries(set);
    let (mut entries, mut stored) = (entries.into_iter().peekable(), stored.into_iter().peekable());
    loop {
        let order = match (entries.peek(), stored.peek()) {
            (None, None) => return below,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(entry), Some(stored)) => forest.name(entry).cmp(stored.name),
        };
        let entry = if order.is_le() { entries.next() } else { None };
        let there = if order.is_ge() { stored.next() } else { None };
        match (entry, there) {
            (Some(entry), None) => differences.add(path.join(forest.name(entry)), "missing"),
            (None, Some(there)) => differences.add(path.join(there.name), "added"),
            (Some(entry), Some(there)) if EntryMode::parse(there.mode) != Some(entry.mode) => {
                differences.add(path.join(there.name), "another mode");
            }
            (Some(entry), Some(there)) => match (entry.mode.kind(), entry.child) {
                (Kind::Directory, Some(set)) => below.push(((there.id, set), there.name)),
                (Kind::Gitlink, _) if !is_same(forest, entry, &there) => {
                    differences.add(path.join(there.name), "another commit");
                }
                _ => {}
            },
            (None, None) => return below,
        }
    }
}
