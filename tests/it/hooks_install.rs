//! `git iao hooks install` in every shape of a repository, and its end, which leaves what was there.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::time::Duration;

use crate::hooks_scene::{hooked, listed, script, secret};
use crate::run::private_key;
use crate::sandbox::Sandbox;

const INSTALL: &str = "hooks install --files";

fn hooks_of(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join(".git/hooks")
}

/// Stages a file, and says whether a commit of it goes through.
fn commits(sandbox: &Sandbox, name: &str, text: &str) -> bool {
    sandbox.put(name, text);
    sandbox.git(&["add", name]);
    sandbox.git_says_yes(&["commit", "--quiet", "--message", "next"])
}

#[test]
fn install_and_uninstall_are_idempotent_and_leave_nothing() {
    let sandbox = Sandbox::python();
    let config = || fs::read(sandbox.path().join(".git/config")).unwrap();
    let before = (listed(&hooks_of(&sandbox)), config());
    sandbox.iao(INSTALL).exits(0).answers(&["pre-commit", "pre-merge-commit", "pre-push", "post-commit"]);
    let installed = listed(&hooks_of(&sandbox));
    sandbox.iao(INSTALL).exits(0).answers(&["nothing to do"]);
    assert_eq!(listed(&hooks_of(&sandbox)), installed);
    assert!(!hooks_of(&sandbox).join("pre-receive").exists());
    sandbox.iao("hooks status").exits(0).answers(&["post-commit       installed"]);
    assert!(commits(&sandbox, "a.py", "x = 1\n"));
    for _ in 0..2 {
        sandbox.iao("hooks uninstall").exits(0);
        assert_eq!((listed(&hooks_of(&sandbox)), config()), before);
        assert!(!sandbox.path().join(".git/iao").exists(), "the mark went too");
    }
    fs::remove_dir_all(hooks_of(&sandbox)).unwrap();
    sandbox.iao(INSTALL).exits(0);
    sandbox.iao("hooks uninstall").exits(0);
    assert!(!hooks_of(&sandbox).exists(), "a folder that was made goes");
}

#[test]
fn a_hook_of_somebody_else_runs_first_and_comes_back() {
    let sandbox = Sandbox::python();
    let (hooks, log) = (hooks_of(&sandbox), sandbox.beside("log"));
    script(&hooks.join("pre-commit"), "test ! -e forbidden\n");
    script(&hooks.join("pre-push"), &format!("cat >'{0}'\necho \"$@\" >>'{0}'\n", log.display()));
    script(&hooks.join("post-commit"), &format!("echo made >>'{}'\n", log.display()));
    fs::set_permissions(hooks.join("pre-push"), fs::Permissions::from_mode(0o750)).unwrap();
    let before = listed(&hooks);
    sandbox.iao(INSTALL).exits(0).answers(&["runs first", "pre-commit.iao-chained"]);
    assert_eq!(fs::metadata(hooks.join("pre-push.iao-chained")).unwrap().permissions().mode() & 0o777, 0o750);
    sandbox.iao("hooks status").exits(0).answers(&["pre-push.iao-chained first"]);
    assert!(!commits(&sandbox, "forbidden", "x\n"), "its exit status counts");
    sandbox.git(&["rm", "--quiet", "--force", "forbidden"]);
    assert!(!commits(&sandbox, "a.py", &secret("hunt")), "and so does ours");
    assert!(commits(&sandbox, "a.py", "x = 1\n"));
    assert_eq!(fs::read_to_string(&log).unwrap(), "made\n");
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    sandbox.git(&["push", "--quiet", remote.to_str().unwrap(), "main", "main:other"]);
    let (told, head) = (fs::read_to_string(&log).unwrap(), sandbox.revision("HEAD"));
    let zeros = "0".repeat(40);
    let url = remote.display();
    assert_eq!(
        told,
        format!(
            "refs/heads/main {head} refs/heads/main {zeros}\nrefs/heads/main {head} refs/heads/other {zeros}\n{url} {url}\n"
        )
    );
    sandbox.iao("hooks uninstall").exits(0).answers(&["is back at"]);
    assert_eq!(listed(&hooks), before);
}

#[test]
fn a_linked_hook_stays_a_link_and_one_that_may_not_run_does_not_run() {
    let sandbox = Sandbox::python();
    let (hooks, there) = (hooks_of(&sandbox), sandbox.beside("shared-hook"));
    script(&there, "exit 1\n");
    fs::create_dir_all(&hooks).unwrap();
    symlink(&there, hooks.join("pre-commit")).unwrap();
    symlink("nowhere", hooks.join("pre-push")).unwrap();
    fs::write(hooks.join("pre-merge-commit"), "#!/bin/sh\nexit 1\n").unwrap();
    let before = listed(&hooks);
    sandbox.iao(INSTALL).exits(0);
    assert_eq!(fs::read_link(hooks.join("pre-commit.iao-chained")).unwrap(), there);
    assert!(!commits(&sandbox, "a.py", "x = 1\n"), "what the link leads to runs");
    fs::set_permissions(&there, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(commits(&sandbox, "a.py", "x = 1\n"), "git would not run it either");
    sandbox.iao("hooks uninstall").exits(0);
    fs::set_permissions(&there, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(listed(&hooks), before);
}

/// Installs from a copy of the program that is then removed; says what a commit says before and after.
fn lose_the_program(sandbox: &Sandbox) -> [(bool, String); 2] {
    let program = sandbox.beside("elsewhere");
    fs::create_dir(&program).unwrap();
    fs::copy(assert_cmd::cargo::cargo_bin!("git-iao"), program.join("git-iao")).unwrap();
    let path = format!("{}:/usr/bin:/bin", program.display());
    let installed = std::process::Command::new(program.join("git-iao"))
        .args(["-C", sandbox.path().to_str().unwrap(), "hooks", "install", "--files"])
        .env_clear()
        .env("PATH", &path)
        .output();
    assert!(installed.unwrap().status.success());
    sandbox.put("a.py", "x = 1\n");
    sandbox.git(&["add", "a.py"]);
    // A window's git may know no PATH of ours.
    let commit =
        || sandbox.git_with(&[("PATH", "/usr/bin:/bin")], &["commit", "--quiet", "--message", "next"]);
    let before = commit();
    fs::remove_file(program.join("git-iao")).unwrap();
    sandbox.put("a.py", "x = 2\n");
    sandbox.git(&["add", "a.py"]);
    [before, commit()]
}

#[test]
fn a_missing_program_shuts_the_gate_and_the_hook_says_how_to_mend_it() {
    let sandbox = Sandbox::python();
    let [(done, said), (gone, after)] = lose_the_program(&sandbox);
    assert!(done, "the whole path is enough: {said}");
    assert!(!gone && after.contains("cannot run .git/hooks/pre-commit"), "{after}");
    let script = fs::read_to_string(hooks_of(&sandbox).join("pre-commit")).unwrap();
    assert!(script.contains("git-iao hook\n") && script.contains("install git-iao, and run"), "{script}");
    sandbox.iao("hooks status").exits(1).answers(&["the program is not where it was"]);
    sandbox.iao(INSTALL).exits(0);
    sandbox.iao("hooks status").exits(0);
    sandbox.git(&["commit", "--quiet", "--message", "next"]);
}

#[test]
fn a_script_of_a_shell_looks_for_a_missing_program_on_path_and_says_how_to_mend_it() {
    let sandbox = Sandbox::python();
    // With somebody else's hook to run first, a shell it has to be.
    let theirs = hooks_of(&sandbox).join("pre-commit");
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).unwrap();
    let [(done, said), (gone, after)] = lose_the_program(&sandbox);
    assert!(done, "the whole path is enough: {said}");
    assert!(!gone && after.contains("hint: install git-iao"), "{after}");
    sandbox.iao("hooks status").exits(1).answers(&["the program is not where it was"]);
    sandbox.git(&["commit", "--quiet", "--message", "PATH has it"]);
    sandbox.iao(INSTALL).exits(0);
    sandbox.iao("hooks status").exits(0);
}

#[test]
fn a_hook_that_was_put_beside_ours_by_hand_is_not_passed_over() {
    let sandbox = Sandbox::python();
    sandbox.iao(INSTALL).exits(0);
    let kept = hooks_of(&sandbox).join("pre-commit.iao-chained");
    fs::write(&kept, "#!/bin/sh\nexit 0\n").unwrap();
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.put("a.py", "x = 1\n");
    sandbox.git(&["add", "a.py"]);
    let (done, said) = sandbox.git_with(&[], &["commit", "--quiet", "--message", "next"]);
    assert!(!done && said.contains("does not run it") && said.contains("git iao hooks install"), "{said}");
    sandbox.iao(INSTALL).exits(0);
    let (done, said) = sandbox.git_with(&[], &["commit", "--quiet", "--message", "next"]);
    assert!(done, "{said}");
}

#[test]
fn hooks_path_inside_the_repository_is_used_and_outside_it_is_left_alone() {
    let sandbox = Sandbox::python();
    let (inside, outside) = (sandbox.path().join(".githooks"), sandbox.beside("all-hooks"));
    sandbox.git(&["config", "core.hooksPath", ".githooks"]);
    sandbox.iao(INSTALL).exits(0);
    assert!(inside.join("pre-commit").exists() && !hooks_of(&sandbox).join("pre-commit").exists());
    assert!(!commits(&sandbox, "a.py", &secret("hunt")));
    sandbox.iao("hooks uninstall").exits(0);
    assert!(!inside.exists());
    sandbox.git(&["config", "core.hooksPath", inside.to_str().unwrap()]);
    sandbox.iao(INSTALL).exits(0);
    sandbox.iao("hooks uninstall").exits(0);
    fs::create_dir(&outside).unwrap();
    sandbox.git(&["config", "--unset", "core.hooksPath"]);
    sandbox.git(&["config", "extensions.worktreeConfig", "true"]);
    let file = sandbox.beside("gitconfig");
    let whole = outside.to_str().unwrap();
    for (scope, value) in [
        ("local", whole),
        ("global", "~/all-hooks"),
        ("system", whole),
        ("worktree", "../all-hooks"),
        ("global", whole),
    ] {
        let own = ["config", &format!("--{scope}"), "core.hooksPath", value];
        let variable = format!("GIT_CONFIG_{}", scope.to_uppercase());
        let environment = match scope {
            "local" | "worktree" => {
                sandbox.git(&own);
                vec![]
            }
            _ => {
                fs::write(&file, format!("[core]\n\thooksPath = {value}\n")).unwrap();
                vec![(variable.as_str(), file.to_str().unwrap())]
            }
        };
        let refused = sandbox.iao_with(&environment, INSTALL);
        refused.refuses(&[value, scope, "git iao hooks run pre-push \"$@\" || exit 1", "core.hooksPath"]);
        sandbox.iao_with(&environment, "hooks status").exits(0).answers(&["not there"]);
        sandbox.iao_with(&environment, "hooks uninstall").exits(0);
        if environment.is_empty() {
            sandbox.git(&["config", &format!("--{scope}"), "--unset", "core.hooksPath"]);
        }
    }
    assert!(listed(&outside).is_empty() && !hooks_of(&sandbox).join("pre-commit").exists());
}

#[test]
fn hooks_that_git_no_longer_looks_at_are_told_of() {
    let sandbox = hooked();
    sandbox.git(&["config", "core.hooksPath", "/dev/null"]);
    sandbox.iao("hooks status").exits(1).answers(&["core.hooksPath"]);
    let hooks = sandbox.iao("hooks status --json").exits(1).json()["hooks"].clone();
    assert_eq!(hooks[0]["problems"], serde_json::json!(["hooks-path"]));
    sandbox.iao("hooks uninstall").exits(0);
    assert!(!hooks_of(&sandbox).join("pre-commit").exists());
}

#[test]
fn a_hook_that_was_written_over_or_may_not_run_is_told_of_and_mended() {
    let sandbox = hooked();
    let hooks = hooks_of(&sandbox);
    script(&hooks.join("pre-push"), "exit 0\n");
    fs::set_permissions(hooks.join("pre-commit"), fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.iao("hooks status").exits(1).answers(&["another program's hook", "may not be run"]);
    sandbox.iao(INSTALL).exits(0);
    sandbox.iao("hooks status").exits(0).answers(&["pre-push.iao-chained first"]);
    script(&hooks.join("pre-push"), "exit 0 # again\n");
    sandbox.iao(INSTALL).refuses(&["both hooks of somebody else"]);
    sandbox.iao("hooks uninstall").exits(0).says(&["stays where it is"]);
    assert!(hooks.join("pre-push").exists() && hooks.join("pre-push.iao-chained").exists());
}

#[test]
fn a_program_that_keeps_the_hooks_gets_a_line_of_ours_instead() {
    let sandbox = Sandbox::python();
    sandbox.git(&["config", "core.hooksPath", ".husky/_"]);
    sandbox
        .iao(INSTALL)
        .refuses(&["husky keeps the hooks", ".husky/pre-commit: git iao hooks run pre-commit"]);
    assert!(!sandbox.path().join(".husky").exists());
    sandbox.git(&["config", "--unset", "core.hooksPath"]);
    script(&hooks_of(&sandbox).join("pre-commit"), "call_lefthook run \"pre-commit\" \"$@\"\n");
    let before = listed(&hooks_of(&sandbox));
    sandbox.iao(INSTALL).refuses(&["lefthook keeps the hooks", "use_stdin: true"]);
    assert_eq!(listed(&hooks_of(&sandbox)), before);
}

#[test]
fn linked_working_trees_and_submodules_have_the_hooks_of_their_repository() {
    let sandbox = hooked();
    let linked = sandbox.beside("linked");
    let place = linked.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", place]);
    sandbox.iao_in(&linked, &[], ["hooks", "install", "--files"]).exits(0).answers(&["nothing to do"]);
    sandbox.iao_in(&linked, &[], ["hooks", "uninstall"]).exits(0).answers(&["removed"]);
    assert!(!hooks_of(&sandbox).join("pre-commit").exists());
    let other = sandbox.path().to_str().unwrap().to_owned();
    let outer = Sandbox::python();
    outer.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &other, "sub"]);
    let inner = outer.path().join("sub");
    outer.iao_in(&inner, &[], ["hooks", "install", "--files"]).exits(0);
    assert!(outer.path().join(".git/modules/sub/hooks/pre-commit").exists());
    assert!(!hooks_of(&outer).join("pre-commit").exists());
    fs::write(inner.join("key.pem"), private_key()).unwrap();
    outer.git(&["-C", inner.to_str().unwrap(), "add", "key.pem"]);
    assert!(!outer.git_says_yes(&["-C", inner.to_str().unwrap(), "commit", "--quiet", "--message", "x"]));
    fs::write(inner.join("key.pem"), "none\n").unwrap();
    outer.git(&["-C", inner.to_str().unwrap(), "commit", "--quiet", "--all", "--message", "x"]);
}

#[test]
fn in_ci_nothing_is_installed_unless_it_is_forced() {
    let sandbox = Sandbox::python();
    let ci = [("CI", "true")];
    sandbox.iao_with(&ci, INSTALL).exits(0).says(&["`CI` is set"]);
    assert!(!hooks_of(&sandbox).join("pre-commit").exists());
    sandbox.iao_with(&ci, "hooks install --files --force").exits(0);
    assert!(hooks_of(&sandbox).join("pre-commit").exists());
}

#[test]
fn an_installation_that_is_killed_loses_nobodys_hook() {
    let sandbox = Sandbox::python();
    let hooks = hooks_of(&sandbox);
    for name in ["pre-commit", "pre-push"] {
        script(&hooks.join(name), "exit 0\n");
    }
    let before = listed(&hooks);
    for step in 0..60 {
        let after = Duration::from_micros(step * 400);
        sandbox.iao_killed(sandbox.path(), if step % 3 == 2 { "hooks uninstall" } else { INSTALL }, after);
        let theirs = |name: &str| {
            let kept = hooks.join(format!("{name}.iao-chained"));
            let bytes = &before[&hooks.join(name)].0;
            [kept, hooks.join(name)].iter().any(|path| fs::read(path).is_ok_and(|read| read == *bytes))
        };
        assert!(theirs("pre-commit") && theirs("pre-push"), "killed after {after:?}");
    }
    sandbox.iao("hooks uninstall").exits(0);
    assert_eq!(listed(&hooks), before);
}
