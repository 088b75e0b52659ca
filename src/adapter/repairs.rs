//! Whole repositories, what they lack, and what is proposed for them.

use super::testing::{Bench, with};
use crate::model::Action;

#[test]
fn an_empty_repository_asks_for_three_things() {
    let bench = Bench::new(&[]);
    assert_eq!(bench.projects(), ["generic@"]);
    assert_eq!(bench.findings(), ["generic/license ", "generic/readme ", "generic/security-policy "]);
    assert!(bench.run().1.proposals.is_empty());
}

#[test]
fn a_node_package_gains_what_the_repository_says() {
    let mut bench = with(&[
        ("a/package.json", "{\n  \"name\": \"a\",\n  \"version\": \"1.0.0\",\n  \"license\": \"MIT\",\n  \"description\": \"d\"\n}\n"),
        ("b/package.json", "{\"private\": true, \"name\": \"b\"}"),
        ("b/.nvmrc", "v20.11.0\n"),
    ])
    .remote("git@github.com:o/r.git");
    bench.apply();
    assert_eq!(
        bench.files["a/package.json"],
        "{\n  \"name\": \"a\",\n  \"version\": \"1.0.0\",\n  \"license\": \"MIT\",\n  \"description\": \"d\",\n  \
         \"repository\": {\n    \"type\": \"git\",\n    \"url\": \"git+https://github.com/o/r.git\",\n    \
         \"directory\": \"a\"\n  }\n}\n"
    );
    assert_eq!(
        bench.files["b/package.json"],
        "{\"private\": true, \"name\": \"b\", \"engines\": {\"node\": \">=20.11.0\"}}"
    );
}

#[test]
fn a_python_package_gains_readme_and_backend() {
    let text = "[project]\nname = \"a\"\nversion = \"1\"\ndescription = \"d\"\nlicense = \"MIT\"\nrequires-python = \">=3.9\"\n\n[tool.hatch.build]\nx = 1\n";
    let mut bench = with(&[("pyproject.toml", text)]);
    bench.apply();
    let edited = &bench.files["pyproject.toml"];
    assert!(
        edited.contains("requires-python = \">=3.9\"\nreadme = \"README.md\"\n\n[tool.hatch.build]"),
        "{edited}"
    );
    assert!(
        edited
            .ends_with("\n[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n"),
        "{edited}"
    );
    assert_eq!(bench.findings(), ["generic/test-command "]);
}

#[test]
fn fields_that_only_a_person_can_fill_are_asked_for() {
    let bench = with(&[
        (
            "a/pyproject.toml",
            "[build-system]\nrequires = [\"x\"]\n[project]\nname = \"a\"\ndynamic = [\"version\"]\n",
        ),
        ("b/package.json", "{\"name\": \"b\"}"),
        ("c/package.json", "{\"name\": \"c\", \"private\": true, \"dependencies\": {\"d\": \"1\"}}"),
        ("d/package-lock.json", "{}"),
        ("d/package.json", "{\"private\": true, \"packageManager\": \"pnpm@9.0.0\"}"),
        ("d/yarn.lock", ""),
        (".travis.yml", ""),
    ]);
    assert_eq!(
        bench.findings(),
        [
            "python/description a/pyproject.toml",
            "python/license a/pyproject.toml",
            "python/requires-python a/pyproject.toml",
            "node/description b/package.json",
            "node/license b/package.json",
            "node/version b/package.json",
            "node/lockfile c/package.json",
            "node/one-lockfile d/yarn.lock",
        ]
    );
}

#[test]
fn any_ci_of_any_provider_is_enough() {
    let test = ("package.json", r#"{"private": true, "scripts": {"test": "x"}}"#);
    let workflow = |bench: &Bench| {
        let proposals = bench.run().1.proposals;
        proposals
            .into_iter()
            .find(|proposal| proposal.rule == "generic/ci-workflow")
            .map(|proposal| proposal.action)
    };
    let met = |bench: &Bench| match workflow(bench).unwrap() {
        Action::Render { already_met, .. } => already_met,
        other => panic!("{other:?}"),
    };
    assert_eq!(met(&with(&[test])), None);
    for (path, name) in [
        (".github/workflows/x.yaml", "workflow"),
        (".circleci/config.yml", "CircleCI"),
        ("Jenkinsfile", "Jenkins"),
    ] {
        let mut bench = with(&[test]);
        bench.files.insert(path.to_owned(), "x".to_owned());
        assert!(met(&bench).unwrap().contains(name), "{path}");
    }
    assert_eq!(workflow(&with(&[("package.json", "{}")])), None, "no test command, no workflow");
}

#[test]
fn the_forge_decides_whose_workflow_it_is() {
    let files =
        [("package.json", r#"{"private": true, "engines": {"node": ">=20"}, "scripts": {"test": "x"}}"#)];
    let written = |bench: Bench| {
        let mut bench = bench;
        bench.apply();
        bench.files.into_keys().filter(|path| path.ends_with("ci.yml")).collect::<Vec<_>>()
    };
    assert_eq!(written(with(&files)), [".github/workflows/iao-ci.yml"]);
    assert_eq!(written(with(&files).remote("https://gitlab.com/o/r")), [".gitlab-ci.yml"]);
    assert_eq!(written(with(&files).remote("https://git.example.org/o/r")), [".github/workflows/iao-ci.yml"]);
    let other = with(&files).remote("https://codeberg.org/o/r");
    assert!(other.findings().contains(&"generic/ci-workflow ".to_owned()));
    assert_eq!(written(other), [""; 0]);
}

#[test]
fn the_policy_chooses_the_runner_and_the_contact() {
    let mut bench = Bench::new(&[("package.json", r#"{"private": true, "scripts": {"test": "x"}}"#)]);
    bench.context.allowed_runners = Some(vec!["self-hosted".to_owned()]);
    bench.context.security_contact = Some("security@example.org".to_owned());
    bench.apply();
    assert!(bench.files[".github/workflows/iao-ci.yml"].contains("runs-on: \"self-hosted\""));
    assert!(bench.files["SECURITY.md"].contains("<security@example.org>"));
    bench.files.clear();
    bench
        .files
        .insert("package.json".to_owned(), r#"{"private": true, "scripts": {"test": "x"}}"#.to_owned());
    bench.context.allowed_runners = Some(Vec::new());
    assert!(bench.findings().contains(&"generic/ci-workflow ".to_owned()));
}

#[test]
fn a_path_that_could_mean_more_gets_no_job() {
    let mut bench = with(&[]);
    let test = r#"{"private": true, "scripts": {"test": "x"}}"#;
    bench.files.insert("a$(x)/package.json".to_owned(), test.to_owned());
    bench.files.insert("b/package.json".to_owned(), test.to_owned());
    assert!(bench.findings().contains(&"generic/ci-path a$(x)".to_owned()), "{:?}", bench.findings());
    bench.apply();
    assert!(!bench.files[".github/workflows/iao-ci.yml"].contains("$(x)"));
}

#[test]
fn the_ignore_block_never_hides_what_is_tracked() {
    let mut bench = with(&[
        ("package.json", r#"{"private": true}"#),
        ("py/pyproject.toml", "[project]\nname = \"a\"\n"),
        ("py/a.egg-info/x", "x"),
        (".gitignore", "/x\n"),
    ]);
    bench.apply();
    let ignore = &bench.files[".gitignore"];
    assert!(ignore.starts_with("/x\n\n# >>> git-iao gitignore v1\nnode_modules/\n"), "{ignore}");
    assert!(ignore.contains("\n/py/**/__pycache__/\n"), "{ignore}");
    assert!(!ignore.contains("egg-info"), "{ignore}");
    assert!(bench.apply().is_empty());
}

#[test]
fn an_existing_policy_anywhere_is_enough() {
    for path in [".github/SECURITY.md", "docs/security.md", "Security.md"] {
        let bench = Bench::new(&[("LICENSE", ""), ("README", ""), (path, "x")]);
        assert_eq!(bench.findings(), [""; 0], "{path}");
    }
}

#[test]
fn the_format_is_measured_from_the_files() {
    let mut bench = with(&[("Makefile", "a:\n\tb\n"), ("a.patch", "x \n"), ("vendor/x.js", "x\r\n")]);
    for name in ["a", "b", "c"] {
        bench.files.insert(format!("{name}.js"), "a {\n  b {\n    c\n  }\n}\n".to_owned());
        bench.files.insert(format!("{name}.go"), "a {\n\tb\n\tc\n}\n".to_owned());
    }
    bench.apply();
    let shared =
        "charset = utf-8\nend_of_line = lf\ninsert_final_newline = true\ntrim_trailing_whitespace = true\n";
    let own = "\n[*.go]\nindent_style = tab\n\n[*.js]\nindent_size = 2\nindent_style = space\n";
    let head = "# How the files are written today, measured by git-iao.\nroot = true\n";
    assert_eq!(bench.files[".editorconfig"], format!("{head}\n[*.{{go,js}}]\n{shared}{own}"));
}

#[test]
fn blanks_that_some_file_needs_are_not_trimmed() {
    for needs in [("d.rs", "x  \n"), ("tests/fixtures/out.rs", "x  \n")] {
        let mut bench = with(&[("a.rs", "x\n"), ("b.rs", "y\n"), ("c.rs", "z\n"), needs]);
        bench.apply();
        let text = &bench.files[".editorconfig"];
        assert!(text.contains("charset") && !text.contains("trim"), "{needs:?}: {text}");
    }
}

#[test]
fn a_policy_that_the_readme_names_is_enough() {
    let readme = "# it\n\nSee our [Security Policy](https://example.org/security).\n";
    let bench = Bench::new(&[("LICENSE", ""), ("README.md", readme)]).remote("https://github.com/o/r.git");
    let (_, assessment) = bench.run();
    let met = assessment.proposals.iter().find_map(|proposal| match &proposal.action {
        Action::Render { already_met, .. } if proposal.rule == "generic/security-policy" => {
            already_met.clone()
        }
        _ => None,
    });
    assert_eq!(met.as_deref(), Some("`README.md:3` names a security policy"));
}

#[test]
fn an_ordinary_project_is_left_in_peace() {
    let pyproject = "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n\n[project]\n\
                     name = \"a\"\nversion = \"1\"\ndescription = \"d\"\nlicense = \"MIT\"\nreadme = \"README.md\"\n\
                     requires-python = \">=3.9\"\n\n[dependency-groups]\ndev = [\"pytest\"]\n";
    let bench = with(&[
        ("pyproject.toml", pyproject),
        ("uv.lock", ""),
        (".gitignore", "__pycache__/\n.venv\n"),
        (".github/workflows/ci.yml", ""),
        ("tests/test_a.py", "import pytest\n"),
    ]);
    let (_, assessment) = bench.run();
    assert_eq!(assessment.findings, []);
    let todo = assessment
        .proposals
        .iter()
        .filter(|proposal| !matches!(&proposal.action, Action::Render { already_met: Some(_), .. }));
    assert_eq!(todo.count(), 0);
}
