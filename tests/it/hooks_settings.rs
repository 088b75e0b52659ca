//! Hooks as settings of git's config: what git 2.54 and later run, and what becomes of them under an older git.

use std::fs;

use crate::hooks_scene::{listed, script, secret};
use crate::sandbox::Sandbox;

fn commits(sandbox: &Sandbox, text: &str) -> bool {
    sandbox.put("a.py", text);
    sandbox.git(&["add", "a.py"]);
    sandbox.git_says_yes(&["commit", "--quiet", "--message", "next"])
}

fn problems(sandbox: &Sandbox) -> Vec<serde_json::Value> {
    let status = sandbox.iao("hooks status --json").json();
    let hooks = status["hooks"].as_array().unwrap().clone();
    hooks
        .into_iter()
        .map(|hook| hook["problems"].clone())
        .filter(|list| list != &serde_json::json!([]))
        .collect()
}

#[test]
#[ignore = "needs git 2.54 or later: on PATH, or named by IAO_NEW_GIT"]
fn settings_judge_beside_other_hooks_and_go_without_a_trace() {
    let sandbox = Sandbox::with_new_git();
    let (hooks, config) = (sandbox.path().join(".git/hooks"), sandbox.path().join(".git/config"));
    script(&hooks.join("pre-commit"), "test ! -e forbidden\n");
    let before = (listed(&hooks), fs::read(&config).unwrap());
    sandbox.iao("hooks install").exits(0).answers(&["hook.iao-pre-commit in git's config"]);
    assert_eq!(listed(&hooks), before.0, "nothing is moved");
    sandbox.iao("hooks install").exits(0).answers(&["nothing to do"]);
    sandbox.iao("hooks status").exits(0).answers(&["hook.iao-post-commit in git's config"]);
    assert!(commits(&sandbox, "x = 1\n"));
    assert!(!commits(&sandbox, &secret("hunt")));
    sandbox.put("forbidden", "");
    assert!(!commits(&sandbox, "x = 2\n"), "the other hook counts too");
    fs::remove_file(sandbox.path().join("forbidden")).unwrap();
    // No folder of hooks switches a setting off.
    sandbox.git(&["config", "core.hooksPath", "/dev/null"]);
    assert!(!commits(&sandbox, &secret("hunt")));
    sandbox.iao("hooks status").exits(0);
    sandbox.git(&["config", "--unset", "core.hooksPath"]);
    let linked = sandbox.beside("linked");
    let place = linked.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", place]);
    fs::write(linked.join("a.py"), secret("hunt")).unwrap();
    let said = sandbox.git_fails(&["-C", place, "commit", "--all", "--message", "x"]);
    assert!(said.contains("pre-commit blocked by"), "{said}");
    sandbox.git(&["worktree", "remove", "--force", place]);
    sandbox.iao("hooks uninstall").exits(0);
    assert_eq!((listed(&hooks), fs::read(&config).unwrap()), before);
}

#[test]
#[ignore = "needs git 2.54 or later: on PATH, or named by IAO_NEW_GIT"]
fn settings_judge_pushes_and_what_arrives() {
    let sandbox = Sandbox::with_new_git();
    let remote = sandbox.beside("remote.git");
    let place = remote.to_str().unwrap();
    sandbox.git(&["init", "--quiet", "--bare", place]);
    sandbox.iao("hooks install").exits(0);
    sandbox.git(&["push", "--quiet", place, "main"]);
    sandbox.put("a.py", secret("hunt"));
    sandbox.git(&["add", "a.py"]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "past"]);
    sandbox.iao("log").exits(0).answers(&["bypassed"]);
    let said = sandbox.git_fails(&["push", place, "main"]);
    assert!(said.contains("pre-push blocked by") && said.contains("a.py:1:"), "{said}");
    sandbox.iao_in(&remote, &[], ["hooks", "install"]).exits(0).answers(&["hook.iao-pre-receive"]);
    let said = sandbox.git_fails(&["push", "--no-verify", place, "main"]);
    assert!(said.contains("pre-receive blocked by") && said.contains("a.py:1:"), "{said}");
    sandbox.git(&["push", "--quiet", place, "main~:refs/heads/good"]);
}

#[test]
#[ignore = "needs git 2.54 or later: on PATH, or named by IAO_NEW_GIT"]
fn a_gate_that_finds_nothing_leaves_its_number_and_a_bypass_is_noted() {
    let sandbox = Sandbox::with_new_git();
    sandbox.iao("hooks install").exits(0);
    assert!(commits(&sandbox, "x = 1\n"));
    let mark = || fs::read_to_string(sandbox.path().join(".git/iao/checked")).unwrap();
    assert!(!mark().starts_with("0 "), "{}", mark());
    assert!(!sandbox.path().join(".indestructibleautoops").exists());
    // The file of hooks runs after the settings, and may stage something.
    let late = "printf 'y = 1\\n' >late.py; git add late.py\n";
    script(&sandbox.path().join(".git/hooks/pre-commit"), late);
    assert!(commits(&sandbox, "x = 2\n"));
    assert!(sandbox.git(&["show", "--stat", "HEAD"]).contains("late.py"));
    sandbox.iao("log").exits(0).answers(&["bypassed"]);
}

#[test]
#[ignore = "needs git 2.54 or later: on PATH, or named by IAO_NEW_GIT"]
fn one_way_takes_the_place_of_the_other() {
    let sandbox = Sandbox::with_new_git();
    let hooks = sandbox.path().join(".git/hooks");
    script(&hooks.join("pre-push"), "exit 0\n");
    let before = listed(&hooks);
    sandbox.iao("hooks install --files").exits(0);
    let file = fs::read(hooks.join("pre-commit")).unwrap();
    sandbox.iao("hooks install").exits(0).answers(&["hook.iao-pre-push", "pre-push\n"]);
    assert_eq!(listed(&hooks), before);
    script(&hooks.join("pre-commit"), "");
    fs::write(hooks.join("pre-commit"), file).unwrap();
    assert_eq!(problems(&sandbox), [serde_json::json!(["double"])]);
    sandbox.iao("hooks install").exits(0);
    assert_eq!(problems(&sandbox).len(), 0);
    sandbox.git(&["config", "hook.iao-pre-push.enabled", "false"]);
    sandbox.git(&["config", "--unset", "hook.iao-post-commit.event"]);
    sandbox.git(&["config", "hook.iao-pre-commit.command", "iao='/gone/git-iao'; exit 1"]);
    let expected = [["program-gone"], ["disabled"], ["incomplete"]].map(|list| serde_json::json!(list));
    assert_eq!(problems(&sandbox), expected);
    sandbox.iao("hooks install --files").exits(0);
    assert_eq!(sandbox.git(&["config", "--list"]).matches("hook.iao").count(), 0);
    assert_eq!(problems(&sandbox).len(), 0);
}

#[test]
fn settings_that_this_git_does_not_run_are_told_of() {
    let sandbox = Sandbox::python();
    if sandbox.iao("hooks install").exits(0).stdout.contains("git's config") {
        return;
    }
    sandbox.iao("hooks uninstall").exits(0);
    sandbox.git(&["config", "hook.iao-pre-commit.command", "exit 1"]);
    sandbox.git(&["config", "hook.iao-pre-commit.event", "pre-commit"]);
    assert_eq!(problems(&sandbox), [serde_json::json!(["old-git"])]);
    sandbox.iao("hooks install").exits(0);
    assert_eq!(problems(&sandbox).len(), 0);
    assert_eq!(sandbox.git(&["config", "--list"]).matches("hook.iao").count(), 0);
}
