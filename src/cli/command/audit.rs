//! `git iao audit`: the commits of a range that lack valid evidence, and why.

use git_iao::engine::{self, AuditRequest, Lacking, audit};
use git_iao::ledger::Ledger;
use git_iao::model::ObjectId;
use serde_json::json;

use crate::cli::args::{Audit, Format};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// How many commits are looked at when nothing says which.
const LAST: usize = 100;
/// The upstream of the current branch.
const UPSTREAM: &str = "@{upstream}";

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Audit) -> Result<Exit, Error> {
    let (range, commits) = commits(session, arguments)?;
    let ledger = Ledger::open(&session.repository)?;
    let mut verifier = session.verifier(&arguments.trust, arguments.signed)?;
    // The policy before the oldest of them: none of those that are judged wrote it.
    if let Some(oldest) = commits.last() {
        verifier = session.narrowed(&verifier, &arguments.trust, *oldest)?;
    }
    let request = AuditRequest {
        commits: &commits,
        verified: arguments.verified,
        verifier: &verifier,
        jobs: session.jobs(),
        cancel: &session.cancel,
    };
    let lacking = audit(&session.repository, &ledger, &request).map_err(|error| match error {
        engine::Error::Ledger(error) if error.is_bad_evidence() => Error::BadEvidence(error),
        error => error.into(),
    })?;
    let exit = if lacking.is_empty() { Exit::Yes } else { Exit::No };
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/audit/v1",
            "range": range,
            "holds": lacking.is_empty(),
            "commits": commits.len(),
            "ledger": ledger.head(),
            "lacking": lacking,
        }))?;
        return Ok(exit);
    }
    let lines: String = lacking.iter().map(|one| line(session, one)).collect();
    let good = commits.len() - lacking.len();
    let all = render::counted(commits.len(), "commit");
    ui.out(&format!("{lines}{good} of {all} in {range} have valid evidence\n"))?;
    if exit == Exit::No {
        ui.hint("`git iao seal COMMIT` seals a commit, `git iao sync` brings the seals of others");
    }
    Ok(exit)
}

fn line(session: &Session, one: &Lacking) -> String {
    let commit = session.ui.style(Style::Bad, &one.commit.short());
    format!("{commit}  {}  ({})\n", plain(&one.detail), plain(&one.subject))
}

/// Returns the commits to look at, newest first, and how they were named.
fn commits(session: &Session, arguments: &Audit) -> Result<(String, Vec<ObjectId>), Error> {
    let repository = &session.repository;
    let limit = arguments.max_count;
    let newest_first = |range: &str| -> Result<Vec<ObjectId>, Error> {
        let mut commits = repository.range(range)?;
        commits.reverse();
        commits.truncate(limit.unwrap_or(usize::MAX));
        Ok(commits)
    };
    match arguments.range.as_deref() {
        Some(range) if range.contains("..") => Ok((plain(range), newest_first(range)?)),
        Some(revision) => {
            let tip = session.some_commit(revision, "audit")?;
            Ok((plain(revision), repository.walk(&[tip], &[], limit.unwrap_or(usize::MAX))?))
        }
        None if repository.resolve(UPSTREAM).is_ok() => {
            let range = format!("{UPSTREAM}..HEAD");
            let commits = newest_first(&range)?;
            Ok((range, commits))
        }
        None => {
            let tip = session.some_commit("HEAD", "audit")?;
            let limit = limit.unwrap_or(LAST);
            Ok((format!("the last {limit} of HEAD"), repository.walk(&[tip], &[], limit)?))
        }
    }
}
