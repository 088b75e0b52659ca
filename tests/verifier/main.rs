//! Runs the stand-alone verifier, which shares no code with the library, over seals that the library made.
//!
//! Needs `git` and `python3` on the path; a machine without them fails here, loudly.

#![expect(clippy::unwrap_used, reason = "a scene that cannot be set up ends the test")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use git_iao::base::{CancelToken, ContentAddress, Timestamp};
use git_iao::git::{Location, Person, Repository};
use git_iao::ledger::{Ledger, NOTES_REF};
use git_iao::model::{ObjectId, RepoPath};
use git_iao::seal::{Manifest, PolicyRef, Seal, SealRequest, project, prove, record};

/// A repository with what is hard about trees, made by real git.
struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    fn new(format: &str) -> Self {
        let scene = Self { directory: tempfile::tempdir().unwrap() };
        scene.git(&["init", "-q", "-b", "main", "--object-format", format]);
        for (key, value) in [("user.name", "Tester"), ("user.email", "tester@example.com")] {
            scene.git(&["config", key, value]);
        }
        for number in 0..100 {
            scene.file(&format!("wide/n{number:03}"), &"x".repeat(number));
        }
        scene.file("\u{fc}ber/a b", "spaces").file("a-b", "").file("a.b/c/d/e", "deep").file("a0", "\0\r\n");
        scene.git(&["add", "-A"]);
        scene.git(&["update-index", "--chmod=+x", "wide/n007"]);
        let target = scene.git(&["rev-parse", ":a0"]);
        scene.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{target},link")]);
        let commit = "1".repeat(target.len());
        scene.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
        scene.git(&["commit", "-q", "-m", "first"]);
        scene
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn file(&self, path: &str, content: &str) -> &Self {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn run(&self, program: &str, arguments: &[&OsStr], input: &[u8]) -> Output {
        #[expect(clippy::disallowed_methods, reason = "the test is about what other programs say")]
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path()).env("HOME", self.path());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
        child.wait_with_output().unwrap()
    }

    fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let arguments: Vec<&OsStr> = arguments.iter().map(OsStr::new).collect();
        let output = self.run("git", &arguments, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, b"")
    }

    fn open(&self) -> Repository {
        Repository::open(&Location { directory: self.path().to_owned(), ..Location::default() }).unwrap()
    }

    /// Runs the verifier on HEAD: its exit code, standard output and standard error.
    fn verify(&self, options: &[&str]) -> (i32, String, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify_seal.py");
        let mut arguments = vec![script.as_os_str(), self.path().as_os_str(), OsStr::new("HEAD")];
        arguments.extend(options.iter().map(OsStr::new));
        let output = self.run("python3", &arguments, b"");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// Seals HEAD, with its note.
    fn seal(&self) -> (ObjectId, Seal) {
        let repository = self.open();
        let commit = repository.resolve("HEAD").unwrap();
        let tree = repository.commit(commit).unwrap().tree;
        let manifest = Manifest::build(&repository, tree, 2, &CancelToken::default()).unwrap();
        let time = Timestamp::from_seconds(1_700_000_000);
        let request = SealRequest {
            commit,
            sealed_at: time,
            verdict: None,
            policy: PolicyRef {
                name: "100 % \u{202e}\nstrict".to_owned(),
                digest: ContentAddress::of(b"policy"),
            },
            config: ContentAddress::of(b"config"),
            plan: Some(ContentAddress::of(b"plan")),
            run: None,
            events: None,
            ledger: None,
            previous: None,
            signer: None,
        };
        let seal = Seal::new(request, manifest).unwrap();
        let person = Person { name: "Sealer".to_owned(), email: "sealer@example.com".to_owned() };
        let mut ledger = Ledger::open(&repository).unwrap();
        record(&mut ledger, &seal, &person, time).unwrap();
        project(&ledger, &[commit], &person, time).unwrap();
        (commit, seal)
    }
}

#[test]
fn the_verifier_agrees_with_the_library() {
    for format in ["sha1", "sha256"] {
        let scene = Scene::new(format);
        let (_, seal) = scene.seal();
        for options in [&[][..], &["--note"], &["--ledger"]] {
            let (code, out, talk) = scene.verify(options);
            assert_eq!(code, 0, "{format} {options:?}: {talk}");
            let files = seal.boundary().document().roots.files;
            assert!(out.contains(&format!("{files} files")), "{out}");
            assert!(out.contains("sha3-512"), "{out}");
        }
    }
}

#[test]
fn the_verifier_needs_blake3_only_when_told_to_and_then_prints_the_same_document() {
    let scene = Scene::new("sha1");
    let (_, seal) = scene.seal();
    let (code, out, talk) = scene.verify(&["--require-blake3"]);
    let without = talk.contains("`blake3` is not installed");
    assert_eq!((code == 0, out.contains("and blake3")), (!without, !without), "{out}{talk}");
    let (_, document, _) = scene.verify(&["--roots"]);
    let expected = String::from_utf8(seal.statement().document().to_canonical()).unwrap();
    let same = if without {
        document.contains(&expected[expected.find("\"sha3_512").unwrap()..])
    } else {
        document.trim_end() == expected
    };
    assert!(same, "{document}\n{expected}");
}

#[test]
fn the_verifier_refuses_a_changed_or_moved_note_and_says_when_there_is_none() {
    let scene = Scene::new("sha1");
    assert_eq!(scene.verify(&[]).0, 2);
    let (commit, _) = scene.seal();
    let note = scene.open().note(NOTES_REF, commit).unwrap().unwrap();
    let set = |bytes: &[u8]| {
        let blob = scene.git_with(&["hash-object", "-w", "--stdin"], bytes);
        scene.git(&["notes", "--ref=iao", "add", "-f", "-C", &blob, "HEAD"]);
    };
    for at in [3, note.len() / 4, note.len() / 2, note.len() - 10, note.len() - 1] {
        let mut changed = note.clone();
        changed[at] ^= 1;
        set(&changed);
        let (code, _, talk) = scene.verify(&[]);
        assert_eq!(code, 1, "byte {at}: {talk}");
    }
    set(&note);
    assert_eq!(scene.verify(&[]).0, 0);
    scene.git(&["commit", "-q", "--amend", "-m", "other words"]);
    set(&note);
    let (code, _, talk) = scene.verify(&[]);
    assert_eq!(code, 1, "{talk}");
    assert!(talk.contains("it seals"), "{talk}");
}

#[test]
fn the_verifier_agrees_on_proofs() {
    let scene = Scene::new("sha1");
    let (_, seal) = scene.seal();
    let repository = scene.open();
    let ledger = Ledger::open(&repository).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier/verify_seal.py");
    let outside = tempfile::tempdir().unwrap();
    let check = |proof: &[u8], content: &[u8]| {
        let (proof_file, content_file) = (outside.path().join("proof"), outside.path().join("content"));
        std::fs::write(&proof_file, proof).unwrap();
        std::fs::write(&content_file, content).unwrap();
        let arguments =
            [OsStr::new("--proof"), proof_file.as_os_str(), "--content".as_ref(), content_file.as_os_str()];
        let arguments: Vec<&OsStr> = [script.as_os_str()].into_iter().chain(arguments).collect();
        let output = scene.run("python3", &arguments, b"");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (wide, submodule) = ("x".repeat(7), "1".repeat(40));
    for (path, content) in [
        ("wide/n007", wide.as_str()),
        ("\u{fc}ber/a b", "spaces"),
        ("a.b/c/d/e", "deep"),
        ("sub", &submodule),
    ] {
        let pair = (seal.envelope(), seal.statement());
        let path = RepoPath::from(path);
        let proof = prove(&repository, &ledger, pair, &path, 1, &CancelToken::default()).unwrap();
        let bytes = proof.to_canonical();
        let (code, talk) = check(&bytes, content.as_bytes());
        assert_eq!(code, 0, "{path}: {talk}");
        assert_eq!(check(&bytes, b"other").0, 1, "{path}");
        // BLAKE3 is checked only where its package is installed.
        let text = String::from_utf8(bytes.clone()).unwrap();
        let digests = text.match_indices("\"sha3_512\":\"").map(|(at, word)| at + word.len() + 20);
        let others = ["\"seal\":\"", "\"size\":", "\"mode\":\"", "\"path\":\"", "\"payload\":\""];
        let others = others.iter().map(|word| text.find(word).unwrap() + word.len());
        for at in digests.chain(others) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(check(&changed, content.as_bytes()).0, 1, "{path}, byte {at}");
        }
    }
}
