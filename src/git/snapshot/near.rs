//! A snapshot of a few paths: what stands at them and beside them, and nothing of the rest of the tree.
//!
//! What it says of these paths and of the directories above them is what a snapshot of the whole tree says.

use std::collections::{BTreeSet, HashSet};

use gix::objs::Kind;

use super::super::tree_reader::{self, Budget, Listing, MAX_DEPTH, Node, read_level};
use super::{Content, Entry, Error, Snapshot, Source};
use crate::git::Repository;
use crate::model::{ObjectId, RepoPath};

impl Repository {
    /// Returns what stands at `paths` of a tree and in each directory on the way to them, with all below such a path.
    ///
    /// Other directories are named ([`Snapshot::unlisted`]) and not looked into.
    ///
    /// # Errors
    /// When a tree on the way is missing or corrupt, nested too deep, or too large.
    pub fn snapshot_near(&self, tree: ObjectId, paths: &BTreeSet<RepoPath>) -> Result<Snapshot, Error> {
        let above = above(paths);
        let reader = self.reader();
        let (mut listing, mut unlisted) = (Listing::default(), Vec::new());
        let (mut budget, mut buffer) = (Budget::new(tree), Vec::new());
        let mut waiting = vec![(tree, RepoPath::root(), 0)];
        while let Some((here, directory, depth)) = waiting.pop() {
            if depth > MAX_DEPTH {
                return Err(Error::TreeTooDeep { id: tree, limit: MAX_DEPTH });
            }
            reader.expect(here, Kind::Tree, &mut buffer)?;
            for (name, node, id) in read_level(&buffer, here, &directory, &mut listing.oddities)? {
                let path = directory.join(name);
                budget.spend(&path)?;
                match node {
                    Node::Leaf(mode) => listing.entries.push(Entry { path, mode, id }),
                    Node::Directory if above.contains(path.as_bytes()) => waiting.push((id, path, depth + 1)),
                    Node::Directory if paths.contains(&path) => {
                        let below = tree_reader::list(&reader, id, path)?;
                        listing.entries.extend(below.entries);
                        listing.oddities.extend(below.oddities);
                    }
                    Node::Directory => unlisted.push(path),
                }
            }
        }
        listing.entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        listing.oddities.sort_unstable();
        unlisted.sort_unstable();
        Ok(Snapshot::partial(Source::Tree(tree), listing, unlisted, Content::Objects(self.clone())))
    }

    /// Returns a snapshot of these entries of a tree alone, each at another path.
    #[must_use]
    pub fn snapshot_of_entries(&self, tree: ObjectId, mut entries: Vec<Entry>) -> Snapshot {
        entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        let listing = Listing { entries, oddities: Vec::new() };
        Snapshot::partial(Source::Tree(tree), listing, Vec::new(), Content::Objects(self.clone()))
    }
}

/// Returns the directories above these paths.
fn above(paths: &BTreeSet<RepoPath>) -> HashSet<&[u8]> {
    let mut all = HashSet::new();
    for path in paths {
        let mut here = path.as_bytes();
        while let Some(slash) = here.iter().rposition(|byte| *byte == b'/') {
            here = &here[..slash];
            if !all.insert(here) {
                break;
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn names<'a>(paths: impl IntoIterator<Item = &'a RepoPath>) -> Vec<String> {
        paths.into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_stands_beside_is_listed_and_what_stands_elsewhere_is_named() {
        let files = ["a/b/c/one", "a/b/c/two", "a/b/x", "a/other/y", "a/z", "far/deep/file", "top"];
        let sandbox = files.into_iter().fold(Sandbox::new(), |sandbox, file| sandbox.file(file, file));
        sandbox.git(&["add", "."]);
        let tree = sandbox.git(&["write-tree"]).parse().unwrap();
        let repository = sandbox.open();
        let near = |paths: &[&str]| {
            let paths = paths.iter().map(|path| RepoPath::from(*path)).collect();
            let snapshot = repository.snapshot_near(tree, &paths).unwrap();
            let entries = names(snapshot.entries().iter().map(|entry| &entry.path));
            (entries, names(snapshot.unlisted()))
        };
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(near(&[]), (owned(&["top"]), owned(&["a", "far"])));
        assert_eq!(near(&["a/z"]), (owned(&["a/z", "top"]), owned(&["a/b", "a/other", "far"])));
        assert_eq!(
            near(&["a/b/c/one", "gone/x"]),
            (owned(&["a/b/c/one", "a/b/c/two", "a/b/x", "a/z", "top"]), owned(&["a/other", "far"]))
        );
        assert_eq!(near(&["far"]), (owned(&["far/deep/file", "top"]), owned(&["a"])), "all below a path");
        assert_eq!(near(&["top/below", "far/deep"]).0, owned(&["far/deep/file", "top"]));
        let whole = repository.snapshot_tree(tree).unwrap();
        assert!(whole.unlisted().is_empty());
    }
}
