//! What tests of the ledger begin with.
//!
//! Whatever an attacker does here is done with plain git.

use std::fs;

use super::{Entry, Error, LEDGER_REF, Ledger};
use crate::base::{ContentAddress, Timestamp};
use crate::git::Repository;
use crate::git::scratch::tester;
use crate::git::testing::Sandbox;
use crate::model::ObjectId;

pub(super) fn time() -> Timestamp {
    Timestamp::from_seconds(1_700_000_000)
}

/// An entry that is named by its content.
pub(super) fn sealed(text: &str) -> Entry {
    let bytes = text.as_bytes().to_vec();
    Entry { path: format!("seals/ab/{}.json", ContentAddress::of(&bytes)), bytes }
}

pub(super) fn at(path: &str, text: &str) -> Entry {
    Entry { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
}

pub(super) fn add(repository: &Repository, entries: &[Entry]) -> Result<ObjectId, Error> {
    Ledger::open(repository)?.append(entries, "git-iao: record", &tester(), time())
}

/// Puts a commit of `tree` on top of the ledger with plain git, as an attacker would.
pub(super) fn force(scratch: &Sandbox, tree: ObjectId) -> ObjectId {
    let parents: Vec<_> = scratch.open().ref_target(LEDGER_REF).unwrap().into_iter().collect();
    let commit = scratch.commit_tree(tree, &parents, "forged");
    scratch.git(&["update-ref", LEDGER_REF, &commit.to_string()]);
    commit
}

/// A ledger of its own, grown from `start`, that `refs/iao/ledger` does not name.
pub(super) fn elsewhere(scratch: &Sandbox, start: Option<ObjectId>, entries: &[Entry]) -> ObjectId {
    let repository = scratch.open();
    let here = repository.ref_target(LEDGER_REF).unwrap();
    let mark = scratch.in_git("iao/trust/ledger");
    let seen = fs::read(&mark).ok();
    fs::remove_file(&mark).ok();
    let set = |target: Option<ObjectId>| match target {
        Some(target) => scratch.git(&["update-ref", LEDGER_REF, &target.to_string()]),
        None => scratch.git(&["update-ref", "-d", LEDGER_REF]),
    };
    set(start);
    let tip = add(&repository, entries).unwrap();
    set(here);
    fs::remove_file(&mark).unwrap();
    if let Some(seen) = seen {
        fs::write(mark, seen).unwrap();
    }
    tip
}
