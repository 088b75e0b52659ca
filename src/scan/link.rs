//! Follows symbolic links through the snapshot, and says which of them leave the repository.
//!
//! Links are followed through other links, as a file system would: `a/up/..` is the parent of what `up` names.

use std::collections::BTreeMap;

use super::hostile::finding;
use super::{lookalike, test_data};
use crate::model::{Finding, RepoPath, Severity};

/// How many links one path may pass, as on Linux.
const MOST_HOPS: usize = 40;

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Inside,
    Loop,
    Outside,
    Absolute,
    GitDirectory,
}

/// The targets of all links of a snapshot.
pub(super) type Targets = BTreeMap<RepoPath, Vec<u8>>;

/// Returns what is wrong with the link at `path`.
pub(super) fn check(path: &RepoPath, targets: &Targets) -> Option<Finding> {
    let (rule, severity, message) = match follow(path, targets, false).max(follow(path, targets, true)) {
        Fate::Inside => return None,
        Fate::Loop => ("tree.symlink-loop", Severity::Note, "the link leads back to itself"),
        Fate::Outside => {
            ("tree.symlink-escapes", test_data::severity(path), "the link leads out of the repository")
        }
        Fate::Absolute => (
            "tree.symlink-absolute",
            test_data::severity(path),
            "the link names an absolute path, which is another file on every machine",
        ),
        Fate::GitDirectory => {
            ("tree.symlink-dot-git", Severity::Error, "the link leads into a git directory")
        }
    };
    let help = "link to a path inside the repository, relative to the link";
    Some(finding(path.clone(), rule, severity, message, help))
}

/// Follows the link at `path`; with `backslash`, as Windows splits paths.
fn follow(path: &RepoPath, targets: &Targets, backslash: bool) -> Fate {
    let split = |target: &[u8]| -> Vec<Vec<u8>> {
        let is_separator = |byte: &u8| *byte == b'/' || (backslash && *byte == b'\\');
        target.split(is_separator).rev().map(<[u8]>::to_vec).collect()
    };
    let mut place: Vec<Vec<u8>> = path.components().map(<[u8]>::to_vec).collect();
    let mut ahead = place.pop().into_iter().collect::<Vec<_>>();
    let mut hops = 0;
    while let Some(part) = ahead.pop() {
        match part.as_slice() {
            b"" | b"." => continue,
            b".." => {
                if place.pop().is_none() {
                    return Fate::Outside;
                }
                continue;
            }
            name if hops > 0 && lookalike::is_dot_git(name) => return Fate::GitDirectory,
            _ => place.push(part),
        }
        let Some(target) = targets.get(&RepoPath::from_bytes(place.join(&b'/'))) else {
            continue;
        };
        hops += 1;
        if hops > MOST_HOPS {
            return Fate::Loop;
        }
        if is_absolute(target, backslash) {
            return Fate::Absolute;
        }
        place.pop();
        ahead.extend(split(target));
    }
    Fate::Inside
}

fn is_absolute(target: &[u8], backslash: bool) -> bool {
    target.starts_with(b"/")
        || (backslash
            && (target.starts_with(b"\\")
                || matches!(target, [drive, b':', ..] if drive.is_ascii_alphabetic())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(links: &[(&str, &str)]) -> Option<String> {
        let targets: Targets =
            links.iter().map(|(path, target)| ((*path).into(), target.as_bytes().to_vec())).collect();
        check(&links[0].0.into(), &targets).map(|finding| finding.rule)
    }

    #[test]
    fn links_that_stay_inside_are_let_through() {
        for links in [
            &[("a/l", "../b/c")][..],
            &[("l", "x/../y")],
            &[("l", ".")],
            &[("l", "missing")],
            &[("l", "m"), ("m", "n"), ("n", "a/b")],
        ] {
            assert_eq!(rule(links), None, "{links:?}");
        }
    }

    #[test]
    fn links_that_leave_are_named() {
        for (links, expected) in [
            (&[("l", "/etc/passwd")][..], "tree.symlink-absolute"),
            (&[("l", "C:\\x")], "tree.symlink-absolute"),
            (&[("l", "\\\\server\\x")], "tree.symlink-absolute"),
            (&[("l", "..")], "tree.symlink-escapes"),
            (&[("a/l", "../../x")], "tree.symlink-escapes"),
            (&[("a/l", "..\\..\\x")], "tree.symlink-escapes"),
            (&[("l", ".git/config")], "tree.symlink-dot-git"),
            (&[("a/l", "../sub/.GIT")], "tree.symlink-dot-git"),
            (&[("l", "l")], "tree.symlink-loop"),
            // `a/b/up` is the root, so its parent is outside, although the text of the target stays inside.
            (&[("l", "a/b/up/../x"), ("a/b/up", "../..")], "tree.symlink-escapes"),
            (&[("l", "m/x"), ("m", "/tmp")], "tree.symlink-absolute"),
        ] {
            assert_eq!(rule(links).as_deref(), Some(expected), "{links:?}");
        }
    }

    #[test]
    fn an_absolute_link_in_test_data_weighs_less() {
        let targets = Targets::from([("tests/fixtures/l".into(), b"/x".to_vec())]);
        let finding = check(&"tests/fixtures/l".into(), &targets).unwrap();
        assert_eq!(finding.severity, Severity::Warning);
    }
}
