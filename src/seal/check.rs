//! Holds evidence against the repository, and says exactly what differs.
//!
//! What differs is a failed check; an error means that it could not be looked at.

use super::error::Error;
use super::statement::SealStatement;
use super::store::StoredSeal;
use super::{Manifest, Note, compare};
use crate::base::CancelToken;
use crate::git::Repository;
use crate::ledger::Ledger;
use crate::model::{Check, CheckState, ObjectId};

/// How deep a check looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Recomputes the roots from the ledger's records; trusts git's object names for the content.
    Merkle,
    /// Also reads and digests every file of the sealed tree again.
    Content,
}

/// What was looked at, and how each ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}

impl CheckReport {
    /// Says whether no check failed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.state != CheckState::Fail)
    }

    /// Returns the first failed check.
    #[must_use]
    pub fn first_failure(&self) -> Option<&Check> {
        self.checks.iter().find(|check| check.state == CheckState::Fail)
    }

    fn add(&mut self, id: &str, state: CheckState, detail: impl Into<String>) {
        self.checks.push(Check { id: id.to_owned(), state, detail: detail.into() });
    }

    fn judge(&mut self, id: &str, holds: bool, good: impl Into<String>, bad: impl Into<String>) {
        if holds {
            self.add(id, CheckState::Pass, good);
        } else {
            self.add(id, CheckState::Fail, bad);
        }
    }
}

/// Checks a seal of the ledger against `repository`.
///
/// # Errors
/// When an object cannot be read, or `cancel` was set. A damaged ledger is a failed check.
pub fn check_seal(
    repository: &Repository,
    ledger: &Ledger<'_>,
    seal: &StoredSeal,
    depth: Depth,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    check_statement(repository, seal.statement(), seal.statement().commit(), &mut report)?;
    let document = seal.statement().document();
    let stored = match Manifest::load(ledger, document.address()) {
        Ok(manifest) => Some(manifest),
        Err(error @ (Error::Git(_) | Error::Ledger(_))) => return Err(error),
        Err(error) => {
            report.add("seal/records", CheckState::Fail, describe(&error));
            None
        }
    };
    if stored.is_some() {
        report.add("seal/records", CheckState::Pass, "the ledger's records add up to the roots");
    }
    if depth == Depth::Content {
        check_content(repository, seal.statement(), stored.as_ref(), jobs, cancel, &mut report)?;
    }
    Ok(report)
}

/// Checks the note `bytes` that stands on `annotated`, with nothing but the note and the repository.
///
/// # Errors
/// When an object cannot be read, or `cancel` was set.
pub fn check_note(
    repository: &Repository,
    bytes: &[u8],
    annotated: ObjectId,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    let note = match Note::parse(bytes) {
        Ok(note) => note,
        Err(error) => {
            report.add("seal/note", CheckState::Fail, describe(&error));
            return Ok(report);
        }
    };
    report.add("seal/note", CheckState::Pass, "the summary is what the envelope says");
    check_statement(repository, note.statement(), annotated, &mut report)?;
    if report.holds() {
        check_content(repository, note.statement(), None, jobs, cancel, &mut report)?;
    }
    Ok(report)
}

/// Subject and tree; the statement agrees with itself since it was read.
fn check_statement(
    repository: &Repository,
    statement: &SealStatement,
    annotated: ObjectId,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let sealed = statement.commit();
    report.judge(
        "seal/subject",
        sealed == annotated,
        format!("seals {sealed}"),
        format!("stands on {annotated}, and seals {sealed}"),
    );
    let tree = repository.commit(sealed)?.tree;
    report.judge(
        "seal/tree",
        tree == statement.tree(),
        format!("the commit has the sealed tree {tree}"),
        format!("the commit has the tree {tree}, the seal says {}", statement.tree()),
    );
    Ok(())
}

/// Digests the commit's files again.
fn check_content(
    repository: &Repository,
    statement: &SealStatement,
    stored: Option<&Manifest>,
    jobs: usize,
    cancel: &CancelToken,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let tree = repository.commit(statement.commit())?.tree;
    let found = Manifest::build(repository, tree, jobs, cancel)?;
    let roots = found.roots();
    let difference = stored.and_then(|expected| compare(expected, &found));
    let bad = match difference {
        Some(difference) => format!("`{}`: {}", difference.path, difference.what),
        None => "the roots of the commit's files are not those of the seal".to_owned(),
    };
    let good = format!("{} files, {} bytes have the sealed digests", roots.files, roots.bytes);
    report.judge("seal/content", roots == statement.document().roots, good, bad);
    Ok(())
}

/// Joins an error and its causes into one line.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
