//! Every JSON document that is printed or stored fits the schema that it names, and every schema is in use.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use regex::Regex;
use serde_json::Value;

use crate::log::stream;
use crate::run::{governed, private_key};
use crate::sandbox::{GOVERNANCE, Sandbox};
use crate::schema_book::{Book, texts};
use crate::sign::Scene;

/// Judges the answer of a command, and returns it.
fn answer(book: &Book, sandbox: &Sandbox, command: &str, exit: i32, schema: &str) -> Value {
    let words = ["--json"].into_iter().chain(command.split_whitespace());
    let value = sandbox.iao_args(words).exits(exit).json();
    assert_eq!(value["schema"], *schema, "`{command}` answers {value}");
    book.judge(&format!("the answer of `{command}`"), &value);
    value
}

/// Judges lines of events.
fn judge_events(book: &Book, what: &str, lines: &str) {
    assert!(!lines.is_empty(), "{what} holds no event");
    for line in lines.lines() {
        book.judge(what, &serde_json::from_str(line).unwrap());
    }
}

/// Judges an envelope and the statement in it.
fn judge_envelope(book: &Book, what: &str, text: &str) {
    let envelope: Value = serde_json::from_str(text).unwrap();
    book.judge_as("iao/note/v1", what, &envelope);
    let payload = base64::engine::general_purpose::STANDARD.decode(envelope["payload"].as_str().unwrap());
    let statement = serde_json::from_slice(&payload.unwrap()).unwrap();
    for id in ["iao/statement/v1", "iao/seal/v1"] {
        book.judge_as(id, what, &statement);
    }
}

/// Judges everything that runs left: the ledger's tree, the notes, the state directory.
fn judge_stored(book: &Book, sandbox: &Sandbox) {
    for path in sandbox.git(&["ls-tree", "-r", "--name-only", "refs/iao/ledger"]).lines() {
        let text = || sandbox.git(&["cat-file", "blob", &format!("refs/iao/ledger:{path}")]);
        let what = format!("`{path}` of the ledger");
        let mut parts = path.split('/');
        match (parts.next().unwrap(), parts.nth(4)) {
            // The manifests' records are not JSON: src/seal/segment.rs says what they are.
            ("records", _) => assert!(!path.ends_with(".json"), "{what} is no record"),
            ("seals", _) => judge_envelope(book, &what, &text()),
            ("runs", Some("events")) => judge_events(book, &what, &text()),
            _ => book.judge(&what, &serde_json::from_str(&text()).unwrap()),
        }
    }
    for note in sandbox.git(&["notes", "--ref=iao", "list"]).lines() {
        let text = sandbox.git(&["cat-file", "blob", note.split(' ').next().unwrap()]);
        let line = text.lines().last().unwrap();
        judge_envelope(book, "a note", line.strip_prefix("iao-envelope: ").unwrap());
    }
    judge_state(book, sandbox);
}

/// Judges the state directory, and the mark that vouches for its stream.
fn judge_state(book: &Book, sandbox: &Sandbox) {
    let mark = fs::read(sandbox.path().join(".git/iao/trust/stream")).unwrap();
    book.judge_as("iao/stream-mark/v1", "the mark", &serde_json::from_slice(&mark).unwrap());
    let mut files = Vec::new();
    collect(&sandbox.path().join(".indestructibleautoops"), &mut files);
    assert!(!files.is_empty(), "there is no local state");
    for file in files {
        let what = file.display().to_string();
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => book.judge(&what, &serde_json::from_slice(&fs::read(&file).unwrap()).unwrap()),
            Some("jsonl") => judge_events(book, &what, &fs::read_to_string(&file).unwrap()),
            // Bytes that were set aside are whatever a crash left.
            other => {
                let known = other.is_some_and(|other| other == "lock" || other.starts_with("torn-"));
                assert!(known, "{what} is of no known kind");
            }
        }
    }
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => collect(&entry.path(), into),
            false => into.push(entry.path()),
        }
    }
}

/// Two ecosystems, a directory that is left out, and a name and a content that are no plain text.
fn mixed() -> Sandbox {
    Sandbox::python()
        .file("web/package.json", "{\"name\": \"web\", \"version\": \"1.0.0\"}\n")
        .file("vendor/github.com/x/go.mod", "module x\n\ngo 1.21\n")
        .file("odd/d\u{e4}nisch %.bin", [0, 159, 146, 150])
        .commit("more")
}

/// Searches of contents, with everything in their answers.
fn contents(book: &Book) {
    let sandbox = Sandbox::python().file("key.txt", private_key()).file("b.bin", [0; 9]).commit("more");
    let sandbox = sandbox.file("lost", "lost\n").commit("last");
    answer(book, &sandbox, "scan --range HEAD~2..HEAD~1", 1, "iao/scan/v1");
    let fed = sandbox.iao_fed(private_key().as_bytes(), "--json scan --stdin").exits(1).json();
    book.judge("the answer of `scan --stdin`", &fed);
    crate::scan_sources::lose(&sandbox, "HEAD:lost");
    answer(book, &sandbox, "scan --history", 2, "iao/scan/v1");
}

/// The whole loop and every command that looks at what it left.
fn the_loop(book: &Book) {
    let sandbox = mixed();
    for (command, exit) in
        [("plan", 0), ("plan --check", 1), ("scan", 0), ("scan --worktree", 0), ("verify", 0), ("run", 0)]
    {
        answer(book, &sandbox, command, exit, "iao/report/v1");
    }
    let run = answer(book, &sandbox, "run", 0, "iao/report/v1")["run"].as_str().unwrap().to_owned();
    answer(book, &sandbox, "verify iao/governance", 0, "iao/report/v1");
    answer(book, &sandbox, "status", 0, "iao/status/v1");
    answer(book, &sandbox, "show iao/governance", 0, "iao/show/v1");
    for revision in ["HEAD", "iao/governance"] {
        answer(book, &sandbox, &format!("show {revision} --manifest"), 0, "iao/manifest-list/v1");
    }
    answer(book, &sandbox, "verify iao/governance --seal", 0, "iao/seal-check/v1");
    for depth in ["merkle", "content"] {
        let range = format!("verify --seal --depth {depth} HEAD iao/governance~1..iao/governance");
        answer(book, &sandbox, &range, 0, "iao/seal-check/v1");
    }
    answer(book, &sandbox, "proof README.md iao/governance", 0, "iao/proof/v1");
    let apart = "proof README.md iao/governance --output .git/p --envelope .git/e";
    sandbox.iao(apart).exits(0);
    answer(book, &sandbox, "verify --proof .git/p --envelope .git/e", 0, "iao/proof-check/v1");
    answer(book, &sandbox, "verify --proof .git/p", 1, "iao/proof-check/v1");
    answer(book, &sandbox, "verify --proof .git/e", 1, "iao/proof-check/v1");
    answer(book, &sandbox, "log", 0, "iao/log/v1");
    answer(book, &sandbox, &format!("log {run}"), 0, "iao/log/v1");
    answer(book, &sandbox, "log --check", 0, "iao/log-check/v1");
    answer(book, &sandbox, "replay", 0, "iao/replay/v1");
    answer(book, &sandbox, "notes --rebuild", 0, "iao/notes/v1");
    answer(book, &sandbox, "audit", 1, "iao/audit/v1");
    let remote = sandbox.beside("remote.git");
    sandbox.git(&["init", "--quiet", "--bare", remote.to_str().unwrap()]);
    for tries in ["new", "again"] {
        let moved = answer(book, &sandbox, "sync ../remote.git", 0, "iao/sync/v1")["moved"].clone();
        assert_eq!(moved.as_array().unwrap().is_empty(), tries == "again");
    }
    judge_stored(book, &sandbox);
    answer(book, &sandbox, "apply", 0, "iao/apply/v1");
    answer(book, &sandbox, "run", 0, "iao/report/v1");
    answer(book, &sandbox, "seal HEAD~1", 0, "iao/report/v1");
    answer(book, &sandbox, "status", 0, "iao/status/v1");
    judge_stored(book, &sandbox);
    for command in ["clean --dry-run", "clean", "clean"] {
        answer(book, &sandbox, command, 0, "iao/clean/v1");
    }
    answer(book, &sandbox, "log", 0, "iao/log/v1");
    answer(book, &sandbox, "log --check", 0, "iao/log-check/v1");
}

/// A repository without a commit, and the configuration, good and bad.
fn the_beginning(book: &Book) {
    let sandbox = Sandbox::new();
    answer(book, &sandbox, "status", 0, "iao/status/v1");
    answer(book, &sandbox, "plan", 0, "iao/report/v1");
    answer(book, &sandbox, "seal", 2, "iao/error/v1");
    answer(book, &sandbox, "validate", 0, "iao/validate/v1");
    answer(book, &sandbox, "init", 0, "iao/init/v1");
    answer(book, &sandbox, "init", 2, "iao/error/v1");
    answer(book, &sandbox, "validate", 0, "iao/validate/v1");
    for act in ["install", "status", "uninstall", "status"] {
        answer(book, &sandbox, &format!("hooks {act}"), 0, "iao/hooks/v1");
    }
    sandbox.put("p.yaml", "apiVersion: indestructibleautoops/v1\nkind: Pipeline\nspec: {odd: 1}\n");
    let error = answer(book, &sandbox, "--config p.yaml validate", 2, "iao/error/v1");
    assert!(error.to_string().contains("\"line\":"), "no error has a place: {error}");
    answer(book, &Sandbox::without_repository(), "status", 2, "iao/error/v1");
    answer(book, &Sandbox::without_repository(), "rules list", 0, "iao/rules/v1");
    contents(book);
    answer(book, &Sandbox::without_repository(), "rules test", 0, "iao/rules-test/v1");
}

/// Findings that stop a run, and a plan that has gone stale.
fn what_is_blocked(book: &Book) {
    let sandbox = Sandbox::python().file("deploy/server.pem", private_key()).commit("oops");
    for command in ["scan", "plan", "run", "verify", "run --mode verify"] {
        let report = answer(book, &sandbox, command, 1, "iao/report/v1");
        assert!(!report["findings"].as_array().unwrap().is_empty(), "{report}");
    }
    answer(book, &sandbox, "replay", 0, "iao/replay/v1");
    answer(book, &sandbox, "apply", 2, "iao/error/v1");
    judge_state(book, &sandbox);

    let sandbox = Sandbox::python();
    answer(book, &sandbox, "plan --out .git/plan.json", 0, "iao/report/v1");
    sandbox.put("pyproject.toml", crate::sandbox::PYPROJECT.replace("3.11", "3.12"));
    sandbox.commit_all("raise the python");
    answer(book, &sandbox, "run --plan .git/plan.json", 1, "iao/error/v1");
    judge_state(book, &sandbox);
}

/// What is let through: the lines of the file, the answers that write them, the reports that count them.
fn what_is_allowed(book: &Book) {
    let sandbox = Sandbox::python().file("conf.py", crate::allow::url("hunter")).commit("oops");
    std::os::unix::fs::symlink("/etc/hosts", sandbox.path().join("hosts")).unwrap();
    let words = ["--json", "allow", "conf.py:1", "--until", "2030-01-01", "--reason", "ours"];
    book.judge("the answer of `allow`", &sandbox.iao_args(words).exits(0).json());
    let words = ["--json", "scan", "--worktree", "--write-baseline", "--reason", "taken over"];
    book.judge("the answer of `scan --write-baseline`", &sandbox.iao_args(words).exits(0).json());
    let text = fs::read_to_string(sandbox.path().join(crate::allow::FILE)).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    for line in text.lines() {
        book.judge_as("iao/allow/v1", "a line of the allow-file", &serde_json::from_str(line).unwrap());
    }
    let report = answer(book, &sandbox, "scan --worktree", 0, "iao/report/v1");
    assert_eq!(report["scan"]["allowed"]["byFile"], 2, "{report}");
}

/// What hooks record, and what is wrong with some of them.
fn what_hooks_leave(book: &Book) {
    let sandbox = Sandbox::python();
    sandbox.iao("hooks install --files").exits(0);
    sandbox.put("key.pem", private_key());
    sandbox.git(&["add", "key.pem"]);
    assert!(!sandbox.git_says_yes(&["commit", "--message", "x"]));
    assert!(sandbox.git_with(&[("IAO_SKIP", "secret_detected")], &["commit", "--message", "x"]).0);
    sandbox.put("README.md", "# other\n");
    sandbox.git(&["commit", "--quiet", "--all", "--no-verify", "--message", "z"]);
    let runs = answer(book, &sandbox, "log", 0, "iao/log/v1")["runs"].clone();
    let outcomes: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["outcome"].clone()).collect();
    assert_eq!(outcomes, ["blocked", "skipped", "bypassed"]);
    sandbox.git(&["config", "core.hooksPath", "/dev/null"]);
    answer(book, &sandbox, "hooks status", 1, "iao/hooks/v1");
    answer(book, &sandbox, "hooks install --files", 2, "iao/error/v1");
    judge_state(book, &sandbox);
}

/// Evidence that is missing, speaks of something else, or was altered.
fn what_does_not_hold(book: &Book) {
    let sandbox = governed();
    answer(book, &sandbox, "show HEAD", 1, "iao/show/v1");
    answer(book, &sandbox, "verify HEAD --seal", 1, "iao/seal-check/v1");
    sandbox.git(&["notes", "--ref=iao", "copy", GOVERNANCE, "HEAD"]);
    let copied = answer(book, &sandbox, "show HEAD", 1, "iao/show/v1");
    assert!(copied["state"].is_null() && copied["seal"].is_string(), "{copied}");
    answer(book, &sandbox, "verify HEAD --seal", 1, "iao/seal-check/v1");

    let good = fs::read_to_string(stream(&sandbox)).unwrap();
    fs::write(stream(&sandbox), good.replacen("step.started", "step.skipped", 1)).unwrap();
    let check = answer(book, &sandbox, "log --check", 1, "iao/log-check/v1");
    assert!(!check["problems"].as_array().unwrap().is_empty(), "{check}");
    answer(book, &sandbox, "replay", 1, "iao/replay/v1");
    fs::write(stream(&sandbox), format!("{good}{}", &good[..40])).unwrap();
    answer(book, &sandbox, "plan", 0, "iao/report/v1");
    assert!(fs::read_to_string(stream(&sandbox)).unwrap().contains("log.recovered"));
    judge_state(book, &sandbox);
}

/// A replay that comes to another plan than the recorded one.
fn what_differs(book: &Book) {
    let sandbox = Sandbox::python();
    let plan = answer(book, &sandbox, "plan", 0, "iao/report/v1");
    let file = format!("evidence/runs/{}/plan.json", plan["run"].as_str().unwrap());
    let altered = sandbox.state(&file).replace("\"reason\":\"", "\"reason\":\"Because: ");
    sandbox.put(format!(".indestructibleautoops/{file}"), altered);
    let replay = answer(book, &sandbox, "replay", 1, "iao/replay/v1");
    assert_eq!(replay["divergence"]["document"], "plan", "{replay}");
}

/// A run that cannot record its events.
fn what_is_read_only(book: &Book) {
    let script =
        r#"mount --bind "$WORK" "$WORK"; mount -o remount,ro,bind "$WORK"; cd "$WORK"; "$IAO" --json scan"#;
    if let Some(outcome) = governed().in_namespace(script) {
        let report = outcome.exits(0).json();
        assert_eq!(report["recorded"]["state"], "no", "{report}");
        book.judge("the answer of `scan` where nothing can be written", &report);
    }
}

/// The seals of rewritten history, and the names of a SHA-256 repository.
fn what_is_rewritten_or_long(book: &Book) {
    let sandbox = Sandbox::python();
    answer(book, &sandbox, "seal", 0, "iao/report/v1");
    sandbox.git(&["commit", "--quiet", "--amend", "--message", "other words"]);
    for command in ["show", "status"] {
        let told = answer(book, &sandbox, command, 0, &format!("iao/{command}/v1"));
        assert!(told.to_string().contains("\"state\":\"tree-equivalent\""), "{told}");
    }
    let sandbox = Sandbox::without_repository();
    sandbox.git(&["init", "--quiet", "--initial-branch=main", "--object-format=sha256"]);
    let sandbox = sandbox.file("go.mod", "module example.org/m\n\ngo 1.22\n").commit("first");
    answer(book, &sandbox, "run", 0, "iao/report/v1");
    answer(book, &sandbox, "show iao/governance", 0, "iao/show/v1");
    judge_stored(book, &sandbox);
}

/// A signed seal, trusted and not, and its summary.
fn what_is_signed(book: &Book) {
    let scene = Scene::signing("ed25519");
    scene.iao("run").exits(0);
    scene.sandbox.git(&["merge", "--quiet", "--ff-only", "iao/governance"]);
    let list = scene.list("signers", &format!("ada {}", scene.public("key")));
    for options in [String::new(), format!(" --allowed-signers {list}")] {
        for (command, schema) in [("show", "iao/show/v1"), ("verify --seal", "iao/seal-check/v1")] {
            let value = scene.iao(&format!("--json {command}{options}")).exits(0).json();
            assert_eq!(value["schema"], schema);
            book.judge(command, &value);
        }
    }
    judge_stored(book, &scene.sandbox);
    let vsa = scene.iao("seal export --format vsa --resource-uri git+https://example.org/x").exits(0).stdout;
    let envelope: Value = serde_json::from_str(&vsa).unwrap();
    book.judge_as("iao/note/v1", "a summary's envelope", &envelope);
    let payload = base64::engine::general_purpose::STANDARD.decode(envelope["payload"].as_str().unwrap());
    let statement = serde_json::from_slice(&payload.unwrap()).unwrap();
    book.judge_as("iao/statement/v1", "a summary", &statement);
}

#[test]
fn every_document_fits_the_schema_it_names_and_every_schema_is_in_use() {
    let book = Book::open();
    the_loop(&book);
    the_beginning(&book);
    what_is_blocked(&book);
    what_is_allowed(&book);
    what_hooks_leave(&book);
    what_does_not_hold(&book);
    what_differs(&book);
    what_is_read_only(&book);
    what_is_rewritten_or_long(&book);
    what_is_signed(&book);
    book.assert_all_used();
}

#[test]
fn every_schema_that_the_source_names_has_a_file_and_a_line_in_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    collect(&root.join("src"), &mut sources);
    let name = Regex::new(r#""(iao/[a-z-]+/v\d+)""#).unwrap();
    let mut named = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(source).unwrap_or_default();
        named.extend(name.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    // A test of plans asks for a version that there is not.
    named.remove("iao/plan/v9");
    let (texts, page) = (texts(), fs::read_to_string(root.join("docs/json.md")).unwrap());
    let missing: Vec<_> = named.iter().filter(|id| !texts.contains_key(*id)).collect();
    assert!(missing.is_empty(), "no file for {missing:?}");
    let untold: Vec<_> = texts.keys().filter(|id| !page.contains(&format!("`{id}`"))).collect();
    assert!(untold.is_empty(), "docs/json.md does not tell of {untold:?}");
}

#[test]
fn every_schema_is_a_schema_with_a_title_and_a_word_on_each_property() {
    for (id, schema) in texts() {
        assert!(jsonschema::meta::is_valid(&schema), "{id} is no JSON Schema");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{id}");
        for word in ["title", "description"] {
            assert!(schema[word].as_str().is_some_and(|text| !text.is_empty()), "{id} has no {word}");
        }
        // Older than the rule, and told word for word in docs/events.md.
        if id != "iao/event/v1" {
            assert_described(&id, &schema);
        }
    }
}

fn assert_described(place: &str, schema: &Value) {
    match schema {
        Value::Object(words) => {
            for (name, property) in words.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let said = property["description"].as_str().unwrap_or_default();
                assert!(!said.is_empty(), "{place} says nothing of `{name}`");
            }
            words.iter().for_each(|(word, below)| assert_described(&format!("{place}/{word}"), below));
        }
        Value::Array(items) => items.iter().for_each(|below| assert_described(place, below)),
        _ => {}
    }
}
