//! `git iao plan` reads one commit, writes nothing of the user's, and names its plan by the digest of its bytes.

use std::fs;

use git_iao::base::ContentAddress;
use serde_json::Value;

use crate::sandbox::Sandbox;

/// The plan's bytes for a revision, as `--out` writes them.
pub(crate) fn plan_bytes(sandbox: &Sandbox, revision: &str) -> Vec<u8> {
    let file = sandbox.beside("plan-out.json");
    sandbox.iao_args(["plan", revision, "--out", file.to_str().unwrap()]).exits(0);
    fs::read(file).unwrap()
}

/// The paths that a plan changes, in its order.
pub(crate) fn planned_paths(plan: &[u8]) -> Vec<String> {
    let plan: Value = serde_json::from_slice(plan).unwrap();
    assert_eq!(plan["schema"], "iao/plan/v1");
    let changes = plan["changes"].as_array().unwrap();
    changes.iter().map(|change| change["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_plan_changes_nothing_of_the_users_and_moves_no_ref() {
    let sandbox = Sandbox::python();
    let before = sandbox.user_state();
    sandbox.iao("plan").exits(0).answers(&["SECURITY.md"]);
    before.assert_untouched(&sandbox);
    assert_eq!(sandbox.reference("refs/heads/iao/governance"), None);
}

#[test]
fn check_says_no_while_changes_are_pending() {
    let sandbox = Sandbox::python();
    sandbox.iao("plan --check").exits(1);
    sandbox.iao("run").exits(0);
    sandbox.iao("plan iao/governance --check").exits(0);
}

#[test]
fn the_same_commit_gives_the_same_bytes_and_the_answer_names_their_digest() {
    let sandbox = Sandbox::python();
    let bytes = plan_bytes(&sandbox, "HEAD");
    assert_eq!(bytes, plan_bytes(&sandbox, "HEAD"));
    assert_eq!(bytes, plan_bytes(&Sandbox::python(), "HEAD"));
    let id = ContentAddress::of(&bytes).to_string();
    sandbox.iao("--json plan").exits(0).answers(&[&id]);
    sandbox.iao("plan").exits(0).answers(&[&id[..12]]);
    assert_eq!(sandbox.state("plan.json").trim_end(), String::from_utf8(bytes).unwrap().trim_end());
}

#[test]
fn every_change_gives_its_reason_its_evidence_and_the_tree_it_leads_to() {
    let plan: Value = serde_json::from_slice(&plan_bytes(&Sandbox::python(), "HEAD")).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        for field in ["rule", "reason", "subject", "tree"] {
            assert!(!change[field].as_str().unwrap_or_default().is_empty(), "no {field} in {change}");
        }
    }
    assert_eq!(plan["result"], changes.last().unwrap()["tree"]);
}

#[test]
fn what_is_not_committed_is_noted_and_not_read() {
    let sandbox = Sandbox::python();
    let clean = plan_bytes(&sandbox, "HEAD");
    sandbox.put("SECURITY.md", "# mine\n");
    sandbox.put("README.md", "# changed\n");
    let outcome = sandbox.iao("plan").exits(0);
    assert!(format!("{}{}", outcome.stdout, outcome.stderr).contains("uncommitted"), "{outcome:?}");
    assert_eq!(clean, plan_bytes(&sandbox, "HEAD"));
}

#[test]
fn an_unborn_head_is_planned_as_the_empty_tree() {
    let sandbox = Sandbox::new();
    sandbox.iao("plan").exits(0);
    sandbox.iao("--json plan").exits(0).json();
}

#[test]
fn another_revision_can_be_planned() {
    let sandbox =
        Sandbox::python().file("SECURITY.md", "# Security\n\nMail security@example.org.\n").commit("second");
    let old = planned_paths(&plan_bytes(&sandbox, "HEAD~1"));
    let new = planned_paths(&plan_bytes(&sandbox, "HEAD"));
    assert!(!new.contains(&"SECURITY.md".to_owned()), "a plan never rewrites what a person wrote: {new:?}");
    assert_eq!(plan_bytes(&sandbox, "HEAD~1"), plan_bytes(&Sandbox::python(), "HEAD"), "{old:?}");
}

#[test]
fn a_patch_shows_what_each_file_would_hold() {
    let sandbox = Sandbox::python();
    let plan: Value = serde_json::from_slice(&plan_bytes(&sandbox, "HEAD")).unwrap();
    let shown = sandbox.iao("plan --patch").exits(0).stdout;
    for change in plan["changes"].as_array().unwrap().iter().filter(|change| change["action"] == "create") {
        let text = change["content"]["text"].as_str().unwrap();
        for line in text.lines() {
            assert!(
                shown.contains(&format!("+{line}")),
                "`{line}` of {} is not shown:\n{shown}",
                change["path"]
            );
        }
    }
}
