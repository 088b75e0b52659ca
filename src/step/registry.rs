//! The word after `run:` to its step. A new step is one file and one line here.

use super::Step;
use super::{approvals, detect, execute, manifest, parameters, permissions, scan, seal};

/// Every step, in the order of the standard pipeline.
static STEPS: [&dyn Step; 8] = [
    &detect::InterfaceMetadataParse,
    &parameters::ParameterValidation,
    &permissions::PermissionResolution,
    &scan::SecurityAssessment,
    &approvals::ApprovalChainValidation,
    &execute::ToolExecution,
    &manifest::HistoryImmutable,
    &seal::ContinuousMonitoring,
];

/// The names that a pipeline may use, in the same order.
pub const STEP_NAMES: [&str; 8] = [
    "engine.step.interface_metadata_parse",
    "engine.step.parameter_validation",
    "engine.step.permission_resolution",
    "engine.step.security_assessment",
    "engine.step.approval_chain_validation",
    "engine.step.tool_execution",
    "engine.step.history_immutable",
    "engine.step.continuous_monitoring",
];

/// Returns the step of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Step> {
    STEPS.into_iter().find(|step| step.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_names_is_the_list_of_steps() {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name()).collect();
        assert_eq!(names, STEP_NAMES);
    }
}
