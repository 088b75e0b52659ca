//! One check for each family of findings.

use std::collections::BTreeSet;

use crate::model::{Check, CheckState, Finding, Gate, Severity};

/// Returns the check of every gate, in the order of [`Gate::ALL`].
pub(super) fn check(block_on: &BTreeSet<Gate>, findings: &[Finding]) -> Vec<Check> {
    Gate::ALL.into_iter().map(|gate| judge(gate, block_on.contains(&gate), findings)).collect()
}

fn judge(gate: Gate, blocks: bool, findings: &[Finding]) -> Check {
    let count = |severity: Severity| {
        findings.iter().filter(|finding| finding.gate == gate && finding.severity == severity).count()
    };
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let state = match (blocks, errors, warnings) {
        (true, 0, 0) => CheckState::Pass,
        (false, 0, 0) => CheckState::NotConfigured,
        (true, 1.., _) => CheckState::Fail,
        _ => CheckState::Warn,
    };
    let counts: Vec<String> = [(errors, "error"), (warnings, "warning"), (notes, "note")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    let detail = if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") };
    Check { id: format!("gate/{}", gate.as_str()), state, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn finding(gate: Gate, severity: Severity) -> Finding {
        Finding {
            path: RepoPath::root(),
            span: None,
            rule: "x".to_owned(),
            gate,
            severity,
            message: String::new(),
            help: String::new(),
            redacted: None,
            id: None,
            confidence: None,
            why: None,
        }
    }

    fn state(blocks: bool, severities: &[Severity]) -> CheckState {
        let gate = Gate::SecretDetected;
        let findings: Vec<Finding> = severities.iter().map(|severity| finding(gate, *severity)).collect();
        let block_on = if blocks { BTreeSet::from([gate]) } else { BTreeSet::new() };
        let checks = check(&block_on, &findings);
        checks.into_iter().find(|check| check.id == "gate/secret_detected").unwrap().state
    }

    #[test]
    fn a_gate_fails_only_on_errors_that_the_policy_blocks() {
        use CheckState::{Fail, NotConfigured, Pass, Warn};
        use Severity::{Error, Note, Warning};
        for (blocks, severities, expected) in [
            (true, &[][..], Pass),
            (true, &[Note], Pass),
            (true, &[Warning], Warn),
            (true, &[Warning, Error], Fail),
            (false, &[], NotConfigured),
            (false, &[Note], NotConfigured),
            (false, &[Error], Warn),
        ] {
            assert_eq!(state(blocks, severities), expected, "{blocks} {severities:?}");
        }
    }

    #[test]
    fn every_gate_has_its_check_and_its_counts() {
        let findings =
            [finding(Gate::NeedsInput, Severity::Note), finding(Gate::NeedsInput, Severity::Error)];
        let checks = check(&BTreeSet::new(), &findings);
        assert_eq!(checks.len(), Gate::ALL.len());
        let check = checks.iter().find(|check| check.id == "gate/needs_input").unwrap();
        assert_eq!(check.detail, "1 error, 1 note");
    }
}
