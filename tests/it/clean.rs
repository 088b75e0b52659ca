//! `git iao clean` removes local state, keeps evidence, and says which is which.

use crate::run::governed;

#[test]
fn a_dry_run_removes_nothing() {
    let sandbox = governed();
    sandbox.iao("clean --dry-run").exits(0).answers(&[".indestructibleautoops"]);
    assert!(sandbox.path().join(".indestructibleautoops/plan.json").is_file());
}

#[test]
fn local_state_goes_and_evidence_stays() {
    let sandbox = governed();
    let (before, refs) = (sandbox.user_state(), sandbox.our_refs());
    let outcome = sandbox.iao("clean").exits(0);
    let said = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(said.contains("refs/iao/ledger"), "does not say what it kept: {outcome:?}");
    assert!(!sandbox.path().join(".indestructibleautoops").exists());
    assert_eq!(refs, sandbox.our_refs());
    before.assert_untouched(&sandbox);
    sandbox.iao("verify iao/governance --seal").exits(0);
    sandbox.iao("log --check").exits(0);
}

#[test]
fn a_state_directory_that_is_a_link_is_not_followed() {
    let sandbox = crate::sandbox::Sandbox::python();
    let outside = sandbox.beside("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("precious"), "mine").unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.path().join(".indestructibleautoops")).unwrap();
    for command in ["plan", "run", "clean"] {
        assert_eq!(sandbox.iao(command).code, 2, "`{command}` goes through the symlink");
    }
    let left: Vec<_> = std::fs::read_dir(&outside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["precious"], "something was written or removed through a symlink");
}
