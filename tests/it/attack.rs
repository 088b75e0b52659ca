//! The attacks of `tests/attack`, the short form of each, on the real binary; `just attack` runs them in full.

use std::path::Path;
use std::process::Command;

/// Runs one attack, which prints its counts and fails if anything broke.
fn attack(name: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attack").join(name);
    let mut command = Command::new("python3");
    command.arg("-B").arg(script).arg("--short").arg("--iao").arg(assert_cmd::cargo::cargo_bin!("git-iao"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}\n{said}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn killed_or_out_of_space_at_any_write_leaves_nothing_half() {
    attack("crash.py");
}

#[test]
fn many_at_once_lose_nothing() {
    attack("race.py");
}

#[test]
fn every_change_of_the_evidence_is_noticed() {
    attack("tamper.py");
}

#[test]
fn hostile_trees_and_configurations_get_nowhere() {
    attack("hostile.py");
}

#[test]
fn what_the_system_refuses_is_not_told_as_missing_or_damaged() {
    attack("reads.py");
}

#[test]
fn hooks_that_are_killed_lose_nothing_and_let_nothing_by() {
    attack("hooks.py");
}
