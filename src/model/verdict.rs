//! The outcome of verification.

use serde::{Deserialize, Serialize};

use super::Finding;

/// The answer as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing that the policy blocks on.
    Pass,
    /// At least one check failed.
    Fail,
    /// Sealed without a verification of this tree under this policy.
    NotVerified,
}

impl Outcome {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotVerified => "not-verified",
        }
    }
}

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It holds.
    Pass,
    /// It does not hold, and the policy blocks on that.
    Fail,
    /// It does not hold, and the policy lets that pass.
    Warn,
    /// The policy does not ask for it.
    NotConfigured,
}

impl CheckState {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::NotConfigured => "not-configured",
        }
    }
}

/// One thing that verification looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Check {
    /// Its stable id, such as `gate/secret_detected` or `repairs-hold`.
    pub id: String,
    /// How it ended.
    pub state: CheckState,
    /// What was seen, in one line.
    pub detail: String,
}

/// Every check with its state, and every finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The answer as a whole.
    pub outcome: Outcome,
    /// The checks, sorted by id.
    pub checks: Vec<Check>,
    /// The findings, sorted.
    pub findings: Vec<Finding>,
}
