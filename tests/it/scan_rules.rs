//! `git iao scan --rules`: a gitleaks configuration beside the rules of the program, or instead of them, for all that is scanned.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// A rule whose matches nothing else finds.
const MINE: &str = "[[rules]]\nid = 'mine'\nregex = '''mine-([a-f]{8})'''\nkeywords = ['mine-']\n";
const DEFAULT: &str = "[extend]\nuseDefault = true\n";
/// What `MINE` finds.
const HIT: &str = "ticket mine-abcdefab\n";

/// A password that one of the forms finds.
fn password() -> String {
    ["url = \"postgres://app:kT9", "vLq27Xw@db.internal/app\"\n"].concat()
}

/// Writes a file of rules beside the repository; returns its path.
fn rules(sandbox: &Sandbox, name: &str, text: &str) -> String {
    let file = sandbox.beside(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// What is found, as `code@path:line`.
fn found(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|one| {
            let finding = if one["finding"].is_object() { &one["finding"] } else { one };
            let line = finding["span"]["line"].as_u64().map_or("none".to_owned(), |line| line.to_string());
            format!("{}@{}:{line}", finding["rule"].as_str().unwrap(), finding["path"].as_str().unwrap())
        })
        .collect()
}

fn scan(sandbox: &Sandbox, arguments: &str) -> BTreeSet<String> {
    found(&sandbox.iao(&format!("--json scan {arguments}")).json())
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn every_source_is_searched_with_the_rules_of_the_file() {
    let sandbox = Sandbox::python();
    sandbox.put("a.txt", format!("{HIT}{}", password()));
    sandbox.commit_all("adds");
    let (alone, beside) =
        (rules(&sandbox, "alone.toml", MINE), rules(&sandbox, "beside.toml", &format!("{DEFAULT}{MINE}")));
    let (mine, url) = ("secret.mine@a.txt:1", "secret.url-password@a.txt:2");
    for source in ["", "--worktree", "--range HEAD", "--history"] {
        assert_eq!(scan(&sandbox, source), set(&[url]), "{source}");
        assert_eq!(scan(&sandbox, &format!("{source} --rules {alone}")), set(&[mine]), "{source}");
        assert_eq!(scan(&sandbox, &format!("{source} --rules {beside}")), set(&[mine, url]), "{source}");
    }
    sandbox.put("b.txt", "ticket mine-fedcbafe\n");
    sandbox.git(&["add", "b.txt"]);
    assert_eq!(scan(&sandbox, &format!("--staged --rules {alone}")), set(&["secret.mine@b.txt:1"]));
    let fed = sandbox.iao_fed(HIT.as_bytes(), &format!("--json scan --stdin --path x --rules {alone}"));
    assert_eq!(found(&fed.exits(1).json()), set(&["secret.mine@x:1"]));
    // What was searched with is on the record.
    let report = sandbox.iao(&format!("--json scan --rules {alone}")).json();
    let run = report["run"].as_str().unwrap();
    let events = sandbox.iao(&format!("log {run} --json")).exits(0);
    assert!(events.stdout.contains("\"rules\""), "{events:?}");
    // Exit and text are those of any finding, and its secret is not shown.
    let text = sandbox.iao(&format!("scan --rules {alone}")).exits(1);
    assert!(text.stdout.contains("secret.mine") && !text.stdout.contains("abcdefab"), "{text:?}");
}

#[test]
fn patterns_of_the_policy_stand_whatever_rules_are_given() {
    let sandbox = Sandbox::python();
    sandbox.iao("init").exits(0);
    sandbox.put("a.txt", ["AKIA", "QYLPMN5HFIQR7XYA\n"].concat());
    sandbox.commit_all("adds");
    let file = rules(&sandbox, "r.toml", &format!("{MINE}[[allowlists]]\npaths = ['a']\n"));
    assert_eq!(scan(&sandbox, &format!("--rules {file}")), set(&["secret.aws-access-key-id@a.txt:1"]));
}

#[test]
fn what_is_clean_under_one_set_of_rules_is_searched_again_under_another() {
    let sandbox = Sandbox::python();
    for number in 0..80 {
        sandbox.put(format!("{number}.txt"), format!("{number}\n{HIT}"));
    }
    sandbox.commit_all("adds");
    let file = rules(&sandbox, "r.toml", &format!("{DEFAULT}{MINE}"));
    let json = |arguments: &str| sandbox.iao(&format!("--json scan --history {arguments}")).json();
    assert_eq!(found(&json("")).len(), 0);
    assert!(json("")["known"].as_u64().unwrap() >= 80, "the cache is filled");
    let report = json(&format!("--rules {file}"));
    assert_eq!((found(&report).len(), &report["known"]), (80, &0.into()));
    // Also where only an allowlist of the file changed.
    rules(&sandbox, "r.toml", &format!("{DEFAULT}{MINE}[[rules.allowlists]]\npaths = ['txt']\n"));
    assert_eq!(found(&json(&format!("--rules {file}"))).len(), 0);
    assert!(json(&format!("--rules {file}"))["known"].as_u64().unwrap() >= 80);
    rules(&sandbox, "r.toml", &format!("{DEFAULT}{MINE}[[rules.allowlists]]\npaths = ['7.txt']\n"));
    assert_eq!(found(&json(&format!("--rules {file}"))).len(), 72);
}

#[test]
fn allowlists_let_through_what_they_name() {
    let sandbox = Sandbox::python();
    for name in ["a.txt", "b.txt", "vendor/c.txt"] {
        sandbox.put(name, format!("{HIT}{}", password()));
    }
    sandbox.commit_all("adds");
    for (list, left) in [
        ("[[allowlists]]\npaths = ['^vendor/']\n", 4),
        ("[[allowlists]]\nstopWords = ['ABCDEF']\n", 3),
        ("[[allowlists]]\nregexTarget = 'line'\nregexes = ['postgres']\n", 3),
        ("[[allowlists]]\ncondition = 'AND'\npaths = ['^vendor/']\nstopwords = ['abcdef']\n", 5),
        ("[[allowlists]]\ntargetRules = ['mine']\npaths = ['txt$']\n", 3),
        ("[[allowlists]]\ntargetRules = ['url-password']\npaths = ['txt$']\n", 3),
        ("[[rules]]\nid = 'url-password'\n[[rules.allowlists]]\npaths = ['a.txt']\n", 5),
        ("[[rules]]\nid = 'mine'\nregex='x'\n", 3),
    ] {
        let file = rules(&sandbox, "r.toml", &format!("{DEFAULT}{MINE}{list}"));
        for source in ["", "--history"] {
            // A content is told at the first path of each kind.
            let all = sandbox.iao(&format!("--json scan {source} --rules {file}")).json();
            let count = all["findings"].as_array().unwrap().len();
            if source.is_empty() {
                assert_eq!(count, left, "{list} {all:#}");
            } else {
                assert!(count <= left && count > 0, "{list} {all:#}");
            }
        }
    }
    let file = rules(&sandbox, "r.toml", &format!("{DEFAULT}disabledRules = ['url-password']\n{MINE}"));
    assert_eq!(scan(&sandbox, &format!("--rules {file}")).len(), 3);
}

#[test]
fn a_commit_is_let_through_where_commits_are_known() {
    let sandbox = Sandbox::python();
    sandbox.put("a.txt", HIT);
    let first = sandbox.commit_all("first");
    sandbox.put("a.txt", format!("{HIT}more\nticket mine-fefefefe\n"));
    sandbox.commit_all("second");
    let list = format!("[[allowlists]]\ncommits = ['{}']\n", first.to_uppercase());
    let file = rules(&sandbox, "r.toml", &format!("{MINE}{list}"));
    for source in ["--history", "--range HEAD"] {
        let known = scan(&sandbox, &format!("{source} --rules {file}"));
        assert_eq!(known, set(&["secret.mine@a.txt:3"]), "{source}");
    }
    // Files of a tree may be of any commit.
    let tree = scan(&sandbox, &format!("--rules {file}"));
    assert_eq!(tree, set(&["secret.mine@a.txt:1", "secret.mine@a.txt:3"]));
    let both = format!("[[rules.allowlists]]\ncondition = 'AND'\ncommits = ['{first}']\npaths = ['b']\n");
    let file = rules(&sandbox, "r.toml", &format!("{MINE}{both}"));
    assert_eq!(scan(&sandbox, &format!("--history --rules {file}")).len(), 2);
}

#[test]
fn files_are_found_by_their_paths_alone() {
    let sandbox = Sandbox::python();
    sandbox.put("old.p12", "older");
    sandbox.commit_all("first");
    sandbox.git(&["tag", "base"]);
    sandbox.put("keys/store.p12", b"\x30\0\0binary");
    sandbox.put("old.p12", "newer");
    sandbox.put("empty.p12", "");
    let second = sandbox.commit_all("second");
    let text = "[[rules]]\nid = 'pkcs12'\ndescription = 'a store of keys'\npath = '''\\.p12$'''\n";
    let file = rules(&sandbox, "r.toml", text);
    let places = ["empty.p12", "keys/store.p12", "old.p12"].map(|path| format!("secret.pkcs12@{path}:none"));
    let [empty, store, old] = places.each_ref().map(String::as_str);
    for source in ["", "--worktree", "--history", "--range HEAD"] {
        assert_eq!(
            scan(&sandbox, &format!("{source} --rules {file}")),
            set(&[empty, store, old]),
            "{source}"
        );
    }
    // What was there before did not come with the range, whatever became of it.
    assert_eq!(scan(&sandbox, &format!("--range base..HEAD --rules {file}")), set(&[empty, store]));
    let listed = format!("{text}[[rules.allowlists]]\ncommits = ['{second}']\n");
    let listed = rules(&sandbox, "l.toml", &listed);
    assert_eq!(scan(&sandbox, &format!("--history --rules {listed}")), set(&[old]));
    sandbox.put("new.p12", "x");
    sandbox.put("old.p12", "changed");
    sandbox.git(&["add", "-A"]);
    let staged = format!("scan --staged --rules {file}");
    assert_eq!(found(&sandbox.iao(&format!("--json {staged}")).json()), set(&["secret.pkcs12@new.p12:none"]));
    for format in ["text", "github", "sarif"] {
        let told = sandbox.iao(&format!("--format {format} {staged}")).exits(1);
        assert!(told.stdout.contains("new.p12") && told.stdout.contains("a store of keys"), "{told:?}");
    }
    // It can be let through, by its rule and its path.
    let id = sandbox.iao(&format!("--json {staged}")).json()["findings"][0]["id"].clone();
    let id = id.as_str().unwrap();
    sandbox
        .iao_args(["allow", id, "--staged", "--rules", &file, "--reason", "a test's own", "--path", "*.p12"])
        .exits(0);
    sandbox.git(&["add", "-A"]);
    sandbox.iao(&staged).exits(0);
    let fed = sandbox.iao_fed(b"x", &format!("--json scan --stdin --path a.p12 --rules {file}"));
    assert_eq!(found(&fed.exits(1).json()), set(&["secret.pkcs12@a.p12:none"]));
}

#[test]
fn what_a_file_extends_is_looked_for_from_here_and_then_beside_it() {
    let sandbox = Sandbox::python();
    sandbox.put("a.txt", HIT);
    sandbox.commit_all("adds");
    let file = rules(&sandbox, "r.toml", "[extend]\npath = 'base.toml'\n");
    sandbox.iao(&format!("scan --rules {file}")).refuses(&["base.toml"]);
    rules(&sandbox, "base.toml", MINE);
    assert_eq!(scan(&sandbox, &format!("--rules {file}")).len(), 1);
    sandbox.put("base.toml", "[[rules]]\nid = 'other'\nregex = 'ticket'\n");
    assert_eq!(
        scan(&sandbox, &format!("--worktree --rules {file}")),
        set(&["secret.other@a.txt:1", "secret.other@base.toml:3"])
    );
}

#[test]
fn a_bad_file_of_rules_is_told_with_file_line_and_column() {
    let sandbox = Sandbox::python();
    sandbox.put("a.txt", HIT);
    sandbox.commit_all("adds");
    let file = sandbox.beside("r.toml");
    let path = file.to_str().unwrap();
    for (text, words) in [
        (&b"[[rules]]\nid = 'a'\nregex = '(x'\n"[..], &["r.toml:3:9", "unclosed group"][..]),
        (b"[[rules]]\nid = 'a'\nregex = '(?=x)'\n", &["r.toml:3:9", "look-around"]),
        (b"[[rules]]\nid = 'a'\nregex = '(?:x{1000}){1000}'\n", &["r.toml:3:9", "more than 16 MiB"]),
        (b"[[rules]]\nregex = 'x'\n", &["r.toml:1:1", "no id"]),
        (b"[[rules]]\nid = 'a'\n", &["r.toml:1:1", "neither `regex` nor `path`"]),
        (b"[[rules]]\nid = 'a'\nregexp = 'x'\n", &["r.toml:3:1", "did you mean `regex`?"]),
        (b"[[rules]]\nid = 'a'\nregex = 'x'\nentropy = 'high'\n", &["r.toml:4:11", "invalid type"]),
        (b"[[rules]]\nid = 'a'\nregex = 'x'\n[[rules.allowlists]]\n", &["r.toml:4:1", "none of commits"]),
        (b"[[rules]\n", &["r.toml:1:9"]),
        (b"[[rules]]\nid = '\xff'\n", &["r.toml:2:7", "no UTF-8"]),
    ] {
        fs::write(&file, text).unwrap();
        for command in ["scan --rules", "scan --history --rules", "rules test"] {
            let told = sandbox.iao(&format!("{command} {path}")).refuses(words);
            assert!(!told.stderr.contains("panicked"), "{told:?}");
        }
    }
    // What takes other engines long is only a pattern here, and what is foreign is told and passed over.
    fs::write(&file, "title = 'x'\n[[rules]]\nid = 'a'\nregex = '(z+)+y'\nremediation = 'x'\n").unwrap();
    sandbox.put("b.txt", "z".repeat(50_000));
    let told = sandbox.iao(&format!("scan --worktree --rules {path}")).exits(0);
    assert!(told.stderr.contains("r.toml:5:1: a rule has no key `remediation`"), "{told:?}");
    sandbox.iao("scan --rules no-such.toml").refuses(&["no-such.toml"]);
    sandbox.iao("scan --rules .").refuses(&["no plain file"]);
}

/// Says something of everything that a configuration can say.
const EVERYTHING: &str = r"
title = 'everything'
[extend]
path = 'base.toml'
disabledRules = ['gone']
[[rules]]
id = 'user'
regex = '''user=(\w+)'''
keywords = ['USER']
[[rules.required]]
id = 'beside'
withinLines = 2
[[rules]]
id = 'beside'
regex = '''beside=(\w+)'''
keywords = ['nowhere']
skipReport = true
[[rules]]
id = 'tok'
keywords = ['tik']
[[rules.allowlists]]
condition = 'AND'
regexTarget = 'line'
regexes = ['''^\s*#''']
stopwords = ['Abc']
[[rules]]
id = 'files'
path = '''(?i)\.P12$'''
[[allowlists]]
targetRules = ['tok']
paths = ['''^vendor/''']
[[allowlists]]
commits = ['0000000000000000000000000000000000000000']
stopwords = ['example']
";

const BASE: &str = r"
[[rules]]
id = 'tok'
regex = '''t[oi]k-(\w{4,})'''
entropy = 1.5
keywords = ['tok']
[[rules]]
id = 'gone'
regex = '''user'''
[[rules]]
id = 'generic-x'
regex = '''k-\w+'''
";

#[test]
fn a_configuration_with_everything_finds_what_gitleaks_finds() {
    let sandbox = Sandbox::python();
    let text = "user=alice1\nx\nbeside=other1\n\n\n\nuser=bobby2\n\n\n# tok-abcdefg\ntok-abcdefh\ntik-qwertyu\ntok-aaaaaaa\n\
        tok-Example9\nk-lonely tok-zxcvbnm\n";
    for path in ["t.txt", "vendor/t.txt"] {
        sandbox.put(path, text);
    }
    sandbox.put("k.P12", "x");
    sandbox.commit_all("adds");
    rules(&sandbox, "base.toml", BASE);
    let file = rules(&sandbox, "r.toml", EVERYTHING);
    // As gitleaks 8.30.1 has it.
    let generic = |path: &str| [10, 11, 12, 13, 15].map(|line| format!("secret.generic-x@{path}:{line}"));
    let mut expected: BTreeSet<String> =
        ["t.txt", "vendor/t.txt"].iter().flat_map(|path| generic(path)).collect();
    expected.extend([11, 12, 15].map(|line| format!("secret.tok@t.txt:{line}")));
    expected.extend(set(&["secret.user@t.txt:1", "secret.user@vendor/t.txt:1", "secret.files@k.P12:none"]));
    assert_eq!(scan(&sandbox, &format!("--rules {file}")), expected);
}
