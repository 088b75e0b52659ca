//! Findings as workflow commands of GitHub Actions, which it shows beside the lines of a change.
//!
//! Source: GitHub's documentation, "Workflow commands for GitHub Actions"; the escapes are those of `@actions/core`.

use std::fmt::Write as _;

use git_iao::model::Severity;

use super::told::{Tells, Told};
use crate::cli::ui::plain;

/// Returns one command a line; errors first, as GitHub shows ten of each kind a step.
pub(in crate::cli) fn github(report: &impl Tells) -> String {
    let mut found: Vec<Told> = report.told().into_iter().filter(|told| told.allowed.is_none()).collect();
    found.sort_by(|Told { finding: a, .. }, Told { finding: b, .. }| {
        b.severity.cmp(&a.severity).then_with(|| a.cmp(b))
    });
    let mut text = String::new();
    for told in &found {
        let finding = &told.finding;
        let word = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let _ =
            writeln!(text, "::{word} {}::{}", properties(told), escape(&message(told), &['%', '\r', '\n']));
    }
    text
}

fn properties(Told { finding, excerpt, .. }: &Told) -> String {
    let mut properties = Vec::new();
    if !finding.path.is_root() {
        // The bytes as git has them: GitHub compares them with the paths of the change.
        properties.push(("file", String::from_utf8_lossy(finding.path.as_bytes()).into_owned()));
    }
    if let Some(place) = excerpt.as_ref().map(|excerpt| excerpt.place) {
        properties.push(("line", place.line.to_string()));
        properties.push(("endLine", place.end_line.to_string()));
        // Columns count only within one line.
        if place.line == place.end_line {
            properties.push(("col", place.column.to_string()));
            properties.push(("endColumn", place.end_column.to_string()));
        }
    } else if let Some(span) = finding.span {
        properties.push(("line", span.line.to_string()));
    }
    properties.push(("title", plain(&finding.rule)));
    let written =
        |(name, value): &(&str, String)| format!("{name}={}", escape(value, &['%', '\r', '\n', ':', ',']));
    properties.iter().map(written).collect::<Vec<_>>().join(",")
}

fn message(Told { finding, commit, .. }: &Told) -> String {
    let redacted = finding.redacted.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let mut text = format!("{}{redacted}", finding.message);
    for more in [finding.why.as_deref().unwrap_or_default(), &finding.help] {
        if !more.is_empty() {
            text.push('\n');
            text.push_str(more);
        }
    }
    if let Some(commit) = commit {
        let _ = write!(text, "\nin commit {commit}");
    }
    if let Some(id) = &finding.id {
        let _ = write!(text, "\n{id}");
    }
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// Percent-encodes these characters.
fn escape(text: &str, which: &[char]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if which.contains(&character) {
            let _ = write!(escaped, "%{:02X}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(
            escape("a,b:c%d\r\n::error::", &['%', '\r', '\n', ':', ',']),
            "a%2Cb%3Ac%25d%0D%0A%3A%3Aerror%3A%3A"
        );
        assert_eq!(escape("100%, of: it", &['%', '\r', '\n']), "100%25, of: it");
    }
}
