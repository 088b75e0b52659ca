//! Holds names, modes and nesting, as records state them, against the trees of git.
//!
//! Sets that were proven never change, so each tree is compared with one once.

use super::Error;
use super::compare::Differences;
use super::entry::{Entry, EntryMode, Kind};
use super::forest::{Forest, SetId};
use super::trees::Trees;
use crate::base::QuickSet;
use crate::git::{IndexedTree, RawEntry};
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

/// A set to be held against a tree.
struct Waiting {
    tree: ObjectId,
    set: SetId,
    path: RepoPath,
    depth: usize,
}

/// Sets and the trees that they are the shape of.
#[derive(Default)]
pub(super) struct Shapes {
    agreed: QuickSet<(ObjectId, SetId)>,
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
        let mut waiting = vec![Waiting { tree, set: top, path: RepoPath::root(), depth: 0 }];
        let mut seen = QuickSet::default();
        while let Some(Waiting { tree, set, path, depth }) = waiting.pop() {
            if self.agreed.contains(&(tree, set)) || !seen.insert((tree, set)) {
                continue;
            }
            let tree = trees.get(tree, None, &path, depth)?;
            let below = match same_shape(&tree, (forest, set)) {
                Some(below) => below,
                None => compare_directory(&tree, (forest, set), &path, &mut differences),
            };
            for (below, set, name) in below {
                waiting.push(Waiting { tree: below, set, path: path.join(name), depth: depth + 1 });
            }
        }
        if differences.is_empty() {
            self.agreed.extend(seen);
        }
        Ok(differences)
    }
}

/// What has to be looked at below a directory: a tree, a set, and the name of both.
type Below<'a> = Vec<(ObjectId, SetId, &'a [u8])>;

/// Compares the entries of one directory with its tree, one by one in git's order; `None` where something differs, or
/// the tree has another order.
fn same_shape<'a>(tree: &'a IndexedTree, (forest, set): (&Forest, SetId)) -> Option<Below<'a>> {
    if forest.set(set).tally.entries != tree.count() as u64 {
        return None;
    }
    let mut below = Vec::new();
    for (entry, there) in forest.entries_as_in_git(set).into_iter().zip(tree.entries()) {
        if forest.name(entry) != there.name || !is_same(forest, entry, &there) {
            return None;
        }
        below.extend(entry.child.map(|set| (there.id, set, there.name)));
    }
    Some(below)
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
                (Kind::Directory, Some(set)) => below.push((there.id, set, there.name)),
                (Kind::Gitlink, _) if !is_same(forest, entry, &there) => {
                    differences.add(path.join(there.name), "another commit");
                }
                _ => {}
            },
            (None, None) => return below,
        }
    }
}
