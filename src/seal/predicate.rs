//! What a seal says of its commit: which roots, which verdict under which policy, after which past.
//!
//! Part of what gets signed: a field never changes its meaning under the same predicate type.

use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(deserialize_with = "present")]
    pub plan: Option<ContentAddress>,
    /// The run that sealed.
    #[serde(deserialize_with = "present")]
    pub run: Option<RunId>,
    /// The event stream up to the seal.
    #[serde(deserialize_with = "present")]
    pub events: Option<EventAnchor>,
    /// The ledger's head before the seal.
    #[serde(deserialize_with = "present")]
    pub ledger: Option<ObjectId>,
    /// SHA-256 of the envelope of the seal before this one in the commit's history.
    #[serde(deserialize_with = "present")]
    pub prev_seal: Option<ContentAddress>,
    /// The fingerprint of the key that signs, such as `SHA256:...`; `null` when nobody does.
    #[serde(deserialize_with = "present")]
    pub signer: Option<String>,
    /// The public key that signs, as OpenSSH writes it, so that the seal can be checked by itself.
    #[serde(deserialize_with = "present")]
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
    #[serde(deserialize_with = "present")]
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

/// Reads a field that may be `null`, and may not be absent: a statement has one writing.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}
