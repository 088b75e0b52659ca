//! What a mode and the roles may do, and whether approvals stand in the way.
//!
//! What cannot be judged is never called approved.

mod approval;
mod error;
mod permission;
mod role_graph;

pub use approval::{ApprovalState, approvals};
pub use error::Error;
pub use permission::{Permissions, permissions};
pub use role_graph::resolve;
