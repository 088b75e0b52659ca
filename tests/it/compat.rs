//! Documents of this API version that were written for the system before this one: loaded unchanged, and meant.

use std::fs;
use std::path::Path;

use crate::sandbox::{GOVERNANCE, Sandbox};

/// The Python sandbox under those documents.
fn governed_by_old_documents() -> Sandbox {
    let sandbox = Sandbox::python();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compat");
    for entry in fs::read_dir(fixtures).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let folder = if name.ends_with(".schema.json") { "schemas" } else { "configs" };
        sandbox.put(format!("{folder}/{name}"), fs::read(&path).unwrap());
    }
    sandbox.commit_all("the old documents");
    sandbox
}

#[test]
fn the_old_documents_are_valid_and_the_loop_runs_under_them() {
    let sandbox = governed_by_old_documents();
    let valid = sandbox.iao("validate --json").exits(0).json();
    assert_eq!(valid["order"].as_array().unwrap().len(), 8);
    assert_eq!(valid["documents"].as_array().unwrap().len(), 8, "{valid}");
    let report = sandbox.iao("run --json").exits(0).json();
    assert_eq!(report["verdict"]["outcome"], "pass");
    assert!(sandbox.reference(GOVERNANCE).is_some());
    sandbox.iao("plan iao/governance --check").exits(0);
    sandbox.iao("replay").exits(0);
}

#[test]
fn narrative_paths_block_and_question_paths_are_told() {
    let sandbox = governed_by_old_documents();
    sandbox.put("what is this?", "x");
    sandbox.commit_all("a question");
    let report = sandbox.iao("scan --json").exits(0).json();
    assert!(report.to_string().contains("path.question"), "{report}");
    sandbox.put("history.md", "x");
    sandbox.commit_all("a story");
    let report = sandbox.iao("run --json").exits(1).json();
    assert_eq!(report["blockedBy"][0], "gate/narrative_detected");
    assert_eq!(sandbox.reference(GOVERNANCE), None);
}

#[test]
fn only_the_allowed_adapters_are_used() {
    let sandbox = governed_by_old_documents();
    sandbox.put("tool/Cargo.toml", "[package]\nname = \"tool\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    sandbox.put("tool/src/lib.rs", "");
    sandbox.commit_all("a crate");
    let status = sandbox.iao("status --json").exits(0).json();
    let adapters: Vec<&str> =
        status["projects"].as_array().unwrap().iter().map(|one| one["adapter"].as_str().unwrap()).collect();
    assert_eq!(adapters, ["python", "generic"]);
    let left_out = &status["leftOut"][0];
    assert_eq!((left_out["adapter"].as_str(), left_out["root"].as_str()), (Some("rust"), Some("tool")));
    assert!(left_out["reason"].as_str().unwrap().contains("allow"), "{left_out}");
}

#[test]
fn without_leave_to_write_nothing_is_patched() {
    let sandbox = governed_by_old_documents();
    let path = "configs/indestructibleautoops.pipeline.yaml";
    let text = fs::read_to_string(sandbox.path().join(path)).unwrap();
    assert!(text.contains("allowWrites: true"));
    sandbox.put(path, text.replace("allowWrites: true", "allowWrites: false"));
    let head = sandbox.commit_all("look, do not touch");
    let report = sandbox.iao("run --json").exits(0).json();
    assert!(!report["plan"]["document"]["changes"].as_array().unwrap().is_empty());
    assert!(report["patch"].is_null());
    assert_eq!(sandbox.reference(GOVERNANCE), None);
    assert_eq!(sandbox.iao("show --json").exits(0).json()["sealedCommit"], head.as_str());
}

#[test]
fn the_outputs_that_a_pipeline_names_are_left_there() {
    let sandbox = governed_by_old_documents();
    sandbox.iao("run").exits(0);
    for name in [
        "plan.json",
        "patch-report.json",
        "verify-report.json",
        "seal/manifest.json",
        "governance/event-stream.jsonl",
    ] {
        assert!(!sandbox.state(name).is_empty(), "{name}");
    }
    assert!(sandbox.path().join(".indestructibleautoops/evidence/runs").is_dir());
}
