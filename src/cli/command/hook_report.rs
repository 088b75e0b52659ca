//! What stops an act of git, within one screen: the finding, its file and line, and the next act.
//!
//! What does not fit is counted, never dropped in silence.

use std::collections::BTreeSet;

use git_iao::config::Mode;
use git_iao::engine::{Goal, RunReport};
use git_iao::event::EventKind;
use git_iao::hook::Hook;
use git_iao::model::{Finding, ObjectId};
use git_iao::scan::Excerpt;
use git_iao::step::Subject;
use serde_json::json;

use super::hook_gate::Gate;
use super::scan::SCANNER;
use crate::cli::args::Format;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Act;
use crate::cli::ui::{Style, Ui, plain};

/// How many lines of a screen the findings may take: of 24, with room for what git and we say below.
const ROWS: usize = 15;
/// How wide a screen is at least, without the word `remote:` that git puts before what a server says.
const COLUMNS: usize = 72;

/// What stops an act.
pub(super) struct Stopped {
    /// The first thing that does, for the record.
    subject: Subject,
    /// What was found, by commit, oldest first.
    pub(super) findings: Vec<(Option<ObjectId>, Vec<Finding>)>,
}

impl Stopped {
    /// Begins with the first thing that stops the act.
    pub(super) fn at(subject: Subject) -> Self {
        Self { subject, findings: Vec::new() }
    }
}

/// Says what stops the act, and records that it was stopped.
pub(super) fn report(gate: &Gate<'_>, stopped: Stopped) -> Result<Exit, Error> {
    let Stopped { subject, findings } = stopped;
    let act = Act { mode: Mode::Plan, goal: Goal::Step(SCANNER), subject, given: None, sign: None };
    let report = gate.session.run(&gate.config, act)?;
    let families: BTreeSet<&str> =
        findings.iter().flat_map(|(_, all)| all).map(|finding| finding.gate.as_str()).collect();
    if report.is_clean() {
        // The scanner's steps alone do not see what stops this.
        let payload = json!({ "hook": gate.hook, "gates": families });
        gate.session.note_hook(
            &gate.config,
            gate.hook,
            report.base,
            EventKind::HookBlocked,
            payload,
            "blocked",
        )?;
    }
    let ui = &gate.session.ui;
    if ui.format() == Format::Json {
        ui.json(&render::report(&report, Exit::No.code()))?;
        return Ok(Exit::No);
    }
    let mut text = on_one_screen(ui, &report, &findings);
    let families: Vec<String> = families.into_iter().map(|family| format!("`gate/{family}`")).collect();
    text.push_str(&format!(
        "{} {} by {}\n",
        gate.hook.name(),
        ui.style(Style::Bad, "blocked"),
        families.join(", ")
    ));
    ui.out(&text)?;
    ui.hint(&hint(gate.hook, findings.first().and_then(|(commit, _)| *commit)));
    Ok(Exit::No)
}

/// Spells out as many findings as fit, and counts the rest.
fn on_one_screen(ui: &Ui, report: &RunReport, findings: &[(Option<ObjectId>, Vec<Finding>)]) -> String {
    let (mut text, mut rows, mut left) = (String::new(), 0, 0);
    let (mut explained, mut commits) = (BTreeSet::new(), BTreeSet::new());
    for (commit, finding) in
        findings.iter().flat_map(|(commit, all)| all.iter().map(move |one| (commit, one)))
    {
        let line = if *commit == report.base { report.excerpt(finding) } else { None };
        let one = spelled(ui, (*commit, line), finding, explained.insert(&finding.rule));
        let height: usize = one.lines().map(|line| line.chars().count().div_ceil(COLUMNS).max(1)).sum();
        if left > 0 || (rows > 0 && rows + height > ROWS) {
            left += 1;
            commits.extend(*commit);
            continue;
        }
        rows += height;
        text.push_str(&one);
    }
    if left > 0 {
        let more = render::counted(left as u64, "more finding");
        let place = match commits.len() {
            0 => ": `git iao scan --staged` lists all".to_owned(),
            count => format!(" in {}", render::counted(count as u64, "commit")),
        };
        text.push_str(&format!("... and {more}{place}\n"));
    }
    text
}

/// Writes one finding; what mends it is said once for each rule.
fn spelled(
    ui: &Ui,
    (commit, line): (Option<ObjectId>, Option<&Excerpt>),
    finding: &Finding,
    explain: bool,
) -> String {
    let head = ui.style(Style::Bad, &format!("{}[{}]", finding.severity.as_str(), plain(&finding.rule)));
    let redacted = finding.redacted.as_deref().map(|text| format!(" ({})", plain(text))).unwrap_or_default();
    let place = match finding.span {
        Some(span) => format!("{}:{}:{}", finding.path, span.line, span.column),
        None => finding.path.to_string(),
    };
    let id = finding.id.as_deref().map(|id| format!("  {}", ui.style(Style::Dim, id))).unwrap_or_default();
    let commit = commit.map(|commit| format!("  (commit {})", commit.short())).unwrap_or_default();
    let mut text = format!("{head}: {}{redacted}\n  --> {place}{id}{commit}\n", plain(&finding.message));
    if let Some(line) = line {
        let number = ui.style(Style::Dim, &format!("{} |", line.place.line));
        text.push_str(&format!("  {number} {}\n", plain(&line.text)));
    }
    if explain && !finding.help.is_empty() {
        text.push_str(&format!("  help: {}\n", plain(&finding.help)));
    }
    text
}

/// Names the next act.
fn hint(hook: Hook, commit: Option<ObjectId>) -> String {
    let first = commit.map_or_else(|| "COMMIT".to_owned(), |commit| commit.short());
    let rebase = format!(
        "take it out of the commit that brings it (`git rebase -i {first}^`; a later commit does not help), then push again."
    );
    match hook {
        Hook::PrePush => format!("{rebase} {PASS}"),
        Hook::PreReceive => format!("{rebase} A secret that was ever shared is to be revoked."),
        _ => format!("take it out, `git add` again, and revoke a secret that was ever shared. {PASS}"),
    }
}

/// How something passes that is no harm.
const PASS: &str =
    "What is no harm: `git iao allow ID --reason TEXT`; for this once: IAO_SKIP=RULE, which is recorded";
