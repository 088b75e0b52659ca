//! `git-iao`: a governance engine that lives in git.
//!
//! A closed loop (normalize, plan, patch, verify, seal) keeps a repository in compliance with a declared
//! baseline. Rooms are modules; each imports only rooms that stand below it in this list.

pub mod adapter;
pub mod authority;
pub mod base;
pub mod config;
pub mod engine;
pub mod event;
pub mod git;
pub mod hash;
pub mod hook;
pub mod ledger;
pub mod model;
pub mod repair;
pub mod scan;
pub mod seal;
pub mod step;
pub mod supply_chain;
pub mod verify;
