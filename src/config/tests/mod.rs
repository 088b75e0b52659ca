//! The config room as others meet it: documents in, a configuration or every violation out.

mod compat;
mod defaults;
mod hostile;
mod properties;
mod references;
mod schemas;

use std::collections::BTreeMap;

use super::{Config, Error, LoadRequest, PipelineSource, load};
use crate::base::assets;
use crate::model::RepoPath;

/// The steps of the program, as the engine will hand them in.
const STEPS: [&str; 8] = [
    "engine.step.interface_metadata_parse",
    "engine.step.parameter_validation",
    "engine.step.permission_resolution",
    "engine.step.security_assessment",
    "engine.step.approval_chain_validation",
    "engine.step.tool_execution",
    "engine.step.history_immutable",
    "engine.step.continuous_monitoring",
];

/// A repository of a few files.
#[derive(Default, Clone)]
struct Files(BTreeMap<RepoPath, Vec<u8>>);

impl Files {
    /// The four default documents at their usual places.
    fn defaults() -> Self {
        let files = assets::DEFAULT_DOCUMENTS;
        files.into_iter().fold(Self::default(), |files, asset| files.file(asset.path, asset.text))
    }

    fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.insert(RepoPath::from(path), content.as_ref().to_vec());
        self
    }

    /// Replaces a text that stands in the document exactly once.
    fn edit(mut self, name: &str, from: &str, to: &str) -> Self {
        let path = format!("configs/indestructibleautoops.{name}.yaml");
        let content = self.0.get_mut(&RepoPath::from(path.as_str())).unwrap();
        let text = String::from_utf8(content.clone()).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {path}");
        *content = text.replace(from, to).into_bytes();
        self
    }

    fn load(&self) -> Result<Config, Error> {
        self.load_from(None)
    }

    fn load_from(&self, pipeline: Option<PipelineSource>) -> Result<Config, Error> {
        let read = |path: &RepoPath| Ok(self.0.get(path).cloned());
        load(&LoadRequest { pipeline, read: &read, known_steps: &STEPS })
    }

    /// Every violation as `document:line:column: message`.
    fn violations(&self) -> Vec<String> {
        let error = self.load().expect_err("the documents break a rule");
        told(&error)
    }

    /// The same without the documents' common prefix.
    #[track_caller]
    fn breaks(&self, expected: &[&str]) {
        assert_eq!(self.violations(), expected);
    }
}

fn told(error: &Error) -> Vec<String> {
    let violations = error.violations().iter();
    let short = |name: &str| name.trim_start_matches("configs/indestructibleautoops.").to_owned();
    violations
        .map(|one| format!("{}:{}:{}: {}", short(one.document()), one.line(), one.column(), one.message()))
        .collect()
}
