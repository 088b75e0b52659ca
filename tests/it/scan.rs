//! `git iao scan` reads a commit, the index or the working tree, and never shows what it found in clear.

use crate::run::private_key;
use crate::sandbox::Sandbox;

#[test]
fn a_clean_tree_is_clean() {
    let sandbox = Sandbox::python();
    let before = sandbox.user_state();
    sandbox.iao("--json scan").exits(0).json();
    before.assert_untouched(&sandbox);
}

#[test]
fn a_secret_is_placed_and_not_shown() {
    let sandbox = Sandbox::python().file("a/key.txt", format!("first\n{}", private_key())).commit("oops");
    for format in ["text", "json", "sarif"] {
        let outcome = sandbox.iao(&format!("--format {format} scan")).exits(1).answers(&["a/key.txt"]);
        assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains("MIIEMIIE"), "{outcome:?}");
    }
    sandbox.iao("scan").exits(1).answers(&["a/key.txt:2"]);
    assert!(!sandbox.state("governance/event-stream.jsonl").contains("MIIEMIIE"));
}

#[test]
fn staged_reads_the_index_and_worktree_reads_the_disk() {
    let sandbox = Sandbox::python();
    sandbox.put("key.txt", private_key());
    sandbox.iao("scan").exits(0);
    sandbox.iao("scan --staged").exits(0);
    sandbox.iao("scan --worktree").exits(1);
    sandbox.git(&["add", "key.txt"]);
    sandbox.put("key.txt", "nothing\n");
    sandbox.iao("scan --staged").exits(1);
    sandbox.iao("scan --worktree").exits(0);
}

#[test]
fn staged_reads_exactly_the_index_that_git_names() {
    let sandbox = Sandbox::python();
    sandbox.put("key.txt", private_key());
    let other = sandbox.beside("other-index");
    std::fs::copy(sandbox.path().join(".git/index"), &other).unwrap();
    sandbox.git(&["add", "key.txt"]);
    let other = other.to_str().unwrap();
    sandbox.iao_with(&[("GIT_INDEX_FILE", other)], "scan --staged").exits(0);
    sandbox.iao("scan --staged").exits(1);
}

/// A password behind characters that count differently in bytes, characters and UTF-16.
fn wide() -> String {
    format!("\u{1f511}\u{e9} = {}", crate::allow::url("hunter"))
}

#[test]
fn sarif_is_sarif() {
    let sandbox = Sandbox::python().file("a b.py", format!("first\n{}", wide())).commit("oops");
    let sarif = |sandbox: &Sandbox| -> serde_json::Value {
        serde_json::from_str(&sandbox.iao("--format sarif scan").stdout).unwrap()
    };
    let log = sarif(&sandbox);
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.py");
    let before = wide().split("hunter").next().unwrap().encode_utf16().count() as u64;
    let region = &place["region"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&2.into(), &(before + 1).into()), "{region}");
    assert_eq!(region["endColumn"], before + 1 + "hunter9Zq".len() as u64);
    let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
    assert_eq!(rule["id"], result["ruleId"]);
    assert_eq!(rule["properties"]["security-severity"], "8.0");
    assert!(rule["help"]["markdown"].is_string() && result["message"]["text"].is_string());
    let fingerprint = |log: &serde_json::Value| {
        log["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"].clone()
    };
    sandbox.put("a b.py", format!("first\n\nmoved\n{}", wide()));
    sandbox.commit_all("moved");
    assert_eq!(fingerprint(&sarif(&sandbox)), fingerprint(&log));
    sandbox.iao("allow HEAD:1 --reason x").refuses(&["no finding"]);
    sandbox.iao_args(["allow", "a b.py:4", "--reason", "ours"]).exits(0);
    sandbox.commit_all("allow");
    let suppressed = &sarif(&sandbox)["runs"][0]["results"][0];
    assert_eq!(suppressed["suppressions"][0]["kind"], "external");
    assert_eq!(suppressed["suppressions"][0]["justification"], "ours");
}

#[test]
fn annotations_are_one_command_a_line_whatever_a_file_is_called() {
    let sandbox = Sandbox::python().file("a,b:c%d.py", wide()).file("key.txt", private_key()).commit("oops");
    let told = sandbox.iao("--format github scan").exits(1).stdout;
    let lines: Vec<&str> = told.lines().filter(|line| line.contains("url-password")).collect();
    let column = 1 + wide().split("hunter").next().unwrap().encode_utf16().count();
    let expected = format!(
        "::error file=a%2Cb%3Ac%25d.py,line=1,endLine=1,col={column},endColumn={},title=secret.url-password::the URL holds a password (hu\u{2026})%0A",
        column + "hunter9Zq".len()
    );
    assert!(lines.len() == 1 && lines[0].starts_with(&expected), "{told}");
    assert!(told.lines().all(|line| line.starts_with("::")), "{told}");
    sandbox.put("b\n::error::x.py", "");
    sandbox.commit_all("a name that would be a command");
    let told = sandbox.iao("--format github scan").exits(1).stdout;
    assert!(told.contains("file=b%0A%3A%3Aerror%3A%3Ax.py,title=tree.control-character::"), "{told}");
    assert!(told.lines().all(|line| line.starts_with("::")), "{told}");
    for command in ["run", "log", "allow x --reason y"] {
        sandbox.iao(&format!("--format github {command}")).refuses(&["no answer in this format"]);
    }
}

#[test]
fn text_shows_the_line_and_why_and_marks_the_place() {
    let sandbox = Sandbox::python().file("conf.py", format!("first\n\t{}", wide())).commit("oops");
    let told = sandbox.iao("scan").exits(1).stdout;
    let shown = told.lines().find(|line| line.contains("postgres://")).unwrap();
    assert_eq!(shown, "  2 | \u{1f511}\u{e9} = url = 'postgres://app:hu\u{2026}@db.internal/x'");
    let mark = told.lines().skip_while(|line| *line != shown).nth(1).unwrap();
    let before = shown.split("hu\u{2026}").next().unwrap().chars().count();
    assert_eq!(mark, format!("    |{}^^^", " ".repeat(before - 5)), "{told}");
    assert!(told.contains("  why: high confidence: "), "{told}");
}

#[test]
fn hostile_entries_are_findings() {
    let sandbox = Sandbox::python();
    std::os::unix::fs::symlink("../../../etc/passwd", sandbox.path().join("escape")).unwrap();
    sandbox.put("src/Read.py", "");
    sandbox.put("src/read.py", "");
    sandbox.git(&["config", "core.protectHFS", "false"]);
    sandbox.commit_all("traps");
    let outcome = sandbox.iao("--json scan");
    assert!(outcome.code < 2, "{outcome:?}");
    let _ = outcome.answers(&["escape", "src/Read.py", "hostile_entry"]);
}
