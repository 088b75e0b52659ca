//! The words that several rooms share: paths, object names, findings, changes, verdicts.
//!
//! Data only: nothing here reads, writes or decides.

mod change;
mod finding;
mod glob;
mod mode;
mod name;
mod object_id;
mod path;
mod verdict;

pub use change::{Action, Evidence, Proposal, TargetFamily, Template};
pub use finding::{Confidence, Finding, Gate, Severity, Span};
pub use glob::{Glob, name_matches};
pub use mode::FileMode;
pub use name::{NameError, RunId, StepId};
pub use object_id::{ObjectFormat, ObjectId, ParseObjectIdError};
pub use path::{ParsePathError, RepoPath};
pub use verdict::{Check, CheckState, Outcome, Verdict};
