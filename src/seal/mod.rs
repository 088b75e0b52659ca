//! The hash boundary of a tree, the statement that seals it, and the evidence that anyone can check.
//!
//! `docs/seal-format.md` specifies every byte made here; a manifest is a pure function of the git tree.

mod agree;
mod boundary;
mod build;
mod cache;
mod chain;
mod check;
mod compare;
mod content;
mod directory;
mod entry;
mod error;
mod files;
mod find;
mod forest;
mod index;
mod load;
mod manifest;
mod merkle;
mod note;
mod plan;
mod predicate;
mod proof;
mod proof_check;
mod proof_draw;
#[cfg(test)]
mod properties;
mod prover;
mod records;
#[cfg(test)]
mod sample;
#[expect(clippy::module_inception, reason = "the room's main word is its name")]
mod seal;
mod segment;
mod shape;
mod shelf;
mod signature;
mod state;
mod statement;
mod store;
mod trees;
mod update;
mod worktree;

pub use boundary::{Base, Boundary, Care, Drawing, Drawn, How};
pub use chain::Chain;
pub use check::{CheckReport, Depth, check_note, check_projection, check_seal, check_with};
pub use compare::{Difference, Differences, compare, differences};
pub use entry::EntryMode;
pub use error::Error;
pub use files::{File, Files};
pub use index::{Found, SealIndex, StoredSeal, find, find_by_tree, previous, recently_sealed, sealed_commit};
pub use manifest::{Document, MANIFEST_SCHEMA, Manifest, Roots};
pub use note::{Note, NoteError};
pub use predicate::{EventAnchor, PolicyRef, Predicate, Tool, VerdictCounts, VerdictSummary};
pub use proof::{PROOF_SCHEMA, Proof, ProofError};
pub use proof_check::{Expected, Measured, ProofCheck, check_proof};
pub use proof_draw::prove;
pub use prover::Prover;
pub use seal::{Seal, SealRequest};
pub use segment::{Claim, Content, Item, Link, Record, Segment, SegmentError};
pub use signature::{judge_signature, most_trusted, signature_check};
pub use state::{Standing, State, standing};
pub use statement::{SEAL_TYPE, SealStatement, StatementError};
pub use store::{ledger_entries, project, record};
