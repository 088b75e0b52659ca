//! A document as it was read: its kind, where it comes from, its text.
//!
//! The documents of a run are recorded; from them alone the same configuration loads again.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::redact::legible;
use crate::model::RepoPath;

/// What kind a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DocumentKind {
    /// Steps, places, repairs.
    Pipeline,
    /// What shall hold.
    Policies,
    /// Who does what.
    RoleRegistry,
    /// Which ecosystems are looked for.
    Adapters,
    /// A JSON Schema that the pipeline names in `inputs.schemas`.
    Schema(SchemaRole),
}

impl DocumentKind {
    /// The kinds that every configuration has, in the order of reports.
    pub const REQUIRED: [Self; 4] = [Self::Pipeline, Self::Policies, Self::RoleRegistry, Self::Adapters];

    /// Returns the word that stands under `kind` in the document; `Schema` for schemas.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pipeline => "Pipeline",
            Self::Policies => "Policies",
            Self::RoleRegistry => "RoleRegistry",
            Self::Adapters => "Adapters",
            Self::Schema(_) => "Schema",
        }
    }

    /// The short name of its embedded schema and default document; `None` for schemas.
    pub(super) fn asset(self) -> Option<&'static str> {
        match self {
            Self::Pipeline => Some("pipeline"),
            Self::Policies => Some("policies"),
            Self::RoleRegistry => Some("roles"),
            Self::Adapters => Some("adapters"),
            Self::Schema(_) => None,
        }
    }
}

/// What a named schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SchemaRole {
    /// The pipeline document.
    Pipeline,
    /// The policies.
    Policies,
    /// The role registry.
    Roles,
    /// The adapters.
    Adapters,
    /// Events; kept for whoever writes them.
    Event,
}

impl SchemaRole {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Pipeline, Self::Policies, Self::Roles, Self::Adapters, Self::Event];

    /// Returns the key under `inputs.schemas`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Policies => "policies",
            Self::Roles => "roles",
            Self::Adapters => "adapters",
            Self::Event => "event",
        }
    }

    /// The kind of document that it tightens; `None` for events.
    pub(super) fn subject(self) -> Option<DocumentKind> {
        match self {
            Self::Pipeline => Some(DocumentKind::Pipeline),
            Self::Policies => Some(DocumentKind::Policies),
            Self::Roles => Some(DocumentKind::RoleRegistry),
            Self::Adapters => Some(DocumentKind::Adapters),
            Self::Event => None,
        }
    }
}

/// Where a document comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The binary.
    Embedded,
    /// A file of the repository.
    Path(RepoPath),
    /// A text from outside, under the name that the caller gave it.
    File(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("built-in"),
            Self::Path(path) => path.fmt(f),
            Self::File(name) => f.write_str(&legible(name)),
        }
    }
}

/// One document as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What kind it is.
    pub kind: DocumentKind,
    /// Where it comes from.
    pub origin: Origin,
    /// Its text, unchanged.
    pub text: String,
}
