//! Holds names, modes and nesting, as records state them, against the trees of git.
//!
//! A set is known by its hash, which was computed from its records, so each tree is compared with it once.

use std::collections::{HashMap, HashSet};

use super::Error;
use super::compare::Differences;
use super::directory::{Forest, Shape};
use super::entry::{EntryMode, Kind};
use crate::base::CancelToken;
use crate::git::Repository;
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

/// What is known of sets, and which trees they are the shape of.
#[derive(Default)]
pub(super) struct Shapes {
    parts: HashMap<ContentDigest, Part>,
    agreed: HashSet<(ObjectId, ContentDigest)>,
}

/// A set, by the hashes of what it falls into.
enum Part {
    List(Vec<Line>),
    Split([ContentDigest; 2]),
}

/// One entry, without its content.
struct Line {
    name: Vec<u8>,
    mode: EntryMode,
    /// Of a directory its set hash, of a submodule the digest of its commit's name.
    below: Option<ContentDigest>,
}

impl Shapes {
    /// Learns every set in `forest`, whose hashes are known and proven.
    pub(super) fn learn(&mut self, forest: &Forest) {
        let hash = |id| *forest.hashes.get(id);
        for directory in &forest.directories {
            let mut waiting = vec![&directory.set];
            while let Some(set) = waiting.pop() {
                let part = match &set.shape {
                    Shape::Stored => continue,
                    Shape::Split(sides) => {
                        waiting.extend(sides.iter());
                        Part::Split([hash(sides[0].hash), hash(sides[1].hash)])
                    }
                    Shape::List(entries) => Part::List(
                        entries
                            .iter()
                            .map(|entry| Line {
                                name: entry.name.clone(),
                                mode: entry.mode,
                                below: match (entry.mode.kind(), entry.child) {
                                    (Kind::Directory, Some(child)) => {
                                        Some(hash(forest.directories[child].set.hash))
                                    }
                                    (Kind::Gitlink, _) => Some(hash(entry.content)),
                                    _ => None,
                                },
                            })
                            .collect(),
                    ),
                };
                self.parts.insert(hash(set.hash), part);
            }
        }
    }

    /// Names what differs between the top set and `tree`; `None` when a set on the way was never learned.
    ///
    /// # Errors
    /// When a tree cannot be read, or `cancel` was set.
    pub(super) fn compare(
        &mut self,
        repository: &Repository,
        tree: ObjectId,
        top: ContentDigest,
        cancel: &CancelToken,
    ) -> Result<Option<Differences>, Error> {
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
            let Some(mut lines) = self.lines(set) else { return Ok(None) };
            lines.sort_unstable_by(|one, other| one.name.cmp(&other.name));
            compare_directory(repository, tree, &lines, &path, &mut waiting, &mut differences)?;
        }
        if differences.is_empty() {
            self.agreed.extend(seen);
        }
        Ok(Some(differences))
    }

    fn lines(&self, set: ContentDigest) -> Option<Vec<&Line>> {
        let (mut lines, mut waiting) = (Vec::new(), vec![set]);
        while let Some(set) = waiting.pop() {
            match self.parts.get(&set)? {
                Part::List(list) => lines.extend(list),
                Part::Split(sides) => waiting.extend(sides),
            }
        }
        Some(lines)
    }
}

/// Merges the lines of one directory with its tree, and notes what has to be looked at below.
fn compare_directory(
    repository: &Repository,
    tree: ObjectId,
    lines: &[&Line],
    path: &RepoPath,
    waiting: &mut Vec<(ObjectId, ContentDigest, RepoPath)>,
    differences: &mut Differences,
) -> Result<(), Error> {
    let read = repository.verified_tree_entries(tree);
    let mut stored = read.map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    stored.sort_unstable_by(|one, other| one.1.cmp(&other.1));
    let (mut lines, mut stored) = (lines.iter().peekable(), stored.into_iter().peekable());
    loop {
        let order = match (lines.peek(), stored.peek()) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(line), Some((_, name, _))) => line.name.cmp(name),
        };
        let line = if order.is_le() { lines.next() } else { None };
        let entry = if order.is_ge() { stored.next() } else { None };
        match (line, entry) {
            (Some(line), None) => differences.add(path.join(&line.name), "missing"),
            (None, Some((_, name, _))) => differences.add(path.join(&name), "added"),
            (Some(line), Some((digits, name, id))) => {
                let mode = EntryMode::parse(&digits).ok_or_else(|| unknown_mode(path, &name, &digits))?;
                let here = path.join(&name);
                match (mode.kind(), line.below) {
                    _ if mode != line.mode => differences.add(here, "another mode"),
                    (Kind::Directory, Some(set)) => waiting.push((id, set, here)),
                    (Kind::Gitlink, commit)
                        if commit != Some(ContentDigest::of(id.to_string().as_bytes())) =>
                    {
                        differences.add(here, "another commit");
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
