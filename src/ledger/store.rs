//! Entries go in, never out, never over one another.
//!
//! A head that was not seen here before is accepted only if it contains all that was, and only added to it: each
//! commit is looked at once in each clone.

use super::advance::{By, advance};
use super::check::Origin;
use super::known::Known;
use super::{Error, check, trust, union};
use crate::base::Timestamp;
use crate::git::{Person, Repository, TreeEdit};
use crate::model::{FileMode, ObjectId, RepoPath};

/// The commit point.
pub const LEDGER_REF: &str = "refs/iao/ledger";
/// Keeps sealed commits and old governance tips from being collected.
pub const KEEP_REF: &str = "refs/iao/keep";
/// The projection that reviewers read.
pub const NOTES_REF: &str = "refs/notes/iao";

/// One file of the ledger's tree. Its path ends in the digest of its bytes, or lies below a run's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path in the ledger's tree, such as `seals/ab/<commit>/<sha256>.json`.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// The ledger of one repository, as it was when opened.
pub struct Ledger<'a> {
    pub(super) repository: &'a Repository,
    pub(super) head: Option<ObjectId>,
    pub(super) known: Known,
}

impl<'a> Ledger<'a> {
    /// Opens the ledger as it is now; one that was never written is empty.
    ///
    /// # Errors
    /// When `refs/iao/ledger` is there and cannot be read.
    pub fn open(repository: &'a Repository) -> Result<Self, Error> {
        Ok(Self::at(repository, repository.ref_target(LEDGER_REF)?))
    }

    /// Opens the ledger as it was at the commit `head`, for reading.
    #[must_use]
    pub fn at(repository: &'a Repository, head: Option<ObjectId>) -> Self {
        Self { repository, head, known: Known::default() }
    }

    /// Returns the ledger commit that is read; `None` while there is no ledger.
    #[must_use]
    pub fn head(&self) -> Option<ObjectId> {
        self.head
    }

    /// Adds `entries` in one commit and returns the new head, which is also what is read from then on.
    ///
    /// Objects are durable before the ref moves, by compare-and-swap, again on a lost race. Entries that are
    /// there already with the same bytes are left out; when nothing is left, no commit is made.
    ///
    /// # Errors
    /// `EntryExists` for a path that holds other bytes; `MisnamedEntry` for a digest that is none;
    /// `LedgerRolledBack` or `LedgerTampered` when what is there cannot be built upon.
    pub fn append(
        &mut self,
        entries: &[Entry],
        message: &str,
        person: &Person,
        time: Timestamp,
    ) -> Result<ObjectId, Error> {
        check::check_new(entries)?;
        let (repository, by) = (self.repository, By { person, time });
        self.move_head(message, |current| next_commit(repository, by, current, entries, message))
    }

    /// Checks what the ledger got since it was last looked at here: nothing that was seen is gone, every commit only
    /// added entries to each of its parents, and entries named by a digest match their names.
    ///
    /// The head that was checked is remembered, where the repository can be written, so that each commit is
    /// looked at once. Whoever can write the mark can have a commit passed over: see [`Self::check_all`].
    ///
    /// # Errors
    /// `LedgerRolledBack` and `LedgerTampered` say what was found, `Unreadable` what could not be looked at.
    pub fn check(&self) -> Result<(), Error> {
        let seen = trust::require_descent(self.repository, self.head)?;
        let Some(head) = self.head.filter(|head| seen != Some(*head)) else { return Ok(()) };
        check::check_commits(self.repository, head, seen.as_slice(), Origin::Here, 1)?;
        trust::advance(self.repository, head)
    }

    /// Checks the whole ledger, as [`Self::check`] does, from its first commit on `jobs` threads.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_all(&self, jobs: usize) -> Result<(), Error> {
        trust::require_descent(self.repository, self.head)?;
        let Some(head) = self.head else { return Ok(()) };
        check::check_commits(self.repository, head, &[], Origin::Here, jobs)?;
        trust::advance(self.repository, head)
    }

    /// Moves the ledger's ref to what `build` makes of its head, and remembers the outcome as seen.
    pub(super) fn move_head(
        &mut self,
        message: &str,
        mut build: impl FnMut(Option<ObjectId>) -> Result<Option<ObjectId>, Error>,
    ) -> Result<ObjectId, Error> {
        let repository = self.repository;
        // Held until the head is remembered: a mark must never overtake a later one.
        let _lock = repository.lock()?;
        let head = advance(repository, LEDGER_REF, message, |current| {
            let seen = trust::require_descent(repository, current)?;
            if let Some(head) = current.filter(|head| seen != Some(*head)) {
                check::check_commits(repository, head, seen.as_slice(), Origin::Here, 1)?;
            }
            build(current)
        })?;
        let head = head.expect("a builder leaves the ref alone only where there is one");
        trust::remember(repository, head)?;
        self.head = Some(head);
        Ok(head)
    }
}

/// Stages the commit that adds `entries` to `current`; `None` when it has them all.
pub(super) fn next_commit(
    repository: &Repository,
    by: By<'_>,
    current: Option<ObjectId>,
    entries: &[Entry],
    message: &str,
) -> Result<Option<ObjectId>, Error> {
    let base = match current {
        Some(commit) => check::read_commit(repository, commit)?.tree,
        None => repository.stage_empty_tree()?,
    };
    let edits = stage_fresh(repository, base, entries)?;
    if edits.is_empty() && current.is_some() {
        return Ok(None);
    }
    let tree = repository.stage_tree(base, &edits)?;
    union::require_growth(repository, base, tree)?;
    by.commit(repository, tree, current.into_iter().collect(), message).map(Some)
}

/// Stages the entries that `base` lacks.
fn stage_fresh(repository: &Repository, base: ObjectId, entries: &[Entry]) -> Result<Vec<TreeEdit>, Error> {
    let mut edits = Vec::new();
    let mut planned = std::collections::BTreeMap::new();
    for entry in entries {
        let path = RepoPath::from(entry.path.as_str());
        let id = repository.stage_blob(&entry.bytes)?;
        let there = repository
            .lookup(base, &path)
            .map_err(Error::unreadable(|| format!("`{path}`")))?
            .or_else(|| planned.get(&path).copied());
        match there {
            None => {
                planned.insert(path.clone(), (FileMode::Regular, id));
                edits.push(TreeEdit::Put { path, mode: FileMode::Regular, id });
            }
            Some(same) if same == (FileMode::Regular, id) => {}
            Some(_) => return Err(Error::EntryExists { path }),
        }
    }
    Ok(edits)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{add, at, sealed, time};
    use super::*;
    use crate::git::scratch::tester;
    use crate::git::testing::Sandbox;

    #[test]
    fn what_was_appended_is_read_back_and_listed() {
        for format in ["sha1", "sha256"] {
            let scratch = Sandbox::with_format(format);
            let repository = scratch.open();
            let mut ledger = Ledger::open(&repository).unwrap();
            assert_eq!((ledger.head(), ledger.read("x").unwrap()), (None, None));
            assert!(ledger.list("").unwrap().is_empty());
            let (one, two) = (sealed("one"), at("runs/1/plan.json", "{}"));
            let head =
                ledger.append(&[one.clone(), two.clone()], "git-iao: record", &tester(), time()).unwrap();
            assert_eq!(ledger.head(), Some(head));
            let ledger = Ledger::open(&repository).unwrap();
            assert_eq!(ledger.read(&one.path).unwrap(), Some(one.bytes));
            assert_eq!(ledger.list("").unwrap(), [two.path.clone(), one.path.clone()]);
            assert_eq!(ledger.list("runs/1").unwrap(), [two.path]);
            assert!(ledger.list("runs/2").unwrap().is_empty());
            ledger.check().unwrap();
            assert_eq!(scratch.git(&["rev-parse", LEDGER_REF]), head.to_string());
            scratch.git(&["fsck", "--strict"]);
        }
    }

    #[test]
    fn entries_are_never_replaced_and_never_recorded_twice() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let head = add(&repository, &[at("runs/1/a", "x")]).unwrap();
        assert_eq!(add(&repository, &[at("runs/1/a", "x")]).unwrap(), head);
        for bad in
            [at("runs/1/a", "y"), at("runs/1", "a file over a directory"), at("runs/1/a/b", "below a file")]
        {
            let error = add(&repository, std::slice::from_ref(&bad)).unwrap_err();
            assert!(matches!(error, Error::EntryExists { .. } | Error::Git(_)), "{error:?}");
        }
        let error = add(&repository, &[at("b", "x"), at("b", "y")]).unwrap_err();
        assert!(matches!(error, Error::EntryExists { .. }), "{error:?}");
        for hostile in ["../x", ".git/config", "a//b", "", "a/"] {
            assert!(add(&repository, &[at(hostile, "x")]).is_err(), "{hostile}");
        }
        let mut misnamed = sealed("one");
        misnamed.bytes.push(b'!');
        assert!(matches!(add(&repository, &[misnamed]), Err(Error::MisnamedEntry { .. })));
        assert_eq!(repository.ref_target(LEDGER_REF).unwrap(), Some(head));
    }

    #[test]
    fn hundreds_of_entries_go_in_with_one_commit() {
        let scratch = Sandbox::new();
        let entries: Vec<_> = (0..400).map(|n| sealed(&format!("entry {n}"))).collect();
        add(&scratch.open(), &entries).unwrap();
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        assert_eq!(ledger.list("seals/ab").unwrap().len(), 400);
        ledger.check().unwrap();
        assert_eq!(scratch.git(&["rev-list", "--count", LEDGER_REF]), "1");
        scratch.git(&["fsck", "--strict"]);
    }

    #[test]
    fn eight_writers_at_once_lose_nothing() {
        let scratch = Sandbox::new();
        let annotated = scratch.loose_commit("annotated");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let scratch = &scratch;
                scope.spawn(move || {
                    let repository = scratch.open();
                    for n in 0..25 {
                        add(&repository, &[sealed(&format!("{writer} wrote {n}"))]).unwrap();
                    }
                });
            }
            // A plain git that writes another ref meanwhile.
            for n in 0..10 {
                let (text, object) = (format!("note {n}"), annotated.to_string());
                scratch.git(&["notes", "--ref=other", "add", "-f", "-m", &text, &object]);
            }
        });
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        assert_eq!(ledger.list("seals").unwrap().len(), 200);
        assert_eq!(scratch.git(&["rev-list", "--count", LEDGER_REF]), "200");
        ledger.check().unwrap();
        assert_eq!(scratch.git(&["notes", "--ref=other", "show", &annotated.to_string()]), "note 9");
        scratch.git(&["fsck", "--strict"]);
    }
}
