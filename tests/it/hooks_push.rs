//! The gate before each kind of push: every ref and every object that leaves, and nothing that the remote has already.

use std::fs;
use std::path::{Path, PathBuf};

use crate::hooks_scene::{Kept, secret};
use crate::sandbox::Sandbox;

/// A hooked sandbox with a remote `origin` that has its branch `main`.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) remote: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A scene whose remote is made with these options of `git init`.
    fn with(options: &[&str]) -> Self {
        let sandbox = Sandbox::python();
        let remote = sandbox.beside("remote.git");
        let scene = Self { sandbox, remote };
        scene.bare("remote.git", options);
        scene.git(&["remote", "add", "origin", scene.remote.to_str().unwrap()]);
        scene.git(&["push", "--quiet", "origin", "main"]);
        scene.sandbox.iao("hooks install --files").exits(0);
        scene
    }

    pub(crate) fn bare(&self, name: &str, options: &[&str]) -> String {
        let place = self.sandbox.beside(name).to_str().unwrap().to_owned();
        self.git(&[&["init", "--quiet", "--bare", "--initial-branch=main"], options, &[&place]].concat());
        place
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.sandbox.git(arguments)
    }

    /// Commits a file past the gate.
    pub(crate) fn commit(&self, name: &str, text: &str) -> String {
        self.sandbox.put(name, text);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message", name]);
        self.sandbox.revision("HEAD")
    }

    /// Pushes, which must be stopped, with nothing of the user's touched and nothing sent; returns what was said.
    pub(crate) fn stopped(&self, arguments: &[&str]) -> String {
        self.stopped_in(self.sandbox.path(), arguments)
    }

    pub(crate) fn stopped_in(&self, place: &Path, arguments: &[&str]) -> String {
        let before = (Kept::of(&self.sandbox, place), self.remote_refs());
        let said = self
            .sandbox
            .git_fails(&[&["-C", place.to_str().unwrap(), "push", "--quiet"], arguments].concat());
        assert!(said.contains("pre-push blocked by"), "{arguments:?}: {said}");
        assert_eq!((Kept::of(&self.sandbox, place), self.remote_refs()), before, "{arguments:?}");
        said
    }

    fn passes(&self, arguments: &[&str]) {
        let before = Kept::of(&self.sandbox, self.sandbox.path());
        self.git(&[&["push", "--quiet"], arguments].concat());
        assert_eq!(Kept::of(&self.sandbox, self.sandbox.path()), before, "{arguments:?}");
    }

    fn remote_refs(&self) -> String {
        self.git(&["-C", self.remote.to_str().unwrap(), "for-each-ref"])
    }

    /// A branch with a secret in its newest commit, not checked out.
    fn bad_branch(&self, name: &str) -> String {
        self.git(&["checkout", "--quiet", "-b", name, "main"]);
        let commit = self.commit("conf.py", &secret(name));
        self.git(&["checkout", "--quiet", "main"]);
        commit
    }
}

#[test]
fn every_ref_of_a_push_is_judged_checked_out_or_not() {
    let scene = Scene::new();
    let bad = scene.bad_branch("side");
    scene.commit("fine.py", "x = 1\n");
    let said = scene.stopped(&["origin", "side"]);
    assert!(said.contains("conf.py:1:") && said.contains(&bad[..10]), "{said}");
    scene.stopped(&["origin", "main", "side"]);
    scene.stopped(&["origin", "side", "main"]);
    scene.stopped(&["--all", "origin"]);
    scene.stopped(&["--mirror", "origin"]);
    scene.stopped(&["origin", "side~0:refs/heads/other"]);
    scene.stopped(&["origin", ":/conf.py:refs/heads/other"]);
    scene.passes(&["origin", "main"]);
    scene.passes(&["origin", "side~1:refs/heads/before"]);
}

#[test]
fn tags_are_followed_to_whatever_they_name() {
    let scene = Scene::new();
    scene.bad_branch("side");
    scene.git(&["tag", "light", "side"]);
    scene.git(&["tag", "-a", "-m", "x", "heavy", "side"]);
    scene.git(&["tag", "-a", "-m", "x", "twice", "heavy"]);
    scene.git(&["tag", "tree", "side^{tree}"]);
    scene.git(&["tag", "-a", "-m", "x", "blob", "side:conf.py"]);
    for tag in ["light", "heavy", "twice", "tree", "blob"] {
        scene.stopped(&["origin", tag]);
    }
    scene.git(&["tag", "-a", "-m", "x", "clean-blob", "main:README.md"]);
    scene.git(&["tag", "clean-tree", "main^{tree}"]);
    scene.passes(&["origin", "clean-blob", "clean-tree"]);
    scene.passes(&["origin", "--delete", "clean-blob", "clean-tree"]);
}

#[test]
fn a_secret_that_was_added_and_removed_again_is_in_what_leaves() {
    let scene = Scene::new();
    let bad = scene.commit("conf.py", &secret("hunt"));
    scene.git(&["rm", "--quiet", "conf.py"]);
    scene.git(&["commit", "--quiet", "--message", "gone"]);
    let said = scene.stopped(&["origin", "main"]);
    assert!(said.contains(&bad[..10]) && said.contains("git rebase -i"), "{said}");
    // One that a merge brings by itself is in none of its parents.
    scene.git(&["reset", "--quiet", "--hard", "origin/main"]);
    scene.git(&["checkout", "--quiet", "-b", "one"]);
    scene.commit("a.py", "x = 1\n");
    scene.git(&["checkout", "--quiet", "main"]);
    scene.commit("b.py", "x = 1\n");
    scene.git(&["merge", "--quiet", "--no-commit", "one"]);
    scene.sandbox.put("evil.py", secret("merge"));
    scene.git(&["add", "evil.py"]);
    scene.git(&["commit", "--quiet", "--no-verify", "--no-edit"]);
    assert!(scene.stopped(&["origin", "main"]).contains("evil.py:1:"));
}

#[test]
fn what_the_remote_has_is_not_judged_again() {
    let scene = Scene::new();
    scene.commit("conf.py", &secret("old"));
    scene.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    scene.commit("fine.py", "x = 1\n");
    scene.passes(&["origin", "main"]);
    scene.passes(&["origin", "main:refs/heads/new"]);
    scene.passes(&["origin", "--delete", "new"]);
    // Written anew, the same secret leaves in a commit that the remote has not.
    scene.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    scene.commit("other.py", "x = 1\n");
    scene.passes(&["--force", "origin", "main"]);
    scene.git(&["commit", "--quiet", "--amend", "--no-verify", "--message", "again"]);
    scene.commit("conf.py", &secret("new"));
    scene.stopped(&["--force", "origin", "main"]);
    scene.stopped(&["--force-with-lease", "origin", "main"]);
}

#[test]
fn a_push_elsewhere_believes_nothing_that_was_fetched_from_here() {
    let scene = Scene::new();
    scene.commit("conf.py", &secret("old"));
    scene.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let other = scene.bare("other.git", &[]);
    scene.stopped(&[&other, "main"]);
    scene.stopped(&[&format!("file://{other}"), "main:refs/heads/x"]);
    scene.git(&["config", "remote.origin.pushurl", &other]);
    scene.stopped(&["origin", "main"]);
    scene.git(&["config", "--unset", "remote.origin.pushurl"]);
    scene.git(&["config", "--add", "remote.origin.url", &other]);
    scene.git(&["push", "--quiet", "--no-verify", scene.remote.to_str().unwrap(), "main~:refs/heads/x"]);
    scene.stopped(&["origin", "main"]);
    assert_eq!(scene.git(&["-C", &other, "for-each-ref"]), "");
    // The branches of a remote `origin/two` lie below those of `origin`.
    scene.git(&["config", "--unset-all", "remote.origin.url"]);
    scene.git(&["config", "remote.origin.url", &other]);
    for name in scene.git(&["for-each-ref", "--format=%(refname)", "refs/remotes/origin"]).lines() {
        scene.git(&["update-ref", "-d", name]);
    }
    scene.git(&["config", "remote.origin/two.url", scene.remote.to_str().unwrap()]);
    scene.git(&["config", "remote.origin/two.fetch", "+refs/heads/*:refs/remotes/origin/two/*"]);
    scene.git(&["fetch", "--quiet", "origin/two"]);
    scene.git(&["config", "iao.prepush.exclude", "tracking"]);
    scene.stopped(&["origin", "main:refs/heads/y"]);
}

#[test]
fn a_remembered_branch_that_the_remote_dropped_hides_nothing() {
    let scene = Scene::new();
    scene.bad_branch("side");
    scene.git(&["push", "--quiet", "--no-verify", "origin", "side"]);
    assert!(scene.git(&["for-each-ref", "refs/remotes"]).contains("origin/side"));
    let purge = || scene.git(&["-C", scene.remote.to_str().unwrap(), "update-ref", "-d", "refs/heads/side"]);
    purge();
    scene.stopped(&["origin", "side"]);
    scene.stopped(&["origin", "side:refs/heads/other"]);
    for (exclude, stops) in [("advertised", true), ("tracking", false)] {
        scene.git(&["config", "iao.prepush.exclude", exclude]);
        let done = scene.sandbox.git_says_yes(&["push", "--quiet", "origin", "side:refs/heads/other"]);
        assert_eq!(done, !stops, "{exclude}");
    }
    scene.stopped(&["origin", "side"]);
    scene.git(&["config", "iao.prepush.exclude", "nothing"]);
    assert!(scene.sandbox.git_fails(&["push", "origin", "main:z"]).contains("iao.prepush.exclude"));
}

#[test]
fn a_main_branch_that_the_remote_rewrote_hides_nothing() {
    let scene = Scene::new();
    scene.commit("conf.py", &secret("old"));
    scene.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    // The remote goes back; this clone remembers what it had.
    let first = scene.sandbox.revision("main~");
    scene.git(&["-C", scene.remote.to_str().unwrap(), "update-ref", "refs/heads/main", &first]);
    scene.stopped(&["origin", "main"]);
}

#[test]
fn a_remote_that_went_on_meanwhile_is_not_judged_from_its_beginning() {
    let scene = Scene::new();
    scene.commit("conf.py", &secret("old"));
    scene.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let other = scene.sandbox.beside("other");
    let place = other.to_str().unwrap();
    scene.git(&["clone", "--quiet", scene.remote.to_str().unwrap(), place]);
    scene.git(&["-C", place, "commit", "--quiet", "--allow-empty", "--message", "theirs"]);
    scene.git(&["-C", place, "push", "--quiet", "origin", "main"]);
    scene.commit("fine.py", "x = 1\n");
    let said = scene.sandbox.git_fails(&["push", "origin", "main"]);
    assert!(said.contains("[rejected]") && !said.contains("blocked by"), "{said}");
    scene.commit("conf.py", &secret("new"));
    scene.stopped(&["--force", "origin", "main"]);
}

#[test]
fn entries_that_no_listing_shows_are_stopped() {
    let scene = Scene::new();
    let blob = scene.sandbox.revision("HEAD:README.md");
    let raw: Vec<u8> = (0..20).map(|at| u8::from_str_radix(&blob[2 * at..2 * at + 2], 16).unwrap()).collect();
    let entry = |name: &str| [format!("100644 {name}\0").as_bytes(), &raw].concat();
    let tree = |names: &[&str]| {
        let bytes: Vec<u8> = names.iter().flat_map(|name| entry(name)).collect();
        let path = scene.sandbox.beside("tree");
        fs::write(&path, bytes).unwrap();
        scene.git(&["hash-object", "-t", "tree", "-w", "--literally", path.to_str().unwrap()])
    };
    let commit = |tree: &str, parent: &str| scene.git(&["commit-tree", "-p", parent, "-m", "x", tree]);
    let head = scene.sandbox.revision("HEAD");
    let good = commit(&tree(&["README.md"]), &head);
    scene.passes(&["origin", &format!("{good}:refs/heads/good")]);
    for names in [&[".GIT", "README.md"][..], &["..", "README.md"], &["README.md", "README.md"]] {
        let bad = commit(&tree(names), &good);
        let said = scene.stopped(&["origin", &format!("{bad}:refs/heads/bad")]);
        assert!(said.contains("error[tree."), "{said}");
        // What was there before does not stop what comes after it.
        scene.git(&["push", "--quiet", "--no-verify", "origin", &format!("{bad}:refs/heads/known")]);
        let more = [&["A.md"], names].concat();
        let next = commit(&tree(if names[0] < "A" { names } else { &more }), &bad);
        scene.passes(&["origin", &format!("{next}:refs/heads/known")]);
        scene.git(&["push", "--quiet", "--delete", "origin", "known"]);
    }
}

#[test]
fn evidence_of_this_clone_goes_and_what_only_takes_its_name_does_not() {
    let scene = Scene::new();
    scene.sandbox.iao("seal").exits(0);
    scene.passes(&["origin", "refs/iao/ledger:refs/iao/ledger", "refs/notes/iao:refs/notes/iao"]);
    scene.bad_branch("side");
    scene.stopped(&["origin", "side:refs/iao/other"]);
    scene.stopped(&["--force", "origin", "side:refs/notes/iao"]);
}
