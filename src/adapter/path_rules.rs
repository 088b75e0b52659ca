//! Reads `.gitignore` and `.gitattributes` patterns and says which rule decides for a path (gitignore(5)).
//!
//! The last rule that matches decides; a path below an ignored directory is ignored whatever else is said.

use crate::model::{Glob, RepoPath, name_matches};

/// One pattern of an ignore or attributes file.
#[derive(Debug, Clone)]
pub(super) struct PathRule {
    /// The directory of the file that holds it.
    base: RepoPath,
    /// `!pattern`: takes back what an earlier rule said.
    negated: bool,
    /// `pattern/`: directories only.
    directories_only: bool,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    /// No `/` within: a name at any depth.
    Name(Vec<u8>),
    /// Relative to the base.
    Path(Glob),
}

impl PathRule {
    /// Reads one pattern; `None` for an empty one.
    pub(super) fn parse(base: &RepoPath, line: &[u8]) -> Option<Self> {
        let (negated, line) = match line.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let line = line
            .strip_prefix(b"\\")
            .filter(|rest| rest.starts_with(b"#") || rest.starts_with(b"!"))
            .unwrap_or(line);
        let (directories_only, line) = match line.strip_suffix(b"/") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        if line.is_empty() {
            return None;
        }
        let shape =
            if line.contains(&b'/') { Shape::Path(Glob::new(line)) } else { Shape::Name(line.to_vec()) };
        Some(Self { base: base.clone(), negated, directories_only, shape })
    }

    /// Says whether the pattern means exactly `path` (not what lies below it).
    pub(super) fn matches(&self, path: &RepoPath, is_directory: bool) -> bool {
        if self.directories_only && !is_directory {
            return false;
        }
        let Some(relative) = path.relative_to(&self.base).filter(|relative| !relative.is_root()) else {
            return false;
        };
        match &self.shape {
            Shape::Name(pattern) => name_matches(pattern, relative.file_name()),
            Shape::Path(glob) => glob.matches(&relative),
        }
    }
}

/// Reads the rules of one ignore file that lies in `base`.
pub(super) fn ignore_rules(base: &RepoPath, text: &[u8]) -> Vec<PathRule> {
    text.split(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii_end())
        .filter(|line| !line.starts_with(b"#"))
        .filter_map(|line| PathRule::parse(base, line))
        .collect()
}

/// Says whether the rules, least specific first, ignore `path`.
pub(super) fn is_ignored(rules: &[PathRule], path: &RepoPath, is_directory: bool) -> bool {
    if let Some(parent) = path.parent().filter(|parent| !parent.is_root())
        && is_ignored(rules, &parent, true)
    {
        return true;
    }
    rules.iter().rev().find(|rule| rule.matches(path, is_directory)).is_some_and(|rule| !rule.negated)
}

/// The attributes that say what kind of file a path is, to programs that count languages.
const KINDS: [(&str, &str); 3] = [
    ("linguist-vendored", "vendored"),
    ("linguist-generated", "generated"),
    ("linguist-documentation", "documentation"),
];

/// What `.gitattributes` at the top says of paths.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes {
    rules: Vec<(PathRule, &'static str, bool)>,
}

impl Attributes {
    /// Reads the lines that set or unset one of [`KINDS`].
    pub(super) fn parse(text: &[u8]) -> Self {
        let mut rules = Vec::new();
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let Some(rule) = words
                .next()
                .filter(|word| !word.starts_with(b"#"))
                .and_then(|word| PathRule::parse(&RepoPath::root(), word))
            else {
                continue;
            };
            for word in words {
                if let Some((kind, set)) = kind_of(word) {
                    rules.push((rule.clone(), kind, set));
                }
            }
        }
        Self { rules }
    }

    /// Returns what the attributes make of a file: `Ok(kind)` when set, `Err(())` when only unset.
    pub(super) fn kind(&self, path: &RepoPath) -> Option<Result<&'static str, ()>> {
        let mut unset = false;
        for (_, kind) in KINDS {
            let last = self.rules.iter().rev().find(|(rule, of, _)| *of == kind && rule.matches(path, false));
            match last {
                Some((_, kind, true)) => return Some(Ok(kind)),
                Some((_, _, false)) => unset = true,
                None => {}
            }
        }
        unset.then_some(Err(()))
    }
}

fn kind_of(word: &[u8]) -> Option<(&'static str, bool)> {
    let (name, set) = match word.strip_prefix(b"-") {
        Some(name) => (name, false),
        None => match word.iter().position(|byte| *byte == b'=') {
            Some(at) => (&word[..at], !matches!(&word[at + 1..], b"false" | b"0")),
            None => (word, true),
        },
    };
    KINDS.iter().find(|(attribute, _)| attribute.as_bytes() == name).map(|(_, kind)| (*kind, set))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_rule_makes_it_panic(text in "[*?\\[\\]!a\\\\/{},# \n-]{0,30}", path in "[a/*\\[\\\\]{0,8}") {
            let path = RepoPath::from(path.as_str());
            let rules = ignore_rules(&RepoPath::root(), text.as_bytes());
            let _ = is_ignored(&rules, &path, false);
            let _ = Attributes::parse(text.as_bytes()).kind(&path);
        }
    }

    fn ignored(text: &str, path: &str, is_directory: bool) -> bool {
        is_ignored(&ignore_rules(&RepoPath::root(), text.as_bytes()), &RepoPath::from(path), is_directory)
    }

    #[test]
    fn names_match_at_any_depth_and_paths_from_the_base() {
        assert!(ignored("node_modules", "a/node_modules", true));
        assert!(ignored("node_modules/\n", "a/node_modules/x/y.js", false));
        assert!(!ignored("node_modules/\n", "node_modules", false));
        assert!(ignored("/dist", "dist", true));
        assert!(!ignored("/dist", "a/dist", true));
        assert!(ignored("a/**/dist/", "a/b/dist", true));
    }

    #[test]
    fn the_last_rule_decides_below_what_is_not_ignored() {
        assert!(!ignored("*.log\n!keep.log\n", "keep.log", false));
        assert!(ignored("logs/\n!logs/keep.log\n", "logs/keep.log", false));
        assert!(!ignored("# *.py\n\n", "a.py", false));
        assert!(ignored("\\#x\n", "#x", false));
    }

    #[test]
    fn attributes_set_and_unset() {
        let attributes = Attributes::parse(
            b"lib/** linguist-vendored\nlib/own/** -linguist-vendored\n*.g linguist-generated=true\n",
        );
        assert_eq!(attributes.kind(&RepoPath::from("lib/x/go.mod")), Some(Ok("vendored")));
        assert_eq!(attributes.kind(&RepoPath::from("lib/own/go.mod")), Some(Err(())));
        assert_eq!(attributes.kind(&RepoPath::from("a/b.g")), Some(Ok("generated")));
        assert_eq!(attributes.kind(&RepoPath::from("a/b")), None);
    }
}
