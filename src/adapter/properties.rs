//! What must hold for every repository, tried on random ones.

use proptest::prelude::*;

use super::testing::Bench;

/// Contents that say something to one of the readers, and contents that say nothing.
fn content() -> impl Strategy<Value = String> {
    let good = prop::sample::select(vec![
        "",
        "{}",
        "{\"name\": \"a\"}",
        "{\n\t\"name\": \"a\",\n\t\"scripts\": {\"test\": \"x\"}\n}\n",
        "{\"private\": true, \"workspaces\": [\"*\"], \"packageManager\": \"pnpm@9.1.0\", \"scripts\": {\"test\": \"x\"}}",
        "[project]\nname = \"a\"\n[build-system]\nrequires = []\n",
        "[project]\nname = \"a\"\nversion = \"1\"\n[tool.setuptools]\n[tool.pytest.ini_options]\n[dependency-groups]\ndev = [\"pytest\"]\n",
        "[tool.poetry]\nname = \"a\"\n[tool.poetry.group.dev.dependencies]\npytest = \"*\"\n",
        "[metadata]\nname = x\n[testenv]\n[tool:pytest]\n",
        "packages:\n  - '*'\n",
        "node_modules\n*.pyc\n",
        "import unittest\n\n\nclass A(unittest.TestCase):\n    pass\n",
        "v20\n",
        "[package]\nname = \"a\"\n[workspace]\nmembers = [\"*\"]\n",
        "[package]\nname = \"a\"\nedition = \"2021\"\nrust-version = \"1.80\"\ndescription = \"d\"\n",
        "fn main() {}\n#[test]\nfn x() {}\n",
        "module example.org/a\n\ngo 1.22\n\nrequire x.org/y v1.0.0\n",
        "go 1.22\n\nuse ./a\n",
        "package a\nfunc TestX(t *testing.T) {}\n",
        "<project><modelVersion>4.0.0</modelVersion><artifactId>a</artifactId><modules><module>a</module></modules></project>",
        "plugins { id 'java' }\ninclude 'a'\n",
        "x\r\n",
    ]);
    prop_oneof![
        4 => good.prop_map(str::to_owned),
        1 => "[\\[\\]{}\":,=\n a-z0-9'#*!-]{0,40}",
        1 => ".{0,20}",
    ]
}

fn file_path() -> impl Strategy<Value = String> {
    let directory = prop::sample::select(vec!["", "", "a/", "a/b/", "c d/", "vendor/", "\u{fc}/", "$(x)/"]);
    let name = prop::sample::select(vec![
        "package.json",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "tox.ini",
        "Pipfile",
        "requirements.txt",
        "pnpm-workspace.yaml",
        "package-lock.json",
        "yarn.lock",
        "uv.lock",
        "poetry.lock",
        ".nvmrc",
        ".python-version",
        ".gitignore",
        ".gitattributes",
        "README.md",
        "test_a.py",
        "one.js",
        "two.js",
        "three.js",
        "conftest.py",
        "Cargo.toml",
        "Cargo.lock",
        "src/lib.rs",
        "go.mod",
        "go.work",
        "go.sum",
        "a_test.go",
        "pom.xml",
        "build.gradle",
        "settings.gradle.kts",
        "gradlew",
        "rust-toolchain.toml",
        "src/test/java/ATest.java",
    ]);
    (directory, name).prop_map(|(directory, name)| format!("{directory}{name}"))
}

fn bench() -> impl Strategy<Value = Bench> {
    let files = prop::collection::btree_map(file_path(), content(), 0..14);
    let remote = prop::option::of(prop::sample::select(vec![
        "git@github.com:o/r.git",
        "https://gitlab.com/a/b/c",
        "x",
    ]));
    (files, remote).prop_map(|(files, remote)| {
        let mut bench = Bench::new(&[]);
        bench.files = files;
        bench.context.remote_url = remote.map(str::to_owned);
        bench
    })
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.files, self.context)
    }
}

proptest! {
    #[test]
    fn the_same_files_are_assessed_the_same(bench in bench()) {
        let (first, second) = (bench.run(), bench.run());
        prop_assert_eq!(first.1.findings, second.1.findings);
        prop_assert_eq!(first.1.proposals, second.1.proposals);
        prop_assert_eq!(first.0.exclusions, second.0.exclusions);
    }

    #[test]
    fn after_the_repairs_there_is_nothing_to_repair(bench in bench()) {
        let mut bench = bench;
        let before = bench.files.clone();
        bench.apply();
        let after = bench.files.clone();
        prop_assert_eq!(bench.apply(), Vec::<String>::new());
        for (path, text) in &after {
            if path.ends_with(".json") && before.get(path).is_some_and(|old| old != text) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
            }
            if path.ends_with(".yml") {
                prop_assert!(serde_yaml::from_str::<serde_json::Value>(text).is_ok(), "{text}");
            }
        }
    }
}
