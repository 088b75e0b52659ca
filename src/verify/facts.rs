//! What a verdict is given upon.

use crate::config::{Pipeline, Policies};
use crate::git::Snapshot;
use crate::hash::Algorithm;
use crate::model::{Finding, ObjectId, RepoPath};

/// What a plan said the tree would hold at one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expectation {
    /// The path.
    pub path: RepoPath,
    /// The blob there; `None`: nothing.
    pub id: Option<ObjectId>,
}

/// Everything a verdict is given upon.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The policies that hold.
    pub policies: &'a Policies,
    /// The pipeline: where state lies, which algorithms a seal needs.
    pub pipeline: &'a Pipeline,
    /// The tree under test: the one a patch produced, never the working tree.
    pub snapshot: &'a Snapshot,
    /// What scanner and adapters found in it, in any order.
    pub findings: &'a [Finding],
    /// What the applied plan said this tree would hold; empty when no plan was applied.
    pub expected: &'a [Expectation],
    /// The paths that a plan upon this tree would still change.
    pub pending: &'a [RepoPath],
    /// The algorithms that a seal of this tree holds.
    pub algorithms: &'a [Algorithm],
}
