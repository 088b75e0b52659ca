//! Where a repository lies, and how much of its history is there.

use std::fs;

use super::shape::Shape;
use crate::sandbox::Sandbox;

/// A repository of four commits, and its address.
fn source() -> (Sandbox, String) {
    let sandbox = Sandbox::python();
    for number in 0..3 {
        sandbox.put("a.py", format!("x = {number}\n"));
        sandbox.commit_all("more");
    }
    let url = format!("file://{}", sandbox.path().display());
    (sandbox, url)
}

#[test]
fn a_bare_repository() {
    let (sandbox, url) = source();
    let bare = sandbox.beside("bare.git");
    sandbox.git(&["clone", "--quiet", "--bare", &url, bare.to_str().unwrap()]);
    let shape = Shape::at(&sandbox, &bare);
    shape.seals_a_change(|shape| {
        let commit = shape.git(&["commit-tree", "HEAD~1^{tree}", "-p", "HEAD", "-m", "back"]);
        shape.git(&["update-ref", "HEAD", &commit]);
    });
    assert!(!sandbox.path().join(".git/refs/iao").exists(), "the clone it was made from is untouched");
}

#[test]
fn a_linked_worktree_and_its_main_one_share_their_seals() {
    let (sandbox, _) = source();
    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap(), "HEAD~1"]);
    let (main, side) = (Shape::of(&sandbox), Shape::at(&sandbox, &linked));
    side.seals_twice();
    for revision in ["side", "side~1"] {
        main.untouched(|| main.holds(revision));
    }
    main.seals("HEAD");
    side.holds("main");
    sandbox.git(&["worktree", "remove", "--force", linked.to_str().unwrap()]);
    main.holds("side");
}

#[test]
fn a_shallow_clone_is_sealed_at_its_boundary_and_above_it() {
    let (sandbox, url) = source();
    let shallow = sandbox.beside("shallow");
    sandbox.git(&["clone", "--quiet", "--depth", "1", &url, shallow.to_str().unwrap()]);
    let shape = Shape::at(&sandbox, &shallow);
    shape.seals_twice();
    shape.git(&["fetch", "--quiet", "--unshallow"]);
    for revision in ["HEAD", "HEAD~1"] {
        shape.holds(revision);
    }
    shape.seals("HEAD~3");
}

#[test]
fn the_same_commit_has_the_same_roots_in_every_place() {
    let (sandbox, url) = source();
    let roots = Shape::of(&sandbox).seals("HEAD");
    for (name, words) in
        [("bare", &["--bare"][..]), ("shallow", &["--depth", "1"]), ("shared", &["--shared"])]
    {
        let folder = sandbox.beside(name);
        sandbox.git(&[&["clone", "--quiet"], words, &[&url, folder.to_str().unwrap()]].concat());
        assert_eq!(Shape::at(&sandbox, &folder).seals("HEAD"), roots, "{name}");
    }
}

#[test]
fn a_git_directory_that_lies_elsewhere() {
    let (sandbox, url) = source();
    let (work, git_dir) = (sandbox.beside("apart"), sandbox.beside("apart.git"));
    let separate = format!("--separate-git-dir={}", git_dir.display());
    sandbox.git(&["clone", "--quiet", &separate, &url, work.to_str().unwrap()]);
    assert!(work.join(".git").is_file());
    Shape::at(&sandbox, &work).seals_twice();
}

#[test]
fn a_repository_that_the_environment_names_from_outside() {
    let (sandbox, url) = source();
    let (work, git_dir, elsewhere) =
        (sandbox.beside("tree"), sandbox.beside("store"), sandbox.beside("else"));
    sandbox.git(&["clone", "--quiet", &url, work.to_str().unwrap()]);
    fs::rename(work.join(".git"), &git_dir).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    Shape::by_environment(&sandbox, &git_dir, &work, &elsewhere).seals_twice();
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "nothing is written where the command ran");
}

#[test]
fn a_sha256_repository_is_sealed_twice() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    let sandbox = sandbox.file("a", "1").file("b/c", "2").commit("first");
    let shape = Shape::of(&sandbox);
    assert_eq!(sandbox.revision("HEAD").len(), 64);
    shape.seals_twice();
}

#[test]
fn refs_in_tables_are_refused_before_anything_is_written() {
    let sandbox = Sandbox::python();
    let real = sandbox.git_says_yes(&["init", "--quiet", "--ref-format=reftable", "../tables"]);
    let folder = if real { sandbox.beside("tables") } else { sandbox.path().to_owned() };
    if real {
        fs::write(folder.join("a"), "1").unwrap();
        sandbox.git(&["-C", folder.to_str().unwrap(), "add", "a"]);
        sandbox.git(&["-C", folder.to_str().unwrap(), "commit", "--quiet", "--message", "first"]);
    } else {
        // A git before 2.45 makes none and reads none; the mark in the config is the same.
        sandbox.git(&["config", "core.repositoryFormatVersion", "1"]);
        sandbox.git(&["config", "extensions.refStorage", "reftable"]);
    }
    let files = || {
        let listed =
            std::process::Command::new("find").arg(&folder).arg("-newermt").arg("@0").output().unwrap();
        String::from_utf8(listed.stdout).unwrap()
    };
    let before = files();
    for command in ["seal", "verify --seal", "show", "run"] {
        let outcome = sandbox.iao_in(&folder, &[], command.split(' '));
        outcome.refuses(&["reftable", "refs"]);
    }
    assert_eq!(files(), before, "something was written");
}
