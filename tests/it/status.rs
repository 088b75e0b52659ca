//! `git iao status` says what stands here, and why something was left out.

use crate::run::governed;
use crate::sandbox::Sandbox;

#[test]
fn adapters_are_named_and_what_was_left_out_is_explained() {
    let sandbox = Sandbox::python()
        .file("web/package.json", "{\"name\": \"web\", \"version\": \"1.0.0\"}\n")
        .file("vendor/github.com/x/go.mod", "module x\n\ngo 1.21\n")
        .commit("more");
    let before = sandbox.user_state();
    sandbox.iao("status").exits(0).answers(&["python", "node", "web", "vendor"]);
    before.assert_untouched(&sandbox);
    let json = sandbox.iao("--json status").exits(0).json().to_string();
    assert!(json.contains("python") && json.contains("vendor"), "{json}");
}

#[test]
fn a_status_records_no_evidence() {
    let sandbox = governed();
    let refs = sandbox.our_refs();
    sandbox.iao("status").exits(0);
    assert_eq!(refs, sandbox.our_refs());
}

#[test]
fn an_empty_repository_has_a_status() {
    Sandbox::new().iao("--json status").exits(0).json();
}
