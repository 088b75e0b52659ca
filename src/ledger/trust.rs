//! Remembers the last ledger commit that was seen and checked, so that a ledger that was rolled back is noticed, and
//! none is checked twice.
//!
//! Marks only move forward. Without a mark nothing is claimed, and everything is checked.

use super::Error;
use crate::git::Repository;
use crate::model::ObjectId;

/// Where the mark lies, below `<common dir>/iao`.
const MARK: &str = "trust/ledger";

/// Returns the last ledger commit that was seen here, and checked with all that it stands on.
pub(super) fn mark(repository: &Repository) -> Result<Option<ObjectId>, Error> {
    read_mark(repository, MARK)
}

/// Reads a mark, a file below `<common dir>/iao` that holds one object name.
pub(super) fn read_mark(repository: &Repository, file: &str) -> Result<Option<ObjectId>, Error> {
    let Some(bytes) = repository.read_local(file)? else { return Ok(None) };
    let text = std::str::from_utf8(&bytes).ok().and_then(|text| text.strip_suffix('\n'));
    let parsed = text.and_then(|text| text.parse::<ObjectId>().ok());
    parsed.map(Some).ok_or_else(|| Error::BadMark { file: file.to_owned() })
}

/// Writes a mark. A power cut may bring back the one before, which claims less.
pub(super) fn write_mark(repository: &Repository, file: &str, id: ObjectId) -> Result<(), Error> {
    if read_mark(repository, file)? == Some(id) {
        return Ok(());
    }
    Ok(repository.write_local(file, format!("{id}\n").as_bytes())?)
}

/// Remembers `head`. The caller holds the lock, and has checked that `head` descends from the mark.
pub(super) fn remember(repository: &Repository, head: ObjectId) -> Result<(), Error> {
    write_mark(repository, MARK, head)
}

/// Remembers that `head` was checked, unless a later one was meanwhile; leaves it where nothing can be written.
pub(super) fn advance(repository: &Repository, head: ObjectId) -> Result<(), Error> {
    let lock = match repository.lock() {
        Err(error) if error.is_read_only() => return Ok(()),
        lock => lock?,
    };
    let forward = match mark(repository)? {
        Some(seen) => repository
            .is_ancestor(seen, head)
            .map_err(Error::unreadable(|| format!("the commits between {seen} and {head}")))?,
        None => true,
    };
    let written = if forward { remember(repository, head) } else { Ok(()) };
    drop(lock);
    match written {
        Err(Error::Git(error)) if error.is_read_only() => Ok(()),
        written => written,
    }
}

/// Checks that `head` contains everything that was seen here, and returns the mark.
///
/// # Errors
/// `LedgerRolledBack` when it does not.
pub(super) fn require_descent(
    repository: &Repository,
    head: Option<ObjectId>,
) -> Result<Option<ObjectId>, Error> {
    let Some(seen) = mark(repository)? else { return Ok(None) };
    let descends = match head {
        None => false,
        Some(head) if head == seen => true,
        // An ancestor that is gone is no ancestor: git keeps what the ledger reaches.
        Some(head) if repository.has_object(seen) => repository
            .is_ancestor(seen, head)
            .map_err(Error::unreadable(|| format!("the commits between {seen} and {head}")))?,
        Some(_) => false,
    };
    if descends { Ok(Some(seen)) } else { Err(Error::LedgerRolledBack { seen, found: head }) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::fixture::{add, sealed, time};
    use super::super::{LEDGER_REF, Ledger};
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;

    #[test]
    fn a_ledger_that_was_rolled_back_is_refused() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let first = add(&repository, &[sealed("one")]).unwrap();
        let second = add(&repository, &[sealed("two")]).unwrap();
        let refused = |repository: &Repository| {
            let mut ledger = Ledger::open(repository).unwrap();
            let checked = ledger.check();
            let appended = ledger.append(&[sealed("three")], "x", &tester(), time());
            assert!(
                matches!(checked, Err(Error::LedgerRolledBack { seen, .. }) if seen == second),
                "{checked:?}"
            );
            assert!(matches!(appended, Err(Error::LedgerRolledBack { .. })), "{appended:?}");
        };
        scratch.git(&["update-ref", LEDGER_REF, &first.to_string()]);
        refused(&repository);
        scratch.git(&["update-ref", "-d", LEDGER_REF]);
        refused(&repository);
        // What the ledger no longer reaches was collected meanwhile.
        scratch.git(&["update-ref", LEDGER_REF, &first.to_string()]);
        scratch.git(&["reflog", "expire", "--expire=now", "--all"]);
        scratch.git(&["gc", "-q", "--prune=now"]);
        refused(&scratch.open());
        // Without a mark nothing is claimed.
        fs::remove_file(scratch.in_git("iao/trust/ledger")).unwrap();
        add(&scratch.open(), &[sealed("three")]).unwrap();
        fs::write(scratch.in_git("iao/trust/ledger"), "nonsense").unwrap();
        assert!(matches!(add(&scratch.open(), &[sealed("four")]), Err(Error::BadMark { .. })));
    }

    #[test]
    fn each_commit_is_looked_at_once_and_all_of_them_on_demand() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        add(&repository, &[sealed("one")]).unwrap();
        let head = add(&repository, &[sealed("two")]).unwrap();
        // Somebody takes away what an old commit added: only those who look there notice.
        let name = repository.blob_id(b"one").to_string();
        fs::remove_file(scratch.in_git("objects").join(&name[..2]).join(&name[2..])).unwrap();
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        ledger.check().unwrap();
        assert!(matches!(ledger.check_all(2), Err(Error::Unreadable { .. })));
        // Without a mark everything is looked at, by whatever builds upon it too.
        fs::remove_file(scratch.in_git("iao/trust/ledger")).unwrap();
        assert!(matches!(ledger.check(), Err(Error::Unreadable { .. })));
        assert!(matches!(add(&repository, &[sealed("three")]), Err(Error::Unreadable { .. })));
        assert_eq!(mark(&repository).unwrap(), None);
        // A check that ends well leaves the mark, also of a head that somebody else wrote.
        let scratch = Sandbox::new();
        let repository = scratch.open();
        add(&repository, &[sealed("one")]).unwrap();
        fs::remove_file(scratch.in_git("iao/trust/ledger")).unwrap();
        let ledger = Ledger::open(&repository).unwrap();
        ledger.check().unwrap();
        assert_eq!(mark(&repository).unwrap(), ledger.head());
        assert_ne!(ledger.head(), Some(head));
    }
}
