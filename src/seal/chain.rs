//! Holds what a seal says of the seal before it against the ledger and the commit's history.

use super::index::DIRECTORY;
use super::{Error, StoredSeal};
use crate::base::{ContentAddress, QuickMap};
use crate::git::Repository;
use crate::ledger::Ledger;
use crate::model::{Check, CheckState, ObjectId};

/// Where the ledger has each seal, without having read it.
pub struct Chain<'a> {
    repository: &'a Repository,
    ledger: &'a Ledger<'a>,
    paths: QuickMap<ContentAddress, String>,
    /// The commits of seals that were read.
    commits: QuickMap<ContentAddress, ObjectId>,
}

impl<'a> Chain<'a> {
    /// Lists the seals of the ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn new(repository: &'a Repository, ledger: &'a Ledger<'a>) -> Result<Self, Error> {
        let name = |path: &String| path.rsplit('/').next()?.strip_suffix(".json")?.parse().ok();
        let paths = ledger.list(DIRECTORY)?.into_iter().filter_map(|path| Some((name(&path)?, path)));
        Ok(Self { repository, ledger, paths: paths.collect(), commits: QuickMap::default() })
    }

    /// Checks that the seal before `seal` is one of the same commit or of an ancestor.
    ///
    /// A seal that the ledger lacks is told: clones may have fetched a part of the evidence.
    ///
    /// # Errors
    /// When the ledger or history cannot be read.
    pub fn check(&mut self, seal: &StoredSeal) -> Result<Check, Error> {
        let check = |state, detail| Check { id: "seal/chain".to_owned(), state, detail };
        let commit = seal.statement().commit();
        if self.paths.get(&seal.digest()).is_some_and(|path| path == seal.path()) {
            // The next one most often says that it follows this one.
            self.commits.insert(seal.digest(), commit);
        }
        let Some(before) = seal.statement().predicate().prev_seal else {
            return Ok(check(CheckState::Pass, "no seal came before it".to_owned()));
        };
        let Some(path) = self.paths.get(&before) else {
            return Ok(check(
                CheckState::Warn,
                format!("the ledger lacks seal {before}, which came before it"),
            ));
        };
        let before = match self.commits.get(&before) {
            Some(commit) => *commit,
            None => match StoredSeal::parse(path, &self.ledger.read(path)?.unwrap_or_default()) {
                Ok(before) => before.statement().commit(),
                Err(error) => return Ok(check(CheckState::Fail, super::check::describe(&error))),
            },
        };
        if !self.repository.has_object(before) {
            return Ok(check(
                CheckState::Warn,
                format!("the seal before it is of {before}, which is not here"),
            ));
        }
        Ok(if self.repository.is_ancestor(before, commit)? {
            check(CheckState::Pass, format!("follows the seal of {before}"))
        } else {
            check(CheckState::Fail, format!("says it follows a seal of {before}, which is no ancestor"))
        })
    }
}
