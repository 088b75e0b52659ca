//! The generic adapter: what every repository needs, whatever it is written in.
//!
//! It speaks once, for the project root; a licence is never guessed.

use super::manifest::needs_input;
use super::{Adapter, Context, Error, Inspection, Project};
use crate::git::View;
use crate::model::RepoPath;

/// Knows what belongs to every repository.
pub(super) struct Generic;

impl Adapter for Generic {
    fn id(&self) -> &'static str {
        "generic"
    }

    fn markers(&self) -> &'static [&'static str] {
        &[]
    }

    fn inspect(&self, view: &View<'_>, root: &RepoPath, _context: &Context) -> Result<Inspection, Error> {
        let mut findings = Vec::new();
        if community_file(view, root, is_readme).is_none() {
            let help = "write README.md: what it is, how to install it, how to run its tests";
            findings.push(needs_input(
                "generic/readme",
                root,
                "no README: a newcomer cannot tell what this is, or how to use it",
                help,
            ));
        }
        if community_file(view, root, is_license).is_none() {
            let help = "choose a licence and add its text as LICENSE; git-iao never chooses one";
            findings.push(needs_input(
                "generic/license",
                root,
                "no licence text: without one nobody may use or change this",
                help,
            ));
        }
        Ok(Inspection { project: Project::bare(self.id(), root), findings, proposals: Vec::new() })
    }
}

/// Returns a file (or link) that stands where forges look for such files: the root, `.github`, `.gitlab`, `docs`.
///
/// `is_it` is given the name in lower case; a directory such as `LICENSES` counts when it holds something.
pub(super) fn community_file(view: &View<'_>, root: &RepoPath, is_it: fn(&[u8]) -> bool) -> Option<RepoPath> {
    let found = view.snapshot().entries().iter().map(|entry| &entry.path).find(|path| {
        let Some(below) = path.relative_to(root) else { return false };
        let mut names = below.components();
        let first = names.next().unwrap_or_default().to_ascii_lowercase();
        if is_it(&first) {
            return true;
        }
        let place = matches!(first.as_slice(), b".github" | b".gitlab" | b"docs");
        place && names.next().is_some_and(|name| is_it(&name.to_ascii_lowercase())) && names.next().is_none()
    })?;
    // Noted as read: a plan that stands on this file is stale without it.
    view.exists(found).then(|| found.clone())
}

/// Says whether a name, in lower case, is a README's.
pub(super) fn is_readme(name: &[u8]) -> bool {
    stem_is(name, &[b"readme"])
}

fn is_license(name: &[u8]) -> bool {
    let known: [&[u8]; 7] =
        [b"license", b"licence", b"licenses", b"licences", b"copying", b"unlicense", b"unlicence"];
    // LICENSE-MIT and COPYING.LESSER are licences as well.
    stem_is(name, &known)
}

/// Says whether a name is one of `stems`, alone or with `.`, `-` or `_` behind it.
fn stem_is(name: &[u8], stems: &[&[u8]]) -> bool {
    stems.iter().any(|stem| {
        name.strip_prefix(*stem).is_some_and(|rest| matches!(rest.first(), None | Some(b'.' | b'-' | b'_')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_licences_are_known() {
        for name in ["license", "license.md", "license-apache", "copying.lesser", "licences"] {
            assert!(is_license(name.as_bytes()), "{name}");
        }
        for name in ["licensed.py", "relicense", "copyingfiles"] {
            assert!(!is_license(name.as_bytes()), "{name}");
        }
    }
}
