//! The scripts that git runs, and the line of git's config that does the same.
//!
//! A script of a shell looks for the program where it was, then on PATH; one that has nothing else to run names the program
//! in its first line, and no shell starts. What is ours is known by its second line, and by nothing that somebody else
//! would write.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::Hook;
use crate::base::assets;

/// What the second line of every script of ours holds.
const MARK: &str = "(git-iao, docs/hooks.md)";
/// The line that names the program.
const PROGRAM: &str = "iao=";
/// What the system hands to a program that a script names in its first line, before the script's own path.
pub const INTERPRETER_WORD: &str = "hook";
/// How long the first line of a script may be, in bytes: older systems read no more.
const FIRST_LINE: usize = 126;
/// What a script says that needs no shell.
const GONE: &str = "\
# Where git \"cannot run\" this file, the program that its first line names is gone: install git-iao, and run
# `git iao hooks install`. To do without this gate, remove this file.
";
/// The line that tells how many folders were made for the script.
const FOLDERS: &str = "# folders made for it: ";

/// A script as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Where it looks for the program first; `None`: on PATH alone.
    pub(super) program: Option<PathBuf>,
    /// How many folders were made for it.
    pub(super) folders: usize,
}

impl Script {
    /// Writes the script of a hook; a program whose path is no UTF-8 is looked for on PATH alone.
    pub(super) fn new(hook: Hook, program: &Path, folders: usize) -> Self {
        let text = assets::hook(hook.name()).expect("every hook has an embedded script");
        let mut written = String::with_capacity(text.len() + 128);
        for (number, line) in text.lines().enumerate() {
            match line {
                PROGRAM => written.push_str(&assignment(program)),
                line => written.push_str(line),
            }
            written.push('\n');
            if number == 1 && folders > 0 {
                written.push_str(&format!("{FOLDERS}{folders}\n"));
            }
        }
        let program = program.to_str().map(|_| program.to_owned());
        Self { bytes: written.into_bytes(), program, folders }
    }

    /// Writes the script of a hook beside which nobody else's is to run: the system starts the program itself, where its
    /// path can stand in a first line.
    pub(super) fn alone(hook: Hook, program: &Path, folders: usize) -> Self {
        let whole = Self::new(hook, program, folders);
        let Some(first) = first_line(hook, program) else { return whole };
        let text = String::from_utf8_lossy(&whole.bytes);
        let kept = text.lines().skip(1).take(if folders > 0 { 2 } else { 1 });
        let bytes =
            [&*first].into_iter().chain(kept).flat_map(|line| [line, "\n"]).collect::<String>() + GONE;
        Self { bytes: bytes.into_bytes(), ..whole }
    }

    /// Reads a script; `None` when it is not ours.
    pub(super) fn read(bytes: Vec<u8>) -> Option<Self> {
        let text = String::from_utf8_lossy(&bytes);
        let second = text.lines().nth(1)?;
        if !(text.starts_with("#!") && second.starts_with('#') && second.contains(MARK)) {
            return None;
        }
        let interpreter =
            || text.lines().next()?.strip_prefix("#!")?.strip_suffix(INTERPRETER_WORD)?.strip_suffix(' ');
        let program = text.lines().find_map(|line| line.strip_prefix(PROGRAM)).and_then(unquote);
        let program = program.or_else(|| interpreter().map(PathBuf::from));
        let folders = text.lines().find_map(|line| line.strip_prefix(FOLDERS)?.parse().ok()).unwrap_or(0);
        Some(Self { bytes, program, folders })
    }
}

/// Returns the first line by which the system starts the program with the script; `None` where it could not, or where the
/// script does something itself.
fn first_line(hook: Hook, program: &Path) -> Option<String> {
    let path =
        program.to_str().filter(|_| cfg!(unix) && hook != Hook::PostCommit && program.is_absolute())?;
    let line = format!("#!{path} {INTERPRETER_WORD}");
    (line.len() <= FIRST_LINE && !path.contains(char::is_whitespace)).then_some(line)
}

/// Returns what git's config runs as a hook: git calls a shell with it, as it calls a script.
pub(super) fn command(hook: Hook, program: &Path) -> String {
    let (name, assignment) = (hook.name(), assignment(program));
    let find =
        format!("{assignment}; {{ [ -f \"$iao\" ] && [ -x \"$iao\" ]; }} || iao=$(command -v git-iao)");
    match hook {
        Hook::PostCommit => format!(
            "c=${{GIT_DIR:-.git}}/iao/checked; if [ -f \"$c\" ] && read -r n t <\"$c\" && [ \"$n\" = \"$PPID\" ]; \
             then exit 0; fi; {find} || exit 0; exec \"$iao\" hooks run {name}"
        ),
        _ => {
            let caller = if hook.is_told_refs() { "" } else { "--caller \"$PPID\" " };
            format!(
                "{find} || {{ echo \"{name}: git-iao is not where it was and not on PATH, so this gate is shut.\" >&2; \
                 echo \"hint: install git-iao and run 'git iao hooks install', or take the gate away: \
                 git config --remove-section hook.iao-{name}\" >&2; exit 1; }}; \
                 exec \"$iao\" hooks run {caller}{name}"
            )
        }
    }
}

/// Returns where a command of ours looks for the program first.
pub(super) fn program_of(command: &str) -> Option<PathBuf> {
    let start = command.find(PROGRAM)? + PROGRAM.len();
    unquote(&command[start..])
}

/// Writes `iao='/path'` for a shell.
fn assignment(program: &Path) -> String {
    match program.to_str() {
        Some(path) => format!("{PROGRAM}'{}'", path.replace('\'', "'\\''")),
        None => PROGRAM.to_owned(),
    }
}

/// Reads the quoted word at the start of `text`.
fn unquote(text: &str) -> Option<PathBuf> {
    let mut rest = text.strip_prefix('\'')?;
    let mut path = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        path.push_str(part);
        match after.strip_prefix("\\''") {
            Some(again) => {
                path.push('\'');
                rest = again;
            }
            None => return Some(PathBuf::from(path)),
        }
    }
}

/// Returns the name under which a program is best found again: where PATH has it, for that place outlives an update.
#[must_use]
pub fn lasting_program(program: &Path, path: Option<&OsStr>) -> PathBuf {
    let same = |found: &PathBuf| match (found.canonicalize(), program.canonicalize()) {
        (Ok(found), Ok(program)) => found == program,
        _ => false,
    };
    let name = program.file_name().unwrap_or(OsStr::new("git-iao"));
    let found = path.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute());
    found.map(|folder| folder.join(name)).find(same).unwrap_or_else(|| program.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_tells_what_it_was_written_with() {
        for path in ["/usr/bin/git-iao", "/a b/it's here/git-iao", "/$(x)/`y`/\"z\"/git-iao"] {
            for hook in Hook::ALL {
                let script = Script::new(hook, Path::new(path), 2);
                assert_eq!(Script::read(script.bytes.clone()).as_ref(), Some(&script));
                assert_eq!(script.program.as_deref(), Some(Path::new(path)));
                assert_eq!(program_of(&command(hook, Path::new(path))).as_deref(), Some(Path::new(path)));
                let alone = Script::alone(hook, Path::new(path), 2);
                assert_eq!(Script::read(alone.bytes.clone()).as_ref(), Some(&alone));
                assert_eq!(alone.program.as_deref(), Some(Path::new(path)));
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_system_starts_the_program_where_one_line_can_name_it() {
        let first = |hook, path: &str| {
            let script = Script::alone(hook, Path::new(path), 0);
            String::from_utf8(script.bytes).unwrap().lines().next().unwrap().to_owned()
        };
        assert_eq!(first(Hook::PreCommit, "/usr/bin/git-iao"), "#!/usr/bin/git-iao hook");
        assert_eq!(
            first(Hook::PostCommit, "/usr/bin/git-iao"),
            "#!/bin/sh",
            "it does without the program, mostly"
        );
        for path in ["/a b/git-iao".to_owned(), "git-iao".to_owned(), format!("/{}/git-iao", "x".repeat(120))]
        {
            assert_eq!(first(Hook::PrePush, &path), "#!/bin/sh", "{path}");
        }
    }

    #[test]
    fn a_hook_that_calls_us_is_still_somebody_elses() {
        let foreign = "#!/bin/sh\ngit iao hooks run pre-commit \"$@\" || exit 1\ngit-iao hooks run x\n";
        for text in [foreign, "", "#!/bin/sh\n", "\u{fffd}\n# (git-iao, docs/hooks.md)\n"] {
            assert_eq!(Script::read(text.as_bytes().to_vec()), None, "{text:?}");
        }
    }
}
