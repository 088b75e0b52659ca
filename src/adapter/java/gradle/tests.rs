//! Tries the adapter of Java on projects that Gradle builds.

use proptest::prelude::*;

use super::super::super::trial::{Trial, found, members, steps};
use super::super::Java;

const TOOLCHAIN: &str = "plugins { id 'java' }\nversion = '1.2'\njava {\n  toolchain {\n    languageVersion = JavaLanguageVersion.of(17)\n  }\n}\n";

fn inspect(files: &[(&str, &str)]) -> super::Inspection {
    Trial::new(files).inspect(&Java, "")
}

#[test]
fn a_build_with_plain_words_has_facts_and_a_job() {
    let wrapper = "distributionUrl=https\\://services.gradle.org/distributions/gradle-8.10-bin.zip\ndistributionSha256Sum=00\n";
    let seen = inspect(&[
        ("settings.gradle", "// name\nrootProject.name = 'demo'\ninclude 'app', ':lib:core'\n"),
        ("build.gradle", TOOLCHAIN),
        ("app/build.gradle", ""),
        ("lib/core/src/A.java", ""),
        ("gradlew", ""),
        ("gradle/wrapper/gradle-wrapper.properties", wrapper),
    ]);
    let project = &seen.project;
    assert_eq!(found(&seen), ["java/wrapper-mode gradlew"]);
    assert_eq!(project.name.as_ref().unwrap().evidence.line, Some(2));
    assert_eq!(project.version.as_ref().unwrap().value, "1.2");
    assert_eq!(project.language_version.as_ref().unwrap().evidence.line, Some(5));
    assert_eq!(members(&seen), ["app", "lib/core"]);
    let setup = r#"actions/setup-java {"distribution": "temurin", "java-version": "17"}"#;
    assert_eq!(steps(&seen), [setup, "sh ./gradlew test"]);
}

#[test]
fn a_script_below_without_settings_belongs_to_the_build() {
    let seen = inspect(&[
        (
            "settings.gradle.kts",
            "rootProject.name = computed()\nincludeBuild(\"build-logic\")\nfor (x in y) { include(\"z\") }\n",
        ),
        ("a/build.gradle.kts", ""),
        ("own/settings.gradle", ""),
        ("own/build.gradle", ""),
        ("own/sub/build.gradle", ""),
        ("build-logic/settings.gradle.kts", ""),
        ("buildSrc/src/main/java/A.java", ""),
        ("z/README", ""),
    ]);
    assert_eq!(members(&seen), ["a", "build-logic", "buildSrc"]);
    assert_eq!(seen.project.name, None);
    assert_eq!(found(&seen), ["java/wrapper settings.gradle.kts", "java/release settings.gradle.kts"]);
}

#[test]
fn the_release_is_known_only_where_every_script_agrees() {
    let level = |root: &str, app: &str| {
        let seen = inspect(&[
            ("settings.gradle", "rootProject.name = 'x'\n"),
            ("build.gradle", root),
            ("app/build.gradle.kts", app),
        ]);
        let kit = steps(&seen).first().map(|step| step.rsplit('"').nth(1).unwrap_or_default().to_owned());
        (seen.project.language_version.map(|fact| fact.value), kit)
    };
    let known = |release: &str, kit: &str| (Some(release.to_owned()), Some(kit.to_owned()));
    assert_eq!(
        level("", "java.toolchain.languageVersion.set(JavaLanguageVersion.of(21))\n"),
        known("21", "21")
    );
    assert_eq!(level("sourceCompatibility = JavaVersion.VERSION_1_8\n", ""), known("8", "8"));
    assert_eq!(level("sourceCompatibility = '9'\n", ""), known("9", "11"));
    assert_eq!(level("tasks.withType(JavaCompile) { options.release = 8 }\n", ""), known("8", "11"));
    assert_eq!(level("kotlin { jvmToolchain(11) }\n", "sourceCompatibility = 8\n"), known("11", "11"));
    assert_eq!(level(TOOLCHAIN, TOOLCHAIN), known("17", "17"));
    for (root, app) in [
        (TOOLCHAIN, "java.toolchain.languageVersion = JavaLanguageVersion.of(21)\n"),
        ("java { toolchain { languageVersion = JavaLanguageVersion.of(level) } }\n", ""),
        ("javaLauncher = launcherFor { languageVersion = JavaLanguageVersion.of(21) }\n", ""),
        ("// sourceCompatibility = 17\n", ""),
        ("def level = 17\n", "sourceCompatibility = level\n"),
    ] {
        assert_eq!(level(root, app), (None, None), "{root}");
    }
    assert_eq!(
        level("java.toolchain.languageVersion = JavaLanguageVersion.of(14)\n", ""),
        (Some("14".to_owned()), None)
    );
}

#[test]
fn one_member_does_not_speak_for_the_others() {
    let settings = ("settings.gradle", "rootProject.name = 'x'\n");
    let level = "sourceCompatibility = 21\n";
    let known = |files: &[(&str, &str)]| inspect(files).project.language_version.is_some();
    assert!(known(&[settings, ("a/build.gradle", level)]));
    assert!(!known(&[settings, ("a/build.gradle", level), ("b/build.gradle", "")]));
    let convention = ("buildSrc/src/main/groovy/java-conventions.gradle", level);
    assert!(known(&[settings, ("buildSrc/build.gradle", ""), ("b/build.gradle", ""), convention]));
}

#[test]
fn an_android_build_chooses_its_kit_itself() {
    let seen = inspect(&[
        ("settings.gradle", ""),
        ("build.gradle", "plugins { id 'com.android.library' }\nsourceCompatibility = 11\n"),
    ]);
    assert_eq!(seen.project.ci, None);
    assert!(seen.findings.last().unwrap().message.contains("Android"));
}

#[test]
fn the_wrapper_decides_between_two_tools() {
    let pom = "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>";
    let tool = |files: &[(&str, &str)]| inspect(files).project.tool.unwrap().value;
    assert_eq!(tool(&[("pom.xml", pom), ("build.gradle", "")]), "maven");
    assert_eq!(tool(&[("pom.xml", pom), ("build.gradle", ""), ("gradlew", "")]), "gradle");
    assert_eq!(tool(&[("pom.xml", pom), ("build.gradle", ""), ("gradlew", ""), ("mvnw", "")]), "maven");
}

proptest! {
    #[test]
    fn no_text_panics(
        settings in any::<String>(),
        build in "(java|toolchain|\\{|\\}|\\(|\\)|languageVersion = |JavaLanguageVersion.of\\(|17|\"|'|\n|include |/\\*|//|,){0,40}",
    ) {
        let seen = inspect(&[("settings.gradle", &settings), ("build.gradle", &build), ("gradle.properties", &settings)]);
        prop_assert!(seen.proposals.is_empty());
    }
}
