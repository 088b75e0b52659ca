//! `git iao hooks`: puts the gates into git's hooks, and is what they run.

use std::io::Read as _;

use git_iao::config::{Config, Mode};
use git_iao::engine::Goal;
use git_iao::git::is_nested;
use git_iao::hook;
use git_iao::model::Severity;
use git_iao::scan::{Gates, ScanRequest, scan};
use git_iao::step::Subject;
use serde_json::json;

use super::plan::blocked;
use super::scan::SCANNER;
use super::show::causes;
use super::sync::{share, tell};
use crate::cli::args::{Format, Hooks, HooksAct};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::{Act, Session};
use crate::cli::ui::plain;

/// Whether a push carries evidence along: `true`, or `required` to stop the push when that fails.
const SYNC_ON_PUSH: &str = "iao.syncOnPush";
/// How much git may write to a pre-push hook, in bytes.
const INPUT_LIMIT: u64 = 16 << 20;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Hooks) -> Result<Exit, Error> {
    match &arguments.act {
        HooksAct::Install => changed(session, "installed", &hook::install(&session.repository)?),
        HooksAct::Uninstall => changed(session, "removed", &hook::uninstall(&session.repository)?),
        HooksAct::Status => status(session),
        HooksAct::Run { hook, arguments } => gate(session, hook, arguments),
    }
}

fn changed(session: &Session, word: &str, paths: &[std::path::PathBuf]) -> Result<Exit, Error> {
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/hooks/v1", word: paths }))?;
        return Ok(Exit::Yes);
    }
    let text: String = paths.iter().map(|path| format!("{word} {}\n", path.display())).collect();
    ui.out(if text.is_empty() { "nothing to do\n" } else { &text })?;
    Ok(Exit::Yes)
}

fn status(session: &Session) -> Result<Exit, Error> {
    let shims = hook::shims(&session.repository)?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/hooks/v1", "hooks": shims }))?;
        return Ok(Exit::Yes);
    }
    let mut text = String::new();
    for shim in &shims {
        let word = match shim.ours {
            Some(true) => "installed",
            Some(false) => "somebody else's",
            None => "not there",
        };
        text.push_str(&format!("{:<17} {word}  ({})\n", shim.hook, shim.path.display()));
    }
    ui.out(&text)?;
    Ok(Exit::Yes)
}

/// Judges what a hook is about. When nothing is found, nothing is recorded: a commit must cost what git costs.
fn gate(session: &Session, name: &str, arguments: &[String]) -> Result<Exit, Error> {
    let config = session.config_of(session.head_commit()?)?;
    let subjects = match name {
        "pre-push" => {
            let mut input = String::new();
            std::io::stdin().take(INPUT_LIMIT).read_to_string(&mut input)?;
            let remote = arguments.first().map_or("origin", String::as_str);
            hook::pre_push(&session.repository, remote, &input)?
        }
        _ => vec![hook::pre_commit(&session.repository)?],
    };
    for subject in subjects {
        if stops(session, &config, &subject)? {
            return report(session, &config, subject, name);
        }
    }
    match arguments.first() {
        Some(remote) if name == "pre-push" => carry(session, remote),
        _ => Ok(Exit::Yes),
    }
}

/// Shares evidence with the remote that a push goes to, if the user's git config says so (`iao.syncOnPush`).
///
/// The config and not a policy decides: what a repository's documents say must not make a clone write to a network.
fn carry(session: &Session, remote: &str) -> Result<Exit, Error> {
    let wish = session.repository.config_string(SYNC_ON_PUSH).unwrap_or_default().to_ascii_lowercase();
    let required = wish == "required";
    if is_nested(&session.environment) || !(required || ["true", "yes", "on", "1"].contains(&wish.as_str())) {
        return Ok(Exit::Yes);
    }
    let shared = session.repository.remote(remote).map_err(Error::from);
    match shared.and_then(|remote| share(session, &remote, true)) {
        Ok(report) => {
            tell(session, &report);
            session.ui.note(&format!("evidence is in sync with {}", plain(&report.remote)));
            Ok(Exit::Yes)
        }
        Err(error) if required => Err(error),
        Err(error) => {
            session.ui.warn(&format!("evidence was not shared: {}", causes(&error)));
            session.ui.hint("the push goes on; see what is wrong with `git iao sync`");
            Ok(Exit::Yes)
        }
    }
}

/// Says whether a gate of the policy's `blockOn` finds something in `subject`.
fn stops(session: &Session, config: &Config, subject: &Subject) -> Result<bool, Error> {
    let request = ScanRequest {
        policies: &config.policies,
        governance: &config.pipeline.governance,
        project_root: &config.pipeline.project_root,
        gates: Gates::All,
        only: subject.only.as_ref(),
        before: subject.before.as_ref(),
        now: session.now(),
        key: None,
        jobs: session.jobs,
        cancel: &session.cancel,
    };
    let found = scan(subject.snapshot()?, &request).map_err(git_iao::step::Error::from)?;
    let block_on = &config.policies.gates.block_on;
    Ok(found
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error && block_on.contains(&finding.gate)))
}

/// Says what stops the act, and records that it was stopped.
fn report(session: &Session, config: &Config, subject: Subject, name: &str) -> Result<Exit, Error> {
    let commit = subject.commit;
    let act = Act { mode: Mode::Plan, goal: Goal::Step(SCANNER), subject, given: None, sign: None };
    let report = session.run(config, act)?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&render::report(&report, Exit::No.code()))?;
        return Ok(Exit::No);
    }
    let mut text = render::findings_of(ui, &report);
    if let Some(commit) = commit {
        text.push_str(&format!("in commit {commit}\n"));
    }
    text.push_str(&format!("{name} {}", blocked(ui, &report)));
    ui.out(&text)?;
    ui.hint("take it out of what you commit (and revoke a secret that was ever shared); git-iao's docs/gates.md explains each rule");
    Ok(Exit::No)
}
