//! `git iao seal`: seals a commit as it is.

use git_iao::config::Mode;
use git_iao::engine::Goal;
use git_iao::hash::hex;
use git_iao::seal::{Care, Drawn};

use crate::cli::args::{Format, Seal};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::{Act, Session};

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Seal) -> Result<Exit, Error> {
    let commit = session.some_commit(&arguments.revision, "seal")?;
    let config = session.config_of(Some(commit))?;
    let subject = session.subject(Some(commit))?;
    let act = Act { mode: Mode::Seal, goal: Goal::Whole, subject, given: None, sign: arguments.sign };
    let report = session.run_with(&config, act, care(arguments))?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(&render::report(&report, Exit::Yes.code()))?;
        return Ok(Exit::Yes);
    }
    let artifacts = &report.artifacts;
    let (Some(seal), Some(published)) = (artifacts.seal.get(), artifacts.published.get()) else {
        return Err(
            git_iao::engine::Error::NoGoal { run: "engine.step.continuous_monitoring".to_owned() }.into()
        );
    };
    let predicate = seal.statement().predicate();
    let digest = predicate.roots.digest();
    let mut text = format!(
        "{} {commit}\nverdict  {}\nfiles    {}, {} bytes\nsha3_512 {}\nblake3   {}\n",
        if published.seal_reused { "sealed before:" } else { "sealed" },
        predicate.verdict.outcome.as_str(),
        predicate.roots.files,
        predicate.roots.bytes,
        hex::encode(&digest.sha3_512),
        hex::encode(&digest.blake3),
    );
    text.push_str(&format!("drawn    {}\n", drawn(seal.boundary().drawn())));
    if let Some(digest) = published.seal {
        text.push_str(&format!("seal     {digest}\n"));
    }
    ui.out(&text)?;
    ui.hint(&format!("`git iao show {}` tells what was sealed", commit.short()));
    Ok(Exit::Yes)
}

fn care(arguments: &Seal) -> Care {
    match (arguments.full, arguments.no_cache) {
        (true, _) => Care::Full,
        (false, true) => Care::NoCache,
        (false, false) => Care::Usual,
    }
}

/// Says how the boundary was drawn, in one line.
fn drawn(drawn: &Drawn) -> String {
    let hashed = render::counted(drawn.hashed, "content");
    let mut text = match drawn.base {
        Some(base) => {
            format!("from seal {}: {hashed} digested, {} files taken over", base.short(), drawn.reused)
        }
        None => format!("from content: {hashed} digested"),
    };
    if drawn.cached > 0 {
        text.push_str(&format!(", {} found in the cache", drawn.cached));
    }
    if let Some(why) = &drawn.refused {
        text.push_str(&format!("; not from the seal before: {why}"));
    }
    text
}
