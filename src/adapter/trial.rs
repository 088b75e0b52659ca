//! Tries one adapter on files held in memory, as the tests of every adapter do.
//!
//! What is proposed is applied to the files themselves, so that the same adapter can look again.

use super::{Adapter, Context, Inspection};
use crate::git::{Snapshot, View};
use crate::model::{Action, RepoPath};

/// A few files, and a remote.
#[derive(Debug, Clone, Default)]
pub(super) struct Trial {
    files: Vec<(String, String)>,
    context: Context,
}

impl Trial {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { files, context: Context::default() }
    }

    pub(super) fn remote(mut self, url: &str) -> Self {
        self.context.remote_url = Some(url.to_owned());
        self
    }

    pub(super) fn inspect(&self, adapter: &dyn Adapter, root: &str) -> Inspection {
        let files: Vec<(&str, &str)> =
            self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let snapshot = Snapshot::in_memory(&files);
        let view = View::new(&snapshot);
        adapter.inspect(&view, &RepoPath::from(root), &self.context).expect("memory can be read")
    }

    /// Returns the files after every proposal.
    pub(super) fn apply(&self, inspection: &Inspection) -> Self {
        let mut after = self.clone();
        for proposal in &inspection.proposals {
            let Action::Edit { content } = &proposal.action else { panic!("only edits are proposed here") };
            let at = after.files.iter().position(|(path, _)| RepoPath::from(path.as_str()) == proposal.path);
            after.files[at.expect("what is edited is there")].1 =
                String::from_utf8(content.clone()).expect("text");
        }
        after
    }

    pub(super) fn text(&self, path: &str) -> &str {
        &self.files.iter().find(|(name, _)| name == path).expect("a file of the trial").1
    }
}

/// Lists findings as `rule path:line`, in the order in which they were found.
pub(super) fn found(inspection: &Inspection) -> Vec<String> {
    let place = |finding: &crate::model::Finding| match finding.span {
        Some(span) => format!("{} {}:{}", finding.rule, finding.path, span.line),
        None => format!("{} {}", finding.rule, finding.path),
    };
    inspection.findings.iter().map(place).collect()
}

/// Lists the members' directories.
pub(super) fn members(inspection: &Inspection) -> Vec<String> {
    inspection.project.members.iter().map(ToString::to_string).collect()
}

/// Returns the commands of the job, and the actions with their inputs, in order.
pub(super) fn steps(inspection: &Inspection) -> Vec<String> {
    let step = |step: &super::CiStep| match step {
        super::CiStep::Run { command, .. } => command.clone(),
        super::CiStep::Uses { action, with, .. } => {
            format!("{} {with:?}", action.split('@').next().unwrap_or_default())
        }
    };
    inspection.project.ci.iter().flat_map(|job| &job.steps).map(step).collect()
}
