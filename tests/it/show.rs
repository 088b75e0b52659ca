//! `git iao show` says what was sealed and what a seal still says about a commit after history was rewritten.

use crate::run::governed;
use crate::sandbox::{GOVERNANCE, Sandbox};

#[test]
fn a_sealed_commit_shows_verdict_plan_policy_and_signer() {
    let sandbox = governed();
    let tip = sandbox.revision(GOVERNANCE);
    sandbox.iao("show iao/governance").exits(0).answers(&[&tip, "sealed", "pass", "unsigned"]);
    let json = sandbox.iao("--json show iao/governance").exits(0).json();
    assert!(json.to_string().contains(&tip));
    assert_eq!(json["state"], "sealed");
}

#[test]
fn an_amended_message_leaves_it_tree_equivalent() {
    let sandbox = Sandbox::python();
    sandbox.iao("seal").exits(0);
    sandbox.git(&["commit", "--quiet", "--amend", "--message", "other words"]);
    assert_eq!(sandbox.iao("--json show HEAD").json()["state"], "tree-equivalent");
}

#[test]
fn the_same_patch_elsewhere_is_patch_equivalent() {
    let sandbox = Sandbox::python().file("a.py", "A = 1\n").commit("a");
    sandbox.iao("seal").exits(0);
    sandbox.git(&["checkout", "--quiet", "-b", "other", "HEAD~1"]);
    sandbox.put("b.py", "B = 1\n");
    sandbox.commit_all("b");
    sandbox.git(&["cherry-pick", "main"]);
    assert_eq!(sandbox.iao("--json show HEAD").json()["state"], "patch-equivalent");
}

#[test]
fn a_commit_that_only_its_ancestor_was_sealed_of_is_stale() {
    let sandbox = Sandbox::python();
    sandbox.iao("seal").exits(0);
    sandbox.put("c.py", "C = 1\n");
    sandbox.commit_all("c");
    assert_eq!(sandbox.iao("--json show HEAD").json()["state"], "stale");
}

#[test]
fn where_nothing_was_ever_sealed_it_says_so() {
    let outcome = Sandbox::python().iao("show");
    assert!(outcome.code == 1, "{outcome:?}");
}

#[test]
fn notes_are_rebuilt_from_the_ledger_byte_for_byte() {
    let sandbox = governed();
    let note = sandbox.git(&["notes", "--ref=iao", "show", GOVERNANCE]);
    sandbox.git(&["update-ref", "-d", "refs/notes/iao"]);
    sandbox.iao("notes --rebuild").exits(0);
    assert_eq!(note, sandbox.git(&["notes", "--ref=iao", "show", GOVERNANCE]));
}

#[test]
fn a_read_only_look_works_without_a_note() {
    let sandbox = governed();
    sandbox.git(&["update-ref", "-d", "refs/notes/iao"]);
    sandbox.iao("show iao/governance").exits(0).answers(&["sealed"]);
}
