//! What the allow-file lets through passes every gate, survives what moves lines and commits, and nothing else passes.

use std::fs;

use serde_json::Value;

use crate::sandbox::Sandbox;

pub(crate) const FILE: &str = "configs/indestructibleautoops.allow.jsonl";
/// An empty file with a key that was drawn once.
const HEADER: &str = "{\"nonce\":\"0f0e0d0c0b0a09080706050403020100\",\"schema\":\"iao/allow/v1\"}\n";

/// A line with a password of its own; the words are put together when the tests run.
pub(crate) fn url(word: &str) -> String {
    format!("url = 'postgres://app:{word}{}@db.internal/x'\n", "9Zq")
}

/// A repository whose second commit holds a password.
fn leaky() -> Sandbox {
    Sandbox::python().file("conf.py", format!("# first\n{}", url("hunter"))).commit("oops")
}

fn secrets(report: &Value) -> Vec<&Value> {
    let of_content = |finding: &&Value| finding["gate"] == "secret_detected";
    report["findings"].as_array().unwrap().iter().filter(of_content).collect()
}

/// The id of the only credential that a scan finds.
fn id_of(sandbox: &Sandbox, scan: &str) -> String {
    let report = sandbox.iao(&format!("--json scan {scan}")).exits(1).json();
    let found = secrets(&report);
    assert_eq!(found.len(), 1, "{report}");
    found[0]["id"].as_str().unwrap().to_owned()
}

fn allow(sandbox: &Sandbox, words: &[&str]) -> crate::sandbox::Outcome {
    sandbox.iao_args([&["allow"], words].concat())
}

fn commits(sandbox: &Sandbox) -> bool {
    sandbox.git_says_yes(&["commit", "--quiet", "--message", "next"])
}

#[test]
fn what_is_allowed_passes_every_gate_and_survives_what_moves_it() {
    let sandbox = leaky();
    sandbox.iao("verify").exits(1);
    let id = id_of(&sandbox, "");
    let before = sandbox.user_state();
    allow(&sandbox, &[&id, "--reason", "the test server's, open to anybody"])
        .exits(0)
        .answers(&[FILE, "conf.py"]);
    assert!(!fs::read_to_string(sandbox.path().join(FILE)).unwrap().contains("hunter"));
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]),
        "?? configs/",
        "the file alone was written, and not staged"
    );
    drop(before);
    sandbox.iao("scan --worktree").exits(0).answers(&["1 allowed by"]);
    sandbox.iao("scan").exits(1);
    sandbox.commit_all("allow it");
    for command in ["scan", "scan --worktree", "scan --staged", "verify", "run"] {
        sandbox.iao(command).exits(0);
    }
    let scan = sandbox.iao("--json scan").exits(0).json()["scan"].clone();
    assert_eq!((&scan["allowed"]["byFile"], &scan["allowed"]["inline"]), (&1.into(), &0.into()), "{scan}");
    // Lines move, history is written anew, and a commit touches the file.
    sandbox.iao("hooks install").exits(0);
    sandbox.put("conf.py", format!("# first\n# second\n\n{}# last\n", url("hunter")));
    sandbox.git(&["add", "conf.py"]);
    assert!(commits(&sandbox));
    sandbox.git(&["reset", "--quiet", "--soft", "HEAD~3"]);
    assert!(commits(&sandbox), "squashed: the index holds both the line and its entry");
    sandbox.iao("scan").exits(0);
    // Another password in the same line of the same file is another secret.
    sandbox.put("conf.py", format!("# first\n{}", url("gatherer")));
    sandbox.git(&["add", "conf.py"]);
    assert!(!commits(&sandbox));
    sandbox.iao("scan --worktree").exits(1).answers(&["conf.py:2"]);
}

#[test]
fn the_file_counts_that_stands_in_the_tree_that_is_judged() {
    let sandbox = leaky();
    allow(&sandbox, &["conf.py:2", "--reason", "ours"]).exits(0);
    sandbox.git(&["rm", "--quiet", "--cached", "conf.py"]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "gone"]);
    sandbox.git(&["add", "conf.py"]);
    sandbox.iao("scan --staged").exits(1);
    sandbox.iao("scan --worktree").exits(0);
    sandbox.git(&["add", FILE]);
    sandbox.iao("scan --staged").exits(0);
    fs::remove_file(sandbox.path().join(FILE)).unwrap();
    sandbox.iao("scan --staged").exits(0);
    sandbox.iao("scan --worktree").exits(1);
}

#[test]
fn a_push_judges_each_commit_by_its_own_file() {
    let sandbox = Sandbox::python();
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    sandbox.iao("hooks install").exits(0);
    sandbox.put("conf.py", url("hunter"));
    sandbox.git(&["add", "conf.py"]);
    assert!(!commits(&sandbox));
    allow(&sandbox, &["conf.py:1", "--staged", "--reason", "ours"]).exits(0);
    sandbox.git(&["add", FILE]);
    assert!(commits(&sandbox));
    assert!(sandbox.git_says_yes(&["push", "--quiet", "origin", "main"]));
}

#[test]
fn an_entry_ends_with_its_day_and_one_for_nothing_is_told() {
    let sandbox = leaky();
    let id = id_of(&sandbox, "");
    allow(&sandbox, &[&id, "--reason", "until it is revoked", "--until", "2023-11-13"])
        .refuses(&["2023-11-13"]);
    allow(&sandbox, &[&id, "--reason", "until it is revoked", "--until", "2023-11-14"]).exits(0);
    sandbox.commit_all("for today");
    sandbox.iao("scan").exits(0);
    let tomorrow = [("SOURCE_DATE_EPOCH", "1700100000")];
    let report = sandbox.iao_with(&tomorrow, "--json scan").exits(1).json();
    let told: Vec<&Value> = secrets(&report);
    let rule = |rule: &str| told.iter().find(|finding| finding["rule"] == rule).copied().unwrap();
    assert!(
        rule("secret.url-password")["why"].as_str().unwrap().ends_with("it was allowed until 2023-11-14")
    );
    let ended = rule("allow.expired");
    assert_eq!((&ended["path"], &ended["span"]["line"]), (&FILE.into(), &2.into()));
    assert_eq!(ended["severity"], "warning");
    sandbox.put("conf.py", "url = None\n");
    sandbox.commit_all("mended");
    let report = sandbox.iao("--json scan").exits(0).json();
    let told = secrets(&report);
    assert_eq!((&told[0]["rule"], &told[0]["severity"]), (&"allow.stale".into(), &"note".into()), "{report}");
    // A part of the tree says nothing of what the rest holds.
    sandbox.put("other.py", "x = 1\n");
    sandbox.git(&["add", "other.py"]);
    assert!(secrets(&sandbox.iao("--json scan --staged").exits(0).json()).is_empty());
}

#[test]
fn a_file_that_cannot_be_read_closes_every_gate() {
    let sandbox = leaky();
    sandbox.iao("hooks install").exits(0);
    sandbox.put(
        FILE,
        format!("{HEADER}{{\"path\":\"conf.py\",\"reason\":\"\",\"rule\":\"secret.url-password\"}}\n"),
    );
    sandbox.git(&["add", FILE]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "broken"]);
    for command in ["scan", "scan --worktree", "verify", "run", "plan"] {
        sandbox.iao(command).refuses(&["allow.jsonl:2:", "digest"]);
    }
    let error = sandbox.iao("--json scan").exits(2).json();
    assert_eq!(error["error"]["code"], "iao::scan::allow");
    allow(&sandbox, &["conf.py:2", "--reason", "ours"]).refuses(&["allow.jsonl:2:"]);
    sandbox.put("more.py", url("gatherer"));
    sandbox.git(&["add", "more.py"]);
    assert!(!commits(&sandbox));
    // Where nothing is found, a hook need not read it.
    sandbox.git(&["rm", "--quiet", "--cached", "more.py"]);
    sandbox.put("clean.py", "x = 1\n");
    sandbox.git(&["add", "clean.py"]);
    assert!(commits(&sandbox));
    fs::remove_file(sandbox.path().join(FILE)).unwrap();
    std::os::unix::fs::symlink("/dev/null", sandbox.path().join(FILE)).unwrap();
    sandbox.iao("scan --worktree").refuses(&["link"]);
    allow(&sandbox, &["conf.py:2", "--reason", "ours"]).refuses(&["link"]);
}

#[test]
fn names_and_tree_entries_are_allowed_by_rule_and_path() {
    let sandbox = Sandbox::python();
    std::os::unix::fs::symlink("../../../etc/hosts", sandbox.path().join("escape")).unwrap();
    sandbox.commit_all("a trap");
    let report = sandbox.iao("--json scan").exits(1).json();
    let finding = &report["findings"].as_array().unwrap()[0];
    assert_eq!(finding["rule"], "tree.symlink-escapes", "{report}");
    let id = finding["id"].as_str().unwrap();
    allow(&sandbox, &[&id[..3], "--reason", "ours"]).refuses(&["no finding"]);
    allow(&sandbox, &[id, "--reason", " - "]).refuses(&["reason"]);
    allow(&sandbox, &[id, "--reason", "ours", "--path", "other/**"]).refuses(&["other/**", "escape"]);
    allow(&sandbox, &[&id[..6], "--reason", "ours", "--path", "esc*"]).exits(0);
    let written = fs::read_to_string(sandbox.path().join(FILE)).unwrap();
    assert!(
        written.ends_with("{\"path\":\"esc*\",\"reason\":\"ours\",\"rule\":\"tree.symlink-escapes\"}\n"),
        "{written}"
    );
    sandbox.commit_all("ours");
    sandbox.iao("scan").exits(0);
    allow(&sandbox, &[id, "--reason", "ours"]).exits(0).answers(&["nothing to add", "1 finding allowed"]);
}

#[test]
fn a_repository_is_taken_over_with_all_that_it_holds() {
    let many: String = (0..30).map(|number| url(&format!("word{number}"))).collect();
    let sandbox = Sandbox::python()
        .file("a/conf.py", &many)
        .file("b [1]/c{2}.py", url("hunter"))
        .file("key.pem", crate::run::private_key())
        .commit("a long history");
    sandbox.iao("scan --write-baseline").exits(2);
    let answer = sandbox
        .iao_args(["--json", "scan", "--write-baseline", "--reason", "taken over", "--until", "2024-06-30"])
        .exits(0)
        .json();
    assert_eq!((answer["added"].as_array().unwrap().len(), &answer["already"]), (32, &0.into()), "{answer}");
    let again =
        sandbox.iao_args(["--json", "scan", "--worktree", "--write-baseline", "--reason", "x"]).exits(0);
    assert_eq!((&again.json()["added"], &again.json()["already"]), (&Value::Array(vec![]), &32.into()));
    let text = fs::read_to_string(sandbox.path().join(FILE)).unwrap();
    assert_eq!(text.lines().count(), 33);
    let entries: Vec<&str> = text.lines().skip(1).collect();
    let paths: Vec<String> = entries
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["path"].as_str().unwrap().to_owned())
        .collect();
    assert!(paths.is_sorted(), "{paths:?}");
    sandbox.commit_all("baseline");
    let report = sandbox.iao("--json scan").exits(0).json();
    assert!(secrets(&report).is_empty(), "the file itself holds nothing that is found: {report}");
    // What comes is found, behind all that was there.
    sandbox.put("a/conf.py", format!("{many}{}", url("gatherer")));
    sandbox.iao("scan --worktree").exits(1).answers(&["a/conf.py:31"]);
}

#[test]
fn an_inline_comment_holds_in_every_gate_and_for_patterns_of_the_policy_and_is_counted() {
    let sandbox = Sandbox::python()
        .file("conf.py", url("hunter").replace('\n', "  # iao:allow url-password the test server's\n"))
        .file("old.py", url("gatherer").replace('\n', "  # gitleaks:allow\n"))
        .file(
            "key.pem",
            crate::run::private_key()
                .replace("KEY-----\nMIIE", "KEY----- iao:allow private-key a sample\nMIIE"),
        )
        .commit("allowed");
    for command in ["scan", "verify", "run", "scan --worktree"] {
        sandbox.iao(command).exits(0);
    }
    let report = sandbox.iao("--json scan").exits(0).json();
    let allowed = &report["scan"]["allowed"];
    assert_eq!((&allowed["inline"], &allowed["byFile"]), (&3.into(), &0.into()), "{report}");
    sandbox.iao("scan").exits(0).answers(&["3 allowed in their lines"]);
    sandbox.iao("hooks install").exits(0);
    sandbox.put("more.py", url("reader").replace('\n', " # iao:allow url-password again\n"));
    sandbox.git(&["add", "more.py"]);
    assert!(commits(&sandbox));
}

#[test]
fn ids_of_findings_stay_when_lines_move_and_when_others_are_allowed() {
    let sandbox = Sandbox::python().file("conf.py", [url("hunter"), url("hunter")].concat()).commit("two");
    let ids = |command: &str| -> Vec<String> {
        let report = sandbox.iao(command).json();
        secrets(&report).iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
    };
    let before = ids("--json scan");
    assert_eq!(before.len(), 2);
    sandbox.put("conf.py", [&url("gatherer"), "\n", &url("hunter"), &url("hunter")].concat());
    let after = ids("--json scan --worktree");
    assert_eq!(after[1..], before[..], "the redacted text tells `gatherer` apart");
}
