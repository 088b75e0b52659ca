//! Finds where two manifests part ways.

use super::directory::Directory;
use super::entry::Entry;
use super::manifest::Manifest;
use crate::model::RepoPath;

/// The first place where two manifests differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The exact path; a directory only when it stands on one side alone.
    pub path: RepoPath,
    /// What differs, in one clause, as seen from the first manifest.
    pub what: &'static str,
}

/// Names the first path that differs, directories in the order of their names; `None` when the roots agree.
///
/// Descends only where digests differ, so the cost follows the difference.
#[must_use]
pub fn compare(expected: &Manifest, found: &Manifest) -> Option<Difference> {
    let (mut left, mut right) = (expected.root(), found.root());
    let mut path = RepoPath::root();
    while expected.forest.hashes.get(left.hash) != found.forest.hashes.get(right.hash) {
        let (name, what) = first_difference((expected, left), (found, right))?;
        path = path.join(&name);
        let sides = (
            left.get(&name).and_then(|one| expected.child(one)),
            right.get(&name).and_then(|one| found.child(one)),
        );
        match sides {
            (Some(one), Some(other)) => (left, right) = (one, other),
            _ => return Some(Difference { path, what }),
        }
    }
    None
}

/// A directory, and the manifest it is in.
type In<'a> = (&'a Manifest, &'a Directory);

/// Merges the entries, sorted by name, up to the first that differs.
fn first_difference(expected: In<'_>, found: In<'_>) -> Option<(Vec<u8>, &'static str)> {
    let ((expected, left), (found, right)) = (expected, found);
    let (left, right) = (left.entries(), right.entries());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let differs = |entry: &Entry, what| Some((entry.name.clone(), what));
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => return None,
            (Some(entry), None) => return differs(entry, "missing"),
            (None, Some(entry)) => return differs(entry, "added"),
            (Some(one), Some(other)) if one.name < other.name => return differs(one, "missing"),
            (Some(one), Some(other)) if one.name > other.name => return differs(other, "added"),
            (Some(one), Some(other)) if one.mode != other.mode => return differs(one, "another mode"),
            (Some(one), Some(other)) if one.size != other.size => return differs(one, "another size"),
            (Some(one), Some(other)) if expected.digest(one) != found.digest(other) => {
                return differs(one, "other content");
            }
            _ => {
                left.next();
                right.next();
            }
        }
    }
}
