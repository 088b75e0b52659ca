//! The gates that git's hooks run: what is about to be committed, what is about to leave, what arrives.
//!
//! They read the index that git names, and objects; they never touch the working tree and never stash.

mod arriving;
mod checked;
mod error;
mod files;
mod install;
mod manager;
mod name;
mod place;
mod pre_commit;
mod pre_push;
mod pre_receive;
mod script;
mod settings;
mod skip;
mod status;
mod update;

pub use arriving::Arriving;
pub use checked::{Made, Passage, leave_mark, passage};
pub use error::Error;
pub use files::refuse_unrun;
pub use install::{Changes, InstallRequest, install, uninstall};
pub use name::Hook;
pub use pre_commit::{Staged, pre_commit};
pub use pre_push::{Known, PushRequest, pre_push};
pub use pre_receive::pre_receive;
pub use script::{INTERPRETER_WORD, lasting_program};
pub use skip::Skip;
pub use status::{Problem, Standing, status};
pub use update::{Update, read_pushed, read_received};
