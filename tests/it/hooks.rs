//! `git iao hooks`: the gates as git runs them, through real commits and pushes.

use std::fs;

use crate::hooks_scene::hooked;
use crate::run::private_key;
use crate::sandbox::Sandbox;
use crate::sync::{LEDGER, Team, write_hook};

fn commits(sandbox: &Sandbox) -> bool {
    sandbox.git_says_yes(&["commit", "--quiet", "--message", "next"])
}

#[test]
fn a_clean_commit_passes_and_records_nothing() {
    let sandbox = hooked();
    sandbox.put("a.py", "x = 1\n");
    sandbox.git(&["add", "a.py"]);
    assert!(commits(&sandbox));
    assert!(!sandbox.path().join(".indestructibleautoops").exists());
}

#[test]
fn a_staged_secret_is_stopped_and_that_is_recorded() {
    let sandbox = hooked();
    sandbox.put("key.pem", private_key());
    sandbox.git(&["add", "key.pem"]);
    let (head, status) = (sandbox.revision("HEAD"), sandbox.git(&["status", "--porcelain"]));
    assert!(!commits(&sandbox));
    assert_eq!((sandbox.revision("HEAD"), sandbox.git(&["status", "--porcelain"])), (head, status));
    assert!(sandbox.state("governance/event-stream.jsonl").contains("gate.blocked"));
    let block = "-".repeat(3) + "BEGIN RSA";
    assert!(!sandbox.state("governance/event-stream.jsonl").contains(&block), "no content in events");
}

#[test]
fn what_counts_is_the_index_and_not_the_working_tree() {
    let sandbox = hooked();
    sandbox.put("a.py", "x = 1\n");
    sandbox.git(&["add", "a.py"]);
    sandbox.put("a.py", private_key());
    assert!(commits(&sandbox), "the secret was not staged");
    sandbox.git(&["add", "a.py"]);
    sandbox.put("a.py", "x = 1\n");
    assert!(!commits(&sandbox), "the secret was staged");
    assert_eq!(fs::read_to_string(sandbox.path().join("a.py")).unwrap(), "x = 1\n");
}

#[test]
fn an_old_secret_elsewhere_does_not_stop_a_commit() {
    let sandbox = Sandbox::python().file("old.pem", private_key()).commit("long ago");
    sandbox.iao("hooks install").exits(0);
    sandbox.put("a.py", "x = 1\n");
    sandbox.git(&["add", "a.py"]);
    assert!(commits(&sandbox));
}

#[test]
fn an_old_secret_in_a_changed_file_does_not_stop_a_commit_and_a_new_one_beside_it_does() {
    let url = |word: &str| format!("url = 'postgres://app:{word}{}@db.internal/x'\n", "9Zq");
    let sandbox = Sandbox::python().file("conf.py", url("hunt")).commit("long ago");
    sandbox.iao("hooks install").exits(0);
    sandbox.put("conf.py", format!("# moved down\n{}", url("hunt")));
    sandbox.git(&["add", "conf.py"]);
    assert!(commits(&sandbox));
    sandbox.put("conf.py", format!("# moved down\n{}{}", url("hunt"), url("gather")));
    sandbox.git(&["add", "conf.py"]);
    let findings = sandbox.iao("scan --staged --json").exits(1).json()["findings"].clone();
    let lines: Vec<u64> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["gate"] == "secret_detected")
        .map(|finding| finding["span"]["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [3], "{findings}");
    assert!(!commits(&sandbox));
}

#[test]
fn many_old_secrets_in_a_file_hide_no_new_one() {
    let url = |number: usize| format!("url{number} = 'postgres://app:hunt{number}{}@db.internal/x'\n", "9Zq");
    let old: String = (0..30).map(url).collect();
    let sandbox = Sandbox::python().file("conf.py", &old).commit("long ago");
    sandbox.iao("hooks install").exits(0);
    sandbox.put("conf.py", format!("{old}# no secret\n"));
    sandbox.git(&["add", "conf.py"]);
    assert!(commits(&sandbox), "30 old ones stop nothing");
    sandbox.put("conf.py", format!("{old}# no secret\n{}", url(30)));
    sandbox.git(&["add", "conf.py"]);
    assert!(!commits(&sandbox), "a new one behind them does");
}

#[test]
fn a_secret_added_and_removed_again_does_not_leave() {
    let sandbox = Sandbox::python();
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    sandbox.iao("hooks install").exits(0);
    assert!(sandbox.git_says_yes(&["push", "--quiet", "origin", "main"]));
    sandbox.git(&["checkout", "--quiet", "-b", "side"]);
    sandbox.put("key.pem", private_key());
    sandbox.git(&["add", "key.pem"]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "oops"]);
    sandbox.git(&["rm", "--quiet", "key.pem"]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "gone"]);
    sandbox.git(&["tag", "v1", "side~"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    assert!(
        !sandbox.git_says_yes(&["push", "--quiet", "origin", "side"]),
        "a branch that is not checked out"
    );
    assert!(!sandbox.git_says_yes(&["push", "--quiet", "origin", "v1"]), "a tag");
    assert!(!sandbox.git_says_yes(&["push", "--quiet", "origin", "main", "side"]), "two refs");
    sandbox.git(&["checkout", "--quiet", "-b", "clean"]);
    sandbox.put("a.py", "x = 1\n");
    sandbox.commit_all("fine");
    assert!(sandbox.git_says_yes(&["push", "--quiet", "origin", "clean"]));
}

#[test]
fn a_push_carries_evidence_along_when_the_users_config_says_so() {
    let team = Team::new();
    let one = team.clone("one");
    team.iao(&one, "hooks install").exits(0);
    team.seal(&one, "a");
    team.git(&one, &["push", "--quiet", "origin", "main"]);
    assert_eq!(team.reference(&team.remote, LEDGER), "", "nobody asked for it");
    team.git(&one, &["config", "iao.syncOnPush", "true"]);
    team.seal(&one, "b");
    team.git(&one, &["push", "--quiet", "origin", "main"]);
    assert_eq!(team.reference(&team.remote, LEDGER), team.reference(&one, LEDGER));
    assert_eq!(team.git(&team.remote, &["rev-parse", "main"]), team.git(&one, &["rev-parse", "main"]));
}

#[test]
fn evidence_that_cannot_be_shared_stops_a_push_only_where_it_is_required() {
    let team = Team::new();
    let one = team.clone("one");
    team.iao(&one, "hooks install").exits(0);
    team.seal(&one, "a");
    // Branches are welcome there, evidence is not.
    write_hook(&team.remote.join("hooks/pre-receive"), "#!/bin/sh\n! grep -q refs/iao/ledger\n");
    let push = |setting: &str| {
        team.git(&one, &["config", "iao.syncOnPush", setting]);
        let before = team.git(&team.remote, &["rev-parse", "main"]);
        let done =
            team.sandbox.git_says_yes(&["-C", one.to_str().unwrap(), "push", "--quiet", "origin", "main"]);
        (done, before != team.git(&team.remote, &["rev-parse", "main"]))
    };
    assert_eq!(push("required"), (false, false));
    assert_eq!(push("true"), (true, true));
    assert_eq!(team.reference(&team.remote, LEDGER), "");
}
