//! The pipeline: its steps, where things lie, what may be repaired.
//!
//! Every optional key has its default here and nowhere else.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::PatternGate;
use super::check_paths::normal;
use crate::hash::Algorithm;
use crate::model::{RepoPath, StepId, TargetFamily};

/// How far a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Up to the plan; nothing is patched.
    Plan,
    /// Everything; patches only if [`Repair::allow_writes`].
    Repair,
    /// Everything but patch.
    Verify,
    /// Manifest and seal of the commit as it is.
    Seal,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Plan, Self::Repair, Self::Verify, Self::Seal];

    /// Returns the word that documents use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Repair => "repair",
            Self::Verify => "verify",
            Self::Seal => "seal",
        }
    }
}

/// One node of the DAG.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Node {
    /// The name that other nodes depend on; stands once in the pipeline.
    pub id: StepId,
    /// The built-in step that it runs, such as `engine.step.tool_execution`.
    pub run: String,
    /// The nodes that must be done before; each is in the pipeline, and none leads back here.
    pub deps: Vec<StepId>,
}

/// What is enforced over paths, and which digests bound the content.
#[derive(Debug, Clone)]
pub struct Governance {
    /// The roots that a seal must have, in the order of the document; at least one.
    pub hash_algorithms: Vec<Algorithm>,
    /// `banNarrative`.
    pub narrative: PatternGate,
    /// `forbidQuestions`.
    pub questions: PatternGate,
}

/// Files under the state directory that each run leaves; paths relative to the working tree's top.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// The plan.
    pub plan_file: String,
    /// What was patched.
    pub patch_report: String,
    /// What was verified.
    pub verify_report: String,
    /// The manifest of the sealed tree.
    pub seal_manifest: String,
}

/// What may be repaired.
#[derive(Debug, Clone)]
pub struct Repair {
    /// Whether anything is patched at all.
    pub allow_writes: bool,
    /// The families of repairs that run.
    pub targets: BTreeSet<TargetFamily>,
    /// Whether projects are looked for.
    pub auto_detect: bool,
    /// The adapters that may run. `None`: every adapter; an empty list: none.
    pub allow: Option<Vec<String>>,
    /// How often plan, patch and verify may repeat, 1 to 10.
    pub max_iterations: u32,
}

/// The pipeline document. All its paths are relative, have no `..`, and `.git` is no part of them.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// The subtree that is governed; the root for `.`.
    pub project_root: RepoPath,
    /// The directory of local state, in the working tree.
    pub state_dir: String,
    /// Where links to evidence lie, within the state directory.
    pub evidence_dir: String,
    /// The file of the event stream, within the state directory.
    pub event_stream: String,
    /// The mode of a run that names none; one of the supported ones.
    pub default_mode: Mode,
    /// The modes that may be asked for.
    pub supported_modes: Vec<Mode>,
    /// The steps, in the order of the document; free of cycles.
    pub nodes: Vec<Node>,
    /// Files that each run leaves.
    pub outputs: Outputs,
    /// What is enforced.
    pub governance: Governance,
    /// What may be repaired.
    pub repair: Repair,
}

/// The state directory of a pipeline that names none.
pub(super) const STATE_DIR: &str = ".indestructibleautoops";

impl From<Raw> for Pipeline {
    fn from(Raw { metadata, spec }: Raw) -> Self {
        let state_dir = normal(&spec.state_dir.unwrap_or_else(|| STATE_DIR.to_owned()));
        let within = |path: Option<String>, default: &str| match path {
            Some(path) => normal(&path),
            None => format!("{state_dir}/{default}"),
        };
        Self {
            name: metadata.name,
            project_root: RepoPath::from(normal(&spec.project_root).as_str()),
            evidence_dir: within(spec.evidence_dir, "evidence"),
            event_stream: within(spec.event_stream, "governance/event-stream.jsonl"),
            default_mode: spec.modes.default,
            supported_modes: spec.modes.supported,
            nodes: spec.dag.nodes,
            outputs: Outputs {
                plan_file: within(spec.outputs.plan_file, "plan.json"),
                patch_report: within(spec.outputs.patch_report, "patch-report.json"),
                verify_report: within(spec.outputs.verify_report, "verify-report.json"),
                seal_manifest: within(spec.outputs.seal_manifest, "seal/manifest.json"),
            },
            governance: Governance {
                hash_algorithms: spec.governance.hash.algorithms,
                narrative: spec.governance.ban_narrative,
                questions: spec.governance.forbid_questions,
            },
            repair: Repair {
                allow_writes: spec.repair.allow_writes,
                targets: spec.repair.targets.into_iter().collect(),
                auto_detect: spec.repair.adapters.auto_detect,
                allow: spec.repair.adapters.allow,
                max_iterations: spec.repair.max_iterations,
            },
            state_dir,
        }
    }
}

/// The document as it is written.
#[derive(Deserialize)]
pub(super) struct Raw {
    metadata: Metadata,
    spec: Spec,
}

/// What every document says about itself.
#[derive(Deserialize)]
pub(super) struct Metadata {
    /// The name.
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    project_root: String,
    state_dir: Option<String>,
    evidence_dir: Option<String>,
    event_stream: Option<String>,
    #[serde(default)]
    modes: RawModes,
    dag: RawDag,
    #[serde(default)]
    outputs: RawOutputs,
    #[serde(default)]
    governance: RawGovernance,
    #[serde(default)]
    repair: RawRepair,
}

#[derive(Deserialize)]
#[serde(default)]
struct RawModes {
    default: Mode,
    supported: Vec<Mode>,
}

impl Default for RawModes {
    fn default() -> Self {
        Self { default: Mode::Repair, supported: Mode::ALL.to_vec() }
    }
}

#[derive(Deserialize)]
struct RawDag {
    nodes: Vec<Node>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawOutputs {
    plan_file: Option<String>,
    patch_report: Option<String>,
    verify_report: Option<String>,
    seal_manifest: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawGovernance {
    hash: RawHash,
    ban_narrative: PatternGate,
    forbid_questions: PatternGate,
}

#[derive(Deserialize)]
#[serde(default)]
struct RawHash {
    algorithms: Vec<Algorithm>,
}

impl Default for RawHash {
    fn default() -> Self {
        Self { algorithms: Algorithm::ALL.to_vec() }
    }
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawRepair {
    allow_writes: bool,
    targets: Vec<TargetFamily>,
    adapters: RawAllowed,
    max_iterations: u32,
}

impl Default for RawRepair {
    fn default() -> Self {
        let targets = TargetFamily::ALL.to_vec();
        Self { allow_writes: true, targets, adapters: RawAllowed::default(), max_iterations: 3 }
    }
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawAllowed {
    auto_detect: bool,
    allow: Option<Vec<String>>,
}

impl Default for RawAllowed {
    fn default() -> Self {
        Self { auto_detect: true, allow: None }
    }
}
