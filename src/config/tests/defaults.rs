//! What holds when nobody configured anything, and where documents are found.

use serde_json::json;

use super::*;
use crate::base::canonical;
use crate::config::source::Source;
use crate::config::{DocumentKind, Mode, Origin, yaml};
use crate::model::Gate;

#[test]
fn an_empty_repository_has_the_built_in_configuration() {
    let config = Files::default().load().unwrap();
    assert!(config.documents.iter().all(|document| document.origin == Origin::Embedded));
    assert_eq!(config.pipeline.default_mode, Mode::Repair);
    assert!(config.pipeline.repair.allow_writes && config.pipeline.repair.allow.is_none());
    assert!(!config.pipeline.governance.narrative.enabled && !config.pipeline.governance.questions.enabled);
    assert_eq!(config.policies.naming.allowed_extensions, None);
    let block_on = [Gate::SchemaInvalid, Gate::DagCycle, Gate::SecretDetected, Gate::HostileEntry];
    assert_eq!(config.policies.gates.block_on, block_on.into());
}

#[test]
fn the_default_documents_are_valid_where_init_writes_them() {
    let written = Files::defaults().load().unwrap();
    assert!(written.documents.iter().all(|document| matches!(document.origin, Origin::Path(_))));
    let built_in = Files::default().load().unwrap();
    assert_eq!((written.digest, written.policy_digest), (built_in.digest, built_in.policy_digest));
}

#[test]
fn the_built_in_documents_pass_the_checks_that_are_spared_them() {
    let mut files = Files::default();
    for asset in assets::DEFAULT_DOCUMENTS {
        files = files.file(asset.path, format!("{}# not the built-in text any more\n", asset.text));
    }
    let checked = files.load().unwrap();
    assert_eq!(checked.digest, Files::default().load().unwrap().digest);
    for pattern in &Files::default().load().unwrap().policies.filesystem.forbid_secret_patterns {
        assert_eq!(pattern.regex().as_str(), pattern.text());
    }
}

#[test]
fn what_is_stored_of_the_built_in_documents_is_what_they_say() {
    let mut whole = serde_json::Map::from_iter([("Schemas".to_owned(), json!({}))]);
    for kind in DocumentKind::REQUIRED {
        let text = kind.asset().and_then(assets::default_document).unwrap().text;
        let source = Source::new(0, String::new(), text.to_owned());
        let node = yaml::read(&source, &mut Vec::new()).unwrap();
        whole.insert(kind.as_str().to_owned(), node.to_json());
    }
    let read = String::from_utf8(canonical::to_vec(&whole).unwrap()).unwrap();
    assert_eq!(
        include_str!("../built_in.json"),
        format!("{read}\n"),
        "store the second in src/config/built_in.json"
    );

    // What is made of it is what is made of the same documents when they are read.
    let stored = Files::default().load().unwrap();
    let mut read = Files::defaults().file("none", "").load().unwrap();
    read.documents.clone_from(&stored.documents);
    assert_eq!(format!("{stored:?}"), format!("{read:?}"));
}

#[test]
fn the_built_in_pipeline_does_not_pass_where_its_steps_are_not_known() {
    let read = |_: &RepoPath| Ok(None);
    let error = load(&LoadRequest { pipeline: None, read: &read, known_steps: &STEPS[1..] }).unwrap_err();
    assert!(told(&error).iter().any(|line| line.contains(STEPS[0])), "{:?}", told(&error));
}

#[test]
fn the_built_in_pipeline_takes_a_document_that_the_repository_has() {
    let roles = assets::default_document("roles").unwrap();
    let text = roles.text.replace("name: engineering-team", "name: ours");
    let config = Files::default().file(roles.path, text).load().unwrap();
    assert_eq!(config.roles.name, "ours");
    assert_eq!(config.documents[0].origin, Origin::Embedded);
}

#[test]
fn schemas_of_other_meaning_do_not_disturb_a_repository_without_configuration() {
    Files::default().file("schemas/pipeline.schema.json", r#"{"const": 1}"#).load().unwrap();
}

#[test]
fn the_secret_patterns_do_not_match_the_file_they_stand_in() {
    let config = Files::default().load().unwrap();
    let text = assets::default_document("policies").unwrap().text;
    for pattern in &config.policies.filesystem.forbid_secret_patterns {
        assert!(!pattern.regex().is_match(text.as_bytes()), "{}", pattern.text());
    }
}

#[test]
fn the_secret_patterns_match_credentials_and_pass_code_that_speaks_of_them() {
    let patterns = Files::default().load().unwrap().policies.filesystem.forbid_secret_patterns;
    let hit = |text: &str| patterns.iter().any(|pattern| pattern.regex().is_match(text.as_bytes()));
    let body = |length: usize| "aB3".chars().cycle().take(length).collect::<String>();
    let (upper, digits) = ("A7".repeat(8), "7".repeat(12));
    let credentials = [
        format!("-----BEGIN {}PRIVATE KEY-----", ""),
        format!("-----BEGIN {} PRIVATE KEY-----", "RSA"),
        format!("-----BEGIN {} PRIVATE KEY BLOCK-----", "PGP"),
        format!("{}{upper}", "AKIA"),
        format!("{}_{}", "ghp", body(36)),
        format!("{}_pat_{}_{}", "github", body(22), body(59)),
        format!("{}-{}", "glpat", body(20)),
        format!("{}-{digits}-{}", "xoxb", body(20)),
        format!("{}_live_{}", "sk", body(24)),
        format!("{}{}", "AIza", body(35)),
        format!("{}_{}", "npm", body(36)),
        format!("{}-AgE{}", "pypi", body(70)),
    ];
    for credential in credentials {
        assert!(hit(&format!("x = '{credential}'")), "{}", &credential[..6]);
    }
    for code in
        ["aws_access_key_id = os.environ", "password = input()", "npm_config_registry", "AKIA", "xoxb-"]
    {
        assert!(!hit(code), "{code}");
    }
}

#[test]
fn a_pipeline_from_outside_reads_the_documents_of_the_repository() {
    let text = assets::default_document("pipeline").unwrap().text;
    let outside = PipelineSource::Text { name: "/elsewhere/p.yaml".into(), text: text.into() };
    let config = Files::defaults().load_from(Some(outside.clone())).unwrap();
    assert_eq!(config.documents[0].origin, Origin::File("/elsewhere/p.yaml".into()));
    assert!(matches!(config.documents[1].origin, Origin::Path(_)));
    let error = Files::default().load_from(Some(outside)).unwrap_err();
    assert_eq!(
        told(&error)[0],
        "/elsewhere/p.yaml:49:21: there is no file `configs/indestructibleautoops.adapters.yaml` in the repository"
    );
    assert_eq!(error.violations().len(), 3);
}

#[test]
fn a_kind_that_the_pipeline_does_not_name_is_the_built_in_one() {
    let files = Files::defaults()
        .edit("pipeline", "    rolesRegistry: configs/indestructibleautoops.roles.yaml\n", "")
        .file("configs/indestructibleautoops.roles.yaml", "not: read");
    let config = files.load().unwrap();
    let roles = config.documents.iter().find(|document| document.kind == DocumentKind::RoleRegistry).unwrap();
    assert_eq!(roles.origin, Origin::Embedded);
}

#[test]
fn a_pipeline_that_is_asked_for_and_absent_is_an_error() {
    let error = Files::default().load_from(Some(PipelineSource::Path(RepoPath::from("p.yaml")))).unwrap_err();
    assert_eq!(error.to_string(), "there is no pipeline document `p.yaml` in the repository");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_cause() {
    let read = |_: &RepoPath| Err("the object is damaged".into());
    let error = load(&LoadRequest { pipeline: None, read: &read, known_steps: &STEPS }).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `configs/indestructibleautoops.pipeline.yaml`");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the object is damaged");
}

#[test]
fn a_minimal_pipeline_has_every_default() {
    let text = "apiVersion: indestructibleautoops/v1\nkind: Pipeline\nmetadata: {name: m}\nspec:\n  stateDir: ./s/\n  \
                dag: {nodes: [{id: a, kind: step, run: engine.step.tool_execution, deps: []}]}\n";
    let config = Files::default().file("configs/indestructibleautoops.pipeline.yaml", text).load().unwrap();
    let pipeline = config.pipeline;
    assert_eq!(pipeline.state_dir, "s");
    assert_eq!(pipeline.outputs.plan_file, "s/plan.json");
    assert_eq!(pipeline.event_stream, "s/governance/event-stream.jsonl");
    assert_eq!(pipeline.evidence_dir, "s/evidence");
    assert_eq!((pipeline.default_mode, pipeline.repair.max_iterations), (Mode::Repair, 3));
    assert!(!pipeline.governance.narrative.enabled);
}

#[test]
fn comments_and_layout_do_not_change_the_digest_and_meaning_does() {
    let base = Files::defaults().load().unwrap();
    let quiet = Files::defaults()
        .edit(
            "pipeline",
            "[plan, repair, verify, seal]",
            "\n      - 'plan'\n      - \"repair\"\n      - verify # so\n      - seal",
        )
        .edit("policies", "# npm tokens", "# other words")
        .load()
        .unwrap();
    assert_eq!((quiet.digest, quiet.policy_digest), (base.digest, base.policy_digest));
    let other = Files::defaults().edit("pipeline", "maxIterations: 3", "maxIterations: 4").load().unwrap();
    assert_ne!(other.digest, base.digest);
    assert_eq!(other.policy_digest, base.policy_digest);
    let stricter = Files::defaults().edit("policies", "      - hostile_entry\n", "").load().unwrap();
    assert_ne!(stricter.policy_digest, base.policy_digest);
}
