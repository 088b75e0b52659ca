//! What steps leave for one another: one typed slot each, written once.

use std::sync::OnceLock;

use super::rounds::Round;
use crate::adapter::Detection;
use crate::authority::{ApprovalState, Permissions};
use crate::base::ContentAddress;
use crate::model::{Finding, ObjectId, Verdict};
use crate::repair::{PatchSet, Plan};
use crate::scan::ScanReport;
use crate::seal::{Boundary, Seal, StoredSeal};

/// The name of a slot, for the check that someone upstream fills what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The projects of the repository.
    Detection,
    /// The roles, in order of dependence.
    Roles,
    /// What this mode may write.
    Permissions,
    /// What the gates found.
    Scan,
    /// Whether approvals are asked for.
    Approvals,
    /// The plan.
    Plan,
    /// The commits of the plan.
    Patch,
    /// The outcome of verification.
    Verdict,
    /// The hash boundary.
    Manifest,
    /// The seal.
    Seal,
}

impl Slot {
    /// Returns the word for messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Roles => "roles",
            Self::Permissions => "permissions",
            Self::Scan => "scan",
            Self::Approvals => "approvals",
            Self::Plan => "plan",
            Self::Patch => "patch",
            Self::Verdict => "verdict",
            Self::Manifest => "manifest",
            Self::Seal => "seal",
        }
    }
}

/// What a run wrote to the repository.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The ledger commit that holds the evidence; `None` when the ledger already had all of it.
    pub ledger: Option<ObjectId>,
    /// Where the governance branch stands now, if the run moved it or found it there.
    pub governance: Option<ObjectId>,
    /// Digest of the seal's envelope.
    pub seal: Option<ContentAddress>,
    /// Whether an equal seal was there before.
    pub seal_reused: bool,
    /// The refs that moved, in order.
    pub moves: Vec<RefMove>,
}

/// One ref that a run moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RefMove {
    /// Its full name.
    pub name: String,
    /// Where it stood; `None` when it was not there.
    pub before: Option<ObjectId>,
    /// Where it stands.
    pub after: ObjectId,
}

/// The slots of one run.
#[derive(Default)]
pub struct Artifacts {
    /// The projects.
    pub detection: OnceLock<Detection>,
    /// The roles, in order.
    pub roles: OnceLock<Vec<String>>,
    /// The permissions.
    pub permissions: OnceLock<Permissions>,
    /// What the gates over paths found.
    pub paths: OnceLock<ScanReport>,
    /// What the gates over content found.
    pub scan: OnceLock<ScanReport>,
    /// The state of approvals.
    pub approvals: OnceLock<ApprovalState>,
    /// The plan, its bytes and what could not be planned.
    pub plan: OnceLock<PlanArtifact>,
    /// The commits.
    pub patch: OnceLock<PatchSet>,
    /// The verdict.
    pub verdict: OnceLock<Verdict>,
    /// The last look of the adapters: on the patched tree, or on the subject.
    pub last_round: OnceLock<Round>,
    /// The newest seal of a commit or of what it stands on, as the run found it in the ledger, with that commit.
    pub previous: OnceLock<(ObjectId, Option<StoredSeal>)>,
    /// The hash boundary.
    pub manifest: OnceLock<Boundary>,
    /// The seal.
    pub seal: OnceLock<Seal>,
    /// What was written.
    pub published: OnceLock<Published>,
}

/// A plan with its name.
#[derive(Debug)]
pub struct PlanArtifact {
    /// The plan.
    pub plan: Plan,
    /// Digest of its bytes.
    pub id: ContentAddress,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// What stood in the way of planning more.
    pub findings: Vec<Finding>,
}
