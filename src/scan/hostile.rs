//! Tells tree entries whose name alone can mislead a reader or escape the working tree.

use std::collections::HashSet;

use super::lookalike;
use crate::git::Entry;
use crate::model::{FileMode, Finding, Gate, RepoPath, Severity};

/// Makes a finding of the hostile-entry family.
pub(super) fn finding(path: RepoPath, rule: &str, severity: Severity, message: &str, help: &str) -> Finding {
    Finding {
        path,
        span: None,
        rule: rule.to_owned(),
        gate: Gate::HostileEntry,
        severity,
        message: message.to_owned(),
        help: help.to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

/// Returns what the names of `entries` show, each directory once.
pub(super) fn check<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for entry in entries {
        if entry.mode == FileMode::Gitlink {
            findings.push(finding(
                entry.path.clone(),
                "tree.gitlink",
                Severity::Note,
                "the entry is a commit of another repository, which nothing here scans or seals",
                "check that repository by itself",
            ));
        }
        let path = entry.path.as_bytes();
        let mut start = 0;
        // Split by hand: an empty part is a fact here, not a thing to pass over.
        for part in path.split(|byte| *byte == b'/') {
            let end = start + part.len();
            if seen.insert(&path[..end]) {
                findings.extend(judge(&path[..end], part));
            }
            start = end + 1;
        }
    }
    findings
}

fn judge(path: &[u8], name: &[u8]) -> Vec<Finding> {
    let mut out = Vec::new();
    let mut add = |rule: &str, severity: Severity, message: &str, help: &str| {
        out.push(finding(RepoPath::from_bytes(path), rule, severity, message, help));
    };
    if lookalike::is_dot_git(name) {
        add(
            "tree.dot-git",
            Severity::Error,
            "a file system may take this name for `.git`",
            "remove the entry",
        );
    }
    if matches!(name, b"." | b"..") {
        add(
            "tree.dot-dot",
            Severity::Error,
            "the name points at a directory, not into one",
            "remove the entry",
        );
    }
    if name.iter().any(|byte| *byte < 0x20 || *byte == 0x7f) {
        add(
            "tree.control-character",
            Severity::Error,
            "the name holds a control character, which can rewrite what a terminal shows",
            "rename it with visible characters",
        );
    }
    if is_misleading(name) {
        add(
            "tree.misleading-character",
            Severity::Error,
            "the name holds an invisible character or one that turns the reading direction",
            "rename it with visible characters",
        );
    }
    if name.contains(&b'\\') {
        let escapes = name.split(|byte| *byte == b'\\').any(|part| {
            part.is_empty() || part == b".." || part.ends_with(b":") || lookalike::is_dot_git(part)
        });
        let severity = if escapes { Severity::Error } else { Severity::Warning };
        add(
            "tree.backslash",
            severity,
            "Windows takes the backslash for a separator",
            "rename it without `\\`",
        );
    }
    if is_no_windows_name(name) {
        add(
            "tree.windows-name",
            Severity::Note,
            "Windows cannot check this name out",
            "rename it if Windows matters",
        );
    }
    if std::str::from_utf8(name).is_err() {
        add(
            "tree.not-utf8",
            Severity::Note,
            "the name is not UTF-8; it is shown percent-encoded",
            "rename it in UTF-8",
        );
    }
    out
}

/// Bidirectional controls, line separators and zero-width marks; joiners inside a word of a script that
/// needs them are let through.
fn is_misleading(name: &[u8]) -> bool {
    name.utf8_chunks().any(|chunk| {
        chunk.valid().chars().any(|character| {
            matches!(character,
                '\u{80}'..='\u{9f}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
        })
    })
}

fn is_no_windows_name(name: &[u8]) -> bool {
    const DEVICES: [&[u8]; 6] = [b"con", b"prn", b"aux", b"nul", b"conin$", b"conout$"];
    let lower = name.to_ascii_lowercase();
    let stem = lower.split(|byte| *byte == b'.').next().unwrap_or_default().trim_ascii_end();
    let port = matches!(stem, [b'c', b'o', b'm', b'1'..=b'9'] | [b'l', b'p', b't', b'1'..=b'9']);
    DEVICES.contains(&stem)
        || port
        || name.iter().any(|byte| b"<>:\"|?*".contains(byte))
        || (matches!(name.last(), Some(b'.' | b' ')) && !matches!(name, b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ObjectId;

    fn rules(path: impl Into<Vec<u8>>, mode: FileMode) -> Vec<(String, Severity)> {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let entry = Entry { path: RepoPath::from_bytes(path), mode, id };
        check(std::iter::once(&entry)).into_iter().map(|finding| (finding.rule, finding.severity)).collect()
    }

    #[test]
    fn each_hostile_name_has_its_rule() {
        for (path, rule, severity) in [
            (&b".GIT/config"[..], "tree.dot-git", Severity::Error),
            (b"a/../b", "tree.dot-dot", Severity::Error),
            (b"a\x1b[2Jb", "tree.control-character", Severity::Error),
            (b"a\nb", "tree.control-character", Severity::Error),
            ("a\u{202e}txt.exe".as_bytes(), "tree.misleading-character", Severity::Error),
            (b"unit\\x2d.mount", "tree.backslash", Severity::Warning),
            (b"..\\..\\x", "tree.backslash", Severity::Error),
            (b"a\\.git\\hooks", "tree.backslash", Severity::Error),
            (b"src/aux.c", "tree.windows-name", Severity::Note),
            (b"COM1", "tree.windows-name", Severity::Note),
            (b"what?", "tree.windows-name", Severity::Note),
            (b"name.", "tree.windows-name", Severity::Note),
            (b"\xff", "tree.not-utf8", Severity::Note),
        ] {
            let found = rules(path, FileMode::Regular);
            assert_eq!(found, [(rule.to_owned(), severity)], "{}", String::from_utf8_lossy(path));
        }
        assert_eq!(rules("lib", FileMode::Gitlink), [("tree.gitlink".to_owned(), Severity::Note)]);
    }

    #[test]
    fn ordinary_names_are_let_through() {
        for path in
            ["src/main.rs", ".github/x", "a b", "\u{fc}ber", "com10", "console.c", "family\u{200d}x", "a..b"]
        {
            assert_eq!(rules(path, FileMode::Regular), [], "{path}");
        }
    }

    #[test]
    fn a_hostile_directory_is_named_once() {
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let entries =
            ["x/.git/a", "x/.git/b"].map(|path| Entry { path: path.into(), mode: FileMode::Regular, id });
        assert_eq!(check(entries.iter()).len(), 1);
    }
}
