//! `git iao status`: what is here, what was left out and why, where the evidence stands.

use git_iao::adapter::{self, Detection, Fact};
use git_iao::config::Origin;
use git_iao::git::View;
use git_iao::ledger::{LEDGER_REF, Ledger};
use git_iao::seal::{self, SealIndex};
use git_iao::step::GOVERNANCE_REF;
use serde_json::json;

use crate::cli::args::Format;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render::counted;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session) -> Result<Exit, Error> {
    let commit = session.head_commit()?;
    let config = session.config_of(commit)?;
    let subject = session.subject(commit)?;
    let snapshot = subject.snapshot()?;
    let view = View::new(snapshot);
    let detection = adapter::detect(&view, &git_iao::step::settings(&config), &adapter::Context::default())
        .map_err(git_iao::step::Error::from)?;
    let ledger = Ledger::open(&session.repository)?;
    let governance = session.repository.ref_target(GOVERNANCE_REF)?;
    let standing = match commit {
        Some(commit) => seal::standing(&session.repository, &SealIndex::read(&ledger)?, commit)?,
        None => None,
    };
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/status/v1",
            "head": commit,
            "files": snapshot.entries().len(),
            "config": config.digest,
            "documents": config.documents.iter().map(|document| json!({ "kind": document.kind, "origin": document.origin })).collect::<Vec<_>>(),
            "projects": detection.inspections.iter().map(|seen| &seen.project).collect::<Vec<_>>(),
            "leftOut": detection.exclusions,
            "ledger": ledger.head(),
            "governance": governance,
            "seal": standing.as_ref().map(|standing| json!({ "state": standing.state.as_str(), "commit": standing.seal.statement().commit() })),
        }))?;
        return Ok(Exit::Yes);
    }
    let mut text = match commit {
        Some(commit) => {
            format!("HEAD {}, {}\n", commit.short(), counted(snapshot.entries().len(), "file"))
        }
        None => "no commit yet\n".to_owned(),
    };
    for document in &config.documents {
        text.push_str(&format!("{:<13} {}\n", document.kind.as_str(), origin(&document.origin)));
    }
    text.push_str(&projects(session, &detection));
    text.push_str(&match ledger.head() {
        Some(head) => format!("\nledger      {} ({LEDGER_REF})\n", head.short()),
        None => "\nledger      none yet: `git iao run` or `git iao seal` begins it\n".to_owned(),
    });
    if let Some(tip) = governance {
        text.push_str(&format!("governance  {} (iao/governance)\n", tip.short()));
    }
    text.push_str(&match &standing {
        Some(standing) => format!(
            "HEAD is     {} (seal of {})\n",
            standing.state.as_str(),
            standing.seal.statement().commit().short()
        ),
        None => "HEAD is     not sealed\n".to_owned(),
    });
    ui.out(&text)?;
    session.note_uncommitted();
    Ok(Exit::Yes)
}

fn projects(session: &Session, detection: &Detection) -> String {
    let ui = &session.ui;
    let mut text = String::from("\nprojects\n");
    for seen in &detection.inspections {
        let project = &seen.project;
        let root = if project.root.is_root() { ".".to_owned() } else { project.root.to_string() };
        text.push_str(&format!("  {:<8} {}", project.adapter, ui.style(Style::Bold, &root)));
        let facts = [
            ("name", &project.name),
            ("language", &project.language_version),
            ("tool", &project.tool),
            ("tests", &project.test_command),
        ];
        for (word, fact) in facts {
            if let Some(Fact { value, .. }) = fact {
                text.push_str(&format!("  {word}: {}", plain(value)));
            }
        }
        if !project.members.is_empty() {
            text.push_str(&format!("  members: {}", project.members.len()));
        }
        text.push('\n');
    }
    if !detection.exclusions.is_empty() {
        text.push_str("\nleft out\n");
        for exclusion in &detection.exclusions {
            text.push_str(&format!(
                "  {:<8} {}: {}\n",
                exclusion.adapter,
                exclusion.root,
                plain(&exclusion.reason)
            ));
        }
    }
    text
}

/// Returns where a document comes from, for people.
pub(super) fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Embedded => "built in".to_owned(),
        Origin::Path(path) => path.to_string(),
        Origin::File(name) => plain(name),
    }
}
