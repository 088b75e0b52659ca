//! The append-only, hash-chained stream of events: written under a lock, checked line by line, folded to a state.
//!
//! Nothing here knows git: a stream is a file, and what vouches for it from outside is an [`Anchor`].

mod anchor;
mod chain;
mod check;
mod error;
mod fold;
mod kind;
mod lines;
mod lock;
mod log;
mod payload;
mod record;
mod torn;

pub use anchor::Anchor;
pub use chain::Flaw;
pub use check::{Problem, Report, RunSpan, check, check_reader, start};
pub use error::Error;
pub use fold::{RefMove, RunState, RunStateSchema, RunStatus, StepState, StepStatus, fold};
pub use kind::{EventKind, ParseEventKindError};
pub use log::{Log, Place, Validate};
pub use payload::Output;
pub use record::{MAX_LINE, NewEvent, Record, SCHEMA, read, read_lines};
