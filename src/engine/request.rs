//! What a run is asked to do.

use crate::adapter;
use crate::base::{CancelToken, Clock, Timestamp};
use crate::config::Mode;
use crate::git::Person;
use crate::model::RunId;
use crate::seal::Care;
use crate::step::{GivenPlan, Signing, Subject};

/// How far along the pipeline a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Every node.
    Whole,
    /// The node that runs this step, and what it depends on.
    Step(&'static str),
}

/// One run.
pub struct RunRequest<'a> {
    /// How far it may go.
    pub mode: Mode,
    /// Where it stops.
    pub goal: Goal,
    /// The tree it looks at.
    pub subject: Subject,
    /// What is known beside the tree.
    pub known: adapter::Context,
    /// A reviewed plan to be applied.
    pub given: Option<GivenPlan>,
    /// The run's id.
    pub run: RunId,
    /// Who runs it.
    pub person: Person,
    /// When it began.
    pub started: Timestamp,
    /// Where later times come from.
    pub clock: Clock,
    /// What the boundary may be drawn from.
    pub care: Care,
    /// How many threads may work.
    pub jobs: usize,
    /// Set when the work shall stop.
    pub cancel: &'a CancelToken,
    /// Who signs, and how signatures are judged.
    pub signing: Signing<'a>,
}

/// Returns an id that no other run has.
#[must_use]
pub fn fresh_run_id() -> RunId {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    // The standard library seeds each state from the system's random source.
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&RandomState::new().build_hasher().finish().to_be_bytes());
    bytes[8..].copy_from_slice(&RandomState::new().build_hasher().finish().to_le_bytes());
    RunId::from_bytes(bytes)
}
