//! The text of a document, and how a place in it is named and shown.
//!
//! Offsets are bytes of the text as it was read; what is shown is a masked copy of the same length.

use std::ops::Range;
use std::sync::Arc;

use miette::NamedSource;

use super::Violation;
use super::redact::displayable;

/// One text with its name.
pub(super) struct Source {
    rank: usize,
    text: String,
    shown: Arc<NamedSource<String>>,
}

impl Source {
    /// Takes a text; `rank` orders the violations of several documents.
    pub(super) fn new(rank: usize, name: String, text: String) -> Self {
        let shown = Arc::new(NamedSource::new(&name, displayable(&text)));
        Self { rank, text, shown }
    }

    /// Returns the text as it was read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the name under which it is reported.
    pub(super) fn name(&self) -> &str {
        self.shown.name()
    }

    /// Says that the rule `code` is broken at `span`; only the first line of the span is marked.
    pub(super) fn violation(
        &self,
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Violation {
        let span = self.first_line(span);
        let before = &self.text[..span.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Violation {
            rank: self.rank,
            source_code: Arc::clone(&self.shown),
            line: to_u32(before.matches('\n').count() + 1),
            column: to_u32(span.start - line_start + 1),
            span: span.into(),
            code,
            message: message.into(),
            help: help.into(),
        }
    }

    /// Cuts a span to its first line and to what the text holds.
    fn first_line(&self, span: Range<usize>) -> Range<usize> {
        let boundary_before =
            |at: usize| (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let length = self.text.len();
        let start = boundary_before(span.start.min(length));
        let end = (span.end.clamp(start, length)..length).find(|at| self.text.is_char_boundary(*at));
        let end = end.unwrap_or(length);
        let line = self.text[start..end].lines().next().unwrap_or_default();
        start..start + line.trim_end().len()
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> (u32, u32, usize, usize) {
        let found = Source::new(0, "f".into(), text.into()).violation("c", span, "m", "h");
        (found.line, found.column, found.span.offset(), found.span.len())
    }

    #[test]
    fn lines_and_byte_columns_count_from_one() {
        assert_eq!(place("a: 1\nb: \u{fc}x\n", 8..9), (2, 4, 8, 2));
        assert_eq!(place("a", 0..1), (1, 1, 0, 1));
    }

    #[test]
    fn a_span_is_cut_to_its_first_line_and_to_the_text() {
        assert_eq!(place("ab  \ncd", 0..7), (1, 1, 0, 2));
        assert_eq!(place("ab", 7..9), (1, 3, 2, 0));
        assert_eq!(place("\u{fc}", 1..1).2, 0, "no offset within a character");
    }
}
