//! The gate before each kind of commit: what counts is the index that git names, and nothing of the user's is touched.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::hooks_scene::{Kept, hooked, script, secret, stopped};
use crate::run::private_key;
use crate::sandbox::Sandbox;

/// Lines far enough apart that each change of one is a hunk of its own.
fn lines(first: &str, last: &str) -> String {
    let middle: String = (0..20).map(|number| format!("number_{number} = {number}\n")).collect();
    format!("{first}{middle}{last}")
}

/// A hooked sandbox with `conf.py` in its newest commit.
fn with_conf() -> Sandbox {
    let sandbox = hooked();
    sandbox.put("conf.py", lines("a = 1\n", "b = 1\n"));
    sandbox.commit_all("conf");
    sandbox
}

#[test]
fn partly_staged_files_are_judged_by_what_is_staged() {
    let sandbox = with_conf();
    sandbox.put("conf.py", lines(&secret("hunt"), "b = 1\n"));
    sandbox.git(&["add", "conf.py"]);
    sandbox.put("conf.py", lines("a = 1\n", "b = 2\n"));
    sandbox.put("untracked.py", private_key());
    let said = stopped(&sandbox, sandbox.path(), &["commit", "--message", "x"]);
    assert!(said.contains("conf.py:1:") && !said.contains("hunt9Zq"), "{said}");
    sandbox.git(&["reset", "--quiet", "conf.py"]);
    sandbox.put("conf.py", lines(&secret("hunt"), "b = 1\n"));
    sandbox.put("other.py", "x = 1\n");
    sandbox.git(&["add", "other.py"]);
    let before = Kept::of(&sandbox, sandbox.path());
    sandbox.git(&["commit", "--quiet", "--message", "the secret is not staged"]);
    assert_eq!(Kept::of(&sandbox, sandbox.path()), before);
}

#[test]
fn commit_all_patch_only_and_amend_use_indexes_of_their_own() {
    let sandbox = with_conf();
    let top = sandbox.path();
    sandbox.put("conf.py", lines(&secret("hunt"), "b = 2\n"));
    stopped(&sandbox, top, &["commit", "--all", "--message", "x"]);
    stopped(&sandbox, top, &["commit", "--only", "--message", "x", "conf.py"]);
    stopped(&sandbox, top, &["commit", "--include", "--message", "x", "conf.py"]);
    stopped(&sandbox, top, &["commit", "--amend", "--no-edit", "--all"]);
    // A secret that is staged elsewhere is not in a commit of one path.
    sandbox.put("key.pem", private_key());
    sandbox.git(&["add", "key.pem"]);
    sandbox.put("README.md", "# other\n");
    sandbox.git(&["commit", "--quiet", "--only", "--message", "x", "README.md"]);
    assert_eq!(sandbox.git(&["diff", "--cached", "--name-only"]), "key.pem");
    stopped(&sandbox, top, &["commit", "--amend", "--no-edit"]);
}

#[test]
fn commit_patch_takes_one_hunk_and_leaves_the_other() {
    let sandbox = with_conf();
    sandbox.put("conf.py", lines(&secret("hunt"), "b = 2\n"));
    let answer = |answers: &str| {
        let mut command = sandbox.git_command();
        command.args(["commit", "--patch", "--quiet", "--message", "x"]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
        child.wait().unwrap().success()
    };
    let before = Kept::of(&sandbox, sandbox.path());
    assert!(!answer("y\nn\n"), "the first hunk brings the secret");
    assert_eq!(Kept::of(&sandbox, sandbox.path()), before);
    assert!(answer("n\ny\n"), "the second does not");
    assert_eq!(
        fs::read_to_string(sandbox.path().join("conf.py")).unwrap(),
        lines(&secret("hunt"), "b = 2\n")
    );
    assert_eq!(sandbox.git(&["show", "HEAD:conf.py"]) + "\n", lines("a = 1\n", "b = 2\n"));
}

#[test]
fn a_merge_is_judged_clean_or_with_conflicts() {
    let sandbox = with_conf();
    sandbox.git(&["checkout", "--quiet", "-b", "side"]);
    sandbox.put("conf.py", lines(&secret("hunt"), "b = 1\n"));
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "side"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.put("README.md", "# other\n");
    sandbox.commit_all("main");
    let head = sandbox.revision("HEAD");
    let said = sandbox.git_fails(&["merge", "--no-edit", "side"]);
    assert!(said.contains("pre-merge-commit blocked by"), "{said}");
    assert_eq!(sandbox.revision("HEAD"), head);
    sandbox.git(&["merge", "--abort"]);
    sandbox.put("conf.py", lines("a = 3\n", "b = 1\n"));
    sandbox.commit_all("conflict");
    sandbox.git_fails(&["merge", "--no-edit", "side"]);
    sandbox.put("conf.py", lines(&secret("hunt"), "b = 1\n"));
    sandbox.git(&["add", "conf.py"]);
    stopped(&sandbox, sandbox.path(), &["commit", "--no-edit"]);
    sandbox.put("conf.py", lines("a = 3\n", "b = 1\n"));
    sandbox.git(&["add", "conf.py"]);
    sandbox.git(&["commit", "--quiet", "--no-edit"]);
    assert_eq!(sandbox.git(&["rev-list", "--parents", "-1", "HEAD"]).split(' ').count(), 3);
}

#[test]
fn a_linked_working_tree_is_judged_by_its_own_index() {
    let sandbox = with_conf();
    let linked = sandbox.beside("linked");
    let place = linked.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", place]);
    fs::write(linked.join("conf.py"), lines(&secret("hunt"), "b = 1\n")).unwrap();
    let main = Kept::of(&sandbox, sandbox.path());
    stopped(&sandbox, &linked, &["commit", "--all", "--message", "x"]);
    sandbox.git(&["-C", place, "add", "conf.py"]);
    stopped(&sandbox, &linked, &["commit", "--message", "x"]);
    sandbox.put("README.md", "# in the main one\n");
    sandbox.git(&["commit", "--quiet", "--all", "--message", "the other index is not ours"]);
    sandbox.git(&["checkout", "--quiet", "HEAD~", "--", "README.md"]);
    sandbox.git(&["-C", place, "reset", "--quiet", "--hard"]);
    fs::write(linked.join("b.py"), "x = 1\n").unwrap();
    sandbox.git(&["-C", place, "add", "b.py"]);
    sandbox.git(&["-C", place, "commit", "--quiet", "--message", "fine"]);
    assert!(main != Kept::of(&sandbox, sandbox.path()));
    assert_eq!(sandbox.git(&["config", "--default", "false", "core.bare"]), "false");
    assert!(!sandbox.git_says_yes(&["rev-parse", "--verify", "--quiet", "main:b.py"]));
}

#[test]
fn what_an_editor_saves_while_a_hook_runs_is_kept() {
    let sandbox = with_conf();
    sandbox.iao("hooks uninstall").exits(0);
    // An editor that saves nearby lines of the very file, a new file, and stages nothing.
    let saves = "printf 'saved\\n' >>conf.py; printf 'new\\n' >new.txt; chmod 600 README.md\n";
    script(&sandbox.path().join(".git/hooks/pre-commit"), saves);
    sandbox.iao("hooks install --files").exits(0);
    sandbox.put("conf.py", lines("a = 2\n", "b = 1\n"));
    sandbox.git(&["add", "conf.py"]);
    sandbox.put("conf.py", lines("a = 2\n", "b = 5\n"));
    sandbox.git(&["commit", "--quiet", "--message", "x"]);
    let saved = fs::read_to_string(sandbox.path().join("conf.py")).unwrap();
    assert_eq!(saved, lines("a = 2\n", "b = 5\n") + "saved\n");
    assert_eq!(fs::read_to_string(sandbox.path().join("new.txt")).unwrap(), "new\n");
    assert_eq!(sandbox.git(&["show", "HEAD:conf.py"]) + "\n", lines("a = 2\n", "b = 1\n"));
}

#[test]
fn what_an_earlier_hook_stages_is_judged_too() {
    let sandbox = with_conf();
    sandbox.iao("hooks uninstall").exits(0);
    let stages = format!("printf '%s' \"{}\" >late.py; git add late.py\n", secret("hunt").trim_end());
    script(&sandbox.path().join(".git/hooks/pre-commit"), &stages);
    sandbox.iao("hooks install --files").exits(0);
    sandbox.put("README.md", "# other\n");
    sandbox.git(&["add", "README.md"]);
    let said = sandbox.git_fails(&["commit", "--message", "x"]);
    assert!(said.contains("late.py:1:"), "{said}");
}

#[test]
fn a_gate_that_is_killed_leaves_nothing_behind() {
    let sandbox = hooked();
    sandbox.put("key.pem", private_key());
    sandbox.git(&["add", "key.pem"]);
    let before = sandbox.user_state();
    for step in 0..40 {
        let after = std::time::Duration::from_micros(step * 700);
        sandbox.iao_killed(sandbox.path(), "hooks run pre-commit", after);
        before.assert_untouched(&sandbox);
    }
    assert!(!sandbox.path().join(".git/index.lock").exists());
    let said = sandbox.git_fails(&["commit", "--message", "x"]);
    assert!(said.contains("blocked by"), "{said}");
    sandbox.iao("log --check").exits(0);
}

#[test]
fn a_configuration_that_does_not_load_is_stopped_and_one_that_mends_it_is_not() {
    let sandbox = hooked();
    let name = "configs/indestructibleautoops.policies.yaml";
    sandbox.iao("init").exits(0);
    sandbox.commit_all("configuration");
    let good = fs::read_to_string(sandbox.path().join(name)).unwrap();
    sandbox.put(name, good.replace("\nspec:\n", "\nspec:\n  nonsense: 1\n"));
    let said = stopped(&sandbox, sandbox.path(), &["commit", "--all", "--message", "x"]);
    assert!(said.contains(&format!("{name}:")) && said.contains("gate/schema_invalid"), "{said}");
    assert!(sandbox.state("governance/event-stream.jsonl").contains("hook.blocked"));
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "broken"]);
    sandbox.put("README.md", "# other\n");
    sandbox.git_fails(&["commit", "--quiet", "--message", "x", "README.md"]);
    sandbox.put(name, &good);
    sandbox.git(&["commit", "--quiet", "--message", "mended", name]);
    sandbox.git(&["commit", "--quiet", "--message", "goes on", "README.md"]);
}

#[test]
fn a_policy_that_blocks_is_judged_at_what_changes() {
    let sandbox = Sandbox::python().file(".github/workflows/old.yml", workflow("gpu-of-ours")).commit("old");
    sandbox.iao("init").exits(0);
    let name = "configs/indestructibleautoops.policies.yaml";
    let text = fs::read_to_string(sandbox.path().join(name)).unwrap();
    let blocks =
        text.replace("      - secret_detected\n", "      - secret_detected\n      - policy_violation\n");
    assert_ne!(blocks, text);
    sandbox.put(name, blocks);
    sandbox.commit_all("policies block");
    sandbox.iao("hooks install --files").exits(0);
    sandbox.put("README.md", "# other\n");
    sandbox.git(&["commit", "--quiet", "--all", "--message", "an old one elsewhere stops nothing"]);
    sandbox.put(".github/workflows/new.yml", workflow("gpu-of-ours"));
    sandbox.git(&["add", "--all"]);
    let said = stopped(&sandbox, sandbox.path(), &["commit", "--message", "x"]);
    assert!(
        said.contains("policy.ci-runner") && said.contains("new.yml") && !said.contains("old.yml"),
        "{said}"
    );
    sandbox.put(".github/workflows/new.yml", workflow("ubuntu-latest"));
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "fine"]);
}

fn workflow(runner: &str) -> String {
    format!("on: push\njobs:\n  a:\n    runs-on: {runner}\n    steps:\n      - run: \"true\"\n")
}
