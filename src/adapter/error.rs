//! How the adapter room fails. A malformed manifest is a finding, not an error.

/// Why projects could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// The snapshot could not be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] crate::git::Error),
}
