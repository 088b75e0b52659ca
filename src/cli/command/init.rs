//! `git iao init`: the built-in documents, written into the working tree to be edited and committed; or, for a remote,
//! the lines of git's config by which a fetch brings evidence along.

use git_iao::base::assets;
use serde_json::json;

use crate::cli::args::{Format, Init};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Init) -> Result<Exit, Error> {
    if let Some(name) = &arguments.remote {
        return share(session, name);
    }
    let top = session.repository.work_dir().ok_or(Error::Bare { command: "init" })?;
    let files = assets::scaffold();
    let there: Vec<String> = files
        .iter()
        .filter(|asset| top.join(asset.path).symlink_metadata().is_ok())
        .map(|asset| asset.path.to_owned())
        .collect();
    if !there.is_empty() && !arguments.force {
        return Err(Error::Exists { paths: there });
    }
    for asset in &files {
        write(&top.join(asset.path), asset.text)?;
    }
    let config = session.config_on_disk()?;
    session.state(&config).prepare(&session.repository, &config.pipeline)?;
    let ui = &session.ui;
    if ui.format() == Format::Json {
        let written: Vec<&str> = files.iter().map(|asset| asset.path).collect();
        ui.json(&json!({ "schema": "iao/init/v1", "written": written, "config": null }))?;
        return Ok(Exit::Yes);
    }
    let mut text = String::new();
    for asset in &files {
        text.push_str(&format!("wrote {}\n", asset.path));
    }
    ui.out(&text)?;
    ui.hint("edit them, check with `git iao validate`, commit, then `git iao plan`");
    Ok(Exit::Yes)
}

/// Adds the lines that make `git fetch` keep copies of a remote's evidence, and says what it did and how to undo it.
fn share(session: &Session, name: &str) -> Result<Exit, Error> {
    let repository = &session.repository;
    let remote = repository.remote(name)?;
    if !remote.is_named() {
        return Err(Error::NotNamed { url: remote.shown() });
    }
    let why = if repository.is_shallow() { Some("shallow") } else { None };
    if let Some(why) = why.or(repository.is_partial().then_some("partial")) {
        return Err(Error::NoTracking { why });
    }
    let key = format!("remote.{name}.fetch");
    let mut added = Vec::new();
    for spec in repository.tracking_specs(&remote) {
        if repository.add_to_config(&session.environment, &key, &spec)? {
            added.push(spec);
        }
    }
    let ui = &session.ui;
    if ui.format() == Format::Json {
        ui.json(
            &json!({ "schema": "iao/init/v1", "written": [], "config": { "key": key, "added": added } }),
        )?;
        return Ok(Exit::Yes);
    }
    let lines: String = added.iter().map(|spec| format!("added `{key} = {spec}`\n")).collect();
    ui.out(if added.is_empty() {
        "nothing to do: git fetch brings evidence along already\n"
    } else {
        &lines
    })?;
    for spec in &added {
        ui.hint(&format!("`git config --fixed-value --unset-all {key} '{spec}'` takes that back"));
    }
    ui.hint(&format!(
        "`git fetch {name}` keeps copies of its evidence now; `git iao sync {name}` checks and merges them"
    ));
    Ok(Exit::Yes)
}

/// Writes the file as a whole; a link that stands there is replaced, never followed.
fn write(path: &std::path::Path, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
