//! Whole verdicts over trees held in memory.

use std::collections::BTreeSet;

use super::*;
use crate::config::{
    Ci, Filesystem, Gates, Governance, Mode, Node, Outputs, PatternGate, Pipeline, Policies, Repair,
    SupplyChain,
};
use crate::hash::Algorithm;
use crate::model::{ObjectId, Severity};

/// A pipeline whose state lies in `.state`.
pub(in crate::verify) fn pipeline() -> Pipeline {
    let off = PatternGate::default();
    Pipeline {
        name: "test".to_owned(),
        project_root: RepoPath::root(),
        state_dir: ".state".to_owned(),
        evidence_dir: ".state/evidence".to_owned(),
        event_stream: ".state/events.jsonl".to_owned(),
        default_mode: Mode::Verify,
        supported_modes: vec![Mode::Verify],
        nodes: vec![node("history_immutable"), node("continuous_monitoring")],
        outputs: Outputs {
            plan_file: String::new(),
            patch_report: String::new(),
            verify_report: String::new(),
            seal_manifest: String::new(),
        },
        governance: Governance {
            hash_algorithms: Algorithm::ALL.to_vec(),
            narrative: off.clone(),
            questions: off,
        },
        repair: Repair {
            allow_writes: true,
            targets: BTreeSet::new(),
            auto_detect: true,
            allow: None,
            max_iterations: 3,
        },
    }
}

fn node(step: &str) -> Node {
    Node { id: step.parse().unwrap(), run: format!("engine.step.{step}"), deps: vec![] }
}

/// A policy that asks for everything, and blocks on `block_on`.
fn policies(block_on: &[Gate]) -> Policies {
    Policies {
        filesystem: Filesystem { state_dir_must_be_local: true, forbid_secret_patterns: vec![] },
        supply_chain: SupplyChain {
            require_evidence_sealing: true,
            hash_algorithms: Algorithm::ALL.to_vec(),
        },
        ci: Ci { require_workflow: true, allowed_runners: Some(vec!["ubuntu-latest".to_owned()]) },
        gates: Gates { block_on: block_on.iter().copied().collect() },
        ..Policies::default()
    }
}

const CLEAN: [(&str, &str); 2] =
    [("README.md", "x"), (".github/workflows/ci.yml", "jobs: {t: {runs-on: ubuntu-latest}}")];

struct Case<'a> {
    files: &'a [(&'a str, &'a str)],
    block_on: &'a [Gate],
    findings: Vec<Finding>,
    expected: Vec<Expectation>,
    pending: Vec<RepoPath>,
}

fn case<'a>(files: &'a [(&'a str, &'a str)], block_on: &'a [Gate]) -> Case<'a> {
    Case { files, block_on, findings: vec![], expected: vec![], pending: vec![] }
}

fn verdict(case: &Case<'_>) -> Verdict {
    let facts = Facts {
        policies: &policies(case.block_on),
        pipeline: &pipeline(),
        snapshot: &Snapshot::in_memory(case.files),
        findings: &case.findings,
        expected: &case.expected,
        pending: &case.pending,
        algorithms: &Algorithm::ALL,
    };
    judge(&facts).unwrap()
}

fn state(verdict: &Verdict, id: &str) -> CheckState {
    verdict.checks.iter().find(|check| check.id == id).unwrap().state
}

fn secret(severity: Severity) -> Finding {
    Finding {
        path: "a".into(),
        span: None,
        rule: "secret.x".to_owned(),
        gate: Gate::SecretDetected,
        severity,
        message: "m".to_owned(),
        help: "h".to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

#[test]
fn a_clean_tree_passes_with_every_check_listed_in_order() {
    let verdict = verdict(&case(&CLEAN, &[Gate::SecretDetected, Gate::PolicyViolation]));
    assert_eq!(verdict.outcome, Outcome::Pass);
    assert!(verdict.checks.is_sorted_by(|a, b| a.id < b.id));
    assert_eq!(verdict.checks.len(), Gate::ALL.len() + 7);
    assert_eq!(state(&verdict, "gate/policy_violation"), CheckState::Pass);
    assert_eq!(state(&verdict, "gate/dag_cycle"), CheckState::NotConfigured);
    assert_eq!(state(&verdict, "repairs-hold"), CheckState::NotConfigured);
}

#[test]
fn a_finding_fails_the_verdict_only_where_its_gate_blocks() {
    let with = |block_on: &[Gate]| {
        let findings = vec![secret(Severity::Error)];
        verdict(&Case { findings, ..case(&CLEAN, block_on) }).outcome
    };
    assert_eq!(with(&[Gate::SecretDetected]), Outcome::Fail);
    assert_eq!(with(&[Gate::NamingViolation]), Outcome::Pass);
}

#[test]
fn a_broken_policy_is_a_finding_and_fails_only_where_violations_block() {
    let files = [("README.md", "x"), (".state/events.jsonl", "")];
    let lenient = verdict(&case(&files, &[]));
    assert_eq!(lenient.outcome, Outcome::Pass);
    assert_eq!(state(&lenient, "policy/ci-workflow"), CheckState::Warn);
    assert_eq!(state(&lenient, "gate/policy_violation"), CheckState::Warn);
    let strict = verdict(&case(&files, &[Gate::PolicyViolation]));
    assert_eq!(strict.outcome, Outcome::Fail);
    assert_eq!(state(&strict, "policy/state-dir-local"), CheckState::Fail);
    let rules: Vec<&str> = strict.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["policy.ci-workflow", "policy.state-dir-tracked"]);
}

#[test]
fn a_tree_that_is_not_as_planned_fails_whatever_the_policy_says() {
    let snapshot = Snapshot::in_memory(&CLEAN);
    let id = snapshot.get(&"README.md".into()).unwrap().id;
    let expect = |path: &str, id: Option<ObjectId>| Expectation { path: path.into(), id };
    let with =
        |expected: Vec<Expectation>| state(&verdict(&Case { expected, ..case(&CLEAN, &[]) }), "repairs-hold");
    assert_eq!(with(vec![expect("README.md", Some(id)), expect("gone", None)]), CheckState::Pass);
    assert_eq!(with(vec![expect("README.md", None)]), CheckState::Fail);
    assert_eq!(with(vec![expect("LICENSE", Some(id))]), CheckState::Fail);
}

#[test]
fn pending_changes_fail_after_a_patch_or_where_gaps_block() {
    let pending = || vec![RepoPath::from("b"), RepoPath::from("a")];
    let unpatched = verdict(&Case { pending: pending(), ..case(&CLEAN, &[]) });
    assert_eq!((state(&unpatched, "fixpoint"), unpatched.outcome), (CheckState::Warn, Outcome::Pass));
    let detail = unpatched.checks.iter().find(|check| check.id == "fixpoint").unwrap().detail.clone();
    assert_eq!(detail, "a plan upon this tree would still change `a`, `b`");
    let strict = verdict(&Case { pending: pending(), ..case(&CLEAN, &[Gate::BaselineGap]) });
    assert_eq!(state(&strict, "fixpoint"), CheckState::Fail);
    let expected = vec![Expectation { path: "gone".into(), id: None }];
    let patched = verdict(&Case { pending: pending(), expected, ..case(&CLEAN, &[]) });
    assert_eq!(patched.outcome, Outcome::Fail);
}

#[test]
fn the_order_of_the_findings_does_not_matter() {
    let one = vec![secret(Severity::Warning), secret(Severity::Error), secret(Severity::Error)];
    let two: Vec<Finding> = one.iter().rev().cloned().collect();
    let judge = |findings| verdict(&Case { findings, ..case(&CLEAN, &[]) });
    assert_eq!(judge(one), judge(two));
}
