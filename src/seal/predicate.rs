//! What a seal says of its commit: which roots, which verdict under which policy, after which past.
//!
//! Part of what gets signed: a field never changes its meaning under the same predicate type.

use serde::{Deserialize, Serialize};

use super::manifest::Roots;
use crate::base::{ContentAddress, Timestamp};
use crate::model::{ObjectId, Outcome, RunId};

/// What a seal says about its commit. Every field is always written; what is not known is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// When it was sealed, as the sealing clock says.
    pub sealed_at: Timestamp,
    /// What made the seal.
    pub tool: Tool,
    /// The roots of the manifest, and how much they cover.
    pub roots: Roots,
    /// How verification of this tree under this policy ended.
    pub verdict: VerdictSummary,
    /// The policy that judged.
    pub policy: PolicyRef,
    /// SHA-256 of the configuration.
    pub config: ContentAddress,
    /// The plan whose changes led to the commit.
    pub plan: Option<ContentAddress>,
    /// The run that sealed.
    pub run: Option<RunId>,
    /// The event stream up to the seal.
    pub events: Option<EventAnchor>,
    /// The ledger's head before the seal.
    pub ledger: Option<ObjectId>,
    /// SHA-256 of the envelope of the seal before this one in the commit's history.
    pub prev_seal: Option<ContentAddress>,
    /// The fingerprint of the key that signs, such as `SHA256:...`; `null` when nobody does.
    pub signer: Option<String>,
    /// The public key that signs, as OpenSSH writes it, so that the seal can be checked by itself.
    pub signer_key: Option<String>,
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The policy that judged, by name and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRef {
    /// Its name.
    pub name: String,
    /// SHA-256 of its canonical form.
    pub digest: ContentAddress,
}

/// The outcome of verification, and where its report is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictSummary {
    /// The answer as a whole.
    pub outcome: Outcome,
    /// SHA-256 of the verification report; `null` when not verified.
    pub report: Option<ContentAddress>,
    /// How many checks ended how.
    pub counts: VerdictCounts,
}

/// How many checks ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerdictCounts {
    /// Checks that hold.
    pub pass: u64,
    /// Checks that do not hold, and block.
    pub fail: u64,
    /// Checks that do not hold, and do not block.
    pub warn: u64,
    /// Checks that the policy does not ask for.
    pub not_configured: u64,
    /// Findings, of any severity.
    pub findings: u64,
}

/// A place in the event stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAnchor {
    /// Events so far.
    pub count: u64,
    /// Digest of the last one.
    pub head: ContentAddress,
}
