//! One file a command.

pub(super) mod allow;
pub(super) mod apply;
pub(super) mod audit;
pub(super) mod clean;
pub(super) mod completions;
pub(super) mod export;
pub(super) mod hooks;
pub(super) mod init;
pub(super) mod log;
pub(super) mod man;
pub(super) mod notes;
pub(super) mod plan;
pub(super) mod proof;
pub(super) mod proof_check;
pub(super) mod replay;
pub(super) mod rules;
pub(super) mod run;
pub(super) mod scan;
pub(super) mod seal;
pub(super) mod show;
pub(super) mod status;
pub(super) mod sync;
pub(super) mod validate;
pub(super) mod verify;
pub(super) mod verify_seal;
