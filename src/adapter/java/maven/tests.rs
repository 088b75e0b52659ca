//! Tries the adapter of Java on projects that Maven builds.

use proptest::prelude::*;

use super::super::super::trial::{Trial, found, members, steps};
use super::super::Java;

const COORDINATES: &str = "  <groupId>g</groupId>\n  <artifactId>a</artifactId>\n  <version>1</version>\n";

fn pom(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n{inner}</project>\n"
    )
}

fn inspect(files: &[(&str, &str)]) -> super::Inspection {
    Trial::new(files).inspect(&Java, "")
}

#[test]
fn a_pom_has_facts_and_a_job() {
    let inner = format!(
        "{COORDINATES}  <scm><url>https://github.com/o/r</url></scm>\n  <licenses><license><name>MIT</name></license></licenses>\n\
         \x20 <properties><maven.compiler.release>17</maven.compiler.release></properties>\n"
    );
    let seen = inspect(&[("pom.xml", &pom(&inner))]);
    let project = &seen.project;
    assert_eq!(found(&seen), ["java/wrapper pom.xml"]);
    assert_eq!(project.name.as_ref().unwrap().evidence.line, Some(4));
    assert_eq!(project.license.as_ref().unwrap().value, "MIT");
    assert_eq!(project.repository.as_ref().unwrap().value, "https://github.com/o/r");
    assert_eq!(project.ignore, ["target/"]);
    let setup = r#"actions/setup-java {"distribution": "temurin", "java-version": "17"}"#;
    assert_eq!(steps(&seen), [setup, "mvn -B -ntp verify"]);
}

#[test]
fn the_kit_knows_the_flag_that_the_build_uses() {
    let kit = |property: &str| {
        let inner = format!("{COORDINATES}<properties><{property}>8</{property}></properties>\n");
        steps(&inspect(&[("pom.xml", &pom(&inner))]))[0].clone()
    };
    assert!(kit("maven.compiler.release").contains("\"11\""));
    assert!(kit("maven.compiler.source").contains("\"8\""));
    let required = |range: &str| {
        let rule =
            format!("<build><requireJavaVersion><version>{range}</version></requireJavaVersion></build>");
        let level = "<properties><maven.compiler.source>8</maven.compiler.source></properties>";
        steps(&inspect(&[("pom.xml", &pom(&format!("{COORDINATES}{level}{rule}")))]))[0].clone()
    };
    assert!(required("[17,)").contains("\"17\""));
    assert!(required("11.0.2").contains("\"11\""));
    assert!(required("1.8").contains("\"8\""));
}

#[test]
fn a_wrapper_is_used_and_must_say_what_it_downloads() {
    let settings = "distributionUrl=https://repo.example/apache-maven-3.9.9-bin.zip\n";
    let inner = format!(
        "{COORDINATES}<properties><maven.compiler.release>17</maven.compiler.release></properties>\n"
    );
    let files = [
        ("pom.xml", pom(&inner)),
        ("mvnw", String::new()),
        (".mvn/wrapper/maven-wrapper.properties", settings.to_owned()),
    ];
    let seen = inspect(&files.each_ref().map(|(path, text)| (*path, text.as_str())));
    let expected =
        ["java/wrapper-mode mvnw", "java/wrapper-checksum .mvn/wrapper/maven-wrapper.properties:1"];
    assert_eq!(found(&seen), expected);
    assert_eq!(seen.project.test_command.unwrap().value, "sh ./mvnw -B -ntp verify");
}

#[test]
fn what_maven_cannot_do_without_is_found() {
    let seen = inspect(&[("pom.xml", &pom("  <artifactId>a</artifactId>\n"))]);
    assert_eq!(found(&seen), ["java/wrapper pom.xml", "java/coordinates pom.xml", "java/release pom.xml"]);
    assert_eq!(seen.project.ci, None);
    let parent = "<parent><groupId>g</groupId><artifactId>p</artifactId><version>2</version></parent><artifactId>a</artifactId>\n";
    let seen = inspect(&[("pom.xml", &pom(parent))]);
    assert_eq!(found(&seen), ["java/wrapper pom.xml", "java/release pom.xml"]);
    assert_eq!(seen.project.version.unwrap().value, "2");
}

#[test]
fn modules_are_walked_and_circles_end() {
    let modules = |names: &[&str]| {
        let names: String = names.iter().map(|name| format!("<module>{name}</module>\n")).collect();
        pom(&format!("{COORDINATES}<modules>\n{names}</modules>\n"))
    };
    let optional = pom(&format!(
        "{COORDINATES}<profiles><profile><modules><module>p</module><module>q</module></modules></profile></profiles>\n"
    ));
    let seen = inspect(&[
        ("pom.xml", &modules(&["a", "b/pom-two.xml", "gone", "${x}"])),
        ("a/pom.xml", &modules(&["c", ".."])),
        ("a/c/pom.xml", &optional),
        ("a/c/p/pom.xml", &pom("<groupId>g</groupId>")),
        ("b/pom-two.xml", "<project"),
        ("d/pom.xml", &pom(COORDINATES)),
    ]);
    assert_eq!(members(&seen), ["a", "a/c", "a/c/p", "b"]);
    let rest: Vec<String> = found(&seen).split_off(2);
    assert_eq!(
        rest,
        ["java/coordinates a/c/p/pom.xml", "java/module pom.xml:9", "java/manifest b/pom-two.xml:1"]
    );
}

#[test]
fn the_encoding_is_proposed_where_the_sources_prove_it() {
    let inner = format!("{COORDINATES}  <properties>\n    <!-- levels -->\n    <x>1</x>\n  </properties>\n");
    let manifest = pom(&inner);
    let trial = |source: &str| Trial::new(&[("pom.xml", &manifest), ("src/main/java/A.java", source)]);
    let proven = trial("// \u{e9}\n");
    let after = proven.apply(&proven.inspect(&Java, ""));
    let key = "<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>\n    ";
    assert_eq!(after.text("pom.xml"), manifest.replace("<x>1</x>", &format!("{key}<x>1</x>")));
    assert!(after.inspect(&Java, "").proposals.is_empty());
    assert!(trial("// plain\n").inspect(&Java, "").proposals.is_empty());
}

#[test]
fn the_encoding_is_left_alone_where_another_may_have_decided() {
    for inner in [
        format!(
            "{COORDINATES}<parent><artifactId>p</artifactId></parent>\n<properties>\n  <x>1</x>\n</properties>\n"
        ),
        format!(
            "{COORDINATES}<properties>\n  <project.build.sourceEncoding>x</project.build.sourceEncoding>\n</properties>\n"
        ),
        format!("{COORDINATES}<properties><x>1</x></properties>\n"),
        format!("{COORDINATES}<properties>\n</properties>\n"),
        COORDINATES.to_owned(),
    ] {
        let trial = Trial::new(&[("pom.xml", &pom(&inner)), ("A.java", "// \u{e9}\n")]);
        assert!(trial.inspect(&Java, "").proposals.is_empty(), "{inner}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_proposed_is_proposed_once(
        text in any::<String>(),
        inner in "(<properties>|</properties>|\n  |<a>|</a>|x|<modules><module>\\.</module></modules>|<!-- c -->){0,12}",
    ) {
        for manifest in [text, pom(&inner)] {
            let trial = Trial::new(&[("pom.xml", &manifest), ("A.java", "// \u{e9}\n")]);
            let seen = trial.inspect(&Java, "");
            prop_assert!(trial.apply(&seen).inspect(&Java, "").proposals.is_empty());
        }
    }
}
