//! Says which commits of a history lack valid evidence, and why.
//!
//! Envelope, subject, tree, verdict and signature of each seal are checked, the content is not; every seal is read once,
//! however many commits there are.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::Error;
use crate::base::{CancelToken, ContentAddress, parallel_map};
use crate::git::{self, Repository};
use crate::ledger::Ledger;
use crate::model::{ObjectId, Outcome};
use crate::seal::{self, Depth, SealIndex, StoredSeal};
use crate::supply_chain::Verifier;

/// Which commits are looked at, and what their seals must say.
pub struct AuditRequest<'a> {
    /// The commits, in the order of the answer.
    pub commits: &'a [ObjectId],
    /// Whether a seal must carry a verdict that passed; otherwise only a verdict that failed is no evidence.
    pub verified: bool,
    /// Whom to trust, and what a signature must be.
    pub verifier: &'a Verifier,
    /// How many threads may work.
    pub jobs: usize,
    /// Set when the user stops it.
    pub cancel: &'a CancelToken,
}

/// Why a commit has no valid evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// Nothing was sealed that has anything to do with it.
    NoSeal,
    /// Only another commit with the same tree was sealed.
    TreeEquivalent,
    /// Only another commit with the same patch was sealed.
    PatchEquivalent,
    /// What stands in the place of its seal is none, or does not fit the commit.
    Damaged,
    /// It was verified, and broke the policy.
    VerdictFail,
    /// It was sealed without a verdict, and one is asked for.
    NotVerified,
    /// Its signature is invalid, or is not what is asked for.
    NotSigned,
}

/// One commit without valid evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// The commit.
    pub commit: ObjectId,
    /// The first line of its message.
    pub subject: String,
    /// Why.
    pub why: Lack,
    /// More of it, for people.
    pub detail: String,
    /// The seal that was looked at, if there is one.
    pub seal: Option<ContentAddress>,
}

/// Returns the commits without valid evidence, in the order of the request.
///
/// # Errors
/// When history or the ledger cannot be read, the ledger was tampered with, or the work was stopped.
pub fn audit(
    repository: &Repository,
    ledger: &Ledger<'_>,
    request: &AuditRequest<'_>,
) -> Result<Vec<Lacking>, Error> {
    ledger.check()?;
    let index = SealIndex::read(ledger)?;
    let damaged = damaged(&index);
    let judge = |(): &mut (), commit: &ObjectId| {
        if request.cancel.is_cancelled() {
            return Err(crate::step::Error::Interrupted.into());
        }
        judge(repository, ledger, request, &index, &damaged, *commit)
    };
    let judged = parallel_map(request.commits, request.jobs, || (), judge);
    let mut lacking: Vec<Lacking> =
        judged.into_iter().filter_map(Result::transpose).collect::<Result<_, Error>>()?;
    find_patches(repository, request, &index, &mut lacking)?;
    Ok(lacking)
}

/// What stands in the place of seals and is none, by the commit that it is filed under.
fn damaged(index: &SealIndex) -> HashMap<ObjectId, String> {
    let told = |error: &seal::Error| match error {
        seal::Error::EntryDamaged { path, source } => {
            Some((seal::sealed_commit(path)?, format!("`{path}`: {source}")))
        }
        _ => None,
    };
    index.damaged().iter().filter_map(told).collect()
}

fn judge(
    repository: &Repository,
    ledger: &Ledger<'_>,
    request: &AuditRequest<'_>,
    index: &SealIndex,
    damaged: &HashMap<ObjectId, String>,
    commit: ObjectId,
) -> Result<Option<Lacking>, Error> {
    let seals: Vec<StoredSeal> = index.of_commit(commit).cloned().collect();
    // Whoever can write to the ledger could put a newer seal before the one that counts.
    let first = seal::most_trusted(&seals, request.verifier)?;
    let mut found: Option<(Lack, String, Option<ContentAddress>)> = None;
    for stored in first.into_iter().chain(&seals) {
        let (verifier, cancel) = (request.verifier, request.cancel);
        let report = seal::check_seal(repository, ledger, stored, Depth::Outline, verifier, 1, cancel)?;
        let Some(failure) = report.first_failure() else {
            found = short_of(request, stored).map(|(why, detail)| (why, detail, Some(stored.digest())));
            return found.map(|found| lacking(repository, commit, found)).transpose();
        };
        let why = if failure.id == "seal/signature" { Lack::NotSigned } else { Lack::Damaged };
        let detail = format!("{}: {}", failure.id, failure.detail);
        found.get_or_insert((why, detail, Some(stored.digest())));
    }
    let found = match (found, damaged.get(&commit)) {
        (Some(found), _) => found,
        (None, Some(detail)) => (Lack::Damaged, detail.clone(), None),
        (None, None) => unsealed(repository, index, commit)?,
    };
    lacking(repository, commit, found).map(Some)
}

/// Says what a seal that fits its commit falls short of.
fn short_of(request: &AuditRequest<'_>, stored: &StoredSeal) -> Option<(Lack, String)> {
    match stored.statement().predicate().verdict.outcome {
        Outcome::Fail => Some((Lack::VerdictFail, "it was verified, and broke the policy".to_owned())),
        Outcome::NotVerified if request.verified => {
            Some((Lack::NotVerified, "it was sealed without a verdict".to_owned()))
        }
        _ => None,
    }
}

fn unsealed(
    repository: &Repository,
    index: &SealIndex,
    commit: ObjectId,
) -> Result<(Lack, String, Option<ContentAddress>), Error> {
    let tree = repository.commit(commit)?.tree;
    Ok(match index.of_tree(tree).next() {
        Some(stored) => {
            let detail = format!("{} has the same tree, and is sealed", stored.statement().commit());
            (Lack::TreeEquivalent, detail, Some(stored.digest()))
        }
        None => (Lack::NoSeal, "it was never sealed".to_owned(), None),
    })
}

fn lacking(
    repository: &Repository,
    commit: ObjectId,
    (why, detail, seal): (Lack, String, Option<ContentAddress>),
) -> Result<Lacking, Error> {
    Ok(Lacking { commit, subject: repository.commit(commit)?.subject(), why, detail, seal })
}

/// Names what a commit changed; `None` where that cannot be told, because its parent or a file of it is not here or damaged.
fn patch_of(repository: &Repository, commit: ObjectId) -> Result<Option<ObjectId>, git::Error> {
    match repository.patch_id(commit) {
        Err(error) if error.is_of_the_system() => Err(error),
        told => Ok(told.ok().flatten()),
    }
}

/// Tells those apart whose patch was sealed elsewhere; each patch is computed once.
fn find_patches(
    repository: &Repository,
    request: &AuditRequest<'_>,
    index: &SealIndex,
    lacking: &mut [Lacking],
) -> Result<(), Error> {
    if index.seals().is_empty() || lacking.iter().all(|one| one.why != Lack::NoSeal) {
        return Ok(());
    }
    let mut seen = HashSet::new();
    let sealed: Vec<&StoredSeal> = index
        .seals()
        .iter()
        .filter(|stored| seen.insert(stored.statement().commit()))
        // A clone that fetched evidence only lacks the commit: no patch to compare.
        .filter(|stored| repository.has_object(stored.statement().commit()))
        .collect();
    let patches = parallel_map(
        &sealed,
        request.jobs,
        || (),
        |(): &mut (), stored| patch_of(repository, stored.statement().commit()),
    );
    let mut by_patch: HashMap<ObjectId, &StoredSeal> = HashMap::new();
    for (patch, stored) in patches.into_iter().zip(sealed) {
        if let Some(patch) = patch? {
            by_patch.entry(patch).or_insert(stored);
        }
    }
    let open: Vec<usize> = (0..lacking.len()).filter(|at| lacking[*at].why == Lack::NoSeal).collect();
    let found =
        parallel_map(&open, request.jobs, || (), |(): &mut (), at| patch_of(repository, lacking[*at].commit));
    for (at, patch) in open.into_iter().zip(found) {
        if let Some(stored) = patch?.and_then(|patch| by_patch.get(&patch)) {
            lacking[at].why = Lack::PatchEquivalent;
            lacking[at].detail =
                format!("{} makes the same change, and is sealed", stored.statement().commit());
            lacking[at].seal = Some(stored.digest());
        }
    }
    Ok(())
}
