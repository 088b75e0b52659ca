//! The nodes a pipeline may name: each joins domain rooms and does no work of its own.
//!
//! A step neither prints nor logs; what it did leaves in its outcome and in the artifacts.

mod approvals;
mod artifacts;
mod branch;
mod contract;
mod detect;
mod error;
mod execute;
mod history;
mod manifest;
mod parameters;
mod permissions;
mod publish;
mod records;
mod registry;
mod rounds;
mod scan;
mod seal;
mod subject;

pub use artifacts::{Artifacts, PlanArtifact, Published, RefMove, Slot};
pub use branch::GOVERNANCE_REF;
pub use contract::{
    AnchorSchema, GivenPlan, Purpose, Signing, Step, StepContext, StepOutcome, StepOutput, StreamPosition,
};
pub use detect::settings;
pub use error::Error;
pub use publish::{LocalFile, comparable, local_files, publish};
pub use records::{RunRecord, anchors, furthest, last_anchor, recorded_run, runs};
pub use registry::{STEP_NAMES, find};
pub use rounds::{PlanRequest, Round, plan_rounds};
pub use scan::blocking;
pub use subject::Subject;
