//! No secret that a scan finds leaves the repository's own files: not in an answer, an event, a seal, a note, a report or
//! a cache, and not in part.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::sandbox::{Outcome, Sandbox};

/// So many bytes of a secret in a row are a leak: more than redacted text shows.
const TELLING: usize = 8;

/// Draws letters and digits, the same each time.
struct Draw(u64);

impl Draw {
    fn letters(&mut self, count: usize) -> String {
        let alphabet = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let mut next = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(alphabet[(self.0 >> 33) as usize % alphabet.len()])
        };
        (0..count).map(|_| next()).collect()
    }
}

/// Credentials of many kinds, and the files that hold them.
fn secrets() -> (Vec<String>, Vec<(&'static str, String)>) {
    let mut draw = Draw(7);
    let (password, other, token) = (draw.letters(14), draw.letters(12), draw.letters(36));
    let (made, allowed, inline) = (draw.letters(40), draw.letters(14), draw.letters(14));
    let (tested, basic) = (draw.letters(16), draw.letters(12));
    let body = STANDARD.encode(draw.letters(200));
    let json = URL_SAFE_NO_PAD.encode(format!("{{\"sub\":\"{}\"}}", draw.letters(12)));
    let signature = draw.letters(43);
    let forbidden = draw.letters(16).to_ascii_uppercase();
    let (reason, within) = (draw.letters(14), draw.letters(14));
    let encoded = STANDARD.encode(format!("db_password = {within}\n"));
    let dashes = "-".repeat(5);
    let key =
        format!("{dashes}BEGIN {1} KEY{dashes}\n{0}\n{dashes}END {1} KEY{dashes}\n", body, "RSA PRIVATE");
    let files = vec![
        ("conf.py", format!("url = 'postgres://app:{password}@db.internal/x'; db_password = \"{other}\"\n")),
        ("deep/er/token.sh", format!("export TOKEN={}_{token}\n", "ghp")),
        (
            "app.yaml",
            format!(
                "api_secret: \"{made}\"\nmore: |\n  Authorization: Basic {}\n",
                STANDARD.encode(format!("me:{basic}"))
            ),
        ),
        ("key.pem", key.clone()),
        ("one-line.json", format!("{{\"private_key\": \"{}\"}}\n", key.replace('\n', "\\n"))),
        ("jwt.txt", format!("{}.{json}.{signature}\n", URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\"}"))),
        ("aws.ini", format!("id = {}{forbidden}\n", "AKIA")),
        ("allowed.py", format!("url = 'postgres://app:{allowed}@db.internal/x'\n")),
        (
            "inline.py",
            format!("url = 'postgres://app:{inline}@db.internal/x' # iao:allow url-password ours\n"),
        ),
        (
            "reason.py",
            format!(
                "a = 'postgres://a:{reason}@db.internal/x' # iao:allow url-password as b://a:{reason}@db.internal/y\n"
            ),
        ),
        ("blob.js", format!("const blob = \"{encoded}\";\n")),
        ("tests/data.py", format!("url = 'postgres://app:{tested}@db.internal/x'\n")),
        ("many.py", format!("url = 'postgres://app:{password}@db.internal/x'\n").repeat(30)),
    ];
    let secrets = vec![
        password, other, token, made, allowed, inline, tested, basic, body, json, signature, forbidden,
        reason, within, encoded,
    ];
    (secrets, files)
}

/// What may not be found anywhere, also as base64 and hex would write it.
struct Search {
    needles: BTreeSet<Vec<u8>>,
}

impl Search {
    fn new(secrets: &[String]) -> Self {
        let parts = secrets.iter().flat_map(|secret| secret.as_bytes().windows(TELLING).map(<[u8]>::to_vec));
        let mut needles: BTreeSet<Vec<u8>> = parts.collect();
        for secret in secrets {
            needles.insert(STANDARD.encode(secret).into_bytes()[..12].to_vec());
            needles.insert(secret.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes());
        }
        Self { needles }
    }

    /// Returns the parts of secrets that stand in some bytes.
    fn finds(&self, bytes: &[u8]) -> usize {
        let lengths: BTreeSet<usize> = self.needles.iter().map(Vec::len).collect();
        let of_length =
            |length: usize| bytes.windows(length).filter(|part| self.needles.contains(*part)).count();
        lengths.into_iter().map(of_length).sum()
    }

    fn assert_clean(&self, what: &str, bytes: &[u8]) {
        let count = self.finds(bytes);
        assert_eq!(count, 0, "{what} holds parts of a secret:\n{}", String::from_utf8_lossy(bytes));
    }

    fn assert_silent(&self, outcome: Outcome) -> Outcome {
        self.assert_clean(&format!("the answer of {}", outcome.command), outcome.stdout.as_bytes());
        self.assert_clean(&format!("the talk of {}", outcome.command), outcome.stderr.as_bytes());
        outcome
    }
}

/// Every file below a folder, but for git's own objects.
fn files_below(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "objects" {
                files_below(&entry.path(), into);
            }
        } else if entry.file_type().unwrap().is_file() {
            into.push(entry.path());
        }
    }
}

/// Looks through everything that git keeps: each object, whatever refers to it, but for the user's own contents.
fn judge_objects(search: &Search, sandbox: &Sandbox, own: &BTreeSet<String>) -> usize {
    let all = sandbox.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
    let mut judged = 0;
    for line in all.lines() {
        let (id, kind) = line.split_once(' ').unwrap();
        if own.contains(id) {
            continue;
        }
        let text = match kind {
            "tree" => sandbox.git(&["ls-tree", id]),
            _ => sandbox.git(&["cat-file", kind, id]),
        };
        search.assert_clean(&format!("{kind} {id}"), text.as_bytes());
        judged += 1;
    }
    judged
}

#[test]
fn no_secret_leaves_the_files_that_hold_it() {
    let (secrets, files) = secrets();
    let search = Search::new(&secrets);
    let sandbox = Sandbox::python();
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    sandbox.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    sandbox.iao("hooks install").exits(0);
    for (path, text) in &files {
        sandbox.put(path, text);
    }
    sandbox.git(&["add", "--all"]);

    // A control: what is searched for can be found, whole and in part.
    let held = files.iter().filter(|(_, text)| search.finds(text.as_bytes()) > 0).count();
    assert_eq!(held, files.len(), "each file holds a secret, and the search finds it");
    assert!(search.finds(&secrets[0].as_bytes()[3..3 + TELLING]) > 0);

    let silent = |arguments: &str| search.assert_silent(sandbox.iao(arguments));
    let words = |arguments: &[&str]| search.assert_silent(sandbox.iao_args(arguments));
    let commit = sandbox.git_outcome(&["commit", "--quiet", "--message", "next"]);
    assert_ne!(commit.code, 0);
    assert!(commit.stderr.contains("secret.url-password"), "{commit:?}");
    search.assert_silent(commit);
    words(&["allow", "allowed.py:1", "--reason", "ours", "-v"]).exits(0);
    words(&["--json", "allow", "allowed.py:1", "--staged", "--reason", "ours"]).exits(0);
    let allow_file = fs::read(sandbox.path().join(crate::allow::FILE)).unwrap();
    search.assert_clean("the allow-file", &allow_file);
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--no-verify", "--message", "next"]);
    for command in ["scan", "scan --worktree", "plan", "verify"] {
        for format in ["text", "json", "sarif", "github"] {
            let told = silent(&format!("-v --format {format} {command}")).exits(1);
            assert!(told.stdout.contains("conf.py"), "{told:?}");
        }
    }
    for command in
        ["run", "run --mode verify", "seal", "log", "status", "show", "replay", "--json log", "audit"]
    {
        silent(&format!("-v {command}"));
        silent(&format!("--json {command}"));
    }
    let push = sandbox.git_outcome(&["push", "origin", "main"]);
    assert_ne!(push.code, 0);
    search.assert_silent(push);
    words(&["scan", "--worktree", "--write-baseline", "--reason", "taken over"]).exits(0);
    search.assert_clean("the baseline", &fs::read(sandbox.path().join(crate::allow::FILE)).unwrap());
    sandbox.commit_all("baseline");
    for command in ["scan", "verify", "run", "seal", "sync", "show", "show --manifest", "verify --seal"] {
        for format in ["text", "json"] {
            silent(&format!("-v --format {format} {command}"));
        }
    }
    for format in ["sarif", "github"] {
        silent(&format!("--format {format} scan")).exits(0);
    }

    let mut left = Vec::new();
    files_below(&sandbox.path().join(".git"), &mut left);
    files_below(&sandbox.path().join(".indestructibleautoops"), &mut left);
    assert!(left.len() > 20, "{left:?}");
    for file in &left {
        search.assert_clean(&file.display().to_string(), &fs::read(file).unwrap());
    }
    let own: BTreeSet<String> = files.iter().map(|(path, _)| sandbox.git(&["hash-object", path])).collect();
    assert!(judge_objects(&search, &sandbox, &own) > 30);
    // And again a control: one of the user's own objects is enough to fail.
    let key = sandbox.git(&["cat-file", "blob", own.iter().next().unwrap()]);
    assert!(search.finds(key.as_bytes()) > 0);
}
