//! `git iao verify`: judges a tree by the policies, or checks the seal of a commit.

use git_iao::config::Mode;
use git_iao::engine::Goal;
use git_iao::ledger::{Ledger, NOTES_REF};
use git_iao::model::{Check, CheckState};
use git_iao::seal::{self, CheckReport, Depth};
use serde_json::json;

use super::plan::PLANNER;
use crate::cli::args::{Format, Verify};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::{Act, Session};
use crate::cli::ui::{Style, plain};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Verify) -> Result<Exit, Error> {
    if arguments.seal {
        return check_seal(session, arguments);
    }
    let commit = session.commit(&arguments.revision)?;
    let config = session.config_of(commit)?;
    let subject = session.subject(commit)?;
    let act = Act { mode: Mode::Verify, goal: Goal::Step(PLANNER), subject, given: None, sign: None };
    let report = session.run(&config, act)?;
    let exit = if report.is_clean() { Exit::Yes } else { Exit::No };
    let ui = &session.ui;
    let findings = report.findings();
    match ui.format() {
        Format::Json => ui.json(&render::report(&report, exit.code()))?,
        Format::Sarif => ui.json(&render::sarif(&findings))?,
        Format::Text => {
            let mut text = render::findings(ui, &findings);
            if let Some(verdict) = report.artifacts.verdict.get() {
                text.push_str(&checks(session, &verdict.checks));
                text.push_str(&format!(
                    "verdict: {} ({})\n",
                    verdict.outcome.as_str(),
                    render::summary(&findings)
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
pub(super) fn checks(session: &Session, checks: &[Check]) -> String {
    let ui = &session.ui;
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

fn check_seal(session: &Session, arguments: &Verify) -> Result<Exit, Error> {
    let commit = session.some_commit(&arguments.revision, "check")?;
    let repository = &session.repository;
    let ledger = Ledger::open(repository)?;
    ledger.check()?;
    let ui = &session.ui;
    let found = seal::find(&ledger, commit)?;
    let verifier = session.verifier(&arguments.trust, arguments.require_trusted)?;
    let verifier = session.narrowed(&verifier, &arguments.trust, commit)?;
    let newest = seal::most_trusted(&found.seals, &verifier)?;
    let note = repository.note(NOTES_REF, commit)?;
    let mut report = CheckReport::default();
    report.checks.extend(found.damaged.iter().map(|damage| Check {
        id: "seal/entry".to_owned(),
        state: CheckState::Fail,
        detail: super::show::causes(damage),
    }));
    let shown = ui.show_progress(session.cancel.progress());
    if let Some(newest) = newest {
        let made = seal::check_seal(
            repository,
            &ledger,
            newest,
            Depth::Content,
            &verifier,
            session.jobs,
            &session.cancel,
        )?;
        report.checks.extend(made.checks);
    }
    if let Some(note) = &note {
        // Beside a seal of the ledger the files need not be hashed a second time.
        let made = match newest {
            Some(_) => seal::check_projection(note, &found.seals),
            None => seal::check_note(repository, note, commit, &verifier, session.jobs, &session.cancel)?,
        };
        report.checks.extend(made.checks);
    }
    drop(shown);
    let sealed = newest.is_some() || note.is_some() || !found.damaged.is_empty();
    let exit = if sealed && report.holds() { Exit::Yes } else { Exit::No };
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/seal-check/v1",
            "commit": commit,
            "sealed": sealed,
            "seal": newest.map(seal::StoredSeal::digest),
            "holds": exit == Exit::Yes,
            "checks": report.checks,
        }))?;
        return Ok(exit);
    }
    let mut text = checks(session, &report.checks);
    text.push_str(&match (sealed, report.holds()) {
        (false, _) => format!("{commit} is not sealed\n"),
        (true, true) => format!("the seal of {commit} holds\n"),
        (true, false) => format!("the seal of {commit} does not hold\n"),
    });
    ui.out(&text)?;
    if !sealed {
        ui.hint("`git iao seal` seals a commit; `git iao show` tells whether an equal tree was sealed");
    }
    Ok(exit)
}
