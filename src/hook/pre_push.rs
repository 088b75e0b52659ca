//! What is about to leave, and what the receiving end has already.
//!
//! Refs that this clone remembers of a remote are a hint, never the truth: the remote may have dropped what they name.

use std::collections::BTreeSet;

use super::arriving::{Arriving, Tips, commits, commits_of, judge};
use super::{Error, Update};
use crate::git::Repository;
use crate::model::ObjectId;

/// Up to how many commits are looked at rather than believed to be at the remote.
const CHEAP: usize = 1000;

/// What is taken to be at the receiving end already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// What the remote itself told of the refs that are pushed, and nothing else.
    Advertised,
    /// That, and its main branch as this clone remembers it; for more than a thousand commits, as `Tracking`.
    Main,
    /// That, and every branch that this clone remembers of it.
    Tracking,
}

/// A push, as git tells a hook of it.
pub struct PushRequest<'a> {
    /// The refs.
    pub updates: &'a [Update],
    /// The remote's name, or its URL when it has none.
    pub remote: &'a str,
    /// Where the push goes, which need not be where the remote is fetched from.
    pub url: Option<&'a str>,
    /// What is taken to be there already.
    pub known: Known,
}

/// Returns what a push sends: every commit that the receiving end lacks, oldest first, each at the paths it changes.
///
/// Evidence of this clone itself is left out: whoever made it has judged it.
///
/// # Errors
/// When an object is missing.
pub fn pre_push(repository: &Repository, push: &PushRequest<'_>) -> Result<Arriving, Error> {
    let told = push.updates.iter().filter(|update| !update.is_own(repository));
    let tips = Tips::of(repository, told)?;
    let advertised = commits_of(repository, push.updates.iter().map(|update| update.before));
    let with = |tracked: &[ObjectId]| {
        let hidden = [&advertised[..], &commits_of(repository, tracked.iter().copied())].concat();
        commits(repository, &tips, &hidden)
    };
    let newest_first = match (push.known, remembered(repository, push)?) {
        (Known::Advertised, _) => with(&[])?,
        (Known::Tracking, remembered) => with(&remembered.all)?,
        (Known::Main, remembered) => {
            let found = with(&remembered.main)?;
            if found.len() > CHEAP && remembered.all.len() > remembered.main.len() {
                with(&remembered.all)?
            } else {
                found
            }
        }
    };
    judge(repository, &tips, newest_first)
}

/// What this clone remembers of a remote.
#[derive(Default)]
struct Remembered {
    /// Its main branch.
    main: Vec<ObjectId>,
    /// All of its branches.
    all: Vec<ObjectId>,
}

fn remembered(repository: &Repository, push: &PushRequest<'_>) -> Result<Remembered, Error> {
    let mut remembered = Remembered::default();
    if push.known == Known::Advertised || !is_tracked(repository, push) {
        return Ok(remembered);
    }
    let prefix = format!("refs/remotes/{}/", push.remote);
    // A remote `a/b` keeps its branches below those of a remote `a`.
    let others: Vec<String> = repository
        .remote_names()
        .iter()
        .filter_map(|name| Some(format!("{}/", name.strip_prefix(push.remote)?.strip_prefix('/')?)))
        .collect();
    let tracked = repository.refs(&prefix)?;
    let short = |name: &str| name[prefix.len()..].to_owned();
    // What the remote has just said of a branch counts more than what it said once; unless it is news to this clone, and
    // then most likely goes on from there.
    let says_otherwise = |update: &Update, target: ObjectId| {
        update.before != target && (update.before.is_null() || repository.has_object(update.before))
    };
    let stale: BTreeSet<ObjectId> = tracked
        .iter()
        .filter(|(name, target)| {
            let branch = format!("refs/heads/{}", short(name));
            push.updates.iter().any(|update| update.name == branch && says_otherwise(update, *target))
        })
        .map(|(_, target)| *target)
        .collect();
    let init = repository.config_string("init.defaultBranch");
    for (name, target) in tracked {
        let name = short(&name);
        if stale.contains(&target) || others.iter().any(|other| name.starts_with(other)) {
            continue;
        }
        if ["HEAD", "main", "master"].contains(&name.as_str()) || init.as_ref() == Some(&name) {
            remembered.main.push(target);
        }
        remembered.all.push(target);
    }
    Ok(remembered)
}

/// Says whether the refs that are remembered of the remote tell of the place to which the push goes.
fn is_tracked(repository: &Repository, push: &PushRequest<'_>) -> bool {
    if !repository.remote_names().iter().any(|name| name == push.remote) {
        return false;
    }
    let values = |key: &str| repository.config_strings(&format!("remote.{}.{key}", push.remote));
    let (fetched, pushed) = (values("url"), values("pushurl"));
    let Some(first) = fetched.first() else { return false };
    if !pushed.is_empty() {
        return pushed.iter().all(|url| url == first);
    }
    // Of several URLs the first is fetched from.
    fetched.len() == 1 || push.url == Some(first)
}
