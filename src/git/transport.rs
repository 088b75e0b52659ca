//! Talks to remotes through the user's own git, which knows every transport and credential that the user has.
//!
//! What git says to people is passed on and never read: only object names, ref names and the flags of `--porcelain`
//! are. No hook runs, nothing but the named refs moves on either side, and no collection of garbage is set off.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::push_report::{PushReport, parse};
use super::{Error, Remote, Repository, config};
use crate::base::process::{Environment, Output, Program};
use crate::model::ObjectId;

/// Bytes kept of what git writes.
const OUTPUT: usize = 1 << 20;
/// Lines of git's own words that an error shows.
const LINES: usize = 12;
/// What a child of ours finds in its environment: a hook that it should start all the same must not start us.
pub const SYNC_VARIABLE: &str = "GIT_IAO_SYNC";

/// What every git that we start for a remote is told, whatever the config says.
const SETTINGS: [&str; 10] = [
    // Hooks are for what the user does; ours is plumbing.
    "core.hooksPath=/dev/null",
    // Evidence is on the disk before a ref names it.
    "core.fsync=all",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "submodule.recurse=false",
    "push.followTags=false",
    "push.useForceIfIncludes=false",
];

/// How much of the history behind fetched refs comes along in a partial clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objects {
    /// All of them.
    All,
    /// All of them, asked for again as if nothing of it were here.
    Again,
    /// What the clone's own filter lets through.
    Filtered,
}

/// A way to one remote.
pub struct Transport<'a> {
    repository: &'a Repository,
    remote: &'a Remote,
    environment: Environment,
}

impl<'a> Transport<'a> {
    /// Prepares the environment of children; nothing is started yet.
    #[must_use]
    pub fn new(repository: &'a Repository, remote: &'a Remote, environment: &Environment) -> Self {
        let mut cleaned = environment
            .without_git_locals()
            .with("GIT_DIR", repository.git_dir())
            .with("GIT_NO_REPLACE_OBJECTS", "1")
            .with(SYNC_VARIABLE, "1");
        // `git -c http.proxy=... iao sync` means the git that we start.
        for name in config_variables(environment) {
            if let Some(value) = environment.get(&name) {
                cleaned = cleaned.with(&name, value);
            }
        }
        Self { repository, remote, environment: cleaned }
    }

    /// Returns the remote.
    #[must_use]
    pub fn remote(&self) -> &Remote {
        self.remote
    }

    /// Returns those of `names` (full) that the remote has, and what they are there.
    ///
    /// # Errors
    /// `Transport` when the remote cannot be reached; `FormatMismatch` when its objects are named by another hash.
    pub fn list(&self, names: &[&str]) -> Result<BTreeMap<String, ObjectId>, Error> {
        // HEAD tells the length of object names where there is no evidence yet.
        let words = [&["ls-remote", "--quiet", "--", self.remote.as_given(), "HEAD"], names].concat();
        let output = self.run("list", &words)?;
        let mut found = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let Some((id, name)) = line.split_once('\t') else { continue };
            let Ok(id) = id.parse::<ObjectId>() else { continue };
            if id.format() != self.repository.object_format() {
                return Err(Error::FormatMismatch { remote: self.remote.shown() });
            }
            // A pattern matches longer names that end in it, too.
            if names.contains(&name) {
                found.insert(name.to_owned(), id);
            }
        }
        Ok(found)
    }

    /// Copies refs of the remote into tracking refs here, by force: (full name there, full name here).
    ///
    /// # Errors
    /// `Transport` when the remote cannot be reached or has one of them no more.
    pub fn fetch(&self, refs: &[(&str, String)], objects: Objects) -> Result<(), Error> {
        let mut words = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--no-prune",
            "--atomic",
            // Configured refspecs move nothing on the side.
            "--refmap=",
        ];
        match objects {
            Objects::All => words.push("--no-filter"),
            Objects::Again => words.extend(["--no-filter", "--refetch"]),
            Objects::Filtered => {}
        }
        let specs: Vec<String> = refs.iter().map(|(there, here)| format!("+{there}:{here}")).collect();
        words.extend(["--", self.remote.as_given()]);
        words.extend(specs.iter().map(String::as_str));
        self.run("fetch from", &words).map(drop)
    }

    /// Moves refs of the remote forward, all or none: (object, full name there).
    ///
    /// What the remote did not accept is in the report, not an error.
    ///
    /// # Errors
    /// `Transport` when the push did not come to a judgement on each ref.
    pub fn push(&self, refs: &[(ObjectId, &str)]) -> Result<PushReport, Error> {
        let mut words = vec!["push", "--atomic", "--porcelain", "--no-verify", "--no-progress"];
        words.extend(["--recurse-submodules=no", "--", self.remote.as_given()]);
        let specs: Vec<String> = refs.iter().map(|(id, there)| format!("{id}:{there}")).collect();
        words.extend(specs.iter().map(String::as_str));
        let output = self.child(&words)?;
        let report = parse(&output.stdout);
        if output.code == Some(0) || report.is_rejected() {
            Ok(report)
        } else {
            Err(self.failed("push to", &output))
        }
    }

    fn run(&self, act: &'static str, words: &[&str]) -> Result<Output, Error> {
        let output = self.child(words)?;
        if output.code == Some(0) { Ok(output) } else { Err(self.failed(act, &output)) }
    }

    fn child(&self, words: &[&str]) -> Result<Output, Error> {
        let settings = SETTINGS.iter().map(|setting| (*setting).to_owned()).chain(self.mirror_off());
        let mut arguments: Vec<OsString> =
            settings.flat_map(|setting| ["-c".into(), setting.into()]).collect();
        arguments.extend(words.iter().map(OsString::from));
        let top = self.repository.work_dir().filter(|top| top.is_dir());
        let program = Program {
            program: "git",
            arguments,
            // Relative URLs count from the top of the working tree.
            directory: top.unwrap_or(self.repository.git_dir()),
            environment: &self.environment,
            stdin: b"",
            timeout: None,
            output_limit: OUTPUT,
        };
        program.run().map_err(|source| Error::NoGit { source })
    }

    /// A remote that the user mirrors into takes no single refs otherwise.
    fn mirror_off(&self) -> Option<String> {
        let name = self.remote.as_given();
        let usable = self.remote.is_named() && !name.contains('=');
        usable.then(|| format!("remote.{name}.mirror=false"))
    }

    fn failed(&self, act: &'static str, output: &Output) -> Error {
        Error::Transport { act, remote: self.remote.shown(), said: words_of_git(&output.stderr) }
    }
}

/// The variables that hold settings of git's own command line.
fn config_variables(environment: &Environment) -> Vec<String> {
    const MOST: usize = 1024;
    let count = environment.text("GIT_CONFIG_COUNT").and_then(|count| count.parse().ok()).unwrap_or(0);
    let pairs = (0..usize::min(count, MOST))
        .flat_map(|at| [format!("GIT_CONFIG_KEY_{at}"), format!("GIT_CONFIG_VALUE_{at}")]);
    ["GIT_CONFIG_PARAMETERS".to_owned(), "GIT_CONFIG_COUNT".to_owned()].into_iter().chain(pairs).collect()
}

/// Returns the last lines of what git said, fit for a terminal, without credentials.
pub(super) fn words_of_git(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(plain).collect();
    let first = lines.len().saturating_sub(LINES);
    if lines.is_empty() { "nothing".to_owned() } else { lines[first..].join("\n") }
}

/// Takes control characters and credentials of URLs out of one line.
pub(super) fn plain(line: &str) -> String {
    let line: String = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let word =
        |word: &str| if word.contains("://") { config::without_credentials(word) } else { word.to_owned() };
    line.split_inclusive([' ', '\'', '"'])
        .map(|part| {
            let body = part.trim_end_matches([' ', '\'', '"']);
            word(body) + &part[body.len()..]
        })
        .collect()
}

/// Says whether the environment is that of a child of ours.
#[must_use]
pub fn is_nested(environment: &Environment) -> bool {
    environment.text(SYNC_VARIABLE).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_shown_without_credentials_and_control_characters() {
        let said = words_of_git(b"\nfatal: unable to access 'https://me:pw@host/x/': \x1b[31mno\x07\n");
        assert_eq!(said, "fatal: unable to access 'https://host/x/': \u{fffd}[31mno\u{fffd}");
        assert_eq!(words_of_git(b""), "nothing");
    }

    #[test]
    fn settings_of_the_command_line_reach_the_child() {
        let environment = Environment::new([
            ("GIT_CONFIG_PARAMETERS".into(), "'a.b=c'".into()),
            ("GIT_CONFIG_COUNT".into(), "1".into()),
            ("GIT_CONFIG_KEY_0".into(), "x.y".into()),
            ("GIT_CONFIG_VALUE_0".into(), "z".into()),
            ("GIT_INDEX_FILE".into(), "elsewhere".into()),
        ]);
        let sandbox = crate::git::testing::Sandbox::new();
        let (repository, remote) = (sandbox.open(), sandbox.open().remote("/x/y").unwrap());
        let child = Transport::new(&repository, &remote, &environment).environment;
        assert_eq!(child.text("GIT_CONFIG_PARAMETERS"), Some("'a.b=c'"));
        assert_eq!(child.text("GIT_CONFIG_VALUE_0"), Some("z"));
        assert_eq!(child.get("GIT_INDEX_FILE"), None);
        assert!(is_nested(&child) && !is_nested(&environment));
    }
}
