//! `git iao log`: the runs of the event stream, the events of one, or the check of the whole chain.

use std::path::PathBuf;

use git_iao::config::Config;
use git_iao::engine;
use git_iao::event::{self, Record};
use git_iao::ledger::Ledger;
use git_iao::model::RunId;
use git_iao::step;
use serde_json::json;

use crate::cli::args::{Format, Log};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Log) -> Result<Exit, Error> {
    let config = session.config_of(session.head_commit()?)?;
    if arguments.check {
        return check(session, &config, arguments.full);
    }
    match &arguments.run {
        Some(name) => events(session, &config, &find_run(session, &config, name)?),
        None => runs(session, &config),
    }
}

fn stream(session: &Session, config: &Config) -> PathBuf {
    session.state(config).path(&config.pipeline.event_stream)
}

fn records(session: &Session, config: &Config) -> Result<Vec<Record>, Error> {
    let path = stream(session, config);
    if !path.exists() {
        return Ok(Vec::new());
    }
    Ok(event::read(&path)?)
}

/// Finds a run by its id or the start of it: in the stream, or in the ledger.
pub(super) fn find_run(session: &Session, config: &Config, name: &str) -> Result<RunId, Error> {
    let ledger = Ledger::open(&session.repository)?;
    let mut known: Vec<RunId> = step::runs(&ledger)?.into_iter().map(|record| record.run).collect();
    known.extend(records(session, config)?.into_iter().map(|record| record.trace_id));
    known.sort();
    known.dedup();
    let mut found = known.into_iter().filter(|run| !name.is_empty() && run.as_str().starts_with(name));
    match (found.next(), found.count()) {
        (Some(run), 0) => Ok(run),
        (Some(_), more) => Err(Error::AmbiguousRun { name: plain(name), count: more + 1 }),
        (None, _) => Err(Error::NoRun { name: plain(name) }),
    }
}

fn runs(session: &Session, config: &Config) -> Result<Exit, Error> {
    let ui = &session.ui;
    let records = records(session, config)?;
    let mut runs: Vec<&Record> = Vec::new();
    for record in &records {
        if !runs.iter().any(|seen| seen.trace_id == record.trace_id) {
            runs.push(record);
        }
    }
    let outcome = |run: &RunId| {
        let last = records
            .iter()
            .rev()
            .find(|record| record.trace_id == *run && record.kind == event::EventKind::RunFinished);
        last.and_then(|record| record.payload.get("outcome")?.as_str().map(ToOwned::to_owned))
    };
    if ui.format() == Format::Json {
        let runs: Vec<_> = runs
            .iter()
            .map(|first| {
                json!({
                    "run": first.trace_id,
                    "started": first.ts,
                    "mode": first.payload.get("mode"),
                    "base": first.payload.get("base"),
                    "outcome": outcome(&first.trace_id),
                })
            })
            .collect();
        ui.json(&json!({ "schema": "iao/log/v1", "runs": runs }))?;
        return Ok(Exit::Yes);
    }
    let mut text = String::new();
    for first in &runs {
        let word =
            |key: &str| first.payload.get(key).and_then(|value| value.as_str()).unwrap_or("-").to_owned();
        let base: String = word("base").chars().take(10).collect();
        text.push_str(&format!(
            "{}  {}  {:<7} {:<10} {}\n",
            ui.style(Style::Warn, first.trace_id.as_str()),
            first.ts,
            plain(&word("mode")),
            plain(&base),
            outcome(&first.trace_id).as_deref().map_or_else(|| "open".to_owned(), plain),
        ));
    }
    if text.is_empty() {
        ui.note("no run is recorded in this clone");
    }
    ui.out(&text)?;
    Ok(Exit::Yes)
}

fn events(session: &Session, config: &Config, run: &RunId) -> Result<Exit, Error> {
    let ui = &session.ui;
    let records: Vec<Record> =
        records(session, config)?.into_iter().filter(|record| record.trace_id == *run).collect();
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/log/v1", "run": run, "events": records }))?;
        return Ok(Exit::Yes);
    }
    let mut text = String::new();
    for record in &records {
        let payload = serde_json::Value::Object(record.payload.clone());
        text.push_str(&format!(
            "{:>6}  {}  {:<28} {:<14} {}\n",
            record.seq,
            record.ts,
            plain(record.step_id.as_str()),
            plain(record.kind.as_str()),
            ui.style(Style::Dim, &plain(&payload.to_string())),
        ));
    }
    ui.out(&text)?;
    Ok(Exit::Yes)
}

fn check(session: &Session, config: &Config, full: bool) -> Result<Exit, Error> {
    let ui = &session.ui;
    let ledger = Ledger::open(&session.repository)?;
    if full {
        ledger.check_all(session.jobs())?;
    } else {
        ledger.check()?;
    }
    let path = stream(session, config);
    let anchors = engine::own_anchors(&session.repository, &path, &step::anchors(&ledger)?)?;
    let report = if path.exists() { Some(event::check(&path, &anchors, None)?) } else { None };
    let problems: Vec<String> =
        report.iter().flat_map(|report| &report.problems).map(ToString::to_string).collect();
    let exit = if problems.is_empty() { Exit::Yes } else { Exit::No };
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/log-check/v1",
            "holds": problems.is_empty(),
            "events": report.as_ref().map(|report| report.count),
            "head": report.as_ref().map(|report| report.head),
            "anchors": anchors.len(),
            "ledger": ledger.head(),
            "problems": problems,
        }))?;
        return Ok(exit);
    }
    let mut text = String::new();
    match &report {
        None => text.push_str(
            "this clone has no event stream; its next one starts from the ledger's recorded head\n",
        ),
        Some(report) => {
            for problem in &problems {
                text.push_str(&format!("{} {}\n", ui.style(Style::Bad, "broken:"), plain(problem)));
            }
            if problems.is_empty() {
                text.push_str(&format!(
                    "the chain holds: {} events, {} recorded places, head {}\n",
                    report.count,
                    anchors.len(),
                    report.head.short()
                ));
            }
        }
    }
    if let Some(head) = ledger.head() {
        text.push_str(&format!("the ledger only ever grew, up to {}\n", head.short()));
    }
    ui.out(&text)?;
    Ok(exit)
}
