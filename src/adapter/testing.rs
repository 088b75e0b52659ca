//! A bench for tests of the adapters: files in, findings and proposals out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Assessment, Context, Detection, Settings, assess, detect};
use crate::config::{Adapters, Policies};
use crate::git::{Snapshot, View};
use crate::model::{Action, RepoPath, TargetFamily};

/// A repository of text files, and what is configured for it.
pub(super) struct Bench {
    pub(super) files: BTreeMap<String, String>,
    pub(super) root: RepoPath,
    pub(super) adapters: Adapters,
    pub(super) allow: Option<Vec<String>>,
    pub(super) auto_detect: bool,
    pub(super) policies: Policies,
    pub(super) context: Context,
}

impl Bench {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        Self {
            files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect(),
            root: RepoPath::root(),
            adapters: Adapters::default(),
            allow: None,
            auto_detect: true,
            policies: Policies::default(),
            context: Context::default(),
        }
    }

    pub(super) fn remote(mut self, url: &str) -> Self {
        self.context.remote_url = Some(url.to_owned());
        self
    }

    /// Detects and assesses.
    pub(super) fn run(&self) -> (Detection, Assessment) {
        let files: Vec<(&str, &str)> =
            self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let snapshot = Snapshot::in_memory(&files);
        let view = View::new(&snapshot);
        let settings = Settings {
            project_root: &self.root,
            adapters: &self.adapters,
            allow: self.allow.as_deref(),
            auto_detect: self.auto_detect,
            targets: &BTreeSet::from(TargetFamily::ALL),
            policies: &self.policies,
        };
        let detection = detect(&view, &settings, &self.context).unwrap();
        let assessment = assess(&view, &detection, &settings, &self.context).unwrap();
        (detection, assessment)
    }

    /// Returns each project as `adapter@root`, in order.
    pub(super) fn projects(&self) -> Vec<String> {
        let inspections = self.run().0.inspections;
        inspections.iter().map(|seen| format!("{}@{}", seen.project.adapter, seen.project.root)).collect()
    }

    /// Returns each finding as `rule path`, in order.
    pub(super) fn findings(&self) -> Vec<String> {
        self.run().1.findings.iter().map(|finding| format!("{} {}", finding.rule, finding.path)).collect()
    }

    /// Writes what a plan would write, and returns the paths.
    pub(super) fn apply(&mut self) -> Vec<String> {
        let mut written = Vec::new();
        for proposal in self.run().1.proposals {
            let path = proposal.path.as_str().unwrap().to_owned();
            // Of two edits of one file the later one waits for the next plan.
            if matches!(proposal.action, Action::Edit { .. }) && written.contains(&path) {
                continue;
            }
            let content = match proposal.action {
                Action::Render { content, already_met: None, .. } | Action::Edit { content } => content,
                Action::Render { .. } | Action::Delete => continue,
            };
            let content = String::from_utf8(content).unwrap();
            assert_ne!(self.files.get(&path), Some(&content), "a change of nothing at {path}");
            self.files.insert(path.clone(), content);
            written.push(path);
        }
        written
    }
}

/// What keeps the generic findings quiet.
const CALM: [(&str, &str); 3] = [("LICENSE", "x"), ("README.md", "x"), ("SECURITY.md", "x")];

/// Makes a repository of these files, with all that `generic` asks for.
pub(super) fn with(files: &[(&str, &str)]) -> Bench {
    let all: Vec<(&str, &str)> = CALM.iter().chain(files).copied().collect();
    Bench::new(&all)
}
