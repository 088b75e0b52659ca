//! Tries Rust, Go and Java side by side, in one repository and in random ones.

use proptest::prelude::*;

use super::testing::Bench;

#[test]
fn one_repository_holds_every_ecosystem() {
    let pom = "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>";
    let mut bench = Bench::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
        ("crates/a/Cargo.toml", "[package]\nname = \"a\"\nversion = \"1.0.0\"\n"),
        ("go.work", "go 1.23\nuse ./tools\n"),
        ("tools/go.mod", "module example.org/tools\ngo 1.23\n"),
        ("alone/go.mod", "module example.org/alone\ngo 1.23\n"),
        ("app/settings.gradle", "rootProject.name = 'app'\n"),
        ("app/core/build.gradle", "sourceCompatibility = 17\n"),
        ("service/pom.xml", pom),
        ("tests/fixture/Cargo.toml", "[package]\n"),
    ])
    .remote("https://github.com/o/r");
    let expected = ["go@", "rust@", "generic@", "go@alone", "java@app", "java@service"];
    assert_eq!(bench.projects(), expected);
    let written = bench.apply();
    assert!(written.contains(&"crates/a/Cargo.toml".to_owned()), "{written:?}");
    let workflow = &bench.files[".github/workflows/iao-ci.yml"];
    for step in ["cargo test --workspace", "go test ./tools/...", "alone/go.mod", "gradle test"] {
        assert!(workflow.contains(step), "{step}: {workflow}");
    }
    assert_eq!(bench.apply(), Vec::<String>::new());
}

/// Manifests that say something, and texts that say nothing.
fn content() -> impl Strategy<Value = String> {
    let good = prop::sample::select(vec![
        "",
        "[package]\nname = \"a\"\nversion = \"1\"\n[dependencies]\nb = { path = \"../a\" }\n",
        "[package]\nname = \"a\"\nversion.workspace = true\nrepository.workspace = true\n",
        "[workspace]\nmembers = [\"*\", \"a/b\", \"..\"]\n[workspace.package]\nversion = \"1\"\n",
        "[package]\nname = \"a\"\nversion = \"1\"\n[workspace]\nexclude = [\"a\"]\n",
        "[toolchain]\nchannel = \"1.88\"\n",
        "module example.org/a\ngo 1.22\nrequire b v1.0.0\n",
        "go 1.22\nuse (\n.\n./a\n../b\n)\n",
        "<project><modules><module>a</module><module>..</module></modules><properties>\n  <x>1</x>\n</properties></project>",
        "<project>\n<properties>\n\t<maven.compiler.release>17</maven.compiler.release>\n</properties>\n</project>",
        "include 'a', 'a:b'\nincludeBuild '..'\nsourceCompatibility = 17\n",
        "// \u{e9}\n",
    ]);
    prop_oneof![4 => good.prop_map(str::to_owned), 1 => "[\\[\\]{}()<>\":,=\n a-z0-9'#*/.]{0,40}", 1 => ".{0,20}"]
}

fn file_path() -> impl Strategy<Value = String> {
    let directory = prop::sample::select(vec!["", "", "a/", "a/b/", "c d/", "\u{fc}/", "$(x)/"]);
    let name = prop::sample::select(vec![
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "src/main.rs",
        "go.mod",
        "go.work",
        "go.sum",
        "pom.xml",
        "mvnw",
        "settings.gradle",
        "build.gradle.kts",
        "gradlew",
        "gradle/wrapper/gradle-wrapper.properties",
        "A.java",
    ]);
    (directory, name).prop_map(|(directory, name)| format!("{directory}{name}"))
}

#[test]
fn a_nested_workspace_that_lists_the_one_around_it_repairs_nothing_twice() {
    let mut bench = Bench::new(&[
        ("Cargo.toml", "[package]\nname = \"a\"\nversion = \"1\"\n[workspace]\nexclude = [\"a\"]\n"),
        ("a/Cargo.toml", "[workspace]\nmembers = [\"*\", \"..\"]\n[workspace.package]\nversion = \"1\"\n"),
    ])
    .remote("https://github.com/o/r");
    assert!(!bench.apply().is_empty());
    assert_eq!(bench.apply(), Vec::<String>::new());
}

proptest! {
    #[test]
    fn after_the_repairs_there_is_nothing_to_repair(
        files in prop::collection::btree_map(file_path(), content(), 0..12),
    ) {
        let mut bench = Bench::new(&[]).remote("https://github.com/o/r");
        bench.files = files;
        let (first, second) = (bench.run(), bench.run());
        prop_assert_eq!(first.1.findings, second.1.findings);
        bench.apply();
        prop_assert_eq!(bench.apply(), Vec::<String>::new());
    }
}
