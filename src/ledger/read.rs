//! Reads entries of the ledger, and lists them.
//!
//! Only plain files are entries; anything else that stands in the tree is an error, never passed over.

use std::fmt::Display;
use std::sync::Arc;

use super::{Error, Ledger, check};
use crate::git::{self, StoredTree};
use crate::model::{FileMode, ObjectId, RepoPath};

/// How deep directories of a ledger may be nested.
const DEPTH: usize = 32;
/// How many files and directories are listed; trees that hold one another many times over would take all memory.
const LISTED: usize = if cfg!(test) { 10_000 } else { 2_000_000 };

/// A file below a directory: its path, whether it is a plain one, and its blob.
type Listed = (String, bool, ObjectId);

impl Ledger<'_> {
    /// Announces that many entries will be read.
    pub fn expect_many(&self) {
        self.known.expect_many();
    }

    /// Returns the bytes of an entry; `None` when there is no such entry.
    ///
    /// # Errors
    /// When objects are missing or corrupt, or something other than a file stands there.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(commit) = self.head else { return Ok(None) };
        let unreadable = || Error::unreadable(|| format!("`{path}` in commit {commit}"));
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some((_, tree)) = self.find_directory(directory)? else { return Ok(None) };
        let tree = self.tree(commit, tree)?;
        match tree.find(name.as_bytes()).map_err(unreadable())? {
            Some(entry) if entry.leaf() == Some(FileMode::Regular) => {
                self.entry(commit, &RepoPath::from(path), entry.id).map(Some)
            }
            Some(entry) if entry.leaf().is_some() => {
                let path = RepoPath::from(path);
                Err(Error::LedgerTampered { commit, path, what: "is not a plain file" })
            }
            _ => Ok(None),
        }
    }

    /// Returns the full paths of all entries below `directory` (no trailing `/`; the root is empty), sorted.
    ///
    /// # Errors
    /// When objects are missing or corrupt, or an entry's name is not text.
    pub fn list(&self, directory: &str) -> Result<Vec<String>, Error> {
        Ok(self.files(directory)?.into_iter().map(|(path, ..)| path).collect())
    }

    /// Returns the names of the directories that stand directly in `directory`, sorted.
    ///
    /// # Errors
    /// When objects are missing or corrupt.
    pub fn directories(&self, directory: &str) -> Result<Vec<String>, Error> {
        let Some((commit, tree)) = self.find_directory(directory)? else { return Ok(Vec::new()) };
        let tree = self.tree(commit, tree)?;
        let mut names = Vec::new();
        for entry in tree.entries() {
            let entry = entry.map_err(self.unreadable(commit, directory))?;
            // A name that is no text is none that a program of ours looks for.
            if let Some(name) = std::str::from_utf8(entry.name).ok().filter(|_| is_tree(entry.mode)) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Returns the entries below `directory` whose paths are `wanted`, with their bytes, sorted by path.
    ///
    /// Each tree is read once, so that many entries cost no more than their number.
    ///
    /// # Errors
    /// As [`Self::list`] and [`Self::read`].
    pub fn read_below(
        &self,
        directory: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let Some(commit) = self.head else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (path, plain, id) in self.files(directory)?.into_iter().filter(|(path, ..)| wanted(path)) {
            let place = RepoPath::from(path.as_str());
            if !plain {
                return Err(Error::LedgerTampered { commit, path: place, what: "is not a plain file" });
            }
            found.push((path, self.entry(commit, &place, id)?));
        }
        Ok(found)
    }

    /// Reads an entry that `commit` has at `path`.
    fn entry(&self, commit: ObjectId, path: &RepoPath, id: ObjectId) -> Result<Vec<u8>, Error> {
        match self.known.packed(self.repository, id) {
            Some(bytes) => Ok(bytes),
            None => check::read_entry(self.repository, commit, path, id),
        }
    }

    fn files(&self, directory: &str) -> Result<Vec<Listed>, Error> {
        let Some((commit, tree)) = self.find_directory(directory)? else { return Ok(Vec::new()) };
        let (mut files, mut left) = (Vec::new(), LISTED);
        self.collect(commit, tree, &RepoPath::from(directory), DEPTH, &mut files, &mut left)?;
        files.sort();
        Ok(files)
    }

    /// Finds a directory in the ledger's tree; returns it with the commit that is read.
    fn find_directory(&self, directory: &str) -> Result<Option<(ObjectId, ObjectId)>, Error> {
        let Some(commit) = self.head else { return Ok(None) };
        let mut tree = self.known.top(self.repository, commit)?;
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            let Some(below) = self.directory_in(commit, tree, part)? else { return Ok(None) };
            tree = below;
        }
        Ok(Some((commit, tree)))
    }

    fn collect(
        &self,
        commit: ObjectId,
        tree: ObjectId,
        directory: &RepoPath,
        depth: usize,
        files: &mut Vec<Listed>,
        left: &mut usize,
    ) -> Result<(), Error> {
        for entry in self.tree(commit, tree)?.entries() {
            let entry = entry.map_err(self.unreadable(commit, directory))?;
            let path = directory.join(entry.name);
            let Some(fewer) = left.checked_sub(1) else {
                return Err(Error::LedgerTampered { commit, path, what: "is one of too many to be listed" });
            };
            *left = fewer;
            if is_tree(entry.mode) && depth > 0 {
                self.collect(commit, entry.id, &path, depth - 1, files, left)?;
                continue;
            }
            match path.as_str() {
                Some(text) if !is_tree(entry.mode) => {
                    files.push((text.to_owned(), is_plain(entry.mode), entry.id));
                }
                Some(_) => return Err(Error::LedgerTampered { commit, path, what: "is nested too deep" }),
                None => return Err(Error::LedgerTampered { commit, path, what: "is not named in UTF-8" }),
            }
        }
        Ok(())
    }

    /// Finds the directory `name` in one tree.
    pub(super) fn directory_in(
        &self,
        commit: ObjectId,
        tree: ObjectId,
        name: &str,
    ) -> Result<Option<ObjectId>, Error> {
        let tree = self.tree(commit, tree)?;
        let found = tree.find(name.as_bytes()).map_err(self.unreadable(commit, name))?;
        Ok(found.filter(|entry| is_tree(entry.mode)).map(|entry| entry.id))
    }

    fn tree(&self, commit: ObjectId, tree: ObjectId) -> Result<Arc<StoredTree>, Error> {
        self.known.tree(self.repository, commit, tree)
    }

    fn unreadable(&self, commit: ObjectId, directory: impl Display) -> impl FnOnce(git::Error) -> Error {
        Error::unreadable(move || format!("`{directory}` in commit {commit}"))
    }
}

fn is_tree(mode: &[u8]) -> bool {
    matches!(mode, b"40000" | b"040000")
}

/// As git reads modes: a regular file that its owner may not execute.
fn is_plain(mode: &[u8]) -> bool {
    let digits = std::str::from_utf8(mode).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let bits = digits.and_then(|digits| u32::from_str_radix(digits, 8).ok());
    bits.is_some_and(|bits| bits & 0o170_100 == 0o100_000)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::LEDGER_REF;
    use super::super::fixture::{add, at, force, sealed};
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn a_ledger_that_holds_itself_many_times_over_is_not_listed() {
        let scratch = Sandbox::new();
        let mut tree = scratch.raw_tree(&[("100644", "x", scratch.blob("x"))]);
        for _ in 0..20 {
            tree = scratch.raw_tree(&[("40000", "a", tree), ("40000", "b", tree)]);
        }
        force(&scratch, tree);
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        let Err(Error::LedgerTampered { what, .. }) = ledger.list("") else { panic!("it was listed") };
        assert_eq!(what, "is one of too many to be listed");
        assert!(ledger.read_below("a", |_| true).is_err());
        assert_eq!(ledger.directories("a/b").unwrap(), ["a", "b"]);
    }

    #[test]
    fn what_lies_below_a_directory_is_read_at_once_and_only_what_is_wanted() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        add(&repository, &[at("runs/x/record/1", "one"), at("runs/x/plan/2", "two"), at("other", "three")])
            .unwrap();
        let ledger = Ledger::open(&repository).unwrap();
        let found = ledger.read_below("runs", |path| path.contains("/record/")).unwrap();
        assert_eq!(found, [("runs/x/record/1".to_owned(), b"one".to_vec())]);
        assert_eq!(ledger.read_below("nowhere", |_| true).unwrap(), []);
        let all = ledger.read_below("", |_| true).unwrap();
        assert_eq!(all.len(), 3);
        for (path, bytes) in all {
            assert_eq!(ledger.read(&path).unwrap(), Some(bytes));
        }
    }

    #[test]
    fn many_entries_are_the_same_from_packs_and_beside_them() {
        let scratch = Sandbox::new();
        let long = "x".repeat(2 << 20);
        let texts: Vec<(String, String)> =
            (0..40).map(|at| (format!("many/{at}"), "y".repeat(at * at))).collect();
        let entries: Vec<_> = texts.iter().map(|(path, text)| at(path, text)).collect();
        add(&scratch.open(), &entries).unwrap();
        scratch.git(&["repack", "-adq"]);
        add(&scratch.open(), &[at("many/later", "beside the packs")]).unwrap();
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        ledger.expect_many();
        for (path, text) in texts.iter().chain(&[("many/later".to_owned(), "beside the packs".to_owned())]) {
            assert_eq!(ledger.read(path).unwrap().unwrap(), text.as_bytes(), "{path}");
        }
        assert_eq!(ledger.read_below("many", |_| true).unwrap().len(), 41);
        // One that is too long is refused, packed or not.
        let blob = scratch.blob(&long);
        let tree = scratch.git_with(&["mktree"], format!("100644 blob {blob}\tlong\n").as_bytes());
        let commit = scratch.commit_tree(tree.parse().unwrap(), &[], "forged");
        scratch.git(&["update-ref", "refs/heads/forged", &commit.to_string()]);
        scratch.git(&["repack", "-adq"]);
        let repository = scratch.open();
        let ledger = Ledger::at(&repository, Some(commit));
        ledger.expect_many();
        for _ in 0..9 {
            assert!(matches!(ledger.read("long"), Err(Error::LedgerTampered { .. })));
        }
    }

    #[test]
    fn what_is_no_plain_file_is_told_when_it_is_read() {
        let scratch = Sandbox::new();
        let (plain, tool) = (scratch.blob("x"), scratch.blob("y"));
        let tree = scratch
            .git_with(&["mktree"], format!("100644 blob {plain}\ta\n100755 blob {tool}\tb\n").as_bytes());
        let commit = scratch.commit_tree(tree.parse().unwrap(), &[], "forged");
        let repository = scratch.open();
        let ledger = Ledger::at(&repository, Some(commit));
        assert_eq!(ledger.read_below("", |path| path == "a").unwrap().len(), 1);
        assert!(matches!(ledger.read_below("", |_| true), Err(Error::LedgerTampered { .. })));
    }

    #[test]
    fn a_part_of_the_ledger_that_is_gone_is_named() {
        let scratch = Sandbox::new();
        let entry = sealed("one");
        add(&scratch.open(), std::slice::from_ref(&entry)).unwrap();
        let blob = scratch.open().blob_id(b"one").to_string();
        let file = scratch.in_git("objects").join(&blob[..2]).join(&blob[2..]);
        fs::remove_file(file).unwrap();
        let repository = scratch.open();
        let ledger = Ledger::open(&repository).unwrap();
        for error in [ledger.read(&entry.path).unwrap_err(), ledger.check_all(1).unwrap_err()] {
            let Error::Unreadable { what, .. } = &error else { panic!("{error:?}") };
            assert!(what.contains(&entry.path), "{what}");
            assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("git fsck"));
        }
        let tree = scratch.blob("no tree");
        scratch.git(&["update-ref", LEDGER_REF, &tree.to_string()]);
        let repository = scratch.open();
        assert!(matches!(Ledger::open(&repository).unwrap().list(""), Err(Error::Unreadable { .. })));
    }
}
