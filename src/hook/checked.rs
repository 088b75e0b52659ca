//! The mark that the gate leaves on a tree it let through, and what post-commit reads from it.
//!
//! The mark is a hint for this clone alone: losing it costs a note too many, never a commit.

use std::fs;

use super::{Error, Hook, Staged, settings};
use crate::git::{Head, Repository, TreeEdit};
use crate::model::ObjectId;

/// The mark, below the git directory of this working tree: the number of the git that was let through, and the tree.
const MARK: &str = "iao/checked";

/// How the newest commit came past the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passage {
    /// The gate saw this very tree.
    Checked,
    /// It was made with `--no-verify`, or changed after the gate had looked.
    Bypassed(Made),
    /// It was made by an act for which git calls no gate.
    Unchecked(Made),
}

/// A commit that no gate saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The commit.
    pub commit: ObjectId,
    /// Its tree.
    pub tree: ObjectId,
    /// What made it, in git's words: `commit (amend)`, `rebase (pick)`.
    pub action: String,
}

/// Leaves the mark: the gate let `tree` through for the git whose process is `caller`.
///
/// Where a mark cannot be written there is none, and post-commit says so.
pub fn leave_mark(repository: &Repository, caller: Option<u32>, staged: &Staged) {
    // What runs later may stage something else, so the tree has to be compared.
    let caller = caller.filter(|_| !is_followed(repository)).unwrap_or(0);
    let tree = staged.tree.or_else(|| if caller == 0 { write_tree(repository, staged) } else { None });
    let tree = tree.map_or_else(|| "-".to_owned(), |tree| tree.to_string());
    let path = repository.git_dir().join(MARK);
    let text = format!("{caller} {tree}\n");
    if fs::write(&path, &text).is_err()
        && let Some(folder) = path.parent()
    {
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, &text)).ok();
    }
}

/// Says how the newest commit came past the gate; `action` is `GIT_REFLOG_ACTION`.
///
/// # Errors
/// When HEAD cannot be read.
pub fn passage(repository: &Repository, action: Option<&str>) -> Result<Passage, Error> {
    let commit = match repository.head()? {
        Head::Unborn(_) => return Ok(Passage::Checked),
        Head::Branch(_, commit) | Head::Detached(commit) => commit,
    };
    let tree = repository.commit(commit)?.tree;
    let mark = fs::read_to_string(repository.git_dir().join(MARK)).unwrap_or_default();
    if mark.split_whitespace().nth(1).and_then(|word| word.parse().ok()) == Some(tree) {
        return Ok(Passage::Checked);
    }
    let action = match action.filter(|action| !action.is_empty()) {
        Some(action) => action.to_owned(),
        None => last_action(repository),
    };
    let made = Made { commit, tree, action };
    let word = made.action.split([' ', ':']).next().unwrap_or_default();
    let is_ungated = matches!(word, "rebase" | "pull" | "cherry-pick" | "revert");
    Ok(if is_ungated { Passage::Unchecked(made) } else { Passage::Bypassed(made) })
}

/// Removes the mark of every working tree.
pub(super) fn forget(repository: &Repository) {
    let common = repository.common_dir();
    let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten().flatten();
    for git_dir in std::iter::once(common.to_owned()).chain(linked.map(|entry| entry.path())) {
        let mark = git_dir.join(MARK);
        // What else lies in the folder is not ours to judge here: then it stays.
        if fs::remove_file(&mark).is_ok() {
            mark.parent().map(fs::remove_dir);
        }
    }
}

/// Says what moved HEAD last: its log, else what git is in the middle of.
fn last_action(repository: &Repository) -> String {
    if let Some(message) = repository.last_move_of_head() {
        return message.split(':').next().unwrap_or_default().to_owned();
    }
    let git_dir = repository.git_dir();
    let under_way = [
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
    ];
    let found = under_way.into_iter().find(|(name, _)| git_dir.join(name).exists());
    found.map_or("commit", |(_, word)| word).to_owned()
}

/// Computes the tree of what is staged, where git has not noted it.
fn write_tree(repository: &Repository, staged: &Staged) -> Option<ObjectId> {
    let entries = staged.subject.snapshot().ok()?.entries().iter();
    let edits: Vec<TreeEdit> = entries
        .map(|entry| TreeEdit::Put { path: entry.path.clone(), mode: entry.mode, id: entry.id })
        .collect();
    repository.stage_tree(repository.empty_tree(), &edits).ok()
}

/// Says whether git may run another hook between our gate and the commit: it runs those of its config before the file.
fn is_followed(repository: &Repository) -> bool {
    let hooks = repository.config_hooks(Hook::PreCommit.name());
    if !hooks.iter().any(|name| settings::is_ours(name)) {
        return false;
    }
    let file = repository.common_dir().join("hooks").join(Hook::PreCommit.name());
    hooks.len() > 1 || repository.config_string("core.hooksPath").is_some() || file.symlink_metadata().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::step::Subject;

    fn bypassed(passage: Passage) -> bool {
        matches!(passage, Passage::Bypassed(_))
    }

    #[test]
    fn only_the_tree_that_the_gate_saw_counts() {
        let sandbox = Sandbox::new().file("a", "1").commit("first").file("a", "2").commit("second");
        let repository = sandbox.open();
        let staged = |revision: &str| {
            let id = sandbox.git(&["rev-parse", &format!("{revision}^{{tree}}")]).parse().unwrap();
            let subject = Subject::of_files(repository.snapshot_tree(id).unwrap(), None);
            Staged { subject, tree: Some(id) }
        };
        let mark = || fs::read_to_string(sandbox.path().join(".git/iao/checked")).unwrap();
        assert!(bypassed(passage(&repository, None).unwrap()));
        leave_mark(&repository, Some(7), &staged("HEAD~"));
        assert!(bypassed(passage(&repository, None).unwrap()));
        leave_mark(&repository, Some(7), &staged("HEAD"));
        assert_eq!(passage(&repository, None).unwrap(), Passage::Checked);
        let whole = mark();
        assert!(whole.starts_with("7 "));
        sandbox.git(&["config", "hook.iao-pre-commit.event", "pre-commit"]);
        assert_eq!(
            repository.config_hooks("pre-commit"),
            [""; 0],
            "settings are read when a repository is opened"
        );
        let repository = sandbox.open();
        leave_mark(&repository, Some(7), &staged("HEAD"));
        assert_eq!(mark(), whole);
        sandbox.git(&["config", "hook.other.event", "pre-commit"]);
        let repository = sandbox.open();
        leave_mark(&repository, Some(7), &Staged { tree: None, ..staged("HEAD") });
        assert_eq!(mark(), whole.replace("7 ", "0 "), "the tree is computed where git noted none");
        forget(&repository);
        assert!(!sandbox.path().join(".git/iao").exists());
    }

    #[test]
    fn what_git_does_without_a_gate_is_told_apart_by_its_own_words() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        for action in ["rebase (pick)", "pull --rebase", "cherry-pick", "revert"] {
            assert!(matches!(passage(&repository, Some(action)).unwrap(), Passage::Unchecked(_)), "{action}");
        }
        sandbox.git(&["revert", "--no-edit", "HEAD"]);
        let Passage::Unchecked(made) = passage(&repository, None).unwrap() else {
            panic!("a revert has no gate")
        };
        assert_eq!(made.action, "revert");
    }
}
