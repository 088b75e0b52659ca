//! Holds names, modes and nesting, as records state them, against the trees of git.
//!
//! Sets that were proven never change, so each tree is compared with one once.

use std::collections::HashSet;

use super::Error;
use super::compare::Differences;
use super::entry::{EntryMode, Kind};
use super::forest::{Forest, SetId};
use crate::base::CancelToken;
use crate::git::Repository;
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

/// Sets and the trees that they are the shape of.
#[derive(Default)]
pub(super) struct Shapes {
    agreed: HashSet<(ObjectId, SetId)>,
}

impl Shapes {
    /// Names what differs between the set `top`, of which everything was opened and proven, and `tree`.
    ///
    /// # Errors
    /// When a tree cannot be read, or `cancel` was set.
    pub(super) fn compare(
        &mut self,
        repository: &Repository,
        tree: ObjectId,
        (forest, top): (&Forest, SetId),
        cancel: &CancelToken,
    ) -> Result<Differences, Error> {
        let mut differences = Differences::default();
        let mut waiting = vec![(tree, top, RepoPath::root())];
        let mut seen = HashSet::new();
        while let Some((tree, set, path)) = waiting.pop() {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if self.agreed.contains(&(tree, set)) || !seen.insert((tree, set)) {
                continue;
            }
            compare_directory(repository, tree, (forest, set), &path, &mut waiting, &mut differences)?;
        }
        if differences.is_empty() {
            self.agreed.extend(seen);
        }
        Ok(differences)
    }
}

/// Merges the entries of one directory with its tree, and notes what has to be looked at below.
fn compare_directory(
    repository: &Repository,
    tree: ObjectId,
    (forest, set): (&Forest, SetId),
    path: &RepoPath,
    waiting: &mut Vec<(ObjectId, SetId, RepoPath)>,
    differences: &mut Differences,
) -> Result<(), Error> {
    let unreadable = |source| Error::Unreadable { path: path.clone(), source };
    let tree = repository.verified_tree(tree).map_err(unreadable)?;
    let mut stored = tree.entries().collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    stored.sort_unstable_by_key(|entry| entry.name);
    let entries = forest.sorted_entries(set);
    let (mut entries, mut stored) = (entries.into_iter().peekable(), stored.into_iter().peekable());
    loop {
        let order = match (entries.peek(), stored.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(entry), Some(stored)) => forest.name(entry).cmp(stored.name),
        };
        let entry = if order.is_le() { entries.next() } else { None };
        let there = if order.is_ge() { stored.next() } else { None };
        match (entry, there) {
            (Some(entry), None) => differences.add(path.join(forest.name(entry)), "missing"),
            (None, Some(there)) => differences.add(path.join(there.name), "added"),
            (Some(entry), Some(there)) => {
                let mode =
                    EntryMode::parse(there.mode).ok_or_else(|| unknown_mode(path, there.name, there.mode))?;
                match (mode.kind(), entry.child) {
                    _ if mode != entry.mode => differences.add(path.join(there.name), "another mode"),
                    (Kind::Directory, Some(set)) => waiting.push((there.id, set, path.join(there.name))),
                    (Kind::Gitlink, _)
                        if *forest.content(entry) != ContentDigest::of(there.id.to_string().as_bytes()) =>
                    {
                        differences.add(path.join(there.name), "another commit");
                    }
                    _ => {}
                }
            }
            (None, None) => return Ok(()),
        }
    }
}

fn unknown_mode(path: &RepoPath, name: &[u8], digits: &[u8]) -> Error {
    let [name, digits] = [name, digits].map(RepoPath::from_bytes);
    Error::HostileTree {
        path: path.clone(),
        what: format!("`{name}` has the mode `{digits}`, which is no kind of entry"),
    }
}
