//! Checks that every path in the documents stays where it belongs.
//!
//! A cloned repository's documents are untrusted: no path of theirs leads out of the working tree or into
//! `.git`, and what a run writes lies within the state directory.

use super::node::Node;
use super::pipeline::STATE_DIR;
use super::schema::Loaded;
use super::violation::Violation;

const CODE: &str = "iao::config::path";

/// Returns a path in its one writing: no empty part, no `.`; empty for the top.
pub(super) fn normal(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

/// Says why a path does not stay within the repository; `None` when it does.
pub(super) fn fault(path: &str) -> Option<&'static str> {
    if path.starts_with('/') || path.as_bytes().get(1) == Some(&b':') {
        return Some("is absolute");
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Some("holds a backslash or a control character");
    }
    let mut parts = path.split('/');
    parts.find_map(|part| match part {
        ".." => Some("leads out of the repository"),
        _ if part.eq_ignore_ascii_case(".git") => Some("leads into `.git`"),
        _ => None,
    })
}

/// Checks the paths of a pipeline.
pub(super) fn check_pipeline(loaded: &Loaded, report: &mut Vec<Violation>) {
    let Some(spec) = loaded.node.get("spec") else { return };
    let mut sound = check_one(loaded, spec.get("projectRoot"), "projectRoot", report);
    for entry in spec.get("inputs").into_iter().flat_map(Node::entries) {
        check_one(loaded, Some(&entry.value), &format!("inputs.{}", entry.key), report);
    }
    for entry in spec.at(&["inputs", "schemas"]).into_iter().flat_map(Node::entries) {
        check_one(loaded, Some(&entry.value), &format!("inputs.schemas.{}", entry.key), report);
    }
    sound &= check_one(loaded, spec.get("stateDir"), "stateDir", report);
    let written = written(spec);
    for (name, node) in &written {
        sound &= check_one(loaded, Some(node), name, report);
    }
    if sound {
        check_state(loaded, spec, &written, report);
    }
}

/// Checks the directories that an adapters document names.
pub(super) fn check_adapters(loaded: &Loaded, report: &mut Vec<Violation>) {
    for key in ["include", "exclude"] {
        for item in loaded.node.list(&["spec", key]) {
            check_one(loaded, Some(item), key, report);
        }
    }
}

/// The paths that a run writes, with their names: files first, the evidence directory last.
fn written(spec: &Node) -> Vec<(String, &Node)> {
    let mut found: Vec<(String, &Node)> = Vec::new();
    for key in ["planFile", "patchReport", "verifyReport", "sealManifest"] {
        found.extend(spec.at(&["outputs", key]).map(|node| (format!("outputs.{key}"), node)));
    }
    for key in ["eventStream", "evidenceDir"] {
        found.extend(spec.get(key).map(|node| (key.to_owned(), node)));
    }
    found
}

/// Checks that what is written lies within the state directory, each thing at a place of its own.
fn check_state(loaded: &Loaded, spec: &Node, written: &[(String, &Node)], report: &mut Vec<Violation>) {
    let state = normal(spec.get("stateDir").and_then(Node::text).unwrap_or(STATE_DIR));
    if state.is_empty() {
        let span = loaded.node.locate("/spec/stateDir");
        let help = format!("name a directory of its own, such as `{STATE_DIR}`");
        report.push(loaded.source.violation(CODE, span, "`stateDir` is the whole working tree", help));
        return;
    }
    let mut taken: Vec<(String, &str)> = Vec::new();
    for (name, node) in written {
        let Some(path) = node.text().map(normal) else { continue };
        if !path.strip_prefix(&state).is_some_and(|rest| rest.starts_with('/')) {
            let message = format!("`{name}` does not lie within `stateDir`");
            let help = format!("write a path that begins with `{state}/`");
            report.push(loaded.source.violation(CODE, node.span.clone(), message, help));
        }
        let inside = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // A file may lie in the evidence directory; nothing may lie in a file.
        let clash = taken.iter().find(|(other, _)| {
            inside(&path, other) || (name != "evidenceDir" && inside(other, &path)) || *other == path
        });
        if let Some((_, other)) = clash {
            let message = format!("`{name}` and `{other}` take the same place");
            report.push(loaded.source.violation(
                CODE,
                node.span.clone(),
                message,
                "give each a path of its own",
            ));
        }
        taken.push((path, name));
    }
}

fn check_one(loaded: &Loaded, node: Option<&Node>, name: &str, report: &mut Vec<Violation>) -> bool {
    let Some((node, path)) = node.and_then(|node| Some((node, node.text()?))) else { return true };
    let Some(why) = fault(path) else { return true };
    let message = format!("`{name}` {why}");
    let help = "write a path from the top of the repository, such as `a/b`; it must stay local";
    report.push(loaded.source.violation(CODE, node.span.clone(), message, help));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_writing() {
        for (path, one) in [(".", ""), ("./a//b/", "a/b"), ("a/./b", "a/b"), ("", ""), (".a", ".a")] {
            assert_eq!(normal(path), one);
        }
    }

    #[test]
    fn paths_that_escape_are_known() {
        for path in ["/a", "C:/a", "C:\\a", "a/../b", "..", ".git/hooks", "a/.GIT/config", "a\u{7}"] {
            assert!(fault(path).is_some(), "{path}");
        }
        for path in [".", "a/b", "..a/b", ".github/x", "a b"] {
            assert_eq!(fault(path), None, "{path}");
        }
    }
}
