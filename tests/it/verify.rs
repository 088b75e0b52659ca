//! `git iao verify` judges a tree; with `--seal`, the evidence about it.

use crate::run::{governed, private_key};
use crate::sandbox::{GOVERNANCE, Sandbox};

#[test]
fn a_governed_tree_passes_and_the_answer_lists_each_check() {
    let sandbox = governed();
    let before = sandbox.user_state();
    sandbox.iao("verify iao/governance").exits(0).answers(&["pass"]);
    let json = sandbox.iao("--json verify iao/governance").exits(0).json();
    assert!(json.to_string().contains("\"checks\""), "{json}");
    before.assert_untouched(&sandbox);
}

#[test]
fn a_secret_in_the_tree_fails_it() {
    let sandbox = Sandbox::python().file("key.pem", private_key()).commit("oops");
    let outcome = sandbox.iao("verify").exits(1);
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("MIIEMIIE"), "{outcome:?}");
}

#[test]
fn a_seal_is_valid_for_its_commit_and_for_no_other() {
    let sandbox = governed();
    sandbox.iao("verify iao/governance --seal").exits(0);
    sandbox.iao("verify HEAD --seal").exits(1);
    sandbox.git(&["notes", "--ref=iao", "copy", GOVERNANCE, "HEAD"]);
    let outcome = sandbox.iao("verify HEAD --seal").exits(1);
    assert!(!outcome.stdout.contains("seal valid"), "{outcome:?}");
}

#[test]
fn the_working_tree_has_no_say() {
    let sandbox = governed();
    sandbox.put("key.pem", private_key());
    sandbox.git(&["add", "key.pem"]);
    sandbox.iao("verify iao/governance").exits(0);
}

#[test]
fn replacement_objects_do_not_fool_it() {
    let sandbox = Sandbox::python().file("key.pem", private_key()).commit("oops");
    let bad = sandbox.revision("HEAD");
    sandbox.git(&["replace", &bad, "HEAD~1"]);
    assert!(
        !sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD"]).contains("key.pem"),
        "git itself is fooled"
    );
    sandbox.iao("verify").exits(1);
}

#[test]
fn programs_named_by_the_repositorys_config_are_never_started() {
    let sandbox = Sandbox::python().file(".gitattributes", "* filter=evil diff=evil\n").commit("attributes");
    let mark = sandbox.beside("started");
    let program = format!("touch {}; cat", mark.display());
    for key in [
        "filter.evil.clean",
        "filter.evil.smudge",
        "diff.evil.textconv",
        "core.fsmonitor",
        "core.editor",
        "gpg.program",
    ] {
        sandbox.git(&["config", key, &program]);
    }
    sandbox.put(".git/hooks/reference-transaction", format!("#!/bin/sh\ntouch {}\n", mark.display()));
    sandbox.put(".git/hooks/post-commit", format!("#!/bin/sh\ntouch {}\n", mark.display()));
    for hook in ["reference-transaction", "post-commit"] {
        let path = sandbox.path().join(".git/hooks").join(hook);
        std::process::Command::new("chmod").arg("+x").arg(path).status().unwrap();
    }
    for command in [
        "plan",
        "scan",
        "scan --staged",
        "scan --worktree",
        "verify",
        "seal",
        "run",
        "status",
        "show iao/governance",
    ] {
        let _ = sandbox.iao(command);
        assert!(!mark.exists(), "`git iao {command}` started a program that the repository named");
    }
    assert!(sandbox.reference(GOVERNANCE).is_some(), "the loop did run");
}
