//! `interface_metadata_parse`: finds the projects of the repository, and judges the names of its entries.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome, scan};
use crate::adapter;
use crate::config::{Config, Mode};
use crate::git::View;
use crate::scan::Gates;

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
        let snapshot = context.subject.snapshot()?;
        let view = View::new(snapshot);
        let detection = adapter::detect(&view, &settings(context.config), context.known)?;
        let projects: Vec<String> = detection
            .inspections
            .iter()
            .map(|inspection| format!("{}:{}", inspection.project.adapter, inspection.project.root))
            .collect();
        let gates =
            scan::scan_snapshot(context, (snapshot, None), context.subject.only.as_ref(), Gates::Paths)?;
        let mut outcome = StepOutcome::default()
            .with("files", snapshot.entries().len())
            .with("oddities", snapshot.oddities().len())
            .with("projects", projects)
            .with("leftOut", detection.exclusions.len())
            .with("findings", gates.findings.len());
        // A verification goes on to its verdict, which says all that is wrong at once.
        if context.mode != Mode::Verify {
            outcome.blocked_by = scan::blocking(&gates.findings, &context.config.policies.gates.block_on);
        }
        artifacts.paths.set(gates).expect("a step runs once in a run");
        artifacts.detection.set(detection).expect("a step runs once in a run");
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
