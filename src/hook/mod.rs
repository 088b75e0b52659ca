//! The gates that git's hooks run: what is about to be committed, and what is about to leave.
//!
//! They read the index that git names, and objects; they never touch the working tree and never stash.

mod error;
mod pre_commit;
mod pre_push;
mod shim;

pub use error::Error;
pub use pre_commit::pre_commit;
pub use pre_push::pre_push;
pub use shim::{HOOKS, Shim, install, shims, uninstall};
