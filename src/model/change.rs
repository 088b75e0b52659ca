//! What an adapter proposes: one edit of the tree, with its reason and the evidence for it.

use serde::{Deserialize, Serialize};

use super::{FileMode, RepoPath};

/// The families of repairs that `repair.targets` selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetFamily {
    /// Editor and formatting settings.
    Format,
    /// Manifests and lock files.
    Deps,
    /// Files that every project of the kind has.
    Structure,
    /// Continuous integration.
    Ci,
    /// Governance and security documents.
    Policies,
}

impl TargetFamily {
    /// Every family.
    pub const ALL: [Self; 5] = [Self::Format, Self::Deps, Self::Structure, Self::Ci, Self::Policies];

    /// Returns the word that documents use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Deps => "deps",
            Self::Structure => "structure",
            Self::Ci => "ci",
            Self::Policies => "policies",
        }
    }
}

/// A place in the repository that something was concluded from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// The file that says so.
    pub path: RepoPath,
    /// The line, from 1, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// What it says, in a few words.
    pub says: String,
}

/// The template that a whole file was rendered from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Template {
    /// Its id, such as `ci/github-actions`.
    pub id: String,
    /// Its version: raised whenever the same facts render to other bytes.
    pub version: u32,
}

/// What a proposal wants of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A whole file, rendered from a template. The planner creates it, or carries an older rendering over to
    /// this one, keeping what the user changed in between.
    Render {
        /// The content.
        content: Vec<u8>,
        /// What it is rendered from.
        template: Template,
        /// `Some(why)` when the repository already has what this file is for (another workflow, say): then it
        /// is only brought up to date where an earlier run of ours rendered it, never created.
        already_met: Option<String>,
    },
    /// An edit of a file that is there: its whole new content.
    Edit {
        /// The content after the edit.
        content: Vec<u8>,
    },
    /// Removal of a file that is there.
    Delete,
}

/// One edit of the tree that an adapter proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The stable code of the rule behind it, such as `generic/editorconfig`.
    pub rule: String,
    /// The family that `repair.targets` must name for it to be planned.
    pub family: TargetFamily,
    /// The directory of the project it is for.
    pub root: RepoPath,
    /// The file it is about.
    pub path: RepoPath,
    /// The mode the file shall have.
    pub mode: FileMode,
    /// What shall happen.
    pub action: Action,
    /// The commit subject: imperative, one change, under 60 characters.
    pub subject: String,
    /// Why, in one or two sentences.
    pub reason: String,
    /// Where each conclusion comes from.
    pub evidence: Vec<Evidence>,
}
