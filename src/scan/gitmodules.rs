//! Looks at `.gitmodules` for what has made git run commands or write elsewhere.
//!
//! Source: git's CVE-2018-11235 (names), CVE-2018-17456 (`-` values), CVE-2019-19604 (`update = !`).

use super::hostile::finding;
use super::lookalike;
use crate::git::Entry;
use crate::model::{FileMode, Finding, RepoPath, Severity, Span};

/// Returns the finding for a `.gitmodules` (or what may pass for it) that is a link.
pub(super) fn check_link(entry: &Entry) -> Option<Finding> {
    let is_it = entry.path.depth() == 1 && lookalike::is_dot_gitmodules(entry.path.as_bytes());
    (is_it && entry.mode == FileMode::Symlink).then(|| {
        let message = "`.gitmodules` is a symbolic link, so git may read one file and check another";
        finding(entry.path.clone(), "tree.gitmodules-link", Severity::Error, message, "make it a plain file")
    })
}

/// Returns what is dangerous in the text of `.gitmodules`.
pub(super) fn check_text(path: &RepoPath, text: &[u8]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1_u32..) {
        let Some((rule, message)) = judge(line.trim_ascii()) else {
            continue;
        };
        let help = "remove the submodule unless you know who wrote this";
        let mut found = finding(path.clone(), rule, Severity::Error, message, help);
        let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
        found.span = Some(Span { line: number, column: 1, length });
        findings.push(found);
    }
    findings
}

fn judge(line: &[u8]) -> Option<(&'static str, &'static str)> {
    if let Some(section) = line.strip_prefix(b"[") {
        let name = section.splitn(2, |byte| *byte == b'"').nth(1)?;
        let climbs = name.split(|byte| matches!(byte, b'/' | b'\\' | b'"')).any(|part| part == b"..");
        return climbs
            .then_some(("tree.gitmodules-name", "the submodule's name climbs out of `.git/modules`"));
    }
    let equals = line.iter().position(|byte| *byte == b'=')?;
    let key = line[..equals].trim_ascii().to_ascii_lowercase();
    let value = line[equals + 1..].trim_ascii();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let value = value.strip_suffix(b"\"").unwrap_or(value);
    match key.as_slice() {
        b"url" | b"path" | b"branch" if value.starts_with(b"-") => Some((
            "tree.gitmodules-option",
            "the value begins with `-`, so a git command may take it for an option",
        )),
        b"url" if value.windows(2).any(|pair| pair == b"\\n") => Some((
            "tree.gitmodules-url",
            "the URL holds a line break, which can smuggle lines into a credential helper",
        )),
        b"url" if value.starts_with(b"ext::") => {
            Some(("tree.gitmodules-url", "the URL's transport runs a command"))
        }
        b"path" if value.starts_with(b"/") || value.split(|byte| *byte == b'/').any(|part| part == b"..") => {
            Some(("tree.gitmodules-path", "the path lies outside the working tree"))
        }
        b"update" if value.starts_with(b"!") => {
            Some(("tree.gitmodules-command", "`update` names a command to run"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_known_attack_is_named_with_its_line() {
        for (line, rule) in [
            ("[submodule \"../../hooks\"]", "tree.gitmodules-name"),
            ("[submodule \"a/..\"]", "tree.gitmodules-name"),
            ("\turl = -u./payload", "tree.gitmodules-option"),
            ("path=\"--upload-pack=x\"", "tree.gitmodules-option"),
            ("URL = \"https://h/a\\nhost=x\"", "tree.gitmodules-url"),
            ("url = ext::sh -c x", "tree.gitmodules-url"),
            ("path = ../x", "tree.gitmodules-path"),
            ("update = !rm x", "tree.gitmodules-command"),
        ] {
            let findings = check_text(&".gitmodules".into(), format!("# head\n{line}\n").as_bytes());
            assert_eq!(findings.len(), 1, "{line}");
            assert_eq!((findings[0].rule.as_str(), findings[0].span.unwrap().line), (rule, 2));
        }
    }

    #[test]
    fn an_ordinary_file_is_let_through() {
        let text = b"[submodule \"lib/x\"]\n\tpath = lib/x\n\turl = ../x.git\n\tbranch = main\n";
        assert_eq!(check_text(&".gitmodules".into(), text), []);
    }
}
