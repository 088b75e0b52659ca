//! `git iao hooks`: puts the gates into git's hooks, takes them away, and tells what stands there.

use std::path::PathBuf;

use git_iao::hook::{self, Changes, InstallRequest, Standing};
use serde_json::json;

use super::hook_gate;
use crate::cli::args::{Format, Hooks, HooksAct, HooksInstall};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// Runs the command; `program` tells the file of this very program.
pub(in crate::cli) fn run(
    session: &Session,
    arguments: &Hooks,
    program: fn() -> std::io::Result<PathBuf>,
) -> Result<Exit, Error> {
    match &arguments.act {
        HooksAct::Install(wanted) => install(session, wanted, program()),
        HooksAct::Uninstall => {
            let changes = hook::uninstall(&session.repository, &session.environment)?;
            for path in &changes.left {
                session.ui.warn(&format!(
                    "{} was kept for the hook that ran it, and another one has its place: it stays where it is",
                    path.display()
                ));
            }
            changed(session, "removed", "is back at", &changes)
        }
        HooksAct::Status => status(session),
        HooksAct::Run(run) => hook_gate::run(session, run),
    }
}

fn install(
    session: &Session,
    wanted: &HooksInstall,
    program: std::io::Result<PathBuf>,
) -> Result<Exit, Error> {
    let in_ci = session.environment.text("CI").is_some_and(|value| !["", "0", "false"].contains(&value));
    if in_ci && !wanted.force {
        session.ui.note("note: nothing was installed, because `CI` is set; `--force` installs all the same");
        return changed(session, "installed", "", &Changes::default());
    }
    let program = hook::lasting_program(
        &program.map_err(Error::Program)?,
        session.environment.get("PATH").map(std::ffi::OsString::as_os_str),
    );
    let request = InstallRequest {
        repository: &session.repository,
        environment: &session.environment,
        program: &program,
        server: wanted.server,
        files: wanted.files,
    };
    changed(session, "installed", "runs first, kept as", &hook::install(&request)?)
}

/// Tells of scripts and settings, and of hooks of others that were moved.
fn changed(session: &Session, word: &str, other: &str, changes: &Changes) -> Result<Exit, Error> {
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/hooks/v1",
            word: changes.scripts,
            "sections": changes.sections,
            "others": changes.others,
        }))?;
        return Ok(Exit::Yes);
    }
    let scripts = changes.scripts.iter().map(|path| format!("{word} {}\n", path.display()));
    let sections = changes.sections.iter().map(|section| format!("{word} {section} in git's config\n"));
    let others =
        changes.others.iter().map(|path| format!("a hook of somebody else {other} {}\n", path.display()));
    let text: String = scripts.chain(sections).chain(others).collect();
    ui.out(if text.is_empty() { "nothing to do\n" } else { &text })?;
    Ok(Exit::Yes)
}

fn status(session: &Session) -> Result<Exit, Error> {
    let standing = hook::status(&session.repository, &session.environment)?;
    let exit = if standing.iter().all(|one| one.problems.is_empty()) { Exit::Yes } else { Exit::No };
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/hooks/v1", "hooks": standing }))?;
        return Ok(exit);
    }
    let text: String = standing.iter().map(|one| told(session, one)).collect();
    ui.out(&text)?;
    Ok(exit)
}

/// Tells of one hook, in a line for itself and one for each problem.
fn told(session: &Session, one: &Standing) -> String {
    let word = match (&one.section, one.ours) {
        (Some(section), _) => format!("installed  ({section} in git's config)"),
        (None, Some(true)) => format!("installed  ({})", one.path.display()),
        (None, Some(false)) => format!("somebody else's  ({})", one.path.display()),
        (None, None) => format!("not there  ({})", one.path.display()),
    };
    let mut text = format!("{:<17} {}\n", one.hook.name(), plain(&word));
    if let Some(kept) = &one.chained {
        text.push_str(&format!("{:<17} runs {} first\n", "", plain(&kept.display().to_string())));
    }
    for problem in &one.problems {
        text.push_str(&format!("{:<17} {} {}\n", "", session.ui.style(Style::Bad, "wrong:"), problem.text()));
    }
    text
}
