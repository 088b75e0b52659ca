//! Policies about state and evidence.

use super::*;
use crate::config::{Filesystem, SupplyChain};
use crate::model::{FileMode, ObjectId};
use crate::verify::judge::tests::pipeline;

fn entries(paths: &[&str]) -> Vec<Entry> {
    let id = ObjectId::from_bytes(&[1; 20]).unwrap();
    paths.iter().map(|path| Entry { path: (*path).into(), mode: FileMode::Regular, id }).collect()
}

fn local() -> Policies {
    let filesystem = Filesystem { state_dir_must_be_local: true, ..Filesystem::default() };
    Policies { filesystem, ..Policies::default() }
}

#[test]
fn tracked_state_breaks_the_policy_and_is_named_once() {
    let tree = entries(&["a", ".state/evidence/x", ".state/events.jsonl"]);
    let answer = state_dir_local(&local(), &pipeline(), &tree);
    assert_eq!(answer.standing, Standing::Broken);
    let paths: Vec<String> = answer.findings.iter().map(|finding| finding.path.to_string()).collect();
    assert_eq!(paths, [".state/events.jsonl", ".state/evidence/x"]);
    assert_eq!(answer.check(false).state, CheckState::Warn);
    assert_eq!(answer.check(true).state, CheckState::Fail);
}

#[test]
fn local_state_and_a_look_alike_keep_the_policy() {
    let answer = state_dir_local(&local(), &pipeline(), &entries(&["a", ".stateful/x"]));
    assert_eq!((answer.standing, answer.findings.len()), (Standing::Kept, 0));
    let mut policies = local();
    policies.filesystem.state_dir_must_be_local = false;
    let none = state_dir_local(&policies, &pipeline(), &entries(&[".state/x"]));
    assert_eq!(none.standing, Standing::NotConfigured);
}

#[test]
fn state_outside_the_working_tree_breaks_the_policy() {
    for place in ["/var/state", "../state", "a/../../b"] {
        let mut pipeline = pipeline();
        pipeline.evidence_dir = place.to_owned();
        let answer = state_dir_local(&local(), &pipeline, &[]);
        assert_eq!(answer.standing, Standing::Broken, "{place}");
    }
}

#[test]
fn a_seal_must_hold_what_the_pipeline_requires() {
    let supply_chain = SupplyChain { require_evidence_sealing: true, hash_algorithms: vec![] };
    let policies = Policies { supply_chain, ..Policies::default() };
    let mut pipeline = pipeline();
    pipeline.governance.hash_algorithms = Algorithm::ALL.to_vec();
    for (sealed, expected) in [
        (&Algorithm::ALL[..], Standing::Kept),
        (&[Algorithm::Blake3], Standing::Broken),
        (&[], Standing::Broken),
    ] {
        assert_eq!(evidence_sealing(&policies, &pipeline, sealed).standing, expected, "{sealed:?}");
    }
    pipeline.nodes.pop();
    let answer = evidence_sealing(&policies, &pipeline, &Algorithm::ALL);
    assert_eq!(answer.standing, Standing::Broken, "no node makes a seal");
    assert!(answer.detail.contains("continuous_monitoring"), "{}", answer.detail);
    let supply_chain = SupplyChain { require_evidence_sealing: false, hash_algorithms: vec![] };
    let off = evidence_sealing(&Policies { supply_chain, ..policies }, &pipeline, &[]);
    assert_eq!(off.standing, Standing::NotConfigured);
}

#[test]
fn the_pipeline_must_require_what_the_policy_names() {
    let supply_chain =
        SupplyChain { require_evidence_sealing: false, hash_algorithms: Algorithm::ALL.to_vec() };
    let policies = Policies { supply_chain, ..Policies::default() };
    let mut pipeline = pipeline();
    pipeline.governance.hash_algorithms = vec![Algorithm::Blake3];
    let answer = hash_algorithms(&policies, &pipeline);
    assert_eq!((answer.standing, answer.detail.as_str()), (Standing::Broken, "the pipeline lacks sha3_512"));
    pipeline.governance.hash_algorithms = Algorithm::ALL.to_vec();
    assert_eq!(hash_algorithms(&policies, &pipeline).standing, Standing::Kept);
}
