//! The policies: what shall hold in the repository.
//!
//! Every optional key has its default here and nowhere else.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Pattern;
use super::pipeline::Metadata;
use crate::hash::Algorithm;
use crate::model::Gate;

/// Files and their content.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Filesystem {
    /// Whether local state must stay in the working tree. It always does; `false` loosens nothing.
    pub state_dir_must_be_local: bool,
    /// What no content may match.
    #[serde(rename = "forbidSecretsPatterns")]
    pub forbid_secret_patterns: Vec<Pattern>,
}

/// File names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Naming {
    /// Whether a name such as `invoice.pdf.exe` is refused.
    pub forbid_double_extensions: bool,
    /// The extensions that files may have, each with its dot; `None`: any.
    pub allowed_extensions: Option<Vec<String>>,
}

/// Evidence.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SupplyChain {
    /// Whether a run must end with a seal.
    pub require_evidence_sealing: bool,
    /// The digests that evidence needs; at least one.
    pub hash_algorithms: Vec<Algorithm>,
}

/// Continuous integration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Ci {
    /// Whether the repository must have a workflow.
    pub require_workflow: bool,
    /// The runners that workflows may use; `None`: any.
    pub allowed_runners: Option<Vec<String>>,
}

/// Signatures of seals.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Seals {
    /// Whether a seal must be signed.
    pub require_signature: bool,
    /// Whether its signer must be trusted by who verifies.
    pub require_trusted_signer: bool,
    /// A file of the repository in OpenSSH's format: of the signers that a verifier trusts, only these count.
    pub allowed_signers: Option<String>,
}

/// What stops a run.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Gates {
    /// The families of findings that block.
    pub block_on: BTreeSet<Gate>,
}

/// What git's hooks ask beside the gates.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Hooks {
    /// Before a push.
    pub pre_push: PrePush,
}

/// What a push must have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrePush {
    /// Whether each commit that a pushed ref names needs a valid seal.
    pub require_seal: bool,
}

/// Where a vulnerability shall be reported, when the policy says so: a URL or mailto.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SecurityContact {
    /// An `https:` or `http:` URL, or `mailto:` and an address.
    pub contact: Option<String>,
}

/// Approvals that a change needs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Approvals {
    /// How many; 0: none are needed.
    pub required: u32,
    /// The roles that may approve, each of the registry; empty: any.
    pub roles: Vec<String>,
}

/// The policies document.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// Its name.
    pub name: String,
    /// Files and their content.
    pub filesystem: Filesystem,
    /// File names.
    pub naming: Naming,
    /// Evidence.
    pub supply_chain: SupplyChain,
    /// Continuous integration.
    pub ci: Ci,
    /// Signatures of seals.
    pub seal: Seals,
    /// What stops a run.
    pub gates: Gates,
    /// What git's hooks ask.
    pub hooks: Hooks,
    /// Vulnerability reports.
    pub security: SecurityContact,
    /// Approvals.
    pub approvals: Approvals,
}

impl Default for Filesystem {
    fn default() -> Self {
        Self { state_dir_must_be_local: true, forbid_secret_patterns: Vec::new() }
    }
}

impl Default for SupplyChain {
    fn default() -> Self {
        Self { require_evidence_sealing: true, hash_algorithms: Algorithm::ALL.to_vec() }
    }
}

impl Default for Gates {
    fn default() -> Self {
        let block_on = [Gate::SchemaInvalid, Gate::DagCycle, Gate::SecretDetected, Gate::HostileEntry];
        Self { block_on: block_on.into() }
    }
}

impl From<Raw> for Policies {
    fn from(Raw { metadata, spec }: Raw) -> Self {
        let Naming { forbid_double_extensions, allowed_extensions } = spec.naming;
        // An empty list allows nothing if taken literally, which no repository can keep.
        let allowed_extensions = allowed_extensions.filter(|allowed| !allowed.is_empty());
        Self {
            name: metadata.name,
            filesystem: spec.filesystem,
            naming: Naming { forbid_double_extensions, allowed_extensions },
            supply_chain: spec.supply_chain,
            ci: spec.ci,
            seal: spec.seal,
            gates: spec.gates,
            hooks: spec.hooks,
            security: spec.security,
            approvals: spec.approvals,
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
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    filesystem: Filesystem,
    #[serde(default)]
    naming: Naming,
    #[serde(default)]
    supply_chain: SupplyChain,
    #[serde(default)]
    ci: Ci,
    #[serde(default)]
    seal: Seals,
    #[serde(default)]
    gates: Gates,
    #[serde(default)]
    hooks: Hooks,
    #[serde(default)]
    security: SecurityContact,
    #[serde(default)]
    approvals: Approvals,
}
