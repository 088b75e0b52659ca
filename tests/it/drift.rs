//! What becomes of a rendered file over several runs: brought up to date, merged, kept, or left deleted.

use std::fs;

use crate::sandbox::{GOVERNANCE, Sandbox};

const WORKFLOW: &str = ".github/workflows/iao-ci.yml";

/// A Python project whose fixes were taken over.
fn applied() -> Sandbox {
    let sandbox = Sandbox::python();
    sandbox.iao("init").exits(0);
    sandbox.commit_all("configure");
    sandbox.iao("run").exits(0);
    sandbox.iao("apply").exits(0);
    assert!(sandbox.path().join(WORKFLOW).exists());
    sandbox
}

fn at_governance(sandbox: &Sandbox, path: &str) -> String {
    sandbox.git(&["show", &format!("{GOVERNANCE}:{path}")])
}

/// Changes a fact that the workflow is rendered from: where CI may run.
fn narrow_the_runners(sandbox: &Sandbox) {
    let path = "configs/indestructibleautoops.policies.yaml";
    let text = fs::read_to_string(sandbox.path().join(path)).unwrap();
    let narrowed = text.replace("      - ubuntu-latest\n", "");
    assert_ne!(narrowed, text, "the policy allows this runner first: {text}");
    sandbox.put(path, narrowed);
    sandbox.commit_all("narrow the runners");
}

#[test]
fn a_rendering_follows_the_facts_it_was_made_from() {
    let sandbox = applied();
    let before = fs::read_to_string(sandbox.path().join(WORKFLOW)).unwrap();
    narrow_the_runners(&sandbox);
    sandbox.iao("run").exits(0);
    let after = at_governance(&sandbox, WORKFLOW);
    assert!(before.contains("ubuntu-latest") && !after.contains("ubuntu-latest"), "{after}");
    assert!(after.contains("ubuntu-2"), "{after}");
}

#[test]
fn edits_of_the_user_are_kept_when_a_rendering_follows() {
    let sandbox = applied();
    let text = fs::read_to_string(sandbox.path().join(WORKFLOW)).unwrap();
    sandbox.put(WORKFLOW, text.replacen("name: ", "# ours, keep this line\nname: ", 1));
    sandbox.commit_all("our own line");
    narrow_the_runners(&sandbox);
    sandbox.iao("run").exits(0);
    let after = at_governance(&sandbox, WORKFLOW);
    assert!(after.contains("# ours, keep this line") && !after.contains("ubuntu-latest"), "{after}");
    assert!(!after.contains("<<<<<<<"));
}

#[test]
fn an_edit_of_the_same_line_is_a_finding_and_the_file_stays() {
    let sandbox = applied();
    let text = fs::read_to_string(sandbox.path().join(WORKFLOW)).unwrap();
    sandbox.put(WORKFLOW, text.replace("ubuntu-latest", "our-own-runner"));
    sandbox.commit_all("our own runner");
    narrow_the_runners(&sandbox);
    let report = sandbox.iao("run --json").exits(0).json();
    assert!(report["findings"].to_string().contains("repair/template-conflict"), "{}", report["findings"]);
    assert!(fs::read_to_string(sandbox.path().join(WORKFLOW)).unwrap().contains("our-own-runner"));
    sandbox.iao("plan --check").exits(0);
}

#[test]
fn a_file_that_the_user_deleted_is_not_offered_again() {
    let sandbox = applied();
    sandbox.git(&["rm", "--quiet", WORKFLOW]);
    sandbox.git(&["commit", "--quiet", "--message", "no workflow, thank you"]);
    let report = sandbox.iao("plan --json").exits(0).json();
    let changes = report["plan"]["document"]["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["path"] != WORKFLOW), "{changes:?}");
    assert!(report["findings"].to_string().contains("repair/stays-deleted"));
}

#[test]
fn running_twice_on_one_commit_makes_nothing_new() {
    let sandbox = Sandbox::python();
    sandbox.iao("run").exits(0);
    let evidence = || (sandbox.revision(GOVERNANCE), sandbox.revision("refs/iao/ledger"));
    let first = evidence();
    let report = sandbox.iao("run --json").exits(0).json();
    assert_eq!(evidence(), first);
    assert_eq!(report["published"]["sealReused"], true);
    sandbox.iao("replay").exits(0);
}
