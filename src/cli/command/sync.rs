//! `git iao sync`: brings the evidence here and at a remote to the same state.

use git_iao::base::ContentAddress;
use git_iao::engine::{self, Amount, SyncReport, SyncRequest, fresh_run_id};
use git_iao::git::Remote;
use serde_json::json;

use crate::cli::args::{Format, Sync};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;
use crate::cli::ui::plain;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Sync) -> Result<Exit, Error> {
    let remote = match &arguments.remote {
        Some(name) => session.repository.remote(name)?,
        None => session.repository.default_remote()?,
    };
    let report = share(session, &remote, !arguments.no_keep)?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        let mut answer = json!({ "schema": "iao/sync/v1" });
        merge(&mut answer, serde_json::to_value(&report).map_err(std::io::Error::from)?);
        ui.json(&answer)?;
        return Ok(Exit::Yes);
    }
    tell(session, &report);
    ui.out(&text(&report))?;
    Ok(Exit::Yes)
}

/// Syncs with one remote; evidence that is bad is an answer, and everything else that fails is a failure.
pub(super) fn share(session: &Session, remote: &Remote, keep: bool) -> Result<SyncReport, Error> {
    // Another number in each process, so that clones that collided once do not collide again.
    let drawn = *ContentAddress::of(fresh_run_id().as_str().as_bytes()).as_bytes();
    let request = SyncRequest {
        remote,
        environment: &session.environment,
        keep,
        person: &session.person(),
        now: session.now(),
        seed: drawn.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte)),
        jobs: session.jobs(),
        cancel: &session.cancel,
    };
    engine::sync(&session.repository, &request).map_err(|error| match error {
        engine::Error::Ledger(error) if error.is_bad_evidence() => Error::BadEvidence(error),
        error => error.into(),
    })
}

/// Says what a reader of the answer might miss.
pub(super) fn tell(session: &Session, report: &SyncReport) {
    for name in &report.restored {
        session.ui.warn(&format!(
            "`{name}` was gone from `{}`: it is there again, from this clone",
            plain(&report.remote)
        ));
    }
    for left in &report.left_out {
        session.ui.note(&format!("left out: {}: {}", left.name, plain(&left.why)));
    }
}

fn text(report: &SyncReport) -> String {
    let remote = plain(&report.remote);
    if report.ledger.is_none() {
        return format!("there is no evidence yet, neither here nor at {remote}\n");
    }
    let mut text = format!("in sync with {remote}, after {}\n", tries(report.tries));
    for (word, amount) in [("fetched", report.fetched), ("pushed", report.pushed)] {
        text.push_str(&format!("{word:<8} {}\n", told(amount)));
    }
    text.push_str(&format!("{:<8} {}, {}\n", "merged", entries(report.merged), notes(report.notes)));
    for moved in &report.moved {
        let before = moved.before.map_or_else(|| "new".to_owned(), |id| id.short());
        text.push_str(&format!("{:<8} {} {before} -> {}\n", "moved", moved.name, moved.after.short()));
    }
    text
}

fn told(amount: Amount) -> String {
    if amount == Amount::default() {
        return "nothing".to_owned();
    }
    let seals = render::counted(amount.seals, "seal");
    format!("{}, {}, {seals}", render::counted(amount.commits, "ledger commit"), entries(amount.entries))
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

fn notes(count: usize) -> String {
    format!("{} written", render::counted(count, "note"))
}

fn tries(count: usize) -> String {
    if count == 1 { "1 try".to_owned() } else { format!("{count} tries") }
}

fn merge(answer: &mut serde_json::Value, more: serde_json::Value) {
    if let (Some(answer), serde_json::Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
}
