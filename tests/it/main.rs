//! Integration tests: the house's walls, and every command through the real binary.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "this crate is all tests: it starts git and the binary, and a failed unwrap is a failed test"
)]

mod accuracy;
mod allow;
mod apply;
mod attack;
mod audit;
mod bad_evidence;
mod bad_input;
mod clean;
mod cli;
mod compat;
mod docs;
mod drift;
mod hooks;
mod hooks_commit;
mod hooks_install;
mod hooks_push;
mod hooks_push_clones;
mod hooks_receive;
mod hooks_record;
mod hooks_scene;
mod hooks_settings;
mod hostile_records;
mod init;
mod layering;
mod log;
mod loop_properties;
mod plan;
mod proof;
mod replay;
mod rules;
mod run;
mod rust_source;
mod sandbox;
mod scan;
mod scan_bad_input;
mod scan_rules;
mod scan_sources;
mod schema_book;
mod schemas;
mod seal;
mod seal_shapes;
mod secrecy;
mod shapes;
mod show;
mod sign;
mod status;
mod sync;
mod sync_hostile;
mod tamper;
mod validate;
mod verify;
mod verify_seal;
