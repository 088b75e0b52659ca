//! Matches paths against the globs that manifests, ignore files and the allow-file use.
//!
//! `*` and `?` stay within one name, `**` spans directories, `[a-z]` and `{a,b}` mean what shells mean. Matching
//! never takes more than name length times pattern length: patterns come from repositories.

use super::RepoPath;

/// How many patterns `{a,b}` may unfold to.
const MOST_ALTERNATIVES: usize = 64;

/// What means more than itself in a pattern.
const SPECIAL: &[u8] = b"*?[]{}\\";

/// A glob over whole paths; unfolded alternatives.
#[derive(Debug, Clone)]
pub struct Glob {
    alternatives: Vec<Vec<Vec<u8>>>,
}

impl Glob {
    /// Takes a pattern relative to some directory; a backslash before a character takes its meaning away; leading `./`, and leading and trailing `/` mean nothing.
    #[must_use]
    pub fn new(pattern: &[u8]) -> Self {
        let alternatives = unfold(pattern)
            .into_iter()
            .map(|pattern| {
                pattern
                    .split(|byte| *byte == b'/')
                    .filter(|part| !part.is_empty() && *part != b".")
                    .map(<[u8]>::to_vec)
                    .collect()
            })
            .collect();
        Self { alternatives }
    }

    /// Returns the pattern that matches `path` and nothing else.
    #[must_use]
    pub fn escape(path: &RepoPath) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(path.as_bytes().len());
        for byte in path.as_bytes() {
            if SPECIAL.contains(byte) {
                pattern.push(b'\\');
            }
            pattern.push(*byte);
        }
        pattern
    }

    /// Says whether a pattern is a path as it stands.
    #[must_use]
    pub fn is_plain(pattern: &[u8]) -> bool {
        !pattern.iter().any(|byte| SPECIAL.contains(byte))
    }

    /// Says whether the whole of `path` (relative to the same directory) matches.
    #[must_use]
    pub fn matches(&self, path: &RepoPath) -> bool {
        let names: Vec<&[u8]> = path.components().collect();
        self.alternatives.iter().any(|parts| parts_match(parts, &names))
    }
}

/// Says whether `name`, one part of a path, matches `pattern`.
#[must_use]
pub fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` stood, and how much of the name it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, seen));
            at += 1;
            continue;
        }
        if let Some(length) = one_matches(&pattern[at..], name[seen]) {
            at += length;
            seen += 1;
            continue;
        }
        let Some((star_at, taken)) = star else { return false };
        star = Some((star_at, taken + 1));
        at = star_at + 1;
        seen = taken + 1;
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Returns how many bytes of the pattern matched `byte`; `None` when it does not match.
fn one_matches(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern.first()? {
        b'?' => Some(1),
        b'\\' => (pattern.get(1) == Some(&byte)).then_some(2),
        b'[' => match class_end(pattern) {
            Some(end) => class_matches(&pattern[1..end], byte).then_some(end + 1),
            None => (byte == b'[').then_some(1),
        },
        literal => (*literal == byte).then_some(1),
    }
}

/// Returns the index of the `]` that closes the class at the start of `pattern`.
fn class_end(pattern: &[u8]) -> Option<usize> {
    // A `]` right after `[` or `[!` is a member of the class.
    let first = if matches!(pattern.get(1), Some(b'!' | b'^')) { 3 } else { 2 };
    (first..pattern.len()).find(|index| pattern[*index] == b']')
}

fn class_matches(class: &[u8], byte: u8) -> bool {
    let (negated, members) = match class.first() {
        Some(b'!' | b'^') => (true, &class[1..]),
        _ => (false, class),
    };
    let mut found = false;
    let mut at = 0;
    while at < members.len() {
        if members.get(at + 1) == Some(&b'-') && at + 2 < members.len() {
            found |= (members[at]..=members[at + 2]).contains(&byte);
            at += 3;
        } else {
            found |= members[at] == byte;
            at += 1;
        }
    }
    found != negated
}

/// The algorithm of [`name_matches`], one level up: names for bytes, `**` for `*`.
fn parts_match(parts: &[Vec<u8>], names: &[&[u8]]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < names.len() {
        match parts.get(at) {
            Some(part) if part == b"**" => {
                star = Some((at, seen));
                at += 1;
            }
            Some(part) if name_matches(part, names[seen]) => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                seen = taken + 1;
            }
        }
    }
    parts[at..].iter().all(|part| part == b"**")
}

/// Unfolds `{a,b}`; what would unfold to too many patterns is taken as it stands.
fn unfold(pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_vec()];
    while let Some(next) = open.pop() {
        if done.len() + open.len() >= MOST_ALTERNATIVES {
            return vec![pattern.to_vec()];
        }
        match first_braces(&next) {
            None => done.push(next),
            Some((from, to)) => {
                for choice in next[from + 1..to].split(|byte| *byte == b',') {
                    open.push([&next[..from], choice, &next[to + 1..]].concat());
                }
            }
        }
    }
    done
}

/// Returns where the first innermost `{…}` begins and ends; a backslash before either takes its meaning away.
fn first_braces(pattern: &[u8]) -> Option<(usize, usize)> {
    let means = |at: usize| pattern[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 0;
    let to = (0..pattern.len()).find(|at| pattern[*at] == b'}' && means(*at))?;
    let from = (0..to).rev().find(|at| pattern[*at] == b'{' && means(*at))?;
    Some((from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::new(pattern.as_bytes()).matches(&RepoPath::from(path))
    }

    #[test]
    fn a_star_stays_within_one_name() {
        assert!(matches("packages/*", "packages/a"));
        assert!(!matches("packages/*", "packages/a/b"));
        assert!(!matches("packages/*", "packages"));
        assert!(matches("./packages/*/", "packages/a"));
        assert!(matches("lib*-x", "libfoo-bar-x"));
    }

    #[test]
    fn two_stars_span_directories() {
        assert!(matches("packages/**", "packages/a/b"));
        assert!(matches("**/x", "x"));
        assert!(matches("a/**/z", "a/z"));
        assert!(matches("a/**/z", "a/b/c/z"));
        assert!(!matches("a/**/z", "b/z"));
    }

    #[test]
    fn classes_and_braces_mean_what_shells_mean() {
        assert!(matches("*.py[cod]", "a.pyc"));
        assert!(!matches("*.py[cod]", "a.py"));
        assert!(matches("[!a-c]x", "dx"));
        assert!(matches("{apps,libs}/*", "libs/one"));
        assert!(!matches("{apps,libs}/*", "docs/one"));
        assert!(matches("[", "["));
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "*a".repeat(200);
        assert!(!matches(&pattern, &"a".repeat(150)));
        assert!(!matches(&"{a,b}".repeat(40), "a"));
    }

    proptest! {
        #[test]
        fn an_escaped_path_matches_itself_and_no_other(
            path in "[a{},*?\\[\\]\\\\]{1,6}(/[a{},*?\\[\\]\\\\]{1,6}){0,2}", other in "[a{},*?/\\[\\]\\\\]{1,12}"
        ) {
            let path = RepoPath::from(path.as_str());
            let glob = Glob::new(&Glob::escape(&path));
            prop_assert!(glob.matches(&path));
            let other = RepoPath::from(other.as_str());
            let same = other.components().eq(path.components());
            prop_assert_eq!(glob.matches(&other), same);
        }
    }
}
