//! Findings for people: what, where, why, how to mend; the worst last, where the eye is.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use git_iao::model::{Finding, Severity};
use git_iao::scan::{ALLOW_FILE, AllowedCount, Excerpt};

use super::told::{Tells, Told};
use crate::cli::ui::{Style, Ui, plain};

/// How many findings of one rule are spelled out.
const SHOWN: usize = 12;

/// Returns the findings of a report as text, each with its line and the commit that brought it; empty when there are none.
pub(in crate::cli) fn findings_of(ui: &Ui, report: &impl Tells) -> String {
    let mut sorted: Vec<Told> = report.told().into_iter().filter(|told| told.allowed.is_none()).collect();
    let by_weight = |told: &Told| (told.finding.severity, told.finding.rule.clone());
    sorted.sort_by_cached_key(|told| (by_weight(told), told.finding.clone(), told.commit));
    let mut shown: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
    let mut text = String::new();
    for told in &sorted {
        let finding = &told.finding;
        let count = shown.entry((finding.severity, &finding.rule)).or_default();
        *count += 1;
        if *count <= SHOWN {
            one(ui, told, &mut text);
        }
    }
    for ((_, rule), count) in shown {
        if count > SHOWN {
            let _ = writeln!(text, "... and {} more of `{}`", count - SHOWN, plain(rule));
        }
    }
    text
}

fn one(ui: &Ui, told: &Told, text: &mut String) {
    let Told { finding, excerpt, commit, .. } = told;
    let style = match finding.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Warn,
        Severity::Note => Style::Dim,
    };
    let head = format!("{}[{}]", finding.severity.as_str(), plain(&finding.rule));
    let redacted = finding.redacted.as_deref().map(|text| format!(" ({})", plain(text))).unwrap_or_default();
    let _ = writeln!(text, "{}: {}{redacted}", ui.style(style, &head), plain(&finding.message));
    let id = finding.id.as_deref().map(|id| format!("  {}", ui.style(Style::Dim, id))).unwrap_or_default();
    match (finding.path.is_root(), finding.span) {
        (true, _) => {}
        (false, Some(span)) => {
            let _ = writeln!(text, "  --> {}:{}:{}{id}", finding.path, span.line, span.column);
        }
        (false, None) => {
            let _ = writeln!(text, "  --> {}{id}", finding.path);
        }
    }
    if let Some(excerpt) = excerpt {
        line(ui, style, excerpt, text);
    }
    if let Some(commit) = commit {
        let _ = writeln!(text, "  commit: {commit}");
    }
    if let Some(why) = &finding.why {
        let sure =
            finding.confidence.map(|sure| format!("{} confidence: ", sure.as_str())).unwrap_or_default();
        let _ = writeln!(text, "  why: {sure}{}", plain(why));
    }
    if !finding.help.is_empty() {
        let _ = writeln!(text, "  help: {}", plain(&finding.help));
    }
}

/// Writes the line of a finding, and marks the place below.
fn line(ui: &Ui, style: Style, excerpt: &Excerpt, text: &mut String) {
    let number = excerpt.place.line.to_string();
    let blank = " ".repeat(number.len());
    let (before, mark) = (" ".repeat(excerpt.mark.start), "^".repeat(excerpt.mark.len().max(1)));
    let _ = writeln!(text, "  {} {}", ui.style(Style::Dim, &format!("{number} |")), plain(&excerpt.text));
    let _ = writeln!(text, "  {blank} {} {before}{}", ui.style(Style::Dim, "|"), ui.style(style, &mark));
}

/// Returns what was let through, as a part of a sentence: `, 3 allowed by <file> and 1 in its line`; empty when nothing was.
pub(in crate::cli) fn allowed(count: AllowedCount) -> String {
    match (count.file, count.inline) {
        (0, 0) => String::new(),
        (file, 0) => format!(", {file} allowed by {ALLOW_FILE}"),
        (0, inline) => format!(", {inline} allowed in their lines"),
        (file, inline) => format!(", {file} allowed by {ALLOW_FILE} and {inline} in their lines"),
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
