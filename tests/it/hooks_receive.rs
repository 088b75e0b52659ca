//! The gate at the receiving end: what arrives is judged in quarantine, and no ref moves.

use std::fs;
use std::path::PathBuf;

use crate::hooks_scene::{listed, script, secret};
use crate::sandbox::Sandbox;

/// A sandbox without hooks of its own, and a hooked bare repository that it pushes to.
fn server() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::python();
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", "--initial-branch=main", remote.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox.iao_in(&remote, &[], ["hooks", "install", "--files"]).exits(0).answers(&["pre-receive"]);
    (sandbox, remote)
}

fn commit(sandbox: &Sandbox, name: &str, text: &str) -> String {
    sandbox.put(name, text);
    sandbox.commit_all(name)
}

#[test]
fn a_bare_repository_gets_pre_receive_alone_and_loses_it_again() {
    let (sandbox, remote) = server();
    let hooks = remote.join("hooks");
    let ours = || listed(&hooks).into_keys().filter(|path| path.extension().is_none()).count();
    assert_eq!(ours(), 1);
    sandbox.iao_in(&remote, &[], ["hooks", "status"]).exits(0).answers(&["pre-receive       installed"]);
    sandbox.iao_in(&remote, &[], ["hooks", "uninstall"]).exits(0);
    assert_eq!(ours(), 0);
    sandbox.iao("hooks install --files --server").exits(0).answers(&["pre-receive", "pre-commit"]);
    sandbox.iao("hooks uninstall").exits(0).answers(&["pre-receive"]);
}

#[test]
fn what_arrives_is_judged_and_a_refused_push_leaves_nothing() {
    let (sandbox, remote) = server();
    let objects = || sandbox.git(&["-C", remote.to_str().unwrap(), "count-objects", "-v"]);
    let refs = || sandbox.git(&["-C", remote.to_str().unwrap(), "for-each-ref"]);
    let good = commit(&sandbox, "fine.py", "x = 1\n");
    let bad = commit(&sandbox, "conf.py", &secret("hunt"));
    sandbox.git(&["rm", "--quiet", "conf.py"]);
    sandbox.commit_all("gone");
    let before = (objects(), refs());
    let said = sandbox.git_fails(&["push", "--no-verify", "origin", "main"]);
    for word in ["remote: error[", "conf.py:1:", &bad[..10], "pre-receive blocked by", "git rebase -i"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    for arguments in [
        &["push", "origin", &format!("{good}:refs/heads/good"), "main"][..],
        &["push", "origin", "main:refs/heads/new"],
        &["push", "--force", "origin", "main:refs/tags/v1"],
        &["-c", "push.default=current", "push"],
    ] {
        sandbox.git_fails(arguments);
    }
    let (done, _) = sandbox.git_with(&[("IAO_SKIP", "secret_detected")], &["push", "origin", "main"]);
    assert!(!done, "who pushes does not say what a server lets through");
    assert_eq!((objects(), refs()), before);
    sandbox.git(&["push", "--quiet", "origin", &format!("{good}:refs/heads/main")]);
    sandbox.git(&["push", "--quiet", "origin", &format!("{good}:refs/heads/again")]);
    sandbox.git(&["push", "--quiet", "--delete", "origin", "again"]);
    assert!(sandbox.state_of(&remote).contains("gate.blocked"));
}

#[test]
fn nothing_but_refs_of_the_server_counts_as_known() {
    let (sandbox, remote) = server();
    let bad = commit(&sandbox, "conf.py", &secret("hunt"));
    // An earlier push left its objects there, and no ref.
    sandbox.git(&[
        "-C",
        remote.to_str().unwrap(),
        "fetch",
        "--quiet",
        sandbox.path().to_str().unwrap(),
        &bad,
    ]);
    sandbox.git_fails(&["push", "origin", "main"]);
    sandbox.git(&["-C", remote.to_str().unwrap(), "update-ref", "refs/heads/old", &bad]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
}

#[test]
fn the_servers_own_configuration_judges_and_not_that_of_the_push() {
    let (sandbox, _) = server();
    sandbox.iao("init").exits(0);
    let policies = sandbox.path().join("configs/indestructibleautoops.policies.yaml");
    let text = fs::read_to_string(&policies).unwrap();
    fs::write(&policies, text.replace("- secret_detected\n", "- naming_violation\n")).unwrap();
    commit(&sandbox, "conf.py", &secret("hunt"));
    sandbox.git_fails(&["push", "origin", "main"]);
}

#[test]
fn a_hook_of_the_server_reads_the_same_refs() {
    let (sandbox, remote) = server();
    sandbox.iao_in(&remote, &[], ["hooks", "uninstall"]).exits(0);
    let log = sandbox.beside("log");
    script(&remote.join("hooks/pre-receive"), &format!("cat >'{}'\n", log.display()));
    sandbox.iao_in(&remote, &[], ["hooks", "install", "--files"]).exits(0);
    let (old, new) = (sandbox.revision("HEAD"), commit(&sandbox, "fine.py", "x = 1\n"));
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(fs::read_to_string(&log).unwrap(), format!("{old} {new} refs/heads/main\n"));
    commit(&sandbox, "conf.py", &secret("hunt"));
    sandbox.git_fails(&["push", "origin", "main"]);
}

#[test]
fn evidence_arrives_and_a_first_push_into_nothing_is_judged() {
    let (sandbox, remote) = server();
    sandbox.iao("seal").exits(0);
    sandbox.iao("sync").exits(0);
    assert!(sandbox.git(&["-C", remote.to_str().unwrap(), "for-each-ref"]).contains("refs/iao/ledger"));
    let empty = sandbox.beside("empty.git");
    sandbox.git(&["init", "--quiet", "--bare", "--initial-branch=main", empty.to_str().unwrap()]);
    sandbox.iao_in(&empty, &[], ["hooks", "install", "--files"]).exits(0);
    sandbox.git(&["push", "--quiet", empty.to_str().unwrap(), "main"]);
    commit(&sandbox, "conf.py", &secret("hunt"));
    sandbox.git_fails(&["push", empty.to_str().unwrap(), "main:other"]);
}

#[test]
fn a_server_takes_in_no_configuration_that_does_not_load_and_one_that_mends_it() {
    let (sandbox, remote) = server();
    let name = "configs/indestructibleautoops.policies.yaml";
    sandbox.iao("init").exits(0);
    sandbox.commit_all("configuration");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let good = fs::read_to_string(sandbox.path().join(name)).unwrap();
    let broken = commit(&sandbox, name, &good.replace("\nspec:\n", "\nspec:\n  nonsense: 1\n"));
    let said = sandbox.git_fails(&["push", "origin", "main"]);
    assert!(said.contains(&format!("{name}:")) && said.contains("gate/schema_invalid"), "{said}");
    // It came there by another way.
    sandbox.git(&[
        "-C",
        remote.to_str().unwrap(),
        "fetch",
        "--quiet",
        sandbox.path().to_str().unwrap(),
        "main:main",
    ]);
    assert_eq!(sandbox.git(&["-C", remote.to_str().unwrap(), "rev-parse", "main"]), broken);
    commit(&sandbox, "conf.py", &secret("hunt"));
    assert!(sandbox.git_fails(&["push", "origin", "main"]).contains("conf.py:1:"), "the built-in gates hold");
    sandbox.git(&["reset", "--quiet", "--hard", &broken]);
    commit(&sandbox, name, &good);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
}
