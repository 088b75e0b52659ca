//! Reads the source of this package and holds the walls of the house.
//!
//! Arrows run down only, siblings never import each other, and each door to the outside is one file.
//! Comments and strings do not count; the arrows hold in tests too, the doors do not.

use std::collections::BTreeSet;
use std::fmt;

use regex::Regex;

use crate::rust_source::{Source, arrows, inline_modules, sources_of_this_package};

/// The floors, lowest first. Rooms of one floor stand beside each other and never import each other.
const FLOORS: &[&[&str]] = &[
    &["hash"],
    &["base"],
    &["model"],
    &["config", "git", "event", "supply_chain"],
    &["ledger"],
    &["verify", "scan", "adapter", "repair", "authority", "seal"],
    &["step"],
    &["engine"],
    &["hook"],
    &["cli"],
    &["main"],
];

/// A thing that only some places may name: what it is called, how it looks, who may, and who else and why.
struct Door {
    what: &'static str,
    pattern: &'static str,
    owner: &'static str,
    exceptions: &'static [(&'static str, &'static str)],
}

const DOORS: &[Door] = &[
    Door { what: "gix", pattern: r"\bgix(_\w+)?\b", owner: "src/git/", exceptions: &[] },
    Door {
        what: "std::process::Command",
        // `base::process` has a `Command` of its own, which is the door.
        pattern: r"\bstd::process::(?:Command\b|\*|\{[^}]*\bCommand\b)|\buse std::process;|\bstd::\{[^;]*\bprocess\b",
        owner: "src/base/process.rs",
        exceptions: &[],
    },
    Door {
        what: "printing",
        pattern: r"\b(?:println|eprintln|print|eprint|dbg)!|\b(?:stdout|stderr)\(\)",
        owner: "src/cli/ui.rs",
        exceptions: &[],
    },
    Door {
        what: "the time of day",
        pattern: r"\bSystemTime::now\b",
        owner: "src/base/clock.rs",
        exceptions: &[],
    },
    Door {
        what: "a stopwatch",
        pattern: r"\bInstant::now\b",
        owner: "src/base/clock.rs",
        exceptions: &[("src/base/process.rs", "a child's time limit is a span, not a moment")],
    },
    Door {
        what: "the environment",
        pattern: r"\benv::(?:\{[^}]*\b)?(?:args|vars?|set_var|remove_var|current_dir|current_exe|temp_dir|home_dir)",
        owner: "src/main.rs",
        exceptions: &[],
    },
    Door { what: "unsafe code", pattern: r"\bunsafe\b", owner: "src/hash/", exceptions: &[] },
];

/// Something that stands where it must not.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    file: String,
    line: usize,
    sentence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.sentence)
    }
}

fn violation(source: &Source, at: usize, sentence: String) -> Violation {
    Violation { file: source.path.clone(), line: source.line_of(at), sentence }
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// What is wrong with the arrows of one file.
fn check_arrows(source: &Source) -> Vec<Violation> {
    let Some(here) = source.room() else { return Vec::new() };
    let Some(from) = floor(here) else {
        return vec![violation(
            source,
            0,
            format!("the room `{here}` stands on no floor; give it one in tests/it/layering.rs"),
        )];
    };
    let mut wrong = Vec::new();
    for (at, there) in arrows(source) {
        let Some(to) = floor(&there) else { continue };
        if there == here || to < from {
            continue;
        }
        let why = if to == from {
            "stands beside it; share a word in `model`"
        } else {
            "stands above it; arrows run down"
        };
        wrong.push(violation(source, at, format!("`{here}` imports `{there}`: `{there}` {why}")));
    }
    wrong
}

/// What one file does that another file is the door for. Tests may do it.
fn check_doors(source: &Source) -> Vec<Violation> {
    if source.is_for_tests() {
        return Vec::new();
    }
    let (_, tests) = inline_modules(&source.code);
    let mut wrong = Vec::new();
    for door in DOORS {
        if source.path.starts_with(door.owner) || door.exceptions.iter().any(|(path, _)| *path == source.path)
        {
            continue;
        }
        for hit in Regex::new(door.pattern).unwrap().find_iter(&source.code) {
            if !tests.iter().any(|span| span.contains(&hit.start())) {
                let sentence = format!(
                    "names {} (`{}`); its one door is `{}`",
                    door.what,
                    hit.as_str().trim(),
                    door.owner
                );
                wrong.push(violation(source, hit.start(), sentence));
            }
        }
    }
    wrong
}

/// What is wrong with the form of one file: its first line, and logic on a room's face.
fn check_form(source: &Source) -> Vec<Violation> {
    let mut wrong = Vec::new();
    if !source.first_line.starts_with("//! ") {
        wrong.push(violation(source, 0, "opens without a `//!` sentence that says what it is".to_owned()));
    }
    let unmarked =
        Regex::new(r"(#\[cfg\(test\)\]\s*)?(?:pub(?:\([^)]*\))?\s+)?mod (?:tests|testing|fixture);").unwrap();
    for hit in unmarked.captures_iter(&source.code).filter(|hit| hit.get(1).is_none()) {
        let sentence = "a module for tests stands without `#[cfg(test)]`".to_owned();
        wrong.push(violation(source, hit.get(0).unwrap().start(), sentence));
    }
    if source.path.ends_with("/mod.rs") && !source.is_for_tests() {
        let logic = Regex::new(r"\b(?:fn|impl|macro_rules!)\s").unwrap();
        for hit in logic.find_iter(&source.code) {
            let sentence =
                "a `mod.rs` is a room's face and holds no logic; move it to a file of its own".to_owned();
            wrong.push(violation(source, hit.start(), sentence));
        }
    }
    wrong
}

fn check(sources: &[Source]) -> BTreeSet<Violation> {
    sources
        .iter()
        .flat_map(|source| [check_arrows(source), check_doors(source), check_form(source)])
        .flatten()
        .collect()
}

fn sentences(path: &str, text: &str) -> Vec<String> {
    check(&[Source::new(path, &format!("//! A file.\n{text}"))]).iter().map(Violation::to_string).collect()
}

#[test]
fn the_house_stands() {
    let sources = sources_of_this_package();
    assert!(sources.len() > 30, "the walk below src/ found only {} files", sources.len());
    let wrong: Vec<_> = check(&sources).iter().map(Violation::to_string).collect();
    assert!(wrong.is_empty(), "{} walls are broken:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_arrow_of_this_house_is_reported_when_turned_upside_down() {
    let mut turned = 0;
    for source in sources_of_this_package() {
        let Some(room) = source.room() else { continue };
        for (_, target) in
            arrows(&source).into_iter().filter(|(_, name)| name != room && floor(name).is_some())
        {
            let wrong =
                sentences(&format!("src/{target}/turned.rs"), &format!("use crate::{room}::Thing;\n"));
            assert_eq!(wrong.len(), 1, "`use crate::{room}` in `{target}` goes unseen");
            assert!(
                wrong[0].contains(&format!("src/{target}/turned.rs:2: `{target}` imports `{room}`")),
                "{wrong:?}"
            );
            turned += 1;
        }
    }
    assert!(turned > 20, "only {turned} arrows were found in src/");
}

#[test]
fn an_arrow_up_names_file_line_and_both_rooms() {
    let wrong = sentences("src/git/refs.rs", "use std::fmt;\n\nuse crate::ledger::Store;\n");
    assert_eq!(
        wrong,
        ["src/git/refs.rs:4: `git` imports `ledger`: `ledger` stands above it; arrows run down"]
    );
}

#[test]
fn a_sibling_is_refused_and_a_lower_room_is_not() {
    let wrong = sentences(
        "src/scan/rule.rs",
        "use crate::seal::Manifest;\nuse crate::model::Finding;\nuse crate::git::View;\n",
    );
    assert_eq!(
        wrong,
        ["src/scan/rule.rs:2: `scan` imports `seal`: `seal` stands beside it; share a word in `model`"]
    );
}

#[test]
fn groups_inline_paths_and_climbing_paths_are_seen() {
    assert_eq!(sentences("src/model/a.rs", "use crate::{base::{Clock, x}, git::View, hash};\n").len(), 1);
    assert_eq!(sentences("src/model/a.rs", "fn f() -> crate::seal::Root { todo() }\n").len(), 1);
    assert_eq!(sentences("src/model/a.rs", "use super::super::engine::Engine;\n").len(), 1);
    assert_eq!(sentences("src/model/a.rs", "mod deep {\n    use super::super::name::Name;\n}\n").len(), 0);
    assert_eq!(
        sentences("src/model/a.rs", "mod deep {\n    use super::super::super::seal::Root;\n}\n").len(),
        1
    );
    assert_eq!(sentences("src/engine/a.rs", "use git_iao::hook::Gate;\n").len(), 1);
}

#[test]
fn comments_and_strings_are_no_arrows_and_no_doors() {
    let text = "// use crate::seal::X; println!()\n/* gix:: /* nested unsafe */ std::env */\n/// [`crate::engine::Run`]\n\
                const A: &str = \"use crate::seal; unsafe \\\" println!()\";\nconst B: &str = r#\"gix \"crate::cli\" \"#;\n\
                const C: char = '\"'; fn f<'a>(x: &'a str) {} const D: &[u8] = br\"unsafe\";\n";
    assert_eq!(sentences("src/base/a.rs", text), [""; 0]);
}

#[test]
fn arrows_hold_in_tests_but_doors_do_not() {
    let tests = "#[cfg(test)]\nmod tests {\n    use std::process::Command;\n    fn f() { println!(); Command::new(\"git\"); }\n}\n";
    assert_eq!(sentences("src/git/a.rs", tests), [""; 0]);
    assert_eq!(sentences("src/git/testing.rs", "use std::process::Command;\n"), [""; 0]);
    assert_eq!(
        sentences("src/git/a.rs", "#[cfg(test)]\nmod tests {\n    use crate::event::Log;\n}\n").len(),
        1
    );
    assert_eq!(sentences("src/git/refs/tests.rs", "use std::process::Command;\n"), [""; 0]);
    assert_eq!(sentences("src/git/tests/mod.rs", "fn f() { println!(); }\n"), [""; 0]);
    assert_eq!(sentences("src/git/mod.rs", "#[cfg(test)]\nmod testing;\n"), [""; 0]);
    assert_eq!(
        sentences("src/git/mod.rs", "mod tests;\n").len(),
        1,
        "else its doors would stand open in the program"
    );
    let after = format!("{tests}fn g() {{ println!(); }}\n");
    assert_eq!(sentences("src/git/a.rs", &after).len(), 1, "what follows the tests is no test");
}

#[test]
fn each_second_door_is_reported() {
    let second_doors = [
        "use gix::ObjectId;",
        "fn f(x: gix_hash::Kind) {}",
        "use std::process::Command;",
        "use std::process::{Command, Stdio};",
        "use std::{fs, process};",
        "use std::process;",
        "fn f() { std::process::Command::new(\"git\"); }",
        "fn f() { println!(\"x\"); }",
        "fn f() { eprint!(\"x\"); }",
        "fn f() { std::io::stdout().lock(); }",
        "fn f() { std::time::SystemTime::now(); }",
        "fn f() { Instant::now(); }",
        "fn f() { std::env::var(\"HOME\"); }",
        "use std::env::{self, var};",
        "fn f() { env::current_dir(); }",
        "fn f() { unsafe { g() } }",
    ];
    for line in second_doors {
        assert!(!sentences("src/seal/a.rs", line).is_empty(), "goes unseen: {line}");
    }
    assert_eq!(
        sentences(
            "src/seal/a.rs",
            "fn f() { child.stdout(x); env!(\"X\"); std::env::split_paths(x); base::process::Command::new(x); }"
        ),
        [""; 0]
    );
}

#[test]
fn a_face_with_logic_a_file_without_a_sentence_and_a_room_without_a_floor_are_reported() {
    assert_eq!(sentences("src/seal/mod.rs", "mod store;\npub use store::Store;\n"), [""; 0]);
    assert_eq!(sentences("src/seal/mod.rs", "fn f() {}\n").len(), 1);
    assert_eq!(sentences("src/seal/mod.rs", "impl X {}\n").len(), 1);
    assert_eq!(sentences("src/garage/car.rs", "").len(), 1);
    assert_eq!(check(&[Source::new("src/seal/a.rs", "use std::fmt;\n")]).len(), 1);
}
