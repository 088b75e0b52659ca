//! The command lines with which git's hooks start the program, read at once: a commit should not pay for the whole grammar.
//!
//! Whatever else is said goes the ordinary way, so nothing is refused here.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use git_iao::hook::{Hook, INTERPRETER_WORD};

use super::args::{Arguments, Color, Command, FormatWord, Global, Hooks, HooksAct, HooksRun};

/// Reads `hooks run [--caller PID] HOOK ARGUMENTS`, as scripts say it, and what the system makes of a script whose first
/// line names the program: `hook SCRIPT ARGUMENTS`, called by `parent`.
pub(super) fn read(arguments: &[OsString], parent: Option<u32>) -> Option<Arguments> {
    let words = arguments.get(1..)?;
    let run = match words {
        [word, script, rest @ ..] if word == INTERPRETER_WORD => {
            let hook = named(Path::new(script).file_name()?)?;
            let caller = parent.filter(|_| !hook.is_told_refs());
            HooksRun { caller, script: Some(PathBuf::from(script)), hook, arguments: rest.to_vec() }
        }
        [hooks, run, rest @ ..] if hooks == "hooks" && run == "run" => {
            let (caller, rest) = match rest {
                [option, number, rest @ ..] if option == "--caller" => {
                    (Some(number.to_str()?.parse().ok()?), rest)
                }
                rest => (None, rest),
            };
            let (hook, rest) = rest.split_first()?;
            if rest.iter().any(|word| word.as_encoded_bytes().starts_with(b"-")) {
                return None;
            }
            HooksRun { caller, script: None, hook: named(hook)?, arguments: rest.to_vec() }
        }
        _ => return None,
    };
    let global = Global {
        directory: None,
        git_dir: None,
        work_tree: None,
        config: None,
        format: FormatWord::Text,
        json: false,
        color: Color::Auto,
        quiet: false,
        verbose: false,
        jobs: None,
    };
    Some(Arguments { global, command: Command::Hooks(Hooks { act: HooksAct::Run(run) }) })
}

fn named(name: &OsStr) -> Option<Hook> {
    Hook::of_name(name.to_str()?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn what_is_read_at_once_is_what_the_grammar_says() {
        for line in [
            "git-iao hooks run pre-commit",
            "git-iao hooks run --caller 4711 pre-merge-commit",
            "git-iao hooks run pre-push origin ssh://host/x.git",
            "git-iao hooks run post-commit",
            "git-iao hooks run pre-receive",
        ] {
            let read = read(&words(line), Some(1)).map(|read| format!("{read:?}"));
            let parsed = Arguments::try_parse_from(words(line)).unwrap();
            assert_eq!(read, Some(format!("{parsed:?}")), "{line}");
        }
        for line in [
            "git-iao",
            "git-iao hooks",
            "git-iao hooks run",
            "git-iao hooks run --help",
            "git-iao hooks run pre-x",
            "git-iao hooks run pre-commit --json",
            "git-iao hooks run --caller x pre-commit",
            "git-iao --json hooks run pre-commit",
            "git-iao hook",
            "git-iao hook /x/pre-commit.sample",
            "git-iao scan",
        ] {
            assert!(read(&words(line), Some(1)).is_none(), "{line}");
        }
    }

    #[test]
    fn a_script_is_told_by_its_name_and_its_caller_by_the_system() {
        let run = |line: &str| match read(&words(line), Some(7)).unwrap().command {
            Command::Hooks(Hooks { act: HooksAct::Run(run) }) => run,
            other => panic!("{other:?}"),
        };
        let commit = run("git-iao hook .git/hooks/pre-commit");
        assert_eq!((commit.hook, commit.caller), (Hook::PreCommit, Some(7)));
        assert_eq!(commit.script, Some(".git/hooks/pre-commit".into()));
        let push = run("git-iao hook /r/.git/hooks/pre-push origin -u");
        assert_eq!((push.hook, push.caller, push.arguments), (Hook::PrePush, None, words("origin -u")));
    }
}
