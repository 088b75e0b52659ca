//! Finds files by their paths alone, with the rules that have a path and no pattern for content.
//!
//! A finding is about the file and has no line. What the file holds does not matter, nor whether it is searched.

use std::collections::BTreeSet;

use super::Error;
use super::file::{FileReport, Judge, Tally};
use super::objects::ObjectReport;
use super::scanner::ScanReport;
use crate::git::{Entry, Reached, Repository, Snapshot};
use crate::model::{ObjectId, RepoPath};

impl Judge<'_> {
    /// Tells of the files that rules find by their paths; not of one that was there `before`.
    ///
    /// # Errors
    /// When the allow-file cannot be read.
    pub(super) fn by_paths<'e>(
        &self,
        files: impl Iterator<Item = &'e Entry>,
        before: Option<&Snapshot>,
        report: &mut ScanReport,
    ) -> Result<(), Error> {
        if !self.contents.looks_at_paths() {
            return Ok(());
        }
        let was_there = |path: &RepoPath| {
            before.is_some_and(|before| before.get(path).is_some_and(|old| old.mode.is_file()))
        };
        for entry in files.filter(|entry| !was_there(&entry.path)) {
            self.by_path(&entry.path)?.into_iter().for_each(|file| report.take(file));
        }
        Ok(())
    }

    /// Tells of contents by the paths that they came to, oldest first: of each path once, and not of one that a tree of
    /// `before` has.
    ///
    /// # Errors
    /// As for [`Self::by_paths`].
    pub(super) fn by_reached_paths(
        &self,
        repository: &Repository,
        (listed, before): (&[Reached], &[ObjectId]),
        report: &mut ObjectReport,
    ) -> Result<(), Error> {
        if !self.contents.looks_at_paths() {
            return Ok(());
        }
        let mut told = BTreeSet::new();
        let was_there = |path: &RepoPath| {
            before.iter().any(|tree| {
                repository
                    .lookup(*tree, path)
                    .is_ok_and(|there| there.is_some_and(|(mode, _)| mode.is_file()))
            })
        };
        for reached in listed {
            let commit = reached.commit.map(|commit| commit.to_string());
            let judge = Judge { commit: commit.as_deref(), ..*self };
            if told.contains(&reached.path) {
                continue;
            }
            if let Some(file) = judge.by_path(&reached.path)? {
                told.insert(&reached.path);
                if !was_there(&reached.path) {
                    report.take(Some(reached), file);
                }
            }
        }
        Ok(())
    }

    /// Tells of one file by its path; nothing where no rule finds it.
    ///
    /// # Errors
    /// As for [`Self::by_paths`].
    pub(super) fn by_path(&self, path: &RepoPath) -> Result<Option<FileReport>, Error> {
        let found = self.contents.look_at_path(path, self.commit);
        if found.is_empty() {
            return Ok(None);
        }
        let mut tally = Tally::default();
        self.add(&mut tally, path, (b"", None), &found, &BTreeSet::new())?;
        Ok(Some(self.finish(tally)))
    }
}
