//! Matches a directory against a glob of `workspace.members`.
//!
//! As in cargo: `*`, `?` and `[...]` match within one part of a path, `**` any number of parts. The cost is
//! bounded by the product of both lengths.

/// Says whether a member entry is a glob and not a plain path.
pub(super) fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// Says whether `pattern` names the directory `path`; both have `/` between their parts.
pub(super) fn matches(pattern: &[u8], path: &[u8]) -> bool {
    let patterns: Vec<&[u8]> = pattern.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
    let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).collect();
    // `reached[i]`: the patterns so far can have used up the first `i` parts.
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    for pattern in patterns {
        if pattern == b"**" {
            let first = reached.iter().position(|here| *here).unwrap_or(reached.len());
            reached[first..].fill(true);
            continue;
        }
        for index in (0..parts.len()).rev() {
            reached[index + 1] = reached[index] && matches_part(pattern, parts[index]);
        }
        reached[0] = false;
    }
    reached[parts.len()]
}

fn matches_part(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while here < text.len() {
        if pattern.get(at) == Some(&b'*') {
            retry = Some((at + 1, here));
            at += 1;
        } else if let Some(next) = match_one(&pattern[at..], text[here]) {
            at += next;
            here += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            (at, here) = (star, from + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Returns how many bytes of the pattern matched this one byte.
fn match_one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern.first()? {
        b'?' => Some(1),
        b'[' => match_class(pattern, byte),
        first => (*first == byte).then_some(1),
    }
}

fn match_class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = pattern.get(1) == Some(&b'!');
    let start = if negated { 2 } else { 1 };
    // A `]` in the first place stands for itself.
    let end = start + 1 + pattern.get(start + 1..)?.iter().position(|byte| *byte == b']')?;
    let class = &pattern[start..end];
    let mut found = false;
    let mut at = 0;
    while at < class.len() {
        if class.get(at + 1) == Some(&b'-') && at + 2 < class.len() {
            found |= (class[at]..=class[at + 2]).contains(&byte);
            at += 3;
        } else {
            found |= class[at] == byte;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn globs_match_as_cargo_reads_them() {
        for (pattern, path, expected) in [
            ("crates/*", "crates/a", true),
            ("crates/*", "crates/a/b", false),
            ("crates/*", "crates", false),
            ("crates/**", "crates/a/b", true),
            ("**/lib", "a/b/lib", true),
            ("**/lib", "lib", true),
            ("a?c", "abc", true),
            ("lib-[a-c]", "lib-b", true),
            ("lib-[!a-c]", "lib-b", false),
            ("lib-[]]", "lib-]", true),
            ("lib-[", "lib-[", false),
            ("*-*-core", "x-y-z-core", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_made_of_stars_is_answered_at_once() {
        let pattern = "**/*a*a*a*a*a*a*a*b/".repeat(40);
        assert!(!matches(pattern.as_bytes(), "a".repeat(4000).as_bytes()));
    }

    proptest! {
        #[test]
        fn a_plain_path_matches_itself_alone(path in "[a-z]{1,4}(/[a-z]{1,4}){0,3}", other in "[a-z/]{0,9}") {
            prop_assert!(matches(path.as_bytes(), path.as_bytes()));
            let same = other.split('/').filter(|part| !part.is_empty()).eq(path.split('/'));
            prop_assert_eq!(matches(path.as_bytes(), other.as_bytes()), same);
        }

        #[test]
        fn no_pattern_panics(pattern in any::<Vec<u8>>(), path in any::<Vec<u8>>()) {
            let _answer = matches(&pattern, &path);
        }
    }
}
