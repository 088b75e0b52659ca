//! What hooks leave on the record: what went past them, what was let through; and what a screen holds.

use crate::hooks_scene::{hooked, secret};
use crate::sandbox::Sandbox;

/// The payloads of the events of a kind, in order.
fn events(sandbox: &Sandbox, kind: &str) -> Vec<serde_json::Value> {
    let path = sandbox.path().join(".indestructibleautoops/governance/event-stream.jsonl");
    let lines = std::fs::read_to_string(path).unwrap_or_default();
    let records = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records.filter(|record| record["type"] == kind).map(|record| record["payload"].clone()).collect()
}

fn change(sandbox: &Sandbox, text: &str) {
    sandbox.put("a.py", text);
    sandbox.git(&["add", "a.py"]);
}

#[test]
fn a_commit_past_the_gate_is_noted_and_one_through_it_is_not() {
    let sandbox = hooked();
    change(&sandbox, "x = 1\n");
    sandbox.git(&["commit", "--quiet", "--message", "through"]);
    sandbox.git(&["commit", "--quiet", "--amend", "--message", "through, in other words"]);
    assert!(!sandbox.path().join(".indestructibleautoops").exists());
    change(&sandbox, &secret("hunt"));
    let (done, said) = sandbox.git_with(&[], &["commit", "--quiet", "--no-verify", "--message", "past"]);
    assert!(done && said.contains("went past its gate"), "{said}");
    let noted = events(&sandbox, "hook.bypassed");
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0]["commit"], sandbox.revision("HEAD"));
    assert_eq!(noted[0]["tree"], sandbox.revision("HEAD^{tree}"));
    sandbox.iao("log").exits(0).answers(&["hook", "bypassed"]);
    let runs = sandbox.iao("log --json").exits(0).json()["runs"].clone();
    assert_eq!((&runs[0]["mode"], &runs[0]["outcome"]), (&"hook".into(), &"bypassed".into()));
    sandbox.iao("log --check").exits(0);
    change(&sandbox, "x = 2\n");
    sandbox.git(&["commit", "--quiet", "--message", "through again"]);
    assert_eq!(events(&sandbox, "hook.bypassed").len(), 1);
}

#[test]
fn a_tree_that_the_gate_saw_before_is_no_bypass_and_another_one_is() {
    let sandbox = hooked();
    change(&sandbox, "x = 1\n");
    // The editor gives up: the gate has looked, and there is no commit.
    sandbox.git_with(&[("GIT_EDITOR", "false")], &["commit"]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "the same"]);
    assert_eq!(events(&sandbox, "hook.bypassed").len(), 0);
    change(&sandbox, "x = 2\n");
    sandbox.git_with(&[("GIT_EDITOR", "false")], &["commit"]);
    change(&sandbox, "x = 3\n");
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "another"]);
    assert_eq!(events(&sandbox, "hook.bypassed").len(), 1);
}

#[test]
fn rebases_cherry_picks_and_reverts_are_noted_as_unchecked() {
    let sandbox = hooked();
    for number in 0..3 {
        change(&sandbox, &format!("x = {number}\n"));
        sandbox.git(&["commit", "--quiet", "--message", &format!("number {number}")]);
    }
    let base = sandbox.revision("HEAD~2");
    sandbox.git(&["checkout", "--quiet", "-b", "side", "HEAD~3"]);
    sandbox.put("b.py", "y = 1\n");
    sandbox.git(&["add", "b.py"]);
    sandbox.git(&["commit", "--quiet", "--message", "b"]);
    sandbox.git(&["cherry-pick", &base]);
    sandbox.git(&["revert", "--no-edit", "HEAD~"]);
    let noted = events(&sandbox, "hook.unchecked");
    let actions: Vec<_> = noted.iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["cherry-pick", "revert"]);
    sandbox.git(&["rebase", "--quiet", "main"]);
    let noted = events(&sandbox, "hook.unchecked");
    assert!(noted.len() > 2 && noted[2]["action"].as_str().unwrap().starts_with("rebase"), "{noted:?}");
    assert_eq!(events(&sandbox, "hook.bypassed").len(), 0);
    sandbox.iao("log").exits(0).answers(&["unchecked"]);
}

#[test]
fn a_stream_that_cannot_be_written_fails_no_commit() {
    let sandbox = hooked();
    sandbox.put(".indestructibleautoops", "a file where a folder should be\n");
    sandbox.git(&["config", "core.excludesFile", "/dev/null"]);
    change(&sandbox, "x = 1\n");
    let (done, said) = sandbox.git_with(&[], &["commit", "--quiet", "--no-verify", "--message", "past"]);
    assert!(done && said.contains("is not recorded"), "{said}");
    change(&sandbox, &secret("hunt"));
    let (done, _) = sandbox.git_with(&[("IAO_SKIP", "secret_detected")], &["commit", "--message", "x"]);
    assert!(!done, "what cannot be recorded is not let through");
}

#[test]
fn an_escape_lets_through_what_it_names_and_is_recorded() {
    let sandbox = hooked();
    change(&sandbox, &secret("hunt"));
    let commit = |skip: &str, reason: &str| {
        let environment = [("IAO_SKIP", skip), ("IAO_SKIP_REASON", reason)];
        sandbox.git_with(&environment, &["commit", "--quiet", "--message", "x"])
    };
    assert!(!commit("hostile_entry,secret.private-key", "").0);
    let (done, said) = commit("secrets", "");
    assert!(!done && said.contains("`secrets` in IAO_SKIP is no gate"), "{said}");
    assert!(events(&sandbox, "hook.skipped").is_empty());
    let (done, said) = commit("url-password,hostile_entry", "a password of the demo");
    assert!(done && said.contains("lets 1 finding through (url-password)"), "{said}");
    let noted = events(&sandbox, "hook.skipped");
    assert_eq!(
        noted,
        [serde_json::json!({
            "hook": "pre-commit",
            "skipped": ["url-password"],
            "reason": "a password of the demo",
            "findings": { "secret.url-password": 1 },
        })]
    );
    assert!(events(&sandbox, "hook.bypassed").is_empty(), "it went through the gate");
    change(&sandbox, "x = 1\n");
    assert!(commit("secret_detected", "").0);
    assert_eq!(events(&sandbox, "hook.skipped").len(), 1, "nothing was there to be let through");
    sandbox.iao("log").exits(0).answers(&["skipped"]);
    sandbox.iao("log --check").exits(0);
}

#[test]
fn what_stops_a_commit_or_a_push_fits_on_one_screen() {
    let sandbox = hooked();
    for number in 0..30 {
        sandbox.put(format!("conf{number}.py"), secret(&format!("hunt{number}")));
    }
    sandbox.git(&["add", "--all"]);
    let said = sandbox.git_fails(&["commit", "--message", "x"]);
    let rows = |said: &str| said.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum::<usize>();
    assert!(rows(&said) <= 24, "{said}");
    assert!(
        said.contains("conf0.py:1:") && said.contains("more findings: `git iao scan --staged`"),
        "{said}"
    );
    assert!(said.contains("pre-commit blocked by") && said.contains("hint: "), "{said}");
    for number in 0..30 {
        sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "x", &format!("conf{number}.py")]);
    }
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    let said = sandbox.git_fails(&["push", "--quiet", remote.to_str().unwrap(), "main"]);
    assert!(rows(&said) <= 24 && said.contains("more findings in "), "{said}");
}

#[test]
fn a_push_needs_a_seal_where_the_policy_says_so() {
    let sandbox = hooked();
    let remote = sandbox.beside("remote.git");
    let place = remote.to_str().unwrap();
    sandbox.git(&["init", "--quiet", "--bare", place]);
    sandbox.git(&["push", "--quiet", place, "main"]);
    sandbox.iao("init").exits(0);
    let policies = sandbox.path().join("configs/indestructibleautoops.policies.yaml");
    let text = std::fs::read_to_string(&policies).unwrap();
    let asks = "\nspec:\n  hooks:\n    prePush:\n      requireSeal: true\n";
    std::fs::write(&policies, text.replacen("\nspec:\n", asks, 1)).unwrap();
    sandbox.iao("validate").exits(0);
    let tip = sandbox.commit_all("a seal for each push");
    sandbox.git(&["tag", "-a", "-m", "x", "v1"]);
    for refs in ["main", "v1"] {
        let said = sandbox.git_fails(&["push", place, refs]);
        for word in ["has no valid seal", &tip[..10], "git iao seal", "requireSeal"] {
            assert!(said.contains(word), "{word}: {said}");
        }
    }
    assert_eq!(events(&sandbox, "hook.blocked").len(), 2);
    let (done, _) = sandbox.git_with(&[("IAO_SKIP", "seal")], &["push", place, "v1"]);
    assert!(done && events(&sandbox, "hook.skipped")[0]["skipped"] == serde_json::json!(["seal"]));
    sandbox.iao("seal").exits(0);
    sandbox.git(&["push", "--quiet", place, "main"]);
    sandbox.git(&["push", "--quiet", place, "--delete", "v1"]);
    sandbox.iao("log --check").exits(0);
}

#[test]
fn every_shape_of_a_working_tree_has_a_mark_of_its_own() {
    let sandbox = hooked();
    let (linked, apart) = (sandbox.beside("linked"), sandbox.beside("apart"));
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    let git_dir = sandbox.beside("apart.git");
    let separate = format!("--separate-git-dir={}", git_dir.display());
    sandbox.git(&["init", "--quiet", &separate, apart.to_str().unwrap()]);
    sandbox.iao_in(&apart, &[], ["hooks", "install", "--files"]).exits(0);
    let bare = sandbox.beside("bare.git");
    let tree = sandbox.beside("of-bare");
    sandbox.git(&["clone", "--quiet", "--bare", sandbox.path().to_str().unwrap(), bare.to_str().unwrap()]);
    let add = ["worktree", "add", "--quiet", "-b", "work", tree.to_str().unwrap()];
    sandbox.git(&[&["-C", bare.to_str().unwrap()], &add[..]].concat());
    sandbox
        .iao_in(&tree, &[], ["hooks", "install", "--files"])
        .exits(0)
        .answers(&["bare.git/hooks/pre-commit"]);
    let marks = [
        (&linked, sandbox.path().join(".git/worktrees/linked")),
        (&apart, git_dir),
        (&tree, bare.join("worktrees/of-bare")),
    ];
    for (place, git_dir) in marks {
        let top = place.to_str().unwrap();
        let commit = |text: &str, how: &[&str]| {
            std::fs::write(place.join("a.py"), text).unwrap();
            sandbox.git(&["-C", top, "add", "a.py"]);
            sandbox.git_with(&[], &[&["-C", top, "commit", "--quiet", "--message", "x"], how].concat())
        };
        let state = place.join(".indestructibleautoops");
        assert!(commit("x = 1\n", &[]).0);
        let mark = std::fs::read_to_string(git_dir.join("iao/checked")).unwrap();
        assert!(!mark.starts_with("0 "), "{mark}");
        assert!(!state.exists(), "{top}: the gate saw it");
        assert!(!commit(&secret("hunt"), &[]).0, "{top}");
        let (done, said) = commit(&secret("hunt"), &["--no-verify"]);
        assert!(done && said.contains("went past its gate") && state.exists(), "{top}: {said}");
        // Named from elsewhere, it is the same repository.
        let work_tree = format!("--work-tree={top}");
        let outside = [&format!("--git-dir={}", git_dir.display()), &work_tree, "commit", "--quiet"];
        let (done, said) =
            sandbox.git_with(&[], &[&outside[..], &["--allow-empty", "--message", "x"]].concat());
        assert!(done && said.is_empty(), "{top}: {said}");
        sandbox.iao_in(place, &[], ["hooks", "uninstall"]).exits(0);
        assert!(!git_dir.join("iao/checked").exists());
    }
}
