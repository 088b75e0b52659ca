//! Pushes from clones that do not have everything, or show something else than they have.

use std::fs;

use crate::hooks_push::Scene;
use crate::hooks_scene::secret;
use crate::sandbox::Sandbox;

#[test]
fn replaced_objects_hide_nothing() {
    let scene = Scene::new();
    scene.commit("conf.py", &secret("hunt"));
    scene.sandbox.put("harmless", "x = 1\n");
    let fake = scene.git(&["hash-object", "-w", "harmless"]);
    fs::remove_file(scene.sandbox.path().join("harmless")).unwrap();
    let blob = scene.sandbox.revision("HEAD:conf.py");
    scene.git(&["replace", &blob, &fake]);
    assert_eq!(scene.git(&["show", "HEAD:conf.py"]), "x = 1", "git itself is fooled");
    let said = scene.sandbox.git_fails(&["push", "--quiet", "origin", "main"]);
    assert!(said.contains("conf.py:1:"), "{said}");
    scene.git(&["replace", "-d", &blob]);
    scene.git(&["replace", "main", "main~"]);
    let said = scene.sandbox.git_fails(&["push", "--quiet", "--force", "origin", "main"]);
    assert!(said.contains("conf.py:1:"), "{said}");
}

#[test]
fn a_shallow_clone_is_judged_as_far_as_it_goes() {
    let scene = Scene::new();
    scene.commit("conf.py", &secret("old"));
    scene.commit("fine.py", "x = 1\n");
    scene.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let (url, clone) = (format!("file://{}", scene.remote.display()), scene.sandbox.beside("shallow"));
    let place = clone.to_str().unwrap();
    scene.git(&["clone", "--quiet", "--depth=1", &url, place]);
    scene.sandbox.iao_in(&clone, &[], ["hooks", "install", "--files"]).exits(0);
    let commit = |name: &str, text: &str| {
        fs::write(clone.join(name), text).unwrap();
        scene.git(&["-C", place, "add", "--all"]);
        scene.git(&["-C", place, "commit", "--quiet", "--no-verify", "--message", name]);
    };
    commit("b.py", "x = 1\n");
    scene.git(&["-C", place, "push", "--quiet", "origin", "main"]);
    commit("c.py", &secret("new"));
    assert!(scene.stopped_in(&clone, &["origin", "main"]).contains("c.py:1:"));
    scene.git(&["-C", place, "reset", "--quiet", "--hard", "HEAD~"]);
    // Another place has nothing of it, so what the last commit holds leaves too.
    let other = scene.bare("other.git", &[]);
    assert!(scene.stopped_in(&clone, &[&other, "main"]).contains("conf.py:1:"));
}

#[test]
fn a_partial_clone_is_judged_by_what_it_has_and_fetches_nothing() {
    let scene = Scene::new();
    scene.git(&["-C", scene.remote.to_str().unwrap(), "config", "uploadpack.allowFilter", "true"]);
    scene.commit("conf.py", &secret("old"));
    scene.commit("conf.py", "x = 1\n");
    scene.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
    let (url, clone) = (format!("file://{}", scene.remote.display()), scene.sandbox.beside("partial"));
    let place = clone.to_str().unwrap();
    scene.git(&["clone", "--quiet", "--filter=blob:none", &url, place]);
    scene.sandbox.iao_in(&clone, &[], ["hooks", "install", "--files"]).exits(0);
    fs::write(clone.join("b.py"), "x = 1\n").unwrap();
    scene.git(&["-C", place, "add", "--all"]);
    scene.git(&["-C", place, "commit", "--quiet", "--message", "b"]);
    scene.git(&["-C", place, "push", "--quiet", "origin", "main"]);
    let missing = || scene.git(&["-C", place, "rev-list", "--objects", "--all", "--missing=print"]);
    let before = missing().matches('?').count();
    assert!(before > 0);
    // All of history, whose contents are the remote's: counted, not fetched, not judged.
    scene.git(&["-C", place, "config", "iao.prepush.exclude", "advertised"]);
    let (done, said) = scene.sandbox.git_with(&[], &["-C", place, "push", "origin", "main:refs/heads/x"]);
    assert!(done && said.contains("only at its remote, and were not looked at"), "{said}");
    assert_eq!(missing().matches('?').count(), before);
    fs::write(clone.join("c.py"), secret("new")).unwrap();
    scene.git(&["-C", place, "add", "--all"]);
    scene.git(&["-C", place, "commit", "--quiet", "--no-verify", "--message", "c"]);
    assert!(scene.stopped_in(&clone, &["origin", "main:refs/heads/y"]).contains("c.py:1:"));
    assert_eq!(missing().matches('?').count(), before);
}

#[test]
fn repositories_of_sha_256_are_judged_alike() {
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main"]);
    let remote = sandbox.beside("remote.git");
    let place = remote.to_str().unwrap();
    sandbox.git(&["init", "--quiet", "--bare", "--object-format=sha256", place]);
    sandbox.iao("hooks install --files").exits(0);
    sandbox.put("a.py", "x = 1\n");
    sandbox.commit_all("first");
    sandbox.git(&["push", "--quiet", place, "main"]);
    sandbox.put("a.py", secret("hunt"));
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "bad"]);
    assert!(sandbox.git_fails(&["push", place, "main"]).contains("a.py:1:"));
}
