//! One rule that a document breaks, with the place and the way to mend it.
//!
//! Neither the message nor the shown snippet carries a secret or a character that could fool a terminal.

use std::fmt::Display;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

/// One broken rule.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Violation {
    pub(super) rank: usize,
    pub(super) source_code: Arc<NamedSource<String>>,
    pub(super) span: SourceSpan,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) help: String,
}

impl Violation {
    /// Returns the name of the document: a repository path, or what the caller named it.
    #[must_use]
    pub fn document(&self) -> &str {
        self.source_code.name()
    }

    /// Returns the line, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns the column in bytes, from 1.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }

    /// Returns the stable code, such as `iao::config::cycle`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Returns what is wrong: lower case, no final stop.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns how to mend it.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The order in which violations are told; two that are equal in it say the same.
    pub(super) fn order(&self) -> (usize, &str, usize, &'static str, &str) {
        (self.rank, self.document(), self.span.offset(), self.code, &self.message)
    }
}

impl Diagnostic for Violation {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some("here".to_owned()), self.span);
        Some(Box::new(std::iter::once(label)))
    }
}
