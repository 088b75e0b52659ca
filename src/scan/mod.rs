//! The gates over one snapshot: names that mislead, names a policy forbids, content that looks like a secret.
//!
//! Reads a snapshot and returns findings; what blocks is the verdict's matter. A finding never shows a secret.

mod archive;
mod by_path;
mod checksum;
mod clean;
mod collision;
mod content;
mod decode;
mod entropy;
mod error;
mod excerpt;
mod file;
mod form;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gitmodules;
mod hostile;
mod link;
mod lookalike;
mod naming;
mod objects;
mod oddity;
mod open;
mod path_gate;
mod path_kind;
mod redact;
mod rule;
mod scanner;
mod secret;
mod suppress;
mod test_data;
mod text;
mod why;
mod within;

pub use error::Error;
pub use excerpt::{Excerpt, Place};
pub use file::{Allowed, AllowedBy, AllowedCount, MAX_FINDINGS};
pub use objects::{ObjectFinding, ObjectReport, ObjectRequest, SkippedObject, scan_content, scan_objects};
pub use rule::{DRAWN, Loaded, Rule, RuleSet, Trial, built_in, load, try_rules};
pub use scanner::{ALONE, Gates, ScanReport, ScanRequest, scan};
pub use secret::MAX_SIZE;
pub use suppress::{ALLOW_FILE, AllowList, Entry, Key, SecretDigest, Suppression};
