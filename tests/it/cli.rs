//! The command line itself: help, man pages, completions, formats, colour and exit codes.

use std::fs;

use crate::run::governed;
use crate::sandbox::Sandbox;

const COMMANDS: [&str; 18] = [
    "rules",
    "proof",
    "init",
    "validate",
    "status",
    "plan",
    "run",
    "apply",
    "verify",
    "seal",
    "show",
    "log",
    "replay",
    "scan",
    "clean",
    "notes",
    "man",
    "completions",
];

#[test]
fn every_command_explains_itself() {
    let sandbox = Sandbox::without_repository();
    let overview = sandbox.iao("--help").exits(0).stdout;
    for command in COMMANDS {
        assert!(overview.contains(command), "`{command}` is not in the overview:\n{overview}");
        sandbox.iao(&format!("{command} -h")).exits(0).answers(&["Usage:"]);
    }
    sandbox.iao("--version").exits(0).answers(&[env!("CARGO_PKG_VERSION")]);
}

#[test]
fn a_word_it_does_not_know_is_a_usage_error() {
    let sandbox = Sandbox::python();
    sandbox.iao("plann").refuses(&["plann"]);
    sandbox.iao("plan --no-such-option").refuses(&["--no-such-option"]);
    sandbox.iao("--format yaml plan").refuses(&["yaml"]);
    sandbox.iao("").exits(2);
}

#[test]
fn man_pages_and_completions_are_made_by_the_binary() {
    let sandbox = Sandbox::without_repository();
    let folder = sandbox.beside("man");
    sandbox.iao_args(["man", "--install", folder.to_str().unwrap()]).exits(0);
    let mut pages = Vec::new();
    for entry in walk(&folder) {
        let text = fs::read_to_string(&entry).unwrap();
        assert!(text.contains(".TH"), "{} is no man page", entry.display());
        pages.push(entry.file_name().unwrap().to_str().unwrap().to_owned());
    }
    for page in ["git-iao.1", "git-iao-run.1", "git-iao-show.1"] {
        assert!(pages.iter().any(|have| have == page), "{page} is missing from {pages:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        sandbox.iao(&format!("completions {shell}")).exits(0).answers(&["git-iao", "verify"]);
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn git_finds_it_as_a_subcommand_and_installed_pages_answer_help() {
    let sandbox = Sandbox::python();
    let binary = assert_cmd::cargo::cargo_bin!("git-iao");
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = std::process::Command::new("git")
        .args(["iao", "status"])
        .current_dir(sandbox.path())
        .env("PATH", path)
        .env("HOME", sandbox.beside("nobody"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_answer_is_available_as_one_versioned_object() {
    let sandbox = governed();
    for command in [
        "validate",
        "status",
        "plan",
        "verify",
        "seal",
        "show",
        "log",
        "log --check",
        "replay",
        "scan",
        "run",
        "clean --dry-run",
    ] {
        let outcome = sandbox.iao(&format!("--json {command}"));
        assert!(outcome.code < 2, "{outcome:?}");
        outcome.json();
    }
}

#[test]
fn bash_completes_what_stands_behind_git_iao() {
    let sandbox = Sandbox::new();
    let script = sandbox.iao("completions bash").exits(0).stdout;
    // git's own completion calls `_git_iao` with the line in `words` and `cword`.
    for (words, expected) in
        [("git iao pl", "plan"), ("git iao run --mo", "--mode"), ("git -C . iao run --mode s", "seal")]
    {
        let last = words.split(' ').count() - 1;
        let asked = format!(
            "{script}\nwords=({words}); cword={last}; _git_iao; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = std::process::Command::new("bash").args(["-c", &asked]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), expected, "{output:?}");
    }
}

#[test]
fn colour_is_asked_for_or_absent() {
    let sandbox = Sandbox::python();
    let outcome = sandbox.iao("status").exits(0);
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains('\u{1b}'), "{outcome:?}");
    sandbox.iao("--color always status").exits(0).answers(&["\u{1b}["]);
    let quiet = sandbox.iao("-q plan").exits(0);
    assert_eq!(quiet.stderr, "", "{quiet:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sandbox = governed();
    let binary = assert_cmd::cargo::cargo_bin!("git-iao");
    let script = format!(
        "set -o pipefail; '{}' --json show iao/governance --manifest | head -c 1 >/dev/null",
        binary.display()
    );
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(sandbox.path())
        .env("HOME", sandbox.beside("nobody"))
        .output()
        .unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let sandbox = Sandbox::python();
    let plan = |jobs: &str| {
        let file = sandbox.beside(&format!("plan-{jobs}.json"));
        let binary = assert_cmd::cargo::cargo_bin!("git-iao");
        let status = std::process::Command::new(binary)
            .args(["--jobs", jobs, "-q", "plan", "--out", file.to_str().unwrap()])
            .current_dir(sandbox.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .status()
            .unwrap();
        assert!(status.success());
        fs::read(file).unwrap()
    };
    assert_eq!(plan("1"), plan("7"));
}
