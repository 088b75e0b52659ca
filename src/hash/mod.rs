//! Digests of content: SHA3-512 and BLAKE3, for one message or for many.
//!
//! The lowest room: it knows bytes and nothing else.

mod content_digest;
pub mod hex;

pub use content_digest::{Algorithm, ContentDigest, ContentHasher};
