//! `git iao validate` reports every violation of every document in one go, each at its place.

use crate::sandbox::Sandbox;

/// A pipeline with these nodes and these narrative patterns.
fn pipeline(nodes: &str, patterns: &str, extra: &str) -> String {
    format!(
        "apiVersion: indestructibleautoops/v1\nkind: Pipeline\nmetadata:\n  name: sample\nspec:\n{extra}  dag:\n    nodes:\n{nodes}  \
         governance:\n    banNarrative:\n      enabled: true\n      patterns:\n{patterns}"
    )
}

fn node(id: &str, step: &str, deps: &str) -> String {
    format!(
        "      - id: {id}\n        kind: step\n        run: \"engine.step.{step}\"\n        deps: [{deps}]\n"
    )
}

/// The line, from 1, on which `needle` first stands.
fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).unwrap() + 1
}

#[test]
fn the_embedded_defaults_are_valid_and_nothing_is_written() {
    let sandbox = Sandbox::python();
    let before = sandbox.user_state();
    sandbox.iao("validate").exits(0);
    before.assert_untouched(&sandbox);
    assert_eq!(sandbox.our_refs(), "");
}

#[test]
fn every_violation_is_reported_in_one_go_with_file_line_and_column() {
    let nodes = [
        node("first", "interface_metadata_parse", "\"nowhere\""),
        node("ring_a", "parameter_validation", "\"ring_b\""),
        node("ring_b", "permission_resolution", "\"ring_a\""),
        node("twin", "security_assessment", ""),
        node("twin", "approval_chain_validation", ""),
        node("odd", "conjure_rabbits", ""),
    ]
    .concat();
    let text = pipeline(&nodes, "        - \"(unclosed\"\n", "  projektRoot: \".\"\n");
    let sandbox = Sandbox::python().file("p.yaml", &text);
    let outcome = sandbox.iao("--config p.yaml validate").exits(2);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    for (what, place) in [
        ("projektRoot", line_of(&text, "projektRoot")),
        ("nowhere", line_of(&text, "nowhere")),
        ("conjure_rabbits", line_of(&text, "conjure_rabbits")),
        ("unclosed", line_of(&text, "(unclosed")),
    ] {
        assert!(said.contains(what), "`{what}` is not reported: {outcome:?}");
        assert!(
            said.contains(&format!("p.yaml:{place}:")),
            "`{what}` is not placed at line {place}: {outcome:?}"
        );
    }
    assert!(said.contains("twin"), "the duplicated id is not reported: {outcome:?}");
    assert!(said.contains("ring_a") && said.contains("ring_b"), "the cycle is not named whole: {outcome:?}");
}

#[test]
fn an_unknown_role_and_a_wrong_kind_are_reported() {
    let roles = "apiVersion: indestructibleautoops/v1\nkind: RoleRegistry\nmetadata:\n  name: r\nspec:\n  roles:\n    - id: a\n      \
                 tags: []\n      inputContract: { accepts: [] }\n      outputContract: { emits: [] }\n      dependsOn: [ghost]\n  \
                 constraints: { uniqueRoleIds: true, requireDAG: true }\n";
    let sandbox = Sandbox::python().file("configs/roles.yaml", roles).file("configs/policies.yaml", roles);
    let inputs =
        "  inputs:\n    rolesRegistry: configs/roles.yaml\n    policiesConfig: configs/policies.yaml\n";
    sandbox
        .put("configs/p.yaml", pipeline(&node("a", "interface_metadata_parse", ""), "        - x\n", inputs));
    let outcome = sandbox.iao("--config configs/p.yaml validate").exits(2);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("ghost"), "the unknown role is not reported: {outcome:?}");
    assert!(said.contains("Policies"), "the wrong kind is not reported: {outcome:?}");
}

#[test]
fn extensions_with_x_are_let_through() {
    let text = pipeline(&node("a", "interface_metadata_parse", ""), "        - x\n", "  x-note: ours\n");
    let sandbox = Sandbox::python().file("p.yaml", &text);
    sandbox.iao("--config p.yaml validate").exits(0);
    sandbox.put("p.yaml", text.replace("x-note", "y-note"));
    sandbox.iao("--config p.yaml validate").exits(2);
}

#[cfg(unix)]
#[test]
fn a_document_that_is_a_link_is_neither_followed_nor_taken_for_absent() {
    let pipeline = "configs/indestructibleautoops.pipeline.yaml";
    for target in ["other.yaml", "/dev/zero"] {
        let sandbox = Sandbox::python().file("configs/other.yaml", "kind: Pipeline\n");
        std::os::unix::fs::symlink(target, sandbox.path().join(pipeline)).unwrap();
        sandbox.commit_all("a link");
        for command in ["validate", "plan", "run"] {
            sandbox.iao(command).refuses(&[pipeline, "link"]);
        }
    }
}
