//! `git iao scan`: the gates over a commit, the index or the files on disk.

use git_iao::config::Mode;
use git_iao::engine::Goal;
use git_iao::step::Subject;

use super::allow::{self, Terms};
use super::plan::blocked;
use super::{rules, scan_contents};
use crate::cli::args::{Format, Scan};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::{Act, Session};

/// The step that runs the gates.
pub(super) const SCANNER: &str = "engine.step.security_assessment";

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Scan) -> Result<Exit, Error> {
    if let Some(source) = scan_contents::source(arguments) {
        return scan_contents::run(session, source, arguments);
    }
    let commit = if arguments.staged || arguments.worktree {
        session.head_commit()?
    } else {
        session.commit(&arguments.revision)?
    };
    let config = session.config_of(commit)?;
    let mut subject = if arguments.staged {
        let mut subject = Subject::of_files(session.repository.snapshot_index()?, None);
        // What HEAD has already is told by a scan of HEAD.
        subject.before = commit.map(|commit| session.repository.snapshot_commit(commit)).transpose()?;
        subject
    } else if arguments.worktree {
        Subject::of_files(session.repository.snapshot_worktree()?, None)
    } else {
        session.subject(commit)?
    };
    subject.rules = rules::given(session, arguments.rules.as_deref())?;
    if arguments.write_baseline {
        let reason = arguments.reason.as_deref().unwrap_or_default();
        let terms = Terms { reason, until: arguments.until.as_deref(), glob: None };
        return allow::write(session, &config, &subject, &terms, &|findings| Ok(findings.to_vec()));
    }
    // A scan is the pipeline stopped at its gates; nothing later may run, so plan mode is enough.
    let report = session.run(
        &config,
        Act { mode: Mode::Plan, goal: Goal::Step(SCANNER), subject, given: None, sign: None },
    )?;
    let exit = if report.is_clean() { Exit::Yes } else { Exit::No };
    let ui = &session.ui;
    let findings = report.findings();
    match ui.format() {
        Format::Json => ui.json(&render::report(&report, exit.code()))?,
        Format::Sarif => ui.json(&render::sarif(&report))?,
        Format::Github => ui.out(&render::github(&report))?,
        Format::Text => {
            let mut text = render::findings_of(ui, &report);
            if let Some(scan) = report.artifacts.scan.get() {
                text.push_str(&format!(
                    "scanned {} ({} bytes), left out {}: {}{}\n",
                    render::counted(scan.scanned, "file"),
                    scan.bytes,
                    scan.skipped.len(),
                    render::summary(&findings),
                    render::allowed(report.allowed().0)
                ));
            }
            if exit == Exit::No {
                text.push_str(&blocked(ui, &report));
            }
            ui.out(&text)?;
            if exit == Exit::No {
                ui.hint("mend the findings above (a secret is to be revoked), or let one pass: `git iao allow ID --reason TEXT`; git-iao's docs/gates.md explains each rule");
            }
        }
    }
    Ok(exit)
}
