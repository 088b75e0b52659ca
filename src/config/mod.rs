//! The documents that say what shall hold: pipeline, policies, roles, adapters.
//!
//! A [`Config`] exists only after every document passed its schema and every reference between them holds.

mod adapters;
mod assemble;
mod built_in;
mod check_graph;
mod check_paths;
mod check_words;
mod document;
mod error;
mod load;
mod nearest;
mod node;
mod pattern;
mod pipeline;
mod policies;
mod redact;
mod roles;
mod schema;
mod schema_guard;
mod schema_words;
mod second_reader;
mod source;
#[cfg(test)]
mod tests;
mod violation;
mod yaml;
mod yaml_scalar;

pub use adapters::{Adapters, BUILT_IN_ADAPTERS, Detector};
pub use assemble::{Config, EventValidator};
pub use document::{Document, DocumentKind, Origin, SchemaRole};
pub use error::Error;
pub use load::{DEFAULT_PIPELINE_PATH, LoadRequest, PipelineSource, ReadFailure, ReadFile, load};
pub use pattern::{Pattern, PatternGate};
pub use pipeline::{Governance, Mode, Node, Outputs, Pipeline, Repair};
pub use policies::{
    Approvals, Ci, Filesystem, Gates, Hooks, Naming, Policies, PrePush, Seals, SecurityContact, SupplyChain,
};
pub use roles::{Role, RoleRegistry};
pub use violation::Violation;

pub(crate) use nearest::nearest;
