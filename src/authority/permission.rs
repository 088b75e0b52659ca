//! What a mode may do in a pipeline (DESIGN section 6: modes).

use serde::Serialize;

use super::Error;
use crate::config::{Mode, Pipeline};

/// What a run may do. What is not permitted is skipped, and the run says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Permissions {
    /// Make a plan.
    pub may_plan: bool,
    /// Put a plan's changes on the governance branch.
    pub may_patch: bool,
    /// Judge a tree.
    pub may_verify: bool,
    /// Make a seal, and record it in the ledger and the notes.
    pub may_seal: bool,
    /// Write reports and events to the state directory, where it can be written.
    pub may_write_state: bool,
}

/// Returns what a run in `mode` may do.
///
/// # Errors
/// When the pipeline does not support the mode.
pub fn permissions(mode: Mode, pipeline: &Pipeline) -> Result<Permissions, Error> {
    if !pipeline.supported_modes.contains(&mode) {
        return Err(Error::ModeNotSupported { mode });
    }
    Ok(Permissions {
        may_plan: mode != Mode::Seal,
        may_patch: mode == Mode::Repair && pipeline.repair.allow_writes,
        may_verify: mode != Mode::Plan,
        may_seal: mode != Mode::Plan,
        may_write_state: true,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::{Governance, Outputs, PatternGate, Repair};
    use crate::model::RepoPath;

    fn pipeline(allow_writes: bool, supported_modes: Vec<Mode>) -> Pipeline {
        let outputs = Outputs {
            plan_file: String::new(),
            patch_report: String::new(),
            verify_report: String::new(),
            seal_manifest: String::new(),
        };
        let off = PatternGate::default();
        Pipeline {
            name: "test".to_owned(),
            project_root: RepoPath::root(),
            state_dir: ".state".to_owned(),
            evidence_dir: ".state/evidence".to_owned(),
            event_stream: ".state/events.jsonl".to_owned(),
            default_mode: Mode::Plan,
            supported_modes,
            nodes: vec![],
            outputs,
            governance: Governance { hash_algorithms: vec![], narrative: off.clone(), questions: off },
            repair: Repair {
                allow_writes,
                targets: BTreeSet::new(),
                auto_detect: true,
                allow: None,
                max_iterations: 1,
            },
        }
    }

    const ALL: [Mode; 4] = [Mode::Plan, Mode::Repair, Mode::Verify, Mode::Seal];

    #[test]
    fn only_repair_patches_and_only_where_writes_are_allowed() {
        for (mode, allow_writes) in ALL.into_iter().flat_map(|mode| [(mode, true), (mode, false)]) {
            let granted = permissions(mode, &pipeline(allow_writes, ALL.to_vec())).unwrap();
            assert_eq!(granted.may_patch, mode == Mode::Repair && allow_writes, "{mode:?}");
            assert_eq!(granted.may_seal, mode != Mode::Plan, "{mode:?}");
            assert_eq!(granted.may_plan, mode != Mode::Seal, "{mode:?}");
        }
    }

    #[test]
    fn a_mode_that_the_pipeline_does_not_support_is_refused() {
        let error = permissions(Mode::Repair, &pipeline(true, vec![Mode::Plan])).unwrap_err();
        assert_eq!(error, Error::ModeNotSupported { mode: Mode::Repair });
        assert!(error.to_string().contains("`repair`"));
    }
}
