//! The hooks of git that we bring, by git's own names.

use serde::{Serialize, Serializer};

/// A hook of git.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Before a commit.
    PreCommit,
    /// Before the commit of a merge that went without conflicts.
    PreMergeCommit,
    /// Before a push.
    PrePush,
    /// After a commit, also one that went past its gate.
    PostCommit,
    /// At the receiving end, before refs move.
    PreReceive,
}

impl Hook {
    /// Every hook, those of a working tree first.
    pub const ALL: [Self; 5] =
        [Self::PreCommit, Self::PreMergeCommit, Self::PrePush, Self::PostCommit, Self::PreReceive];
    /// Those of a repository that people work in.
    pub const CLIENT: [Self; 4] = [Self::PreCommit, Self::PreMergeCommit, Self::PrePush, Self::PostCommit];

    /// Returns git's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PreCommit => "pre-commit",
            Self::PreMergeCommit => "pre-merge-commit",
            Self::PrePush => "pre-push",
            Self::PostCommit => "post-commit",
            Self::PreReceive => "pre-receive",
        }
    }

    /// Returns the hook of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hook| hook.name() == name)
    }

    /// Says whether git tells the hook of refs on its standard input.
    #[must_use]
    pub fn is_told_refs(self) -> bool {
        matches!(self, Self::PrePush | Self::PreReceive)
    }
}

impl Serialize for Hook {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
