//! `git iao run`: the whole loop, its commits, its evidence, and when it refuses.

use std::fs;
use std::path::Path;

use crate::plan::{plan_bytes, planned_paths};
use crate::sandbox::{GOVERNANCE, Sandbox};

/// A Python project after one whole loop.
pub(crate) fn governed() -> Sandbox {
    let sandbox = Sandbox::python();
    sandbox.iao("run").exits(0);
    assert!(sandbox.reference(GOVERNANCE).is_some(), "the loop ran and left no branch");
    sandbox
}

/// Text that looks like a private key; put together here so that this file holds none.
pub(crate) fn private_key() -> String {
    let dashes = "-".repeat(5);
    format!(
        "{dashes}BEGIN RSA PRIVATE {}{dashes}\n{}\n{dashes}END RSA PRIVATE KEY{dashes}\n",
        "KEY",
        "MIIE".repeat(16)
    )
}

#[test]
fn the_loop_leaves_fixes_as_commits_evidence_and_an_untouched_user() {
    let sandbox = Sandbox::python();
    let before = sandbox.user_state();
    let planned = planned_paths(&plan_bytes(&sandbox, "HEAD"));
    sandbox.iao("run").exits(0);
    before.assert_untouched(&sandbox);
    let changed = sandbox.git(&["diff", "--name-only", "HEAD", GOVERNANCE]);
    assert!(planned.iter().all(|path| changed.contains(path.as_str())), "{planned:?} against {changed}");
    sandbox.iao("plan iao/governance --check").exits(0);
    sandbox.iao("verify iao/governance").exits(0);
    sandbox.iao("verify iao/governance --seal").exits(0);
    assert!(sandbox.git(&["log", "-1", "--notes=iao", GOVERNANCE]).contains("Notes (iao)"));
    assert!(sandbox.reference("refs/iao/ledger").is_some());
    sandbox.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn each_change_is_a_commit_of_its_own_with_trailers() {
    let sandbox = governed();
    let commits = sandbox.git(&["rev-list", "--reverse", &format!("HEAD..{GOVERNANCE}")]);
    assert!(commits.lines().count() >= 2, "{commits}");
    for commit in commits.lines() {
        for key in ["Iao-Plan", "Iao-Run", "Iao-Rule"] {
            let format = format!("--format=%(trailers:key={key},valueonly)");
            assert!(!sandbox.git(&["log", "-1", &format, commit]).trim().is_empty(), "{commit} has no {key}");
        }
        assert_eq!(sandbox.git(&["rev-list", "--parents", "-1", commit]).split(' ').count(), 2);
        assert!(!sandbox.git(&["diff", "--name-only", &format!("{commit}~"), commit]).is_empty());
    }
}

#[test]
fn the_state_directory_holds_what_the_pipeline_names_and_git_ignores_it() {
    let sandbox = governed();
    for name in ["plan.json", "patch-report.json", "verify-report.json", "seal/manifest.json"] {
        serde_json::from_str::<serde_json::Value>(&sandbox.state(name)).unwrap();
    }
    assert!(sandbox.state("governance/event-stream.jsonl").lines().count() > 4);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn an_empty_plan_moves_no_branch_and_seals_the_base() {
    let sandbox = governed();
    let tip = sandbox.revision(GOVERNANCE);
    sandbox.git(&["merge", "--quiet", "--ff-only", "iao/governance"]);
    sandbox.iao("run").exits(0);
    assert_eq!(sandbox.revision(GOVERNANCE), tip);
    sandbox.iao("verify HEAD --seal").exits(0);
}

#[test]
fn the_same_input_gives_the_same_commits_everywhere() {
    let (one, other) = (governed(), governed());
    let tree = |sandbox: &Sandbox| sandbox.revision(&format!("{GOVERNANCE}^{{tree}}"));
    assert_eq!(tree(&one), tree(&other));
}

#[test]
fn a_reviewed_plan_is_applied_as_it_is() {
    let sandbox = Sandbox::python();
    let bytes = plan_bytes(&sandbox, "HEAD");
    let file = sandbox.beside("plan-out.json");
    sandbox.iao_args(["run", "--plan", file.to_str().unwrap()]).exits(0);
    let plan: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(sandbox.revision(&format!("{GOVERNANCE}^{{tree}}")), plan["result"].as_str().unwrap());
    let count = sandbox.git(&["rev-list", "--count", &format!("HEAD..{GOVERNANCE}")]);
    assert_eq!(count, planned_paths(&bytes).len().to_string(), "one commit a change");
}

#[test]
fn a_plan_named_by_its_id_is_found() {
    let sandbox = Sandbox::python();
    let id = git_iao::base::ContentAddress::of(&plan_bytes(&sandbox, "HEAD")).to_string();
    sandbox.iao_args(["run", "--plan", &id]).exits(0);
    assert!(sandbox.reference(GOVERNANCE).is_some());
}

#[test]
fn a_stale_plan_is_refused_and_names_the_path_that_changed() {
    let sandbox = Sandbox::python();
    plan_bytes(&sandbox, "HEAD");
    sandbox.put("pyproject.toml", crate::sandbox::PYPROJECT.replace("3.11", "3.12"));
    sandbox.commit_all("raise the python");
    let (before, refs) = (sandbox.user_state(), sandbox.our_refs());
    let file = sandbox.beside("plan-out.json");
    for more in [&[][..], &["--rebase-plan"][..]] {
        let arguments = [&["run", "--plan", file.to_str().unwrap()][..], more].concat();
        sandbox.iao_args(arguments).exits(1).says(&["pyproject.toml", "stale"]);
        before.assert_untouched(&sandbox);
        assert_eq!(sandbox.our_refs(), refs);
    }
}

#[test]
fn a_plan_is_carried_to_a_new_base_only_when_told_and_only_when_nothing_it_read_has_changed() {
    let sandbox = Sandbox::python();
    plan_bytes(&sandbox, "HEAD");
    sandbox.put("src/sample/other.py", "X = 1\n");
    sandbox.commit_all("add a module");
    let file = sandbox.beside("plan-out.json");
    sandbox.iao_args(["run", "--plan", file.to_str().unwrap()]).exits(1);
    sandbox.iao_args(["run", "--plan", file.to_str().unwrap(), "--rebase-plan"]).exits(0);
    assert!(sandbox.git_says_yes(&["merge-base", "--is-ancestor", "HEAD", GOVERNANCE]));
}

#[test]
fn a_gate_stops_the_loop_before_anything_is_written() {
    let sandbox = Sandbox::python().file("deploy/server.pem", private_key()).commit("oops");
    let before = sandbox.user_state();
    let outcome = sandbox.iao("run").exits(1);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("deploy/server.pem"), "{outcome:?}");
    assert!(!said.contains("MIIEMIIE"), "the secret is shown: {outcome:?}");
    before.assert_untouched(&sandbox);
    assert_eq!(sandbox.our_refs(), "");
}

#[test]
fn commits_of_others_on_the_governance_branch_make_it_refuse() {
    let sandbox = governed();
    sandbox.git(&["checkout", "--quiet", "iao/governance"]);
    let foreign = sandbox.commit_all("by hand");
    sandbox.git(&["checkout", "--quiet", "main"]);
    let (before, refs) = (sandbox.user_state(), sandbox.our_refs());
    sandbox.iao("run").refuses(&[&foreign[..7]]);
    before.assert_untouched(&sandbox);
    assert_eq!(sandbox.our_refs(), refs);
}

#[test]
fn a_governance_branch_that_is_checked_out_makes_it_refuse() {
    let sandbox = governed();
    sandbox.git(&[
        "worktree",
        "add",
        "--quiet",
        sandbox.beside("linked").to_str().unwrap(),
        "iao/governance",
    ]);
    sandbox.put("setup.cfg", "[metadata]\n");
    sandbox.commit_all("move on");
    let tip = sandbox.revision(GOVERNANCE);
    sandbox.iao("run").refuses(&["checked out", "linked"]);
    assert_eq!(sandbox.revision(GOVERNANCE), tip);
}

#[test]
fn a_mode_stops_where_it_says() {
    let sandbox = Sandbox::python();
    sandbox.iao("run --mode plan").exits(0);
    assert_eq!(sandbox.reference(GOVERNANCE), None, "mode plan patches nothing");
    let _ = sandbox.iao("run --mode verify");
    assert_eq!(sandbox.reference(GOVERNANCE), None, "mode verify patches nothing");
    sandbox.iao("run --mode seal").exits(0);
    assert_eq!(sandbox.reference(GOVERNANCE), None, "mode seal patches nothing");
    assert!(sandbox.git(&["notes", "--ref=iao", "list"]).contains(&sandbox.revision("HEAD")));
}

#[test]
fn a_run_can_stop_at_a_step() {
    let sandbox = Sandbox::python();
    sandbox.iao("run --to security_assessment").exits(0);
    assert_eq!(sandbox.reference(GOVERNANCE), None);
    sandbox.iao("run --to no_such_step").refuses(&["no_such_step"]);
}

#[test]
fn what_a_person_changed_or_removed_stays_so() {
    let sandbox = governed();
    sandbox.git(&["merge", "--quiet", "--ff-only", "iao/governance"]);
    let generated = sandbox.git(&["diff", "--name-only", "--diff-filter=A", "HEAD~1", "HEAD"]);
    let added = sandbox.git(&["log", "--format=", "--name-only", "--diff-filter=A", "-3"]);
    let paths: Vec<_> = added.lines().filter(|line| !line.is_empty()).collect();
    let (edited, removed) = (paths[0], paths[1]);
    let text = fs::read_to_string(sandbox.path().join(edited)).unwrap();
    sandbox.put(edited, format!("{text}\n# ours\n"));
    sandbox.git(&["rm", "--quiet", removed]);
    sandbox.commit_all("make it ours");
    sandbox.iao("plan --check").exits(0);
    assert!(!sandbox.path().join(removed).exists(), "{generated}");
}

#[test]
fn a_bare_repository_is_governed_too() {
    let sandbox = Sandbox::python();
    let bare = sandbox.beside("bare.git");
    sandbox.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let head = fs::read(bare.join("HEAD")).unwrap();
    sandbox.iao_in(&bare, &[], ["run"]).exits(0);
    sandbox.iao_in(&bare, &[], ["plan", "iao/governance", "--check"]).exits(0);
    let tip = sandbox.git(&["--git-dir", bare.to_str().unwrap(), "rev-parse", GOVERNANCE]);
    assert_ne!(tip, sandbox.revision("HEAD"));
    assert_eq!(fs::read(bare.join("HEAD")).unwrap(), head);
    assert!(
        !bare.join(".indestructibleautoops").exists(),
        "a bare repository keeps its state in the git directory"
    );
}

#[test]
fn a_linked_worktree_shares_the_evidence() {
    let sandbox = Sandbox::python();
    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    let main = sandbox.user_state();
    sandbox.iao_in(&linked, &[], ["run"]).exits(0);
    main.assert_untouched(&sandbox);
    sandbox.iao("verify iao/governance --seal").exits(0);
    assert!(linked.join(".indestructibleautoops/plan.json").is_file());
}

#[test]
fn a_sha256_repository_is_governed_too() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    let sandbox = sandbox
        .file("go.mod", "module example.org/m\n\ngo 1.22\n")
        .file("m.go", "package m\n")
        .commit("first");
    let before = sandbox.user_state();
    sandbox.iao("run").exits(0);
    before.assert_untouched(&sandbox);
    assert_eq!(sandbox.revision(GOVERNANCE).len(), 64);
    sandbox.iao("plan iao/governance --check").exits(0);
    sandbox.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_shallow_clone_is_governed_too() {
    let sandbox = Sandbox::python().file("a", "1").commit("second");
    let shallow = sandbox.beside("shallow");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "--quiet", "--depth=1", &url, shallow.to_str().unwrap()]);
    sandbox.iao_in(&shallow, &[], ["run"]).exits(0);
    sandbox.iao_in(&shallow, &[], ["plan", "iao/governance", "--check"]).exits(0);
    sandbox.git(&["-C", shallow.to_str().unwrap(), "rev-parse", "--verify", GOVERNANCE]);
}

#[test]
fn environment_and_options_choose_the_repository_as_git_does() {
    let sandbox = Sandbox::python();
    let (git_dir, work) = (sandbox.path().join(".git"), sandbox.path());
    let elsewhere = sandbox.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    sandbox.iao_in(&elsewhere, &[], ["-C", &text(work), "status"]).exits(0);
    sandbox
        .iao_in(&elsewhere, &[], ["--git-dir", &text(&git_dir), "--work-tree", &text(work), "status"])
        .exits(0);
    let environment = [("GIT_DIR", &*text(&git_dir)), ("GIT_WORK_TREE", &*text(work))];
    sandbox.iao_in(&elsewhere, &environment, ["status"]).exits(0);
    sandbox.iao_in(&work.join("src"), &[], ["status"]).exits(0);
}

#[test]
fn a_machine_where_git_knows_nobody_is_served_too() {
    let sandbox = Sandbox::python();
    let nobody = ["AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"]
        .map(|name| format!("GIT_{name}"));
    let environment: Vec<_> = nobody.iter().map(|name| (name.as_str(), "")).collect();
    sandbox.iao_in(sandbox.path(), &environment, ["run"]).exits(0);
    assert_eq!(sandbox.git(&["log", "-1", "--format=%an", GOVERNANCE]), "git-iao");
}

#[cfg(unix)]
#[test]
fn a_place_for_local_files_that_is_a_link_is_refused_before_a_ref_moves() {
    let sandbox = Sandbox::python();
    let outside = sandbox.beside("outside");
    fs::create_dir(&outside).unwrap();
    fs::create_dir_all(sandbox.path().join(".indestructibleautoops/evidence")).unwrap();
    let runs = sandbox.path().join(".indestructibleautoops/evidence/runs");
    std::os::unix::fs::symlink(&outside, runs).unwrap();
    sandbox.iao("run").refuses(&["symbolic link"]);
    assert_eq!(sandbox.our_refs(), "");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_named_like_a_plan_does_not_stand_in_for_it() {
    let sandbox = Sandbox::python();
    let id = sandbox.iao("plan --json").json()["plan"]["id"].as_str().unwrap().to_owned();
    sandbox.put(&id, "{}");
    sandbox.iao(&format!("run --plan {id}")).exits(0);
}
