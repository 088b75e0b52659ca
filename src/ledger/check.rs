//! Checks that a ledger only ever grew, and that entries are what their names say.
//!
//! Between a ledger commit and each of its parents there may be nothing but added files; a name that is a
//! SHA-256 digest must be the digest of the bytes.

use std::collections::BTreeMap;

use super::{Entry, Error};
use crate::base::{ContentAddress, parallel_map};
use crate::git::{CommitInfo, Repository};
use crate::model::{FileMode, ObjectId, RepoPath};

/// How long an entry may be, in bytes; a few thousand that git packed would otherwise fill any memory.
pub(super) const ENTRY_LIMIT: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };

/// How much memory the paths may take that one commit adds, in bytes: a million of them, and more.
const ADDED_LIMIT: usize = 256 << 20;

type Added = BTreeMap<RepoPath, (FileMode, ObjectId)>;

/// Whose work is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// What is in `refs/iao/ledger`.
    Here,
    /// What a remote shows: every entry must be named by its digest, as all that programs of ours write are.
    Remote,
}

/// Checks every commit that `tip` reaches and `known` does not, on up to `jobs` threads.
///
/// Each costs what it adds; what did not change since a commit that is known is not read.
pub(super) fn check_commits(
    repository: &Repository,
    tip: ObjectId,
    known: &[ObjectId],
    origin: Origin,
    jobs: usize,
) -> Result<(), Error> {
    let commits = repository
        .walk(&[tip], known, usize::MAX)
        .map_err(Error::unreadable(|| format!("the history of {tip}")))?;
    let shallow = repository.is_shallow();
    let check = |(): &mut (), id: &ObjectId| {
        check_commit(repository, &read_commit(repository, *id)?, shallow, origin)
    };
    parallel_map(&commits, jobs, || (), check).into_iter().collect()
}

/// Reads a commit of the ledger.
pub(super) fn read_commit(repository: &Repository, id: ObjectId) -> Result<CommitInfo, Error> {
    repository.commit(id).map_err(Error::unreadable(|| format!("commit {id}")))
}

/// Reads an entry that `commit` has at `path`, unless it is longer than an entry may be.
pub(super) fn read_entry(
    repository: &Repository,
    commit: ObjectId,
    path: &RepoPath,
    id: ObjectId,
) -> Result<Vec<u8>, Error> {
    let unreadable = || Error::unreadable(|| format!("`{path}` in commit {commit}"));
    if repository.blob_size(id).map_err(unreadable())? > ENTRY_LIMIT {
        let what = "is longer than 64 MiB";
        return Err(Error::LedgerTampered { commit, path: path.clone(), what });
    }
    repository.blob(id).map_err(unreadable())
}

/// Checks that entries are no longer than may be, and that content-named ones carry the name of their bytes, before
/// they are recorded.
pub(super) fn check_new(entries: &[Entry]) -> Result<(), Error> {
    for entry in entries {
        let path = RepoPath::from(entry.path.as_str());
        if entry.bytes.len() as u64 > ENTRY_LIMIT {
            return Err(Error::LongEntry { path });
        }
        if digest_name(&path).is_some_and(|address| address != ContentAddress::of(&entry.bytes)) {
            return Err(Error::MisnamedEntry { path });
        }
    }
    Ok(())
}

/// Returns what `after` adds to `before`.
///
/// # Errors
/// `LedgerTampered` in the name of `commit` when anything was removed or changed.
pub(super) fn additions(
    repository: &Repository,
    commit: ObjectId,
    before: ObjectId,
    after: ObjectId,
) -> Result<Added, Error> {
    let (changes, oddities) = repository
        .diff_trees_strictly(before, after, ADDED_LIMIT)
        .map_err(Error::unreadable(|| format!("the change that commit {commit} made")))?;
    if let Some(odd) = oddities.into_iter().next() {
        // A comparison of trees could pass over it.
        return Err(Error::LedgerTampered {
            commit,
            path: odd.path,
            what: "is a tree entry that no git program writes",
        });
    }
    let mut added = Added::new();
    for (path, before, after) in changes {
        let what = match (before, after) {
            (None, Some(entry)) => {
                added.insert(path, entry);
                continue;
            }
            (Some((old, _)), Some((new, _))) if old != new => "changed its mode",
            (Some(_), Some(_)) => "was replaced",
            (_, None) => "was removed",
        };
        return Err(Error::LedgerTampered { commit, path, what });
    }
    Ok(added)
}

fn check_commit(
    repository: &Repository,
    commit: &CommitInfo,
    shallow: bool,
    origin: Origin,
) -> Result<(), Error> {
    let mut fresh = None;
    for parent in &commit.parents {
        // Where a shallow clone was cut off there is nothing to compare with.
        if shallow && !repository.has_object(*parent) {
            continue;
        }
        let before = read_commit(repository, *parent)?.tree;
        let mut added = additions(repository, commit.id, before, commit.tree)?;
        if let Some(fresh) = fresh {
            // What came from another parent was checked where it was added.
            added.retain(|path, entry| Added::get(&fresh, path) == Some(entry));
        }
        fresh = Some(added);
    }
    let fresh = match fresh {
        Some(fresh) => fresh,
        None => additions(repository, commit.id, repository.empty_tree(), commit.tree)?,
    };
    fresh.into_iter().try_for_each(|(path, entry)| check_entry(repository, commit.id, path, entry, origin))
}

fn check_entry(
    repository: &Repository,
    commit: ObjectId,
    path: RepoPath,
    (mode, id): (FileMode, ObjectId),
    origin: Origin,
) -> Result<(), Error> {
    let what = match (mode, digest_name(&path)) {
        (FileMode::Regular, Some(address)) => {
            let bytes = read_entry(repository, commit, &path, id)?;
            if ContentAddress::of(&bytes) == address {
                return Ok(());
            }
            "is not what its name is the digest of"
        }
        (FileMode::Regular, None) if origin == Origin::Here => return Ok(()),
        (FileMode::Regular, None) => "is not named by the digest of its bytes",
        (FileMode::Executable, _) => "is executable",
        (FileMode::Symlink, _) => "is a symbolic link",
        (FileMode::Gitlink, _) => "is a submodule",
    };
    Err(Error::LedgerTampered { commit, path, what })
}

/// Returns the digest that a file is named by: 64 hex digits, with or without `.json`.
fn digest_name(path: &RepoPath) -> Option<ContentAddress> {
    let name = std::str::from_utf8(path.file_name()).ok()?;
    name.strip_suffix(".json").unwrap_or(name).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{add, at, elsewhere, force, sealed};
    use super::super::{LEDGER_REF, Ledger};
    use super::*;
    use crate::git::TreeEdit;
    use crate::git::testing::Sandbox;

    #[test]
    fn every_kind_of_tampering_is_found() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let start = add(&repository, &[at("a", "x"), sealed("one")]).unwrap();
        let base = repository.commit(start).unwrap().tree;
        let blob = scratch.blob("other");
        let put = |path: &str, mode| TreeEdit::Put { path: RepoPath::from(path), mode, id: blob };
        let lie = format!("seals/{}", ContentAddress::of(b"not it"));
        let edits: [(&str, TreeEdit); 6] = [
            ("was replaced", put("a", FileMode::Regular)),
            ("was removed", TreeEdit::Remove { path: RepoPath::from("a") }),
            ("is executable", put("b", FileMode::Executable)),
            ("is a symbolic link", put("b", FileMode::Symlink)),
            ("is not what its name is the digest of", put(&lie, FileMode::Regular)),
            ("is not what its name is the digest of", put(&format!("{lie}.json"), FileMode::Regular)),
        ];
        let mut forged: Vec<(&str, ObjectId)> = Vec::new();
        for (what, edit) in edits {
            forged.push((what, repository.stage_tree(base, &[edit]).unwrap()));
        }
        repository.persist().unwrap();
        let entry =
            |name: &str| repository.tree_entries(base).unwrap().into_iter().find(|e| e.1 == name.as_bytes());
        let (a, seals) = (entry("a").unwrap().2, entry("seals").unwrap().2);
        let odd = |extra: (&'static str, &'static str, ObjectId)| {
            scratch.raw_tree(&[("100644", "a", a), extra, ("40000", "seals", seals)])
        };
        forged.push(("is a submodule", odd(("160000", "b", start))));
        forged.push(("is a tree entry that no git program writes", odd(("100644", "a", a))));
        forged.push(("is a tree entry that no git program writes", odd(("40000", ".git", seals))));
        for (expected, tree) in forged {
            scratch.git(&["update-ref", LEDGER_REF, &start.to_string()]);
            let commit = force(&scratch, tree);
            let repository = scratch.open();
            let Err(Error::LedgerTampered { what, .. }) = Ledger::open(&repository).unwrap().check() else {
                panic!("{expected} was not found in {commit}");
            };
            assert_eq!(what, expected);
            let appended = add(&repository, &[sealed("two")]);
            assert!(matches!(appended, Err(Error::LedgerTampered { .. })), "{expected}: {appended:?}");
        }
    }

    #[test]
    fn an_entry_that_fills_memory_is_neither_read_nor_written() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let start = add(&repository, &[sealed("one")]).unwrap();
        let long = "0".repeat(usize::try_from(ENTRY_LIMIT).unwrap() + 1);
        assert!(matches!(add(&repository, &[sealed(&long)]), Err(Error::LongEntry { .. })));
        let path = sealed(&long).path;
        let put = TreeEdit::Put {
            path: RepoPath::from(path.as_str()),
            mode: FileMode::Regular,
            id: scratch.blob(&long),
        };
        let tree = repository.stage_tree(repository.commit(start).unwrap().tree, &[put]).unwrap();
        repository.persist().unwrap();
        force(&scratch, tree);
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        for refused in [
            ledger.check().unwrap_err(),
            ledger.read(&path).unwrap_err(),
            ledger.read_below("", |_| true).unwrap_err(),
        ] {
            let Error::LedgerTampered { what, .. } = refused else { panic!("{refused:?}") };
            assert_eq!(what, "is longer than 64 MiB");
        }
        assert!(ledger.read(&sealed("one").path).unwrap().is_some());
    }

    #[test]
    fn a_ledger_that_others_extended_is_built_upon() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        add(&repository, &[sealed("one")]).unwrap();
        let base = repository.commit(repository.ref_target(LEDGER_REF).unwrap().unwrap()).unwrap().tree;
        let edit = TreeEdit::Put { path: "new".into(), mode: FileMode::Regular, id: scratch.blob("x") };
        let tree = repository.stage_tree(base, &[edit]).unwrap();
        repository.persist().unwrap();
        force(&scratch, tree);
        add(&repository, &[sealed("two")]).unwrap();
        let ledger = Ledger::open(&repository).unwrap();
        assert_eq!(ledger.list("").unwrap().len(), 3);
        ledger.check().unwrap();
    }

    #[test]
    fn what_a_merge_adds_of_its_own_is_looked_at() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        let start = add(&repository, &[sealed("common")]).unwrap();
        let ours = add(&repository, &[sealed("ours")]).unwrap();
        let theirs = elsewhere(&scratch, Some(start), &[sealed("theirs")]);
        let [ours_tree, theirs_tree] = [ours, theirs].map(|id| repository.commit(id).unwrap().tree);
        let union = super::super::union::union(&repository, ours_tree, theirs_tree).unwrap();
        let lie = RepoPath::from(ContentAddress::of(b"not it").to_string().as_str());
        let put = TreeEdit::Put { path: lie.clone(), mode: FileMode::Regular, id: scratch.blob("x") };
        let evil = repository.stage_tree(union, &[put]).unwrap();
        repository.persist().unwrap();
        let check_commits = |tip| check_commits(&repository, tip, &[], Origin::Here, 1);
        check_commits(scratch.commit_tree(union, &[ours, theirs], "fair")).unwrap();
        let checked = check_commits(scratch.commit_tree(evil, &[ours, theirs], "evil"));
        assert!(matches!(&checked, Err(Error::LedgerTampered { path, .. }) if *path == lie), "{checked:?}");
        let checked = check_commits(scratch.commit_tree(ours_tree, &[ours, theirs], "lossy"));
        assert!(matches!(&checked, Err(Error::LedgerTampered { what: "was removed", .. })), "{checked:?}");
    }
}
