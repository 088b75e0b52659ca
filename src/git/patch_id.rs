//! Names a change by what it does, so that a rebased commit keeps its name.
//!
//! Not git's number: the object name of a text that lists, path by path, the changed lines with three lines
//! around them, blanks and line numbers left out. Equal for the same patch on another base, as
//! `git patch-id --stable` is.

use gix::diff::blob::{Algorithm, Diff, InternedInput, sources::byte_lines};

use super::merge::is_binary;
use super::{Error, Repository};
use crate::model::{FileMode, ObjectId, RepoPath};

/// How many unchanged lines around a change belong to it.
const CONTEXT: usize = 3;

/// What stands at a path on one side.
type Side = Option<(FileMode, ObjectId)>;

impl Repository {
    /// Returns a name for the change that the commit makes to its first parent; `None` for a merge.
    ///
    /// # Errors
    /// When a tree or a changed file is missing or corrupt.
    pub fn patch_id(&self, commit: ObjectId) -> Result<Option<ObjectId>, Error> {
        let commit = self.commit(commit)?;
        let before = match commit.parents.as_slice() {
            [] => self.empty_tree(),
            [parent] => self.commit(*parent)?.tree,
            _ => return Ok(None),
        };
        let mut text = Vec::new();
        for (path, was, now) in self.diff_trees(before, commit.tree)? {
            self.describe(&mut text, &path, was, now)?;
        }
        self.hash_blob(&text).map(Some)
    }

    fn describe(&self, text: &mut Vec<u8>, path: &RepoPath, was: Side, now: Side) -> Result<(), Error> {
        text.extend_from_slice(format!("path {path}\n").as_bytes());
        for (sign, side) in [('-', was), ('+', now)] {
            if was.map(|(mode, _)| mode) != now.map(|(mode, _)| mode) {
                let mode = side.map_or("none", |(mode, _)| mode.as_octal());
                text.extend_from_slice(format!("{sign}mode {mode}\n").as_bytes());
            }
        }
        let (old, new) = (self.side(was)?, self.side(now)?);
        if let (Some(old), Some(new)) = (&old, &new)
            && !is_binary(old)
            && !is_binary(new)
        {
            hunks(text, old, new);
            return Ok(());
        }
        // What has no lines is named whole.
        for (sign, side) in [('-', was), ('+', now)] {
            let name = side.map_or_else(|| "none".to_owned(), |(_, id)| id.to_string());
            text.extend_from_slice(format!("{sign}object {name}\n").as_bytes());
        }
        Ok(())
    }

    /// Returns the content of one side; nothing where there is no file, `None` for a submodule.
    fn side(&self, side: Side) -> Result<Option<Vec<u8>>, Error> {
        match side {
            None => Ok(Some(Vec::new())),
            Some((FileMode::Gitlink, _)) => Ok(None),
            Some((_, id)) => self.blob(id).map(Some),
        }
    }
}

fn hunks(text: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    let input = InternedInput::new(byte_lines(old), byte_lines(new));
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);
    let line = |token| input.interner[token];
    let mut shown = 0;
    let mut changes = diff.hunks().peekable();
    while let Some(hunk) = changes.next() {
        let before = hunk.before.start as usize..hunk.before.end as usize;
        let after = hunk.after.start as usize..hunk.after.end as usize;
        for token in &input.before[shown.max(before.start.saturating_sub(CONTEXT))..before.start] {
            push(text, b' ', line(*token));
        }
        for token in &input.before[before.clone()] {
            push(text, b'-', line(*token));
        }
        for token in &input.after[after] {
            push(text, b'+', line(*token));
        }
        let next = changes.peek().map_or(input.before.len(), |next| next.before.start as usize);
        shown = (before.end + CONTEXT).min(next);
        for token in &input.before[before.end..shown] {
            push(text, b' ', line(*token));
        }
    }
}

/// Adds a line without its blanks.
fn push(text: &mut Vec<u8>, sign: u8, line: &[u8]) {
    text.push(sign);
    text.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use crate::git::testing::Sandbox;

    #[test]
    fn a_rebased_commit_keeps_its_patch_id() {
        let lines: String = (0..40).map(|line| format!("line {line}\n")).collect();
        let sandbox = Sandbox::new().file("a", &lines).commit("base");
        sandbox.git(&["checkout", "-q", "-b", "side"]);
        let sandbox =
            sandbox.file("a", lines.replace("line 30\n", "changed\n")).file("b", "new\n").commit("side");
        sandbox.git(&["checkout", "-q", "main"]);
        let sandbox = sandbox.file("a", format!("first\n{lines}")).commit("main");
        let repository = sandbox.open();
        let before = repository.resolve("side").unwrap();
        sandbox.git(&["rebase", "-q", "main", "side"]);
        let after = repository.resolve("side").unwrap();
        assert_ne!(before, after);
        let id = repository.patch_id(before).unwrap().unwrap();
        assert_eq!(repository.patch_id(after).unwrap(), Some(id));
        assert_ne!(repository.patch_id(repository.resolve("main").unwrap()).unwrap(), Some(id));
    }

    #[test]
    fn a_change_of_mode_or_of_binary_content_changes_the_patch_id() {
        let ids: Vec<_> = ["\0a", "\0b", "text"]
            .into_iter()
            .map(|content| {
                let sandbox = Sandbox::new().file("a", content).commit("root");
                let repository = sandbox.open();
                repository.patch_id(repository.resolve("HEAD").unwrap()).unwrap().unwrap()
            })
            .collect();
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    }
}
