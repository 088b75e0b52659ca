//! Finds the working trees in which a branch is checked out.
//!
//! A branch in the middle of a rebase or a bisection counts: git will write it when that ends.

use std::path::{Path, PathBuf};

use super::{Error, Repository};
use crate::model::ObjectId;

/// Files of a git directory that name branches git will come back to, each in its own way.
const RETURNS_TO: [&str; 4] =
    ["rebase-merge/head-name", "rebase-apply/head-name", "rebase-merge/update-refs", "BISECT_START"];

impl Repository {
    /// Returns the working trees, main and linked, in which the full ref name is checked out, sorted.
    ///
    /// # Errors
    /// When the list of linked working trees cannot be read.
    pub fn checked_out_at(&self, refname: &str) -> Result<Vec<PathBuf>, Error> {
        let mut found = Vec::new();
        let common = self.common_dir();
        if !self.is_main_bare() && holds(common, refname) {
            found.push(self.main_work_dir());
        }
        let linked = common.join("worktrees");
        let listed = match std::fs::read_dir(&linked) {
            Ok(listed) => listed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(Error::io("read", linked)(error)),
        };
        for entry in listed {
            let git_dir = entry.map_err(Error::io("read", &linked))?.path();
            if holds(&git_dir, refname) {
                found.push(linked_work_dir(&git_dir));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Returns the commits at which a HEAD stands that is on no branch: of every working tree, main and linked, sorted.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub(super) fn detached_heads(&self) -> Result<Vec<ObjectId>, Error> {
        let mut heads = vec![self.common_dir().join("HEAD"), self.git_dir().join("HEAD")];
        let linked = self.common_dir().join("worktrees");
        match std::fs::read_dir(&linked) {
            Ok(listed) => {
                for entry in listed {
                    heads.push(entry.map_err(Error::io("read", &linked))?.path().join("HEAD"));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("read", linked)(error)),
        }
        let mut found = Vec::new();
        for head in heads {
            match std::fs::read_to_string(&head) {
                // A branch is among the refs.
                Ok(text) => found.extend(text.trim_end().parse::<ObjectId>()),
                // What is left of a working tree that was removed.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Error::io("read", head)(error)),
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn is_main_bare(&self) -> bool {
        let is_main = self.git_dir() == self.common_dir();
        if is_main {
            self.work_dir().is_none()
        } else {
            self.gix().config_snapshot().boolean("core.bare") == Some(true)
        }
    }

    fn main_work_dir(&self) -> PathBuf {
        let common = self.common_dir();
        match self.work_dir().filter(|_| self.git_dir() == common) {
            Some(top) => top.to_owned(),
            None if common.ends_with(".git") => common.parent().unwrap_or(common).to_owned(),
            None => common.to_owned(),
        }
    }
}

/// Says whether the HEAD of one git directory, or what it will come back to, is this ref.
fn holds(git_dir: &Path, refname: &str) -> bool {
    let text = |name: &str| std::fs::read(git_dir.join(name)).unwrap_or_default();
    let head = text("HEAD");
    let head = head.strip_prefix(b"ref:").map(<[u8]>::trim_ascii);
    let branch = refname.strip_prefix("refs/heads/").unwrap_or(refname);
    head == Some(refname.as_bytes())
        || RETURNS_TO.iter().any(|name| {
            let is_it = |line: &[u8]| line == refname.as_bytes() || line == branch.as_bytes();
            text(name).split(|byte| *byte == b'\n').any(|line| is_it(line.trim_ascii()))
        })
}

fn linked_work_dir(git_dir: &Path) -> PathBuf {
    let recorded = gix::discover::path::from_plain_file_relative_to_file(&git_dir.join("gitdir"));
    match recorded {
        Some(Ok(dot_git)) => dot_git.parent().unwrap_or(&dot_git).to_owned(),
        _ => git_dir.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn a_branch_is_found_where_it_is_checked_out() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let linked = sandbox.path().join("linked");
        sandbox.git(&["worktree", "add", "-q", "-b", "side", linked.to_str().unwrap()]);
        let repository = sandbox.open();
        assert_eq!(repository.checked_out_at("refs/heads/main").unwrap(), [sandbox.path()]);
        assert_eq!(repository.checked_out_at("refs/heads/side").unwrap(), [linked.as_path()]);
        assert!(repository.checked_out_at("refs/heads/other").unwrap().is_empty());
        let mut location = sandbox.location();
        location.directory = linked;
        let from_linked = Repository::open(&location).unwrap();
        assert_eq!(from_linked.checked_out_at("refs/heads/main").unwrap(), [sandbox.path()]);
    }

    #[test]
    fn a_branch_in_the_middle_of_a_rebase_counts() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        sandbox.git(&["checkout", "-q", "-b", "side"]);
        let sandbox = sandbox.file("a", "2").commit("side");
        sandbox.git(&["checkout", "-q", "main"]);
        let sandbox = sandbox.file("a", "3").commit("main");
        assert!(!sandbox.try_git(&["rebase", "-q", "main", "side"]));
        let repository = sandbox.open();
        assert_eq!(repository.checked_out_at("refs/heads/side").unwrap(), [sandbox.path()]);
        assert!(repository.checked_out_at("refs/heads/main").unwrap().is_empty());
    }
}
