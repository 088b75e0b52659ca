//! Makes the manifest of a git tree: reads the raw trees, digests each distinct content once, hashes level by level.

use super::Error;
use super::content::{Blobs, Failed, Reading, digest_blobs};
use super::entry::{Entry, Kind};
use super::forest::{Forest, SetId};
use super::manifest::Manifest;
use super::plan::{Below, Plan, Raw, Stop};
use super::trees::{Trees, hostile};
use crate::base::CancelToken;
use crate::git::{Names, Repository};
use crate::hash::ContentDigest;
use crate::model::{ObjectId, RepoPath};

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
        let plan = Plan::new(&mut Trees::new(repository, 0, cancel), None, tree).map_err(Stop::into_error)?;
        let reading = Reading { names: Names::Trusted, jobs, cancel };
        let blobs = hash_contents(repository, std::iter::once(&plan), plan.contents(), &reading)?;
        Self::grow(tree, &plan, &blobs, jobs)
    }

    /// Makes the manifest of a tree that is planned without an old one, from digests of all its contents.
    pub(super) fn grow(tree: ObjectId, plan: &Plan, blobs: &Blobs, jobs: usize) -> Result<Self, Error> {
        let mut forest = Forest::default();
        forest.hashes.spread(jobs);
        let top = plant(plan, blobs, &mut forest)?;
        forest.hashes.resolve();
        Ok(Self { tree, forest, top })
    }
}

/// Makes the directories of a tree that is planned without an old one; returns the top one.
pub(super) fn plant(plan: &Plan, blobs: &Blobs, forest: &mut Forest) -> Result<SetId, Error> {
    let mut planted = Vec::with_capacity(plan.fresh.len());
    for planned in &plan.fresh {
        let mut entries = Vec::with_capacity(planned.changes.len());
        for change in &planned.changes {
            let Some(raw) = change.after else { continue };
            entries.push(match change.below {
                // Fresh directories are planted in the order of their plans.
                Some(Below::Fresh(index) | Below::Pair(index)) => forest.branch(&change.name, planted[index]),
                None => leaf(raw, &change.name, blobs, forest),
            });
        }
        let set = forest.grow(entries, 0).map_err(|malformed| hostile(&planned.path, &malformed))?;
        forest.directory(set);
        planted.push(set);
    }
    Ok(*planted.last().expect("a tree has at least its root directory"))
}

impl Stop {
    /// Forgets which of the two trees it was.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::New(error) | Self::Old(error) => error,
        }
    }
}

/// Makes the entry of a file or a link whose content was digested, or of a submodule.
pub(super) fn leaf(raw: Raw, name: &[u8], blobs: &Blobs, forest: &mut Forest) -> Entry {
    let (size, digest) = match raw.mode.kind() {
        // A submodule has no content here; its commit's name, as hex digits, stands for it.
        Kind::Gitlink => (0, ContentDigest::of(raw.id.to_string().as_bytes())),
        _ => blobs[&raw.id],
    };
    let content = forest.hashes.known(digest);
    forest.leaf(raw.mode, name, size, content)
}

/// Digests these contents, which one of the plans asks for.
pub(super) fn hash_contents<'p>(
    repository: &Repository,
    mut plans: impl Iterator<Item = &'p Plan>,
    wanted: Vec<ObjectId>,
    reading: &Reading<'_>,
) -> Result<Blobs, Error> {
    digest_blobs(repository, wanted, reading).map_err(|failed| match failed {
        Failed::Cancelled => Error::Cancelled,
        Failed::Unreadable { id, source } => {
            let path = plans.find_map(|plan| plan.path_of(id)).unwrap_or_else(RepoPath::root);
            Error::Unreadable { path, source }
        }
    })
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
