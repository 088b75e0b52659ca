//! `parameter_validation`: puts the roles in order and states which policies hold.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::authority;
use crate::config::Mode;

/// Checks policies and roles against each other.
pub(super) struct ParameterValidation;

impl Step for ParameterValidation {
    fn name(&self) -> &'static str {
        "engine.step.parameter_validation"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Plan, Mode::Repair, Mode::Verify]
    }

    fn reads(&self) -> &'static [Slot] {
        &[]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Roles]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let roles: Vec<String> =
            authority::resolve(&context.config.roles)?.into_iter().map(|role| role.id.clone()).collect();
        let outcome = StepOutcome::default()
            .with("policy", context.config.policies.name.clone())
            .with("policyDigest", context.config.policy_digest.to_string())
            .with("configDigest", context.config.digest.to_string())
            .with("roles", roles.clone());
        artifacts.roles.set(roles).expect("a step runs once in a run");
        Ok(outcome)
    }
}
