//! Looks at what the ledger got last, without reading all that it holds.
//!
//! A commit with two parents adds nothing of its own: what it brings was added on one of its sides.

use super::{Error, Ledger, check};
use crate::model::ObjectId;

/// How many ledger commits are looked at: those of verifications add nothing that others wait for.
const LOOK_BACK: usize = 64;

impl Ledger<'_> {
    /// Returns the paths below `directory` that the last commits added, newest commit first: at least `count`
    /// of them, unless the last 64 commits have fewer.
    ///
    /// # Errors
    /// When objects are missing or corrupt.
    pub fn last_added(&self, directory: &str, count: usize) -> Result<Vec<String>, Error> {
        let Some(head) = self.head else { return Ok(Vec::new()) };
        let history = self
            .repository
            .walk(&[head], &[], LOOK_BACK)
            .map_err(Error::unreadable(|| format!("the history of {head}")))?;
        let shallow = self.repository.is_shallow();
        let mut found = Vec::new();
        for id in history {
            if found.len() >= count {
                break;
            }
            let commit = check::read_commit(self.repository, id)?;
            let before = match commit.parents[..] {
                [] => self.repository.empty_tree(),
                // Where a shallow clone was cut off it is not known what was there before.
                [parent] if shallow && !self.repository.has_object(parent) => break,
                [parent] => self.tree_at(parent, directory)?,
                _ => continue,
            };
            let after = self.tree_at(id, directory)?;
            let changes = self
                .repository
                .diff_trees(before, after)
                .map_err(Error::unreadable(|| format!("the change that commit {id} made")))?;
            let added = changes.into_iter().filter(|(_, before, _)| before.is_none());
            found.extend(added.filter_map(|(path, ..)| Some(format!("{directory}/{}", path.as_str()?))));
        }
        Ok(found)
    }

    /// Returns the tree that stands at the top-level `directory` of a ledger commit; the empty one when none does.
    fn tree_at(&self, commit: ObjectId, directory: &str) -> Result<ObjectId, Error> {
        let root = check::read_commit(self.repository, commit)?.tree;
        Ok(self.directory_in(commit, root, directory)?.unwrap_or(self.repository.empty_tree()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{add, at};
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn the_newest_additions_come_first_and_older_ones_only_as_long_as_they_are_wanted() {
        let scratch = Sandbox::new();
        let repository = scratch.open();
        assert_eq!(Ledger::open(&repository).unwrap().last_added("seals", 2).unwrap(), [""; 0]);
        for entries in [
            vec![at("seals/aa/one", "1"), at("runs/x/record", "1")],
            vec![at("seals/aa/two", "2"), at("seals/bb/three", "3")],
            vec![at("runs/y/record", "2")],
        ] {
            add(&repository, &entries).unwrap();
        }
        let ledger = Ledger::open(&repository).unwrap();
        let two = ledger.last_added("seals", 2).unwrap();
        assert_eq!(two, ["seals/aa/two", "seals/bb/three"]);
        let all = ledger.last_added("seals", 9).unwrap();
        assert_eq!(all, ["seals/aa/two", "seals/bb/three", "seals/aa/one"]);
        assert_eq!(ledger.last_added("elsewhere", 9).unwrap(), [""; 0]);
    }
}
