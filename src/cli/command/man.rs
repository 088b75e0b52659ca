//! `git iao man`: the manual, from the same definition as the help, so that `git iao --help` finds it.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;

use crate::cli::args::{Arguments, Man};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;

/// Runs the command.
pub(in crate::cli) fn run(
    ui: &Ui,
    arguments: &Man,
    program: std::io::Result<PathBuf>,
) -> Result<Exit, Error> {
    match &arguments.install {
        None => {
            let (_, page) = pages()?.swap_remove(0);
            ui.out(&page)?;
        }
        Some(place) => {
            let directory = match place {
                Some(place) => place.clone(),
                None => beside(program)?,
            };
            for path in install(&directory)? {
                ui.out(&format!("wrote {}\n", path.display()))?;
            }
        }
    }
    Ok(Exit::Yes)
}

/// Renders every page: the program's first, then one a command.
fn pages() -> Result<Vec<(String, String)>, Error> {
    let mut command = Arguments::command().bin_name("git-iao").disable_help_subcommand(true);
    command.build();
    let mut pages = vec![("git-iao.1".to_owned(), render("git-iao", command.clone())?)];
    for sub in command.get_subcommands() {
        let name = format!("git-iao-{}", sub.get_name());
        pages.push((format!("{name}.1"), render(&name, sub.clone())?));
    }
    Ok(pages)
}

/// Renders one page: the synopsis is the usage line of the help, with the names of its values.
fn render(name: &str, mut command: Command) -> Result<String, Error> {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").replacen("git-iao", "git iao", 1).replace('-', "\\-");
    let has_commands = command.has_subcommands();
    let page = Page::new(command.name(name.to_owned())).title(name.to_uppercase()).section("1");
    let mut bytes = Vec::new();
    page.render_title(&mut bytes)?;
    page.render_name_section(&mut bytes)?;
    bytes.extend(format!(".SH SYNOPSIS\n{usage}\n").bytes());
    page.render_description_section(&mut bytes)?;
    page.render_options_section(&mut bytes)?;
    if has_commands {
        page.render_subcommands_section(&mut bytes)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn install(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let section = directory.join("man1");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Write { path, source }
    };
    std::fs::create_dir_all(&section).map_err(failed(&section))?;
    let mut written = Vec::new();
    for (name, page) in pages()? {
        let path = section.join(name);
        std::fs::write(&path, page).map_err(failed(&path))?;
        written.push(path);
    }
    Ok(written)
}

/// `man` looks for pages in `X/share/man` when `X/bin` is on PATH.
fn beside(program: std::io::Result<PathBuf>) -> Result<PathBuf, Error> {
    let program = program.map_err(|_| Error::NoManPlace)?;
    let above = program.parent().and_then(Path::parent).ok_or(Error::NoManPlace)?;
    Ok(above.join("share").join("man"))
}
