//! What earlier runs rendered, read back from the ledger.
//!
//! Only runs on a proper ancestor of the base count, so that running twice on one base plans the same twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::base::{ContentAddress, canonical};
use crate::git::Repository;
use crate::ledger::{Entry, Ledger};
use crate::model::{ObjectId, Proposal, RepoPath, Template};
use crate::repair::{Content, Plan, Rendering};

/// How many commits are looked at to tell a deleted file from one that was never taken over.
const HISTORY_LIMIT: usize = 10_000;

/// One rendering as the ledger holds it, at `renderings/<digest of the path>/<digest>.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RenderingRecord {
    schema: String,
    path: RepoPath,
    template: Template,
    base: ObjectId,
    content: Content,
}

/// The schema of a rendering's record.
const SCHEMA: &str = "iao/rendering/v1";

/// Returns the latest earlier rendering of each path that `proposals` are about.
pub(super) fn renderings(
    repository: &Repository,
    ledger: &Ledger<'_>,
    base: Option<ObjectId>,
    proposals: &[Proposal],
) -> Result<BTreeMap<RepoPath, Rendering>, Error> {
    let mut found = BTreeMap::new();
    let Some(base) = base else {
        return Ok(found);
    };
    for proposal in proposals {
        if !found.contains_key(&proposal.path)
            && let Some(record) = latest(repository, ledger, base, &proposal.path)?
        {
            let rendering = Rendering {
                accepted: was_there(repository, base, record.base, &proposal.path)?,
                content: record.content.to_bytes().unwrap_or_default(),
            };
            found.insert(proposal.path.clone(), rendering);
        }
    }
    Ok(found)
}

/// Returns the ledger entries for what `plan` renders on `base`.
pub(super) fn entries(plan: &Plan, base: ObjectId) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for change in &plan.changes {
        let (Some(template), Some(content)) =
            (&change.template, change.rendered.as_ref().or(change.content.as_ref()))
        else {
            continue;
        };
        let record = RenderingRecord {
            schema: SCHEMA.to_owned(),
            path: change.path.clone(),
            template: template.clone(),
            base,
            content: content.clone(),
        };
        let directory = directory(&change.path);
        let bytes =
            canonical::to_vec(&record).map_err(|source| Error::Record { name: directory.clone(), source })?;
        entries.push(Entry { path: format!("{directory}/{}.json", ContentAddress::of(&bytes)), bytes });
    }
    Ok(entries)
}

fn directory(path: &RepoPath) -> String {
    format!("renderings/{}", ContentAddress::of(path.as_bytes()))
}

/// Of the renderings made on a proper ancestor of `base`, the one made on the youngest.
fn latest(
    repository: &Repository,
    ledger: &Ledger<'_>,
    base: ObjectId,
    path: &RepoPath,
) -> Result<Option<RenderingRecord>, Error> {
    let mut best: Option<(i64, ContentAddress, RenderingRecord)> = None;
    for (name, bytes) in ledger.read_below(&directory(path), |_| true)? {
        let record: RenderingRecord =
            canonical::from_slice(&bytes).map_err(|source| Error::Record { name: name.clone(), source })?;
        if record.base == base
            || !repository.has_object(record.base)
            || !repository.is_ancestor(record.base, base)?
        {
            continue;
        }
        let age = repository.commit(record.base)?.committed.as_seconds();
        let key = (age, ContentAddress::of(&bytes));
        if best.as_ref().is_none_or(|(age, digest, _)| (*age, *digest) < key) {
            best = Some((key.0, key.1, record));
        }
    }
    Ok(best.map(|(_, _, record)| record))
}

/// Says whether a commit between `since` and `base` had a file at `path`.
fn was_there(
    repository: &Repository,
    base: ObjectId,
    since: ObjectId,
    path: &RepoPath,
) -> Result<bool, Error> {
    for commit in repository.walk(&[base], &[since], HISTORY_LIMIT)? {
        let tree = repository.commit(commit)?.tree;
        if repository.lookup(tree, path)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
