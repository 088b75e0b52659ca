//! `git iao scan` of ranges, of history and of the standard input: every content that is reachable, and no other.
//!
//! What cannot be read is an error with its name, after all else was scanned and told.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::private_key;
use crate::sandbox::{Outcome, Sandbox};

/// A content with a credential that no other has.
fn secret(word: &str) -> String {
    // Put together, so that none stands here.
    let password = ["kT9", "vLq27", "Xw"].concat();
    format!("{word}\nurl = \"postgres://app:{password}{word}@db.internal/app\"\n")
}

/// A password that is one where values need no quotes.
fn bare_password() -> String {
    ["db_password=", "kT9vLq", "27Xwq\n"].concat()
}

/// The file of a loose object.
fn object(sandbox: &Sandbox, revision: &str) -> PathBuf {
    let id = sandbox.revision(revision);
    sandbox.path().join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Takes a loose object away; returns its name.
pub(crate) fn lose(sandbox: &Sandbox, revision: &str) -> String {
    let id = sandbox.revision(revision);
    std::fs::remove_file(object(sandbox, revision)).unwrap();
    id
}

/// Scans for machines.
fn scan(sandbox: &Sandbox, arguments: &str, exit: i32) -> Value {
    sandbox.iao(&format!("--json scan {arguments}")).exits(exit).json()
}

/// Where findings are, and of which commits: `path@subject`.
fn places(sandbox: &Sandbox, report: &Value) -> BTreeSet<String> {
    let place = |found: &Value| {
        let subject = match found["commit"].as_str() {
            Some(commit) => sandbox.git(&["log", "-1", "--format=%s", commit]),
            None => "nothing".to_owned(),
        };
        format!("{}@{subject}", found["finding"]["path"].as_str().unwrap())
    };
    report["findings"].as_array().unwrap().iter().map(place).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn shows_nothing(outcome: &Outcome) {
    let all = format!("{}{}", outcome.stdout, outcome.stderr);
    assert!(!all.contains("vLq27") && !all.contains("MIIEMIIE"), "{outcome:?}");
}

#[test]
fn history_holds_what_branches_tags_stashes_and_merges_hold_and_not_what_dangles() {
    let sandbox = Sandbox::python();
    sandbox.put("gone.py", secret("gone"));
    sandbox.commit_all("adds");
    std::fs::remove_file(sandbox.path().join("gone.py")).unwrap();
    sandbox.commit_all("removes");
    sandbox.git(&["checkout", "-q", "-b", "side"]);
    sandbox.put("side.py", secret("side"));
    sandbox.commit_all("on a branch");
    sandbox.git(&["checkout", "-q", "--detach", "main"]);
    sandbox.put("tagged.py", secret("tagged"));
    sandbox.commit_all("in a tag only");
    sandbox.git(&["tag", "-a", "-m", "one", "one"]);
    sandbox.git(&["tag", "-a", "-m", "two", "two", "one"]);
    sandbox.git(&["tag", "-d", "one"]);
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--no-ff", "--no-commit", "side"]);
    sandbox.put("evil.py", secret("evil"));
    sandbox.commit_all("merges");
    sandbox.put("README.md", format!("# sample\n{}", secret("stashed")));
    sandbox.git(&["stash", "-q"]);
    sandbox.git(&["checkout", "-q", "--detach"]);
    sandbox.put("dangling.py", secret("dangling"));
    sandbox.commit_all("dangles");
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.put("blob.txt", secret("blob"));
    let blob = sandbox.git(&["hash-object", "-w", "blob.txt"]);
    sandbox.git(&["tag", "a-blob", &blob]);
    sandbox.put("tree.py", secret("tree"));
    sandbox.git(&["add", "tree.py"]);
    let tree = sandbox.git(&["write-tree"]);
    sandbox.git(&["tag", "-a", "-m", "x", "a-tree", &tree]);
    sandbox.git(&["reset", "-q", "--hard"]);
    for packed in [false, true] {
        if packed {
            sandbox.git(&["repack", "-adfq"]);
            sandbox.git(&["pack-refs", "--all"]);
        }
        let before = sandbox.user_state();
        let report = scan(&sandbox, "--history", 1);
        before.assert_untouched(&sandbox);
        let stash = format!("README.md@WIP on main: {} merges", &sandbox.revision("HEAD")[..7]);
        let expected = [
            "gone.py@adds",
            "side.py@on a branch",
            "tagged.py@in a tag only",
            "evil.py@merges",
            stash.as_str(),
            "refs/tags/a-blob@nothing",
            "tree.py@nothing",
        ];
        assert_eq!(places(&sandbox, &report), set(&expected));
        let reachable = sandbox.git(&["rev-list", "--all", "--objects", "--no-object-names"]);
        let kinds = reachable.lines().map(|id| sandbox.git(&["cat-file", "-t", id]));
        let kinds: Vec<String> = kinds.collect();
        for (kind, count) in [("commit", "commits"), ("tree", "trees"), ("blob", "scanned")] {
            let expected = kinds.iter().filter(|one| *one == kind).count();
            assert_eq!(report[count], expected, "{kind} {report:#}");
        }
    }
    shows_nothing(&sandbox.iao("scan --history").exits(1));
    shows_nothing(&sandbox.iao("--format sarif scan --history").exits(1));
}

#[test]
fn a_detached_head_of_any_working_tree_is_history() {
    let sandbox = Sandbox::python();
    let linked = sandbox.beside("linked");
    sandbox.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    std::fs::write(linked.join("a.py"), secret("a")).unwrap();
    let there = linked.to_str().unwrap();
    sandbox.git(&["-C", there, "add", "a.py"]);
    sandbox.git(&["-C", there, "commit", "-qm", "detached"]);
    assert_eq!(places(&sandbox, &scan(&sandbox, "--history", 1)), set(&["a.py@detached"]));
}

#[test]
fn a_range_holds_what_came_with_it_also_when_it_went_again() {
    let sandbox = Sandbox::python().file("old.py", secret("old")).commit("old");
    sandbox.git(&["tag", "base"]);
    sandbox.put("brief.py", secret("brief"));
    sandbox.commit_all("adds");
    std::fs::remove_file(sandbox.path().join("brief.py")).unwrap();
    sandbox.commit_all("removes");
    sandbox.put("old.py", format!("# moved\n{}{}", secret("old"), secret("new")));
    sandbox.commit_all("edits");
    let expected = set(&["brief.py@adds", "old.py@edits"]);
    for range in ["base..HEAD", "base..", "base...HEAD", "HEAD...base"] {
        let report = scan(&sandbox, &format!("--range {range}"), 1);
        assert_eq!(places(&sandbox, &report), expected, "{range}");
        assert_eq!((&report["commits"], &report["scanned"]), (&3.into(), &2.into()), "{range}");
        assert_eq!(
            report["findings"].as_array().unwrap().len(),
            2,
            "what was there is not told again: {range}"
        );
    }
    for range in ["HEAD..base", "HEAD..HEAD", &format!("base..{}", "0".repeat(40))] {
        assert_eq!(scan(&sandbox, &format!("--range {range}"), 0)["commits"], 0, "{range}");
    }
    let all = set(&["old.py@old", "brief.py@adds", "old.py@edits"]);
    for range in ["HEAD", &format!("{}..HEAD", "0".repeat(40))] {
        assert_eq!(places(&sandbox, &scan(&sandbox, &format!("--range {range}"), 1)), all, "{range}");
    }
    for range in ["nothing", "base..nothing", "..", "base..HEAD..base", "^base", "HEAD:old.py"] {
        if range != ".." {
            let _ = sandbox.iao(&format!("scan --range {range}")).refuses(&["not a"]);
        }
    }
}

#[test]
fn both_sides_of_three_dots_count_from_where_they_parted() {
    let sandbox = Sandbox::python().file("base.py", secret("base")).commit("base");
    for side in ["one", "two"] {
        sandbox.git(&["checkout", "-q", "-b", side, "main"]);
        sandbox.put(format!("{side}.py"), secret(side));
        sandbox.commit_all(side);
    }
    let both = places(&sandbox, &scan(&sandbox, "--range one...two", 1));
    assert_eq!(both, set(&["one.py@one", "two.py@two"]));
    assert_eq!(places(&sandbox, &scan(&sandbox, "--range one..two", 1)), set(&["two.py@two"]));
}

#[test]
fn of_many_versions_the_first_that_has_it_is_told() {
    let sandbox = Sandbox::python();
    for number in 0..5 {
        sandbox.put("a.py", format!("{}# {number}\n", if number > 1 { secret("a") } else { String::new() }));
        sandbox.commit_all(&format!("{number}"));
    }
    sandbox.git(&["mv", "a.py", "b.py"]);
    sandbox.commit_all("moves");
    let report = scan(&sandbox, "--history", 1);
    assert_eq!(places(&sandbox, &report), set(&["a.py@2"]), "the same content elsewhere is the same");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["finding"]["span"]["line"], 2);
    sandbox.iao("scan --history").exits(1).answers(&["a.py:2", &sandbox.revision("HEAD~3")]);
}

#[test]
fn a_content_is_judged_at_each_kind_of_path_that_it_stands_at() {
    let sandbox = Sandbox::new();
    // In code a value stands between quotes.
    sandbox.put("words.py", bare_password());
    sandbox.commit_all("hidden");
    assert_eq!(places(&sandbox, &scan(&sandbox, "--history", 0)), set(&[]));
    sandbox.git(&["mv", "words.py", "words.env"]);
    sandbox.commit_all("shown");
    sandbox.git(&["mv", "words.env", "other.env"]);
    sandbox.commit_all("moved");
    assert_eq!(places(&sandbox, &scan(&sandbox, "--history", 0)), set(&["words.env@shown"]));
    // In a test a finding weighs less.
    sandbox.put("tests/a/key.txt", private_key());
    sandbox.commit_all("a test");
    scan(&sandbox, "--history", 0);
    sandbox.git(&["mv", "tests/a", "a"]);
    sandbox.commit_all("no test");
    let report = scan(&sandbox, "--history", 1);
    let expected = set(&["words.env@shown", "tests/a/key.txt@a test", "a/key.txt@no test"]);
    assert_eq!(places(&sandbox, &report), expected, "a whole directory moved");
}

#[test]
fn a_lost_content_is_named_and_all_others_are_scanned() {
    let sandbox = Sandbox::python().file("lost.txt", "lost\n").commit("first");
    let sandbox = sandbox.file("key.py", secret("key")).commit("second");
    let id = lose(&sandbox, "HEAD:lost.txt");
    for flags in ["--history", "--history --allow-missing", "--range HEAD", "--range HEAD~2..HEAD"] {
        let report = scan(&sandbox, flags, 2);
        assert_eq!(places(&sandbox, &report), set(&["key.py@second"]), "{flags}");
        let unread = &report["unread"].as_array().unwrap()[..];
        assert_eq!(unread.len(), 1, "{flags}");
        assert_eq!((&unread[0]["object"], &unread[0]["path"]), (&id.as_str().into(), &"lost.txt".into()));
        assert_eq!((&unread[0]["promised"], &unread[0]["kind"]), (&false.into(), &"blob".into()));
    }
    let outcome = sandbox.iao("scan --history").exits(2).answers(&["key.py", "could not read 1 object"]);
    outcome.says(&[&id, "lost.txt", "missing", "help:"]);
    sandbox.iao("--format sarif scan --history").exits(2).says(&[&id]);
    // What is not asked for is not missed.
    scan(&sandbox, "--range HEAD~1..HEAD", 1);
}

#[test]
fn lost_trees_and_commits_are_named_too() {
    let sandbox = Sandbox::python().file("deep/lost/a.py", secret("a")).commit("first");
    let sandbox = sandbox.file("key.py", secret("key")).commit("second").file("b.py", "").commit("third");
    let tree = lose(&sandbox, "HEAD:deep/lost");
    let report = scan(&sandbox, "--history", 2);
    assert_eq!(places(&sandbox, &report), set(&["key.py@second"]));
    assert_eq!(report["unread"][0]["path"], "deep/lost");
    let commit = lose(&sandbox, "HEAD~1");
    let report = scan(&sandbox, "--history", 2);
    let names: BTreeSet<&str> =
        report["unread"].as_array().unwrap().iter().map(|one| one["object"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from([tree.as_str(), commit.as_str()]));
    assert_eq!(report["findings"][0]["finding"]["path"], "key.py", "what the last commit has is scanned");
    sandbox.iao("scan --history").exits(2).says(&["commit", &commit, "tree", &tree]);
}

#[test]
fn a_damaged_content_is_named() {
    let sandbox = Sandbox::python().file("bad.txt", "bad\n").file("key.py", secret("key")).commit("first");
    let (path, id) = (object(&sandbox, "HEAD:bad.txt"), sandbox.revision("HEAD:bad.txt"));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "no zlib stream").unwrap();
    let report = scan(&sandbox, "--history", 2);
    assert_eq!(places(&sandbox, &report), set(&["key.py@first"]));
    assert_eq!(report["unread"][0]["object"], *id);
    sandbox.iao("scan --history --allow-missing").exits(2).says(&[&id, "corrupt"]);
}

#[test]
fn a_replaced_content_is_scanned_as_it_is_and_grafts_hide_nothing() {
    let sandbox = Sandbox::python().file("key.py", secret("key")).commit("first");
    let sandbox = sandbox.file("key.py", "clean\n").commit("second");
    let ids = ["HEAD~1:key.py", "HEAD:key.py", "HEAD"].map(|name| sandbox.revision(name));
    sandbox.git(&["replace", &ids[0], &ids[1]]);
    std::fs::create_dir_all(sandbox.path().join(".git/info")).unwrap();
    std::fs::write(sandbox.path().join(".git/info/grafts"), format!("{}\n", ids[2])).unwrap();
    assert_eq!(places(&sandbox, &scan(&sandbox, "--history", 1)), set(&["key.py@first"]));
    assert_eq!(places(&sandbox, &scan(&sandbox, "--range HEAD", 1)), set(&["key.py@first"]));
}

#[test]
fn history_ends_where_a_shallow_clone_was_cut_off() {
    let sandbox = Sandbox::python().file("old.py", secret("old")).commit("old");
    std::fs::remove_file(sandbox.path().join("old.py")).unwrap();
    sandbox.commit_all("removes");
    sandbox.put("new.py", secret("new"));
    sandbox.commit_all("new");
    let shallow = sandbox.beside("shallow");
    let url = format!("file://{}", sandbox.path().display());
    sandbox.git(&["clone", "-q", "--depth=2", &url, shallow.to_str().unwrap()]);
    let report = sandbox.iao_in(&shallow, &[], ["--json", "scan", "--history"]).exits(1).json();
    assert_eq!(places(&sandbox, &report), set(&["new.py@new"]));
    assert_eq!(report["commits"], 2);
}

#[test]
fn what_a_partial_clone_left_behind_is_counted_named_and_not_fetched() {
    let sandbox = Sandbox::python().file("old.py", secret("old")).commit("old");
    std::fs::remove_file(sandbox.path().join("old.py")).unwrap();
    sandbox.put("new.py", secret("new"));
    sandbox.commit_all("new");
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", sandbox.path().display());
    for filter in ["blob:none", "tree:0"] {
        let partial = sandbox.beside(&filter.replace(':', "-"));
        let there = partial.to_str().unwrap();
        sandbox.git(&["clone", "-q", &format!("--filter={filter}"), &url, there]);
        let count = || sandbox.git(&["-C", there, "count-objects", "-v"]);
        let before = count();
        let report = sandbox.iao_in(&partial, &[], ["--json", "scan", "--history"]).exits(2).json();
        assert_eq!(places(&sandbox, &report), set(&["new.py@new"]), "{filter}");
        let unread = report["unread"].as_array().unwrap();
        assert!(!unread.is_empty() && unread.iter().all(|one| one["promised"] == true), "{unread:?}");
        let left = if filter == "blob:none" { "HEAD~1:old.py" } else { "HEAD~1^{tree}" };
        let left = sandbox.revision(left);
        assert!(unread.iter().any(|one| one["object"] == *left), "{unread:?}");
        let allowed = ["--json", "scan", "--history", "--allow-missing"];
        let report = sandbox.iao_in(&partial, &[], allowed).exits(1).json();
        assert!(!report["unread"].as_array().unwrap().is_empty());
        assert_eq!(count(), before, "nothing is fetched");
    }
}

#[test]
fn names_of_32_bytes_borrowed_objects_and_empty_repositories_are_scanned() {
    let long = Sandbox::without_repository();
    long.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    assert_eq!(scan(&long, "--history", 0)["commits"], 0, "there is no commit yet");
    let _ = long.iao("scan --range HEAD").refuses(&["no commit"]);
    long.put("a.py", secret("a"));
    long.commit_all("first");
    assert_eq!(places(&long, &scan(&long, "--history", 1)), set(&["a.py@first"]));
    assert_eq!(places(&long, &scan(&long, "--range HEAD", 1)), set(&["a.py@first"]));
    let lender = Sandbox::python().file("a.py", secret("a")).commit("lent");
    lender.git(&["repack", "-adq"]);
    let borrower = lender.beside("borrower");
    lender.git(&["clone", "-q", "--shared", ".", borrower.to_str().unwrap()]);
    let report = lender.iao_in(&borrower, &[], ["--json", "scan", "--history"]).exits(1).json();
    assert_eq!(places(&lender, &report), set(&["a.py@lent"]));
    let bare = lender.beside("bare");
    lender.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let report = lender.iao_in(&bare, &[], ["--json", "scan", "--range", "HEAD~1..HEAD"]).exits(1).json();
    assert_eq!(places(&lender, &report), set(&["a.py@lent"]));
}

#[test]
fn links_are_contents_and_submodules_are_not() {
    let sandbox = Sandbox::python();
    std::os::unix::fs::symlink(secret("link").lines().nth(1).unwrap(), sandbox.path().join("link")).unwrap();
    sandbox.commit_all("a link");
    let absent = "1".repeat(40);
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{absent},sub")]);
    sandbox.git(&["commit", "-qm", "a submodule"]);
    assert_eq!(places(&sandbox, &scan(&sandbox, "--history", 1)), set(&["link@a link"]));
}

#[test]
fn the_standard_input_is_one_content() {
    let sandbox = Sandbox::python();
    let feed = |input: &[u8], flags: &str, exit: i32| {
        sandbox.iao_fed(input, &format!("--json scan --stdin {flags}")).exits(exit).json()
    };
    let report = feed(secret("x").as_bytes(), "", 1);
    assert_eq!(report["findings"][0]["finding"]["path"], "stdin");
    assert_eq!((&report["scanned"], &report["source"]), (&1.into(), &"stdin".into()));
    shows_nothing(&sandbox.iao_fed(secret("x").as_bytes(), "scan --stdin").exits(1).answers(&["stdin:2"]));
    // In a test it weighs less, and in code a value stands between quotes.
    let report = feed(private_key().as_bytes(), "--path tests/key.txt", 0);
    assert_eq!(report["findings"][0]["finding"]["severity"], "warning");
    for (path, count) in [("a.py", 0), ("a.env", 1)] {
        let report = feed(bare_password().as_bytes(), &format!("--path {path}"), 0);
        assert_eq!(report["findings"].as_array().unwrap().len(), count, "{path}");
    }
    assert_eq!(feed(b"", "", 0)["scanned"], 1);
    let binary = [secret("x").as_bytes(), b"\0"].concat();
    assert_eq!(feed(&binary, "", 0)["skipped"][0]["why"], "binary");
    let _ = sandbox.iao("scan --path a.py").refuses(&["--stdin"]);
    let _ = sandbox.iao("scan --stdin HEAD").refuses(&["cannot be used with"]);
    let _ = sandbox.iao("scan --history --range HEAD").refuses(&["cannot be used with"]);
    let _ = sandbox.iao("scan --history --staged").refuses(&["cannot be used with"]);
}

#[test]
fn one_line_of_fifty_megabytes_takes_seconds_and_is_told() {
    let sandbox = Sandbox::python();
    let line = "key=a;".repeat(50 << 20).into_bytes();
    let started = std::time::Instant::now();
    let report = sandbox.iao_fed(&line[..50 << 20], "--json scan --stdin").exits(0).json();
    assert_eq!(report["skipped"][0]["why"], "larger than 16 MiB");
    let report = sandbox.iao_fed(&line[..8 << 20], "--json scan --stdin").exits(0).json();
    assert_eq!(report["scanned"], 1);
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn what_is_allowed_in_the_tree_of_head_is_allowed_wherever_it_stands() {
    let sandbox = Sandbox::python().file("key.py", secret("key")).commit("adds");
    sandbox.iao_args(["allow", "key.py:2", "--reason", "a test server, open to all"]).exits(0);
    sandbox.commit_all("allows");
    sandbox.put("line.py", secret("line").replace("/app\"", "/app\" # iao:allow url-password a test"));
    sandbox.commit_all("allows in its line");
    std::fs::remove_file(sandbox.path().join("key.py")).unwrap();
    sandbox.commit_all("removes");
    for source in ["--history", "--range HEAD"] {
        let report = scan(&sandbox, source, 0);
        assert_eq!((&report["allowed"]["byFile"], &report["allowed"]["inline"]), (&1.into(), &1.into()));
        assert_eq!(places(&sandbox, &report), set(&[]), "{source}");
    }
    let fed = sandbox.iao_fed(secret("key").as_bytes(), "--json scan --stdin --path key.py").exits(0).json();
    assert_eq!(fed["allowed"]["byFile"], 1);
    let elsewhere = sandbox.iao_fed(secret("key").as_bytes(), "--json scan --stdin --path other.py");
    assert_eq!(elsewhere.exits(1).json()["allowed"]["byFile"], 0);
    sandbox.put("configs/indestructibleautoops.allow.jsonl", "broken\n");
    sandbox.commit_all("breaks");
    let _ = sandbox.iao("scan --history").refuses(&["allow.jsonl"]);
}

#[test]
fn lines_and_commits_are_shown_in_every_format_and_secrets_in_none() {
    let sandbox = Sandbox::python().file("key.py", secret("key")).commit("adds");
    let commit = sandbox.revision("HEAD");
    for (format, words) in [
        ("text", ["url = \"postgres://app:", "why: "]),
        ("github", ["::error file=key.py,line=2", "key.py"]),
        ("sarif", ["\"startColumn\"", "\"commit\""]),
    ] {
        let outcome = sandbox.iao(&format!("--format {format} scan --history")).exits(1);
        shows_nothing(&outcome);
        outcome.answers(&[&commit, words[0], words[1]]);
    }
}

#[test]
fn nothing_is_recorded_by_a_search_of_contents() {
    let sandbox = Sandbox::python().file("key.py", secret("key")).commit("first");
    scan(&sandbox, "--history", 1);
    scan(&sandbox, "--range HEAD", 1);
    let _ = sandbox.iao_fed(secret("x").as_bytes(), "scan --stdin").exits(1);
    assert_eq!(sandbox.our_refs(), "");
    assert!(!sandbox.path().join(".indestructibleautoops").exists());
}

/// A history of a hundred contents, one of which holds a secret and one of which is binary.
fn history() -> Sandbox {
    let mut sandbox = Sandbox::python().file("key.py", secret("key")).file("b.bin", [0; 9]);
    for number in 0..100 {
        sandbox = sandbox.file(&format!("f{number}.py"), format!("x = {number}\n"));
    }
    sandbox.commit("first")
}

/// The files that hold what is known to be clean.
fn clean_files(sandbox: &Sandbox) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(sandbox.path().join(".git/iao/cache")).into_iter().flatten();
    let paths = listed.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("clean-")).collect()
}

#[test]
fn what_was_clean_is_passed_over_and_what_was_not_is_told_again() {
    let sandbox = history();
    let first = scan(&sandbox, "--history", 1);
    assert_eq!((&first["known"], &first["scanned"]), (&0.into(), &105.into()));
    let files = clean_files(&sandbox);
    assert_eq!(files.len(), 1);
    let bytes = std::fs::read(&files[0]).unwrap();
    let holds = |revision: &str| {
        let id = sandbox.revision(revision);
        let id: Vec<u8> =
            (0..20).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap()).collect();
        bytes.windows(20).any(|window| window == id)
    };
    assert!(holds("HEAD:f1.py") && holds("HEAD:b.bin") && !holds("HEAD:key.py"));
    sandbox.put("f1.py", secret("new"));
    sandbox.commit_all("second");
    for source in ["--history", "--range HEAD"] {
        let second = scan(&sandbox, source, 1);
        assert_eq!((&second["known"], &second["scanned"]), (&104.into(), &106.into()), "{source}");
        assert_eq!(places(&sandbox, &second), set(&["key.py@first", "f1.py@second"]), "{source}");
        assert_eq!(second["skipped"], first["skipped"], "{source}");
    }
    sandbox
        .iao("scan --history")
        .exits(1)
        .answers(&["106 contents of 3 commits, of which 104 known to be clean"]);
    // At another kind of path it is another matter.
    sandbox.put("f2.env", bare_password());
    sandbox.put("f2.py", bare_password());
    sandbox.commit_all("third");
    let third = scan(&sandbox, "--history", 1);
    assert!(places(&sandbox, &third).contains("f2.env@third"), "{third:#}");
    scan(&sandbox, "--range HEAD~1..HEAD", 0);
}

#[test]
fn what_is_known_holds_for_its_rules_alone_and_only_where_it_is_wanted() {
    let sandbox = history();
    assert_eq!(scan(&sandbox, "--history --no-cache", 1)["known"], 0);
    assert!(clean_files(&sandbox).is_empty(), "nothing is remembered");
    scan(&sandbox, "--range HEAD~1..HEAD", 1);
    let files = clean_files(&sandbox);
    let before: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    assert_eq!(scan(&sandbox, "--history --no-cache", 1)["known"], 0, "nothing is believed");
    assert!(before.iter().zip(&files).all(|(bytes, file)| std::fs::read(file).unwrap() == *bytes));
    let policy = include_str!("../../configs/indestructibleautoops.policies.yaml");
    let policy =
        policy.replacen("forbidSecretsPatterns:\n", "forbidSecretsPatterns:\n      - 'x = 7\\n'\n", 1);
    sandbox.put("configs/indestructibleautoops.policies.yaml", policy);
    sandbox.commit_all("a policy");
    let report = scan(&sandbox, "--history", 1);
    assert_eq!(report["known"], 0, "another policy looks for other things");
    assert!(places(&sandbox, &report).contains("f7.py@first"), "{report:#}");
    assert_eq!(clean_files(&sandbox).len(), 1);
    assert!(files.iter().all(|file| !file.exists()), "what no rules look for is removed");
    // A small range is sooner searched than looked up.
    assert_eq!(scan(&sandbox, "--range HEAD~1..HEAD", 0)["known"], 0);
}

#[test]
fn damage_of_what_is_known_is_not_believed_and_a_place_that_cannot_be_written_is_no_error() {
    let sandbox = history();
    let told = places(&sandbox, &scan(&sandbox, "--history", 1));
    let file = clean_files(&sandbox).remove(0);
    let good = std::fs::read(&file).unwrap();
    for at in [0, 3, 20, 60, good.len() / 2, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        for bytes in [&bytes[..], &good[..at]] {
            std::fs::write(&file, bytes).unwrap();
            let report = scan(&sandbox, "--history", 1);
            assert_eq!(places(&sandbox, &report), told, "byte {at}");
            assert!(report["known"].as_u64().unwrap() < 104, "byte {at}");
            assert_eq!(scan(&sandbox, "--history", 1)["known"], 104, "it is made anew: byte {at}");
        }
    }
    std::fs::remove_dir_all(sandbox.path().join(".git/iao/cache")).unwrap();
    std::fs::write(sandbox.path().join(".git/iao/cache"), "in the way").unwrap();
    assert_eq!(places(&sandbox, &scan(&sandbox, "--history", 1)), told);
}

/// Takes a minute: `cargo test -- --ignored`.
#[test]
#[ignore = "makes 100,000 files"]
fn a_hundred_thousand_files_are_counted() {
    let sandbox = Sandbox::new();
    let mut stream = String::from("commit refs/heads/main\ncommitter A <a@x> 1700000000 +0000\ndata 1\nx\n");
    for number in 0..100_000 {
        let text = format!("{number}\n");
        stream.push_str(&format!(
            "M 100644 inline d{}/f{number}.py\ndata {}\n{text}\n",
            number % 300,
            text.len()
        ));
    }
    std::fs::write(sandbox.beside("stream"), stream).unwrap();
    let stream = sandbox.beside("stream");
    sandbox.git(&["config", "alias.load", &format!("!git fast-import --quiet < {}", stream.display())]);
    sandbox.git(&["load"]);
    assert_eq!(scan(&sandbox, "--history", 0)["scanned"], 100_000);
}
