//! `git iao scan --range`, `--history` and `--stdin`: contents, searched for secrets wherever they stand.
//!
//! Nothing is recorded. What cannot be read makes the command fail, after everything else was searched and told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use git_iao::config::Config;
use git_iao::git::Unread;
use git_iao::model::{ObjectId, RepoPath};
use git_iao::scan::{
    MAX_SIZE, ObjectReport, ObjectRequest, SkippedObject, Suppression, built_in, scan_content, scan_objects,
};
use git_iao::step::blocking;

use super::plan::blocked_by;
use super::rules;
use crate::cli::args::{Format, Scan};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;

/// So many objects that cannot be read are named in text.
const NAMED: usize = 20;

/// Where contents come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    Range(&'a str),
    History,
    Stdin,
}

impl Source<'_> {
    fn word(self) -> &'static str {
        match self {
            Self::Range(_) => "range",
            Self::History => "history",
            Self::Stdin => "stdin",
        }
    }
}

/// Returns what the arguments ask for, unless that is a tree.
pub(super) fn source(arguments: &Scan) -> Option<Source<'_>> {
    let contents = &arguments.contents;
    match &contents.range {
        Some(range) => Some(Source::Range(range)),
        None if contents.history => Some(Source::History),
        None => contents.stdin.then_some(Source::Stdin),
    }
}

/// Runs the command.
pub(super) fn run(session: &Session, source: Source<'_>, arguments: &Scan) -> Result<Exit, Error> {
    let (repository, head) = (&session.repository, session.head_commit()?);
    let config = session.config_of(head)?;
    let tree = head.map(|head| repository.commit(head)).transpose()?.map(|head| head.tree);
    let request = ObjectRequest {
        policies: &config.policies,
        rules: rules::given(session, arguments.rules.as_deref())?.unwrap_or_else(|| built_in()),
        suppression: &Suppression::of_tree(repository, tree, session.now()),
        project_root: &config.pipeline.project_root,
        jobs: session.jobs(),
        cancel: &session.cancel,
        remember: !arguments.options.no_cache,
    };
    let report = match source {
        Source::Range(range) => {
            let (tips, hidden) = repository.sides(range)?;
            scan_objects(repository, &tips, &hidden, &request)?
        }
        Source::History => scan_objects(repository, &repository.all_tips()?, &[], &request)?,
        Source::Stdin => {
            let path = RepoPath::from_bytes(arguments.options.path.as_os_str().as_encoded_bytes());
            scan_content(&standard_input()?, &path, (request.policies, request.rules), request.suppression)?
        }
    };
    answer(session, &config, source, &report, arguments.options.allow_missing)
}

/// Reads the standard input, and no more of it than shows that it is too long to be searched.
fn standard_input() -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    std::io::stdin().take(MAX_SIZE + 1).read_to_end(&mut content).map_err(Error::Stdin)?;
    Ok(content)
}

fn answer(
    session: &Session,
    config: &Config,
    source: Source<'_>,
    report: &ObjectReport,
    allow_missing: bool,
) -> Result<Exit, Error> {
    let lost: Vec<&Unread> =
        if allow_missing { report.lost().collect() } else { report.unread.iter().collect() };
    let findings = report.plain_findings();
    let blocked = blocking(&findings, &config.policies.gates.block_on);
    let exit = match (lost.is_empty(), blocked.is_empty()) {
        (false, _) => Exit::Failed,
        (true, false) => Exit::No,
        (true, true) => Exit::Yes,
    };
    let ui = &session.ui;
    match ui.format() {
        Format::Json => ui.json(&render::scan_report(report, source.word(), &blocked, exit.code()))?,
        Format::Sarif => ui.json(&render::sarif(report))?,
        Format::Github => ui.out(&render::github(report))?,
        Format::Text => {
            let mut text = render::findings_of(ui, report);
            let (summary, allowed) = (render::summary(&findings), render::allowed(report.allowed_count));
            text.push_str(&format!("{}: {summary}{allowed}\n", seen(report, source)));
            if !blocked.is_empty() {
                text.push_str(&blocked_by(ui, &blocked));
            }
            ui.out(&text)?;
            for SkippedObject { path, blob, why } in &report.skipped {
                let blob = blob.map(|blob| format!(" ({blob})")).unwrap_or_default();
                ui.detail(&format!("left out {path}{blob}: {why}"));
            }
            if !blocked.is_empty() {
                ui.hint("a secret is to be revoked: what was ever pushed is known; `git iao allow` lets one pass, and git-iao's docs/gates.md explains each rule");
            }
        }
    }
    if !lost.is_empty() {
        render::trouble(ui, &Error::Unread { count: lost.len(), listed: listed(&lost) });
    }
    Ok(exit)
}

/// Says how much was looked at, and what was not.
fn seen(report: &ObjectReport, source: Source<'_>) -> String {
    let mut text = format!("scanned {}", render::counted(report.scanned, "content"));
    if !matches!(source, Source::Stdin) {
        text.push_str(&format!(" of {}", render::counted(report.commits, "commit")));
    }
    if report.known > 0 {
        text.push_str(&format!(", of which {} known to be clean", report.known));
    }
    text.push_str(&format!(" ({} bytes), left out {}", report.bytes, report.skipped.len()));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for skipped in &report.skipped {
        *reasons.entry(&skipped.why).or_default() += 1;
    }
    if !reasons.is_empty() {
        let reasons: Vec<String> = reasons.iter().map(|(why, count)| format!("{count} {why}")).collect();
        text.push_str(&format!(" ({})", reasons.join(", ")));
    }
    let unread: BTreeSet<ObjectId> = report.unread.iter().map(|unread| unread.id).collect();
    if !unread.is_empty() {
        text.push_str(&format!(", could not read {}", render::counted(unread.len(), "object")));
    }
    text
}

/// Names what could not be read, one a line.
fn listed(lost: &[&Unread]) -> String {
    let line = |unread: &&Unread| {
        let place = unread.path.as_ref().filter(|path| !path.is_root()).map(|path| format!(" at {path}"));
        let commit =
            unread.commit.filter(|commit| *commit != unread.id).map(|commit| format!(" of commit {commit}"));
        let (place, commit) = (place.unwrap_or_default(), commit.unwrap_or_default());
        format!("  {} {}{place}{commit}: {}", unread.kind, unread.id, unread.error)
    };
    let mut lines: Vec<String> = lost.iter().take(NAMED).map(line).collect();
    if lost.len() > NAMED {
        lines.push(format!("  ... and {} more, which `--format json` names", lost.len() - NAMED));
    }
    lines.join("\n")
}
