//! Compares edited trees with what git makes of the same edits.

use proptest::prelude::*;

use super::*;
use crate::git::testing::Sandbox;

fn put(repository: &Repository, path: &str, mode: FileMode, content: &str) -> TreeEdit {
    let id = repository.stage_blob(content.as_bytes()).unwrap();
    TreeEdit::Put { path: RepoPath::from(path), mode, id }
}

fn remove(path: &str) -> TreeEdit {
    TreeEdit::Remove { path: RepoPath::from(path) }
}

/// A tree of these files.
fn tree(repository: &Repository, paths: &[&str]) -> ObjectId {
    let edits: Vec<_> = paths.iter().map(|path| put(repository, path, FileMode::Regular, path)).collect();
    repository.stage_tree(repository.empty_tree(), &edits).unwrap()
}

fn paths(repository: &Repository, tree: ObjectId) -> Vec<String> {
    let snapshot = repository.snapshot_tree(tree).unwrap();
    snapshot.entries().iter().map(|entry| entry.path.to_string()).collect()
}

fn refusal(repository: &Repository, base: ObjectId, edits: &[TreeEdit]) -> &'static str {
    match repository.stage_tree(base, edits) {
        Err(Error::EditRefused { reason, .. }) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn files_and_directories_give_way_to_each_other() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let base = tree(&repository, &["a", "a.b", "d/x", "d/y"]);
    let edits = [
        remove("a"),
        put(&repository, "a/in", FileMode::Regular, "1"),
        remove("d/x"),
        remove("d/y"),
        put(&repository, "d", FileMode::Symlink, "a"),
    ];
    let edited = repository.stage_tree(base, &edits).unwrap();
    assert_eq!(paths(&repository, edited), ["a.b", "a/in", "d"]);
    repository.persist().unwrap();
    assert_eq!(sandbox.git(&["fsck", "--strict", "--no-dangling"]), "");
}

#[test]
fn directories_that_become_empty_go_and_nothing_changes_for_nothing() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let base = tree(&repository, &["a", "d/e/f"]);
    let edited = repository.stage_tree(base, &[remove("d/e/f")]).unwrap();
    assert_eq!(edited, tree(&repository, &["a"]));
    assert_eq!(repository.stage_tree(base, &[remove("no/such"), remove("a/below")]).unwrap(), base);
    let empty = repository.stage_tree(base, &[remove("a"), remove("d/e/f")]).unwrap();
    assert_eq!(empty, repository.empty_tree());
}

#[test]
fn nothing_is_written_through_what_is_no_directory() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let base = tree(&repository, &["file", "d/x"]);
    let commit = repository.blob_id(b"");
    let gitlink = TreeEdit::Put { path: "sub".into(), mode: FileMode::Gitlink, id: commit };
    let base =
        repository.stage_tree(base, &[put(&repository, "link", FileMode::Symlink, "d"), gitlink]).unwrap();
    for path in ["file/x", "link/x", "sub/x"] {
        let edit = put(&repository, path, FileMode::Regular, "");
        assert!(refusal(&repository, base, &[edit]).contains("in the way"), "{path}");
    }
    let over = put(&repository, "d", FileMode::Regular, "");
    assert!(refusal(&repository, base, &[over]).contains("directory"));
    assert!(refusal(&repository, base, &[remove("d")]).contains("directory"));
    let both =
        [put(&repository, "new", FileMode::Regular, ""), put(&repository, "new/x", FileMode::Regular, "")];
    assert!(refusal(&repository, base, &both).contains("at once"));
}

#[test]
fn hostile_paths_are_refused() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let base = repository.empty_tree();
    for path in ["", "/a", "a/", "a//b", ".", "a/../b", ".git/config", "a/.GIT", "x/git~1/y", "a\0b"] {
        refusal(&repository, base, &[put(&repository, path, FileMode::Regular, "")]);
    }
    let foreign = ObjectId::from_bytes(&[1; 32]).unwrap();
    refusal(&repository, base, &[TreeEdit::Put { path: "a".into(), mode: FileMode::Regular, id: foreign }]);
}

#[test]
fn entries_that_no_edit_names_keep_their_bytes() {
    let sandbox = Sandbox::new();
    let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"x");
    let raw = [b"100664 old\0", blob.parse::<ObjectId>().unwrap().as_bytes()].concat();
    let base = sandbox.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &raw);
    let repository = sandbox.open();
    let base = base.parse().unwrap();
    let edited = repository.stage_tree(base, &[put(&repository, "new", FileMode::Regular, "")]).unwrap();
    let stored = repository.tree_entries(edited).unwrap();
    assert_eq!(stored[1].0, b"100664");
    assert_eq!(repository.lookup(edited, &"old".into()).unwrap().unwrap().0, FileMode::Regular);
    assert_eq!(repository.lookup(edited, &"old/x".into()).unwrap(), None);
}

#[test]
fn differences_are_found_in_both_directions() {
    let sandbox = Sandbox::new();
    let repository = sandbox.open();
    let before = tree(&repository, &["a", "d/x", "same/y"]);
    let after = repository
        .stage_tree(before, &[remove("a"), put(&repository, "a/b", FileMode::Regular, "1"), remove("d/x")])
        .unwrap();
    let found = repository.diff_trees(before, after).unwrap();
    let shown: Vec<_> =
        found.iter().map(|(path, was, now)| (path.to_string(), was.is_some(), now.is_some())).collect();
    assert_eq!(shown, [("a".into(), true, false), ("a/b".into(), false, true), ("d/x".into(), true, false)]);
    let back = repository.diff_trees(after, before).unwrap();
    assert_eq!(back.len(), 3);
    assert!(
        back.iter().zip(&found).all(|(one, other)| one.0 == other.0 && one.1 == other.2 && one.2 == other.1)
    );
}

/// Paths that collide as files and directories, and that sort badly.
fn any_path() -> impl Strategy<Value = String> {
    let part = prop_oneof![Just("a"), Just("a.b"), Just("a0"), Just("b"), Just("a-"), Just("\u{fc}")];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn random_edits_make_the_trees_that_git_makes(
        rounds in proptest::collection::vec(
            proptest::collection::vec((any_path(), any::<bool>(), 0..3_u8), 1..12), 1..4),
        sha256 in any::<bool>(),
    ) {
        let sandbox = Sandbox::with(if sha256 { &["--object-format=sha256"] } else { &[] });
        let repository = sandbox.open();
        let mut here = repository.empty_tree();
        for round in rounds {
            // Edits that git would refuse, or that would make a path a file and a directory, are tried alone.
            for (path, set, content) in round {
                let mode = if content == 2 { FileMode::Executable } else { FileMode::Regular };
                let edit = if set { put(&repository, &path, mode, &content.to_string()) } else { remove(&path) };
                let Ok(edited) = repository.stage_tree(here, &[edit]) else { continue };
                here = edited;
            }
            repository.persist().unwrap();
            let mut lines = String::new();
            for entry in repository.snapshot_tree(here).unwrap().entries() {
                let path = entry.path.as_str().unwrap();
                lines.push_str(&format!("{} {}\t{path}\n", entry.mode.as_octal(), entry.id));
            }
            std::fs::remove_file(sandbox.path().join(".git/index")).ok();
            sandbox.git_with(&["update-index", "--index-info"], lines.as_bytes());
            prop_assert_eq!(here.to_string(), sandbox.git(&["write-tree"]));
        }
    }

    #[test]
    fn edits_at_once_make_the_same_tree_as_from_nothing(
        old in proptest::collection::btree_map(any_path(), 0..3_u8, 0..10),
        new in proptest::collection::btree_map(any_path(), 0..3_u8, 0..10),
    ) {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let without_clashes = |files: BTreeMap<String, u8>| -> BTreeMap<String, u8> {
            let clash = |path: &str| files.keys().any(|other| other.starts_with(&format!("{path}/")));
            files.iter().filter(|(path, _)| !clash(path)).map(|(path, content)| (path.clone(), *content)).collect()
        };
        let (old, new) = (without_clashes(old), without_clashes(new));
        let puts = |files: &BTreeMap<String, u8>| -> Vec<TreeEdit> {
            let one = |(path, content): (&String, &u8)| put(&repository, path, FileMode::Regular, &content.to_string());
            files.iter().map(one).collect()
        };
        let empty = repository.empty_tree();
        let before = repository.stage_tree(empty, &puts(&old)).unwrap();
        let mut edits: Vec<_> = old.keys().filter(|path| !new.contains_key(*path)).map(|path| remove(path)).collect();
        edits.extend(puts(&new));
        let after = repository.stage_tree(before, &edits).unwrap();
        prop_assert_eq!(after, repository.stage_tree(empty, &puts(&new)).unwrap());
        for (path, was, now) in repository.diff_trees(before, after).unwrap() {
            prop_assert_eq!(repository.lookup(before, &path).unwrap(), was);
            prop_assert_eq!(repository.lookup(after, &path).unwrap(), now);
        }
    }
}
