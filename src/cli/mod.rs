//! The command line: arguments in, one answer on stdout, talk on stderr, an exit code out.

mod args;
mod command;
mod dispatch;
mod error;
mod exit;
mod hook_line;
mod progress;
mod render;
mod session;
mod signing;
mod ui;

pub(crate) use dispatch::{Invocation, main};
