//! Reads manifests, and says where in them a value stands.
//!
//! What cannot be read as text becomes a finding with a place; nothing here panics on bad input.

use std::ops::Range;

use super::Error;
use crate::git::View;
use crate::model::{Evidence, Finding, Gate, RepoPath, Severity, Span};

/// The largest manifest that is read, in bytes: ten times the largest seen in the wild.
const LARGEST: u64 = 1 << 20;

/// What stood at the path of a manifest.
pub(super) enum Manifest {
    /// No file: nothing, a link, or a submodule.
    Absent,
    /// A file that is no text, or too large.
    Unusable(Finding),
    /// Its text.
    Text(String),
}

impl Manifest {
    /// Reads the file at `path`; `rule` names the finding when it is unusable.
    pub(super) fn read(view: &View<'_>, path: &RepoPath, rule: &str) -> Result<Self, Error> {
        let Some(entry) = view.get(path).filter(|entry| entry.mode.is_file()) else {
            return Ok(Self::Absent);
        };
        let size = view.snapshot().size(entry)?;
        if size > LARGEST {
            let message = format!("{size} bytes are too many for a manifest, so it was not read");
            let help = format!("keep it under {LARGEST} bytes");
            return Ok(Self::Unusable(malformed(rule, path, None, message, help)));
        }
        let Some(bytes) = view.read(path)? else { return Ok(Self::Absent) };
        Ok(Self::decode(path, bytes, rule))
    }

    fn decode(path: &RepoPath, bytes: Vec<u8>, rule: &str) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let span = span_of(error.as_bytes(), at..at + 1);
                let message = "not valid UTF-8, so it was not read".to_owned();
                let help = "save the file as UTF-8".to_owned();
                Self::Unusable(malformed(rule, path, Some(span), message, help))
            }
        }
    }

    /// Returns the text, and keeps the finding of an unusable one.
    pub(super) fn into_text(self, findings: &mut Vec<Finding>) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Unusable(finding) => {
                findings.push(finding);
                None
            }
            Self::Text(text) => Some(text),
        }
    }
}

/// A manifest that other tools cannot read either.
pub(super) fn malformed(
    rule: &str,
    path: &RepoPath,
    span: Option<Span>,
    message: String,
    help: String,
) -> Finding {
    Finding {
        path: path.clone(),
        span,
        rule: rule.to_owned(),
        gate: Gate::BaselineGap,
        severity: Severity::Error,
        message,
        help,
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

/// Something the baseline asks for and the repository lacks.
pub(super) fn gap(
    rule: &str,
    path: &RepoPath,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Finding {
    finding(rule, Gate::BaselineGap, path, message.into(), help.into())
}

/// Something that only a person can supply.
pub(super) fn needs_input(
    rule: &str,
    path: &RepoPath,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Finding {
    finding(rule, Gate::NeedsInput, path, message.into(), help.into())
}

fn finding(rule: &str, gate: Gate, path: &RepoPath, message: String, help: String) -> Finding {
    Finding {
        path: path.clone(),
        span: None,
        rule: rule.to_owned(),
        gate,
        severity: Severity::Warning,
        message,
        help,
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

/// Returns where `range` of `text` stands.
pub(super) fn span_of(text: &[u8], range: Range<usize>) -> Span {
    let start = range.start.min(text.len());
    let before = &text[..start];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    Span {
        line: small(line),
        column: small(start - line_start + 1),
        length: small(range.end.saturating_sub(range.start).max(1)),
    }
}

/// Says that `path` says something, at the byte `at` of `text`.
pub(super) fn evidence(path: &RepoPath, text: &str, at: usize, says: impl Into<String>) -> Evidence {
    let line = span_of(text.as_bytes(), at..at).line;
    Evidence { path: path.clone(), line: Some(line), says: shorten(says.into()) }
}

/// Says that `path` is there, or says something as a whole.
pub(super) fn presence(path: &RepoPath, says: impl Into<String>) -> Evidence {
    Evidence { path: path.clone(), line: None, says: shorten(says.into()) }
}

/// Keeps what is quoted from a repository short, and on one line.
fn shorten(says: String) -> String {
    const MOST: usize = 120;
    let mut line: String =
        says.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MOST + 1).collect();
    if line.chars().count() > MOST {
        line.pop();
        line.push('\u{2026}');
    }
    line
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        assert_eq!(span_of(b"ab\ncd", 4..5), Span { line: 2, column: 2, length: 1 });
        assert_eq!(span_of(b"", 7..7), Span { line: 1, column: 1, length: 1 });
    }

    #[test]
    fn what_is_no_utf8_says_where() {
        let path = RepoPath::from("a");
        let read = Manifest::decode(&path, b"ok\n\xc3\x28".to_vec(), "x/manifest");
        let Manifest::Unusable(finding) = read else { panic!("that is no text") };
        assert_eq!(finding.span, Some(Span { line: 2, column: 1, length: 1 }));
    }

    #[test]
    fn quotes_stay_on_one_line() {
        assert_eq!(shorten("a\nb".to_owned()), "a b");
        assert_eq!(shorten("x".repeat(500)).chars().count(), 121);
    }
}
