//! Tries the adapter of Go on whole projects.

use proptest::prelude::*;

use super::super::Adapter;
use super::super::trial::{Trial, found, members, steps};
use super::Go;

const MODULE: &str = "module github.com/o/r/v2\n\ngo 1.22\n";

fn inspect(files: &[(&str, &str)]) -> super::Inspection {
    Trial::new(files).inspect(&Go, "")
}

#[test]
fn a_module_has_facts_and_a_job() {
    let seen = inspect(&[("go.mod", MODULE)]);
    let project = &seen.project;
    assert_eq!(found(&seen), [""; 0]);
    assert_eq!(project.name.as_ref().unwrap().value, "github.com/o/r/v2");
    assert_eq!(project.repository.as_ref().unwrap().value, "https://github.com/o/r");
    assert_eq!(project.language_version.as_ref().unwrap().evidence.line, Some(3));
    let setup = r#"actions/setup-go {"cache": "false", "go-version-file": "go.mod"}"#;
    assert_eq!(steps(&seen), [setup, "go test ./..."]);
}

#[test]
fn the_job_of_a_module_below_names_its_file_from_the_top() {
    let seen = Trial::new(&[("a/b/go.mod", MODULE)]).inspect(&Go, "a/b");
    assert!(steps(&seen)[0].contains("\"go-version-file\": \"a/b/go.mod\""));
    assert_eq!(seen.project.ci.unwrap().name, "go (a/b)");
    let odd = Trial::new(&[("a ${{ x }}/go.mod", MODULE)]).inspect(&Go, "a ${{ x }}");
    assert_eq!(odd.project.ci, None);
}

#[test]
fn a_go_line_that_is_only_advice_is_not_installed() {
    let seen = inspect(&[("go.mod", "module a\ngo 1.12\n")]);
    assert_eq!(steps(&seen)[0], r#"actions/setup-go {"cache": "false", "go-version": "stable"}"#);
    assert!(super::is_binding("1.21rc2") && super::is_binding("1.23.4") && !super::is_binding("1.20"));
}

#[test]
fn what_go_would_refuse_is_found_on_its_line() {
    let module = "module a\nrequire (\n\tb v1.0.0\n)\nreplace c => ../../c\n";
    assert_eq!(
        found(&inspect(&[("go.mod", module)])),
        ["go/go-directive go.mod", "go/sum go.mod:3", "go/replace go.mod:5"]
    );
    assert_eq!(found(&inspect(&[("go.mod", "go 1.22\n")])), ["go/module go.mod"]);
    assert_eq!(found(&inspect(&[("go.mod", "module a\nrequire (\n")])), ["go/manifest go.mod:2"]);
}

#[test]
fn sums_are_asked_for_only_where_something_is_downloaded() {
    let requires = format!("{MODULE}require b v1.0.0\n");
    let replaced = format!("{requires}replace b => ./b\n");
    assert_eq!(found(&inspect(&[("go.mod", &replaced)])), [""; 0]);
    assert_eq!(found(&inspect(&[("go.mod", &requires), ("go.sum", "")])), [""; 0]);
    assert_eq!(found(&inspect(&[("go.mod", &requires), ("vendor/modules.txt", "")])), [""; 0]);
}

#[test]
fn a_workspace_collapses_the_modules_it_uses() {
    let work = "go 1.23\n\nuse (\n\t.\n\t./a\n\t./b // two\n\t./gone\n)\n";
    let uses_sibling = "module github.com/o/r/a\ngo 1.22\nrequire github.com/o/r/v2 v2.0.0\n";
    let seen = inspect(&[
        ("go.work", work),
        ("go.mod", MODULE),
        ("a/go.mod", uses_sibling),
        ("b/go.mod", "module github.com/o/r/b\n"),
        ("c/go.mod", MODULE),
    ]);
    assert_eq!(members(&seen), ["a", "b"]);
    assert_eq!(found(&seen), ["go/go-directive b/go.mod", "go/work-use go.work:7"]);
    assert_eq!(seen.project.test_command.as_ref().unwrap().value, "go test ./... ./a/... ./b/...");
    assert_eq!(seen.project.language_version.as_ref().unwrap().value, "1.23");
    assert!(steps(&seen)[0].contains("go.work"));
}

#[test]
fn a_workspace_without_a_module_at_its_root_tests_its_modules() {
    let seen = inspect(&[("go.work", "go 1.23\nuse ./a\n"), ("a/go.mod", MODULE)]);
    assert_eq!(seen.project.test_command.unwrap().value, "go test ./a/...");
    assert_eq!(seen.project.name, None);
    let odd = inspect(&[("go.work", "go 1.23\nuse \"./a b\"\n"), ("a b/go.mod", MODULE)]);
    assert_eq!(odd.project.test_command, None);
}

proptest! {
    #[test]
    fn no_text_panics(module in any::<String>(), work in "(use|go|\\(|\\)|\n| |\\./a|\"|\\.){0,30}") {
        let seen = inspect(&[("go.mod", &module), ("go.work", &work), ("a/go.mod", MODULE)]);
        prop_assert_eq!(seen.project.adapter, Go.id());
    }
}
