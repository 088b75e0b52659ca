//! One repository with every kind of project, and the workflows that come of it.
//!
//! The files under `tests/golden/ci` are what linters read in CI; here they are held to what is rendered.

use crate::adapter::testing::Bench;

const UV: &str = "[project]\nname = \"a\"\nrequires-python = \">=3.10\"\n[tool.uv.workspace]\nmembers = [\"m/*\"]\n\
                  [project.optional-dependencies]\ntest = [\"pytest\"]\n";
const PIP: &str = "[project]\nname = \"a\"\nrequires-python = \">=3.9\"\n[build-system]\nrequires = [\"setuptools\"]\n\
                   [dependency-groups]\nchecks = [\"pytest>=8\"]\n";
const POETRY: &str = "[tool.poetry]\nname = \"a\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\n\
                      [tool.poetry.group.test.dependencies]\npytest = \"*\"\n";
const PDM: &str = "[project]\nname = \"a\"\nrequires-python = \">=3.12\"\n[tool.pdm.dev-dependencies]\ntest = [\"pytest\"]\n";
const NODE: &str = r#"{"private": true, "engines": {"node": ">=20"}, "scripts": {"test": "x"}}"#;

const PINNED: &str = r#"{"private": true, "packageManager": "pnpm@10.1.0", "scripts": {"test": "x"}}"#;
const POM: &str = "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>\
                   <properties><maven.compiler.release>17</maven.compiler.release></properties></project>";
const GRADLE: &str =
    "plugins { id 'java' }\njava { toolchain { languageVersion = JavaLanguageVersion.of(17) } }\n";

fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("py/uv/pyproject.toml", UV),
        ("py/uv/uv.lock", ""),
        ("py/uv/m/a/pyproject.toml", ""),
        ("py/pip/pyproject.toml", PIP),
        ("py/pip/requirements.txt", "x"),
        ("py/poetry/pyproject.toml", POETRY),
        ("py/poetry/poetry.lock", ""),
        ("py/pdm/pyproject.toml", PDM),
        ("py/pipenv/Pipfile", "[dev-packages]\npytest = \"*\"\n"),
        ("py/pipenv/Pipfile.lock", "{}"),
        ("py/pipenv/.python-version", "3.12\n"),
        ("py/tox/setup.py", ""),
        ("py/tox/tox.ini", "[testenv]\ncommands = pytest\n"),
        ("py/tox/setup.cfg", "[options]\npython_requires = >=3.8\n"),
        ("py/nox/pyproject.toml", "[project]\nname = \"a\"\n"),
        ("py/nox/noxfile.py", ""),
        ("py/unittest/pyproject.toml", "[project]\nname = \"a\"\n"),
        ("py/unittest/checks/unit/test_a.py", "import unittest\n\n\nclass A(unittest.TestCase):\n    pass\n"),
        ("js/npm/package.json", NODE),
        ("js/npm/package-lock.json", "{}"),
        ("js/pnpm/package.json", NODE),
        ("js/pnpm/pnpm-lock.yaml", "lockfileVersion: '6.0'\n"),
        ("js/pinned/package.json", PINNED),
        ("js/pinned/pnpm-lock.yaml", "lockfileVersion: '9.0'\n"),
        ("js/pnpm/.nvmrc", "22\n"),
        ("js/yarn/package.json", NODE),
        ("js/yarn/yarn.lock", "# yarn lockfile v1\n"),
        ("js/berry/package.json", NODE),
        ("js/berry/yarn.lock", "__metadata:\n"),
        ("js/bun/package.json", NODE),
        ("js/bun/bun.lock", ""),
        ("go/go.mod", "module example.org/a\n\ngo 1.22\n"),
        ("go/a_test.go", "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n"),
        (
            "rs/Cargo.toml",
            "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition = \"2021\"\nrust-version = \"1.80\"\n",
        ),
        ("rs/Cargo.lock", "version = 4\n"),
        ("rs/src/lib.rs", "#[test]\nfn it_holds() {}\n"),
        ("jvm/maven/pom.xml", POM),
        ("jvm/maven/src/test/java/ATest.java", "import org.junit.Test;\n"),
        ("jvm/gradle/settings.gradle", "rootProject.name = 'a'\n"),
        ("jvm/gradle/build.gradle", GRADLE),
        ("jvm/gradle/gradlew", "#!/bin/sh\n"),
        (
            "jvm/gradle/gradle/wrapper/gradle-wrapper.properties",
            "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.10-bin.zip\n",
        ),
        ("jvm/gradle/src/test/java/ATest.java", "import org.junit.Test;\n"),
        ("js/with space/package.json", r#"{"scripts": {"test": "x"}}"#),
    ]
}

#[test]
fn the_linted_workflow_is_what_is_rendered() {
    let mut bench = Bench::new(&files());
    bench.apply();
    let golden = include_str!("../../../tests/golden/ci/github-actions.yml");
    assert_eq!(bench.files[".github/workflows/iao-ci.yml"], golden);
}

#[test]
fn the_linted_pipeline_is_what_is_rendered() {
    let mut bench = Bench::new(&files()).remote("https://gitlab.com/a/b");
    bench.apply();
    let golden = include_str!("../../../tests/golden/ci/gitlab-ci.yml");
    assert_eq!(bench.files[".gitlab-ci.yml"], golden);
}
