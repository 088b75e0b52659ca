//! `permission_resolution`: says what this mode and this pipeline may write.

use super::{Artifacts, Error, Slot, Step, StepContext, StepOutcome};
use crate::authority;
use crate::config::Mode;

/// Resolves what may be written.
pub(super) struct PermissionResolution;

impl Step for PermissionResolution {
    fn name(&self) -> &'static str {
        "engine.step.permission_resolution"
    }

    fn modes(&self) -> &'static [Mode] {
        &[Mode::Plan, Mode::Repair, Mode::Verify]
    }

    fn reads(&self) -> &'static [Slot] {
        &[]
    }

    fn writes(&self) -> &'static [Slot] {
        &[Slot::Permissions]
    }

    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error> {
        let permissions = authority::permissions(context.mode, &context.config.pipeline)?;
        let outcome = StepOutcome::default()
            .with("mayPatch", permissions.may_patch)
            .with("maySeal", permissions.may_seal);
        artifacts.permissions.set(permissions).expect("a step runs once in a run");
        Ok(outcome)
    }
}
