//! `refs/iao/ledger`: the append-only commit chain that holds all evidence, and the single commit point.
//!
//! Entries go in, never out, never over one another; everything else (notes, the keep chain) is a projection
//! that can be made again from here.

mod advance;
mod batch;
mod check;
mod error;
#[cfg(test)]
mod fixture;
mod keep;
mod known;
mod place;
mod project;
mod read;
mod recent;
mod remote;
mod store;
mod trust;
mod union;

pub use batch::{Batch, StagedBatch};
pub use error::Error;
pub use place::fan_out;
pub use store::{Entry, KEEP_REF, LEDGER_REF, Ledger, NOTES_REF};
