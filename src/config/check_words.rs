//! Checks words that one document uses and another, or the program, defines.

use std::collections::BTreeSet;

use super::adapters::BUILT_IN_ADAPTERS;
use super::nearest::suggest;
use super::node::Node;
use super::pattern::Pattern;
use super::pipeline::Mode;
use super::redact::quote;
use super::schema::Loaded;
use super::violation::Violation;

/// Checks that each node runs a step that the program has.
pub(super) fn check_runs(pipeline: &Loaded, known: &[&str], report: &mut Vec<Violation>) {
    for node in pipeline.node.list(&["spec", "dag", "nodes"]) {
        let Some((at, run)) = node.get("run").and_then(|at| Some((at, at.text()?))) else { continue };
        if !known.contains(&run) {
            let message = format!("there is no built-in step {}", quote(run));
            let help = suggest(run, known.iter().copied(), report.len());
            report.push(pipeline.source.violation(
                "iao::config::unknown_step",
                at.span.clone(),
                message,
                help,
            ));
        }
    }
}

/// Checks that the default mode is one of the supported ones.
pub(super) fn check_modes(pipeline: &Loaded, report: &mut Vec<Violation>) {
    let Some(modes) = pipeline.node.at(&["spec", "modes"]) else { return };
    if modes.get("supported").is_none() {
        return;
    }
    let chosen = modes.get("default").and_then(Node::text).unwrap_or(Mode::Repair.as_str());
    let supported: Vec<&str> = modes.texts(&["supported"]).map(|(mode, _)| mode).collect();
    if !supported.contains(&chosen) {
        let pointer =
            if modes.get("default").is_some() { "/spec/modes/default" } else { "/spec/modes/supported" };
        let message = format!("the default mode {} is not among the supported ones", quote(chosen));
        let help =
            format!("add {} to `supported`, or choose one of these: {}", quote(chosen), supported.join(", "));
        let span = pipeline.node.locate(pointer);
        report.push(pipeline.source.violation("iao::config::unsupported_mode", span, message, help));
    }
}

/// Checks that every adapter that is named is built in or has a detector, and each detector stands once.
pub(super) fn check_adapters(pipeline: &Loaded, adapters: &Loaded, report: &mut Vec<Violation>) {
    let mut known: Vec<&str> = BUILT_IN_ADAPTERS.to_vec();
    let mut detectors = BTreeSet::new();
    for detector in adapters.node.list(&["spec", "detectors"]) {
        let Some((at, id)) = detector.get("id").and_then(|at| Some((at, at.text()?))) else { continue };
        if !detectors.insert(id) {
            let message = format!("a second detector has the id {}", quote(id));
            let help = "put all file names into one detector";
            report.push(adapters.source.violation(
                "iao::config::duplicate_id",
                at.span.clone(),
                message,
                help,
            ));
        }
        if !known.contains(&id) {
            known.push(id);
        }
    }
    let allowed =
        pipeline.node.texts(&["spec", "repair", "adapters", "allow"]).map(|named| (pipeline, named));
    let ordered = adapters.node.texts(&["spec", "adapterOrder"]).map(|named| (adapters, named));
    for (document, (id, at)) in allowed.chain(ordered) {
        if !known.contains(&id) {
            let message = format!("there is no adapter {}", quote(id));
            let help = suggest(id, known.iter().copied(), report.len());
            let code = "iao::config::unknown_adapter";
            report.push(document.source.violation(code, at.span.clone(), message, help));
        }
    }
}

/// Checks that the roles that may approve are in the registry.
pub(super) fn check_approvals(policies: &Loaded, roles: &Loaded, report: &mut Vec<Violation>) {
    let known: Vec<&str> =
        roles.node.list(&["spec", "roles"]).iter().filter_map(|role| role.get("id")?.text()).collect();
    for (role, at) in policies.node.texts(&["spec", "approvals", "roles"]) {
        if !known.contains(&role) {
            let message = format!("there is no role {} in the role registry", quote(role));
            let help = suggest(role, known.iter().copied(), report.len());
            report.push(policies.source.violation(
                "iao::config::unknown_role",
                at.span.clone(),
                message,
                help,
            ));
        }
    }
}

/// Checks that the patterns of a list compile; a list that is longer than its schema allows is not read on.
pub(super) fn check_patterns(document: &Loaded, list: &[&str], report: &mut Vec<Violation>) {
    if document.is_built_in() {
        return;
    }
    for (text, at) in document.node.texts(list).take(Pattern::MOST) {
        if let Err(reason) = Pattern::compile(text) {
            let message = format!("{} is no regular expression: {reason}", quote(text));
            let help =
                "write it in the syntax of the Rust regex crate; it has no look-around and no backreferences";
            report.push(document.source.violation("iao::config::pattern", at.span.clone(), message, help));
        }
    }
}
