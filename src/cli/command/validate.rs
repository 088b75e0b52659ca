//! `git iao validate`: every violation of the configuration at once.

use git_iao::engine::Dag;
use serde_json::json;

use crate::cli::args::Format;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session) -> Result<Exit, Error> {
    let config = session.config_on_disk()?;
    let dag = Dag::build(&config.pipeline)?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        let documents: Vec<_> = config
            .documents
            .iter()
            .map(|document| json!({ "kind": document.kind, "origin": document.origin }))
            .collect();
        ui.json(&json!({
            "schema": "iao/validate/v1",
            "valid": true,
            "config": config.digest,
            "policy": config.policy_digest,
            "documents": documents,
            "order": dag.order().iter().map(|planned| &planned.node.id).collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Yes);
    }
    let mut text = String::new();
    for document in &config.documents {
        text.push_str(&format!(
            "{:<13} {}\n",
            document.kind.as_str(),
            super::status::origin(&document.origin)
        ));
    }
    text.push_str(&format!("valid: {} steps, configuration {}\n", dag.order().len(), config.digest.short()));
    ui.out(&text)?;
    Ok(Exit::Yes)
}
