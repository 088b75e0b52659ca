//! `git iao audit`: which commits lack valid evidence, and why.

use serde_json::Value;

use crate::sandbox::Sandbox;
use crate::sync::{LEDGER, Team};

/// Audits, and returns each lacking commit with the reason.
fn lacking(sandbox: &Sandbox, arguments: &str, exit: i32) -> Vec<(String, String)> {
    let answer = sandbox.iao(&format!("audit --json {arguments}")).exits(exit).json();
    assert_eq!(answer["holds"], (exit == 0));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let list = answer["lacking"].as_array().unwrap();
    list.iter().map(|one| (text(one, "commit"), text(one, "why"))).collect()
}

#[test]
fn each_way_of_lacking_evidence_is_told_apart() {
    let sandbox = Sandbox::python();
    let first = sandbox.revision("HEAD");
    assert_eq!(lacking(&sandbox, "", 1), [(first.clone(), "no-seal".to_owned())]);
    sandbox.iao("seal").exits(0);
    assert_eq!(lacking(&sandbox, "", 0), []);
    assert_eq!(lacking(&sandbox, "--verified", 1), [(first.clone(), "not-verified".to_owned())]);
    assert_eq!(lacking(&sandbox, "--signed", 1), [(first.clone(), "not-signed".to_owned())]);

    sandbox.put("a.txt", "a\n");
    let change = sandbox.commit_all("change");
    sandbox.iao("seal").exits(0);
    sandbox.git(&["commit", "--quiet", "--amend", "--message", "other words"]);
    let amended = sandbox.revision("HEAD");
    assert_eq!(lacking(&sandbox, "HEAD~..HEAD", 1), [(amended, "tree-equivalent".to_owned())]);

    sandbox.git(&["checkout", "--quiet", "-b", "side", &first]);
    sandbox.put("b.txt", "b\n");
    let other = sandbox.commit_all("elsewhere");
    sandbox.git(&["cherry-pick", &change]);
    let picked = sandbox.revision("HEAD");
    let expected = [(picked, "patch-equivalent".to_owned()), (other, "no-seal".to_owned())];
    assert_eq!(lacking(&sandbox, "HEAD", 1), expected);
    assert_eq!(lacking(&sandbox, "HEAD -n 1", 1), expected[..1]);
    let outcome = sandbox.iao("audit main..side").exits(1);
    assert!(outcome.stdout.contains("makes the same change") && outcome.stdout.contains("0 of 2 commits"));
    sandbox.iao("audit nothing..here").refuses(&["nothing"]);
}

#[test]
fn the_default_is_what_the_upstream_has_not() {
    let team = Team::new();
    let one = team.clone("one");
    team.commit(&one, "more");
    let answer = team.iao(&one, "audit --json").exits(1).json();
    assert_eq!((&answer["commits"], &answer["range"]), (&1.into(), &"@{upstream}..HEAD".into()));
    team.iao(&one, "seal").exits(0);
    team.iao(&one, "audit").exits(0).answers(&["1 of 1 commit in @{upstream}..HEAD have valid evidence"]);
}

#[test]
fn a_seal_that_failed_or_is_none_is_no_evidence() {
    let sandbox = Sandbox::python();
    // There is no workflow, and this policy asks for one.
    sandbox.iao("init").exits(0);
    let policies = "configs/indestructibleautoops.policies.yaml";
    let text = std::fs::read_to_string(sandbox.path().join(policies)).unwrap();
    sandbox.put(policies, text.replace("    blockOn:\n", "    blockOn:\n      - policy_violation\n"));
    let commit = sandbox.commit_all("strict");
    sandbox.iao("verify").exits(1);
    sandbox.iao("seal").exits(0).answers(&["fail"]);
    assert_eq!(lacking(&sandbox, "HEAD~..HEAD", 1), [(commit, "verdict-fail".to_owned())]);

    // Garbage in the place of a seal, named by its digest as entries are.
    sandbox.put("c.txt", "c\n");
    let next = sandbox.commit_all("next");
    let digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let (a, b, c) = (&next[..1], &next[1..2], &next[2..3]);
    let path = format!("seals/{a}/{b}/{c}/{next}/{digest}.json");
    sandbox.put("../garbage", "{}");
    let blob = sandbox.git(&["hash-object", "-w", "../garbage"]);
    let index = sandbox.beside("index");
    let script = format!(
        "export GIT_INDEX_FILE='{}'; git read-tree {LEDGER} && git update-index --add --cacheinfo 100644,{blob},{path} \
         && git update-ref {LEDGER} $(git commit-tree $(git write-tree) -p {LEDGER} -m planted)",
        index.display()
    );
    sandbox.git(&["-c", &format!("alias.plant=!{script}"), "plant"]);
    assert_eq!(lacking(&sandbox, "HEAD~..HEAD", 1), [(next, "damaged".to_owned())]);
    // A ledger that lost something is an answer, too.
    let empty = sandbox.git(&["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let lost = sandbox.git(&["commit-tree", &empty, "-p", LEDGER, "-m", "lost"]);
    sandbox.git(&["update-ref", LEDGER, &lost]);
    sandbox.iao("audit").exits(1).says(&["tampered", "was removed"]);
}
