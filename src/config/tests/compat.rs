//! Documents of this API version from elsewhere load unchanged and mean what they say.

use super::*;
use crate::config::{Document, DocumentKind, Mode, Origin, SchemaRole};
use crate::hash::Algorithm;
use crate::model::{Gate, TargetFamily};

macro_rules! compat {
    ($name:literal) => {
        include_str!(concat!("../../../tests/fixtures/compat/", $name))
    };
}

fn files() -> Files {
    Files::default()
        .file("configs/indestructibleautoops.pipeline.yaml", compat!("indestructibleautoops.pipeline.yaml"))
        .file("configs/indestructibleautoops.policies.yaml", compat!("indestructibleautoops.policies.yaml"))
        .file("configs/indestructibleautoops.roles.yaml", compat!("indestructibleautoops.roles.yaml"))
        .file("configs/indestructibleautoops.adapters.yaml", compat!("indestructibleautoops.adapters.yaml"))
        .file("schemas/pipeline.schema.json", compat!("pipeline.schema.json"))
        .file("schemas/policies.schema.json", compat!("policies.schema.json"))
        .file("schemas/roles.schema.json", compat!("roles.schema.json"))
        .file("schemas/event.schema.json", compat!("event.schema.json"))
}

#[test]
fn the_pipeline_means_what_it_says() {
    let pipeline = files().load().unwrap().pipeline;
    assert_eq!(pipeline.name, "skeleton-to-closedloop");
    assert!(pipeline.project_root.is_root());
    assert_eq!(pipeline.state_dir, ".indestructibleautoops");
    assert_eq!(pipeline.evidence_dir, ".indestructibleautoops/evidence");
    assert_eq!(pipeline.event_stream, ".indestructibleautoops/governance/event-stream.jsonl");
    assert_eq!(pipeline.default_mode, Mode::Repair);
    assert_eq!(pipeline.supported_modes, Mode::ALL);
    let runs: Vec<&str> = pipeline.nodes.iter().map(|node| node.run.as_str()).collect();
    assert_eq!(runs, STEPS);
    for pair in pipeline.nodes.windows(2) {
        assert_eq!(pair[1].deps, [pair[0].id.clone()]);
    }
    assert_eq!(pipeline.outputs.plan_file, ".indestructibleautoops/plan.json");
    assert_eq!(pipeline.outputs.patch_report, ".indestructibleautoops/patch-report.json");
    assert_eq!(pipeline.outputs.verify_report, ".indestructibleautoops/verify-report.json");
    assert_eq!(pipeline.outputs.seal_manifest, ".indestructibleautoops/seal/manifest.json");
    assert_eq!(pipeline.governance.hash_algorithms, Algorithm::ALL);
    assert!(pipeline.repair.allow_writes && pipeline.repair.auto_detect);
    assert_eq!(pipeline.repair.targets, TargetFamily::ALL.into());
    assert_eq!(pipeline.repair.allow.unwrap(), ["generic", "python", "node", "go"]);
    assert_eq!(pipeline.repair.max_iterations, 3);
}

#[test]
fn its_gates_match_what_they_name() {
    let governance = files().load().unwrap().pipeline.governance;
    assert!(governance.narrative.enabled && governance.questions.enabled);
    let matches = |gate: &crate::config::PatternGate, path: &str| {
        gate.patterns.iter().any(|pattern| pattern.regex().is_match(path.as_bytes()))
    };
    assert!(matches(&governance.narrative, "docs/My-Story.md"));
    assert!(!matches(&governance.narrative, "src/main.py"));
    assert!(matches(&governance.questions, "what is this?"));
    assert!(matches(&governance.questions, "a/\u{80fd}\u{5426}.md"));
    assert!(!matches(&governance.questions, "what?.md"));
}

#[test]
fn the_policies_mean_what_they_say() {
    let policies = files().load().unwrap().policies;
    assert_eq!(policies.name, "baseline");
    assert!(policies.filesystem.state_dir_must_be_local);
    let secrets = &policies.filesystem.forbid_secret_patterns;
    assert_eq!(secrets.len(), 4);
    assert_eq!(secrets[3].text(), r"(?i)password\s*=");
    assert!(secrets[3].regex().is_match(b"PASSWORD  = x"));
    assert!(policies.naming.forbid_double_extensions);
    assert_eq!(policies.naming.allowed_extensions.unwrap().len(), 10);
    assert!(policies.supply_chain.require_evidence_sealing);
    assert_eq!(policies.supply_chain.hash_algorithms, Algorithm::ALL);
    assert!(policies.ci.require_workflow);
    assert_eq!(policies.ci.allowed_runners.unwrap(), ["ubuntu-latest"]);
    let block_on = [Gate::SchemaInvalid, Gate::SecretDetected, Gate::NarrativeDetected, Gate::DagCycle];
    assert_eq!(policies.gates.block_on, block_on.into());
    assert_eq!(policies.security.contact, None);
    assert_eq!(policies.approvals.required, 0);
}

#[test]
fn the_roles_and_adapters_mean_what_they_say() {
    let config = files().load().unwrap();
    assert_eq!(config.roles.name, "indestructibleautoops-engineering-team");
    assert!(config.roles.unique_role_ids && config.roles.require_dag);
    assert_eq!(config.roles.roles.len(), 6);
    let control = config.roles.get("control_plane_agent").unwrap();
    assert_eq!(control.tags, ["execution", "steps", "rollback"]);
    assert_eq!(control.accepts, ["repair_plan", "policy_set"]);
    assert_eq!(control.emits, ["patch_report", "rollback_points"]);
    assert_eq!(control.depends_on, ["reasoning_agent", "policy_agent"]);
    assert_eq!(config.adapters.adapter_order, ["python", "node", "go", "generic"]);
    assert_eq!(config.adapters.detectors[2].id, "go");
    assert_eq!(config.adapters.detectors[2].match_any_files, ["go.mod"]);
}

#[test]
fn the_schemas_that_they_name_are_kept_as_documents() {
    let config = files().load().unwrap();
    assert_eq!(config.named_schema(SchemaRole::Event), Some(compat!("event.schema.json")));
    assert_eq!(config.named_schema(SchemaRole::Adapters), None);
    let kinds: Vec<DocumentKind> = config.documents.iter().map(|document| document.kind).collect();
    let schemas = [SchemaRole::Pipeline, SchemaRole::Policies, SchemaRole::Roles, SchemaRole::Event];
    let expected: Vec<DocumentKind> =
        DocumentKind::REQUIRED.into_iter().chain(schemas.map(DocumentKind::Schema)).collect();
    assert_eq!(kinds, expected);
}

#[test]
fn recorded_documents_make_the_same_configuration_again() {
    let config = files().load().unwrap();
    let recorded = serde_json::to_vec(&config.documents).unwrap();
    let documents: Vec<Document> = serde_json::from_slice(&recorded).unwrap();
    let again = Config::from_documents(&documents).unwrap();
    assert_eq!((again.digest, again.policy_digest), (config.digest, config.policy_digest));
    assert_eq!(again.documents, config.documents);
    assert_eq!(again.pipeline.nodes, config.pipeline.nodes);
}

#[test]
fn a_record_that_is_not_whole_is_refused() {
    let documents = files().load().unwrap().documents;
    let error = Config::from_documents(&documents[1..]).unwrap_err();
    assert!(matches!(error, Error::Incomplete { kind: "Pipeline", found: 0 }), "{error:?}");
    let mut twice = documents.clone();
    twice.push(Document { origin: Origin::Embedded, ..documents[1].clone() });
    let error = Config::from_documents(&twice).unwrap_err();
    assert!(matches!(error, Error::Incomplete { kind: "Policies", found: 2 }), "{error:?}");
}
