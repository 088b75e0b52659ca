//! `git iao notes --rebuild`: the projection, written again from the ledger.

use git_iao::engine;
use serde_json::json;

use crate::cli::args::Format;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session) -> Result<Exit, Error> {
    let count = engine::rebuild_notes(&session.repository, &session.person(), session.now())?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/notes/v1", "written": count }))?;
    } else {
        ui.out(&format!("{} written from the ledger\n", render::counted(count, "note")))?;
    }
    Ok(Exit::Yes)
}
