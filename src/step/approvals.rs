//! `approval_chain_validation`: never says "approved" without having judged.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::authority;
use crate::config::Mode;

/// Judges the approvals that the policy asks for.
pub(super) struct ApprovalChainValidation;

impl Step for ApprovalChainValidation {
    fn name(&self) -> &'static str {
        "engine.step.approval_chain_validation"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Plan, Mode::Repair, Mode::Verify]
    }

    fn reads(&self) -> &'static [Slot] {
        &[]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Approvals]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let state = authority::approvals(&context.config.policies);
        let outcome = StepOutcome::default().with("state", state.as_str());
        state.clone().require()?;
        artifacts.approvals.set(state).expect("a step runs once in a run");
        Ok(outcome)
    }
}
