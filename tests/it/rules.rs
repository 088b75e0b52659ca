//! `git iao rules`: the rules that come with the program, and files of rules.

use std::fs;

use crate::sandbox::Sandbox;

#[test]
fn rules_are_listed_and_shown_without_a_repository() {
    let sandbox = Sandbox::without_repository();
    let list = sandbox.iao("rules list --json").exits(0).json();
    let rules = list["rules"].as_array().unwrap();
    assert!(rules.len() >= 250, "{}", rules.len());
    let id = rules[0]["id"].as_str().unwrap();
    let shown = sandbox.iao(&format!("rules show secret.{id}")).exits(0);
    for said in [rules[0]["pattern"].as_str().unwrap(), rules[0]["revoke"].as_str().unwrap()] {
        assert!(shown.stdout.contains(said), "{shown:?}");
    }
    sandbox.iao("rules show no-such-rule").refuses(&["no-such-rule", "rules list"]);
}

#[test]
fn the_rules_of_the_program_hold() {
    let tried = Sandbox::without_repository().iao("rules test").exits(0);
    assert!(tried.stdout.contains(", 0 do not hold"), "{tried:?}");
}

#[test]
fn a_file_of_rules_is_tried_and_its_faults_are_told_with_their_lines() {
    let sandbox = Sandbox::without_repository();
    let file = sandbox.beside("rules.toml");
    let rule = |entropy: u8| {
        format!(
            "[[rules]]\nid = 'mine'\nregex = 'mine_[0-9a-f]{{16}}'\nkeywords = ['mine_']\nentropy = {entropy}\n"
        )
    };
    fs::write(&file, rule(2)).unwrap();
    let path = file.to_str().unwrap();
    sandbox.iao(&format!("rules test {path}")).exits(0);
    fs::write(&file, rule(7)).unwrap();
    let no = sandbox.iao(&format!("rules test {path}")).exits(1);
    assert!(no.stdout.contains("mine: no text could be drawn"), "{no:?}");
    fs::write(&file, "[[rules]]\nid = 'a'\nregex = '(x'\n").unwrap();
    sandbox.iao(&format!("rules test {path}")).refuses(&["rules.toml:3:9", "unclosed group"]);
    sandbox.iao("rules test no-such.toml").refuses(&["no-such.toml"]);
}
