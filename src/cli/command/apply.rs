//! `git iao apply`: takes the governance commits over into the current branch, by the user's own git.

use std::collections::BTreeSet;
use std::path::Path;

use git_iao::base::process::{Output, Program};
use git_iao::model::{ObjectId, RepoPath};
use git_iao::step::GOVERNANCE_REF;
use serde_json::json;

use crate::cli::args::{Apply, Format};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::plain;

/// Bytes kept of what git says.
const SAID: usize = 64 * 1024;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Apply) -> Result<Exit, Error> {
    let repository = &session.repository;
    let top = repository.work_dir().ok_or(Error::Bare { command: "apply" })?;
    let head = session.some_commit("HEAD", "apply to")?;
    let tip = repository.ref_target(GOVERNANCE_REF)?.ok_or(Error::NothingToApply)?;
    if repository.is_ancestor(tip, head)? {
        return Err(Error::NothingToApply);
    }
    let forward = repository.is_ancestor(head, tip)?;
    if arguments.ff_only && !forward {
        return Err(Error::Diverged);
    }
    refuse_dirty(session, head, tip)?;
    if !forward {
        refuse_conflict(session, top, head, tip)?;
    }
    let message = format!("Merge iao/governance ({})", tip.short());
    let commit = tip.to_string();
    let how: &[&str] = if forward { &["--ff-only"] } else { &["-m", &message] };
    let words = [&["merge", "--no-edit", "--no-autostash"], how, &[&commit]].concat();
    let output = git(session, top, &words)?;
    if output.code != Some(0) {
        return Err(undo(session, top, &output.stdout, &output.stderr));
    }
    let now = session.some_commit("HEAD", "apply to")?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        let how = if forward { "fast-forward" } else { "merge" };
        ui.json(&json!({ "schema": "iao/apply/v1", "before": head, "after": now, "how": how }))?;
    } else {
        let how = if forward { "fast-forwarded to" } else { "merged" };
        ui.out(&format!("{how} {} (HEAD was {})\n", tip.short(), head.short()))?;
        ui.hint("`git reset --keep ORIG_HEAD` takes it back");
    }
    Ok(Exit::Yes)
}

/// Runs git at the top of the working tree; what it says is in plain English.
fn git(session: &Session, top: &Path, words: &[&str]) -> Result<Output, Error> {
    let environment = session.environment.without_git_locals().with("LC_ALL", "C");
    let program = Program {
        program: "git",
        arguments: words.iter().map(Into::into).collect(),
        directory: top,
        environment: &environment,
        stdin: b"",
        timeout: None,
        output_limit: SAID,
    };
    Ok(program.run()?)
}

/// Refuses when a file that the commits change has changes of the user, staged or not, or is untracked.
fn refuse_dirty(session: &Session, head: ObjectId, tip: ObjectId) -> Result<(), Error> {
    let repository = &session.repository;
    let base = repository.merge_base(head, tip)?.unwrap_or(head);
    let tree = |commit| -> Result<ObjectId, Error> { Ok(repository.commit(commit)?.tree) };
    let touched: BTreeSet<RepoPath> =
        repository.diff_trees(tree(base)?, tree(tip)?)?.into_iter().map(|(path, _, _)| path).collect();
    let at_head = repository.snapshot_commit(head)?;
    let (index, disk) = (repository.snapshot_index()?, repository.snapshot_worktree()?);
    let dirty: Vec<String> = touched
        .iter()
        .filter(|path| {
            let committed = at_head.get(path).map(|entry| (entry.mode, entry.id));
            let staged = index.get(path).map(|entry| (entry.mode, entry.id));
            let there = disk.get(path).map(|entry| (entry.mode, entry.id));
            staged != committed || there != committed
        })
        .map(|path| format!("`{path}`"))
        .collect();
    if dirty.is_empty() { Ok(()) } else { Err(Error::Dirty { paths: dirty }) }
}

/// Refuses when git could not merge without asking: found in memory, before anything of the user's is touched.
fn refuse_conflict(session: &Session, top: &Path, head: ObjectId, tip: ObjectId) -> Result<(), Error> {
    let (ours, theirs) = (head.to_string(), tip.to_string());
    let words = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", &ours, &theirs];
    let output = git(session, top, &words)?;
    // Exit code 1 is a merge with conflicts; anything else is left for the merge itself to say.
    if output.code != Some(1) {
        return Ok(());
    }
    let paths = output.stdout.split(|byte| *byte == 0).skip(1).filter(|path| !path.is_empty());
    Err(Error::Conflict { paths: paths.map(|path| format!("`{}`", RepoPath::from_bytes(path))).collect() })
}

/// A merge that stopped half way is taken back, so that a failed command leaves everything as it was.
fn undo(session: &Session, top: &Path, stdout: &[u8], stderr: &[u8]) -> Error {
    let aborted = git(session, top, &["merge", "--abort"]);
    let mut said = format!("{} {}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
    if let Ok(output) = aborted
        && output.code != Some(0)
        && !String::from_utf8_lossy(&output.stderr).contains("MERGE_HEAD missing")
    {
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    Error::Merge { said: plain(said.trim()) }
}
