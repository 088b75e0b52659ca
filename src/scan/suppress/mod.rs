//! What a repository lets through on purpose: the allow-file, and how findings are held against it.
//!
//! The file names no line, no commit and no moment, so that it survives what moves those. It never holds a secret.

mod digest;
mod entry;
mod hold;
mod list;

pub use digest::{Key, SecretDigest};
pub use entry::Entry;
pub use hold::Suppression;
pub use list::{ALLOW_FILE, AllowList};

pub(super) use hold::{Answer, HeldFile};
