//! A plan for people: each change with its reason and evidence.

use std::fmt::Write as _;

use git_iao::git::Repository;
use git_iao::repair::{ChangeKind, Content, Plan, PlannedChange};

use super::findings::counted;
use crate::cli::ui::{Style, Ui, plain};

/// Returns the plan as text; with `patch`, the content of each change as well.
pub(in crate::cli) fn plan(ui: &Ui, repository: &Repository, plan: &Plan, patch: bool) -> String {
    let mut text = String::new();
    let base = plan.base.commit.map_or_else(|| "the empty tree".to_owned(), |commit| commit.short());
    if plan.is_empty() {
        let _ = writeln!(text, "nothing to change on {base}");
        return text;
    }
    let _ = writeln!(text, "{} on {base}", counted(plan.changes.len(), "change"));
    for (number, change) in plan.changes.iter().enumerate() {
        let (sign, style) = match change.action {
            ChangeKind::Create => ("+", Style::Good),
            ChangeKind::Modify => ("~", Style::Warn),
            ChangeKind::Delete => ("-", Style::Bad),
        };
        let _ = writeln!(
            text,
            "\n{:>3}. {} {}  {}",
            number + 1,
            ui.style(style, sign),
            ui.style(Style::Bold, &change.path.to_string()),
            ui.style(Style::Dim, &format!("[{}]", plain(&change.rule)))
        );
        let _ = writeln!(text, "     {}", plain(&change.subject));
        let _ = writeln!(text, "     why: {}", plain(&change.reason));
        for evidence in &change.evidence {
            let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ = writeln!(text, "     from {}{line}: {}", evidence.path, plain(&evidence.says));
        }
        if patch {
            content(ui, repository, change, &mut text);
        }
    }
    text
}

/// Writes the change as removed and added lines: the common start and end of the file are left out.
fn content(ui: &Ui, repository: &Repository, change: &PlannedChange, text: &mut String) {
    let old = change.before.map_or(Some(Vec::new()), |id| repository.blob(id).ok());
    let new = change.content.as_ref().map_or(Some(Vec::new()), Content::to_bytes);
    let (Some(old), Some(new)) = (old, new) else {
        let _ = writeln!(text, "     (the content is not here)");
        return;
    };
    let (Ok(old), Ok(new)) = (std::str::from_utf8(&old), std::str::from_utf8(&new)) else {
        let _ = writeln!(text, "     (binary)");
        return;
    };
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let _ = writeln!(text, "     @@ from line {} @@", start + 1);
    for line in &old[start..old.len() - end] {
        let _ = writeln!(text, "     {}", ui.style(Style::Bad, &format!("-{}", plain(line))));
    }
    for line in &new[start..new.len() - end] {
        let _ = writeln!(text, "     {}", ui.style(Style::Good, &format!("+{}", plain(line))));
    }
}
