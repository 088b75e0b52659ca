//! How the verify room fails. What does not hold is a check, never an error.

/// Why no verdict could be given.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// The tree could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
}
