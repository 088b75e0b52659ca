//! Finds where two manifests part ways.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::directory::Directory;
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

/// How many differences are named; the rest are counted.
const NAMED: usize = 20;

/// The first places where two things differ, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// The first 20.
    pub named: Vec<Difference>,
    /// All of them; a directory that stands on one side alone counts as one.
    pub count: u64,
}

impl Differences {
    /// Says whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn add(&mut self, path: RepoPath, what: &'static str) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(Difference { path, what });
        }
    }
}

/// Names the first path that differs, directories in the order of their names; `None` when the roots agree.
#[must_use]
pub fn compare(expected: &Manifest, found: &Manifest) -> Option<Difference> {
    differences(expected, found).named.into_iter().next()
}

/// Names the paths that differ, directories in the order of their names.
///
/// Descends only where digests differ, and into a pair of directories once, so the cost follows the difference.
#[must_use]
pub fn differences(expected: &Manifest, found: &Manifest) -> Differences {
    let mut differences = Differences::default();
    let (mut seen, mut waiting) = (HashSet::new(), vec![(expected.root(), found.root(), RepoPath::root())]);
    while let Some((left, right, path)) = waiting.pop() {
        let same = expected.forest.hashes.get(left.hash) == found.forest.hashes.get(right.hash);
        if same || !seen.insert((left.hash, right.hash)) {
            continue;
        }
        let mut below = Vec::new();
        for (name, what) in all_differences((expected, left), (found, right)) {
            let path = path.join(&name);
            let sides = (
                left.get(&name).and_then(|one| expected.child(one)),
                right.get(&name).and_then(|one| found.child(one)),
            );
            match sides {
                (Some(one), Some(other)) => below.push((one, other, path)),
                _ => differences.add(path, what),
            }
        }
        waiting.extend(below.into_iter().rev());
    }
    differences
}

/// A directory, and the manifest it is in.
type In<'a> = (&'a Manifest, &'a Directory);

/// Merges the entries, sorted by name, and says which differ.
fn all_differences(expected: In<'_>, found: In<'_>) -> Vec<(Vec<u8>, &'static str)> {
    let ((expected, left), (found, right)) = (expected, found);
    let (left, right) = (left.entries(), right.entries());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let mut differ = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return differ,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.name.cmp(&other.name),
        };
        let one = if order.is_le() { left.next() } else { None };
        let other = if order.is_ge() { right.next() } else { None };
        let what = match (one, other) {
            (_, None) => "missing",
            (None, _) => "added",
            (Some(one), Some(other)) if one.mode != other.mode => "another mode",
            (Some(one), Some(other)) if one.size != other.size => "another size",
            (Some(one), Some(other)) if expected.digest(one) != found.digest(other) => "other content",
            _ => continue,
        };
        differ.extend(one.or(other).map(|entry| (entry.name.clone(), what)));
    }
}
