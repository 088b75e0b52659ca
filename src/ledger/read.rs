//! Reads entries of the ledger, and lists them.
//!
//! Only plain files are entries; anything else that stands in the tree is an error, never passed over.

use super::{Error, Ledger, check};
use crate::model::{FileMode, ObjectId, RepoPath};

/// How deep directories of a ledger may be nested.
const DEPTH: usize = 32;

/// Mode digits, name and id of a tree entry, as stored.
type RawEntry = (Vec<u8>, Vec<u8>, ObjectId);

impl Ledger<'_> {
    /// Returns the bytes of an entry; `None` when there is no such entry.
    ///
    /// # Errors
    /// When objects are missing or corrupt, or something other than a file stands there.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(commit) = self.head else { return Ok(None) };
        let tree = check::read_commit(self.repository, commit)?.tree;
        let unreadable = || Error::unreadable(format!("`{path}` in commit {commit}"));
        let path = RepoPath::from(path);
        match self.repository.lookup(tree, &path).map_err(unreadable())? {
            None => Ok(None),
            Some((FileMode::Regular, id)) => self.repository.blob(id).map(Some).map_err(unreadable()),
            Some(_) => Err(Error::LedgerTampered { commit, path, what: "is not a plain file" }),
        }
    }

    /// Returns the full paths of all entries below `directory` (no trailing `/`; the root is empty), sorted.
    ///
    /// # Errors
    /// When objects are missing or corrupt, or an entry's name is not text.
    pub fn list(&self, directory: &str) -> Result<Vec<String>, Error> {
        let Some(commit) = self.head else { return Ok(Vec::new()) };
        let mut level = Some(check::read_commit(self.repository, commit)?.tree);
        for part in directory.split('/').filter(|part| !part.is_empty()) {
            let Some(tree) = level else { break };
            let entries = self.entries(commit, tree)?;
            let found = entries.into_iter().find(|(mode, name, _)| is_tree(mode) && name == part.as_bytes());
            level = found.map(|(_, _, id)| id);
        }
        let mut files = Vec::new();
        if let Some(tree) = level {
            self.collect(commit, tree, &RepoPath::from(directory), DEPTH, &mut files)?;
        }
        files.sort();
        Ok(files)
    }

    fn collect(
        &self,
        commit: ObjectId,
        tree: ObjectId,
        directory: &RepoPath,
        depth: usize,
        files: &mut Vec<String>,
    ) -> Result<(), Error> {
        for (mode, name, id) in self.entries(commit, tree)? {
            let path = directory.join(&name);
            if is_tree(&mode) && depth > 0 {
                self.collect(commit, id, &path, depth - 1, files)?;
                continue;
            }
            match path.as_str() {
                Some(text) if !is_tree(&mode) => files.push(text.to_owned()),
                Some(_) => return Err(Error::LedgerTampered { commit, path, what: "is nested too deep" }),
                None => return Err(Error::LedgerTampered { commit, path, what: "is not named in UTF-8" }),
            }
        }
        Ok(())
    }

    fn entries(&self, commit: ObjectId, tree: ObjectId) -> Result<Vec<RawEntry>, Error> {
        self.repository
            .tree_entries(tree)
            .map_err(Error::unreadable(format!("the tree {tree} of commit {commit}")))
    }
}

fn is_tree(mode: &[u8]) -> bool {
    matches!(mode, b"40000" | b"040000")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::LEDGER_REF;
    use super::super::fixture::{add, sealed};
    use super::*;
    use crate::git::testing::Sandbox;

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
        for error in [ledger.read(&entry.path).unwrap_err(), ledger.check().unwrap_err()] {
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
