//! The text of a document, and how a place in it is named and shown.
//!
//! Offsets are bytes of the text as it was read; what is shown is a masked copy of the same length.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use miette::NamedSource;

use super::Violation;
use super::redact::displayable;

/// The largest document, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// One text with its name.
pub(super) struct Source {
    rank: usize,
    name: String,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// What may be shown of it; most documents have nothing to show.
    shown: OnceLock<Arc<NamedSource<String>>>,
}

impl Source {
    /// Takes a text; `rank` orders the violations of several documents.
    pub(super) fn new(rank: usize, name: String, text: String) -> Self {
        let starts = text.match_indices('\n').map(|(newline, _)| newline + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { rank, name, text, lines, shown: OnceLock::new() }
    }

    fn shown(&self) -> Arc<NamedSource<String>> {
        let show = || Arc::new(NamedSource::new(&self.name, displayable(&self.text)));
        Arc::clone(self.shown.get_or_init(show))
    }

    /// Returns the text as it was read.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the name under which it is reported.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Refuses what no reader should have to guess about.
    pub(super) fn check_bytes(&self) -> Result<(), Violation> {
        let text = &self.text;
        if text.len() > MAX_BYTES {
            let message = format!("the document has {} bytes, more than {MAX_BYTES}", text.len());
            return Err(self.violation("iao::config::limit", 0..0, message, "shorten the document"));
        }
        if text.starts_with('\u{feff}') {
            let message = "the document begins with a byte order mark";
            return Err(self.violation(
                "iao::config::yaml",
                0..0,
                message,
                "save it as UTF-8 without the mark",
            ));
        }
        let control = text.char_indices().find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        if let Some((at, c)) = control {
            let message = format!("the document holds the control character U+{:04X}", u32::from(c));
            let help = "remove the character; in a double-quoted text write it as an escape";
            return Err(self.violation("iao::config::yaml", at..at + 1, message, help));
        }
        Ok(())
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
        let line = self.lines.partition_point(|start| *start <= span.start);
        let line_start = self.lines[line - 1];
        Violation {
            rank: self.rank,
            source_code: self.shown(),
            line: to_u32(line),
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
