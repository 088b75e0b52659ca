//! Answers for people and for machines.

mod error;
mod findings;
mod github;
mod plan;
mod report;
mod sarif;
mod scan_report;
mod signature;
mod told;

pub(super) use error::{error, trouble};
pub(super) use findings::{allowed, counted, findings_of, summary};
pub(super) use github::github;
pub(super) use plan::plan;
pub(super) use report::report;
pub(super) use sarif::sarif;
pub(super) use scan_report::scan_report;
pub(super) use signature::{signature, signer};
