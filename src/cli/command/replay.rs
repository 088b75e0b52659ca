//! `git iao replay`: a recorded run, done again and compared.

use git_iao::engine;
use git_iao::model::CheckState;
use serde_json::json;

use super::log::find_run;
use crate::cli::args::{Format, Replay};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Replay) -> Result<Exit, Error> {
    let config = session.config_of(session.head_commit()?)?;
    let run = match &arguments.run {
        Some(name) => Some(find_run(session, &config, name)?),
        None => None,
    };
    let report = engine::replay(&session.repository, &config, run.as_ref(), session.jobs(), &session.cancel)?;
    let exit = if report.holds() { Exit::Yes } else { Exit::No };
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/replay/v1",
            "run": report.run,
            "holds": report.holds(),
            "checks": report.checks,
            "divergence": report.divergence,
        }))?;
        return Ok(exit);
    }
    let mut text = format!("run {}\n", report.run);
    for check in &report.checks {
        let style = match check.state {
            CheckState::Pass => Style::Good,
            CheckState::Fail => Style::Bad,
            CheckState::Warn | CheckState::NotConfigured => Style::Dim,
        };
        let state = ui.style(style, &format!("{:<14}", check.state.as_str()));
        text.push_str(&format!("{:<14} {state} {}\n", check.id, plain(&check.detail)));
    }
    if let Some(divergence) = &report.divergence {
        text.push_str(&format!(
            "first divergence: {} at `{}`\n  recorded: {}\n  now:      {}\n",
            divergence.document,
            plain(&divergence.at),
            plain(&divergence.recorded.to_string()),
            plain(&divergence.now.to_string()),
        ));
    }
    text.push_str(if report.holds() {
        "every deterministic byte is the same\n"
    } else {
        "the replay differs\n"
    });
    ui.out(&text)?;
    Ok(exit)
}
