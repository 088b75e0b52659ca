//! The loop in every shape of repository that git makes.

use std::fs;

use crate::sandbox::{GOVERNANCE, Sandbox};

/// The loop runs, its result stands, and the evidence holds.
fn the_loop_holds(sandbox: &Sandbox, prefix: &str) {
    let iao = |arguments: &str| sandbox.iao(&format!("{prefix}{arguments}"));
    iao("run").exits(0);
    iao("plan iao/governance --check").exits(0);
    iao("verify iao/governance --seal").exits(0);
    iao("show iao/governance").exits(0).answers(&["sealed"]);
    iao("log --check").exits(0);
    iao("replay").exits(0);
}

#[test]
fn a_bare_repository() {
    let sandbox = Sandbox::python();
    let bare = sandbox.beside("bare.git");
    sandbox.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    the_loop_holds(&sandbox, &format!("--git-dir {} ", bare.display()));
    assert_eq!(sandbox.reference(GOVERNANCE), None, "the clone it was made from is untouched");
    assert!(!sandbox.path().join(".indestructibleautoops").exists());
}

#[test]
fn a_linked_working_tree_has_a_stream_of_its_own() {
    let sandbox = Sandbox::python();
    sandbox.iao("plan").exits(0);
    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    the_loop_holds(&sandbox, &format!("-C {} ", linked.display()));
    sandbox.iao("log --check").exits(0);
    sandbox.iao("run").exits(0);
    sandbox.iao("log --check").exits(0);
}

#[test]
fn a_shallow_clone() {
    let sandbox = Sandbox::python();
    for number in 0..4 {
        sandbox.put("a.py", format!("x = {number}\n"));
        sandbox.commit_all("more");
    }
    let shallow = sandbox.beside("shallow");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "--quiet", "--depth", "2", &url, shallow.to_str().unwrap()]);
    the_loop_holds(&sandbox, &format!("-C {} ", shallow.display()));
}

#[test]
fn a_sha256_repository() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    let sandbox =
        sandbox.file("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n").commit("first");
    the_loop_holds(&sandbox, "");
    assert_eq!(sandbox.revision(GOVERNANCE).len(), 64);
}

#[test]
fn a_subdirectory_a_detached_head_and_packed_refs() {
    let sandbox = Sandbox::python();
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    sandbox.git(&["pack-refs", "--all"]);
    the_loop_holds(&sandbox, &format!("-C {} ", sandbox.path().join("src/sample").display()));
    assert!(!sandbox.path().join("src/sample/.indestructibleautoops").exists());
}

#[test]
fn submodules_symlinks_and_executable_bits() {
    let sandbox = Sandbox::python();
    sandbox.put("run.sh", "#!/bin/sh\n");
    sandbox.git(&["add", "--chmod=+x", "run.sh"]);
    std::os::unix::fs::symlink("README.md", sandbox.path().join("link")).unwrap();
    sandbox.git(&["add", "link"]);
    let head = sandbox.revision("HEAD");
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},vendor/module")]);
    sandbox.git(&["commit", "--quiet", "--message", "kinds"]);
    the_loop_holds(&sandbox, "");
    let listed = sandbox.iao("show iao/governance --manifest --json").exits(0).json();
    let mode = |path: &str| {
        let files = listed["files"].as_array().unwrap();
        files.iter().find(|file| file["path"] == path).map(|file| file["mode"].as_str().unwrap().to_owned())
    };
    assert_eq!(mode("run.sh").as_deref(), Some("100755"));
    assert_eq!(mode("link").as_deref(), Some("120000"));
    assert_eq!(mode("vendor/module").as_deref(), Some("160000"));
}

#[test]
fn a_read_only_clone_still_answers() {
    let sandbox = Sandbox::python();
    sandbox.iao("run").exits(0);
    let state = sandbox.path().join(".indestructibleautoops");
    fs::remove_dir_all(&state).unwrap();
    // A file where the directory must be cannot be written below, whoever asks.
    fs::write(&state, "in the way").unwrap();
    sandbox.iao("show iao/governance").exits(0);
    sandbox.iao("run").refuses(&["indestructibleautoops"]);
}
