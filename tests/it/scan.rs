//! `git iao scan` reads a commit, the index or the working tree, and never shows what it found in clear.

use crate::run::private_key;
use crate::sandbox::Sandbox;

#[test]
fn a_clean_tree_is_clean() {
    let sandbox = Sandbox::python();
    let before = sandbox.user_state();
    sandbox.iao("--json scan").exits(0).json();
    before.assert_untouched(&sandbox);
}

#[test]
fn a_secret_is_placed_and_not_shown() {
    let sandbox = Sandbox::python().file("a/key.txt", format!("first\n{}", private_key())).commit("oops");
    for format in ["text", "json", "sarif"] {
        let outcome = sandbox.iao(&format!("--format {format} scan")).exits(1).answers(&["a/key.txt"]);
        assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("MIIEMIIE"), "{outcome:?}");
    }
    sandbox.iao("scan").exits(1).answers(&["a/key.txt:2"]);
    assert!(!sandbox.state("governance/event-stream.jsonl").contains("MIIEMIIE"));
}

#[test]
fn staged_reads_the_index_and_worktree_reads_the_disk() {
    let sandbox = Sandbox::python();
    sandbox.put("key.txt", private_key());
    sandbox.iao("scan").exits(0);
    sandbox.iao("scan --staged").exits(0);
    sandbox.iao("scan --worktree").exits(1);
    sandbox.git(&["add", "key.txt"]);
    sandbox.put("key.txt", "nothing\n");
    sandbox.iao("scan --staged").exits(1);
    sandbox.iao("scan --worktree").exits(0);
}

#[test]
fn staged_reads_exactly_the_index_that_git_names() {
    let sandbox = Sandbox::python();
    sandbox.put("key.txt", private_key());
    let other = sandbox.beside("other-index");
    std::fs::copy(sandbox.path().join(".git/index"), &other).unwrap();
    sandbox.git(&["add", "key.txt"]);
    let other = other.to_str().unwrap();
    sandbox.iao_with(&[("GIT_INDEX_FILE", other)], "scan --staged").exits(0);
    sandbox.iao("scan --staged").exits(1);
}

#[test]
fn sarif_is_sarif() {
    let sandbox = Sandbox::python().file("key.txt", private_key()).commit("oops");
    let outcome = sandbox.iao("--format sarif scan").exits(1);
    let sarif: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "key.txt");
    assert_eq!(place["region"]["startLine"], 1);
    assert!(result["ruleId"].is_string() && result["message"]["text"].is_string());
}

#[test]
fn hostile_entries_are_findings() {
    let sandbox = Sandbox::python();
    std::os::unix::fs::symlink("../../../etc/passwd", sandbox.path().join("escape")).unwrap();
    sandbox.put("src/Read.py", "");
    sandbox.put("src/read.py", "");
    sandbox.git(&["config", "core.protectHFS", "false"]);
    sandbox.commit_all("traps");
    let outcome = sandbox.iao("--json scan");
    assert!(outcome.code < 2, "{outcome:?}");
    let _ = outcome.answers(&["escape", "src/Read.py", "hostile_entry"]);
}
