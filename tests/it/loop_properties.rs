//! For random repositories the loop reaches a fixpoint, never touches the user's state and never panics; the same
//! input gives the same plan id and the same root.
//!
//! `IAO_CASES` raises the number of repositories.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::sandbox::{GOVERNANCE, Sandbox};

/// Parts of paths, the odd ones too.
const PARTS: &[&[u8]] = &[
    b"a",
    b"src",
    b"lib",
    b"tests",
    b"docs",
    b"packages",
    b"vendor",
    b"node_modules",
    b".github",
    b"workflows",
    b".hidden",
    b"with space",
    b"-dash",
    b"quote\"'",
    b"%41",
    b"caf\xc3\xa9",
    b"\xff\xfe",
    b"CON",
    b"a.tar.gz",
    b"UPPER",
    b"~",
    b"*",
    b"$(x)",
    b"README.md",
    b"x.py",
    b"main.go",
    b"lib.rs",
];

/// Parts that gates block on, alone or beside another part: rarely, so that most repositories go through the whole loop.
const TRAPS: &[&[u8]] = &[b"new\nline", b"tab\t", b"back\\slash", b"cafe\xcc\x81", b"upper"];

/// Manifests of every adapter, and files that the baseline speaks of.
const MANIFESTS: &[&str] = &[
    "pyproject.toml",
    "setup.py",
    "requirements.txt",
    "package.json",
    "pnpm-workspace.yaml",
    "go.mod",
    "go.work",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "settings.gradle.kts",
    ".gitignore",
    ".editorconfig",
    "SECURITY.md",
    ".github/workflows/ci.yml",
    "configs/README.md",
];

/// What a manifest may hold: the right thing, or anything else.
fn manifest_text() -> impl Strategy<Value = Vec<u8>> {
    let whole = select(vec![
        crate::sandbox::PYPROJECT,
        "{\"name\": \"n\", \"version\": \"1.0.0\", \"scripts\": {\"test\": \"node --test\"}}\n",
        "{\"name\": \"n\", \"private\": true, \"workspaces\": [\"packages/*\"]}\n",
        "module example.org/m\n\ngo 1.22\n",
        "[package]\nname = \"c\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        "[workspace]\nmembers = [\"packages/*\", \"../outside\"]\n",
        "<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>\n",
        "plugins { id 'java' }\n",
        "root = true\n\n[*]\nindent_style = tab\n",
    ]);
    prop_oneof![
        5 => whole.clone().prop_map(|text| text.as_bytes().to_vec()),
        1 => (whole.clone(), 0..200_usize).prop_map(|(text, cut)| text.as_bytes()[..cut.min(text.len())].to_vec()),
        1 => whole.clone().prop_map(|text| [b"\xef\xbb\xbf", text.replace('\n', "\r\n").as_bytes()].concat()),
        1 => whole.prop_map(|text| text.replace(['"', '\''], "\u{0}").into_bytes()),
        1 => Just(b"[]".to_vec()),
        1 => Just(b"null\n".to_vec()),
        1 => Just("[".repeat(50_000).into_bytes()),
        1 => Just("<a>".repeat(20_000).into_bytes()),
        1 => Just(Vec::new()),
        1 => proptest::collection::vec(any::<u8>(), 0..300),
    ]
}

fn part() -> impl Strategy<Value = &'static [u8]> {
    prop_oneof![60 => select(PARTS), 1 => select(TRAPS)]
}

/// Folders: up to five parts, each with its `/`.
fn folder() -> impl Strategy<Value = Vec<u8>> {
    let part = part().prop_map(|part| [part, b"/"].concat());
    proptest::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

/// A whole repository: path to content.
fn repository() -> impl Strategy<Value = BTreeMap<Vec<u8>, Vec<u8>>> {
    let ordinary = (folder(), part(), proptest::collection::vec(any::<u8>(), 0..100));
    let ordinary = ordinary.prop_map(|(folder, name, text)| ([&folder, name].concat(), text));
    let manifest = (folder(), select(MANIFESTS), manifest_text());
    let manifest = manifest.prop_map(|(folder, name, text)| ([&folder, name.as_bytes()].concat(), text));
    let file = prop_oneof![2 => ordinary, 3 => manifest];
    proptest::collection::vec(file, 1..14).prop_map(|files| files.into_iter().collect())
}

/// Writes what can stand beside each other, and commits it.
fn sandbox_of(files: &BTreeMap<Vec<u8>, Vec<u8>>) -> Sandbox {
    let sandbox = Sandbox::new();
    for (path, content) in files {
        let path = sandbox.path().join(OsString::from_vec(path.clone()));
        // `a` and `a/b` cannot both be files: the later one is left out.
        if std::fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.is_dir() {
            std::fs::write(path, content).unwrap();
        }
    }
    sandbox.git(&["add", "--all", "--force"]);
    sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "random"]);
    sandbox
}

/// The SHA3-512 roots that the seal of a commit names.
fn root(sandbox: &Sandbox, revision: &str) -> String {
    let note = sandbox.git(&["notes", "--ref=iao", "show", revision]);
    let digest = regex::Regex::new(r"\b[0-9a-f]{128}\b").unwrap();
    digest.find(&note).expect("the note names its SHA3-512 root").as_str().to_owned()
}

/// The plan's bytes; `None` when a gate blocks.
fn plan(sandbox: &Sandbox) -> Option<Vec<u8>> {
    let file = sandbox.beside("plan.json");
    let outcome = sandbox.iao_args(["plan", "--out", file.to_str().unwrap()]);
    assert!(outcome.code < 2, "{outcome:?}");
    assert_eq!(outcome.code == 0, file.exists(), "{outcome:?}");
    std::fs::read(file).ok()
}

/// Runs the whole loop on one repository and holds every promise.
fn hold_every_promise(files: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let (one, other) = (sandbox_of(files), sandbox_of(files));
    let before = one.user_state();
    assert_eq!(plan(&one), plan(&other), "the same input gives another plan");
    before.assert_untouched(&one);
    let outcome = one.iao("run");
    before.assert_untouched(&one);
    match outcome.code {
        0 => {
            let sealed = if one.reference(GOVERNANCE).is_some() { "iao/governance" } else { "HEAD" };
            one.iao("replay").exits(0);
            one.iao_args(["plan", sealed, "--check"]).exits(0);
            one.iao_args(["verify", sealed, "--seal"]).exits(0);
            other.iao("run").exits(0);
            assert_eq!(root(&one, sealed), root(&other, sealed), "the same input gives another root");
            one.git(&["fsck", "--strict", "--no-dangling"]);
        }
        1 => assert_eq!(one.reference(GOVERNANCE), None, "blocked, and yet it patched: {outcome:?}"),
        _ => panic!("a repository that git takes made the loop fail: {outcome:?}"),
    }
    before.assert_untouched(&one);
}

#[test]
fn the_loop_keeps_every_promise_on_random_repositories() {
    let cases = std::env::var("IAO_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let config = Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    // The same repositories on every machine: what fails in CI fails at a desk.
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        .run(&repository(), |files| {
            hold_every_promise(&files);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn the_loop_keeps_every_promise_on_chosen_repositories() {
    let chosen: [&[(&str, &str)]; 4] = [
        &[],
        &[("README.md", "")],
        &[
            ("package.json", "{"),
            ("pyproject.toml", "["),
            ("go.mod", ""),
            ("Cargo.toml", "="),
            ("pom.xml", "<"),
        ],
        &[
            ("a/package.json", "{}"),
            ("b/go.mod", "module b\n"),
            ("b/c/Cargo.toml", "[package]\nname = \"c\"\n"),
            (".github/workflows", "a file"),
        ],
    ];
    for files in chosen {
        let bytes = |text: &str| text.as_bytes().to_vec();
        hold_every_promise(&files.iter().map(|(path, text)| (bytes(path), bytes(text))).collect());
    }
}
