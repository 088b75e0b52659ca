//! `interface_metadata_parse`: finds the projects of the repository.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::adapter;
use crate::config::{Config, Mode};
use crate::git::View;

/// Finds projects and indexes the snapshot.
pub(super) struct InterfaceMetadataParse;

impl Step for InterfaceMetadataParse {
    fn name(&self) -> &'static str {
        "engine.step.interface_metadata_parse"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Plan, Mode::Repair, Mode::Verify]
    }

    fn reads(&self) -> &'static [Slot] {
        &[]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Detection]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let snapshot = &context.subject.snapshot;
        let view = View::new(snapshot);
        let detection = adapter::detect(&view, &settings(context.config), context.known)?;
        let projects: Vec<String> = detection
            .inspections
            .iter()
            .map(|inspection| format!("{}:{}", inspection.project.adapter, inspection.project.root))
            .collect();
        let outcome = StepOutcome::default()
            .with("files", snapshot.entries().len())
            .with("oddities", snapshot.oddities().len())
            .with("projects", projects)
            .with("leftOut", detection.exclusions.len());
        artifacts.detection.set(detection).ok().expect("a step runs once in a run");
        Ok(outcome)
    }
}

/// Returns what the configuration tells the adapters.
#[must_use]
pub fn settings(config: &Config) -> adapter::Settings<'_> {
    adapter::Settings {
        project_root: &config.pipeline.project_root,
        adapters: &config.adapters,
        allow: config.pipeline.repair.allow.as_deref(),
        auto_detect: config.pipeline.repair.auto_detect,
        targets: &config.pipeline.repair.targets,
        policies: &config.policies,
    }
}
