//! Makes the manifest of a git tree: walks the raw trees, hashes each distinct blob once, on many threads.
//!
//! Equal trees and blobs are read once, so a tree that repeats itself a billion times costs what it stores.

use std::collections::{HashMap, HashSet};

use super::Error;
use super::content::{Blobs, Failed, Options, digest_blobs};
use super::directory::{Directory, Malformed};
use super::entry::{Entry, EntryMode, Kind};
use super::manifest::Manifest;
use crate::base::{CancelToken, Progress};
use crate::git::{Names, Repository};
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

/// An entry as the tree object has it.
struct RawEntry {
    mode: EntryMode,
    name: Vec<u8>,
    id: ObjectId,
    /// Where the directory stands in the list of trees.
    child: Option<usize>,
}

impl Manifest {
    /// Makes the manifest of `tree`, reading blobs on up to `jobs` threads, each holding one at a time.
    ///
    /// # Errors
    /// When an object cannot be read (the path is named), a tree holds two entries of one name, a name that is
    /// no path component or a mode of no known kind, the totals pass 2^53, or `cancel` was set.
    pub fn build(
        repository: &Repository,
        tree: ObjectId,
        jobs: usize,
        cancel: &CancelToken,
    ) -> Result<Self, Error> {
        let trees = walk(repository, tree, cancel)?;
        let blobs = hash_blobs(repository, &trees, jobs, cancel)?;
        let mut directories: Vec<Directory> = Vec::with_capacity(trees.len());
        for (index, entries) in trees.iter().enumerate() {
            let entries = entries.iter().map(|entry| sealed(entry, &blobs, &directories)).collect();
            let directory = Directory::new(entries)
                .map_err(|malformed| hostile(path_of_tree(&trees, index), &malformed))?;
            directories.push(directory);
        }
        Ok(Self { tree, directories, homes: HashMap::new() })
    }
}

/// Reads every distinct tree once; children stand before parents, the root is last.
fn walk(repository: &Repository, root: ObjectId, cancel: &CancelToken) -> Result<Vec<Vec<RawEntry>>, Error> {
    struct Open {
        id: ObjectId,
        path: RepoPath,
        entries: Vec<RawEntry>,
        next: usize,
    }
    let open = |id, path: RepoPath| -> Result<Open, Error> {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        Ok(Open { id, entries: raw_entries(repository, id, &path)?, path, next: 0 })
    };
    let mut trees = Vec::new();
    let mut done: HashMap<ObjectId, usize> = HashMap::new();
    let mut active = HashSet::from([root]);
    let mut stack = vec![open(root, RepoPath::root())?];
    while let Some(top) = stack.last_mut() {
        match top.entries.get_mut(top.next) {
            Some(entry) if !entry.mode.is_directory() => top.next += 1,
            Some(entry) => match done.get(&entry.id) {
                Some(index) => {
                    entry.child = Some(*index);
                    top.next += 1;
                }
                None => {
                    let (id, path) = (entry.id, top.path.join(&entry.name));
                    // Objects are read without a check of their names, so a store can hold such a tree.
                    if !active.insert(id) {
                        return Err(Error::HostileTree { path, what: "it contains itself".to_owned() });
                    }
                    stack.push(open(id, path)?);
                }
            },
            None => {
                let finished = stack.pop().expect("the loop looked at it");
                active.remove(&finished.id);
                done.insert(finished.id, trees.len());
                trees.push(finished.entries);
            }
        }
    }
    Ok(trees)
}

fn raw_entries(repository: &Repository, tree: ObjectId, path: &RepoPath) -> Result<Vec<RawEntry>, Error> {
    let read = repository
        .verified_tree_entries(tree)
        .map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    read.into_iter()
        .map(|(digits, name, id)| match EntryMode::parse(&digits) {
            Some(mode) => Ok(RawEntry { mode, name, id, child: None }),
            None => Err(Error::HostileTree {
                path: path.clone(),
                what: format!(
                    "`{}` has the mode `{}`, which is no kind of entry",
                    RepoPath::from_bytes(name),
                    RepoPath::from_bytes(digits)
                ),
            }),
        })
        .collect()
}

fn hash_blobs(
    repository: &Repository,
    trees: &[Vec<RawEntry>],
    jobs: usize,
    cancel: &CancelToken,
) -> Result<Blobs, Error> {
    let mut seen = HashSet::new();
    let has_content = |entry: &&RawEntry| matches!(entry.mode.kind(), Kind::File | Kind::Symlink);
    let wanted: Vec<ObjectId> = trees
        .iter()
        .flatten()
        .filter(has_content)
        .map(|entry| entry.id)
        .filter(|id| seen.insert(*id))
        .collect();
    let progress = Progress::default();
    let options = Options { jobs, names: Names::Verified, cancel, progress: &progress };
    digest_blobs(repository, wanted, &options).map_err(|failed| match failed {
        Failed::Cancelled => Error::Cancelled,
        Failed::Unreadable { id, source } => Error::Unreadable { path: path_of_blob(trees, id), source },
    })
}

fn sealed(entry: &RawEntry, blobs: &Blobs, directories: &[Directory]) -> Entry {
    let (size, digest, files) = match (entry.mode.kind(), entry.child) {
        (Kind::Directory, Some(child)) => {
            let directory = &directories[child];
            (directory.set.bytes, directory.digest, directory.files)
        }
        // A submodule has no content here; its commit's name, as hex digits, stands for it.
        (Kind::Gitlink, _) => (0, ContentDigest::of(entry.id.to_string().as_bytes()), 1),
        _ => {
            let (size, digest) = blobs[&entry.id];
            (size, digest, 1)
        }
    };
    Entry { name: entry.name.clone(), mode: entry.mode, size, digest, files, child: entry.child }
}

fn hostile(path: RepoPath, malformed: &Malformed) -> Error {
    let what = match malformed {
        Malformed::Name(name) => {
            format!("it has an entry named `{}`", RepoPath::from_bytes(name.clone()))
        }
        Malformed::LongName(length) => format!("it has an entry with a name of {length} bytes"),
        Malformed::Duplicate(name) => {
            format!("it has two entries named `{}`", RepoPath::from_bytes(name.clone()))
        }
        Malformed::TooLarge => "its sizes add up to 2^53 bytes or files, or more".to_owned(),
    };
    Error::HostileTree { path, what }
}

/// Finds the first place at which the tree at `index` hangs.
fn path_of_tree(trees: &[Vec<RawEntry>], index: usize) -> RepoPath {
    let mut path = RepoPath::root();
    let mut child = index;
    // Children stand before their parents, so one pass upward meets each ancestor.
    for (parent, entries) in trees.iter().enumerate().skip(index + 1) {
        if let Some(entry) = entries.iter().find(|entry| entry.child == Some(child)) {
            let below = std::mem::take(&mut path);
            path = RepoPath::from_bytes(entry.name.clone());
            if !below.is_root() {
                path = path.join(below.as_bytes());
            }
            child = parent;
        }
    }
    path
}

fn path_of_blob(trees: &[Vec<RawEntry>], id: ObjectId) -> RepoPath {
    let found = trees
        .iter()
        .enumerate()
        .find_map(|(index, entries)| entries.iter().find(|entry| entry.id == id).map(|entry| (index, entry)));
    found.map_or_else(RepoPath::root, |(index, entry)| path_of_tree(trees, index).join(&entry.name))
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::sample::{manifest_of, nested, wide};
    use super::*;
    use crate::git::testing::Sandbox;

    fn tree_of(sandbox: &Sandbox, revision: &str) -> ObjectId {
        sandbox.git(&["rev-parse", &format!("{revision}^{{tree}}")]).parse().unwrap()
    }

    fn build(sandbox: &Sandbox, tree: ObjectId) -> Result<Manifest, Error> {
        Manifest::build(&sandbox.open(), tree, 2, &CancelToken::default())
    }

    /// Writes a tree object byte for byte, past git's own checks.
    fn raw_tree(sandbox: &Sandbox, entries: &[(&str, &str, &str)]) -> ObjectId {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            bytes.extend_from_slice(id.parse::<ObjectId>().unwrap().as_bytes());
        }
        let arguments = ["hash-object", "-w", "-t", "tree", "--literally", "--stdin"];
        sandbox.git_with(&arguments, &bytes).parse().unwrap()
    }

    fn blob(sandbox: &Sandbox, content: &str) -> String {
        sandbox.git_with(&["hash-object", "-w", "--stdin"], content.as_bytes())
    }

    #[test]
    fn a_tree_of_git_has_the_published_roots() {
        for format in ["sha1", "sha256"] {
            let sandbox = Sandbox::with(&[&format!("--object-format={format}")[..]]);
            let (mut below, mut top) = (String::new(), String::new());
            let deep = sandbox
                .git_with(&["mktree"], format!("100644 blob {}\tempty\n", blob(&sandbox, "")).as_bytes());
            below +=
                &format!("100755 blob {}\trun\n040000 tree {deep}\tdeep\n", blob(&sandbox, "#!/bin/sh\n"));
            let bin = sandbox.git_with(&["mktree"], below.as_bytes());
            top += &format!("100644 blob {}\tREADME\n", blob(&sandbox, "hello\n"));
            top += &format!("120000 blob {}\tlink\n040000 tree {bin}\tbin\n", blob(&sandbox, "README"));
            let tree = sandbox.git_with(&["mktree"], top.as_bytes()).parse().unwrap();
            let built = build(&sandbox, tree).unwrap();
            assert_eq!(built.document(), manifest_of(&nested(), tree).document(), "{format}");
        }
    }

    #[test]
    fn the_number_of_threads_does_not_show() {
        let mut sandbox = Sandbox::new();
        for (path, (_, content)) in wide() {
            sandbox = sandbox.file(&path, content).file(&format!("again/{path}"), path.as_bytes());
        }
        let sandbox = sandbox.commit("wide");
        let (repository, tree) = (sandbox.open(), tree_of(&sandbox, "HEAD"));
        let roots = [1, 2, 7]
            .map(|jobs| Manifest::build(&repository, tree, jobs, &CancelToken::default()).unwrap().roots());
        assert_eq!(roots[0], roots[1]);
        assert_eq!(roots[0], roots[2]);
        assert_eq!(roots[0].files, 66);
    }

    #[test]
    fn a_submodule_stands_for_its_commit() {
        let sandbox = Sandbox::new();
        let commit = "1".repeat(40);
        let tree = raw_tree(&sandbox, &[("160000", "sub", &commit)]);
        let manifest = build(&sandbox, tree).unwrap();
        let file = manifest.get(&RepoPath::from("sub")).unwrap();
        assert_eq!((file.size, file.digest), (0, ContentDigest::of(commit.as_bytes())));
        let other = build(&sandbox, raw_tree(&sandbox, &[("160000", "sub", &"2".repeat(40))])).unwrap();
        assert_eq!(compare(&manifest, &other).unwrap().path, RepoPath::from("sub"));
    }

    #[test]
    fn hostile_trees_are_refused_and_named() {
        let sandbox = Sandbox::new();
        let (one, two) = (blob(&sandbox, "1"), blob(&sandbox, "2"));
        for (entries, word) in [
            ([("100644", "a", &one), ("100644", "a", &two)], "two entries named `a`"),
            ([("100644", "a", &one), ("100644", "b/c", &two)], "named `b/c`"),
            ([("100644", "a", &one), ("60000", "b", &two)], "mode `60000`"),
        ] {
            let bad = raw_tree(&sandbox, &entries.map(|(mode, name, id)| (mode, name, id.as_str())));
            let top = raw_tree(&sandbox, &[("40000", "dir", &bad.to_string())]);
            match build(&sandbox, top) {
                Err(Error::HostileTree { path, what }) => {
                    assert_eq!(path, RepoPath::from("dir"));
                    assert!(what.contains(word), "{what}");
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_name_that_no_record_can_hold_is_refused() {
        let sandbox = Sandbox::new();
        let content = blob(&sandbox, "x");
        assert!(build(&sandbox, raw_tree(&sandbox, &[("100644", &"n".repeat(65_535), &content)])).is_ok());
        let tree = raw_tree(&sandbox, &[("100644", &"n".repeat(65_536), &content)]);
        let error = build(&sandbox, tree).unwrap_err().to_string();
        assert_eq!(error, "the top directory cannot be sealed: it has an entry with a name of 65536 bytes");
    }

    #[test]
    fn odd_modes_are_sealed_as_they_are_stored() {
        let sandbox = Sandbox::new();
        let content = blob(&sandbox, "x");
        let plain = build(&sandbox, raw_tree(&sandbox, &[("100644", "a", &content)])).unwrap();
        let old = build(&sandbox, raw_tree(&sandbox, &[("100664", "a", &content)])).unwrap();
        assert_eq!(compare(&plain, &old).unwrap().what, "another mode");
    }

    #[test]
    fn a_tree_that_repeats_itself_without_end_is_read_once() {
        let sandbox = Sandbox::new();
        let mut tree = raw_tree(&sandbox, &[("100644", "f", &blob(&sandbox, "x"))]);
        for _ in 0..40 {
            let id = tree.to_string();
            tree = raw_tree(&sandbox, &[("40000", "a", &id), ("40000", "b", &id)]);
        }
        let manifest = build(&sandbox, tree).unwrap();
        assert_eq!(manifest.roots().files, 1 << 40);
        assert_eq!(manifest.files().take(3).count(), 3);
        for _ in 0..20 {
            let id = tree.to_string();
            tree = raw_tree(&sandbox, &[("40000", "a", &id), ("40000", "b", &id)]);
        }
        assert!(matches!(build(&sandbox, tree), Err(Error::HostileTree { .. })));
    }

    #[test]
    fn missing_content_is_named_by_its_path() {
        let sandbox = Sandbox::new().file("a/b/c", "gone").file("d", "here").commit("first");
        let id = sandbox.git(&["rev-parse", "HEAD:a/b/c"]);
        std::fs::remove_file(sandbox.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))).unwrap();
        match build(&sandbox, tree_of(&sandbox, "HEAD")) {
            Err(Error::Unreadable { path, .. }) => assert_eq!(path, RepoPath::from("a/b/c")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_cancelled_build_stops() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let cancel = CancelToken::default();
        cancel.cancel();
        let built = Manifest::build(&sandbox.open(), tree_of(&sandbox, "HEAD"), 1, &cancel);
        assert!(matches!(built, Err(Error::Cancelled)));
    }
}
