//! `git iao replay` makes a run again from what was recorded, and names the first difference.

use std::fs;

use crate::log::stream;
use crate::run::governed;
use crate::sandbox::Sandbox;

#[test]
fn a_run_replays_to_the_byte_and_touches_nothing() {
    let sandbox = governed();
    let (before, refs) = (sandbox.user_state(), sandbox.our_refs());
    sandbox.iao("replay").exits(0);
    sandbox.iao("--json replay").exits(0).json();
    before.assert_untouched(&sandbox);
    assert_eq!(refs, sandbox.our_refs());
}

#[test]
fn a_plan_alone_replays_too() {
    let sandbox = Sandbox::python();
    sandbox.iao("plan").exits(0);
    sandbox.iao("--json replay").exits(0).json();
}

#[test]
fn a_run_replays_from_the_ledger_after_everything_has_moved_on() {
    let sandbox = governed();
    sandbox.git(&["merge", "--quiet", "--ff-only", "iao/governance"]);
    sandbox.put("pyproject.toml", "[project]\nname = \"other\"\n");
    sandbox.commit_all("move on");
    sandbox.iao("replay").exits(0);
}

#[test]
fn an_altered_record_is_named() {
    let sandbox = governed();
    let text = fs::read_to_string(stream(&sandbox)).unwrap();
    let digest = regex::Regex::new(r"[0-9a-f]{64}").unwrap();
    let last = digest.find_iter(&text).last().unwrap().range();
    let flipped = if text[last.clone()].starts_with('0') { "1" } else { "0" };
    let altered = format!("{}{flipped}{}", &text[..last.start], &text[last.start + 1..]);
    fs::write(stream(&sandbox), altered).unwrap();
    let outcome = sandbox.iao("replay");
    assert_eq!(outcome.code, 1, "{outcome:?}");
}

#[test]
fn without_a_run_there_is_nothing_to_replay() {
    Sandbox::python().iao("replay").refuses(&["run"]);
}
