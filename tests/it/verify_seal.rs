//! `git iao verify --seal`: one commit or a range, at each depth, and under every kind of tampering.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A history of `count` commits, each sealed; `file<n>` is new in the n-th.
fn history(count: usize) -> Sandbox {
    let sandbox = Sandbox::new().file("deep/er/file", "constant\n");
    for number in 0..count {
        sandbox.put(format!("dir/file{number}"), format!("content {number}\n"));
        sandbox.put("changing", number.to_string());
        sandbox.commit_all(&format!("number {number}"));
        sandbox.iao("seal").exits(0);
    }
    sandbox
}

fn loose(sandbox: &Sandbox, object: &str) -> PathBuf {
    sandbox.path().join(".git/objects").join(&object[..2]).join(&object[2..])
}

/// Puts the content of one object into the place of another, behind git's back.
fn swap(sandbox: &Sandbox, place: &str, content: &str) {
    fs::remove_file(loose(sandbox, place)).unwrap();
    fs::copy(loose(sandbox, content), loose(sandbox, place)).unwrap();
}

/// Edits the ledger's files and moves its ref to a commit that has them, on top of what is there.
pub(crate) fn forge(sandbox: &Sandbox, edit: impl FnOnce(&Path)) {
    let folder = sandbox.beside("ledger");
    let place = folder.to_str().unwrap();
    sandbox.git(&["worktree", "add", "--quiet", "--detach", place, "refs/iao/ledger"]);
    edit(&folder);
    sandbox.git(&["-C", place, "add", "--all"]);
    sandbox.git(&["-C", place, "commit", "--quiet", "--message", "forged"]);
    let head = sandbox.git(&["-C", place, "rev-parse", "HEAD"]);
    sandbox.git(&["worktree", "remove", "--force", place]);
    sandbox.git(&["update-ref", "refs/iao/ledger", &head]);
}

fn failed(answer: &Value) -> Vec<String> {
    let checks = answer["checks"].as_array().unwrap().iter();
    let failed = checks.filter(|check| check["state"] == "fail");
    failed
        .map(|check| format!("{} {}", check["id"].as_str().unwrap(), check["detail"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_range_lists_each_commit_and_who_is_unsealed() {
    let sandbox = history(3);
    sandbox.put("late", "late");
    let late = sandbox.commit_all("not sealed");
    for depth in ["merkle", "content"] {
        let range = format!("verify --seal --depth {depth} HEAD~3..HEAD");
        let outcome = sandbox.iao(&range).exits(0).answers(&["2 of 2 seals hold; 1 commits are not sealed"]);
        assert_eq!(outcome.stdout.lines().filter(|line| line.starts_with("holds")).count(), 2, "{outcome:?}");
        assert!(outcome.stdout.contains(&format!("unsealed  {late}")), "{outcome:?}");
        sandbox.iao(&format!("{range} --all")).exits(1);
        sandbox.iao(&format!("verify --seal --depth {depth} --all HEAD~3..HEAD~1")).exits(0);
    }
    let json = sandbox.iao("--json verify --seal HEAD~3 HEAD~1 HEAD HEAD~1").exits(0).json();
    assert_eq!((&json["sealed"], &json["unsealed"], &json["failed"]), (&2.into(), &1.into(), &0.into()));
    let details = json["commits"].to_string();
    assert!(details.contains("follows the seal of"), "{details}");
    sandbox.iao("verify --seal HEAD~1..HEAD").exits(1).answers(&["0 of 0 seals hold"]);
    sandbox.iao("verify --seal HEAD..HEAD").exits(0);
    sandbox.iao("verify --seal nowhere..HEAD").refuses(&["nowhere"]);
    sandbox.iao("verify HEAD HEAD~1").refuses(&["one commit at a time"]);
    sandbox.iao("verify --seal --depth worktree HEAD~1..HEAD").refuses(&["files on disk"]);
}

#[test]
fn one_bad_seal_in_a_range_is_named_and_hides_no_other() {
    let sandbox = history(4);
    let (place, other) = (sandbox.revision("HEAD~2:changing"), sandbox.revision("HEAD:changing"));
    swap(&sandbox, &place, &other);
    let bad = sandbox.revision("HEAD~2");
    let json = sandbox.iao("--json verify --seal HEAD~3.. HEAD~3").exits(1).json();
    assert_eq!((&json["sealed"], &json["failed"]), (&4.into(), &1.into()), "{json}");
    let commits = json["commits"].as_array().unwrap();
    let wrong: Vec<&Value> = commits.iter().filter(|one| one["holds"] == false).collect();
    assert_eq!(wrong.len(), 1);
    assert_eq!(wrong[0]["commit"], bad.as_str());
    assert!(
        failed(wrong[0])[0].starts_with("seal/content") && failed(wrong[0])[0].contains("changing"),
        "{json}"
    );
    sandbox.iao("verify --seal HEAD~3..HEAD").exits(1).answers(&[
        "fails",
        "seal/content",
        "2 of 3 seals hold",
    ]);
    // Records, names and modes are as they were: this depth trusts git's names for the content.
    sandbox.iao("verify --seal --depth merkle HEAD~3..HEAD").exits(0);
}

#[test]
fn a_swapped_commit_or_tree_is_noticed_at_every_depth() {
    for what in ["HEAD", "HEAD^{tree}", "HEAD:dir"] {
        let sandbox = history(2);
        let (place, other) = (sandbox.revision(what), sandbox.revision(&what.replace("HEAD", "HEAD~1")));
        let commit = sandbox.revision("HEAD");
        swap(&sandbox, &place, &other);
        for depth in ["merkle", "content"] {
            let outcome = sandbox.iao(&format!("verify --seal --depth {depth} {commit}"));
            assert!(outcome.code != 0, "{what} at {depth}: {outcome:?}");
        }
    }
}

#[test]
fn replaced_objects_and_grafts_fool_nobody() {
    let sandbox = history(3);
    sandbox.git(&["replace", &sandbox.revision("HEAD:changing"), &sandbox.revision("HEAD~1:changing")]);
    sandbox.git(&["replace", &sandbox.revision("HEAD~1"), &sandbox.revision("HEAD~2")]);
    sandbox.put(".git/info/grafts", format!("{}\n", sandbox.revision("HEAD")));
    for depth in ["merkle", "content"] {
        sandbox.iao(&format!("verify --seal --depth {depth} HEAD")).exits(0);
    }
}

#[test]
fn a_seal_in_the_place_of_another_commit_is_named() {
    let sandbox = history(2);
    sandbox.put("more", "more");
    let target = sandbox.commit_all("not sealed");
    let source = sandbox.revision("HEAD~1");
    let seals = sandbox.git(&["ls-tree", "-r", "--name-only", "refs/iao/ledger", "seals"]);
    forge(&sandbox, |folder| {
        for path in seals.lines().filter(|path| path.contains(&source)) {
            let (fan, name) = path.strip_prefix("seals/").unwrap().split_once(&source).unwrap();
            // The target's own digits in the place of the source's.
            let mut digits = target.chars();
            let fan: String =
                fan.chars().map(|one| if one == '/' { one } else { digits.next().unwrap() }).collect();
            let to = folder.join(format!("seals/{fan}{target}{name}"));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(folder.join(path), to).unwrap();
        }
    });
    let json = sandbox.iao("--json verify --seal HEAD").exits(1).json();
    assert!(failed(&json)[0].contains("another commit than its path says"), "{json}");
    sandbox.iao("verify --seal HEAD~1").exits(0);
    // The same with the note.
    sandbox.git(&["notes", "--ref=iao", "copy", "--force", "HEAD~1", "HEAD"]);
    sandbox.iao("verify --seal HEAD~2..HEAD").exits(1).answers(&["1 of 2 seals hold"]);
}

#[test]
fn changed_and_missing_records_are_named() {
    let sandbox = history(2);
    let records = sandbox.git(&["ls-tree", "-r", "--name-only", "refs/iao/ledger", "records"]);
    let record = records.lines().next().unwrap().to_owned();
    let head = sandbox.revision("refs/iao/ledger");
    forge(&sandbox, |folder| {
        let mut bytes = fs::read(folder.join(&record)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(folder.join(&record), bytes).unwrap();
    });
    sandbox.iao("verify --seal HEAD").refuses(&["was replaced"]);
    // The same with no history that could tell: the name tells.
    let tree = sandbox.revision("refs/iao/ledger^{tree}");
    let orphan = sandbox.git(&["commit-tree", &tree, "-m", "new beginning"]);
    sandbox.git(&["update-ref", "refs/iao/ledger", &orphan]);
    fs::remove_file(sandbox.path().join(".git/iao/trust/ledger")).unwrap();
    sandbox.iao("verify --seal HEAD").refuses(&["digest"]);
    // And with the record gone.
    sandbox.git(&["update-ref", "refs/iao/ledger", &head]);
    forge(&sandbox, |folder| fs::remove_dir_all(folder.join("records")).unwrap());
    let tree = sandbox.revision("refs/iao/ledger^{tree}");
    let orphan = sandbox.git(&["commit-tree", &tree, "-m", "new beginning"]);
    sandbox.git(&["update-ref", "refs/iao/ledger", &orphan]);
    for depth in ["merkle", "content"] {
        let json = sandbox.iao(&format!("--json verify --seal --depth {depth} HEAD")).exits(1).json();
        assert!(failed(&json)[0].contains("lacks the record"), "{json}");
    }
}

#[test]
fn the_files_on_disk_are_held_against_the_seal() {
    let sandbox = Sandbox::new();
    for path in ["kept", "changed", "gone", "tool", "plain", "sub/in", "lines", "was-file"] {
        sandbox.put(path, format!("{path}\nmore\n"));
    }
    sandbox.put("large", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    symlink("kept", sandbox.path().join("link")).unwrap();
    let mode = |path: &str, mode| {
        fs::set_permissions(sandbox.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("tool", 0o755);
    sandbox.commit_all("first");
    sandbox.iao("seal").exits(0);
    sandbox.put("untracked", "of no interest");
    let check = "verify --seal --depth worktree";
    sandbox.iao(check).exits(0).answers(&["10 files on disk are as they were sealed"]);

    sandbox.put("changed", "other");
    mode("tool", 0o644);
    mode("plain", 0o755);
    sandbox.put("lines", "lines\r\nmore\r\n");
    sandbox.put("large", "the large file itself");
    let at = |path: &str| sandbox.path().join(path);
    for path in ["gone", "link", "was-file"] {
        fs::remove_file(at(path)).unwrap();
    }
    symlink("changed", at("link")).unwrap();
    fs::create_dir(at("was-file")).unwrap();
    // The directory is elsewhere, and a link leads there.
    fs::rename(at("sub"), sandbox.beside("sub")).unwrap();
    symlink(sandbox.beside("sub"), at("sub")).unwrap();
    let json = sandbox.iao(&format!("--json {check}")).exits(1).json();
    let expected = [
        "`changed`: other content on disk",
        "`gone`: missing on disk",
        "`large`: the seal has the pointer of git-lfs, the disk another content",
        "`lines`: other line ends on disk (CRLF)",
        "`link`: another target on disk",
        "`plain`: executable on disk",
        "`sub/in`: missing on disk",
        "`tool`: not executable on disk",
        "`was-file`: something else on disk",
    ];
    let expected: Vec<String> = expected.iter().map(|what| format!("seal/worktree {what}")).collect();
    assert_eq!(failed(&json), expected);
    // The commit itself is as it was.
    sandbox.iao("verify --seal").exits(0);
}

#[test]
fn the_first_twenty_differences_are_named_and_the_rest_counted() {
    let sandbox = Sandbox::new();
    for number in 0..30 {
        sandbox.put(format!("f{number:02}"), "1");
    }
    sandbox.commit_all("first");
    sandbox.iao("seal").exits(0);
    for number in 0..25 {
        sandbox.put(format!("f{number:02}"), "2");
    }
    let json = sandbox.iao("--json verify --seal --depth worktree").exits(1).json();
    let failed = failed(&json);
    assert_eq!((failed.len(), failed.last().unwrap().as_str()), (21, "seal/worktree and 5 more"));
    sandbox.git(&["config", "core.bare", "true"]);
    assert_eq!(sandbox.iao("verify --seal --depth worktree").code, 2);
}
