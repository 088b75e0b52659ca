//! Finds where two manifests part ways.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::forest::{Forest, SetId};
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
    let (mut seen, mut waiting) = (HashSet::new(), vec![(expected.top, found.top, RepoPath::root())]);
    while let Some((left, right, path)) = waiting.pop() {
        let hashes = (expected.forest.set(left).hash, found.forest.set(right).hash);
        let same = expected.forest.hashes.get(hashes.0) == found.forest.hashes.get(hashes.1);
        if same || !seen.insert((left, right)) {
            continue;
        }
        let mut below = Vec::new();
        for (name, what) in all_differences((&expected.forest, left), (&found.forest, right)) {
            let path = path.join(&name);
            let sides = (
                expected.forest.get(left, &name).and_then(|one| one.child),
                found.forest.get(right, &name).and_then(|one| one.child),
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

/// A directory, and the forest it is in.
type In<'a> = (&'a Forest, SetId);

/// Merges the entries, sorted by name, and says which differ.
fn all_differences(expected: In<'_>, found: In<'_>) -> Vec<(Vec<u8>, &'static str)> {
    let ((expected, left), (found, right)) = (expected, found);
    let (left, right) = (expected.sorted_entries(left), found.sorted_entries(right));
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    let mut differ = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return differ,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => expected.name(one).cmp(found.name(other)),
        };
        let one = if order.is_le() { left.next() } else { None };
        let other = if order.is_ge() { right.next() } else { None };
        let (name, what) = match (one, other) {
            (None, None) => return differ,
            (Some(one), None) => (expected.name(one), "missing"),
            (None, Some(other)) => (found.name(other), "added"),
            (Some(one), Some(other)) => {
                let what = match () {
                    () if one.mode != other.mode => "another mode",
                    () if one.size != other.size => "another size",
                    () if expected.content(one) != found.content(other) => "other content",
                    () => continue,
                };
                (expected.name(one), what)
            }
        };
        differ.push((name.to_vec(), what));
    }
}
