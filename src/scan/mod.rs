//! The gates over one snapshot: names that mislead, names a policy forbids, content that looks like a secret.
//!
//! Reads a snapshot and returns findings; what blocks is the verdict's matter. A finding never shows a secret.

mod collision;
mod content;
mod decode;
mod entropy;
mod error;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gitmodules;
mod hostile;
mod link;
mod lookalike;
mod naming;
mod oddity;
mod path_gate;
mod redact;
mod rule;
mod scanner;
mod secret;
mod test_data;
mod text;
mod within;

pub use content::MAX_FINDINGS;
pub use error::Error;
pub use rule::{DRAWN, Loaded, Rule, RuleSet, Trial, built_in, load, try_rules};
pub use scanner::{Gates, ScanReport, ScanRequest, scan};
pub use secret::MAX_SIZE;
