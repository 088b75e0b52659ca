//! Seals in the ledger: recorded, found, and projected into notes.

use std::collections::HashMap;

use super::error::Damage;
use super::statement::SealStatement;
use super::{Error, Manifest, Note, Seal};
use crate::base::{ContentAddress, Timestamp};
use crate::git::{Person, Repository};
use crate::ledger::{Entry, Ledger};
use crate::model::ObjectId;
use crate::supply_chain::Envelope;

/// Where the ledger keeps seals.
const DIRECTORY: &str = "seals";

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
            .map_err(|error| damaged(Damage::Seal(super::StatementError::from(error))))?;
        let statement =
            SealStatement::from_envelope(&envelope).map_err(|error| damaged(Damage::Seal(error)))?;
        let digest = ContentAddress::of(bytes);
        if path != seal_path(statement.commit(), digest) {
            return Err(damaged(Damage::Place));
        }
        Ok(Self { path: path.to_owned(), digest, envelope, statement })
    }

    /// Makes the note that shows this seal.
    ///
    /// # Errors
    /// Never for a seal that was read; the envelope was checked then.
    pub fn note(&self) -> Result<Note, super::StatementError> {
        Note::of(self.envelope.clone())
    }
}

fn commit_directory(commit: ObjectId) -> String {
    let hex = commit.to_string();
    format!("{DIRECTORY}/{}/{hex}", &hex[..2])
}

fn seal_path(commit: ObjectId, digest: ContentAddress) -> String {
    format!("{}/{digest}.json", commit_directory(commit))
}

/// Every seal of the ledger, each read once.
#[derive(Debug, Clone, Default)]
pub struct SealIndex {
    seals: Vec<StoredSeal>,
    by_commit: HashMap<ObjectId, Vec<usize>>,
    by_tree: HashMap<ObjectId, Vec<usize>>,
}

impl SealIndex {
    /// Reads all seals.
    ///
    /// # Errors
    /// When one is damaged.
    pub fn read(ledger: &Ledger<'_>) -> Result<Self, Error> {
        let mut index = Self { seals: read_below(ledger, DIRECTORY)?, ..Self::default() };
        for (place, seal) in index.seals.iter().enumerate() {
            index.by_commit.entry(seal.statement.commit()).or_default().push(place);
            index.by_tree.entry(seal.statement.tree()).or_default().push(place);
        }
        Ok(index)
    }

    /// Returns all seals, newest first.
    #[must_use]
    pub fn seals(&self) -> &[StoredSeal] {
        &self.seals
    }

    /// Returns the seals of `commit`, newest first.
    pub fn of_commit(&self, commit: ObjectId) -> impl Iterator<Item = &StoredSeal> {
        self.by_commit.get(&commit).into_iter().flatten().map(|place| &self.seals[*place])
    }

    /// Returns the seals of any commit with `tree`, newest first.
    pub fn of_tree(&self, tree: ObjectId) -> impl Iterator<Item = &StoredSeal> {
        self.by_tree.get(&tree).into_iter().flatten().map(|place| &self.seals[*place])
    }
}

/// Reads the seals below `directory`: newest first by sealing time, equal times by digest.
fn read_below(ledger: &Ledger<'_>, directory: &str) -> Result<Vec<StoredSeal>, Error> {
    let mut seals = Vec::new();
    for path in ledger.list(directory)? {
        let bytes = ledger.read(&path)?.unwrap_or_default();
        seals.push(StoredSeal::parse(&path, &bytes)?);
    }
    seals.sort_by(|a, b| {
        let time = |seal: &StoredSeal| seal.statement.predicate().sealed_at;
        time(b).cmp(&time(a)).then_with(|| a.digest.cmp(&b.digest))
    });
    Ok(seals)
}

/// Returns the seals of `commit`, newest first.
///
/// # Errors
/// When one is damaged.
pub fn find(ledger: &Ledger<'_>, commit: ObjectId) -> Result<Vec<StoredSeal>, Error> {
    read_below(ledger, &commit_directory(commit))
}

/// Returns the seals of any commit with `tree`, newest first; reads every seal of the ledger.
///
/// # Errors
/// When one is damaged.
pub fn find_by_tree(ledger: &Ledger<'_>, tree: ObjectId) -> Result<Vec<StoredSeal>, Error> {
    Ok(SealIndex::read(ledger)?.of_tree(tree).cloned().collect())
}

/// Returns the newest seal of `commit`, else of the nearest of its last 256 ancestors that has one.
///
/// # Errors
/// When history or a seal cannot be read.
pub fn previous(
    repository: &Repository,
    ledger: &Ledger<'_>,
    commit: ObjectId,
) -> Result<Option<StoredSeal>, Error> {
    if ledger.head().is_none() {
        return Ok(None);
    }
    for ancestor in repository.walk(&[commit], &[], LOOK_BACK)? {
        if let Some(newest) = find(ledger, ancestor)?.into_iter().next() {
            return Ok(Some(newest));
        }
    }
    Ok(None)
}

/// Returns what recording `seal` adds to the ledger; records of the seal before it are not written again.
///
/// # Errors
/// When the manifest of the seal before it cannot be loaded.
pub fn ledger_entries(ledger: &Ledger<'_>, seal: &Seal) -> Result<Vec<Entry>, Error> {
    let base = seal.base().map(|base| Manifest::load(ledger, base)).transpose()?;
    let mut entries = seal.manifest().ledger_entries(base.as_ref());
    let path = seal_path(seal.statement().commit(), seal.digest());
    entries.push(Entry { path, bytes: seal.envelope().to_canonical() });
    Ok(entries)
}

/// Keeps the commit from being collected, then adds the seal to the ledger; returns the ledger's new head.
///
/// Notes are written after that, by [`project`].
///
/// # Errors
/// When the keep chain or the ledger cannot be written.
pub fn record(
    ledger: &mut Ledger<'_>,
    seal: &Seal,
    person: &Person,
    time: Timestamp,
) -> Result<ObjectId, Error> {
    let commit = seal.statement().commit();
    let entries = ledger_entries(ledger, seal)?;
    ledger.keep(&[commit], person, time)?;
    Ok(ledger.append(&entries, &format!("seal {commit}"), person, time)?)
}

/// Writes the note of each commit that has a seal, from the newest one; returns how many were written.
///
/// # Errors
/// When a seal is damaged or the notes cannot be written.
pub fn project(
    ledger: &Ledger<'_>,
    commits: &[ObjectId],
    person: &Person,
    time: Timestamp,
) -> Result<usize, Error> {
    let mut notes = Vec::new();
    for commit in commits {
        if let Some(newest) = find(ledger, *commit)?.first() {
            let note = newest.note().map_err(|source| Error::EntryDamaged {
                path: newest.path.clone(),
                source: Damage::Seal(source),
            })?;
            notes.push((*commit, note.to_bytes()));
        }
    }
    if !notes.is_empty() {
        ledger.project_notes(&notes, person, time)?;
    }
    Ok(notes.len())
}
