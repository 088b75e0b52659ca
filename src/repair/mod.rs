//! Turns proposals into a plan, and a plan into commits that no ref names yet.
//!
//! The planner is pure; the patch set is staged in memory, and only whoever publishes a run writes.

mod error;
mod patch_set;
mod plan;
mod planner;
mod rebase;

pub use error::Error;
pub use patch_set::{PatchCommit, PatchReportSchema, PatchSet, PatchSetRequest, RULE_TRAILER, RUN_TRAILER};
pub use plan::{Base, ChangeKind, Content, Plan, PlannedChange, Tool};
pub use planner::{Planner, Rendering};
pub use rebase::{rebase, stale_paths};
