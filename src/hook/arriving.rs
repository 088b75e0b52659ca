//! What is new in a push: each commit by itself at the paths that it changes, and what tags name beside commits.
//!
//! A secret that one commit adds and a later one removes is in the objects that arrive, so no commit is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Update};
use crate::git::{Oddity, Repository, TreeEdit};
use crate::model::{FileMode, ObjectId, RepoPath};
use crate::step::Subject;

/// How many commits a push is looked through.
const LIMIT: usize = usize::MAX;

/// What a push brings.
#[derive(Default)]
pub struct Arriving {
    /// What is to be judged, oldest first.
    pub subjects: Vec<Subject>,
    /// Contents that a partial clone left at its remote, which therefore has them; nobody looked at them here.
    pub elsewhere: usize,
}

/// What refs stand for, by kind.
#[derive(Default)]
pub(super) struct Tips {
    /// Commits.
    pub(super) commits: Vec<ObjectId>,
    /// Trees and blobs that tags name, each with the name of its ref.
    others: Vec<(String, ObjectId, &'static str)>,
}

impl Tips {
    /// Follows the tags of what shall stand at each ref.
    pub(super) fn of<'a>(
        repository: &Repository,
        updates: impl IntoIterator<Item = &'a Update>,
    ) -> Result<Self, Error> {
        let mut tips = Self::default();
        for update in updates.into_iter().filter(|update| !update.after.is_null()) {
            match repository.peel(update.after)? {
                (commit, "commit") => tips.commits.push(commit),
                (id, kind) => tips.others.push((update.name.clone(), id, kind)),
            }
        }
        Ok(tips)
    }
}

/// Returns the commits that objects here stand for; what is missing or no commit hides nothing.
pub(super) fn commits_of(repository: &Repository, ids: impl IntoIterator<Item = ObjectId>) -> Vec<ObjectId> {
    let present = ids.into_iter().filter(|id| !id.is_null() && repository.has_object(*id));
    let peeled = present.filter_map(|id| repository.peel(id).ok());
    peeled.filter(|(_, kind)| *kind == "commit").map(|(commit, _)| commit).collect()
}

/// Returns the commits reachable from the tips and not from `hidden`, newest first.
pub(super) fn commits(
    repository: &Repository,
    tips: &Tips,
    hidden: &[ObjectId],
) -> Result<Vec<ObjectId>, Error> {
    Ok(repository.walk(&tips.commits, hidden, LIMIT)?)
}

/// Returns what is to be judged of these commits, and of what tags name beside them.
pub(super) fn judge(
    repository: &Repository,
    tips: &Tips,
    newest_first: Vec<ObjectId>,
) -> Result<Arriving, Error> {
    let mut arriving = Arriving::default();
    let mut seen: BTreeSet<(RepoPath, ObjectId)> = BTreeSet::new();
    for commit in newest_first.into_iter().rev() {
        let only = fresh(repository, commit, &mut seen, &mut arriving.elsewhere)?;
        if !only.is_empty() {
            let mut subject = Subject::of_commit(repository, commit)?;
            subject.only = Some(only);
            arriving.subjects.push(subject);
        }
    }
    for (name, id, kind) in &tips.others {
        let tree = if *kind == "tree" { *id } else { as_tree(repository, name, *id)? };
        arriving.subjects.push(Subject::of_files(repository.snapshot_tree(tree)?, None));
    }
    Ok(arriving)
}

/// Shows a blob that a tag names as the one file of a tree, under the tag's own name.
fn as_tree(repository: &Repository, name: &str, id: ObjectId) -> Result<ObjectId, Error> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let edit = TreeEdit::Put { path: RepoPath::from(file), mode: FileMode::Regular, id };
    Ok(repository.stage_tree(repository.empty_tree(), &[edit])?)
}

/// Returns the places of what no well-behaved program writes, of which `oddities` stand in the second tree, and which the
/// first does not have: they are listed nowhere, and found by their places.
pub(super) fn new_oddities(
    repository: &Repository,
    (before, after): (ObjectId, ObjectId),
    oddities: Vec<Oddity>,
) -> Result<Vec<RepoPath>, Error> {
    if oddities.is_empty() {
        return Ok(Vec::new());
    }
    let (_, known) = repository.diff_trees_strictly(after, before, usize::MAX)?;
    let new = oddities.into_iter().filter(|oddity| !known.contains(oddity));
    Ok(new.map(|oddity| oddity.path).collect())
}

/// Returns the paths at which `commit` differs from each of its parents, with content not seen before.
fn fresh(
    repository: &Repository,
    commit: ObjectId,
    seen: &mut BTreeSet<(RepoPath, ObjectId)>,
    elsewhere: &mut usize,
) -> Result<BTreeSet<RepoPath>, Error> {
    let info = repository.commit(commit)?;
    let here = repository.parents_here(&info)?;
    let mut parents = Vec::with_capacity(here.len());
    for parent in here {
        parents.push(repository.commit(*parent)?.tree);
    }
    if parents.is_empty() {
        parents.push(repository.empty_tree());
    }
    // What a merge has from one of its parents was looked at there.
    let mut differs: BTreeMap<RepoPath, (usize, FileMode, ObjectId)> = BTreeMap::new();
    let mut only = BTreeSet::new();
    for parent in &parents {
        let (differences, oddities) = repository.diff_trees_strictly(*parent, info.tree, usize::MAX)?;
        only.extend(new_oddities(repository, (*parent, info.tree), oddities)?);
        for (path, _, after) in differences {
            if let Some((mode, id)) = after {
                differs.entry(path).or_insert((0, mode, id)).0 += 1;
            }
        }
    }
    for (path, (count, mode, id)) in differs {
        if count < parents.len() || !seen.insert((path.clone(), id)) {
            continue;
        }
        // A partial clone lacks only what its remote has promised to keep.
        if repository.is_partial() && mode != FileMode::Gitlink && !repository.has_object(id) {
            *elsewhere += 1;
        } else {
            only.insert(path);
        }
    }
    Ok(only)
}
