//! A temporary repository with no user around it: no git config, fixed identity, fixed time, one thread.
//!
//! Every command that runs here must end with an exit code of the book and without a panic.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;

/// The moment at which everything here happens.
pub(crate) const NOW: &str = "1700000000";
/// The branch that runs move.
pub(crate) const GOVERNANCE: &str = "refs/heads/iao/governance";
/// The refs that hold what we write; no other ref is ours.
pub(crate) const OUR_REFS: [&str; 3] = ["refs/iao/", "refs/notes/iao", "refs/heads/iao/"];

/// A temporary home with one folder in it, which may be a repository.
pub(crate) struct Sandbox {
    home: TempDir,
    work: PathBuf,
    /// Where another git than that of PATH is installed.
    git: Option<PathBuf>,
}

impl Sandbox {
    /// Makes an empty repository on the branch `main`.
    pub(crate) fn new() -> Self {
        let sandbox = Self::without_repository();
        sandbox.git(&["init", "--quiet", "--initial-branch=main"]);
        sandbox
    }

    /// Makes an empty folder that is no repository.
    pub(crate) fn without_repository() -> Self {
        let home = TempDir::with_prefix("iao-sandbox-").unwrap();
        let work = home.path().canonicalize().unwrap().join("work");
        fs::create_dir(&work).unwrap();
        Self { home, work, git: None }
    }

    /// Makes a small Python project with one commit: enough for a plan that is not empty.
    pub(crate) fn python() -> Self {
        Self::new()
            .file("pyproject.toml", PYPROJECT)
            .file("src/sample/__init__.py", "\"\"\"A sample.\"\"\"\n")
            .file("tests/test_sample.py", "def test_it():\n    assert True\n")
            .file("README.md", "# sample\n")
            .commit("first")
    }

    /// As [`Sandbox::python`], with a git that runs hooks of its config (2.54): that of PATH, or the one that `IAO_NEW_GIT`
    /// names by the folder that holds its `bin` and `lib`. Tests that need it are left out unless somebody asks for them.
    pub(crate) fn with_new_git() -> Self {
        let mut sandbox = Self::python();
        if !is_new(&sandbox.git(&["version"])) {
            let named = std::env::var_os("IAO_NEW_GIT").expect("IAO_NEW_GIT names a git 2.54 or later");
            sandbox.git = Some(PathBuf::from(named));
            let version = sandbox.git(&["version"]);
            assert!(is_new(&version), "IAO_NEW_GIT is {version}");
        }
        sandbox
    }

    /// Writes a file, parents and all.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.put(path, text);
        self
    }

    /// Stages everything and commits it.
    pub(crate) fn commit(self, message: &str) -> Self {
        self.commit_all(message);
        self
    }

    /// As [`Sandbox::file`], later in a test.
    pub(crate) fn put(&self, path: impl AsRef<OsStr>, text: impl AsRef<[u8]>) {
        let path = self.work.join(path.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// As [`Sandbox::commit`], later in a test; returns the commit.
    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.revision("HEAD")
    }

    /// The top of the working tree.
    pub(crate) fn path(&self) -> &Path {
        &self.work
    }

    /// A path beside the repository, for files that must not lie in it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().unwrap().join(name)
    }

    /// The file below the state directory, as text.
    pub(crate) fn state(&self, name: &str) -> String {
        let path = self.work.join(".indestructibleautoops").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The event stream of a bare repository, as text.
    pub(crate) fn state_of(&self, bare: &Path) -> String {
        let place = "iao/.indestructibleautoops/governance/event-stream.jsonl";
        fs::read_to_string(bare.join(place)).unwrap()
    }

    /// Runs git, which must succeed, and returns its stdout without the last newline.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git", &self.work).args(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {}: {stderr}", arguments.join(" "));
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// Runs git, and says whether it succeeded.
    pub(crate) fn git_says_yes(&self, arguments: &[&str]) -> bool {
        self.command("git", &self.work).args(arguments).output().unwrap().status.success()
    }

    /// Runs git, and returns how it ended and what it said.
    pub(crate) fn git_outcome(&self, arguments: &[&str]) -> Outcome {
        let output = self.command("git", &self.work).args(arguments).output().unwrap();
        Outcome::new(&output, format!("git {}", arguments.join(" ")))
    }

    /// Runs git, which must fail, and returns all that it said.
    pub(crate) fn git_fails(&self, arguments: &[&str]) -> String {
        let output = self.command("git", &self.work).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!output.status.success(), "git {}: {said}", arguments.join(" "));
        assert!(!said.contains("panicked"), "{said}");
        said
    }

    /// Runs git with more environment (an empty value takes a variable away), and returns whether it succeeded and what it
    /// said.
    pub(crate) fn git_with(&self, environment: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
        let mut command = self.command("git", &self.work);
        for (name, value) in environment {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    }

    /// A git of the sandbox, to be given more.
    pub(crate) fn git_command(&self) -> Command {
        self.command("git", &self.work)
    }

    /// The object a revision names.
    pub(crate) fn revision(&self, revision: &str) -> String {
        self.git(&["rev-parse", "--verify", revision])
    }

    /// The target of a ref; `None` when there is none.
    pub(crate) fn reference(&self, name: &str) -> Option<String> {
        self.git_says_yes(&["rev-parse", "--verify", "--quiet", name]).then(|| self.revision(name))
    }

    /// Runs `git-iao` in the working tree with these words, split at blanks.
    #[must_use]
    pub(crate) fn iao(&self, arguments: &str) -> Outcome {
        self.iao_args(arguments.split_whitespace())
    }

    /// Runs `git-iao` in the working tree.
    #[must_use]
    pub(crate) fn iao_args<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.iao_in(&self.work, &[], arguments)
    }

    /// Runs `git-iao` with more environment.
    #[must_use]
    pub(crate) fn iao_with(&self, environment: &[(&str, &str)], arguments: &str) -> Outcome {
        self.iao_in(&self.work, environment, arguments.split_whitespace())
    }

    /// Runs `git-iao` somewhere else, with more environment; an empty value takes a variable away.
    #[must_use]
    pub(crate) fn iao_in<A: AsRef<OsStr>>(
        &self,
        folder: &Path,
        environment: &[(&str, &str)],
        arguments: impl IntoIterator<Item = A>,
    ) -> Outcome {
        let mut command = self.command(assert_cmd::cargo::cargo_bin!("git-iao"), folder);
        command.args(["--jobs", "1"]).args(arguments);
        for (name, value) in environment {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let shown = format!("{command:?}");
        let output =
            assert_cmd::Command::from_std(command).timeout(Duration::from_secs(180)).output().unwrap();
        Outcome::new(&output, shown)
    }

    /// Runs `git-iao` in the working tree with this on its standard input.
    #[must_use]
    pub(crate) fn iao_fed(&self, input: &[u8], arguments: &str) -> Outcome {
        let mut command = self.command(assert_cmd::cargo::cargo_bin!("git-iao"), &self.work);
        command.args(["--jobs", "1"]).args(arguments.split_whitespace());
        let mut command = assert_cmd::Command::from_std(command);
        let output = command.timeout(Duration::from_secs(180)).write_stdin(input).output().unwrap();
        Outcome::new(&output, arguments.to_owned())
    }

    /// Runs `git-iao` in the working tree, and measures how much memory it or a child of it held at most, in KiB.
    #[must_use]
    pub(crate) fn iao_measured(&self, arguments: &str) -> (Outcome, u64) {
        let mut command = self.command("python3", &self.work);
        command.args(["-c", MEASURE]).arg(assert_cmd::cargo::cargo_bin!("git-iao"));
        command.args(["--jobs", "1"]).args(arguments.split_whitespace());
        let mut outcome = Outcome::new(&command.output().unwrap(), arguments.to_owned());
        let (said, peak) = outcome.stderr.rsplit_once("peak ").unwrap();
        let peak = peak.trim().parse().unwrap();
        outcome.stderr = said.to_owned();
        (outcome, peak)
    }

    /// Runs `git-iao` in the working tree with so much address space; says the exit code, or how else it ended.
    ///
    /// For what may go wrong in a way that takes the machine along.
    pub(crate) fn iao_bounded(&self, arguments: &str, mebibytes: u32) -> Result<i32, String> {
        let output = self.bounded("exec \"$@\"", arguments, mebibytes);
        let told = || format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        output.status.code().filter(|code| (0..=2).contains(code)).ok_or_else(told)
    }

    /// The first lines that `git-iao` prints, which may never end, with so much address space.
    pub(crate) fn iao_first_lines(&self, arguments: &str, mebibytes: u32, lines: usize) -> String {
        let output = self.bounded(&format!("\"$@\" | head -n {lines}"), arguments, mebibytes);
        String::from_utf8(output.stdout).unwrap()
    }

    fn bounded(&self, script: &str, arguments: &str, mebibytes: u32) -> std::process::Output {
        let mut command = self.command("sh", &self.work);
        command.args(["-c", &format!("ulimit -v {} && {script}", mebibytes * 1024), "sh"]);
        command.arg(assert_cmd::cargo::cargo_bin!("git-iao")).args(["--jobs", "1"]);
        command.args(arguments.split_whitespace());
        let mut command = assert_cmd::Command::from_std(command);
        command.timeout(Duration::from_secs(60)).output().unwrap()
    }

    /// What the stand-alone verifier says of the seal of `commit`; `source` is `--note` or `--ledger`.
    pub(crate) fn verifier(&self, git_dir: &Path, commit: &str, source: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify_seal.py");
        let mut command = self.command("python3", &self.work);
        let output = command.arg("-B").arg(script).arg(git_dir).args([commit, source]).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{said}");
        said
    }

    /// Starts `git-iao` and kills it after a while, if it still runs; its children end by themselves.
    pub(crate) fn iao_killed(&self, folder: &Path, arguments: &str, after: Duration) {
        let mut command = self.command(assert_cmd::cargo::cargo_bin!("git-iao"), folder);
        command.args(arguments.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// A command in the sandbox's environment and nothing of ours.
    fn command(&self, program: impl AsRef<OsStr>, folder: &Path) -> Command {
        // A bare name is looked up in our PATH, not in the child's.
        let mut command = match &self.git {
            Some(git) if program.as_ref() == "git" => Command::new(git.join("bin/git")),
            _ => Command::new(program),
        };
        command.current_dir(folder).env_clear();
        // Hooks call the program by its name.
        let program_folder = Path::new(env!("CARGO_BIN_EXE_git-iao")).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap();
        let bin = self.git.iter().map(|git| git.join("bin"));
        let path = bin.chain(std::iter::once(program_folder)).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(path).unwrap());
        // A git that is not installed where it was built for finds its parts through these.
        for name in ["GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        if let Some(git) = &self.git {
            command.env("GIT_EXEC_PATH", git.join("lib/git-core"));
            command.env("GIT_TEMPLATE_DIR", git.join("share/git-core/templates"));
        }
        command.env("HOME", self.home.path()).env("LC_ALL", "C").env("TZ", "UTC");
        command.env("NO_COLOR", "1").env("COLUMNS", "100").env("SOURCE_DATE_EPOCH", NOW);
        for scope in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
            command.env(scope, "/dev/null");
        }
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada Example");
            command.env(format!("GIT_{role}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{role}_DATE"), format!("{NOW} +0000"));
        }
        command
    }

    /// Runs a bash script in a mount namespace of its own, where it may mount and remount as it likes.
    ///
    /// `$IAO` is the binary, `$WORK` the repository. Where no namespace can be had the test is left out, loudly;
    /// under CI that is a failure.
    pub(crate) fn in_namespace(&self, script: &str) -> Option<Outcome> {
        let possible = self
            .command("unshare", &self.work)
            .args(["-rm", "true"])
            .output()
            .is_ok_and(|done| done.status.success());
        if !possible {
            assert!(
                std::env::var_os("CI").is_none(),
                "no mount namespace can be had here, and CI must not skip"
            );
            let _ = writeln!(std::io::stderr(), "SKIPPED: no mount namespace can be had here; {script}");
            return None;
        }
        let mut command = self.command("unshare", &self.work);
        command.env("IAO", assert_cmd::cargo::cargo_bin!("git-iao")).env("WORK", &self.work);
        command.args(["-rm", "bash", "-euc", script]);
        Some(Outcome::new(&command.output().unwrap(), script.to_owned()))
    }

    /// What belongs to the user here, as it is now.
    pub(crate) fn user_state(&self) -> UserState {
        UserState::of(self, &self.work, &self.work.join(".git"))
    }

    /// Our refs and their targets.
    pub(crate) fn our_refs(&self) -> String {
        let format = "--format=%(refname) %(objectname)";
        self.git(&["for-each-ref", format, "refs/iao", "refs/notes/iao", "refs/heads/iao"])
    }

    /// Puts words in place of what differs from machine to machine and from run to run.
    pub(crate) fn filtered(&self, text: &str) -> String {
        let home = self.home.path().canonicalize().unwrap();
        let text =
            text.replace(self.work.to_str().unwrap(), "[REPO]").replace(home.to_str().unwrap(), "[HOME]");
        let filters = [
            (r"\b[0-9a-f]{128}\b", "[SHA3-512]"),
            (r"\b[0-9a-f]{64}\b", "[DIGEST]"),
            (r"\b[0-9a-f]{40}\b", "[COMMIT]"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "[TIME]"),
            (r"\b\d+(?:\.\d+)? ?(?:ms|µs|s)\b", "[SPAN]"),
            (r"\bgit-iao \d+\.\d+\.\d+\b", "git-iao [VERSION]"),
        ];
        filters.iter().fold(text, |text, (pattern, word)| {
            Regex::new(pattern).unwrap().replace_all(&text, *word).into_owned()
        })
    }
}

/// Says whether a git of this version runs hooks of its config.
fn is_new(version: &str) -> bool {
    let numbers: Vec<u32> = version.split(['.', ' ']).filter_map(|word| word.parse().ok()).take(2).collect();
    numbers.as_slice() >= &[2, 54][..]
}

/// Runs a command and tells its peak memory, in KiB, as the last word on stderr.
const MEASURE: &str = "
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print('peak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
";

/// A Python project that says its name, its version and the Python it needs.
pub(crate) const PYPROJECT: &str = r#"[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "sample"
version = "1.0.0"
description = "A sample"
readme = "README.md"
requires-python = ">=3.11"

[dependency-groups]
test = ["pytest"]
"#;

/// How a command ended, and what it said.
pub(crate) struct Outcome {
    pub(crate) command: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    fn new(output: &std::process::Output, command: String) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let outcome = Self {
            command,
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert!(!outcome.stderr.contains("panicked"), "{outcome:?}");
        assert!([0, 1, 2, 130].contains(&outcome.code), "{outcome:?}");
        outcome
    }

    /// Holds the exit code.
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Holds that the talk on stderr says each of these, in any case.
    pub(crate) fn says(self, words: &[&str]) -> Self {
        // Long messages are wrapped and framed for people, in the middle of a path too; that does not count.
        let frame = Regex::new(r"[\s|│]+").unwrap();
        let plain = |text: &str| frame.replace_all(text, "").to_lowercase();
        for word in words {
            assert!(plain(&self.stderr).contains(&plain(word)), "does not say `{word}`: {self:?}");
        }
        self
    }

    /// Holds that a refusal is a good one: nothing on stdout but perhaps JSON, and on stderr how to mend it.
    pub(crate) fn refuses(self, words: &[&str]) -> Self {
        assert!(self.stdout.is_empty() || self.stdout.starts_with('{'), "a refusal is no answer: {self:?}");
        let helps = ["help:", "hint:", "usage:", "try '--help'"]
            .iter()
            .any(|word| self.stderr.to_lowercase().contains(word));
        assert!(helps, "does not say how to mend it: {self:?}");
        self.exits(2).says(words)
    }

    /// Holds that the answer on stdout says each of these.
    pub(crate) fn answers(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stdout.contains(word), "does not answer `{word}`: {self:?}");
        }
        self
    }

    /// The answer as JSON, which names its schema.
    pub(crate) fn json(&self) -> Value {
        let value: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        let schema = value["schema"].as_str().unwrap_or_default();
        assert!(Regex::new(r"^iao/[a-z-]+/v1$").unwrap().is_match(schema), "schema `{schema}`: {self:?}");
        value
    }
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(f, "exit {code} of {command}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// Fingerprint of everything in a repository that belongs to its user.
///
/// Bytes of HEAD, index, config, hooks, reflogs and every ref that is not ours; `git status`; each file of the
/// working tree with time, size and content.
#[derive(PartialEq, Eq)]
pub(crate) struct UserState {
    files: BTreeMap<PathBuf, String>,
    status: String,
}

impl UserState {
    /// Reads the state of a working tree and of the git directory behind it (they may be the same folder).
    pub(crate) fn of(sandbox: &Sandbox, work: &Path, git_dir: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(work, Path::new("work"), &mut files, &|path| {
            path.ends_with(".git") || path.ends_with(".indestructibleautoops")
        });
        let ours = |path: &Path| {
            let text = path.to_string_lossy();
            let below = text.strip_prefix("git/").unwrap_or_default();
            let reference = below.strip_prefix("logs/").unwrap_or(below);
            ["objects", "iao", "info"].contains(&below)
                || OUR_REFS.iter().any(|ours| {
                    format!("{reference}/").starts_with(&format!("{}/", ours.trim_end_matches('/')))
                })
        };
        collect(git_dir, Path::new("git"), &mut files, &ours);
        // A status that may write would refresh the index, which is what we watch.
        let status = sandbox
            .command("git", work)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .args(["status", "--porcelain=v1", "--untracked-files=all"])
            .output()
            .unwrap();
        Self { files, status: String::from_utf8_lossy(&status.stdout).into_owned() }
    }

    /// Holds that nothing of the user's has changed since.
    pub(crate) fn assert_untouched(&self, sandbox: &Sandbox) {
        self.assert_same(&sandbox.user_state());
    }

    /// Holds that two states are equal, and names what differs.
    pub(crate) fn assert_same(&self, now: &Self) {
        let paths = self.files.keys().chain(now.files.keys());
        let changed: Vec<_> = paths.filter(|path| self.files.get(*path) != now.files.get(*path)).collect();
        assert!(changed.is_empty(), "the user's files were touched: {changed:?}");
        assert_eq!(self.status, now.status, "`git status` answers differently");
    }
}

/// Describes every file below `folder`, but for those `left_out` names; folders count as soon as they exist.
fn collect(
    folder: &Path,
    name: &Path,
    into: &mut BTreeMap<PathBuf, String>,
    left_out: &dyn Fn(&Path) -> bool,
) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = name.join(entry.file_name());
        if left_out(&name) {
            continue;
        }
        let facts = entry.metadata().unwrap();
        if facts.is_dir() {
            collect(&entry.path(), &name, into, left_out);
            continue;
        }
        let content = if facts.is_symlink() {
            fs::read_link(entry.path()).unwrap().as_os_str().as_bytes().to_vec()
        } else {
            fs::read(entry.path()).unwrap_or_default()
        };
        let digest = blake3::hash(&content).to_hex();
        into.insert(name, format!("{:?} {:?} {digest}", facts.modified().unwrap(), facts.permissions()));
    }
}

#[test]
fn a_touched_file_ref_or_index_is_seen_and_our_own_refs_are_not() {
    let sandbox = Sandbox::python();
    let before = sandbox.user_state();
    sandbox.git(&["update-ref", GOVERNANCE, "HEAD"]);
    sandbox.git(&["update-ref", "refs/iao/ledger", "HEAD"]);
    sandbox.git(&["update-ref", "refs/notes/iao", "HEAD"]);
    before.assert_untouched(&sandbox);
    let touches: [&dyn Fn(); 4] = [
        &|| sandbox.put("README.md", "# other\n"),
        &|| _ = sandbox.git(&["add", "README.md"]),
        &|| _ = sandbox.git(&["branch", "mine"]),
        &|| _ = sandbox.git(&["config", "user.name", "x"]),
    ];
    for touch in touches {
        let before = sandbox.user_state();
        touch();
        assert!(before != sandbox.user_state());
    }
}

#[test]
fn filters_put_words_in_place_of_ids_times_and_paths() {
    let sandbox = Sandbox::new();
    let text = format!("{}/a {} at 2023-11-14T22:13:20Z in 12 ms", sandbox.path().display(), "0f".repeat(20));
    assert_eq!(sandbox.filtered(&text), "[REPO]/a [COMMIT] at [TIME] in [SPAN]");
}
