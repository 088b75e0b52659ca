//! `git iao man`: the manual, from the same definition as the help, so that `git iao --help` finds it.

use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
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
    let mut pages = vec![("git-iao.1".to_owned(), render(Page::new(command.clone()).title("GIT-IAO"))?)];
    for sub in command.get_subcommands() {
        let name = format!("git-iao-{}", sub.get_name());
        let page = Page::new(sub.clone().name(name.clone())).title(name.to_uppercase());
        pages.push((format!("{name}.1"), render(page)?));
    }
    Ok(pages)
}

fn render(page: Page) -> Result<String, Error> {
    let mut bytes = Vec::new();
    page.section("1").render(&mut bytes)?;
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
