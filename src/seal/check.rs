//! Holds evidence against the repository, and says exactly what differs.
//!
//! What differs is a failed check; an error means that it could not be looked at.

use super::error::Error;
use super::index::StoredSeal;
use super::signature::{judge_signature, signature_check};
use super::statement::SealStatement;
use super::{Note, Prover};
use crate::base::CancelToken;
use crate::git::Repository;
use crate::ledger::Ledger;
use crate::model::{Check, CheckState, ObjectId};
use crate::supply_chain::{Envelope, Verifier};

/// How deep a check looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Looks at the envelope, what it says of the commit, and who signed; trusts the manifest.
    Outline,
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
    let document = seal.statement().document();
    match prover.records(document) {
        Ok(()) => {
            report.add("seal/records", CheckState::Pass, "the ledger's records add up to the roots");
        }
        Err(error @ (Error::Git(_) | Error::Ledger(_) | Error::Cancelled)) => return Err(error),
        Err(error) => report.add("seal/records", CheckState::Fail, describe(&error)),
    }
    if depth == Depth::Content {
        check_content(prover, seal.statement(), true, &mut report)?;
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

/// Checks that the note `bytes` holds one of `seals`, those that the ledger has for the annotated commit.
#[must_use]
pub fn check_projection(bytes: &[u8], seals: &[StoredSeal]) -> CheckReport {
    let mut report = CheckReport::default();
    match Note::parse(bytes) {
        Ok(note) => report.judge(
            "seal/note",
            seals.iter().any(|seal| seal.digest() == note.digest()),
            "the summary is what the envelope says",
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
            report.add("seal/note", CheckState::Pass, "the summary is what the envelope says");
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
    let tree = repository.commit(sealed)?.tree;
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

/// Digests the commit's files again; what differs is named where the ledger has `recorded` what was sealed.
fn check_content(
    prover: &mut Prover<'_>,
    statement: &SealStatement,
    recorded: bool,
    report: &mut CheckReport,
) -> Result<(), Error> {
    let tree = prover.repository().commit(statement.commit())?.tree;
    let (roots, sealed) = (prover.content(tree)?, statement.document());
    let difference =
        if roots == sealed.roots || !recorded { None } else { prover.difference(sealed, tree)? };
    let bad = match difference {
        Some(difference) => format!("`{}`: {}", difference.path, difference.what),
        None => "the roots of the commit's files are not those of the seal".to_owned(),
    };
    let good = format!("{} files, {} bytes have the sealed digests", roots.files, roots.bytes);
    report.judge("seal/content", roots == sealed.roots, good, bad);
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

#[cfg(test)]
mod tests {
    use super::super::sample::{self, record_at};
    use super::super::{Seal, find};
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::supply_chain::testing;

    fn failures(report: &CheckReport) -> Vec<&str> {
        let failed = report.checks.iter().filter(|check| check.state == CheckState::Fail);
        failed.map(|check| check.id.as_str()).collect()
    }

    fn check_first(sandbox: &Sandbox, depth: Depth) -> CheckReport {
        let repository = sandbox.open();
        let ledger = Ledger::open(&repository).unwrap();
        let commit = repository.resolve("HEAD").unwrap();
        let found = find(&ledger, commit).unwrap();
        check_seal(
            &repository,
            &ledger,
            &found.seals[0],
            depth,
            &Verifier::default(),
            2,
            &CancelToken::default(),
        )
        .unwrap()
    }

    fn check_by_note(repository: &Repository, note: &[u8], commit: ObjectId) -> CheckReport {
        check_note(repository, note, commit, &Verifier::default(), 1, &CancelToken::default()).unwrap()
    }

    #[test]
    fn an_honest_seal_holds_at_every_depth_and_by_its_note_alone() {
        let sandbox = Sandbox::new().file("a/b", "1").file("c", "").commit("first");
        let (commit, seal) = record_at(&sandbox.open(), "HEAD", 0);
        for depth in [Depth::Merkle, Depth::Content] {
            let report = check_first(&sandbox, depth);
            assert!(report.holds(), "{report:?}");
        }
        let note = Note::of(seal.envelope().clone()).unwrap().to_bytes();
        let report = check_by_note(&sandbox.open(), &note, commit);
        assert!(report.holds() && report.first_failure().is_none(), "{report:?}");
        assert!(report.checks.iter().any(|check| check.id == "seal/content"));
    }

    #[test]
    fn a_note_moved_to_another_commit_is_refused() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let (_, seal) = record_at(&sandbox.open(), "HEAD", 0);
        sandbox.git(&["commit", "-q", "--amend", "-m", "same tree"]);
        let repository = sandbox.open();
        let head = repository.resolve("HEAD").unwrap();
        let note = Note::of(seal.envelope().clone()).unwrap().to_bytes();
        let report = check_by_note(&repository, &note, head);
        assert_eq!(failures(&report), ["seal/subject"]);
    }

    #[test]
    fn a_seal_that_lies_about_content_names_the_path() {
        let sandbox = Sandbox::new().file("dir/a", "1").file("dir/b", "2").commit("first");
        let repository = sandbox.open();
        let commit = repository.resolve("HEAD").unwrap();
        let mut files = sample::Flat::new();
        files.insert("dir/a".to_owned(), ("100644", b"1".to_vec()));
        files.insert("dir/b".to_owned(), ("100644", b"X".to_vec()));
        let manifest = sample::manifest_of(&files, repository.commit(commit).unwrap().tree);
        let seal = Seal::new(sample::request(commit), manifest).unwrap();
        let mut ledger = Ledger::open(&repository).unwrap();
        let time = seal.statement().predicate().sealed_at;
        super::super::record(&mut ledger, &seal, &sample::person(), time).unwrap();
        assert!(check_first(&sandbox, Depth::Merkle).holds());
        let report = check_first(&sandbox, Depth::Content);
        assert_eq!(failures(&report), ["seal/content"]);
        assert_eq!(report.first_failure().unwrap().detail, "`dir/b`: other content");
        let note = Note::of(seal.envelope().clone()).unwrap().to_bytes();
        let report = check_by_note(&repository, &note, commit);
        assert_eq!(failures(&report), ["seal/content"]);
    }

    #[test]
    fn a_seal_of_another_tree_or_with_a_missing_signature_is_refused() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let commit = repository.resolve("HEAD").unwrap();
        let mut request = sample::request(commit);
        request.signer = Some(testing::public(1));
        let manifest = sample::manifest_of(&sample::nested(), sample::id('2'));
        let seal = Seal::new(request, manifest).unwrap();
        let note = Note::of(seal.envelope().clone()).unwrap().to_bytes();
        let report = check_by_note(&repository, &note, commit);
        assert_eq!(failures(&report), ["seal/tree", "seal/signature"]);
    }

    #[test]
    fn replaced_objects_fool_nobody() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        record_at(&sandbox.open(), "HEAD", 0);
        let blob = sandbox.git(&["rev-parse", "HEAD:a"]);
        let other = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"2");
        sandbox.git(&["replace", &blob, &other]);
        assert!(check_first(&sandbox, Depth::Content).holds());
    }

    #[test]
    fn a_ledger_without_the_records_fails_the_check() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let commit = repository.resolve("HEAD").unwrap();
        let mut ledger = Ledger::open(&repository).unwrap();
        let seal = sample::seal_of(&repository, &ledger, commit, 0);
        let entries: Vec<_> = super::super::ledger_entries(&seal)
            .into_iter()
            .filter(|entry| !entry.path.starts_with("records/"))
            .collect();
        let time = seal.statement().predicate().sealed_at;
        ledger.append(&entries, "half", &sample::person(), time).unwrap();
        assert_eq!(failures(&check_first(&sandbox, Depth::Merkle)), ["seal/records"]);
    }
}
