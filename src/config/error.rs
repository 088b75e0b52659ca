//! How the config room fails.

use miette::Diagnostic;

use super::{ReadFailure, Violation};
use crate::model::RepoPath;

/// Why there is no [`super::Config`].
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// The documents were read and break rules: every broken rule, in the order of documents and lines.
    #[error("the configuration breaks {} rule{}", violations.len() + omitted, if violations.len() + omitted == 1 { "" } else { "s" })]
    #[diagnostic(
        code(iao::config::invalid),
        help("mend each place named below; `git iao validate` checks again without running anything")
    )]
    Invalid {
        /// Every violation, at most [`Error::MOST_VIOLATIONS`] of them.
        #[related]
        violations: Vec<Violation>,
        /// How many more there are.
        omitted: usize,
    },
    /// The pipeline document that was asked for is not there.
    #[error("there is no pipeline document `{path}` in the repository")]
    #[diagnostic(
        code(iao::config::pipeline_missing),
        help("name a file that is there, or leave the choice out: the built-in pipeline needs no file")
    )]
    PipelineMissing {
        /// The path that was asked for.
        path: RepoPath,
    },
    /// A file of the repository could not be read.
    #[error("cannot read `{path}`")]
    #[diagnostic(code(iao::config::read), help("see the cause; a damaged repository shows in `git fsck`"))]
    Read {
        /// The file.
        path: RepoPath,
        /// What went wrong.
        source: ReadFailure,
    },
    /// Recorded documents are not a whole configuration.
    #[error("the recorded documents hold {found} of kind {kind}, where one is needed")]
    #[diagnostic(
        code(iao::config::incomplete),
        help(
            "the record is damaged or was written by another tool; load the configuration from the repository"
        )
    )]
    Incomplete {
        /// The kind.
        kind: &'static str,
        /// How many there are.
        found: usize,
    },
}

impl Error {
    /// How many violations one error carries at most; the rest is counted.
    pub const MOST_VIOLATIONS: usize = 200;

    /// Returns the violations; none for an error of another kind.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        match self {
            Self::Invalid { violations, .. } => violations,
            _ => &[],
        }
    }

    /// Makes one error of all violations, sorted by document and position, each named once.
    pub(super) fn invalid(mut violations: Vec<Violation>) -> Self {
        violations.sort_by(|a, b| a.order().cmp(&b.order()));
        violations.dedup_by(|a, b| a.order() == b.order());
        let omitted = violations.len().saturating_sub(Self::MOST_VIOLATIONS);
        violations.truncate(Self::MOST_VIOLATIONS);
        Self::Invalid { violations, omitted }
    }
}
