//! The parents of a commit as history has them here: none where a shallow clone was cut off.
//!
//! What is stored in a commit names parents that such a clone does not have.

use super::store::to_gix;
use super::{CommitInfo, Error, Repository};
use crate::model::ObjectId;

impl Repository {
    /// Returns the parents that a commit has in this clone.
    ///
    /// # Errors
    /// When the list of shallow commits cannot be read.
    pub fn parents_here<'a>(&self, commit: &'a CommitInfo) -> Result<&'a [ObjectId], Error> {
        let shallow = self.gix().shallow_commits().map_err(Error::read("the list of shallow commits"))?;
        let id = to_gix(commit.id);
        let cut = shallow.is_some_and(|shallow| shallow.iter().any(|edge| *edge == id));
        Ok(if cut { &[] } else { &commit.parents })
    }
}
