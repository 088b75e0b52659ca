//! Looks at working trees of every kind, among them some that were made to do harm.

use proptest::prelude::*;

use super::*;
use crate::git::testing::Sandbox;

fn listed(sandbox: &Sandbox) -> Vec<String> {
    let snapshot = sandbox.open().snapshot_worktree().unwrap();
    snapshot.entries().iter().map(|entry| entry.path.to_string()).collect()
}

#[test]
fn tracked_and_untracked_files_are_shown_and_ignored_ones_are_not() {
    let sandbox = Sandbox::new()
        .file("kept", "1")
        .file("gone", "2")
        .file("forced.log", "3")
        .file(".gitignore", "*.log\n/build/\n")
        .file("dir/.gitignore", "secret\n");
    sandbox.git(&["add", "-f", "forced.log"]);
    let sandbox = sandbox.commit("first");
    std::fs::write(sandbox.path().join(".git/info/exclude"), "here\n").unwrap();
    std::fs::remove_file(sandbox.path().join("gone")).unwrap();
    let sandbox = sandbox
        .file("x.log", "")
        .file("build/out", "")
        .file("here", "")
        .file("dir/secret", "")
        .file("dir/new", "n")
        .file("kept", "changed");
    let expected = [".gitignore", "dir/.gitignore", "dir/new", "forced.log", "kept"];
    assert_eq!(listed(&sandbox), expected);
    let repository = sandbox.open();
    let snapshot = repository.snapshot_worktree().unwrap();
    for entry in snapshot.entries() {
        let content = snapshot.read(entry).unwrap();
        assert_eq!(entry.id, repository.blob_id(&content), "{}", entry.path);
        assert_eq!(snapshot.size(entry).unwrap(), content.len() as u64);
    }
    assert_eq!(repository.uncommitted().unwrap(), 2);
}

#[test]
fn only_what_git_would_commit_counts_as_uncommitted() {
    let sandbox = Sandbox::new().file("a", "1").file("b", "1").file("c", "1").commit("first");
    assert_eq!(sandbox.open().uncommitted().unwrap(), 0);
    let sandbox = sandbox.file("untracked", "").file("a", "2").file("b", "2").file("new", "n");
    sandbox.git(&["add", "a", "new"]);
    sandbox.git(&["rm", "-q", "--cached", "c"]);
    assert_eq!(sandbox.open().uncommitted().unwrap(), 4);
    // Touched, and the same.
    sandbox.git(&["reset", "-q", "--hard"]);
    let sandbox = sandbox.file("a", "1");
    assert_eq!(sandbox.open().uncommitted().unwrap(), 0);
}

#[test]
fn line_ends_that_git_writes_on_checkout_are_no_change() {
    let sandbox = Sandbox::new()
        .file(".gitattributes", "* text=auto\n*.bat text eol=crlf\n")
        .file("run.bat", "@echo off\nrun\n")
        .commit("first");
    std::fs::remove_file(sandbox.path().join("run.bat")).unwrap();
    sandbox.git(&["checkout", "-q", "run.bat"]);
    assert_eq!(std::fs::read(sandbox.path().join("run.bat")).unwrap(), b"@echo off\r\nrun\r\n");
    assert_eq!(sandbox.open().uncommitted().unwrap(), 0);
    let sandbox = sandbox.file("run.bat", "@echo off\r\nwalk\r\n");
    assert_eq!(sandbox.open().uncommitted().unwrap(), 1);
}

#[test]
fn everything_staged_before_the_first_commit_counts() {
    let sandbox = Sandbox::new().file("a", "1").file("b", "1");
    assert_eq!(sandbox.open().uncommitted().unwrap(), 0);
    sandbox.git(&["add", "a"]);
    assert_eq!(sandbox.open().uncommitted().unwrap(), 1);
}

#[cfg(unix)]
#[test]
fn links_are_shown_and_never_followed() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("b"), "outside").unwrap();
    let sandbox = Sandbox::new().file("d/b", "inside").file("plain", "1").commit("first");
    let top = sandbox.path();
    std::fs::remove_dir_all(top.join("d")).unwrap();
    symlink(outside.path(), top.join("d")).unwrap();
    symlink("/etc/passwd", top.join("link")).unwrap();
    let repository = sandbox.open();
    let snapshot = repository.snapshot_worktree().unwrap();
    let paths: Vec<_> = snapshot.entries().iter().map(|entry| (entry.path.to_string(), entry.mode)).collect();
    let expected = [("d", FileMode::Symlink), ("link", FileMode::Symlink), ("plain", FileMode::Regular)];
    assert_eq!(paths, expected.map(|(path, mode)| (path.to_owned(), mode)));
    let link = snapshot.get(&"link".into()).unwrap();
    assert_eq!(snapshot.read(link).unwrap(), b"/etc/passwd");
    // A file that becomes a link after the snapshot was taken is not followed either.
    let plain = snapshot.get(&"plain".into()).unwrap();
    std::fs::remove_file(top.join("plain")).unwrap();
    symlink("/etc/passwd", top.join("plain")).unwrap();
    assert!(matches!(snapshot.read(plain), Err(Error::Io { .. })));
    let through = Entry { path: "d/b".into(), mode: FileMode::Regular, id: plain.id };
    assert!(matches!(snapshot.read(&through), Err(Error::Io { .. })));
    let escape = Entry { path: "../x".into(), mode: FileMode::Regular, id: plain.id };
    assert!(snapshot.read(&escape).is_err());
}

#[cfg(unix)]
#[test]
fn the_executable_bit_and_names_that_are_no_text_are_kept() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new().file("run", "1").commit("first");
    let run = sandbox.path().join("run");
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(sandbox.path().join(std::ffi::OsStr::from_bytes(b"n\xff")), "x").unwrap();
    let repository = sandbox.open();
    let snapshot = repository.snapshot_worktree().unwrap();
    assert_eq!(snapshot.get(&"run".into()).unwrap().mode, FileMode::Executable);
    assert_eq!(snapshot.entries()[0].path, RepoPath::from_bytes(b"n\xff".to_vec()));
    assert_eq!(repository.uncommitted().unwrap(), 1);
    sandbox.git(&["config", "core.fileMode", "false"]);
    let repository = sandbox.open();
    assert_eq!(repository.snapshot_worktree().unwrap().get(&"run".into()).unwrap().mode, FileMode::Regular);
    assert_eq!(repository.uncommitted().unwrap(), 0);
}

#[test]
fn submodules_are_one_entry_and_other_repositories_none() {
    let sandbox = Sandbox::new().file("a", "1").commit("first");
    for nested in ["sub", "other"] {
        sandbox.git(&["init", "-q", nested]);
        std::fs::write(sandbox.path().join(nested).join("file"), "x").unwrap();
        sandbox.git(&["-C", nested, "add", "."]);
        sandbox.git(&["-C", nested, "commit", "-q", "-m", "inner"]);
    }
    let head = sandbox.git(&["-C", "sub", "rev-parse", "HEAD"]);
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{head},sub")]);
    assert_eq!(listed(&sandbox), ["a", "sub"]);
    let snapshot = sandbox.open().snapshot_worktree().unwrap();
    let sub = snapshot.get(&"sub".into()).unwrap();
    assert_eq!((sub.mode, sub.id.to_string()), (FileMode::Gitlink, head));
}

#[test]
fn nothing_that_a_repository_names_is_run() {
    let sandbox =
        Sandbox::new().file("a.txt", "1\n").file(".gitattributes", "* filter=evil diff=evil text\n");
    let sandbox = sandbox.commit("first");
    let canary = sandbox.path().join("canary");
    let run = format!("touch {}; cat", canary.display());
    for key in [
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "gpg.program",
        "credential.helper",
        "uploadpack.packObjectsHook",
    ] {
        sandbox.git(&["config", key, &run]);
    }
    sandbox.git(&["config", "filter.evil.required", "true"]);
    for hook in ["fsmonitor-watchman", "post-index-change", "reference-transaction"] {
        let path = sandbox.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\ntouch {}\n", canary.display())).unwrap();
    }
    let sandbox = sandbox.file("a.txt", "2\n").file("new.txt", "3\n");
    let repository = sandbox.open();
    let head = repository.resolve("HEAD").unwrap();
    let snapshots = [
        repository.snapshot_worktree().unwrap(),
        repository.snapshot_index().unwrap(),
        repository.snapshot_commit(head).unwrap(),
    ];
    for snapshot in &snapshots {
        for entry in snapshot.entries() {
            snapshot.read(entry).unwrap();
        }
    }
    assert_eq!(repository.uncommitted().unwrap(), 1);
    repository.patch_id(head).unwrap();
    repository.stage_blob(b"x").unwrap();
    repository.persist().unwrap();
    repository.checked_out_at("refs/heads/main").unwrap();
    assert!(!canary.exists(), "something was run");
}

#[test]
fn files_outside_of_a_sparse_checkout_are_neither_shown_nor_changed() {
    let sandbox = Sandbox::new().file("a/x", "1").file("b/y", "2").commit("first");
    sandbox.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "a"]);
    assert_eq!(listed(&sandbox), ["a/x"]);
    assert_eq!(sandbox.open().uncommitted().unwrap(), 0);
    let sandbox = sandbox.file("a/x", "2");
    sandbox.git(&["add", "a/x"]);
    assert_eq!(sandbox.open().uncommitted().unwrap(), 1);
}

/// What a person does to a file.
#[derive(Debug, Clone)]
enum Act {
    Write(&'static str, u8),
    Delete(&'static str),
    Stage(&'static str),
    Commit,
}

fn any_act() -> impl Strategy<Value = Act> {
    let path =
        || prop_oneof![Just("a"), Just("d/a"), Just("d/e/b"), Just("d/x.log"), Just("log/c"), Just("f")];
    prop_oneof![
        4 => (path(), 0..3_u8).prop_map(|(path, content)| Act::Write(path, content)),
        1 => path().prop_map(Act::Delete),
        3 => path().prop_map(Act::Stage),
        1 => Just(Act::Commit),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_working_tree_is_seen_as_git_sees_it(acts in proptest::collection::vec(any_act(), 1..14)) {
        let mut sandbox = Sandbox::new().file(".gitignore", "*.log\n!/log\n").commit("first");
        for act in acts {
            match act {
                Act::Write(path, content) => sandbox = sandbox.file(path, [content]),
                Act::Delete(path) => drop(std::fs::remove_file(sandbox.path().join(path))),
                Act::Stage(path) => drop(sandbox.try_git(&["add", "-f", path])),
                Act::Commit => drop(sandbox.try_git(&["commit", "-q", "-m", "next"])),
            }
        }
        let shown = sandbox.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
        let mut expected: Vec<_> =
            shown.lines().filter(|path| sandbox.path().join(path).exists()).map(str::to_owned).collect();
        expected.sort();
        prop_assert_eq!(listed(&sandbox), expected);
        // Before `git status`, which would refresh the index.
        let counted = sandbox.open().uncommitted().unwrap();
        let status = sandbox.git(&["status", "--porcelain", "--no-renames", "--untracked-files=no"]);
        prop_assert_eq!(counted, status.lines().count(), "{}", status);
    }
}

#[test]
fn a_large_file_has_the_name_that_git_gives_it() {
    for format in ["sha1", "sha256"] {
        let sandbox = Sandbox::with(&[&format!("--object-format={format}")[..]]);
        let length = usize::try_from(LARGE).unwrap() + 5;
        let sandbox = sandbox.file("large", vec![7; length]).file("small", "x");
        let snapshot = sandbox.open().snapshot_worktree().unwrap();
        for entry in snapshot.entries() {
            assert_eq!(
                entry.id.to_string(),
                sandbox.git(&["hash-object", &entry.path.to_string()]),
                "{format}"
            );
        }
    }
}
