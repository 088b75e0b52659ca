//! `git iao clean`: removes local state, and says what it kept.

use std::path::Path;

use git_iao::ledger::{KEEP_REF, LEDGER_REF, NOTES_REF};
use git_iao::step::GOVERNANCE_REF;
use serde_json::json;

use crate::cli::args::{Clean, Format};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Clean) -> Result<Exit, Error> {
    let config = session.config_of(session.head_commit()?)?;
    let state = session.state(&config);
    let cache = session.repository.common_dir().join("iao").join("cache");
    let mut removed = Vec::new();
    for place in [state.directory(), &cache] {
        let Ok(metadata) = place.symlink_metadata() else {
            continue;
        };
        if !metadata.is_dir() {
            return Err(git_iao::engine::Error::UnsafeState {
                path: place.to_owned(),
                why: "it is no directory of ours",
            }
            .into());
        }
        if !arguments.dry_run {
            remove(place)?;
        }
        removed.push(place.display().to_string());
    }
    let mut kept = Vec::new();
    for name in [LEDGER_REF, KEEP_REF, NOTES_REF, GOVERNANCE_REF] {
        if session.repository.ref_target(name)?.is_some() {
            kept.push(name);
        }
    }
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/clean/v1",
            "dryRun": arguments.dry_run,
            "removed": removed,
            "kept": kept,
        }))?;
        return Ok(Exit::Yes);
    }
    let word = if arguments.dry_run { "would remove" } else { "removed" };
    let mut text: String = removed.iter().map(|place| format!("{word} {place}\n")).collect();
    if removed.is_empty() {
        text.push_str("no local state here\n");
    }
    for name in kept {
        text.push_str(&format!("kept {name}\n"));
    }
    ui.out(&text)?;
    Ok(Exit::Yes)
}

fn remove(place: &Path) -> Result<(), Error> {
    std::fs::remove_dir_all(place).map_err(|source| Error::Write { path: place.to_owned(), source })
}
