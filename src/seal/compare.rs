//! Finds where two manifests part ways.

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
    while left.digest != right.digest {
        let (entry, what) = first_difference(&left.entries, &right.entries)?;
        path = path.join(&entry.name);
        let sides = (
            left.get(&entry.name).and_then(|one| expected.child(one)),
            right.get(&entry.name).and_then(|one| found.child(one)),
        );
        match sides {
            (Some(one), Some(other)) => (left, right) = (one, other),
            _ => return Some(Difference { path, what }),
        }
    }
    None
}

/// Merges two lists that are sorted by name up to the first difference.
fn first_difference<'a>(left: &'a [Entry], right: &'a [Entry]) -> Option<(&'a Entry, &'static str)> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (None, None) => return None,
            (Some(entry), None) => return Some((entry, "missing")),
            (None, Some(entry)) => return Some((entry, "added")),
            (Some(one), Some(other)) if one.name < other.name => return Some((one, "missing")),
            (Some(one), Some(other)) if one.name > other.name => return Some((other, "added")),
            (Some(one), Some(other)) if one.mode != other.mode => return Some((one, "another mode")),
            (Some(one), Some(other)) if one.size != other.size => return Some((one, "another size")),
            (Some(one), Some(other)) if one.digest != other.digest => return Some((one, "other content")),
            _ => {
                left.next();
                right.next();
            }
        }
    }
}
