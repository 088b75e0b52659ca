//! Seals held against repositories that are as they were, and that are not.

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
    check_seal(&repository, &ledger, &found.seals[0], depth, &Verifier::default(), 2, &CancelToken::default())
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
fn a_seal_that_lies_about_names_and_modes_names_them_without_a_look_at_content() {
    let sandbox = Sandbox::new().file("dir/a", "1").file("dir/b", "2").file("c", "3").commit("first");
    let repository = sandbox.open();
    let commit = repository.resolve("HEAD").unwrap();
    let mut files = sample::Flat::new();
    for (path, mode, content) in [("dir/a", "100755", "1"), ("dir/B", "100644", "2"), ("c", "100644", "3")] {
        files.insert(path.to_owned(), (mode, content.as_bytes().to_vec()));
    }
    let manifest = sample::manifest_of(&files, repository.commit(commit).unwrap().tree);
    let seal = Seal::new(sample::request(commit), manifest).unwrap();
    let mut ledger = Ledger::open(&repository).unwrap();
    let time = seal.statement().predicate().sealed_at;
    super::super::record(&mut ledger, &seal, &sample::person(), time).unwrap();
    let report = check_first(&sandbox, Depth::Merkle);
    assert_eq!(failures(&report), ["seal/names"; 3]);
    let details: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.state == CheckState::Fail)
        .map(|check| check.detail.as_str())
        .collect();
    assert_eq!(details, ["`dir/B`: missing", "`dir/a`: another mode", "`dir/b`: added"]);
}

#[test]
fn names_of_many_seals_are_compared_one_by_one_or_after_content() {
    let mut sandbox = Sandbox::new();
    for number in 0..60 {
        sandbox = sandbox.file(&format!("d{}/f{number}", number % 2), number.to_string());
    }
    let mut seals = Vec::new();
    for second in 0..4 {
        sandbox =
            sandbox.file("d1/new", second.to_string()).file(&format!("n{second}/x"), "x").commit("next");
        let repository = sandbox.open();
        let (commit, _) = record_at(&repository, "HEAD", second);
        seals.push(find(&Ledger::open(&repository).unwrap(), commit).unwrap().seals.remove(0));
    }
    let repository = sandbox.open();
    let (ledger, cancel) = (Ledger::open(&repository).unwrap(), CancelToken::default());
    let mut prover = Prover::new(&repository, &ledger, 1, &cancel);
    for (at, depth) in
        [(1, Depth::Merkle), (3, Depth::Content), (3, Depth::Merkle), (0, Depth::Merkle), (2, Depth::Merkle)]
    {
        let report = check_with(&mut prover, &seals[at], depth, &Verifier::default()).unwrap();
        assert!(report.holds(), "{at} {depth:?}: {report:?}");
    }
}

#[test]
fn a_seal_must_follow_one_of_its_own_history() {
    let sandbox = Sandbox::new().file("a", "1").commit("first");
    let repository = sandbox.open();
    let (base, _) = record_at(&repository, "HEAD", 0);
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    let sandbox = sandbox.file("a", "2").commit("side");
    let (side, _) = record_at(&sandbox.open(), "HEAD", 1);
    sandbox.git(&["checkout", "-q", "-b", "other", &base.to_string()]);
    let sandbox = sandbox.file("a", "3").commit("other");
    let repository = sandbox.open();
    let commit = repository.resolve("HEAD").unwrap();
    let mut ledger = Ledger::open(&repository).unwrap();
    let mut states = Vec::new();
    for (second, before) in [(2, Some(base)), (3, Some(side)), (4, None)] {
        let mut previous = before.map(|before| find(&ledger, before).unwrap().seals.remove(0));
        if second == 4 {
            // A seal that never reached the ledger.
            let lost = sample::seal_of(&repository, &ledger, commit, 9);
            let path = super::super::index::seal_path(commit, lost.digest());
            previous = StoredSeal::parse(&path, &lost.envelope().to_canonical()).ok();
        }
        let mut request = sample::request(commit);
        request.sealed_at = crate::base::Timestamp::from_seconds(1_700_000_000 + second);
        request.previous = previous;
        let seal = Seal::new(request, sample::manifest(&repository, commit)).unwrap();
        let time = seal.statement().predicate().sealed_at;
        super::super::record(&mut ledger, &seal, &sample::person(), time).unwrap();
        let newest = find(&ledger, commit).unwrap().seals.remove(0);
        states.push(super::super::Chain::new(&repository, &ledger).unwrap().check(&newest).unwrap().state);
    }
    assert_eq!(states, [CheckState::Pass, CheckState::Fail, CheckState::Warn]);
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
