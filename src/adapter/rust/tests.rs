//! Tries the adapter of Rust on whole projects.

use proptest::prelude::*;

use super::super::Adapter;
use super::super::trial::{Trial, found, members, steps};
use super::Rust;
use crate::model::Gate;

const CRATE: &str = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\ndescription = \"x\"\n\
                     license = \"MIT\"\nrust-version = \"1.80\"\nrepository = \"https://github.com/o/r\"\n";

fn inspect(files: &[(&str, &str)]) -> super::Inspection {
    Trial::new(files).inspect(&Rust, "")
}

#[test]
fn a_complete_crate_has_facts_and_no_findings() {
    let seen = inspect(&[("Cargo.toml", CRATE), ("Cargo.lock", ""), ("src/main.rs", "")]);
    let project = &seen.project;
    assert_eq!(found(&seen), [""; 0]);
    assert_eq!(project.name.as_ref().unwrap().evidence.line, Some(2));
    assert_eq!(project.version.as_ref().unwrap().value, "0.1.0");
    assert_eq!(project.language_version.as_ref().unwrap().value, "1.80");
    assert_eq!(project.license.as_ref().unwrap().value, "MIT");
    assert_eq!(project.test_command.as_ref().unwrap().value, "cargo test --locked");
    assert_eq!(project.ignore, ["/target/"]);
    assert_eq!(steps(&seen)[1], "cargo test --locked");
    assert!(seen.proposals.is_empty());
}

#[test]
fn what_a_published_crate_lacks_is_found_and_a_private_one_owes_nothing() {
    let bare = "[package]\nname = \"a\"\nversion = \"1.0.0\"\n";
    let seen = inspect(&[("Cargo.toml", bare), ("src/main.rs", "")]);
    let expected = [
        "rust/edition Cargo.toml:2",
        "rust/license Cargo.toml:2",
        "rust/description Cargo.toml:2",
        "rust/repository Cargo.toml:2",
        "rust/lockfile Cargo.lock",
        "rust/rust-version Cargo.toml",
    ];
    assert_eq!(found(&seen), expected);
    assert_eq!(seen.findings[1].gate, Gate::NeedsInput);
    for private in ["publish = false\n", "publish = []\n"] {
        let manifest = format!("{bare}edition = \"2024\"\n{private}");
        assert_eq!(found(&inspect(&[("Cargo.toml", &manifest)])), [""; 0]);
    }
    let without_version = "[package]\nname = \"a\"\nedition = \"2024\"\n";
    assert_eq!(found(&inspect(&[("Cargo.toml", without_version)])), [""; 0]);
}

#[test]
fn a_private_helper_of_a_published_library_needs_no_lock() {
    let root = format!("{CRATE}[workspace]\nmembers = [\"xtask\"]\n");
    let helper = "[package]\nname = \"xtask\"\nedition = \"2024\"\npublish = false\n";
    let files = [("Cargo.toml", root.as_str()), ("xtask/Cargo.toml", helper), ("xtask/src/main.rs", "")];
    assert_eq!(found(&inspect(&files)), [""; 0]);
    assert_eq!(
        found(&inspect(&[("Cargo.toml", helper), ("src/bin/x/main.rs", "")])),
        ["rust/lockfile Cargo.lock"]
    );
}

#[test]
fn a_virtual_workspace_lists_globs_without_excludes_and_with_path_dependencies() {
    let root = "[workspace]\nmembers = [\"crates/*\", \"gone\"]\nexclude = [\"crates/old\"]\n\
                [workspace.dependencies]\nshared = { path = \"lib/shared\" }\n";
    let one =
        format!("{CRATE}[dependencies]\nshared.workspace = true\nfar = {{ path = \"../../lib/far\" }}\n");
    let seen = inspect(&[
        ("Cargo.toml", root),
        ("crates/a/Cargo.toml", &one),
        ("crates/b/Cargo.toml", CRATE),
        ("crates/b/nested/Cargo.toml", CRATE),
        ("crates/old/Cargo.toml", CRATE),
        ("crates/none/src/lib.rs", ""),
        ("lib/shared/Cargo.toml", CRATE),
        ("lib/far/Cargo.toml", "[workspace]\n"),
    ]);
    assert_eq!(members(&seen), ["crates/a", "crates/b", "lib/shared"]);
    assert_eq!(found(&seen), ["rust/workspace-member Cargo.toml:2"]);
    assert_eq!(seen.project.test_command.unwrap().value, "cargo test --workspace");
    assert_eq!(seen.project.name, None);
}

#[test]
fn a_package_that_its_workspace_does_not_know_is_found() {
    let inspect = |root: &str| {
        let files = [("Cargo.toml", root), ("a/Cargo.toml", CRATE), ("b/Cargo.toml", CRATE)];
        found(&Trial::new(&files).inspect(&Rust, "b"))
    };
    assert_eq!(inspect("[workspace]\nmembers = [\"a\"]\n"), ["rust/workspace-stranger b/Cargo.toml"]);
    assert_eq!(inspect("[workspace]\nmembers = [\"a\"]\nexclude = [\"b\"]\n"), [""; 0]);
    assert_eq!(inspect("[workspace]\nmembers = [\"*\"]\n"), [""; 0]);
}

#[test]
fn default_members_decide_what_is_tested() {
    let root = "[workspace]\nmembers = [\"a\"]\ndefault-members = [\"a\"]\n";
    let seen = inspect(&[("Cargo.toml", root), ("a/Cargo.toml", CRATE)]);
    assert_eq!(seen.project.test_command.unwrap().value, "cargo test");
}

#[test]
fn inherited_fields_count_and_are_looked_up_in_the_workspace() {
    let root =
        "[workspace]\nmembers = [\"a\"]\n[workspace.package]\nlicense = \"MIT\"\nrust-version = \"1.85\"\n";
    let member = "[package]\nname = \"a\"\nversion = \"1.0.0\"\nedition.workspace = true\ndescription = \"x\"\n\
                  license = { workspace = true }\nrepository = \"https://x\"\nrust-version.workspace = true\n";
    let files = [("Cargo.toml", root), ("a/Cargo.toml", member)];
    let seen = inspect(&files);
    assert_eq!(found(&seen), ["rust/inheritance a/Cargo.toml:4"]);
    assert_eq!(seen.project.license.unwrap().evidence.line, Some(4));
    assert_eq!(seen.project.language_version.unwrap().value, "1.85");

    let alone = Trial::new(&files).inspect(&Rust, "a");
    assert_eq!(alone.project.license.unwrap().value, "MIT");
}

#[test]
fn the_toolchain_file_is_obeyed() {
    let pinned = "[toolchain]\nchannel = \"1.88\"\n";
    let bare = CRATE.replace("rust-version = \"1.80\"\n", "");
    let seen = Trial::new(&[("x/Cargo.toml", &bare), ("rust-toolchain.toml", pinned)]).inspect(&Rust, "x");
    assert_eq!(steps(&seen), ["rustup toolchain install", "cargo test"]);
    assert_eq!(seen.project.language_version.unwrap().evidence.line, Some(2));
    let local = inspect(&[("Cargo.toml", CRATE), ("rust-toolchain", "[toolchain]\npath = \"/opt\"\n")]);
    assert_eq!(local.project.ci, None);
    let odd = inspect(&[("Cargo.toml", CRATE), ("rust-toolchain", "$(rm -rf x)")]);
    assert_eq!(odd.project.ci, None);
    let old = inspect(&[("Cargo.toml", CRATE), ("rust-toolchain", "nightly-2026-01-31\n")]);
    assert_eq!(steps(&old)[0], "rustup toolchain install");
    let parts = "[toolchain]\ncomponents = [\"rust-src\"]\n";
    let default = inspect(&[("Cargo.toml", CRATE), ("rust-toolchain.toml", parts)]);
    assert!(steps(&default)[0].ends_with("rustup default stable"));
}

#[test]
fn a_malformed_manifest_is_a_finding_on_its_line() {
    let seen = inspect(&[("Cargo.toml", "[package]\nname = \n")]);
    assert_eq!(found(&seen), ["rust/manifest Cargo.toml:2"]);
    let root = "[workspace]\nmembers = [\"a\"]\n";
    let seen = inspect(&[("Cargo.toml", root), ("a/Cargo.toml", "[package]\n\n[package]\n")]);
    assert_eq!(found(&seen), ["rust/manifest a/Cargo.toml:3"]);
    let huge = format!("# {}\n", "x".repeat(5_000_000));
    assert_eq!(found(&inspect(&[("Cargo.toml", &huge)])), ["rust/manifest Cargo.toml"]);
    let deep = format!("a = {}", "[".repeat(100_000));
    assert_eq!(found(&inspect(&[("Cargo.toml", &deep)])), ["rust/manifest Cargo.toml:1"]);
}

#[test]
fn the_repository_is_proposed_once_and_nothing_else_changes() {
    let bare = "# top\n[package] # here\nname = \"a\"\nversion = \"1.0.0\"\nkeywords = [\n  \"x\", # one\n]  # end\n\n\
                # about lints\n[lints]\nworkspace = false\n";
    let trial = Trial::new(&[("Cargo.toml", bare)]).remote("https://github.com/o/r.git");
    let seen = trial.inspect(&Rust, "");
    let after = trial.apply(&seen);
    let expected = bare.replace("]  # end\n", "]  # end\nrepository = \"https://github.com/o/r\"\n");
    assert_eq!(after.text("Cargo.toml"), expected);
    assert!(after.inspect(&Rust, "").proposals.is_empty());
}

#[test]
fn line_ends_and_a_missing_last_one_are_kept() {
    let dos = "[package]\r\nname = \"a\"\r\nversion = \"1.0.0\"";
    let trial = Trial::new(&[("Cargo.toml", dos)]).remote("https://github.com/o/r");
    let after = trial.apply(&trial.inspect(&Rust, ""));
    assert_eq!(after.text("Cargo.toml"), format!("{dos}\r\nrepository = \"https://github.com/o/r\"\r\n"));
}

#[test]
fn members_inherit_the_repository_where_the_workspace_has_one() {
    let root = "[workspace]\nmembers = [\"*\"]\n[workspace.package]\nversion = \"1.0.0\"\n";
    let member = "[package]\nname = \"a\"\nversion.workspace = true\n";
    let heir = "[package]\nname = \"b\"\nversion.workspace = true\nrepository.workspace = true\n";
    let trial = Trial::new(&[("Cargo.toml", root), ("a/Cargo.toml", member), ("b/Cargo.toml", heir)])
        .remote("https://codeberg.org/o/r");
    let seen = trial.inspect(&Rust, "");
    let after = trial.apply(&seen);
    assert_eq!(after.text("Cargo.toml"), format!("{root}repository = \"https://codeberg.org/o/r\"\n"));
    assert_eq!(after.text("a/Cargo.toml"), format!("{member}repository = \"https://codeberg.org/o/r\"\n"));

    let given = format!("{root}repository = \"https://codeberg.org/o/r\"\n");
    let trial = Trial::new(&[("Cargo.toml", &given), ("a/Cargo.toml", member)]);
    let after = trial.apply(&trial.inspect(&Rust, ""));
    assert_eq!(after.text("a/Cargo.toml"), format!("{member}repository.workspace = true\n"));
}

#[test]
fn odd_layouts_are_left_to_a_person() {
    for manifest in [
        "package = { name = \"a\", version = \"1.0.0\" }\n",
        "package.name = \"a\"\npackage.version = \"1.0.0\"\n",
        "[package.metadata]\nx = 1\n",
    ] {
        let seen =
            Trial::new(&[("Cargo.toml", manifest)]).remote("https://github.com/o/r").inspect(&Rust, "");
        assert!(seen.proposals.is_empty(), "{manifest}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(manifest in any::<String>(), toolchain in any::<String>()) {
        let seen = inspect(&[("Cargo.toml", &manifest), ("rust-toolchain", &toolchain)]);
        prop_assert_eq!(seen.project.adapter, Rust.id());
    }

    #[test]
    fn a_proposal_adds_its_line_and_is_made_once(
        fields in proptest::collection::btree_map("[a-z]{1,6}", "(true|1|\"x\"|\\[1, 2\\]|\\{ y = 1 \\}|'''\n z\n''')", 0..5),
        rest in "(\n|# note\n|\\[lib\\]\nx = 1\n|\\[package.metadata.x\\]\ny = 2\n){0,3}",
    ) {
        let fields: String = fields.iter().map(|(key, value)| format!("x-{key} = {value}\n")).collect();
        let manifest = format!("[package]\nname = \"a\"\nversion = \"1.0.0\"\n{fields}{rest}");
        let trial = Trial::new(&[("Cargo.toml", &manifest)]).remote("https://github.com/o/r");
        let seen = trial.inspect(&Rust, "");
        let after = trial.apply(&seen);
        let added = after.text("Cargo.toml").replacen("repository = \"https://github.com/o/r\"\n", "", 1);
        prop_assert_eq!(added, manifest);
        prop_assert!(after.inspect(&Rust, "").proposals.is_empty());
    }
}
