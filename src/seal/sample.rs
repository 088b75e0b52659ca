//! Small manifests for tests, made from lists of files; and the vectors of `docs/seal-format.md`.

use std::collections::BTreeMap;

use super::entry::EntryMode;
use super::forest::{Forest, SetId};
use super::{
    Base, Boundary, Care, Drawing, Error, Manifest, PolicyRef, Seal, SealRequest, StoredSeal, previous,
    project, record,
};
use crate::base::{CancelToken, ContentAddress, Timestamp};
use crate::git::{Person, Repository};
use crate::hash::ContentDigest;
use crate::ledger::Ledger;
use crate::model::ObjectId;

/// Path to mode and content.
pub(super) type Flat = BTreeMap<String, (&'static str, Vec<u8>)>;

/// A file of one directory: name or path, mode, content.
type Line<'a> = (&'a str, &'static str, &'a [u8]);

/// The first vector: a nested directory, an executable, a link, an empty file.
pub(super) fn nested() -> Flat {
    [
        ("README", "100644", "hello\n"),
        ("bin/deep/empty", "100644", ""),
        ("bin/run", "100755", "#!/bin/sh\n"),
        ("link", "120000", "README"),
    ]
    .into_iter()
    .map(|(path, mode, content)| (path.to_owned(), (mode, content.as_bytes().to_vec())))
    .collect()
}

/// The second vector: one file more than fits a list.
pub(super) fn wide() -> Flat {
    (0..33).map(|number| (format!("f{number:02}"), ("100644", b"x".to_vec()))).collect()
}

pub(super) fn id(digit: char) -> ObjectId {
    digit.to_string().repeat(40).parse().unwrap()
}

/// Makes the manifest of these files, as if they were the tree `tree`.
pub(super) fn manifest_of(files: &Flat, tree: ObjectId) -> Manifest {
    let mut forest = Forest::default();
    let files: Vec<Line<'_>> =
        files.iter().map(|(path, (mode, content))| (path.as_str(), *mode, content.as_slice())).collect();
    let top = add(&files, &mut forest);
    forest.directory(top);
    forest.hashes.resolve();
    Manifest { tree, forest, top }
}

fn add(files: &[Line<'_>], forest: &mut Forest) -> SetId {
    let mut entries = Vec::new();
    let mut below: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
    for (path, mode, content) in files {
        match path.split_once('/') {
            Some((name, rest)) => below.entry(name).or_default().push((rest, *mode, *content)),
            None => {
                let mode = EntryMode::parse(mode.as_bytes()).unwrap();
                let digest = forest.hashes.known(ContentDigest::of(content));
                entries.push(forest.leaf(mode, path.as_bytes(), content.len() as u64, digest));
            }
        }
    }
    for (name, files) in below {
        let child = add(&files, forest);
        entries.push(forest.branch(name.as_bytes(), child));
    }
    forest.grow(entries, 0).unwrap()
}

/// A request that says as little as possible about `commit`.
pub(super) fn request(commit: ObjectId) -> SealRequest {
    SealRequest {
        commit,
        sealed_at: Timestamp::from_seconds(1_700_000_000),
        verdict: None,
        policy: PolicyRef { name: "default".to_owned(), digest: ContentAddress::of(b"policy") },
        config: ContentAddress::of(b"config"),
        plan: None,
        run: None,
        events: None,
        ledger: None,
        previous: None,
        signer: None,
    }
}

/// The seal of the first vector, on the commit `1111...`.
pub(super) fn seal() -> Seal {
    let tree = "ee7259db9c762150f9778cff587a65883963a767".parse().unwrap();
    Seal::new(request(id('1')), manifest_of(&nested(), tree)).unwrap()
}

pub(super) fn person() -> Person {
    Person { name: "Sealer".to_owned(), email: "sealer@example.com".to_owned() }
}

/// Seals `commit` at `second` after the sample time; records nothing.
pub(super) fn seal_of(repository: &Repository, ledger: &Ledger<'_>, commit: ObjectId, second: i64) -> Seal {
    let previous = previous(repository, ledger, commit).unwrap();
    let boundary = draw(repository, ledger, commit, previous.as_ref()).unwrap();
    let before = request(commit);
    let request = SealRequest {
        sealed_at: Timestamp::from_seconds(before.sealed_at.as_seconds() + second),
        ledger: ledger.head(),
        previous,
        ..before
    };
    Seal::new(request, boundary).unwrap()
}

/// Draws the boundary of `commit` from that of `base`.
pub(super) fn draw(
    repository: &Repository,
    ledger: &Ledger<'_>,
    commit: ObjectId,
    base: Option<&StoredSeal>,
) -> Result<Boundary, Error> {
    let tree = repository.commit(commit).unwrap().tree;
    let base = base.map_or(Base::Nothing, Base::Seal);
    Drawing { repository, ledger, tree, base, care: Care::Usual, jobs: 2, cancel: &CancelToken::default() }
        .draw()
}

/// Makes the manifest of `commit` from its content alone.
pub(super) fn manifest(repository: &Repository, commit: ObjectId) -> Manifest {
    let tree = repository.commit(commit).unwrap().tree;
    Manifest::build(repository, tree, 2, &CancelToken::default()).unwrap()
}

/// Seals `revision`, records the seal and writes its note.
pub(super) fn record_at(repository: &Repository, revision: &str, second: i64) -> (ObjectId, Seal) {
    let commit = repository.resolve(revision).unwrap();
    let mut ledger = Ledger::open(repository).unwrap();
    let seal = seal_of(repository, &ledger, commit, second);
    let time = seal.statement().predicate().sealed_at;
    record(&mut ledger, &seal, &person(), time).unwrap();
    assert_eq!(project(&ledger, &[commit], &person(), time).unwrap(), 1);
    (commit, seal)
}
