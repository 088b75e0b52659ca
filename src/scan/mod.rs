//! The gates over one snapshot: names that mislead, names a policy forbids, content that looks like a secret.
//!
//! Reads a snapshot and returns findings; what blocks is the verdict's matter. A finding never shows a secret.

mod collision;
mod error;
mod gitmodules;
mod hostile;
mod link;
mod lookalike;
mod naming;
mod oddity;
mod path_gate;
mod redact;
mod scanner;
mod secret;
mod test_data;

pub use error::Error;
pub use scanner::{Gates, ScanReport, ScanRequest, scan};
pub use secret::{MAX_FINDINGS, MAX_SIZE};
