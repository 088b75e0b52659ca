//! What the documentation names exists: every file it links to, every command it tells a reader to type.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::sandbox::Sandbox;

/// The README and every page of `docs/`.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    paths.push(root.join("README.md"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_link_to_a_file_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]+)(?:#[^)]*)?\)").unwrap();
    let mut dead = Vec::new();
    for (page, text) in pages() {
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if !page.parent().unwrap().join(&target).exists() {
                dead.push(format!("{} links to {target}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_command_in_the_documentation_exists() {
    let command = Regex::new(r"\bgit iao ([a-z]+)\b").unwrap();
    let sandbox = Sandbox::without_repository();
    let mut words = BTreeSet::new();
    for (_, text) in pages() {
        words.extend(command.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    assert!(words.contains("run") && words.len() > 8, "{words:?}");
    for word in words {
        // Announced for a later version, and the page says so.
        if word != "trust" && word != "sync" {
            sandbox.iao_args([word.as_str(), "-h"]).exits(0);
        }
    }
}

#[test]
fn the_readme_names_one_command_to_install_and_run_and_one_to_test() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let block = |heading: &str| {
        let section = readme.split(&format!("\n## {heading}\n")).nth(1).unwrap();
        section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().trim().to_owned()
    };
    assert_eq!(block("Install and run"), "cargo install --path . --locked && git iao run");
    assert_eq!(block("Tests"), "cargo test");
}
