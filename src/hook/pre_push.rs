//! What is about to leave: every commit that a push sends, each judged at the paths that it changes.
//!
//! All refs of the push count, checked out or not; a secret that one commit adds and a later one removes is
//! in the objects that leave, so each commit is looked at by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use crate::git::Repository;
use crate::model::{ObjectId, RepoPath};
use crate::step::Subject;

/// How many commits a push is looked through.
const LIMIT: usize = 1_000_000;

/// Returns each commit that the push sends, oldest first, to be judged at the paths that it changes.
///
/// `input` is what git writes to the hook: one line a ref. `remote` is the remote's name, or its URL when it has
/// none; tracking refs of a named remote, and the remote oids of the input, tell what is there already.
///
/// # Errors
/// When a line cannot be read, or an object is missing.
pub fn pre_push(repository: &Repository, remote: &str, input: &str) -> Result<Vec<Subject>, Error> {
    let mut tips = Vec::new();
    let mut hidden = Vec::new();
    for (number, line) in input.lines().enumerate() {
        let words: Vec<&str> = line.split(' ').collect();
        let [_, local, _, there] = words[..] else {
            return Err(Error::Input { line: number + 1 });
        };
        let parse = |text: &str| text.parse::<ObjectId>().map_err(|_| Error::Input { line: number + 1 });
        let (local, there) = (parse(local)?, parse(there)?);
        if !local.is_null() {
            tips.push(repository.resolve(&local.to_string())?);
        }
        if !there.is_null() && repository.has_object(there) {
            hidden.push(repository.resolve(&there.to_string())?);
        }
    }
    for (_, target) in repository.refs(&format!("refs/remotes/{remote}/"))? {
        if let Ok(commit) = repository.resolve(&target.to_string()) {
            hidden.push(commit);
        }
    }
    let mut commits = repository.walk(&tips, &hidden, LIMIT)?;
    commits.reverse();
    let mut seen: BTreeSet<(RepoPath, ObjectId)> = BTreeSet::new();
    let mut subjects = Vec::new();
    for commit in commits {
        let only = fresh(repository, commit, &mut seen)?;
        if !only.is_empty() {
            let mut subject = Subject::of_commit(repository, commit)?;
            subject.only = Some(only);
            subjects.push(subject);
        }
    }
    Ok(subjects)
}

/// Returns the paths at which `commit` differs from each of its parents, with content not seen before.
fn fresh(
    repository: &Repository,
    commit: ObjectId,
    seen: &mut BTreeSet<(RepoPath, ObjectId)>,
) -> Result<BTreeSet<RepoPath>, Error> {
    let info = repository.commit(commit)?;
    let mut parents = Vec::with_capacity(info.parents.len());
    for parent in &info.parents {
        parents.push(repository.commit(*parent)?.tree);
    }
    if parents.is_empty() {
        parents.push(repository.empty_tree());
    }
    // What a merge has from one of its parents was looked at there.
    let mut differs: BTreeMap<RepoPath, (usize, ObjectId)> = BTreeMap::new();
    for parent in &parents {
        for (path, _, after) in repository.diff_trees(*parent, info.tree)? {
            if let Some((_, id)) = after {
                differs.entry(path).or_insert((0, id)).0 += 1;
            }
        }
    }
    Ok(differs
        .into_iter()
        .filter(|(_, (count, _))| *count == parents.len())
        .filter(|(path, (_, id))| seen.insert((path.clone(), *id)))
        .map(|(path, _)| path)
        .collect())
}
