//! Finds seals in the ledger: by commit, by tree, or the one before.
//!
//! A ledger only grows, so what is no seal stays in it: it is told, and hides no other.

use std::collections::{BTreeSet, HashMap};

use super::error::Damage;
use super::statement::{SealStatement, StatementError};
use super::{Error, Note};
use crate::base::ContentAddress;
use crate::git::Repository;
use crate::ledger::{Ledger, fan_out};
use crate::model::ObjectId;
use crate::supply_chain::Envelope;

/// Where the ledger keeps seals.
pub(super) const DIRECTORY: &str = "seals";

/// How many commits back a seal looks for the one before it.
const LOOK_BACK: usize = 256;

/// A seal as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSeal {
    path: String,
    digest: ContentAddress,
    envelope: Envelope,
    statement: SealStatement,
}

impl StoredSeal {
    /// Returns its path in the ledger's tree.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the SHA-256 of the envelope.
    #[must_use]
    pub fn digest(&self) -> ContentAddress {
        self.digest
    }

    /// Returns the envelope.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Returns what the envelope says.
    #[must_use]
    pub fn statement(&self) -> &SealStatement {
        &self.statement
    }

    /// Reads the bytes at `path` as the seal that the path says they are.
    ///
    /// # Errors
    /// When they are no canonical envelope of a seal, or the path says another digest or commit.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, Error> {
        let damaged = |source| Error::EntryDamaged { path: path.to_owned(), source };
        let envelope = Envelope::from_canonical(bytes)
            .map_err(|error| damaged(Damage::Seal(StatementError::from(error))))?;
        let statement =
            SealStatement::from_envelope(&envelope).map_err(|error| damaged(Damage::Seal(error)))?;
        let digest = ContentAddress::of(bytes);
        if path != seal_path(statement.commit(), digest) {
            return Err(damaged(Damage::Place));
        }
        Ok(Self { path: path.to_owned(), digest, envelope, statement })
    }

    /// Makes the note that shows this seal.
    #[must_use]
    pub fn note(&self) -> Note {
        Note::of_read(self.envelope.clone(), self.statement.clone(), self.digest)
    }
}

/// Returns the commit that the seal at this path of the ledger is about; `None` for any other path.
#[must_use]
pub fn sealed_commit(path: &str) -> Option<ObjectId> {
    let (first, rest) = path.split_once('/')?;
    rest.rsplit('/').nth(1).filter(|_| first == DIRECTORY)?.parse().ok()
}

fn commit_directory(commit: ObjectId) -> String {
    format!("{DIRECTORY}/{}", fan_out(&commit.to_string()))
}

pub(super) fn seal_path(commit: ObjectId, digest: ContentAddress) -> String {
    format!("{}/{digest}.json", commit_directory(commit))
}

/// Seals, and what stands in their place and is none.
///
/// A ledger only grows, so an entry that is no seal stays; it is told, and hides no other.
#[derive(Debug, Default)]
pub struct Found {
    /// The seals: newest first by sealing time, equal times by digest.
    pub seals: Vec<StoredSeal>,
    /// Why each of the other entries is no seal.
    pub damaged: Vec<Error>,
}

/// Every seal of the ledger, each read once.
#[derive(Debug, Default)]
pub struct SealIndex {
    found: Found,
    by_commit: HashMap<ObjectId, Vec<usize>>,
    by_tree: HashMap<ObjectId, Vec<usize>>,
}

impl SealIndex {
    /// Reads all seals.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn read(ledger: &Ledger<'_>) -> Result<Self, Error> {
        let mut index = Self { found: read_below(ledger, DIRECTORY)?, ..Self::default() };
        for (place, seal) in index.found.seals.iter().enumerate() {
            index.by_commit.entry(seal.statement.commit()).or_default().push(place);
            index.by_tree.entry(seal.statement.tree()).or_default().push(place);
        }
        Ok(index)
    }

    /// Returns all seals, newest first.
    #[must_use]
    pub fn seals(&self) -> &[StoredSeal] {
        &self.found.seals
    }

    /// Returns why entries in the place of seals are none.
    #[must_use]
    pub fn damaged(&self) -> &[Error] {
        &self.found.damaged
    }

    /// Returns the seals of `commit`, newest first.
    pub fn of_commit(&self, commit: ObjectId) -> impl Iterator<Item = &StoredSeal> {
        self.by_commit.get(&commit).into_iter().flatten().map(|place| &self.found.seals[*place])
    }

    /// Returns the seals of any commit with `tree`, newest first.
    pub fn of_tree(&self, tree: ObjectId) -> impl Iterator<Item = &StoredSeal> {
        self.by_tree.get(&tree).into_iter().flatten().map(|place| &self.found.seals[*place])
    }
}

/// Returns the commits whose seals were recorded last, at most `count`, without reading the seals.
///
/// # Errors
/// When the ledger cannot be read.
pub fn recently_sealed(ledger: &Ledger<'_>, count: usize) -> Result<BTreeSet<ObjectId>, Error> {
    let mut commits = BTreeSet::new();
    for path in ledger.last_added(DIRECTORY, count)? {
        commits.extend(sealed_commit(&path));
    }
    Ok(commits)
}

fn read_below(ledger: &Ledger<'_>, directory: &str) -> Result<Found, Error> {
    let mut found = Found::default();
    for (path, bytes) in ledger.read_below(directory, |_| true)? {
        match StoredSeal::parse(&path, &bytes) {
            Ok(seal) => found.seals.push(seal),
            Err(damage) => found.damaged.push(damage),
        }
    }
    found.seals.sort_by(|a, b| {
        let time = |seal: &StoredSeal| seal.statement.predicate().sealed_at;
        time(b).cmp(&time(a)).then_with(|| a.digest.cmp(&b.digest))
    });
    Ok(found)
}

/// Returns the seals of `commit`.
///
/// # Errors
/// When the ledger cannot be read.
pub fn find(ledger: &Ledger<'_>, commit: ObjectId) -> Result<Found, Error> {
    read_below(ledger, &commit_directory(commit))
}

/// Returns the seals of any commit with `tree`, newest first; reads every seal, so a second question wants a
/// [`SealIndex`].
///
/// # Errors
/// When the ledger cannot be read.
pub fn find_by_tree(ledger: &Ledger<'_>, tree: ObjectId) -> Result<Vec<StoredSeal>, Error> {
    Ok(SealIndex::read(ledger)?.of_tree(tree).cloned().collect())
}

/// Returns the newest seal of `commit`, else of the nearest of its last 256 ancestors that has one.
///
/// # Errors
/// When history or the ledger cannot be read.
pub fn previous(
    repository: &Repository,
    ledger: &Ledger<'_>,
    commit: ObjectId,
) -> Result<Option<StoredSeal>, Error> {
    if ledger.head().is_none() {
        return Ok(None);
    }
    // Most often the parent is sealed: a longer walk begins only when a shorter one found nothing.
    let mut looked = 0;
    for limit in [2, 16, LOOK_BACK] {
        for ancestor in repository.walk(&[commit], &[], limit)?.into_iter().skip(looked) {
            if let Some(newest) = find(ledger, ancestor)?.seals.into_iter().next() {
                return Ok(Some(newest));
            }
        }
        looked = limit;
    }
    Ok(None)
}
