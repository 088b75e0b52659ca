//! `git iao plan`: what a run would change.

use std::collections::BTreeSet;

use git_iao::config::Mode;
use git_iao::engine::{Goal, RunReport};

use crate::cli::args::{Format, Plan};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::{Act, Session};
use crate::cli::{render, ui};

/// The step that makes the plan.
pub(in crate::cli) const PLANNER: &str = "engine.step.tool_execution";

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Plan) -> Result<Exit, Error> {
    let commit = session.commit(&arguments.revision)?;
    let config = session.config_of(commit)?;
    let subject = session.subject(commit)?;
    if arguments.revision == "HEAD" {
        session.note_uncommitted();
    }
    let act = Act { mode: Mode::Plan, goal: Goal::Step(PLANNER), subject, given: None, sign: None };
    let report = session.run(&config, act)?;
    let pending = report.artifacts.plan.get().is_some_and(|plan| !plan.plan.is_empty());
    let exit = if !report.is_clean() || (arguments.check && pending) { Exit::No } else { Exit::Yes };
    if let (Some(path), Some(plan)) = (&arguments.out, report.artifacts.plan.get()) {
        let path = session.resolve_path(path);
        std::fs::write(&path, &plan.bytes).map_err(|source| Error::Write { path, source })?;
    }
    answer(session, arguments, &report, exit)?;
    Ok(exit)
}

fn answer(session: &Session, arguments: &Plan, report: &RunReport, exit: Exit) -> Result<(), Error> {
    let ui = &session.ui;
    let findings = report.findings();
    match ui.format() {
        Format::Json => return Ok(ui.json(&render::report(report, exit.code()))?),
        Format::Sarif => return Ok(ui.json(&render::sarif(report))?),
        Format::Github => return Ok(ui.out(&render::github(report))?),
        Format::Text => {}
    }
    let mut text = render::findings_of(ui, report);
    if !text.is_empty() {
        text.push('\n');
    }
    match report.artifacts.plan.get() {
        Some(plan) => {
            text.push_str(&render::plan(ui, &session.repository, &plan.plan, arguments.patch));
            let allowed = render::allowed(report.allowed().0);
            text.push_str(&format!("\nplan {}  ({}{allowed})\n", plan.id, render::summary(&findings)));
            ui.out(&text)?;
            if !plan.plan.is_empty() {
                ui.hint(&format!("`git iao run --plan {}` applies exactly this plan", plan.id.short()));
            }
        }
        None => {
            text.push_str(&blocked(ui, report));
            ui.out(&text)?;
            ui.hint("mend the findings above, commit, and plan again");
        }
    }
    Ok(())
}

/// Returns the line that says what stopped a run.
pub(in crate::cli) fn blocked(ui: &ui::Ui, report: &RunReport) -> String {
    blocked_by(ui, &report.blocked_by)
}

/// Returns the line that names these checks.
pub(in crate::cli) fn blocked_by(ui: &ui::Ui, checks: &BTreeSet<String>) -> String {
    let checks: Vec<String> = checks.iter().map(|check| format!("`{check}`")).collect();
    format!("{} by {}\n", ui.style(ui::Style::Bad, "blocked"), checks.join(", "))
}
