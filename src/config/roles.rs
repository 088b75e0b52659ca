//! The role registry: who does what, and who acts before whom.

use serde::Deserialize;

use super::pipeline::Metadata;

/// One role.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "RawRole")]
pub struct Role {
    /// Its id; stands once in the registry.
    pub id: String,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The artifacts that it takes.
    pub accepts: Vec<String>,
    /// The artifacts that it gives.
    pub emits: Vec<String>,
    /// The roles that act before it; each is in the registry.
    pub depends_on: Vec<String>,
}

/// The role registry document.
#[derive(Debug, Clone, Default)]
pub struct RoleRegistry {
    /// Its name.
    pub name: String,
    /// The roles, in the order of the document.
    pub roles: Vec<Role>,
    /// Whether the document asks for unique ids. They always are.
    pub unique_role_ids: bool,
    /// Whether the roles may not depend on themselves in a circle.
    pub require_dag: bool,
}

impl RoleRegistry {
    /// Returns the role with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }
}

impl From<Raw> for RoleRegistry {
    fn from(Raw { metadata, spec }: Raw) -> Self {
        let RawConstraints { unique_role_ids, require_dag } = spec.constraints;
        Self { name: metadata.name, roles: spec.roles, unique_role_ids, require_dag }
    }
}

impl From<RawRole> for Role {
    fn from(raw: RawRole) -> Self {
        Self {
            id: raw.id,
            tags: raw.tags,
            accepts: raw.input_contract.accepts,
            emits: raw.output_contract.emits,
            depends_on: raw.depends_on,
        }
    }
}

/// The document as it is written.
#[derive(Deserialize)]
pub(super) struct Raw {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    roles: Vec<Role>,
    #[serde(default)]
    constraints: RawConstraints,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRole {
    id: String,
    tags: Vec<String>,
    input_contract: RawInput,
    output_contract: RawOutput,
    depends_on: Vec<String>,
}

#[derive(Deserialize)]
struct RawInput {
    #[serde(default)]
    accepts: Vec<String>,
}

#[derive(Deserialize)]
struct RawOutput {
    #[serde(default)]
    emits: Vec<String>,
}

#[derive(Deserialize)]
#[serde(default)]
struct RawConstraints {
    #[serde(rename = "uniqueRoleIds")]
    unique_role_ids: bool,
    #[serde(rename = "requireDAG")]
    require_dag: bool,
}

impl Default for RawConstraints {
    fn default() -> Self {
        Self { unique_role_ids: true, require_dag: true }
    }
}
