//! `git iao completions`: for bash, zsh and fish, from the same definition as the help.

use clap::CommandFactory as _;
use clap_complete::{Shell as Generator, generate};

use crate::cli::args::{Arguments, Completions, Shell};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::ui::Ui;

/// What git's own bash completion calls for `git iao <TAB>`: the generated function, with the words from `iao` on.
const BASH_BRIDGE: &str = r#"
_git_iao() {
    local at=1
    while [[ $at -lt $cword && "${words[at]}" != iao ]]; do ((at++)); done
    local -a COMP_WORDS=("git-iao" "${words[@]:at+1}")
    local COMP_CWORD=$((cword - at))
    _git__iao git-iao "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
}
"#;

/// Runs the command.
pub(in crate::cli) fn run(ui: &Ui, arguments: &Completions) -> Result<Exit, Error> {
    let generator = match arguments.shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut command = Arguments::command().bin_name("git-iao");
    let mut script = Vec::new();
    generate(generator, &mut command, "git-iao", &mut script);
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if arguments.shell == Shell::Bash {
        // clap_complete 4.6 writes the hyphen of a program's name in two ways, so that no subcommand is found.
        script = script.replace("git__subcmd__iao", "git__iao");
        script.push_str(BASH_BRIDGE);
    }
    ui.out(&script)?;
    Ok(Exit::Yes)
}
