//! Schema violations, built in and named, each at its exact place and in plain words.

use super::*;

fn bad(name: &str, from: &str, to: &str) -> Files {
    Files::defaults().edit(name, from, to)
}

/// The default documents with a policies schema of the repository's own.
fn with_schema(schema: &str) -> Files {
    bad(
        "pipeline",
        "    # schemas:\n    #   policies: schemas/our-policies.schema.json\n",
        "    schemas:\n      policies: s.json\n",
    )
    .file("s.json", schema)
}

#[test]
fn a_misspelt_key_is_caught_anywhere_under_spec() {
    for (name, key, line, column) in [
        ("pipeline", "projectRoot", 7, 3),
        ("pipeline", "supported", 13, 5),
        ("pipeline", "rolesRegistry", 50, 5),
        ("pipeline", "sealManifest", 59, 5),
        ("pipeline", "algorithms", 62, 7),
        ("pipeline", "autoDetect", 80, 7),
        ("policies", "forbidSecretsPatterns", 11, 5),
        ("policies", "requireEvidenceSealing", 34, 5),
        ("policies", "blockOn", 50, 5),
        ("roles", "requireDAG", 52, 5),
        ("adapters", "adapterOrder", 9, 3),
    ] {
        let files = bad(name, &format!("{key}:"), &format!("{key}x:"));
        let error = files.load().unwrap_err();
        let first = &error.violations()[0];
        assert_eq!((first.line(), first.column()), (line, column), "{key}");
        assert!(first.message().ends_with(&format!("has no key `{key}x`")), "{}", first.message());
        assert_eq!(first.help(), format!("did you mean `{key}`?"));
        assert_eq!(first.code(), "iao::config::schema");
    }
}

#[test]
fn keys_that_begin_with_x_are_free() {
    bad("pipeline", "  repair:\n", "  x-ours: {any: [thing, 1]}\n  repair:\n    x-note: yes\n")
        .load()
        .unwrap();
}

#[test]
fn a_wrong_kind_or_version_is_caught() {
    let files = bad(
        "pipeline",
        "policiesConfig: configs/indestructibleautoops.policies.yaml",
        "policiesConfig: configs/indestructibleautoops.roles.yaml",
    );
    files.breaks(&[
        "roles.yaml:3:7: `kind` is `RoleRegistry`, where a document of kind `Policies` is expected",
    ]);
    bad("policies", "apiVersion: indestructibleautoops/v1", "apiVersion: indestructibleautoops/v2").breaks(&[
        "policies.yaml:2:13: `apiVersion` must be `indestructibleautoops/v1`, not `indestructibleautoops/v2`",
    ]);
}

#[test]
fn faults_of_type_word_form_and_number_are_told_in_plain_words() {
    bad("pipeline", "stateDir: \".indestructibleautoops\"", "stateDir: 7")
        .edit("pipeline", "default: repair", "default: repare")
        .edit("pipeline", "id: tool_execution", "id: Tool Execution")
        .edit("pipeline", "deps: [tool_execution]", "deps: []")
        .edit("pipeline", "        kind: step\n        run: engine.step.history_immutable\n", "        run: engine.step.history_immutable\n")
        .edit("pipeline", "[format, deps, structure, ci, policies]", "[format, format]")
        .edit("pipeline", "algorithms: [sha3_512, blake3]", "algorithms: []")
        .breaks(&[
            "pipeline.yaml:8:13: `spec.stateDir` must be a text, not a number",
            "pipeline.yaml:12:14: `spec.modes.default` cannot be `repare`",
            "pipeline.yaml:12:14: the default mode `repare` is not among the supported ones",
            "pipeline.yaml:36:13: `spec.dag.nodes[5].id`: `Tool Execution` does not have the form that is asked for",
            "pipeline.yaml:40:9: `spec.dag.nodes[6]` lacks the key `kind`",
            "pipeline.yaml:61:7: `spec.governance.hash.algorithms` needs at least 1 entry",
            "pipeline.yaml:77:5: `spec.repair.targets` names the same thing twice",
        ]);
}

#[test]
fn a_missing_spec_and_an_empty_value_are_told() {
    Files::defaults()
        .file("configs/indestructibleautoops.policies.yaml", "kind: Policies\nmetadata: {name: }\n")
        .breaks(&[
            "policies.yaml:1:1: the document lacks the key `apiVersion`",
            "policies.yaml:1:1: the document lacks the key `spec`",
            "policies.yaml:2:12: `metadata.name` must be a text, not empty",
        ]);
}

#[test]
fn our_own_keys_have_their_bounds() {
    bad("policies", "  gates:", "  security: {contact: call me}\n  approvals: {required: -1}\n  gates:").breaks(&[
        "policies.yaml:49:23: `spec.security.contact`: `call me` does not have the form that is asked for",
        "policies.yaml:50:25: `spec.approvals.required`: the value is less than the minimum of 0",
    ]);
    for contact in ["mailto:security@example.org", "https://example.org/security"] {
        let files = bad("policies", "  gates:", &format!("  security: {{contact: '{contact}'}}\n  gates:"));
        assert_eq!(files.load().unwrap().policies.security.contact.as_deref(), Some(contact));
    }
}

#[test]
fn a_credential_in_the_wrong_place_is_not_echoed() {
    let token = format!("gh{}_{}", "p", "aB3".repeat(12));
    let files = bad("policies", "requireEvidenceSealing: true", &format!("requireEvidenceSealing: {token}"));
    let error = files.load().unwrap_err();
    let shown = format!("{:?}", miette::Report::new(error));
    assert!(shown.contains("requireEvidenceSealing") && !shown.contains("aB3"), "{shown}");
}

#[test]
fn a_report_shows_document_place_and_snippet() {
    let error = bad("pipeline", "projectRoot:", "projectRot:").load().unwrap_err();
    let mut shown = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::none());
    handler.render_report(&mut shown, &error).unwrap();
    for part in [
        "the configuration breaks 1 rule",
        "`spec` has no key `projectRot`",
        "configs/indestructibleautoops.pipeline.yaml:7:3",
        "7 |   projectRot: \".\"",
        "did you mean `projectRoot`?",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn a_named_schema_tightens() {
    let schema = r#"{"properties": {"spec": {"required": ["security"]}}}"#;
    let files = with_schema(schema);
    files.breaks(&["policies.yaml:6:1: `spec` lacks the key `security`"]);
    let help = files.load().unwrap_err().violations()[0].help().to_owned();
    assert_eq!(help, "add `security` (demanded by `s.json`, which `inputs.schemas` names)");
}

#[test]
fn a_named_schema_cannot_loosen() {
    let loose = with_schema("{}").edit("policies", "requireWorkflow: true", "requireWorkflow: 1");
    loose.breaks(&["policies.yaml:37:22: `spec.ci.requireWorkflow` must be a boolean, not a number"]);
}

#[test]
fn what_two_schemas_demand_alike_is_told_once() {
    let schema = r#"{"properties": {"spec": {"properties": {"ci": {"properties": {"requireWorkflow": {"type": "boolean"}}}}}}}"#;
    let files = with_schema(schema).edit("policies", "requireWorkflow: true", "requireWorkflow: 1");
    assert_eq!(files.violations().len(), 1);
}

#[test]
fn a_named_schema_that_is_absent_or_broken_is_refused() {
    let mut absent = with_schema("");
    absent.0.remove(&RepoPath::from("s.json"));
    absent.breaks(&["pipeline.yaml:54:17: there is no file `s.json` in the repository"]);
    with_schema("{\n  \"a\": ,\n}").breaks(&["s.json:2:8: not JSON"]);
    with_schema("[]").breaks(&["s.json:1:1: the schema is not an object"]);
    with_schema(r#"{"multipleOf": 0.5}"#)
        .breaks(&["s.json:1:1: the schema holds a number that is no integer within ±(2^53 - 1)"]);
    let error = with_schema(r#"{"type": "strin"}"#).load().unwrap_err();
    assert!(told(&error)[0].starts_with("s.json:1:1: not a usable schema: "), "{:?}", told(&error));
    let error = with_schema(r#"{"pattern": "(?=x)"}"#).load().unwrap_err();
    assert!(told(&error)[0].starts_with("s.json:1:1: not a usable schema: "), "{:?}", told(&error));
}

#[test]
fn a_named_schema_stays_within_itself() {
    let outside = "the schema refers to something outside itself";
    for reference in ["https://example.org/x", "other.json", "file:///etc/passwd", "#%2F", "#anchor"] {
        let files = with_schema(&format!("{{\n\"$ref\": \"{reference}\"}}"));
        let expected = if reference == "#anchor" {
            "the schema refers to a place that it does not have"
        } else {
            outside
        };
        assert_eq!(files.violations(), [format!("s.json:2:9: {expected}")]);
    }
    with_schema(r##"{"$defs": {"a": {"type": "object"}}, "$ref": "#/$defs/a"}"##).load().unwrap();
}

#[test]
fn a_schema_that_never_ends_is_refused() {
    let endless = "the schema is recursive, or too large with its references followed";
    with_schema(r##"{"allOf": [{"$ref": "#"}]}"##).breaks(&[&format!("s.json:1:13: {endless}")]);
    let doubling: Vec<String> = (0..40)
        .map(|n| {
            format!(
                r##""d{n}": {{"allOf": [{{"$ref": "#/$defs/d{0}"}}, {{"$ref": "#/$defs/d{0}"}}]}}"##,
                n + 1
            )
        })
        .collect();
    let schema = format!(r##"{{"$defs": {{{}, "d40": {{}}}}, "$ref": "#/$defs/d0"}}"##, doubling.join(","));
    assert!(with_schema(&schema).violations()[0].ends_with(endless));
}

#[test]
fn the_built_in_schemas_can_be_named_as_well() {
    let mut files = Files::defaults().edit(
        "pipeline",
        "    # schemas:\n    #   policies: schemas/our-policies.schema.json\n",
        "    schemas:\n      pipeline: schemas/pipeline.schema.json\n      roles: schemas/roles.schema.json\n      \
         policies: schemas/policies.schema.json\n      adapters: schemas/adapters.schema.json\n",
    );
    for asset in assets::SCHEMAS {
        files = files.file(asset.path, asset.text);
    }
    assert_eq!(files.load().unwrap().documents.len(), 8);
}
