//! `git iao log` shows the events, and `--check` holds their chain.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::governed;
use crate::sandbox::Sandbox;

pub(crate) fn stream(sandbox: &Sandbox) -> PathBuf {
    sandbox.path().join(".indestructibleautoops/governance/event-stream.jsonl")
}

#[test]
fn every_event_names_its_time_run_step_and_type() {
    let sandbox = governed();
    let text = fs::read_to_string(stream(&sandbox)).unwrap();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        for field in ["ts", "traceId", "stepId", "type"] {
            assert!(!event[field].as_str().unwrap_or_default().is_empty(), "no {field} in {line}");
        }
        assert!(event["payload"].is_object(), "{line}");
    }
    sandbox.iao("log").exits(0).answers(&["repair", &sandbox.revision("HEAD")[..7]]);
    sandbox.iao("--json log").exits(0).json();
    sandbox.iao("log --check").exits(0);
}

#[test]
fn each_broken_chain_is_found() {
    let sandbox = governed();
    let good = fs::read_to_string(stream(&sandbox)).unwrap();
    let lines: Vec<_> = good.lines().collect();
    let middle = lines.len() / 2;
    let without = |at: usize| {
        lines.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, line)| format!("{line}\n")).collect()
    };
    let mut swapped = lines.clone();
    swapped.swap(middle, middle + 1);
    let altered = lines[middle].replacen("\"type\":\"", "\"type\":\"x", 1);
    let broken: [(&str, String); 4] = [
        ("an event is missing", without(middle)),
        ("two events are swapped", swapped.iter().map(|line| format!("{line}\n")).collect()),
        ("an event is altered", good.replace(lines[middle], &altered)),
        (
            "the end is cut off, before what the seal recorded",
            lines[..middle].iter().map(|line| format!("{line}\n")).collect(),
        ),
    ];
    for (what, text) in broken {
        assert_ne!(text, good);
        fs::write(stream(&sandbox), text).unwrap();
        let outcome = sandbox.iao("log --check");
        assert_eq!(outcome.code, 1, "{what}, and it goes unseen: {outcome:?}");
    }
    fs::write(stream(&sandbox), good).unwrap();
    sandbox.iao("log --check").exits(0);
}

#[test]
fn a_stream_that_is_gone_is_no_tampering() {
    let sandbox = governed();
    fs::remove_dir_all(sandbox.path().join(".indestructibleautoops")).unwrap();
    sandbox.iao("log --check").exits(0);
    sandbox.iao("run").exits(0);
    sandbox.iao("log --check").exits(0);
}

#[test]
fn one_run_can_be_looked_at() {
    let sandbox = governed();
    let first = fs::read_to_string(stream(&sandbox)).unwrap();
    let event: Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    sandbox.iao_args(["log", event["traceId"].as_str().unwrap()]).exits(0).answers(&["tool_execution"]);
    sandbox.iao("log no-such-run").refuses(&["no-such-run"]);
}
