//! The formats of the supply-chain world: in-toto statements in DSSE envelopes, in one canonical writing each.
//!
//! Bytes and their meaning only: nothing here signs, stores or reads git.

mod digest_set;
mod envelope;
mod error;
mod statement;

pub use digest_set::DigestSet;
pub use envelope::{Envelope, PAYLOAD_TYPE, Signature, pre_authentication_encoding};
pub use error::Error;
pub use statement::{STATEMENT_TYPE, Statement, Subject};
