//! The verdict on one tree: gates, policies, and whether the repairs hold.
//!
//! Findings and plans come in as data; this room reads the tree and decides, and changes nothing.

mod ci;
mod error;
mod facts;
mod gates;
mod judge;
mod matrix;
mod policy;
mod runner;
mod workflow;

pub use error::Error;
pub use facts::{Expectation, Facts};
pub use judge::judge;
