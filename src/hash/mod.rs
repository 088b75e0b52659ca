//! Digests of content: SHA3-512 and BLAKE3, for one message or for many.
//!
//! The lowest room: it knows bytes and nothing else.

mod backend;
mod blake;
mod content_digest;
pub mod hex;
mod keccak;
mod lanes;
mod many;
mod pairs;
mod sha3_512;
mod short;
#[cfg(test)]
mod tests;

pub use backend::Backend;
pub use content_digest::{Algorithm, ContentDigest, ContentHasher};
pub use many::{Finished, ManyHasher, digest_all};
pub use pairs::PairHasher;
