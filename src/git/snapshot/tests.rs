//! Reads trees, among them some that no well-behaved program writes.

use super::*;
use crate::git::testing::Sandbox;

/// Stores a tree of these raw entries, however odd.
fn raw_tree(sandbox: &Sandbox, entries: &[(&str, &[u8], &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(id.parse::<ObjectId>().unwrap().as_bytes());
    }
    sandbox.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &bytes)
}

#[test]
fn hostile_entries_are_reported_and_ambiguous_ones_not_listed() {
    let sandbox = Sandbox::new();
    let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"x");
    let inner = raw_tree(&sandbox, &[("100644", b"config", &blob)]);
    let null = "0".repeat(40);
    let tree = raw_tree(
        &sandbox,
        &[
            ("100644", b"", &blob),
            ("40000", b"..", &inner),
            ("100644", b".", &blob),
            ("40000", b".GIT", &inner),
            ("100644", b"a/b", &blob),
            ("100644", b"same", &blob),
            ("40000", b"same", &inner),
            ("100644", b"null", &null),
            ("100600", b"odd", &blob),
            ("70000", b"unknown", &blob),
            ("100644", b"\xff\x01", &blob),
        ],
    );
    let snapshot = sandbox.open().snapshot_tree(tree.parse().unwrap()).unwrap();
    let listed: Vec<_> = snapshot.entries().iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(listed, [".GIT/config", "odd", "same", "%FF%01"]);
    let kinds: std::collections::BTreeSet<_> =
        snapshot.oddities().iter().map(|odd| (odd.path.to_string(), odd.kind)).collect();
    for expected in [
        ("", OddityKind::EmptyName),
        ("..", OddityKind::DotOrDotDot),
        (".", OddityKind::DotOrDotDot),
        (".GIT", OddityKind::DotGit),
        ("a/b", OddityKind::SlashInName),
        ("same", OddityKind::Duplicate),
        ("null", OddityKind::NullId),
        ("null", OddityKind::Unsorted),
        ("odd", OddityKind::UnknownMode),
        ("unknown", OddityKind::UnknownMode),
    ] {
        assert!(kinds.contains(&(expected.0.to_owned(), expected.1)), "{expected:?} in {kinds:?}");
    }
}

#[test]
fn trees_nested_without_end_and_trees_that_explode_are_refused() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let blob = repository.stage_blob(b"").unwrap();
    let stage = |names: usize, mode: &str, id: ObjectId| {
        let entry = |name: usize| [format!("{mode} {name:03}\0").as_bytes(), id.as_bytes()].concat();
        repository.stage(Kind::Tree, &(0..names).flat_map(entry).collect::<Vec<_>>()).unwrap()
    };
    let mut deep = stage(1, "100644", blob);
    for _ in 0..tree_reader::MAX_DEPTH {
        deep = stage(1, "40000", deep);
    }
    assert_eq!(repository.snapshot_tree(deep).unwrap().entries().len(), 1);
    let empty = repository.empty_tree();
    assert_eq!(repository.diff_trees(empty, deep).unwrap().len(), 1);
    let deeper = stage(1, "40000", deep);
    let refused = repository.snapshot_tree(deeper).map(|_| ());
    assert!(matches!(refused, Err(Error::TreeTooDeep { id, .. }) if id == deeper));
    assert!(matches!(repository.diff_trees(empty, deeper), Err(Error::TreeTooDeep { .. })));

    let mut bomb = stage(200, "40000", empty);
    for _ in 0..8 {
        bomb = stage(200, "40000", bomb);
    }
    let refused = repository.snapshot_tree(bomb).map(|_| ());
    assert!(matches!(refused, Err(Error::TreeTooLarge { id }) if id == bomb));
    assert!(matches!(repository.diff_trees(empty, bomb), Err(Error::TreeTooLarge { .. })));
}

#[test]
fn cut_off_trees_are_corrupt() {
    let sandbox = Sandbox::new();
    let tree =
        sandbox.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], b"100644 a\x00123");
    let refused = sandbox.open().snapshot_tree(tree.parse().unwrap()).map(|_| ());
    assert!(matches!(refused, Err(Error::CorruptObject { .. })));
}

#[test]
fn every_kind_of_entry_is_read() {
    let sandbox = Sandbox::new().file("dir/file", "content");
    let commit = "1".repeat(40);
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
    let target = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"dir/file");
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{target},link")]);
    sandbox.git(&["update-index", "--add", "dir/file"]);
    let tree = sandbox.git(&["write-tree"]);
    let snapshot = sandbox.open().snapshot_tree(tree.parse().unwrap()).unwrap();
    let read = |path: &str| {
        let entry = snapshot.get(&path.into()).unwrap();
        (entry.mode, snapshot.read(entry).unwrap(), snapshot.size(entry).unwrap())
    };
    assert_eq!(read("dir/file"), (FileMode::Regular, b"content".to_vec(), 7));
    assert_eq!(read("link"), (FileMode::Symlink, b"dir/file".to_vec(), 8));
    assert_eq!(read("sub"), (FileMode::Gitlink, Vec::new(), 0));
    assert!(snapshot.get(&"dir".into()).is_none());
}

#[test]
fn a_snapshot_in_memory_reads_like_any_other() {
    let snapshot = Snapshot::in_memory(&[("b", "2"), ("a", "1")]);
    let entry = snapshot.get(&"b".into()).unwrap();
    assert_eq!(snapshot.read(entry).unwrap(), b"2");
    assert_eq!(entry.id.to_string(), "d8263ee9860594d2806b0dfd1bfd17528b0ba2a4");
    assert_eq!(snapshot.source(), Source::Memory);
}
