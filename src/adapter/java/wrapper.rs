//! The build tool's wrapper: a script that downloads the tool itself, and the settings that say which.
//!
//! What is downloaded and run should be known beforehand, so settings without a checksum are a finding.

use super::super::manifest::presence;
use super::super::text_file::{Reading, Remark, TextFile};
use super::super::{Error, Fact, Inspection};
use crate::git::View;
use crate::model::{FileMode, Finding, RepoPath, Severity};

/// A build tool, and how its wrapper is laid out.
pub(super) struct Tool {
    /// The program, and the name under which it is reported.
    pub(super) name: &'static str,
    program: &'static str,
    script: &'static str,
    settings: &'static str,
    tests: &'static str,
    install: &'static str,
}

/// Apache Maven.
pub(super) const MAVEN: Tool = Tool {
    name: "maven",
    program: "mvn",
    script: "mvnw",
    settings: ".mvn/wrapper/maven-wrapper.properties",
    tests: "-B -ntp verify",
    install: "run `mvn wrapper:wrapper`, and track what it writes",
};

/// Gradle.
pub(super) const GRADLE: Tool = Tool {
    name: "gradle",
    program: "gradle",
    script: "gradlew",
    settings: "gradle/wrapper/gradle-wrapper.properties",
    tests: "test",
    install: "run `gradle wrapper`, and track what it writes",
};

/// What is known of a wrapper.
pub(super) struct Wrapper {
    /// The major version of the tool that it downloads.
    pub(super) major: Option<u32>,
}

/// Reads the wrapper of the project, fills in tool and test command, and says what the wrapper lacks.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn inspect(
    view: &View<'_>,
    seen: &mut Inspection,
    tool: &Tool,
    manifest: &RepoPath,
) -> Result<Wrapper, Error> {
    let root = seen.project.root.clone();
    let script = root.join(tool.script);
    let Some(entry) = view.get(&script).filter(|entry| entry.mode.is_file()) else {
        seen.project.tool =
            Some(Fact::new(tool.name, presence(manifest, format!("{}'s manifest", tool.name))));
        let command = format!("{} {}", tool.program, tool.tests);
        seen.project.test_command = Some(Fact::new(command, presence(manifest, "no wrapper beside it")));
        seen.findings.push(no_wrapper(tool).about(manifest, None));
        return Ok(Wrapper { major: None });
    };
    let start = if entry.mode == FileMode::Executable { "./" } else { "sh ./" };
    let evidence = presence(&script, format!("the {} wrapper", tool.name));
    seen.project.tool = Some(Fact::new(tool.name, evidence.clone()));
    seen.project.test_command = Some(Fact::new(format!("{start}{} {}", tool.script, tool.tests), evidence));
    if entry.mode != FileMode::Executable {
        seen.findings.push(not_executable(tool).about(&script, None));
    }
    let mut wrapper = Wrapper { major: None };
    match TextFile::read(view, &root.join(tool.settings), "java/wrapper")? {
        Reading::Read(settings) => {
            let distribution = property(&settings, "distributionUrl");
            wrapper.major = distribution.and_then(|(url, _)| major(tool, url));
            seen.findings.extend(unchecked_download(&settings));
        }
        Reading::Refused(finding) => seen.findings.push(finding),
        Reading::Absent => seen.findings.push(no_settings(tool).about(&script, None)),
    }
    Ok(wrapper)
}

/// Returns a property's value and the offset of its line, from a Java properties file.
///
/// Source: `java.util.Properties`. Continued lines and escaped keys are not read: no wrapper writes them.
pub(super) fn property<'a>(file: &'a TextFile, key: &str) -> Option<(&'a str, usize)> {
    let mut at = 0;
    let mut found = None;
    for line in file.text.split_inclusive('\n') {
        let rest = line.trim().strip_prefix(key).map(str::trim_start);
        let value = rest.and_then(|rest| rest.strip_prefix(['=', ':'])).map(str::trim);
        if let Some(value) = value.filter(|value| !value.is_empty() && !value.ends_with('\\')) {
            found = Some((value, at));
        }
        at += line.len();
    }
    found
}

/// Reads the major version from the name of the archive: `.../gradle-8.10-bin.zip`.
fn major(tool: &Tool, url: &str) -> Option<u32> {
    let file = url.rsplit('/').next()?;
    let version = file.strip_prefix(tool.name)?.strip_prefix('-')?;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

fn unchecked_download(settings: &TextFile) -> Option<Finding> {
    let (url, at) = property(settings, "distributionUrl")?;
    if property(settings, "distributionSha256Sum").is_some() {
        return None;
    }
    let line = at..at + settings.text[at..].lines().next().unwrap_or_default().len();
    let archive = url.split(['?', '#']).next().and_then(|url| url.rsplit('/').next()).unwrap_or_default();
    let remark = Remark::needs_input(
        "java/wrapper-checksum",
        Severity::Warning,
        format!(
            "`{archive}` is downloaded and run, and no `distributionSha256Sum` says which bytes are meant"
        ),
        "add `distributionSha256Sum=` with the digest that the tool's release page publishes for this archive",
    );
    Some(settings.finding_at(&line, remark))
}

fn no_wrapper(tool: &Tool) -> Remark {
    let message =
        format!("no {} wrapper is tracked, so each machine builds with whatever version it has", tool.name);
    Remark::needs_input("java/wrapper", Severity::Note, message, tool.install)
}

fn no_settings(tool: &Tool) -> Remark {
    let message = format!(
        "`{}` needs `{}`, which is not tracked, so the wrapper cannot run",
        tool.script, tool.settings
    );
    Remark::gap("java/wrapper", Severity::Warning, message, tool.install)
}

fn not_executable(tool: &Tool) -> Remark {
    let message =
        format!("`{}` is not executable, so `./{}` fails in a fresh clone", tool.script, tool.script);
    let help = format!("run `git update-index --chmod=+x {}`", tool.script);
    Remark::gap("java/wrapper-mode", Severity::Note, message, &help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> TextFile {
        TextFile { path: RepoPath::from("w.properties"), mode: FileMode::Regular, text: text.into() }
    }

    #[test]
    fn properties_are_read_as_java_reads_them() {
        let settings =
            file("# distributionUrl=no\ndistributionUrl = https\\://x/gradle-8.10-bin.zip\r\nother: 1\n");
        assert_eq!(property(&settings, "distributionUrl"), Some(("https\\://x/gradle-8.10-bin.zip", 21)));
        assert_eq!(property(&settings, "other"), Some(("1", 71)));
        assert_eq!(property(&settings, "distribution"), None);
        assert_eq!(major(&GRADLE, "https\\://x/gradle-8.10-bin.zip"), Some(8));
        assert_eq!(major(&MAVEN, "https://x/apache-maven-3.9.9-bin.zip"), None);
    }

    #[test]
    fn a_download_without_a_checksum_is_found_on_its_line() {
        let finding =
            unchecked_download(&file("a=1\ndistributionUrl=https://x/gradle-8.10-bin.zip\n")).unwrap();
        assert_eq!(finding.span.unwrap().line, 2);
        let checked = file("distributionUrl=https://x/a.zip\ndistributionSha256Sum=00\n");
        assert_eq!(unchecked_download(&checked), None);
    }
}
