//! Answers questions about places in the tree that manifests name.
//!
//! A path that would need quoting in a shell or a workflow never gets into a command.

use crate::git::View;
use crate::model::{FileMode, RepoPath};

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

/// Says whether `path` stands at or in a submodule, whose content this snapshot does not hold.
pub(super) fn is_in_submodule(view: &View<'_>, path: &RepoPath) -> bool {
    let mut path = Some(path.clone());
    while let Some(here) = path.filter(|here| !here.is_root()) {
        if view.snapshot().get(&here).is_some_and(|entry| entry.mode == FileMode::Gitlink) {
            return true;
        }
        path = here.parent();
    }
    false
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
