//! `git iao verify`: judges a tree by the policies, or checks the seal of a commit.

use git_iao::config::Mode;
use git_iao::engine::Goal;
use git_iao::model::{Check, CheckState};

use super::plan::PLANNER;
use crate::cli::args::{Format, Verify};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::{Act, Session};
use crate::cli::ui::{Style, Ui, plain};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Verify) -> Result<Exit, Error> {
    if arguments.seal {
        return super::verify_seal::run(session, arguments);
    }
    let [revision] = arguments.revisions.as_slice() else {
        return Err(Error::OneRevision);
    };
    let commit = session.commit(revision)?;
    let config = session.config_of(commit)?;
    let subject = session.subject(commit)?;
    let act = Act { mode: Mode::Verify, goal: Goal::Step(PLANNER), subject, given: None, sign: None };
    let report = session.run(&config, act)?;
    let exit = if report.is_clean() { Exit::Yes } else { Exit::No };
    let ui = &session.ui;
    let findings = report.findings();
    match ui.format() {
        Format::Json => ui.json(&render::report(&report, exit.code()))?,
        Format::Sarif => ui.json(&render::sarif(&report))?,
        Format::Github => ui.out(&render::github(&report))?,
        Format::Text => {
            let mut text = render::findings_of(ui, &report);
            if let Some(verdict) = report.artifacts.verdict.get() {
                text.push_str(&checks(ui, &verdict.checks));
                text.push_str(&format!(
                    "verdict: {} ({}{})\n",
                    verdict.outcome.as_str(),
                    render::summary(&findings),
                    render::allowed(report.allowed().0)
                ));
            }
            ui.out(&text)?;
            if exit == Exit::No {
                ui.hint("`git iao plan` shows what can be repaired; the rest is for you to mend");
            }
        }
    }
    Ok(exit)
}

/// Returns checks as lines of text.
pub(super) fn checks(ui: &Ui, checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let style = match check.state {
            CheckState::Pass => Style::Good,
            CheckState::Fail => Style::Bad,
            CheckState::Warn => Style::Warn,
            CheckState::NotConfigured => Style::Dim,
        };
        let state = ui.style(style, &format!("{:<14}", check.state.as_str()));
        text.push_str(&format!("{state} {:<28} {}\n", plain(&check.id), plain(&check.detail)));
    }
    text
}
