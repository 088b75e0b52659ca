//! Draws the proof that one file is in a seal: from the ledger's records, or from the commit's own content.
//!
//! Of the records no more is opened than lies on the way, and all that is opened is computed again up to the roots.

use serde_json::Value;

use super::Error;
use super::boundary::LOCATIONS;
use super::directory::{Prefix, bit, key};
use super::entry::Entry;
use super::forest::{Forest, SetId, Shape};
use super::load::locations;
use super::manifest::{Document, Manifest};
use super::merkle::HashId;
use super::proof::{Level, PROOF_SCHEMA, Part, Proof, ProvenFile, turns};
use super::records::{Reach, Records, mismatch};
use super::shelf::Location;
use super::statement::SealStatement;
use crate::base::{CancelToken, ContentAddress};
use crate::git::Repository;
use crate::ledger::Ledger;
use crate::model::RepoPath;
use crate::supply_chain::Envelope;

/// Draws the proof that `path` is in the seal of `envelope`, whose statement is `statement`.
///
/// Where the ledger has no usable records, the commit's files are digested again, on up to `jobs` threads.
///
/// # Errors
/// `NoSuchPath` and `NoFile` for what the sealed tree does not have; `RootMismatch` when neither records nor content
/// come to the sealed roots; and when git or the ledger cannot be read.
pub fn prove(
    repository: &Repository,
    ledger: &Ledger<'_>,
    (envelope, statement): (&Envelope, &SealStatement),
    path: &RepoPath,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<Proof, Error> {
    let document = statement.document();
    let (mut forest, top) = match recorded(ledger, document, path)? {
        Some(found) => found,
        None => drawn_again(repository, document, jobs, cancel)?,
    };
    let (file, levels) = way(&mut forest, top, path)?;
    let bytes = envelope.to_canonical();
    let value: Value = serde_json::from_slice(&bytes).expect("an envelope is written as JSON");
    let seal = ContentAddress::of(&bytes);
    let schema = PROOF_SCHEMA.to_owned();
    let proof = Proof { schema, seal, envelope: Some(value), path: path.clone(), file, levels };
    if proof.leads_to(&document.roots) { Ok(proof) } else { Err(mismatch(&RepoPath::root())) }
}

/// Opens the way to `path` in the first of the manifest's records that adds up; `None` when none does.
fn recorded(
    ledger: &Ledger<'_>,
    document: &Document,
    path: &RepoPath,
) -> Result<Option<(Forest, SetId)>, Error> {
    let read = |path: &str| Ok(ledger.read(path)?);
    for place in locations(ledger, document.address())?.into_iter().take(LOCATIONS) {
        let opened = place.and_then(|place| open_way(Records::new(read), document, &place, path));
        match opened {
            Ok(opened) => return Ok(Some(opened)),
            Err(
                error @ (Error::NoSuchPath { .. }
                | Error::NoFile { .. }
                | Error::Git(_)
                | Error::Ledger(_)
                | Error::Cancelled),
            ) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(None)
}

fn open_way(
    mut records: Records<'_>,
    document: &Document,
    location: &Location,
    path: &RepoPath,
) -> Result<(Forest, SetId), Error> {
    let (place, mut directory) = (records.place(location.records, location.offset), RepoPath::root());
    let top = records.open(place, Prefix::default(), Reach::Near, &directory)?;
    let hash = records.forest.directory(top);
    records.expect_digest(hash, document.roots.digest(), &directory);
    let (mut at, mut missing) = (Some(top), false);
    for name in path.components() {
        let Some(set) = at else {
            missing = true;
            break;
        };
        let found = records.find(set, name, &directory)?;
        missing = found.is_none();
        at = found.and_then(|entry| entry.child);
        directory = directory.join(name);
    }
    records.forest.hashes.resolve();
    records.require()?;
    // Said only now: before, what was opened was hearsay.
    if missing { Err(Error::NoSuchPath { path: path.clone() }) } else { Ok((records.forest, top)) }
}

/// Makes the manifest from the content, and requires that it is the sealed one.
fn drawn_again(
    repository: &Repository,
    document: &Document,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<(Forest, SetId), Error> {
    let manifest = Manifest::build(repository, document.tree, jobs, cancel)?;
    if manifest.document() != *document {
        return Err(mismatch(&RepoPath::root()));
    }
    Ok((manifest.forest, manifest.top))
}

/// Says what lies beside the way to `path`, from the file up to the top directory.
pub(super) fn way(
    forest: &mut Forest,
    top: SetId,
    path: &RepoPath,
) -> Result<(ProvenFile, Vec<Level>), Error> {
    let missing = || Error::NoSuchPath { path: path.clone() };
    let (mut at, mut found, mut levels) = (Some(top), None, Vec::new());
    for name in path.components() {
        let (entry, level) = level(at.ok_or_else(missing)?, name, forest).ok_or_else(missing)?;
        at = entry.child;
        found = Some(entry);
        levels.push(level);
    }
    let Some(entry) = found.filter(|entry| !entry.mode.is_directory()) else {
        return Err(Error::NoFile { path: path.clone() });
    };
    levels.reverse();
    let digest = *forest.hashes.get(entry.content);
    Ok((ProvenFile { digest, mode: entry.mode, size: entry.size }, levels))
}

/// Says what lies beside the entry `name`; `None` when there is no such entry.
fn level(directory: SetId, name: &[u8], forest: &mut Forest) -> Option<(Entry, Level)> {
    let (key, mut set, mut splits) = (key(name), *forest.set(directory), Vec::new());
    while let Shape::Split(sides) = set.shape {
        let side = bit(&key, splits.len());
        let other = forest.set(sides[1 - side]);
        splits.push(Part { set: *forest.hashes.get(other.hash), totals: other.tally });
        set = *forest.set(sides[side]);
    }
    let Shape::List(start, count) = set.shape else { return None };
    let entries = forest.listed(start, count).to_vec();
    let place = entries.iter().position(|entry| forest.name(entry) == name)?;
    let leaves: Vec<HashId> = entries.iter().map(|entry| forest.leaf_hash(entry)).collect();
    let hashes = &mut forest.hashes;
    // From the whole list down to the leaf, then turned round.
    let (mut low, mut high, mut beside) = (0, leaves.len(), Vec::new());
    for right in turns(place as u64, leaves.len() as u64).into_iter().rev() {
        let cut = low + (high - low).next_power_of_two() / 2;
        beside.push(hashes.list(if right { &leaves[low..cut] } else { &leaves[cut..high] }));
        (low, high) = if right { (cut, high) } else { (low, cut) };
    }
    hashes.resolve();
    let beside = beside.into_iter().rev().map(|id| *hashes.get(id)).collect();
    splits.reverse();
    let list = set.tally;
    Some((entries[place], Level { list, place: place as u64, beside, splits }))
}
