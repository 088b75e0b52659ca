//! Holds evidence against the repository, and says exactly what differs.
//!
//! What differs is a failed check; an error means that it could not be looked at.

use super::error::Error;
use super::index::StoredSeal;
use super::signature::{judge_signature, signature_check};
use super::statement::SealStatement;
use super::{Difference, Differences, Note, Prover};
use crate::base::CancelToken;
use crate::git::{self, Repository};
use crate::ledger::Ledger;
use crate::model::{Check, CheckState, ObjectId};
use crate::supply_chain::{Envelope, Verifier};

/// How deep a check looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Looks at the envelope, what it says of the commit, and who signed; trusts the manifest.
    Outline,
    /// Recomputes the roots from the ledger's records, and holds names and modes against the commit's tree; trusts
    /// git's object names for the content.
    Merkle,
    /// Recomputes them from the records, and reads and digests every file of the sealed tree again.
    Content,
    /// Recomputes them from the records, and digests the files on disk.
    Worktree,
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

    pub(super) fn add(&mut self, id: &str, state: CheckState, detail: impl Into<String>) {
        self.checks.push(Check { id: id.to_owned(), state, detail: detail.into() });
    }

    /// Adds a failed check for each difference that is named, and one for the rest.
    fn add_differences(&mut self, id: &str, differences: &Differences) {
        for Difference { path, what } in &differences.named {
            self.add(id, CheckState::Fail, format!("`{path}`: {what}"));
        }
        let rest = differences.count - differences.named.len() as u64;
        if rest > 0 {
            self.add(id, CheckState::Fail, format!("and {rest} more"));
        }
    }

    pub(super) fn judge(&mut self, id: &str, holds: bool, good: impl Into<String>, bad: impl Into<String>) {
        if holds {
            self.add(id, CheckState::Pass, good);
        } else {
            self.add(id, CheckState::Fail, bad);
        }
    }
}

/// Checks a seal of the ledger against `repository`; for several seals, make one [`Prover`] and use [`check_with`].
///
/// # Errors
/// When an object cannot be read, or `cancel` was set. A damaged ledger is a failed check.
pub fn check_seal(
    repository: &Repository,
    ledger: &Ledger<'_>,
    seal: &StoredSeal,
    depth: Depth,
    verifier: &Verifier,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<CheckReport, Error> {
    check_with(&mut Prover::new(repository, ledger, jobs, cancel), seal, depth, verifier)
}

/// Checks a seal of the ledger, without computing again what `prover` has proven already.
///
/// # Errors
/// As [`check_seal`].
pub fn check_with(
    prover: &mut Prover<'_>,
    seal: &StoredSeal,
    depth: Depth,
    verifier: &Verifier,
) -> Result<CheckReport, Error> {
    let mut report = CheckReport::default();
    check_statement(prover.repository(), seal.statement(), seal.statement().commit(), &mut report)?;
    check_signature(seal.envelope(), seal.statement(), verifier, &mut report)?;
    if depth == Depth::Outline {
        return Ok(report);
    }
    match depth {
        Depth::Outline => {}
        Depth::Merkle => check_names(prover, seal.statement(), &mut report)?,
        Depth::Content => check_records_and_content(prover, seal.statement(), &mut report)?,
        Depth::Worktree => {
            check_records(prover.records(seal.statement().document()), &mut report)?;
            check_worktree(prover, seal.statement(), &mut report)?;
        }
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
    verifier: &Verifier,
    jobs: usize,
    cancel: &CancelToken,
) -> Result<CheckReport, Error> {
    let (mut report, note) = read_note(bytes);
    let Some(note) = note else { return Ok(report) };
    check_statement(repository, note.statement(), annotated, &mut report)?;
    check_signature(note.envelope(), note.statement(), verifier, &mut report)?;
    if report.holds() {
        let ledger = Ledger::at(repository, None);
        let mut prover = Prover::new(repository, &ledger, jobs, cancel);
        check_content(&mut prover, note.statement(), false, &mut report)?;
    }
    Ok(report)
}

/// What is told of a note that holds.
const SUMMARY_HOLDS: &str = "the summary is what the envelope says";

/// Checks that the note `bytes` holds one of `seals`, those that the ledger has for the annotated commit.
#[must_use]
pub fn check_projection(bytes: &[u8], seals: &[StoredSeal]) -> CheckReport {
    let mut report = CheckReport::default();
    // Most often it is what one of the seals is shown as, and need not be taken apart.
    if seals.iter().any(|seal| seal.note().is_written_as(bytes)) {
        report.add("seal/note", CheckState::Pass, SUMMARY_HOLDS);
        return report;
    }
    match Note::parse(bytes) {
        Ok(note) => report.judge(
            "seal/note",
            seals.iter().any(|seal| seal.digest() == note.digest()),
            SUMMARY_HOLDS,
            format!("the ledger has no seal {} for this commit; `git iao notes --rebuild`", note.digest()),
        ),
        Err(error) => report.add("seal/note", CheckState::Fail, describe(&error)),
    }
    report
}

fn read_note(bytes: &[u8]) -> (CheckReport, Option<Note>) {
    let mut report = CheckReport::default();
    match Note::parse(bytes) {
        Ok(note) => {
            report.add("seal/note", CheckState::Pass, SUMMARY_HOLDS);
            (report, Some(note))
        }
        Err(error) => {
            report.add("seal/note", CheckState::Fail, describe(&error));
            (report, None)
        }
    }
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
    let tree = match repository.verified_commit(sealed) {
        Ok(commit) => commit.tree,
        Err(error @ git::Error::CorruptObject { .. }) => {
            report.add("seal/tree", CheckState::Fail, describe(&error));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    report.judge(
        "seal/tree",
        tree == statement.tree(),
        format!("the commit has the sealed tree {tree}"),
        format!("the commit has the tree {tree}, the seal says {}", statement.tree()),
    );
    Ok(())
}

/// Says who signed, and whether that is good and trusted.
fn check_signature(
    envelope: &Envelope,
    statement: &SealStatement,
    verifier: &Verifier,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let state = judge_signature(envelope, statement, verifier)?;
    report.checks.push(signature_check(&state, verifier.demand));
    Ok(())
}

/// Digests the commit's files again, and holds the records against them or, where they differ, against themselves.
fn check_records_and_content(
    prover: &mut Prover<'_>,
    statement: &SealStatement,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let mut content = CheckReport::default();
    check_content(prover, statement, true, &mut content)?;
    let document = statement.document();
    let recorded = if content.holds() {
        let tree = prover.repository().commit(statement.commit())?.tree;
        prover.records_of(document, tree)
    } else {
        prover.records(document)
    };
    check_records(recorded, report)?;
    report.checks.extend(content.checks);
    Ok(())
}

/// Digests the commit's files again; what differs is named where the ledger has `recorded` what was sealed.
fn check_content(
    prover: &mut Prover<'_>,
    statement: &SealStatement,
    recorded: bool,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let id = "seal/content";
    let (tree, sealed) = (prover.repository().commit(statement.commit())?.tree, statement.document());
    let roots = match prover.content(tree) {
        Ok(roots) => roots,
        Err(error) => return require_other_content(error, id, report),
    };
    if roots == sealed.roots {
        let good = format!("{} files, {} bytes have the sealed digests", roots.files, roots.bytes);
        report.add(id, CheckState::Pass, good);
        return Ok(());
    }
    let differences = if recorded { prover.differences(sealed, tree)? } else { None };
    match differences.filter(|differences| !differences.is_empty()) {
        Some(differences) => report.add_differences(id, &differences),
        None => {
            report.add(id, CheckState::Fail, "the roots of the commit's files are not those of the seal");
        }
    }
    Ok(())
}

/// Says whether the ledger's records add up.
fn check_records(recorded: Result<(), Error>, report: &mut CheckReport) -> Result<(), Error> {
    let id = "seal/records";
    match recorded {
        Ok(()) => report.add(id, CheckState::Pass, "the ledger's records add up to the roots"),
        Err(error @ (Error::Git(_) | Error::Ledger(_) | Error::Cancelled)) => return Err(error),
        Err(error) => report.add(id, CheckState::Fail, describe(&error)),
    }
    Ok(())
}

/// Computes the roots from the records, and holds names and modes in them against the commit's tree.
fn check_names(
    prover: &mut Prover<'_>,
    statement: &SealStatement,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let id = "seal/names";
    let tree = prover.repository().commit(statement.commit())?.tree;
    match prover.shape(statement.document(), tree) {
        Ok(differences) => {
            check_records(Ok(()), report)?;
            if differences.is_empty() {
                let good = "the records have the names and modes of the commit's tree";
                report.add(id, CheckState::Pass, good);
            }
            report.add_differences(id, &differences);
            Ok(())
        }
        Err(error @ (Error::HostileTree { .. } | Error::Unreadable { .. })) => {
            require_other_content(error, id, report)
        }
        Err(error) => check_records(Err(error), report),
    }
}

/// Digests the files on disk.
fn check_worktree(
    prover: &Prover<'_>,
    statement: &SealStatement,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let id = "seal/worktree";
    match prover.worktree(statement.document()) {
        Ok(looked) if looked.differences.is_empty() => {
            let mut good = format!("{} files on disk are as they were sealed", looked.files);
            if looked.submodules > 0 {
                good.push_str(&format!("; {} submodules were not looked into", looked.submodules));
            }
            report.add(id, CheckState::Pass, good);
        }
        Ok(looked) => report.add_differences(id, &looked.differences),
        Err(error) => return require_other_content(error, id, report),
    }
    Ok(())
}

/// Takes an object whose content has another name, and roots that differ, for failed checks; all else is an error.
fn require_other_content(error: Error, id: &str, report: &mut CheckReport) -> Result<(), Error> {
    match &error {
        Error::RootMismatch { .. }
        | Error::HostileTree { .. }
        | Error::Unreadable { source: git::Error::CorruptObject { .. }, .. }
        | Error::Git(git::Error::CorruptObject { .. }) => {
            report.add(id, CheckState::Fail, describe(&error));
            Ok(())
        }
        _ => Err(error),
    }
}

/// Joins an error and its causes into one line.
pub(super) fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
