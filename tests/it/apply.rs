//! `git iao apply` takes the governance branch over into the branch that is checked out.

use std::fs;

use crate::run::governed;
use crate::sandbox::{GOVERNANCE, Sandbox};

#[test]
fn a_branch_that_has_not_moved_is_fast_forwarded_with_index_and_files() {
    let sandbox = governed();
    sandbox.iao("apply").exits(0);
    assert_eq!(sandbox.revision("HEAD"), sandbox.revision(GOVERNANCE));
    assert_eq!(sandbox.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    for path in sandbox.git(&["ls-tree", "-r", "--name-only", "HEAD"]).lines() {
        assert!(sandbox.path().join(path).exists(), "{path} is not on disk");
    }
}

#[test]
fn a_branch_that_has_moved_is_merged() {
    let sandbox = governed();
    sandbox.put("src/sample/more.py", "Y = 2\n");
    let mine = sandbox.commit_all("go on");
    sandbox.iao("apply --ff-only").refuses(&["fast-forward"]);
    assert_eq!(sandbox.revision("HEAD"), mine);
    sandbox.iao("apply").exits(0);
    let parents = sandbox.git(&["rev-list", "--parents", "-1", "HEAD"]);
    assert_eq!(parents.split(' ').skip(1).collect::<Vec<_>>(), [mine, sandbox.revision(GOVERNANCE)]);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn work_that_it_would_overwrite_makes_it_refuse_and_other_work_does_not() {
    let sandbox = governed();
    let theirs = sandbox.git(&["diff", "--name-only", "HEAD", GOVERNANCE]);
    let path = theirs.lines().next().unwrap().to_owned();
    sandbox.put(&path, "my own work\n");
    let before = sandbox.user_state();
    let outcome = sandbox.iao("apply");
    assert!(outcome.code != 0, "{outcome:?}");
    let _ = outcome.says(&[&path]);
    before.assert_untouched(&sandbox);
    fs::remove_file(sandbox.path().join(&path)).unwrap();
    if sandbox.git_says_yes(&["cat-file", "-e", &format!("HEAD:{path}")]) {
        sandbox.git(&["checkout", "--quiet", "--", &path]);
    }
    sandbox.put("notes.txt", "not in anyone's way\n");
    sandbox.put("src/sample/__init__.py", "\"\"\"Changed.\"\"\"\n");
    sandbox.iao("apply").exits(0);
    assert_eq!(fs::read_to_string(sandbox.path().join("notes.txt")).unwrap(), "not in anyone's way\n");
    assert_eq!(
        fs::read_to_string(sandbox.path().join("src/sample/__init__.py")).unwrap(),
        "\"\"\"Changed.\"\"\"\n"
    );
}

#[test]
fn a_conflict_leaves_everything_as_it_was() {
    let sandbox = governed();
    let added = sandbox.git(&["diff", "--name-only", "--diff-filter=A", "HEAD", GOVERNANCE]);
    let path = sandbox.path().join(added.lines().next().unwrap());
    sandbox.put(&path, "something else entirely\n");
    let mine = sandbox.commit_all("the same file, by hand");
    let outcome = sandbox.iao("apply");
    assert!(outcome.code != 0, "{outcome:?}");
    assert_eq!(sandbox.revision("HEAD"), mine);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(fs::read_to_string(path).unwrap(), "something else entirely\n");
    assert!(!sandbox.path().join(".git/MERGE_HEAD").exists(), "a merge is left half done");
}

#[test]
fn nothing_to_take_over_is_said_plainly() {
    let sandbox = governed();
    sandbox.iao("apply").exits(0);
    for sandbox in [sandbox, Sandbox::python()] {
        let before = sandbox.user_state();
        sandbox.iao("apply").refuses(&["nothing to apply"]);
        before.assert_untouched(&sandbox);
    }
}
