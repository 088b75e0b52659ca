//! Runs a pipeline: orders its steps, executes them to a goal, records every intent and outcome.
//!
//! The engine is the one writer of the event stream; what a run leaves can be run again and compared.

mod archive;
mod audit;
mod dag;
mod divergence;
mod error;
mod hook_note;
mod mark;
mod projection;
mod publication;
mod recorder;
mod replay;
mod report;
mod request;
mod run;
mod state;
mod sync;

pub use audit::{AuditRequest, Lack, Lacking, audit};
pub use dag::Dag;
pub use divergence::Divergence;
pub use error::Error;
pub use hook_note::HookNote;
pub use projection::{project_missing, rebuild_notes};
pub use recorder::own_anchors;
pub use replay::{ReplayReport, replay};
pub use report::{Recorded, RunReport, StepReport, StepStatus};
pub use request::{Goal, RunRequest, fresh_run_id};
pub use run::Engine;
pub use state::StateDir;
pub use sync::{Amount, LeftOut, SharedMove, SyncReport, SyncRequest, sync};
