//! Tells names that another file system takes for `.git` or `.gitmodules`.
//!
//! Source: git's `is_ntfs_dotgit`, `is_hfs_dotgit` and `verify_path` (CVE-2014-9390, CVE-2019-1352).

/// Says whether some file system may take `name` for `.git`.
pub(super) fn is_dot_git(name: &[u8]) -> bool {
    is(name, b".git", b"git~1")
}

/// Says whether some file system may take `name` for `.gitmodules`.
pub(super) fn is_dot_gitmodules(name: &[u8]) -> bool {
    is(name, b".gitmodules", b"gitmod~1")
}

fn is(name: &[u8], long: &[u8], short: &[u8]) -> bool {
    let seen = without_ignored(name);
    let windows = as_windows_sees(name);
    seen.eq_ignore_ascii_case(long)
        || windows.eq_ignore_ascii_case(long)
        || windows.eq_ignore_ascii_case(short)
}

/// Returns the name as Windows opens it: up to a stream's colon, without trailing dots and spaces.
fn as_windows_sees(name: &[u8]) -> &[u8] {
    let end = name.iter().position(|byte| *byte == b':').unwrap_or(name.len());
    let name = &name[..end];
    let kept = name.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    &name[..kept]
}

/// Returns the name as HFS+ compares it: without the code points it ignores.
fn without_ignored(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars().filter(|character| !is_ignored(*character)) {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        out.extend_from_slice(chunk.invalid());
    }
    out
}

/// The code points that HFS+ leaves out of a comparison (git's `next_hfs_char`).
fn is_ignored(character: char) -> bool {
    matches!(character,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_disguise_of_dot_git_is_seen() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            "git~1",
            "GIT~1",
            ".git.",
            ".git ",
            ".git . .",
            "git~1.",
            ".git::$INDEX_ALLOCATION",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".gi\u{206a}t",
        ] {
            assert!(is_dot_git(name.as_bytes()), "{name:?}");
        }
        for name in [".github", ".gitignore", "git", ".gitx", "git~2", "x.git", ".g it", ""] {
            assert!(!is_dot_git(name.as_bytes()), "{name:?}");
        }
    }

    #[test]
    fn gitmodules_has_disguises_too() {
        for name in [".gitmodules", ".GITMODULES", "gitmod~1", ".gitmodules ", ".git\u{200d}modules"] {
            assert!(is_dot_gitmodules(name.as_bytes()), "{name:?}");
        }
        assert!(!is_dot_gitmodules(b"gitmodules"));
    }
}
