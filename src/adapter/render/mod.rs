//! Renders the files of the baseline from what the projects say: workflow, ignore block, editor settings, policy.
//!
//! A value that nothing states is a finding; no file is ever rendered around a hole.

mod ci;
mod ci_github;
mod ci_gitlab;
mod editorconfig;
mod gitignore;
#[cfg(test)]
mod golden;
mod indentation;
mod security;
mod yaml;

pub(super) use ci::{ci, has_ci};
pub(super) use editorconfig::editorconfig;
pub(super) use gitignore::gitignore;
pub(super) use security::security;
