//! Tells directories that plainly hold test data.
//!
//! What is found there weighs less: public repositories keep test keys on purpose.

use crate::model::{RepoPath, Severity};

/// Directory names, in lower case, whose content counts as test data.
const NAMES: [&[u8]; 22] = [
    b"__fixtures__",
    b"__mocks__",
    b"__snapshots__",
    b"__tests__",
    b"e2e",
    b"example",
    b"examples",
    b"fixture",
    b"fixtures",
    b"mock",
    b"mocks",
    b"sample",
    b"samples",
    b"spec",
    b"specs",
    b"test",
    b"test-data",
    b"test-fixtures",
    b"test_data",
    b"testdata",
    b"testing",
    b"tests",
];

/// Says whether a directory above `path` is named as test data.
pub(super) fn holds(path: &RepoPath) -> bool {
    let mut parts = path.components();
    parts.next_back();
    parts.any(|part| NAMES.contains(&part.to_ascii_lowercase().as_slice()))
}

/// Returns `Error`, or `Warning` in test data.
pub(super) fn severity(path: &RepoPath) -> Severity {
    if holds(path) { Severity::Warning } else { Severity::Error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_directory_name_counts() {
        for path in ["tests/a.pem", "crates/x/testdata/k", "Examples/k", "a/__tests__/b/c"] {
            assert!(holds(&path.into()), "{path}");
        }
        for path in ["tests", "contest/a", "src/tests.rs", "latest/a", "specification/a"] {
            assert!(!holds(&path.into()), "{path}");
        }
    }
}
