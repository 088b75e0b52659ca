//! Every proof that is drawn verifies, and nothing else does.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::proof_draw::{prove, way};
use super::super::sample::{self, Flat, id, manifest_of, nested, record_at, wide};
use super::super::{Manifest, Seal, find};
use super::*;
use crate::base::{CancelToken, canonical};
use crate::git::testing::Sandbox;
use crate::ledger::Ledger;

fn measured(content: &[u8]) -> Measured {
    Measured { size: content.len() as u64, digest: ContentDigest::of(content) }
}

/// Draws the proof of `path` in a seal of `manifest`.
fn draw(manifest: &Manifest, path: &str) -> Proof {
    let seal = Seal::new(sample::request(id('1')), manifest.clone()).unwrap();
    draw_in(&seal, manifest, path)
}

fn draw_in(seal: &Seal, manifest: &Manifest, path: &str) -> Proof {
    let path = RepoPath::from(path);
    let mut forest = manifest.forest.clone();
    let (file, levels) = way(&mut forest, manifest.top, &path).unwrap();
    let envelope = serde_json::from_slice(&seal.envelope().to_canonical()).unwrap();
    let schema = super::super::PROOF_SCHEMA.to_owned();
    Proof { schema, seal: seal.digest(), envelope: Some(envelope), path, file, levels }
}

fn holds(bytes: &[u8], content: Option<&[u8]>) -> bool {
    let content = content.map(measured);
    check_proof(bytes, None, content.as_ref(), &Expected::default()).report.holds()
}

fn failures(check: &ProofCheck) -> Vec<&str> {
    let failed = check.report.checks.iter().filter(|check| check.state == CheckState::Fail);
    failed.map(|check| check.id.as_str()).collect()
}

#[test]
fn the_published_vectors_hold() {
    let page = include_str!("../../../docs/seal-format.md");
    let mut missing = Vec::new();
    for (files, path) in [(nested(), "bin/run"), (wide(), "f07")] {
        let proof = draw(&manifest_of(&files, id('a')), path);
        let value: Value = serde_json::from_slice(&proof.to_canonical()).unwrap();
        let part = json!({"file": value["file"], "levels": value["levels"], "path": value["path"]});
        let part = String::from_utf8(canonical::to_vec(&part).unwrap()).unwrap();
        assert!(holds(&proof.to_canonical(), Some(&files[path].1)));
        missing.extend((!page.contains(&part)).then_some(part));
    }
    assert!(missing.is_empty(), "docs/seal-format.md lacks these:\n{}", missing.join("\n"));
}

#[test]
fn the_schema_takes_a_proof_with_and_without_its_envelope() {
    let text = include_str!("../../../schemas/proof.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    let proof = draw(&manifest_of(&wide(), id('a')), "f07");
    for proof in [proof.clone(), proof.without_envelope()] {
        let mut value: Value = serde_json::from_slice(&proof.to_canonical()).unwrap();
        assert!(validator.is_valid(&value), "{:?}", validator.validate(&value));
        value["more"] = json!(1);
        assert!(!validator.is_valid(&value));
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let mut files = nested();
    files.extend((0..6).map(|number| (format!("bin/n{number}"), ("100644", vec![number]))));
    let proof = draw(&manifest_of(&files, id('a')), "bin/run");
    let envelope = proof.envelope().unwrap();
    // With the envelope inside only its truncations are tried: its own flips have their test.
    let whole = proof.to_canonical();
    assert!(holds(&whole, None));
    for length in 0..whole.len() {
        assert!(!holds(&whole[..length], None), "{length} bytes");
    }
    let bytes = proof.without_envelope().to_canonical();
    let check = |bytes: &[u8]| check_proof(bytes, Some(&envelope), None, &Expected::default());
    assert!(check(&bytes).report.holds());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(!check(&flipped).report.holds(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(!check(&bytes[..length]).report.holds(), "{length} bytes");
    }
    for bit in (0..envelope.len() * 8).step_by(5) {
        let mut flipped = envelope.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let checked = check_proof(&bytes, Some(&flipped), None, &Expected::default());
        assert_eq!(failures(&checked), ["proof/seal"], "bit {bit} of the envelope");
    }
}

#[test]
fn other_writings_of_the_same_proof_are_refused() {
    let proof = draw(&manifest_of(&nested(), id('a')), "bin/run");
    let text = String::from_utf8(proof.to_canonical()).unwrap();
    let without = String::from_utf8(proof.without_envelope().to_canonical()).unwrap();
    let others = [
        format!("{text}\n"),
        format!(" {text}"),
        text.replace("\"path\":", "\"more\":1,\"path\":"),
        text.replace("\"path\":\"bin/run\"", "\"path\":\"bin//run\""),
        text.replace("\"path\":\"bin/run\"", "\"path\":\"bin/run/\""),
        text.replace("\"path\":\"bin/run\"", "\"path\":\"bin/r%75n\""),
        text.replace("\"mode\":\"100755\"", "\"mode\":\"0100755\""),
        without.replace("\"envelope\":null,", ""),
    ];
    for other in others {
        assert!(other != text && other != without);
        assert!(Proof::from_canonical(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn what_no_tree_can_have_is_refused_before_it_is_hashed() {
    let proof = draw(&manifest_of(&wide(), id('a')), "f07");
    let edits: [(&str, Value); 9] = [
        ("/file/mode", json!("040000")),
        ("/levels", json!([])),
        ("/levels/0/place", json!(4)),
        ("/levels/0/list/entries", json!(0)),
        ("/levels/0/list/entries", json!(9_007_199_254_740_991_u64)),
        ("/levels/0/beside", json!([])),
        ("/levels/0/splits/0/totals/entries", json!(0)),
        ("/path", json!("")),
        ("/path", json!("f07/x")),
    ];
    for (place, value) in edits {
        let mut document: Value = serde_json::from_slice(&proof.to_canonical()).unwrap();
        *document.pointer_mut(place).unwrap() = value;
        let bytes = canonical::to_vec(&document).unwrap();
        assert!(Proof::from_canonical(&bytes).is_err(), "{place}");
    }
    let mut deep = proof;
    deep.levels = vec![deep.levels[0].clone(); 5000];
    deep.path = RepoPath::from(vec!["d"; 5000].join("/").as_str());
    assert!(Proof::from_canonical(&deep.to_canonical()).is_err());
    assert!(Proof::from_canonical(&vec![b' '; (16 << 20) + 1]).is_err());
}

#[test]
fn a_proof_for_something_else_is_refused() {
    let manifest = manifest_of(&nested(), id('a'));
    let proof = draw(&manifest, "bin/run");
    let (bytes, content) = (proof.to_canonical(), measured(b"#!/bin/sh\n"));
    let expect = |path: &str, commit| Expected { path: Some(RepoPath::from(path)), commit: Some(commit) };
    let check = |expected| check_proof(&bytes, None, Some(&content), &expected);
    assert!(check(expect("bin/run", id('1'))).report.holds());
    assert_eq!(failures(&check(expect("bin/rum", id('1')))), ["proof/subject"]);
    assert_eq!(failures(&check(expect("bin/run", id('2')))), ["proof/subject"]);
    for (wrong, word) in [(&b"#!/bin/sx\n"[..], "not the sealed content"), (b"", "was sealed with 10 bytes")]
    {
        let checked = check_proof(&bytes, None, Some(&measured(wrong)), &Expected::default());
        assert_eq!(failures(&checked), ["proof/content"]);
        assert!(checked.report.first_failure().unwrap().detail.contains(word));
    }
    // The same file in another seal: neither envelope goes with the other's proof.
    let mut request = sample::request(id('2'));
    request.plan = Some(ContentAddress::of(b"other"));
    let other = Seal::new(request, manifest).unwrap().envelope().to_canonical();
    let without = draw(&manifest_of(&nested(), id('a')), "bin/run").without_envelope().to_canonical();
    for bytes in [&bytes, &without] {
        let checked = check_proof(bytes, Some(&other), Some(&content), &Expected::default());
        assert_eq!(failures(&checked), ["proof/seal"]);
    }
    assert_eq!(failures(&check_proof(&without, None, None, &Expected::default())), ["proof/seal"]);
}

#[test]
fn a_submodule_and_a_name_that_is_no_text_are_proven() {
    let sandbox = Sandbox::new();
    let blob = sandbox.git_with(&["hash-object", "-w", "--stdin"], b"odd");
    let commit = "1".repeat(40);
    let mut tree = Vec::new();
    for (mode, name, id) in [("100644", &b"a\xff%"[..], &blob), ("160000", b"sub", &commit)] {
        tree.extend_from_slice(format!("{mode} ").as_bytes());
        tree.extend_from_slice(name);
        tree.push(0);
        tree.extend_from_slice(id.parse::<ObjectId>().unwrap().as_bytes());
    }
    let tree = sandbox.git_with(&["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], &tree);
    let head = sandbox.git(&["commit-tree", "-m", "odd", &tree]);
    let repository = sandbox.open();
    let (commit_id, _) = record_at(&repository, &head, 0);
    let ledger = Ledger::open(&repository).unwrap();
    let found = find(&ledger, commit_id).unwrap();
    let seal = (found.seals[0].envelope(), found.seals[0].statement());
    for (path, content) in [(&b"a\xff%"[..], &b"odd"[..]), (b"sub", commit.as_bytes())] {
        let path = RepoPath::from_bytes(path);
        let proof = prove(&repository, &ledger, seal, &path, 1, &CancelToken::default()).unwrap();
        let bytes = proof.to_canonical();
        assert!(holds(&bytes, Some(content)));
        assert_eq!(Proof::from_canonical(&bytes).unwrap().path(), &path);
    }
}

#[test]
fn a_proof_is_drawn_from_records_or_else_from_content_and_stays_small() {
    let mut sandbox = Sandbox::new().file("deep/er/file", "content");
    for number in 0..10_000 {
        let path = sandbox.path().join("wide").join(format!("file{number}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, number.to_string()).unwrap();
    }
    sandbox = sandbox.commit("first");
    let repository = sandbox.open();
    let (commit, seal) = record_at(&repository, "HEAD", 0);
    let ledger = Ledger::open(&repository).unwrap();
    let found = find(&ledger, commit).unwrap();
    let pair = (found.seals[0].envelope(), found.seals[0].statement());
    let draw = |ledger: &Ledger<'_>, path: &str| {
        prove(&repository, ledger, pair, &RepoPath::from(path), 2, &CancelToken::default())
    };
    let proof = draw(&ledger, "wide/file7").unwrap();
    let (whole, alone) = (proof.to_canonical().len(), proof.clone().without_envelope().to_canonical().len());
    assert!(whole < 10_000 && alone < 7_000, "{whole} bytes, {alone} without the envelope");
    assert!(holds(&proof.to_canonical(), Some(b"7")) && !holds(&proof.to_canonical(), Some(b"8")));
    // Without a ledger the commit's own files make the same proof.
    assert_eq!(draw(&Ledger::at(&repository, None), "wide/file7").unwrap(), proof);
    assert!(holds(&draw(&ledger, "deep/er/file").unwrap().to_canonical(), Some(b"content")));
    for (path, file) in [
        ("wide", false),
        ("deep/er", false),
        ("", false),
        ("nowhere", true),
        ("deep/x/y", true),
        ("deep/er/file/x", true),
    ] {
        for ledger in [&ledger, &Ledger::at(&repository, None)] {
            match draw(ledger, path) {
                Err(super::super::Error::NoSuchPath { .. }) => assert!(file, "{path}"),
                Err(super::super::Error::NoFile { .. }) => assert!(!file, "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
    assert_eq!(seal.digest(), proof.seal());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_file_is_proven_and_no_other(files in super::super::properties::trees()) {
        let files: Flat = files;
        let manifest = manifest_of(&files, id('a'));
        let seal = Seal::new(sample::request(id('1')), manifest.clone()).unwrap();
        for (path, (_, content)) in &files {
            let proof = draw_in(&seal, &manifest, path);
            let bytes = proof.to_canonical();
            prop_assert!(holds(&bytes, Some(content)), "{}", path);
            let other = files.iter().find(|(_, (_, other))| other != content);
            if let Some((_, (_, other))) = other {
                prop_assert!(!holds(&bytes, Some(other)), "{}", path);
            }
            // The same way under another name, and another file's way under this name.
            for name in [format!("{path}~"), path.to_uppercase()].iter().filter(|name| *name != path) {
                let moved = Proof { path: RepoPath::from(name.as_str()), ..proof.clone() };
                prop_assert!(!holds(&moved.to_canonical(), None), "{} as {}", path, name);
            }
            let Some(next) = files.keys().find(|other| *other != path) else { continue };
            let foreign = Proof { path: RepoPath::from(next.as_str()), ..proof.clone() };
            prop_assert!(!holds(&foreign.to_canonical(), None), "{} as {}", path, next);
        }
    }

    #[test]
    fn reading_a_proof_never_panics(at in any::<prop::sample::Index>(), cut in 0..40_usize, put in "[0-9a-f\",:{}\\[\\]]{0,30}") {
        let mut bytes = draw(&manifest_of(&wide(), id('a')), "f07").to_canonical();
        let (good, at) = (bytes.clone(), at.index(bytes.len()));
        bytes.splice(at..(at + cut).min(bytes.len()), put.bytes());
        prop_assert_eq!(holds(&bytes, None), bytes == good);
    }
}
