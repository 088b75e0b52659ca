//! Finds names of one directory that another file system cannot tell apart.
//!
//! Directories count as names too: a link `A` beside a directory `a` is how a checkout was made to write
//! outside (CVE-2021-21300).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::hostile::finding;
use crate::git::Entry;
use crate::model::{FileMode, Finding, RepoPath, Severity};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Directory,
    File,
    Link,
}

/// A path's bytes, borrowed from an entry (a tree may have a million), and what stands there.
type Name<'a> = (&'a [u8], Kind);

/// Returns the collisions in which a path that `wanted` accepts takes part; `others` are directories of unknown content.
pub(super) fn check(
    entries: &[Entry],
    others: &[RepoPath],
    wanted: impl Fn(&RepoPath) -> bool,
) -> Vec<Finding> {
    let touched = with_all_above(entries.iter().map(|entry| &entry.path).filter(|path| wanted(path)));
    // What stands in other directories meets none of these.
    let parents: HashSet<&[u8]> = touched.iter().map(|path| split(path).0).collect();
    let others = others.iter().map(RepoPath::as_bytes).filter(|path| parents.contains(split(path).0));
    let mut names: BTreeSet<Name<'_>> = others.map(|path| (path, Kind::Directory)).collect();
    let mut last = None;
    for entry in entries {
        let kind = if entry.mode == FileMode::Symlink { Kind::Link } else { Kind::File };
        let (mut name, parent) = ((entry.path.as_bytes(), kind), split(entry.path.as_bytes()).0);
        if let Some((same, counts)) = last
            && same == parent
        {
            names.extend(Some(name).filter(|_| counts));
            continue;
        }
        last = Some((parent, parents.contains(parent)));
        loop {
            let above = split(name.0).0;
            names.extend(Some(name).filter(|_| parents.contains(above)));
            if above.is_empty() {
                break;
            }
            name = (above, Kind::Directory);
        }
    }
    let mut groups: BTreeMap<(&[u8], Cow<'_, str>), Vec<Name<'_>>> = BTreeMap::new();
    for name in names {
        let (parent, last) = split(name.0);
        if let Ok(text) = std::str::from_utf8(last) {
            groups.entry((parent, fold(text))).or_default().push(name);
        }
    }
    let groups = groups.into_values().filter(|group| group.len() > 1);
    groups
        .filter(|group| group.iter().any(|(path, _)| touched.contains(path)))
        .map(|group| describe(&group))
        .collect()
}

/// Returns these paths, and every directory above one.
fn with_all_above<'a>(paths: impl Iterator<Item = &'a RepoPath>) -> HashSet<&'a [u8]> {
    let mut all = HashSet::new();
    for path in paths {
        let mut here = path.as_bytes();
        while !here.is_empty() && all.insert(here) {
            here = split(here).0;
        }
    }
    all
}

/// Splits a path into the directory above it (empty for the root) and its last part.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (&[], path),
    }
}

/// Returns the form in which case- and normalization-insensitive file systems compare names.
fn fold(name: &str) -> Cow<'_, str> {
    if !name.is_ascii() {
        // Lower case can undo a composition, so the form is made again afterwards.
        return name.nfc().flat_map(char::to_lowercase).nfc().collect();
    }
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return name.to_ascii_lowercase().into();
    }
    name.into()
}

fn describe(group: &[Name<'_>]) -> Finding {
    let group: Vec<(RepoPath, Kind)> =
        group.iter().map(|(path, kind)| (RepoPath::from_bytes(*path), *kind)).collect();
    let first = &group[0].0;
    let others: Vec<String> = group[1..].iter().map(|(path, _)| format!("`{path}`")).collect();
    let others = others.join(", ");
    if group.iter().all(|(path, _)| path == first) {
        let message = "the same name is a file and a directory, and readers differ on which";
        let help = "no git command writes such a tree: find out what did, and commit the files anew";
        return finding(first.clone(), "tree.file-and-directory", Severity::Error, message, help);
    }
    let text = |path: &RepoPath| String::from_utf8_lossy(path.file_name()).nfc().collect::<String>();
    let same_letters = group.iter().all(|(path, _)| text(path) == text(first));
    let (rule, what) = if same_letters {
        ("tree.unicode-collision", "differ only in how Unicode writes them")
    } else {
        ("tree.case-collision", "differ only in upper and lower case")
    };
    // Two plain files are a nuisance; a link or a directory among them redirects writes.
    let plain = group.iter().all(|(_, kind)| *kind == Kind::File);
    let severity = if plain { Severity::Warning } else { Severity::Error };
    let message = format!("this name and {others} {what}: some file systems keep only one");
    finding(first.clone(), rule, severity, &message, "rename all but one")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::ObjectId;

    fn entries(paths: &[(&str, FileMode)]) -> Vec<Entry> {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        paths.iter().map(|(path, mode)| Entry { path: (*path).into(), mode: *mode, id }).collect()
    }

    fn found(paths: &[(&str, FileMode)]) -> Vec<(String, Severity, String)> {
        let findings = check(&entries(paths), &[], |_| true);
        findings.into_iter().map(|f| (f.rule, f.severity, f.path.to_string())).collect()
    }

    #[test]
    fn names_that_collide_are_found_in_files_and_directories() {
        use FileMode::{Regular, Symlink};
        for (paths, rule, severity, at) in [
            (vec![("a/X", Regular), ("a/x", Regular)], "tree.case-collision", Severity::Warning, "a/X"),
            (vec![("A", Symlink), ("a/b", Regular)], "tree.case-collision", Severity::Error, "A"),
            (vec![("D/x", Regular), ("d/y", Regular)], "tree.case-collision", Severity::Error, "D"),
            (
                vec![("e\u{301}", Regular), ("\u{e9}", Regular)],
                "tree.unicode-collision",
                Severity::Warning,
                "e\u{301}",
            ),
            (vec![("a", Regular), ("a/b", Regular)], "tree.file-and-directory", Severity::Error, "a"),
        ] {
            assert_eq!(found(&paths), [(rule.to_owned(), severity, at.to_owned())]);
        }
    }

    #[test]
    fn the_same_name_in_two_directories_is_no_collision() {
        use FileMode::Regular;
        assert_eq!(found(&[("a/x", Regular), ("b/X", Regular), ("a/y/x", Regular), ("xy", Regular)]), []);
    }

    #[test]
    fn a_collision_counts_when_one_side_is_wanted() {
        let tree =
            entries(&[("d/a/1", FileMode::Regular), ("d/A/2", FileMode::Regular), ("z", FileMode::Regular)]);
        let only = |path: &'static str| check(&tree, &[], |other| *other == RepoPath::from(path)).len();
        assert_eq!((only("d/a/1"), only("d/A/2"), only("z")), (1, 1, 0));
    }

    proptest! {
        #[test]
        fn the_names_of_directories_elsewhere_are_all_that_counts_of_them(
            paths in proptest::collection::btree_set("[aAbé]{1,2}(/[aAb]{1,2}){0,3}", 1..25),
            chosen in proptest::collection::vec(any::<prop::sample::Index>(), 1..3),
        ) {
            let all: Vec<(&str, FileMode)> = paths.iter().map(|path| (path.as_str(), FileMode::Regular)).collect();
            let all = entries(&all);
            let wanted: BTreeSet<&RepoPath> = chosen.iter().map(|at| &at.get(&all).path).collect();
            let parents = |paths: &mut dyn Iterator<Item = &RepoPath>| -> Vec<RepoPath> {
                paths.map(|path| RepoPath::from_bytes(split(path.as_bytes()).0)).collect()
            };
            let (of_wanted, of_all) =
                (parents(&mut wanted.iter().copied()), parents(&mut all.iter().map(|entry| &entry.path)));
            let (above, directories) = (with_all_above(of_wanted.iter()), with_all_above(of_all.iter()));
            let is_near = |path: &[u8]| split(path).0.is_empty() || above.contains(split(path).0);
            let near: Vec<Entry> = all.iter().filter(|entry| is_near(entry.path.as_bytes())).cloned().collect();
            let others: Vec<RepoPath> = directories
                .into_iter()
                .filter(|path| is_near(path) && !above.contains(path))
                .map(RepoPath::from_bytes)
                .collect();
            let is_wanted = |path: &RepoPath| wanted.contains(path);
            prop_assert_eq!(check(&near, &others, is_wanted), check(&all, &[], is_wanted));
        }
    }
}
