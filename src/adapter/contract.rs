//! What an ecosystem adapter promises, and the words it speaks.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Error;
use crate::git::View;
use crate::model::{Evidence, Finding, Proposal, RepoPath};

/// One ecosystem.
pub trait Adapter: Send + Sync {
    /// Returns the id that documents use: `python`, `node`, `go`, `rust`, `java`, `generic`.
    fn id(&self) -> &'static str;

    /// Returns the file names that mark a project's directory.
    fn markers(&self) -> &'static [&'static str];

    /// Reads the manifests of the project at `root`.
    ///
    /// # Errors
    /// When an object cannot be read. A manifest that does not parse is a finding.
    fn inspect(&self, view: &View<'_>, root: &RepoPath, context: &Context) -> Result<Inspection, Error>;
}

/// What is known beside the tree; recorded in the plan, so that a replay sees the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The remote's URL without credentials, if the repository has a remote.
    pub remote_url: Option<String>,
    /// Where vulnerabilities shall be reported, if the policy says so.
    pub security_contact: Option<String>,
    /// CI runners the policy allows; `None`: any.
    pub allowed_runners: Option<Vec<String>>,
}

/// A value, and where the repository says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub evidence: Evidence,
}

/// One project of one ecosystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// The adapter's id (or a custom detector's).
    pub adapter: String,
    /// Its directory.
    pub root: RepoPath,
    /// Its name, as the manifest gives it.
    pub name: Option<Fact<String>>,
    /// Its version, as the manifest gives it.
    pub version: Option<Fact<String>>,
    /// The language version it asks for, such as `>=3.9` or `1.88`.
    pub language_version: Option<Fact<String>>,
    /// The package manager or build tool, such as `uv`, `pnpm`, `cargo`, `maven`.
    pub tool: Option<Fact<String>>,
    /// The command that runs its tests, from its root.
    pub test_command: Option<Fact<String>>,
    /// The URL of its repository.
    pub repository: Option<Fact<String>>,
    /// The licence expression it declares.
    pub license: Option<Fact<String>>,
    /// Directories of members that belong to this workspace root.
    pub members: Vec<RepoPath>,
    /// What its CI job would do, when enough is known to render one.
    #[serde(skip)]
    pub ci: Option<CiJob>,
    /// Patterns its ignore file should hold, relative to the root of the project.
    #[serde(skip)]
    pub ignore: Vec<&'static str>,
}

/// What one adapter saw in one directory.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The project.
    pub project: Project,
    /// Malformed manifests, missing fields, what only a person can supply.
    pub findings: Vec<Finding>,
    /// Edits of the project's own manifests that need no guess.
    pub proposals: Vec<Proposal>,
}

/// One job of the rendered workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CiJob {
    /// What is tested, for people: `python (services/api)`.
    pub name: String,
    /// Steps after the checkout, in order.
    pub steps: Vec<CiStep>,
    /// Why these steps: where each choice comes from.
    pub evidence: Vec<Evidence>,
}

/// One step of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CiStep {
    /// An action pinned by commit.
    Uses {
        /// The step's name.
        name: String,
        /// `owner/repo@<40 hex>`.
        action: &'static str,
        /// The version that the pin stands for, for the comment: `v6.0.0`.
        version: &'static str,
        /// Its inputs.
        with: BTreeMap<&'static str, String>,
    },
    /// A command, run in the project's root.
    Run {
        /// The step's name.
        name: String,
        /// The command: one line, or several.
        command: String,
    },
}

/// A directory that looks like a project and was left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Exclusion {
    /// The directory.
    pub root: RepoPath,
    /// The adapter that would have taken it.
    pub adapter: String,
    /// Why it was left out.
    pub reason: String,
}

/// Which projects a snapshot holds.
#[derive(Debug, Clone, Default)]
pub struct Detection {
    /// What was seen in each, in order: depth, path, adapter order.
    pub inspections: Vec<Inspection>,
    /// What was left out, and why.
    pub exclusions: Vec<Exclusion>,
}

/// What the baseline finds missing, and what could be done.
#[derive(Debug, Clone, Default)]
pub struct Assessment {
    /// Findings, sorted.
    pub findings: Vec<Finding>,
    /// Proposals, in the order in which they shall be committed.
    pub proposals: Vec<Proposal>,
}
