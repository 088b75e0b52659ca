//! `git iao run`: the whole loop.

use std::path::Path;

use git_iao::config::{self, Config};
use git_iao::engine::{Goal, RunReport};
use git_iao::model::Outcome;
use git_iao::repair::Plan;
use git_iao::step::{GOVERNANCE_REF, GivenPlan, STEP_NAMES};

use super::plan::blocked;
use crate::cli::args::{Format, Mode, Run};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::{Act, Session};
use crate::cli::ui::{Style, plain};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Run) -> Result<Exit, Error> {
    let commit = session.head_commit()?;
    let config = session.config_of(commit)?;
    let mode = match arguments.mode {
        None => config.pipeline.default_mode,
        Some(Mode::Plan) => config::Mode::Plan,
        Some(Mode::Repair) => config::Mode::Repair,
        Some(Mode::Verify) => config::Mode::Verify,
        Some(Mode::Seal) => config::Mode::Seal,
    };
    let goal = match &arguments.to {
        None => Goal::Whole,
        Some(name) => Goal::Step(step_named(&config, name)?),
    };
    let given = match &arguments.plan {
        Some(name) => {
            Some(GivenPlan { plan: read_plan(session, &config, name)?, rebase: arguments.rebase_plan })
        }
        None => None,
    };
    session.note_uncommitted();
    let report = session
        .run(&config, Act { mode, goal, subject: session.subject(commit)?, given, sign: arguments.sign })?;
    let exit = if report.is_clean() { Exit::Yes } else { Exit::No };
    answer(session, &report, exit)?;
    Ok(exit)
}

/// Finds the step that a node id or a step name (whole, or its last part) means.
fn step_named(config: &Config, name: &str) -> Result<&'static str, Error> {
    let by_id = config.pipeline.nodes.iter().find(|node| node.id.as_str() == name);
    let wanted = by_id.map_or(name, |node| node.run.as_str());
    STEP_NAMES
        .into_iter()
        .find(|known| *known == wanted || known.rsplit('.').next() == Some(wanted))
        .ok_or_else(|| Error::NoStep {
            name: plain(name),
            known: config.pipeline.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>().join(", "),
        })
}

/// Reads a plan by its id, by the start of an id that this clone keeps, or by file.
///
/// In this order: a file that a repository names like an id must not stand in for the plan that was reviewed.
fn read_plan(session: &Session, config: &Config, name: &str) -> Result<Plan, Error> {
    let hex = name.len() >= 6 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let folder = session.state(config).path(&format!("{}/runs", config.pipeline.evidence_dir));
    if hex && let Ok(runs) = std::fs::read_dir(folder) {
        for run in runs.flatten() {
            let Ok(bytes) = std::fs::read(run.path().join("plan.json")) else {
                continue;
            };
            if git_iao::base::ContentAddress::of(&bytes).to_string().starts_with(name) {
                return Ok(Plan::parse(name, &bytes)?);
            }
        }
    }
    let file = session.resolve_path(Path::new(name));
    if file.is_file() {
        let bytes = std::fs::read(&file).map_err(|source| Error::Read { path: file, source })?;
        return Ok(Plan::parse(name, &bytes)?);
    }
    Err(Error::NoPlan { name: plain(name) })
}

fn answer(session: &Session, report: &RunReport, exit: Exit) -> Result<(), Error> {
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
    if !report.is_clean() {
        text.push_str(&blocked(ui, report));
        ui.out(&text)?;
        ui.hint("nothing was written; mend the findings above, commit, and run again");
        return Ok(());
    }
    text.push_str(&outcome(session, report));
    text.push_str(&format!(
        "run {}  ({}{})\n",
        report.run,
        render::summary(&findings),
        render::allowed(report.allowed().0)
    ));
    ui.out(&text)?;
    let patched = report.artifacts.patch.get().is_some_and(|patch| !patch.commits.is_empty());
    let sealed = report.artifacts.published.get().is_some_and(|published| published.seal.is_some());
    if patched {
        ui.hint("`git log --notes=iao iao/governance` shows the commits, `git iao apply` takes them over");
    } else if sealed {
        ui.hint("`git iao show` tells what was sealed");
    } else if report.mode == config::Mode::Plan && report.artifacts.plan.get().is_some() {
        ui.hint("`git iao plan` shows the changes, `git iao run` applies them");
    }
    Ok(())
}

fn outcome(session: &Session, report: &RunReport) -> String {
    let ui = &session.ui;
    let artifacts = &report.artifacts;
    let mut text = String::new();
    if let Some(plan) = artifacts.plan.get() {
        let changes = render::counted(plan.plan.changes.len(), "change");
        text.push_str(&format!("plan     {} ({changes})\n", plan.id.short()));
    }
    if let Some(patch) = artifacts.patch.get() {
        let branch = GOVERNANCE_REF.trim_start_matches("refs/heads/");
        if patch.commits.is_empty() {
            text.push_str("patch    nothing to change\n");
        } else {
            text.push_str(&format!(
                "patch    {} on {branch}, tip {}\n",
                render::counted(patch.commits.len(), "commit"),
                patch.tip.short()
            ));
            for commit in &patch.commits {
                text.push_str(&format!("         {} {}\n", commit.commit.short(), plain(&commit.subject)));
            }
        }
    }
    if let Some(verdict) = artifacts.verdict.get() {
        let style = if verdict.outcome == Outcome::Pass { Style::Good } else { Style::Bad };
        text.push_str(&format!("verdict  {}\n", ui.style(style, verdict.outcome.as_str())));
    }
    if let (Some(manifest), Some(published)) = (artifacts.manifest.get(), artifacts.published.get()) {
        let roots = manifest.document().roots;
        let again = if published.seal_reused { " (as before)" } else { "" };
        text.push_str(&format!(
            "seal     {}, {} bytes{again}\n         sha3_512 {}\n         blake3   {}\n",
            render::counted(roots.files, "file"),
            roots.bytes,
            git_iao::hash::hex::encode(&roots.digest().sha3_512),
            git_iao::hash::hex::encode(&roots.digest().blake3),
        ));
    }
    text
}
