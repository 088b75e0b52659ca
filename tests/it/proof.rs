//! `git iao proof` and `git iao verify --proof`: one file of a seal, proven to somebody without the repository.

use std::fs;
use std::path::Path;

use crate::sandbox::{Outcome, Sandbox};

/// A sealed repository, and an empty folder that is none.
fn sealed() -> (Sandbox, std::path::PathBuf) {
    let sandbox = Sandbox::python();
    sandbox.iao("seal").exits(0);
    let outside = sandbox.beside("outside");
    fs::create_dir(&outside).unwrap();
    (sandbox, outside)
}

fn verify(sandbox: &Sandbox, folder: &Path, arguments: &str) -> Outcome {
    sandbox.iao_in(folder, &[], ["verify", "--proof"].into_iter().chain(arguments.split_whitespace()))
}

#[test]
fn a_proof_stands_alone_where_there_is_no_repository() {
    let (sandbox, outside) = sealed();
    let proof = sandbox.iao("proof src/sample/__init__.py").exits(0);
    fs::write(outside.join("p"), &proof.stdout).unwrap();
    fs::copy(sandbox.path().join("src/sample/__init__.py"), outside.join("copy")).unwrap();
    fs::write(outside.join("other"), "\"\"\"A simple.\"\"\"\n").unwrap();
    verify(&sandbox, &outside, "p").exits(0).answers(&["no content was given", "unsigned"]);
    let commit = sandbox.revision("HEAD");
    verify(&sandbox, &outside, &format!("p --content copy --commit {commit} --path src/sample/__init__.py"))
        .exits(0)
        .answers(&["as it was sealed in", &commit]);
    verify(&sandbox, &outside, "p --content other").exits(1).answers(&["proof/content", "does not hold"]);
    verify(&sandbox, &outside, "p --path README.md").exits(1).answers(&["proof/subject"]);
    verify(&sandbox, &outside, &format!("p --commit {}", "1".repeat(40))).exits(1);
    verify(&sandbox, &outside, "p --require-trusted").exits(1).answers(&["seal/signature"]);
    verify(&sandbox, &outside, "nothing").refuses(&["nothing"]);
    verify(&sandbox, &outside, "p --content nothing").refuses(&["nothing"]);
    let json = sandbox.iao_in(&outside, &[], ["--json", "verify", "--proof", "p"]).exits(0).json();
    assert_eq!(json["path"], "src/sample/__init__.py");
    assert_eq!(json["commit"], commit.as_str());
}

#[test]
fn any_changed_byte_of_a_proof_is_a_no() {
    let (sandbox, outside) = sealed();
    sandbox.iao_args(["proof", "README.md", "--output", outside.join("p").to_str().unwrap()]).exits(0);
    let good = fs::read(outside.join("p")).unwrap();
    for at in (0..good.len()).step_by(good.len() / 12) {
        let mut bad = good.clone();
        bad[at] ^= 4;
        fs::write(outside.join("bad"), &bad).unwrap();
        verify(&sandbox, &outside, "bad").exits(1);
        fs::write(outside.join("bad"), &good[..at]).unwrap();
        verify(&sandbox, &outside, "bad").exits(1);
    }
}

#[test]
fn one_envelope_serves_many_proofs() {
    let (sandbox, outside) = sealed();
    let at = |name: &str| outside.join(name).to_str().unwrap().to_owned();
    sandbox.iao_args(["proof", "README.md", "--output", &at("p"), "--envelope", &at("e")]).exits(0);
    sandbox.iao_args(["proof", "pyproject.toml", "--output", &at("q"), "--no-envelope"]).exits(0);
    for proof in ["p", "q"] {
        verify(&sandbox, &outside, &format!("{proof} --envelope e")).exits(0);
        verify(&sandbox, &outside, proof).exits(1).answers(&["without its envelope"]);
    }
    sandbox.commit_all("second");
    sandbox.iao("seal").exits(0);
    sandbox.iao_args(["proof", "README.md", "--output", &at("r"), "--envelope", &at("f")]).exits(0);
    verify(&sandbox, &outside, "r --envelope f").exits(0);
    verify(&sandbox, &outside, "r --envelope e").exits(1).answers(&["proof/seal"]);
}

#[test]
fn a_path_is_seen_from_the_current_directory_and_must_be_a_sealed_file() {
    let (sandbox, _) = sealed();
    let here = sandbox.path().join("src/sample");
    let proof = sandbox.iao_in(&here, &[], ["proof", "../sample/__init__.py"]).exits(0);
    assert_eq!(proof.json()["path"], "src/sample/__init__.py");
    sandbox.iao("proof src").refuses(&["is a directory"]);
    sandbox.iao("proof nowhere").refuses(&["is not in the seal"]);
    sandbox.iao("proof ../x").refuses(&["does not lie in the repository"]);
    sandbox.commit_all("second");
    sandbox.iao("proof README.md").refuses(&["is not sealed"]);
    sandbox.iao("proof README.md HEAD~1").exits(0);
    // The note alone is enough, with the content that it speaks of.
    sandbox.git(&["update-ref", "-d", "refs/iao/ledger"]);
    sandbox.iao("proof README.md HEAD~1").exits(0);
}
