//! Says which names must never be written into a tree, because some system would take them for `.git`.

/// Returns why `name` must not be a part of a path that we write; `None` when it may.
pub(super) fn refusal(name: &[u8]) -> Option<&'static str> {
    match name {
        b"" => Some("a part of it is empty"),
        b"." | b".." => Some("a part of it is `.` or `..`"),
        _ if name.contains(&0) => Some("it holds a zero byte"),
        _ if is_dot_git(name) => Some("a part of it would be taken for `.git`"),
        _ => None,
    }
}

/// Says whether a file system would open git's own directory under this name.
///
/// Windows drops trailing dots, blanks and stream names and knows `git~1`; the Mac drops invisible characters.
fn is_dot_git(name: &[u8]) -> bool {
    let stream = name.iter().position(|byte| matches!(byte, b':' | b'\\')).unwrap_or(name.len());
    let shown = name[..stream].trim_ascii_end();
    let end = shown.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    let windows = &shown[..end];
    if windows.eq_ignore_ascii_case(b".git") || windows.eq_ignore_ascii_case(b"git~1") {
        return true;
    }
    let visible: String = String::from_utf8_lossy(name).chars().filter(|c| !is_invisible(*c)).collect();
    visible.eq_ignore_ascii_case(".git")
}

/// The characters that HFS+ leaves out when it compares names.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disguise_of_the_git_directory_is_refused() {
        for name in
            [".git", ".GIT", ".git.", ".git ", ".git...", "git~1", ".git::$INDEX_ALLOCATION", ".g\u{200c}it"]
        {
            assert!(refusal(name.as_bytes()).is_some(), "{name}");
        }
        for name in [".gitignore", ".github", "git", "a.git", ".gitx", "..."] {
            assert!(refusal(name.as_bytes()).is_none(), "{name}");
        }
    }
}
