//! Findings for people: what, where, why, how to mend; the worst last, where the eye is.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use git_iao::model::{Finding, Severity};

use crate::cli::ui::{Style, Ui, plain};

/// How many findings of one rule are spelled out.
const SHOWN: usize = 12;

/// Returns the findings as text; empty when there are none.
pub(in crate::cli) fn findings(ui: &Ui, findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|a, b| (a.severity, &a.rule, a).cmp(&(b.severity, &b.rule, b)));
    let mut shown: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    let mut text = String::new();
    for finding in &sorted {
        let count = shown.entry((finding.severity, &finding.rule)).or_default();
        *count += 1;
        if *count <= SHOWN {
            one(ui, finding, &mut text);
        }
    }
    for ((_, rule), count) in shown {
        if count > SHOWN {
            let _ = writeln!(text, "... and {} more of `{}`", count - SHOWN, plain(rule));
        }
    }
    text
}

fn one(ui: &Ui, finding: &Finding, text: &mut String) {
    let style = match finding.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Note => Style::Dim,
    };
    let head = format!("{}[{}]", finding.severity.as_str(), plain(&finding.rule));
    let redacted = finding.redacted.as_deref().map(|text| format!(" ({})", plain(text))).unwrap_or_default();
    let _ = writeln!(text, "{}: {}{redacted}", ui.style(style, &head), plain(&finding.message));
    match (finding.path.is_root(), finding.span) {
        (true, _) => {}
        (false, Some(span)) => {
            let _ = writeln!(text, "  --> {}:{}:{}", finding.path, span.line, span.column);
        }
        (false, None) => {
            let _ = writeln!(text, "  --> {}", finding.path);
        }
    }
    if !finding.help.is_empty() {
        let _ = writeln!(text, "  help: {}", plain(&finding.help));
    }
}

/// Returns a number with its word: `1 change`, `2 changes`.
pub(in crate::cli) fn counted<N: Display + PartialEq + From<u8>>(number: N, word: &str) -> String {
    let end = if number == N::from(1) { "" } else { "s" };
    format!("{number} {word}{end}")
}

/// Returns how many findings of each weight there are: `2 errors, 1 note`.
pub(in crate::cli) fn summary(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let parts: Vec<String> = [
        (count(Severity::Error), "error"),
        (count(Severity::Warning), "warning"),
        (count(Severity::Note), "note"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(number, word)| counted(number, word))
    .collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}
