//! Puts together what the projects lack and what could be done about it.
//!
//! The same snapshot, settings and context give the same findings and proposals, in the same order.

use super::render;
use super::{Assessment, Context, Detection, Error, Settings};
use crate::git::View;
use crate::model::{Finding, Proposal, RepoPath, TargetFamily};

/// What is looked at when something is rendered for the repository as a whole.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    /// The snapshot.
    pub(super) view: &'a View<'a>,
    /// The projects.
    pub(super) detection: &'a Detection,
    /// The configuration.
    pub(super) settings: &'a Settings<'a>,
    /// What is known beside the tree.
    pub(super) context: &'a Context,
}

impl Scene<'_> {
    /// Returns the directory that is governed.
    pub(super) fn top(&self) -> &RepoPath {
        self.settings.project_root
    }

    /// Says whether repairs of this family are asked for.
    pub(super) fn wants(&self, family: TargetFamily) -> bool {
        self.settings.targets.contains(&family)
    }
}

/// What one rendering came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The file, unless it is not needed or cannot be rendered.
    pub(super) proposal: Option<Proposal>,
    /// What stands in the way.
    pub(super) findings: Vec<Finding>,
}

/// Collects the findings and proposals of each project, and adds those for the repository as a whole.
///
/// Proposals stand in the order in which they shall be committed: manifests, ignore block, editor settings,
/// security policy, workflow. What is for the whole comes only with the `generic` adapter.
///
/// # Errors
/// When an object of the snapshot cannot be read.
pub fn assess(
    view: &View<'_>,
    detection: &Detection,
    settings: &Settings<'_>,
    context: &Context,
) -> Result<Assessment, Error> {
    let mut assessment = Assessment::default();
    for inspection in &detection.inspections {
        assessment.findings.extend_from_slice(&inspection.findings);
        assessment.proposals.extend_from_slice(&inspection.proposals);
    }
    if detection.inspections.iter().any(|inspection| inspection.project.adapter == "generic") {
        let scene = Scene { view, detection, settings, context };
        let whole = [
            render::gitignore(scene)?,
            render::editorconfig(scene)?,
            render::security(scene)?,
            render::ci(scene)?,
        ];
        for outcome in whole {
            assessment.findings.extend(outcome.findings);
            assessment.proposals.extend(outcome.proposal);
        }
    }
    assessment.proposals.retain(|proposal| settings.targets.contains(&proposal.family));
    assessment.findings.sort();
    assessment.findings.dedup();
    Ok(assessment)
}
