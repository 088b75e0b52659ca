//! A fact about the user's repository that a rule found.
//!
//! A finding never carries a secret: what matched is given in redacted form, or not at all.

use serde::{Deserialize, Serialize};

use super::RepoPath;

/// How much a finding weighs. `Error` is what gates may block on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

impl Severity {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure a rule is that what it found is what it looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It may well be something else.
    Low,
    /// More likely than not.
    Medium,
    /// Its form tells.
    High,
}

impl Confidence {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The families of findings that a policy's `gates.blockOn` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A configuration document does not fit its schema.
    SchemaInvalid,
    /// The pipeline or the roles depend on themselves.
    DagCycle,
    /// Content that looks like a credential.
    SecretDetected,
    /// A path that matches a narrative pattern.
    NarrativeDetected,
    /// A path that matches a question pattern.
    QuestionDetected,
    /// A file name that the naming policy forbids.
    NamingViolation,
    /// A tree entry made to mislead or to escape.
    HostileEntry,
    /// A policy of the repository is not kept.
    PolicyViolation,
    /// A file or field of the baseline is missing, and a plan could or could not fill it.
    BaselineGap,
    /// Only a person can supply what is missing.
    NeedsInput,
}

impl Gate {
    /// Every family, in the order of documentation.
    pub const ALL: [Self; 10] = [
        Self::SchemaInvalid,
        Self::DagCycle,
        Self::SecretDetected,
        Self::NarrativeDetected,
        Self::QuestionDetected,
        Self::NamingViolation,
        Self::HostileEntry,
        Self::PolicyViolation,
        Self::BaselineGap,
        Self::NeedsInput,
    ];

    /// Returns the word that policies use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SchemaInvalid => "schema_invalid",
            Self::DagCycle => "dag_cycle",
            Self::SecretDetected => "secret_detected",
            Self::NarrativeDetected => "narrative_detected",
            Self::QuestionDetected => "question_detected",
            Self::NamingViolation => "naming_violation",
            Self::HostileEntry => "hostile_entry",
            Self::PolicyViolation => "policy_violation",
            Self::BaselineGap => "baseline_gap",
            Self::NeedsInput => "needs_input",
        }
    }
}

/// A place in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
    /// Bytes covered, from the start of the span.
    pub length: u32,
}

/// One fact that a rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The path it is about; the root stands for the repository as a whole.
    pub path: RepoPath,
    /// The place in the file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// The stable code of the rule, such as `secret.aws-access-key-id` or `python/requires-python`.
    pub rule: String,
    /// The family a policy can block on.
    pub gate: Gate,
    /// How much it weighs.
    pub severity: Severity,
    /// What is so, and why it matters: lower case, no final stop.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// What matched, redacted (`AKIA…7Q`); never the secret itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<String>,
    /// A short name of the finding that stays when lines move: drawn from rule, path, redacted text, and its place among
    /// those that share these. Only what a scan finds has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// How sure the rule is, of content that looks like a credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// What the confidence rests on: kinds and numbers of characters, never the characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
