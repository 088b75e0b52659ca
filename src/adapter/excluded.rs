//! Names the directories in which a manifest is no project of this repository: vendored, fixtures, examples.
//!
//! A reason names the part of the path that decided, so that a person can overrule it by `adapters.include`.

use crate::model::RepoPath;

/// Directory names (in lower case), and what a directory of that name holds. `docs/adapters.md` lists them.
const NAMES: [(&str, &[&str]); 7] = [
    (
        "vendored code",
        &[
            "3rdparty",
            "3rd_party",
            "bower_components",
            "carthage",
            "external_libs",
            "godeps",
            "jspm_packages",
            "node_modules",
            "pods",
            "site-packages",
            "third-party",
            "third_party",
            "thirdparty",
            "vendor",
            "vendored",
            "vendors",
            "venv",
            "virtualenv",
        ],
    ),
    (
        "tests and their data",
        &[
            "__fixtures__",
            "__mocks__",
            "__snapshots__",
            "__tests__",
            "fixture",
            "fixtures",
            "fuzz",
            "mocks",
            "snapshots",
            "spec-fixtures",
            "test",
            "test-data",
            "test-fixtures",
            "test_data",
            "test_fixtures",
            "testcases",
            "testdata",
            "testing-data",
            "tests",
        ],
    ),
    (
        "examples",
        &[
            "demo",
            "demos",
            "example",
            "examples",
            "playground",
            "playgrounds",
            "sample",
            "samples",
            "tutorial",
            "tutorials",
        ],
    ),
    ("generated files", &["__generated__", "dist", "generated", "target"]),
    ("templates", &["boilerplate", "boilerplates", "skeleton", "skeletons", "template", "templates"]),
    ("documentation", &["doc", "docs", "documentation"]),
    ("benchmarks", &["bench", "benches", "benchmark", "benchmarks"]),
];

/// Returns the directory that keeps `directory` (relative to where looking began) out, and why.
///
/// Names are compared without case; names that begin with a dot belong to tools, and `{{…}}` is a template.
pub(super) fn by_name(directory: &RepoPath) -> Option<(RepoPath, String)> {
    let mut prefix = RepoPath::root();
    for name in directory.components() {
        prefix = prefix.join(name);
        if let Some(holds) = holds(name) {
            let shown = RepoPath::from_bytes(name.to_vec());
            return Some((prefix, format!("a directory named `{shown}` holds {holds}")));
        }
    }
    None
}

/// Returns what a directory of this name holds, if it is no place for a project.
fn holds(name: &[u8]) -> Option<&'static str> {
    if name.starts_with(b".") {
        return Some("settings and caches of tools");
    }
    let lower = name.to_ascii_lowercase();
    let starts = [&b"template-"[..], b"template_"].iter().any(|start| lower.starts_with(start));
    if starts || name.windows(2).any(|pair| pair == b"{{") {
        return Some("a template");
    }
    NAMES.iter().find(|(_, names)| names.iter().any(|known| known.as_bytes() == lower)).map(|(what, _)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_that_decides_is_named() {
        let (root, why) = by_name(&RepoPath::from("a/Vendor/b/tests")).unwrap();
        assert_eq!(root, RepoPath::from("a/Vendor"));
        assert_eq!(why, "a directory named `Vendor` holds vendored code");
        assert!(by_name(&RepoPath::from(".github/x")).is_some());
        assert!(by_name(&RepoPath::from("{{cookiecutter.slug}}")).is_some());
        assert!(by_name(&RepoPath::from("create/template-vue")).is_some());
    }

    #[test]
    fn ordinary_directories_stay() {
        for path in ["", "services/api", "packages/testing", "cmd/vendoring", "src"] {
            assert_eq!(by_name(&RepoPath::from(path)), None, "{path}");
        }
    }

    #[test]
    fn every_name_is_documented() {
        let page = include_str!("../../docs/adapters.md");
        for name in NAMES.iter().flat_map(|(_, names)| *names) {
            assert!(page.contains(&format!("`{name}`")), "{name} is not in docs/adapters.md");
        }
    }
}
