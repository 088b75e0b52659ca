//! One text file of the repository, read with a limit, that can say on which line something stands.
//!
//! What cannot be read as text becomes a finding; only an unreadable object is an error.

use std::ops::Range;
use std::string::FromUtf8Error;

use super::Error;
use super::manifest::{evidence, span_of};
use crate::git::View;
use crate::model::{Evidence, FileMode, Finding, Gate, RepoPath, Severity, Span};

/// Manifests beyond this many bytes are refused: no hand writes them, and every parser costs more than its input.
const LIMIT: u64 = 1 << 20;

/// A file, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextFile {
    /// Where it stands.
    pub(super) path: RepoPath,
    /// Whether it is executable.
    pub(super) mode: FileMode,
    /// What it says, byte for byte.
    pub(super) text: String,
}

/// What reading a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading<T> {
    /// There is no such file (or it is a link or a submodule).
    Absent,
    /// There is one, and this is why it cannot be used.
    Refused(Finding),
    /// Its content.
    Read(T),
}

/// What a rule says, before it is known where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) rule: &'static str,
    pub(super) gate: Gate,
    pub(super) severity: Severity,
    pub(super) message: String,
    pub(super) help: String,
}

impl TextFile {
    /// Reads the file at `path`; `rule` is the code of the finding when it is no text.
    ///
    /// # Errors
    /// When the object cannot be read.
    pub(super) fn read(view: &View<'_>, path: &RepoPath, rule: &'static str) -> Result<Reading<Self>, Error> {
        Ok(match read_bytes(view, path, rule)? {
            Reading::Absent => Reading::Absent,
            Reading::Refused(finding) => Reading::Refused(finding),
            Reading::Read((mode, content)) => Self::decode(path, mode, content, rule),
        })
    }

    fn decode(path: &RepoPath, mode: FileMode, content: Vec<u8>, rule: &'static str) -> Reading<Self> {
        match String::from_utf8(content) {
            Ok(text) => Reading::Read(Self { path: path.clone(), mode, text }),
            Err(error) => Reading::Refused(no_text(path, rule, &error)),
        }
    }

    /// Returns the place of a range of bytes.
    pub(super) fn span(&self, range: &Range<usize>) -> Span {
        span_of(self.text.as_bytes(), range.clone())
    }

    /// Says what stands at `offset`.
    pub(super) fn evidence(&self, offset: usize, says: impl Into<String>) -> Evidence {
        evidence(&self.path, &self.text, offset, says)
    }

    /// Turns a remark about this file as a whole into a finding.
    pub(super) fn finding(&self, remark: Remark) -> Finding {
        remark.about(&self.path, None)
    }

    /// Turns a remark about a range of this file into a finding.
    pub(super) fn finding_at(&self, range: &Range<usize>, remark: Remark) -> Finding {
        remark.about(&self.path, Some(self.span(range)))
    }
}

impl Remark {
    /// A gap that a plan, or a person with a known value, can fill.
    pub(super) fn gap(
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
        help: &str,
    ) -> Self {
        Self { rule, gate: Gate::BaselineGap, severity, message: message.into(), help: help.to_owned() }
    }

    /// Something that only a person can supply.
    pub(super) fn needs_input(
        rule: &'static str,
        severity: Severity,
        message: impl Into<String>,
        help: &str,
    ) -> Self {
        Self { gate: Gate::NeedsInput, ..Self::gap(rule, severity, message, help) }
    }

    /// Binds the remark to a place.
    pub(super) fn about(self, path: &RepoPath, span: Option<Span>) -> Finding {
        Finding {
            path: path.clone(),
            span,
            rule: self.rule.to_owned(),
            gate: self.gate,
            severity: self.severity,
            message: self.message,
            help: self.help,
            redacted: None,
            id: None,
            confidence: None,
            why: None,
        }
    }
}

/// Reads the file at `path` as it is; one beyond the limit is refused under `rule`.
///
/// # Errors
/// When the object cannot be read.
pub(super) fn read_bytes(
    view: &View<'_>,
    path: &RepoPath,
    rule: &'static str,
) -> Result<Reading<(FileMode, Vec<u8>)>, Error> {
    let Some(entry) = view.get(path).filter(|entry| entry.mode.is_file()) else { return Ok(Reading::Absent) };
    let size = view.snapshot().size(entry)?;
    if size > LIMIT {
        let message = format!("{size} bytes are too many for a manifest, so it was not read");
        let help = "keep manifests below 1 MiB, or leave this directory out";
        return Ok(Reading::Refused(Remark::gap(rule, Severity::Warning, message, help).about(path, None)));
    }
    Ok(Reading::Read((entry.mode, view.snapshot().read(entry)?)))
}

/// Says that a file is no UTF-8 text, and on which line that shows.
pub(super) fn no_text(path: &RepoPath, rule: &'static str, error: &FromUtf8Error) -> Finding {
    let at = error.utf8_error().valid_up_to();
    Remark::gap(
        rule,
        Severity::Warning,
        "this is not UTF-8 text, so it was not read",
        "save the file as UTF-8",
    )
    .about(path, Some(span_of(error.as_bytes(), at..at + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_lines_and_columns_from_one() {
        let file =
            TextFile { path: RepoPath::from("a"), mode: FileMode::Regular, text: "one\ntwo = 2\n".into() };
        assert_eq!(file.span(&(8..9)), Span { line: 2, column: 5, length: 1 });
        assert_eq!(file.span(&(0..3)), Span { line: 1, column: 1, length: 3 });
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let path = RepoPath::from("Cargo.toml");
        let content = b"[package]\nname = \"\xff\"\n".to_vec();
        let Reading::Refused(finding) = TextFile::decode(&path, FileMode::Regular, content, "rust/manifest")
        else {
            panic!("this is no UTF-8")
        };
        assert_eq!((finding.rule.as_str(), finding.span.unwrap().line), ("rust/manifest", 2));
    }
}
