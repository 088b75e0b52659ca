//! What every adapter starts its answer with, and what may go into it.
//!
//! A path that would need quoting in a shell or a workflow never gets into a command.

use super::{Fact, Inspection, Project};
use crate::git::View;
use crate::model::{Evidence, RepoPath};

/// Starts the answer about the project at `root`: nothing known, nothing found.
pub(super) fn inspection(adapter: &str, root: &RepoPath) -> Inspection {
    let project = Project {
        adapter: adapter.to_owned(),
        root: root.clone(),
        name: None,
        version: None,
        language_version: None,
        tool: None,
        test_command: None,
        repository: None,
        license: None,
        members: Vec::new(),
        ci: None,
        ignore: Vec::new(),
    };
    Inspection { project, findings: Vec::new(), proposals: Vec::new() }
}

/// Says a value, and where the repository says it.
pub(super) fn fact(value: impl Into<String>, evidence: Evidence) -> Fact<String> {
    Fact { value: value.into(), evidence }
}

/// Says that a file is there.
pub(super) fn presence(path: &RepoPath, says: impl Into<String>) -> Evidence {
    Evidence { path: path.clone(), line: None, says: says.into() }
}

/// Returns the name of a CI job: `rust`, or `rust (crates/core)`.
pub(super) fn job_name(adapter: &str, root: &RepoPath) -> String {
    if root.is_root() { adapter.to_owned() } else { format!("{adapter} ({root})") }
}

/// Returns a path as a word that no shell and no workflow reads anything into; `None` if it is not one.
pub(super) fn plain_word(path: &RepoPath) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+');
    let text = path.as_str()?;
    (!text.starts_with('-') && text.bytes().all(plain)).then_some(text)
}

/// Resolves `relative`, as a manifest in `base` writes it (`../lib`, `./a/`); `None` if it leaves the repository.
pub(super) fn resolve(base: &RepoPath, relative: &str) -> Option<RepoPath> {
    if relative.starts_with('/') || relative.contains(['\\', '\0']) {
        return None;
    }
    let mut path = base.clone();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => path = path.parent()?,
            part => path = path.join(part),
        }
    }
    Some(path)
}

/// Says whether anything tracked stands at or below `directory`.
pub(super) fn is_tracked(view: &View<'_>, directory: &RepoPath) -> bool {
    let entries = view.snapshot().entries();
    let at = entries.partition_point(|entry| entry.path.as_bytes() < directory.as_bytes());
    // A sibling such as `a-b` sorts between `a` and `a/b`.
    entries[at..]
        .iter()
        .take_while(|entry| entry.path.as_bytes().starts_with(directory.as_bytes()))
        .any(|entry| entry.path.is_within(directory))
}

/// Says whether `path` stands at or in a submodule, whose content this snapshot does not hold.
pub(super) fn is_in_submodule(view: &View<'_>, path: &RepoPath) -> bool {
    let mut path = Some(path.clone());
    while let Some(here) = path.filter(|here| !here.is_root()) {
        if view.snapshot().get(&here).is_some_and(|entry| entry.mode == crate::model::FileMode::Gitlink) {
            return true;
        }
        path = here.parent();
    }
    false
}

/// Keeps the ignore patterns whose directory holds nothing tracked: what is tracked is no build output.
pub(super) fn build_outputs(
    view: &View<'_>,
    root: &RepoPath,
    patterns: &[&'static str],
) -> Vec<&'static str> {
    let tracked = |pattern: &str| {
        let name = pattern.trim_matches('/');
        if pattern.starts_with('/') {
            return is_tracked(view, &root.join(name));
        }
        let below = |path: &RepoPath| path.relative_to(root).and_then(|path| path.parent());
        let entries = view.snapshot().entries().iter();
        entries
            .filter_map(|entry| below(&entry.path))
            .any(|path| path.components().any(|part| part == name.as_bytes()))
    };
    patterns.iter().copied().filter(|pattern| !tracked(pattern)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_resolved_within_the_repository() {
        let base = RepoPath::from("a/b");
        let at = |relative| resolve(&base, relative).map(|path| path.to_string());
        assert_eq!(at("../c").as_deref(), Some("a/c"));
        assert_eq!(at("./x/").as_deref(), Some("a/b/x"));
        assert_eq!(at("../..").as_deref(), Some(""));
        assert_eq!(at("../../.."), None);
        assert_eq!(at("/etc"), None);
        assert_eq!(at("..\\x"), None);
    }

    #[test]
    fn a_word_that_a_shell_could_read_is_not_plain() {
        for path in ["a b", "$(x)", "a;b", "-rf", "a'b", "${{x}}"] {
            assert_eq!(plain_word(&RepoPath::from(path)), None, "{path}");
        }
        assert_eq!(plain_word(&RepoPath::from("crates/a-b_c.1+x")), Some("crates/a-b_c.1+x"));
    }
}
