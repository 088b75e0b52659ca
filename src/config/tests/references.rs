//! What no schema can say: graphs, words, paths, patterns. Each broken rule at its exact place.

use super::*;

fn bad(name: &str, from: &str, to: &str) -> Files {
    Files::defaults().edit(name, from, to)
}

#[test]
fn an_unknown_dependency_is_named_with_its_neighbour() {
    let files = bad("pipeline", "deps: [tool_execution]", "deps: [tool_executoin]");
    files.breaks(&["pipeline.yaml:43:16: there is no step `tool_executoin`"]);
    assert_eq!(files.load().unwrap_err().violations()[0].help(), "did you mean `tool_execution`?");
    assert_eq!(files.load().unwrap_err().violations()[0].code(), "iao::config::unknown_dependency");
}

#[test]
fn a_cycle_is_named_as_a_whole() {
    bad(
        "pipeline",
        "deps: [interface_metadata_parse]",
        "deps: [interface_metadata_parse, security_assessment]",
    )
    .breaks(&[
        "pipeline.yaml:23:42: the steps wait for each other: parameter_validation -> security_assessment -> \
             permission_resolution -> parameter_validation",
    ]);
    bad("pipeline", "deps: [tool_execution]", "deps: [history_immutable]").breaks(&[
        "pipeline.yaml:43:16: the steps wait for each other: history_immutable -> history_immutable",
    ]);
}

#[test]
fn two_knots_are_two_violations() {
    bad("pipeline", "deps: []", "deps: [parameter_validation]")
        .edit("pipeline", "deps: [tool_execution]", "deps: [continuous_monitoring]")
        .breaks(&[
            "pipeline.yaml:19:16: the steps wait for each other: interface_metadata_parse -> parameter_validation -> \
             interface_metadata_parse",
            "pipeline.yaml:43:16: the steps wait for each other: history_immutable -> continuous_monitoring -> \
             history_immutable",
        ]);
}

#[test]
fn a_second_step_of_one_id_is_refused() {
    bad("pipeline", "id: continuous_monitoring", "id: tool_execution")
        .breaks(&["pipeline.yaml:44:13: a second step has the id `tool_execution`"]);
}

#[test]
fn an_unknown_step_is_named_with_its_neighbour() {
    let files = bad("pipeline", "run: engine.step.tool_execution", "run: engine.step.tool_exekution");
    files.breaks(&["pipeline.yaml:38:14: there is no built-in step `engine.step.tool_exekution`"]);
    assert_eq!(
        files.load().unwrap_err().violations()[0].help(),
        "did you mean `engine.step.tool_execution`?"
    );
}

#[test]
fn a_default_mode_must_be_supported() {
    bad("pipeline", "[plan, repair, verify, seal]", "[plan, seal]")
        .breaks(&["pipeline.yaml:12:14: the default mode `repair` is not among the supported ones"]);
}

#[test]
fn paths_must_stay_local() {
    bad("pipeline", "projectRoot: \".\"", "projectRoot: ../other")
        .edit("pipeline", "adaptersConfig: configs", "adaptersConfig: /configs")
        .breaks(&[
            "pipeline.yaml:7:16: `projectRoot` leads out of the repository",
            "pipeline.yaml:49:21: `inputs.adaptersConfig` is absolute",
        ]);
    bad("pipeline", "stateDir: \".indestructibleautoops\"", "stateDir: \".git/hooks\"")
        .breaks(&["pipeline.yaml:8:13: `stateDir` leads into `.git`"]);
    bad("pipeline", "stateDir: \".indestructibleautoops\"", "stateDir: \".\"")
        .breaks(&["pipeline.yaml:8:13: `stateDir` is the whole working tree"]);
}

#[test]
fn outputs_lie_within_the_state_directory_each_at_its_own_place() {
    bad("pipeline", "planFile: \".indestructibleautoops/plan.json\"", "planFile: README.md")
        .edit(
            "pipeline",
            "\".indestructibleautoops/verify-report.json\"",
            "\".indestructibleautoops/patch-report.json\"",
        )
        .breaks(&[
            "pipeline.yaml:56:15: `outputs.planFile` does not lie within `stateDir`",
            "pipeline.yaml:58:19: `outputs.verifyReport` and `outputs.patchReport` take the same place",
        ]);
    bad("pipeline", "\".indestructibleautoops/evidence\"", "\".indestructibleautoops/plan.json/x\"")
        .breaks(&["pipeline.yaml:9:16: `evidenceDir` and `outputs.planFile` take the same place"]);
}

#[test]
fn the_policy_cannot_loosen_where_state_lies() {
    bad("policies", "stateDirMustBeLocal: true", "stateDirMustBeLocal: false")
        .edit("pipeline", "stateDir: \".indestructibleautoops\"", "stateDir: /tmp/x")
        .breaks(&["pipeline.yaml:8:13: `stateDir` is absolute"]);
}

#[test]
fn a_bad_pattern_is_told_with_the_reason() {
    bad("policies", "'(?-u)\\bnpm_[A-Za-z0-9]{36}\\b'", "'npm_(['")
        .breaks(&["policies.yaml:28:9: `npm_([` is no regular expression: unclosed character class"]);
    bad("pipeline", "'請問'", "'(?<=x)y'").breaks(&[
        "pipeline.yaml:74:11: `(?<=x)y` is no regular expression: look-around, including look-ahead and \
         look-behind, is not supported",
    ]);
}

#[test]
fn adapters_that_are_named_must_exist() {
    bad("pipeline", "autoDetect: true", "autoDetect: true\n      allow: [rust, rusty, zig]")
        .edit("adapters", "detectors: []", "detectors: [{id: zig, matchAnyFiles: [build.zig]}]")
        .edit("adapters", "java, generic]", "java, zig, jav]")
        .breaks(&[
            "pipeline.yaml:81:21: there is no adapter `rusty`",
            "adapters.yaml:9:53: there is no adapter `jav`",
        ]);
}

#[test]
fn a_detector_stands_once() {
    let two = "detectors: [{id: zig, matchAnyFiles: [a]}, {id: zig, matchAnyFiles: [b]}]";
    bad("adapters", "detectors: []", two).breaks(&["adapters.yaml:8:51: a second detector has the id `zig`"]);
}

#[test]
fn roles_are_checked_like_steps() {
    bad("roles", "dependsOn: [reasoning_agent, policy_agent]", "dependsOn: [reasoning_agent, police_agent]")
        .breaks(&["roles.yaml:49:36: there is no role `police_agent`"]);
    bad("roles", "id: observability_agent", "id: policy_agent")
        .breaks(&["roles.yaml:22:11: a second role has the id `policy_agent`"]);
}

#[test]
fn a_cycle_of_roles_is_refused_unless_the_registry_allows_it() {
    let knot = Files::defaults().edit(
        "roles",
        "emits: [policy_set, gates]\n      dependsOn: []",
        "emits: [policy_set, gates]\n      dependsOn: [delivery_agent]",
    );
    knot.breaks(&[
        "roles.yaml:14:19: the roles wait for each other: policy_agent -> delivery_agent -> policy_agent",
    ]);
    knot.edit("roles", "requireDAG: true", "requireDAG: false").load().unwrap();
}

#[test]
fn approvals_name_known_roles() {
    let approvals = "  approvals: {required: 1, roles: [policy_agent, policy_agnet]}\n  gates:";
    let files = bad("policies", "  gates:", approvals);
    files.breaks(&["policies.yaml:49:50: there is no role `policy_agnet` in the role registry"]);
    let good = bad("policies", "  gates:", &approvals.replace(", policy_agnet", ""));
    let policy = good.load().unwrap().policies.approvals;
    assert_eq!((policy.required, policy.roles), (1, vec!["policy_agent".to_owned()]));
}

#[test]
fn violations_of_all_documents_are_told_together_in_order() {
    bad("pipeline", "maxIterations: 3", "maxIterations: 30")
        .edit("pipeline", "deps: [tool_execution]", "deps: [nothing]")
        .edit("policies", "forbidDoubleExtensions", "forbidDoubleExtension")
        .edit("roles", "kind: RoleRegistry", "kind: RoleRegister")
        .edit("adapters", "java, generic]", "java, zig]")
        .breaks(&[
            "pipeline.yaml:43:16: there is no step `nothing`",
            "pipeline.yaml:81:20: `spec.repair.maxIterations`: the value is greater than the maximum of 10",
            "policies.yaml:32:5: `spec.naming` has no key `forbidDoubleExtension`",
            "roles.yaml:3:7: `kind` is `RoleRegister`, where a document of kind `RoleRegistry` is expected",
            "adapters.yaml:9:48: there is no adapter `zig`",
        ]);
}
