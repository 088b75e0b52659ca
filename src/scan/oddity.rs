//! Words for the tree entries that the git room found malformed.

use super::hostile::finding;
use crate::git::{Oddity, OddityKind};
use crate::model::{Finding, Severity};

/// Returns the finding for one malformed entry.
pub(super) fn describe(oddity: &Oddity) -> Finding {
    let (rule, message) = match oddity.kind {
        OddityKind::EmptyName => ("tree.empty-name", "an entry of this directory has no name"),
        OddityKind::DotOrDotDot => ("tree.dot-dot", "the name points at a directory, not into one"),
        OddityKind::DotGit => ("tree.dot-git", "a file system may take this name for `.git`"),
        OddityKind::SlashInName => ("tree.slash-in-name", "the name of one entry holds a `/`"),
        OddityKind::Duplicate => {
            ("tree.duplicate", "the tree holds this name twice, and readers differ on which")
        }
        OddityKind::Unsorted => ("tree.unsorted", "the tree is not sorted, and readers may miss the entry"),
        OddityKind::UnknownMode => ("tree.unknown-mode", "the entry has a mode that git does not write"),
        OddityKind::NullId => ("tree.null-id", "the entry names no object"),
    };
    let help = "no git command writes such a tree: find out what did, and commit the files anew";
    finding(oddity.path.clone(), rule, Severity::Error, message, help)
}
