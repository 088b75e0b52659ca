//! One repository in one shape: sealed, checked, changed, sealed again, and held against the stand-alone verifier.
//!
//! Sealing may write objects and our own refs; whatever else moves is a failure.

use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{Outcome, Sandbox, UserState};

/// A repository and how to reach it.
pub(super) struct Shape<'a> {
    pub(super) sandbox: &'a Sandbox,
    /// Where commands run.
    folder: PathBuf,
    /// More environment for commands of ours.
    environment: Vec<(&'static str, String)>,
    /// Words before each command of git.
    git_words: Vec<String>,
    /// What lies in the working tree; an empty folder for a bare repository.
    work: PathBuf,
    /// Where refs, objects and config are.
    git_dir: PathBuf,
}

impl<'a> Shape<'a> {
    /// The repository that git finds in `folder`.
    pub(super) fn at(sandbox: &'a Sandbox, folder: &Path) -> Self {
        let git_words = vec!["-C".to_owned(), text(folder)];
        let git = |word: &str| sandbox.git(&["-C", &text(folder), "rev-parse", word]);
        let git_dir = folder.join(git("--git-common-dir")).canonicalize().unwrap();
        let bare = git("--is-bare-repository") == "true";
        let work = if bare { sandbox.beside("nothing") } else { folder.to_owned() };
        fs::create_dir_all(&work).unwrap();
        Self { sandbox, folder: folder.to_owned(), environment: Vec::new(), git_words, work, git_dir }
            .at_rest()
    }

    /// The sandbox's own repository.
    pub(super) fn of(sandbox: &'a Sandbox) -> Self {
        Self::at(sandbox, sandbox.path())
    }

    /// The repository `git_dir` with the files in `work`, named by the environment and seen from elsewhere.
    pub(super) fn by_environment(sandbox: &'a Sandbox, git_dir: &Path, work: &Path, folder: &Path) -> Self {
        Self {
            sandbox,
            folder: folder.to_owned(),
            environment: vec![("GIT_DIR", text(git_dir)), ("GIT_WORK_TREE", text(work))],
            git_words: vec![format!("--git-dir={}", text(git_dir)), format!("--work-tree={}", text(work))],
            work: work.to_owned(),
            git_dir: git_dir.to_owned(),
        }
        .at_rest()
    }

    /// Keeps git from collecting garbage behind our back: what is counted must hold still.
    fn at_rest(self) -> Self {
        self.git(&["config", "gc.auto", "0"]);
        self
    }

    /// Runs `git-iao` with these words, split at blanks.
    pub(super) fn iao(&self, words: &str) -> Outcome {
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.sandbox.iao_in(&self.folder, &environment, words.split_whitespace())
    }

    /// Runs git, which must succeed.
    pub(super) fn git(&self, words: &[&str]) -> String {
        let before = self.git_words.iter().map(String::as_str);
        self.sandbox.git(&before.chain(words.iter().copied()).collect::<Vec<_>>())
    }

    /// Writes a file into the working tree and commits everything; returns the commit.
    pub(super) fn commit(&self, path: &str, content: &str) -> String {
        let path = self.work.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "a change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Does something that may move nothing of the user's.
    pub(super) fn untouched<T>(&self, act: impl FnOnce() -> T) -> T {
        let state = || UserState::of(self.sandbox, &self.work, &self.git_dir);
        let before = state();
        let done = act();
        before.assert_same(&state());
        done
    }

    /// Seals `revision` and holds the seal to all that can be asked of it, by the stand-alone verifier and by git;
    /// returns its two roots.
    pub(super) fn seals(&self, revision: &str) -> [String; 2] {
        self.untouched(|| {
            self.iao(&format!("seal {revision}")).exits(0);
            self.holds(revision);
        });
        let commit = self.git(&["rev-parse", revision]);
        for source in ["--note", "--ledger"] {
            let said = self.sandbox.verifier(&self.git_dir, &commit, source);
            assert!(said.contains("holds"), "{source}: {said}");
        }
        self.git(&["fsck", "--no-dangling", "--no-progress"]);
        let note = self.git(&["notes", "--ref=iao", "show", revision]);
        let root = |name: &str| {
            let line = note.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {note}")).trim().to_owned()
        };
        ["sha3-512", "blake3"].map(root)
    }

    /// The seal of `revision` stands.
    pub(super) fn holds(&self, revision: &str) {
        self.iao(&format!("verify --seal {revision}")).exits(0).answers(&["holds"]);
        self.iao(&format!("show {revision}")).exits(0).answers(&["sealed"]);
    }

    /// Seals HEAD, lets `change` commit something, and seals again: other roots, and both seals stand.
    pub(super) fn seals_a_change(&self, change: impl FnOnce(&Self)) {
        let first = self.git(&["rev-parse", "HEAD"]);
        let roots = self.seals("HEAD");
        change(self);
        assert_ne!(self.git(&["rev-parse", "HEAD"]), first, "nothing was committed");
        let changed = self.seals("HEAD");
        for (one, other) in roots.iter().zip(&changed) {
            assert_ne!(one, other, "a change that no root shows");
        }
        self.holds(&first);
    }

    /// Seals HEAD, changes one file, and seals again.
    pub(super) fn seals_twice(&self) {
        self.seals_a_change(|shape| _ = shape.commit("changed.txt", "changed\n"));
    }

    /// Objects in the store, loose and packed, and packs.
    pub(super) fn objects(&self) -> (u64, u64, u64) {
        let counted = self.git(&["count-objects", "-v"]);
        let number = |name: &str| {
            let line = counted.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap().parse().unwrap()
        };
        (number("count"), number("in-pack"), number("packs"))
    }

    /// Every file below the object store.
    pub(super) fn object_files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => walk(&entry.path(), into),
                    false => into.push(entry.path()),
                }
            }
        }
        let mut files = Vec::new();
        walk(&self.git_dir.join("objects"), &mut files);
        files.sort();
        files
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
