//! Refs, locks, ledger, notes, events and plans that something else has written: refused, named, and left alone.

use std::fs;

use crate::bad_input::{Harm, refused, unchanged};
use crate::log::stream;
use crate::plan::plan_bytes;
use crate::run::governed;
use crate::sandbox::{GOVERNANCE, Sandbox};

#[test]
fn a_moved_governance_branch() {
    let sandbox = governed();
    sandbox.git(&["checkout", "--quiet", "--orphan", "elsewhere"]);
    let foreign = sandbox.commit_all("unrelated");
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["update-ref", GOVERNANCE, &foreign]);
    sandbox.git(&["branch", "--quiet", "-D", "elsewhere"]);
    refused(&sandbox, "run", &[&foreign[..7], "governance"]);
}

#[test]
fn a_governance_branch_that_cannot_be_read_is_not_an_absent_one() {
    for bytes in [&b""[..], b"garbage\n", b"ref: refs/heads/iao/governance\n"] {
        let sandbox = Sandbox::python();
        sandbox.put(".git/refs/heads/iao/governance", bytes);
        refused(&sandbox, "run", &["governance"]);
    }
}

#[test]
fn a_lock_that_is_not_ours_is_reported_and_left() {
    let sandbox = Sandbox::python();
    sandbox.put(".git/refs/heads/iao/governance.lock", "");
    let outcome = sandbox.iao("run").refuses(&["lock"]);
    assert!(sandbox.path().join(".git/refs/heads/iao/governance.lock").exists(), "{outcome:?}");
    assert_eq!(sandbox.reference(GOVERNANCE), None);
}

#[test]
fn a_corrupted_ledger() {
    let blob = |sandbox: &Sandbox| sandbox.revision("HEAD:README.md");
    let emptied = |sandbox: &Sandbox| {
        let tree = sandbox.git(&["hash-object", "-t", "tree", "-w", "/dev/null"]);
        sandbox.git(&["commit-tree", &tree, "-p", "refs/iao/ledger", "-m", "gone"])
    };
    let foreign = |sandbox: &Sandbox| sandbox.revision("HEAD");
    let harms: [(&str, Harm<Sandbox, String>); 3] =
        [("a blob", &blob), ("entries were removed", &emptied), ("a commit of the user", &foreign)];
    for (what, harm) in harms {
        let sandbox = governed();
        let head = harm(&sandbox);
        sandbox.put(".git/refs/iao/ledger", format!("{head}\n"));
        for command in ["log --check", "verify iao/governance --seal"] {
            let outcome = unchanged(&sandbox, || sandbox.iao(command));
            assert!(outcome.code != 0, "{what}, and `{command}` says yes: {outcome:?}");
            assert!(outcome.stderr.contains("ledger") || outcome.stdout.contains("ledger"), "{outcome:?}");
        }
    }
}

#[test]
fn a_rolled_back_ledger_is_noticed() {
    let sandbox = governed();
    let old = sandbox.revision("refs/iao/ledger");
    sandbox.put("more.py", "M = 1\n");
    sandbox.commit_all("more");
    sandbox.iao("run").exits(0);
    sandbox.git(&["update-ref", "refs/iao/ledger", &old]);
    let outcome = sandbox.iao("log --check");
    assert!(outcome.code != 0, "{outcome:?}");
}

#[test]
fn a_rolled_back_ledger_is_noticed_where_the_answer_would_be_sealed_before() {
    let sandbox = governed();
    sandbox.iao("seal").exits(0);
    let old = sandbox.revision("refs/iao/ledger");
    sandbox.put("more.py", "M = 1\n");
    let more = sandbox.commit_all("more");
    sandbox.iao("seal").exits(0);
    sandbox.git(&["update-ref", "refs/iao/ledger", &old]);
    refused(&sandbox, &format!("seal {more}~1"), &["ledger"]);
}

#[test]
fn a_whole_note_of_another_commit_in_place_of_its_own() {
    let sandbox = governed();
    sandbox.iao("seal").exits(0);
    sandbox.git(&["notes", "--ref=iao", "copy", "--force", GOVERNANCE, "HEAD"]);
    let outcome = sandbox.iao("verify HEAD --seal").exits(1).answers(&["notes --rebuild"]);
    assert!(outcome.stdout.contains("does not hold"), "{outcome:?}");
    sandbox.iao("notes --rebuild").exits(0);
    sandbox.iao("verify HEAD --seal").exits(0);
}

#[test]
fn a_corrupted_note() {
    let garbage: [&[u8]; 4] =
        [b"", b"\xff\xfe\x00", b"{\"payloadType\":\"x\",\"payload\":\"", b"sealed: yes, trust me\n"];
    for bytes in garbage {
        let sandbox = governed();
        let file = sandbox.beside("note");
        fs::write(&file, bytes).unwrap();
        let blob = sandbox.git(&["hash-object", "-w", file.to_str().unwrap()]);
        sandbox.git(&["notes", "--ref=iao", "add", "-f", "--allow-empty", "-C", &blob, GOVERNANCE]);
        let outcome = unchanged(&sandbox, || sandbox.iao("verify iao/governance --seal"));
        assert!(outcome.code != 0, "{outcome:?}");
        assert!(format!("{}{}", outcome.stdout, outcome.stderr).contains("note"), "{outcome:?}");
        sandbox.iao("notes --rebuild").exits(0);
        sandbox.iao("verify iao/governance --seal").exits(0);
    }
}

#[test]
fn a_hostile_tree_of_notes() {
    let sandbox = governed();
    let list = format!(
        "100644 blob {}\tnot-an-id\n040000 tree {}\tzz\n",
        sandbox.revision("HEAD:README.md"),
        sandbox.revision("HEAD^{tree}")
    );
    let file = sandbox.beside("tree");
    fs::write(&file, list).unwrap();
    let script = format!("git mktree < '{}'", file.display());
    let output =
        std::process::Command::new("sh").args(["-c", &script]).current_dir(sandbox.path()).output().unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    let commit = sandbox.git(&["commit-tree", tree.trim(), "-m", "traps"]);
    sandbox.git(&["update-ref", "refs/notes/iao", &commit]);
    sandbox.iao("show iao/governance").exits(0).answers(&["sealed"]);
    sandbox.iao("seal").exits(0);
    let listed = sandbox.git(&["ls-tree", "-r", "--name-only", "refs/notes/iao"]);
    assert!(listed.contains("not-an-id"), "entries that are no notes are kept");
}

#[test]
fn a_torn_event_stream() {
    let sandbox = governed();
    let good = fs::read_to_string(stream(&sandbox)).unwrap();
    fs::write(stream(&sandbox), format!("{good}{}", &good[..40])).unwrap();
    sandbox.iao("plan").exits(0);
    let mended = fs::read_to_string(stream(&sandbox)).unwrap();
    assert!(mended.starts_with(&good), "what was whole is kept");
    for line in mended.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert!(mended[good.len()..].contains("torn"), "the torn line is not recorded");
    sandbox.iao("log --check").exits(0);
}

#[test]
fn plan_files_that_were_tampered_with() {
    let sandbox = Sandbox::python();
    let good = String::from_utf8(plan_bytes(&sandbox, "HEAD")).unwrap();
    let path = "\"path\":\".github/workflows/iao-ci.yml\"";
    assert!(good.contains(path), "{good}");
    let tampered = [
        "{".to_owned(),
        "[]".to_owned(),
        good.replace("iao/plan/v1", "iao/plan/v9"),
        good.replace(path, "\"path\":\"../ci.yml\""),
        good.replace(path, "\"path\":\".git/hooks/pre-commit\""),
        good.replace(path, "\"path\":\"OTHER.md\""),
        good.replacen("\"text\":\"", "\"text\":\"evil ", 1),
        format!(" {good}"),
        "[".repeat(200_000),
    ];
    let file = sandbox.beside("plan.json");
    for text in tampered {
        fs::write(&file, &text).unwrap();
        unchanged(&sandbox, || {
            let outcome = sandbox.iao_args(["run", "--plan", file.to_str().unwrap()]);
            assert!(outcome.code != 0, "taken: {}", &text[..text.len().min(300)]);
            outcome
        });
    }
    refused(&sandbox, "run --plan no-such-file.json", &["no-such-file.json"]);
}
