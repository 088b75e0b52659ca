//! A remote whose evidence was written by somebody hostile: refused, named, and nothing of ours moves.

use std::path::Path;

use crate::sync::{LEDGER, Team};

/// Writes a tree object byte by byte, as no git would.
fn raw_tree(team: &Team, entries: &[(&str, &str, &str)]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        for at in (0..id.len()).step_by(2) {
            bytes.push(u8::from_str_radix(&id[at..at + 2], 16).unwrap());
        }
    }
    let file = team.sandbox.beside("tree");
    std::fs::write(&file, bytes).unwrap();
    let words = ["hash-object", "-t", "tree", "-w", "--literally", file.to_str().unwrap()];
    team.git(&team.remote, &words)
}

/// Two clones in sync, of which the second then looks at whatever the remote has become.
fn in_sync() -> (Team, std::path::PathBuf) {
    let team = Team::new();
    let (one, two) = (team.clone("one"), team.clone("two"));
    team.seal(&one, "a");
    team.sync(&one);
    team.sync(&two);
    team.seal(&two, "mine");
    (team, two)
}

/// Puts a commit of `tree` over the remote's ledger.
fn plant(team: &Team, tree: &str, tip: &str) -> String {
    let planted = team.git(&team.remote, &["commit-tree", tree, "-p", tip, "-m", "planted"]);
    team.git(&team.remote, &["update-ref", LEDGER, &planted]);
    planted
}

/// Holds that a sync refuses with these words, and that nothing of the user's or of the evidence has moved.
fn refused(team: &Team, place: &Path, what: &str, words: &[&str]) {
    let ours = |place: &Path| {
        team.git(place, &["for-each-ref", LEDGER, "refs/iao/keep", "refs/notes", "refs/heads"])
    };
    let (here, there) = (ours(place), ours(&team.remote));
    let outcome = team.iao(place, "sync").says(words);
    assert_eq!(outcome.code, 1, "{what}: {outcome:?}");
    assert_eq!((ours(place), ours(&team.remote)), (here, there), "{what}");
    team.iao(place, "log --check").exits(0);
    team.iao(place, "seal").exits(0);
}

#[test]
fn every_kind_of_bad_ledger_is_refused_and_named() {
    let (team, two) = in_sync();
    let tip = team.reference(&team.remote, LEDGER);
    let listed = team.git(&team.remote, &["ls-tree", LEDGER]);
    let top: Vec<(String, String, String)> = listed
        .lines()
        .map(|line| {
            let (facts, name) = line.split_once('\t').unwrap();
            let facts: Vec<&str> = facts.split(' ').collect();
            (facts[0].trim_start_matches('0').to_owned(), name.to_owned(), facts[2].to_owned())
        })
        .collect();
    let with = |extra: &[(&str, &str, &str)], left_out: &str| {
        let kept = top.iter().filter(|(_, name, _)| name != left_out);
        let mut all: Vec<(&str, &str, &str)> =
            kept.map(|(mode, name, id)| (mode.as_str(), name.as_str(), id.as_str())).collect();
        all.extend(extra);
        // As git sorts: a directory as if its name ended in a slash.
        all.sort_by_key(|(mode, name, _)| format!("{name}{}", if *mode == "40000" { "/" } else { "" }));
        raw_tree(&team, &all)
    };
    let blob = team.git(&team.remote, &["rev-parse", "main:README.md"]);
    let main = team.git(&team.remote, &["rev-parse", "main"]);
    let tree = team.git(&team.remote, &["rev-parse", "main^{tree}"]);
    let empty = team.git(&team.remote, &["hash-object", "-t", "tree", "-w", "/dev/null"]);
    let lie = "0".repeat(64);
    let zz = |mode| [(mode, "zz", blob.as_str())];
    // Sixty thousand bytes to git.
    let zeros = vec![0; (64 << 20) + 1];
    let file = team.sandbox.beside("zeros");
    std::fs::write(&file, &zeros).unwrap();
    let long = team.git(&team.remote, &["hash-object", "-w", "--no-filters", file.to_str().unwrap()]);
    let name = git_iao::base::ContentAddress::of(&zeros).to_string();
    let cases = [
        ("an entry was removed", with(&[], "seals"), "was removed"),
        ("all was removed", empty, "was removed"),
        ("a misnamed entry", with(&[("100644", &lie, &blob)], ""), "digest"),
        ("a foreign file", with(&zz("100644"), ""), "is not named by the digest"),
        ("a foreign tree", with(&[("40000", "zz", &tree)], ""), "is not named by the digest"),
        ("a program", with(&zz("100755"), ""), "executable"),
        ("a link", with(&zz("120000"), ""), "symbolic link"),
        ("a submodule", with(&[("160000", "zz", &main)], ""), "submodule"),
        ("two of one name", with(&[("100644", "zz", &blob), ("100644", "zz", &blob)], ""), "no git program"),
        ("an entry that fills memory", with(&[("100644", &name, &long)], ""), "longer than 64 MiB"),
        ("a path that escapes", with(&[("40000", "..", &tree)], ""), "no git program"),
    ];
    for (what, tree, words) in cases {
        let planted = plant(&team, &tree, &tip);
        refused(&team, &two, what, &["is refused", &planted, words]);
        assert_eq!(team.reference(&two, "refs/iao/remotes/origin/ledger"), planted, "what was seen stays");
        team.git(&team.remote, &["update-ref", LEDGER, &tip]);
    }
    team.sync(&two);
}

#[test]
fn what_a_merge_hides_in_the_middle_of_a_history_is_found() {
    let (team, two) = in_sync();
    let tip = team.reference(&team.remote, LEDGER);
    let whole = team.git(&team.remote, &["rev-parse", &format!("{LEDGER}^{{tree}}")]);
    let empty = team.git(&team.remote, &["hash-object", "-t", "tree", "-w", "/dev/null"]);
    // Taken out and put back: the tip looks as if nothing had been.
    let without = team.git(&team.remote, &["commit-tree", &empty, "-p", &tip, "-m", "out"]);
    plant(&team, &whole, &without);
    refused(&team, &two, "out and in again", &["is refused", "was removed", &without]);
}

#[test]
fn a_ref_that_is_a_tag_a_file_or_the_users_own_history_is_no_ledger() {
    let (team, two) = in_sync();
    let tip = team.reference(&team.remote, LEDGER);
    let blob = team.git(&team.remote, &["rev-parse", "main:README.md"]);
    team.git(&team.remote, &["tag", "-a", "-m", "x", "ledger", &tip]);
    let tag = team.git(&team.remote, &["rev-parse", "refs/tags/ledger"]);
    for (id, words) in [(&blob, "is a blob"), (&tag, "is a tag")] {
        team.git(&team.remote, &["update-ref", "-d", LEDGER]);
        team.git(&team.remote, &["update-ref", LEDGER, id]);
        refused(&team, &two, words, &["is refused", words]);
    }
    let main = team.git(&team.remote, &["rev-parse", "main"]);
    team.git(&team.remote, &["update-ref", LEDGER, &main]);
    refused(&team, &two, "the user's history", &["was replaced"]);
    // A clone that never saw another ledger refuses it as well.
    let fresh = team.clone("fresh");
    team.seal(&fresh, "b");
    refused(&team, &fresh, "the user's history, fresh", &["is refused", "is not named by the digest"]);
}

#[test]
fn a_keep_chain_that_is_none_and_notes_that_are_none_are_not_taken_over() {
    let (team, two) = in_sync();
    let keep = team.reference(&team.remote, "refs/iao/keep");
    let main = team.git(&team.remote, &["rev-parse", "main"]);
    team.git(&team.remote, &["update-ref", "refs/iao/keep", &main]);
    refused(&team, &two, "a branch as keep", &["refs/iao/keep", "no link of a keep chain"]);
    team.git(&team.remote, &["update-ref", "refs/iao/keep", &keep]);
    // Notes are only shown there: what makes no sense is told, and the rest is shared.
    let blob = team.git(&team.remote, &["rev-parse", "main:README.md"]);
    team.git(&team.remote, &["update-ref", "-d", "refs/notes/iao"]);
    team.git(&team.remote, &["update-ref", "refs/notes/iao", &blob]);
    team.iao(&two, "sync").exits(0).says(&["left out: refs/notes/iao"]);
    assert_eq!(team.reference(&team.remote, LEDGER), team.reference(&two, LEDGER));
    // A tree that git's own merge of notes dies of is replaced, and stays in the history.
    let commit = team.git(&two, &["rev-parse", "HEAD"]);
    let below = raw_tree(&team, &[("100644", &commit[2..], &blob)]);
    let both = raw_tree(&team, &[("40000", &commit[..2], &below), ("100644", &commit, &blob)]);
    let deadly = team.git(&team.remote, &["commit-tree", &both, "-m", "deadly"]);
    team.git(&team.remote, &["update-ref", "-d", "refs/notes/iao"]);
    team.git(&team.remote, &["update-ref", "refs/notes/iao", &deadly]);
    team.iao(&two, "sync").exits(0);
    assert!(team.git(&team.remote, &["notes", "--ref=iao", "show", &commit]).starts_with("git-iao seal:"));
}
