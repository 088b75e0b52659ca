//! Whole repositories, and which projects the adapters find in them.

use super::testing::{Bench, with};
use crate::config::Detector;
use crate::model::RepoPath;

/// A Python project that is certainly one.
const TITLED: &str = "[project]\nname = \"a\"\n";
/// A package that is certainly one.
const NAMED: &str = r#"{"name": "a", "private": true}"#;

#[test]
fn projects_come_in_order_of_depth_path_and_adapter() {
    let bench = with(&[
        ("a/b/package.json", NAMED),
        ("z/package.json", NAMED),
        ("z/pyproject.toml", TITLED),
        ("package.json", NAMED),
    ]);
    assert_eq!(bench.projects(), ["node@", "generic@", "python@z", "node@z", "node@a/b"]);
}

#[test]
fn members_belong_to_their_workspace() {
    let package = r#"{"private": true, "workspaces": ["packages/*", "!packages/out"]}"#;
    let bench = with(&[
        ("package.json", package),
        ("packages/a/package.json", NAMED),
        ("packages/a/deep/package.json", NAMED),
        ("packages/out/package.json", NAMED),
        ("pnpm/package.json", NAMED),
        ("pnpm/pnpm-workspace.yaml", "packages:\n  - '**'\n"),
        ("pnpm/x/y/package.json", NAMED),
        ("uv/pyproject.toml", "[tool.uv.workspace]\nmembers = [\"libs/*\"]\nexclude = [\"libs/no\"]\n"),
        ("uv/libs/a/pyproject.toml", TITLED),
        ("uv/libs/no/pyproject.toml", TITLED),
    ]);
    let members = bench.run().0.inspections[0].project.members.clone();
    assert_eq!(members, [RepoPath::from("packages/a")]);
    assert_eq!(
        bench.projects(),
        [
            "node@",
            "generic@",
            "node@pnpm",
            "python@uv",
            "node@packages/out",
            "node@packages/a/deep",
            "python@uv/libs/no"
        ]
    );
}

#[test]
fn vendored_directories_are_left_out_unless_they_are_included() {
    let files = [
        ("vendor/x/package.json", NAMED),
        ("vendor/y/package.json", NAMED),
        ("app/tests/fixtures/package.json", NAMED),
        ("lib/pyproject.toml", TITLED),
        ("gen/pyproject.toml", TITLED),
        (".gitattributes", "gen/** linguist-generated\n"),
    ];
    let mut bench = with(&files);
    bench.adapters.exclude = vec!["lib".to_owned()];
    assert_eq!(bench.projects(), ["generic@"]);
    let why: Vec<String> = bench
        .run()
        .0
        .exclusions
        .iter()
        .map(|left| format!("{} {}: {}", left.adapter, left.root, left.reason))
        .collect();
    assert_eq!(
        why,
        [
            "node app/tests: a directory named `tests` holds tests and their data",
            "python gen: `.gitattributes` marks it as generated",
            "python lib: left out by `lib` in the adapters document",
            "node vendor: a directory named `vendor` holds vendored code",
        ]
    );
    bench.adapters.include = vec!["vendor/x".to_owned(), "gen".to_owned()];
    assert_eq!(bench.projects(), ["generic@", "python@gen", "node@vendor/x"]);
}

#[test]
fn only_allowed_adapters_speak() {
    let mut bench = with(&[("package.json", NAMED), ("pyproject.toml", TITLED)]);
    bench.allow = Some(vec!["python".to_owned()]);
    assert_eq!(bench.projects(), ["python@"]);
    let left = bench.run().0.exclusions;
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|left| left.reason == "not in repair.adapters.allow"));
    assert!(bench.run().1.proposals.is_empty(), "what is for the whole comes with `generic`");
}

#[test]
fn the_order_and_the_detectors_of_the_document_hold() {
    let mut bench = with(&[
        ("package.json", NAMED),
        ("pyproject.toml", TITLED),
        ("infra/main.tf", ""),
        ("w/yarn.lock", ""),
    ]);
    bench.adapters.adapter_order = vec!["generic".to_owned(), "terraform".to_owned(), "node".to_owned()];
    let detector =
        |id: &str, file: &str| Detector { id: id.to_owned(), match_any_files: vec![file.to_owned()] };
    bench.adapters.detectors = vec![detector("terraform", "*.tf"), detector("node", "yarn.lock")];
    assert_eq!(bench.projects(), ["generic@", "node@", "python@", "terraform@infra", "node@w"]);
}

#[test]
fn without_detection_only_the_project_root_is_looked_at() {
    let mut bench =
        with(&[("a/package.json", NAMED), ("a/b/package.json", NAMED), ("c/package.json", NAMED)]);
    bench.auto_detect = false;
    bench.root = RepoPath::from("a");
    bench.adapters.include = vec!["a/b".to_owned()];
    assert_eq!(bench.projects(), ["node@a", "generic@a", "node@a/b"]);
}

#[test]
fn requirements_and_settings_alone_are_no_project() {
    let bench = with(&[
        ("pyproject.toml", "[tool.codespell]\n"),
        ("broken/pyproject.toml", "["),
        ("tools/requirements.txt", "x"),
        ("lib/app/requirements.txt", "x"),
        ("lib/app/main.py", ""),
    ]);
    assert_eq!(bench.projects(), ["generic@", "python@broken", "python@lib/app"]);
}

#[test]
fn a_nested_package_json_that_only_sets_the_module_kind_is_no_project() {
    let stub = r#"{"type": "module"}"#;
    let bench = with(&[("a/package.json", stub), ("b/package.json", "{"), ("package.json", stub)]);
    assert_eq!(bench.projects(), ["node@", "generic@", "node@b"]);
}

#[test]
fn facts_have_the_line_that_states_them() {
    let pyproject = "[project]\nname = \"a\"\nversion = \"1\"\nlicense = \"MIT\"\nrequires-python = \">=3.9\"\n\
                     description = \"d\"\n\n[project.urls]\nRepository = \"https://u:p@github.com/o/r\"\n\
                     [dependency-groups]\ntest = [\"pytest>=8\"]\n";
    let bench = with(&[("pyproject.toml", pyproject), ("uv.lock", "")]);
    let project = &bench.run().0.inspections[0].project;
    let line = |fact: &Option<super::Fact<String>>| {
        let fact = fact.as_ref().unwrap();
        (fact.value.clone(), fact.evidence.line)
    };
    assert_eq!(line(&project.name), ("a".to_owned(), Some(2)));
    assert_eq!(line(&project.license), ("MIT".to_owned(), Some(4)));
    assert_eq!(line(&project.language_version), (">=3.9".to_owned(), Some(5)));
    assert_eq!(project.repository.as_ref().unwrap().value, "https://github.com/o/r");
    assert_eq!(line(&project.tool), ("uv".to_owned(), None));
    assert_eq!(line(&project.test_command), ("uv run pytest".to_owned(), Some(11)));
}

#[test]
fn a_url_of_a_manifest_never_shows_its_password() {
    let url = format!("https://user:{}@github.com/o/r", "pass".repeat(2));
    let package = format!("{{\"name\": \"a\", \"repository\": \"{url}\"}}");
    let bench = Bench::new(&[("package.json", &package)]);
    let project = &bench.run().0.inspections[0].project;
    assert!(!format!("{project:?}").contains(&"pass".repeat(2)));
}

#[test]
fn malformed_manifests_are_findings_with_a_line() {
    let deep = "[".repeat(200_000);
    let large = "x".repeat(11 << 20);
    let cases: [(&str, &str, Option<u32>); 7] = [
        ("package.json", "{\n  \"name\": \"a\",\n  \"x", Some(3)),
        ("package.json", &deep, Some(1)),
        ("package.json", &large, None),
        ("package.json", "[]", Some(1)),
        ("pyproject.toml", "[project]\nname = \"a\"\nname = \"b\"\n", Some(3)),
        ("pyproject.toml", &deep, Some(1)),
        ("pnpm-workspace.yaml", "packages: [\n", Some(2)),
    ];
    for (path, text, line) in cases {
        let mut bench = with(&[("package.json", NAMED)]);
        bench.files.insert(path.to_owned(), text.to_owned());
        let findings = bench.run().1.findings;
        let finding = findings.iter().find(|finding| finding.rule.ends_with("/manifest")).unwrap();
        assert_eq!(finding.span.map(|span| span.line), line, "{path} {}", finding.message);
        assert_eq!(finding.path, RepoPath::from(path));
    }
}
