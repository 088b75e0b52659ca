//! Inspects a project that Gradle builds.
//!
//! Settings make a build: a directory without settings of its own belongs to the build above it.

use std::collections::BTreeSet;

use super::super::detect::files_below;
use super::super::places::resolve;
use super::super::render::has_ci;
use super::super::text_file::{Reading, Remark, TextFile};
use super::super::{Error, Fact, Inspection};
use super::gradle_level::{Level, Source};
use super::gradle_script::{Statement, literal, statements};
use super::{gradle_level, jdk, wrapper};
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

const RULE: &str = "java/manifest";

/// A script, and its statements.
pub(super) struct Script {
    /// Whether it speaks for one member alone, and not for the root or for all who share a convention.
    pub(super) is_of_member: bool,
    pub(super) file: TextFile,
    pub(super) statements: Vec<Statement>,
}

/// Inspects the build in `root`.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn inspect(view: &View<'_>, root: &RepoPath) -> Result<Inspection, Error> {
    let mut seen = Inspection::bare("java", root);
    let settings = first(view, root, ["settings.gradle", "settings.gradle.kts"], &mut seen.findings)?;
    let build = first(view, root, ["build.gradle", "build.gradle.kts"], &mut seen.findings)?;
    let Some(manifest) = settings.as_ref().or(build.as_ref()).map(|script| script.file.path.clone()) else {
        return Ok(seen);
    };
    let wrapper = wrapper::inspect(view, &mut seen, &wrapper::GRADLE, &manifest)?;
    describe(view, &mut seen, settings.as_ref(), build.as_ref())?;
    seen.project.members = match &settings {
        Some(settings) => members(view, root, settings),
        None => Vec::new(),
    };
    seen.project.ignore = vec![".gradle/", "build/"];
    if settings.is_none() && !settings_above(view, root) {
        seen.findings.push(no_settings().about(&manifest, None));
    }

    let scripts = scripts(view, &seen)?;
    let level = gradle_level::agreed(&scripts);
    let android = scripts.iter().any(|script| script.file.text.contains("com.android."));
    let kit = level.as_ref().filter(|_| !android).and_then(|level| kit(level, wrapper.major));
    seen.project.language_version = level.map(|level| level.fact);
    seen.project.ci = kit.and_then(|kit| jdk::ci_job(&seen, kit));
    if seen.project.ci.is_none() && !has_ci(view) {
        let known = seen.project.language_version.is_some();
        seen.findings.push(no_kit(android, known).about(&manifest, None));
    }
    Ok(seen)
}

/// Reads the first of these files that is there.
fn first(
    view: &View<'_>,
    root: &RepoPath,
    names: [&str; 2],
    findings: &mut Vec<Finding>,
) -> Result<Option<Script>, Error> {
    for name in names {
        match read(view, &root.join(name))? {
            Reading::Read(script) => return Ok(Some(script)),
            Reading::Refused(finding) => findings.push(finding),
            Reading::Absent => {}
        }
    }
    Ok(None)
}

fn read(view: &View<'_>, path: &RepoPath) -> Result<Reading<Script>, Error> {
    Ok(match TextFile::read(view, path, RULE)? {
        Reading::Read(file) => {
            Reading::Read(Script { statements: statements(&file.text), is_of_member: false, file })
        }
        Reading::Refused(finding) => Reading::Refused(finding),
        Reading::Absent => Reading::Absent,
    })
}

/// Fills in the name from the settings, and the version from the build or `gradle.properties`.
fn describe(
    view: &View<'_>,
    seen: &mut Inspection,
    settings: Option<&Script>,
    build: Option<&Script>,
) -> Result<(), Error> {
    let said = |script: Option<&Script>, name: &str| {
        let script = script?;
        let top = script.statements.iter().filter(|statement| statement.blocks.is_empty());
        let found: Vec<(&str, usize)> =
            top.filter_map(|statement| Some((literal(statement.assigned(name)?)?, statement.at))).collect();
        let [(value, at)] = found[..] else { return None };
        Some(Fact::new(value, script.file.evidence(at, format!("{name} = {value:?}"))))
    };
    seen.project.name = said(settings, "rootProject.name");
    seen.project.version = said(build, "version");
    if seen.project.version.is_none()
        && let Reading::Read(file) = TextFile::read(view, &seen.project.root.join("gradle.properties"), RULE)?
        && let Some((version, at)) = wrapper::property(&file, "version")
    {
        seen.project.version = Some(Fact::new(version, file.evidence(at, format!("version={version}"))));
    }
    Ok(())
}

/// Lists the directories of the build: what the settings include in plain words, and every build script below
/// that has no settings of its own.
fn members(view: &View<'_>, root: &RepoPath, settings: &Script) -> Vec<RepoPath> {
    let mut members = BTreeSet::new();
    for statement in &settings.statements {
        for name in statement.strings("include").filter(|_| statement.blocks.is_empty()).unwrap_or_default() {
            members.extend(resolve(root, &name.trim_start_matches(':').replace(':', "/")));
        }
        for path in statement.strings("includeBuild").unwrap_or_default() {
            members.extend(resolve(root, path));
        }
    }
    members.insert(root.join("buildSrc"));
    let mut settings_at = BTreeSet::new();
    let mut builds_at = BTreeSet::new();
    for entry in view.snapshot().entries().iter().filter(|entry| entry.path.is_within(root)) {
        let Some(directory) = entry.path.parent() else { continue };
        match entry.path.file_name() {
            b"settings.gradle" | b"settings.gradle.kts" => drop(settings_at.insert(directory)),
            b"build.gradle" | b"build.gradle.kts" => drop(builds_at.insert(directory)),
            _ => {}
        }
    }
    let own = |directory: &RepoPath| {
        let above = std::iter::successors(Some(directory.clone()), RepoPath::parent);
        above.take_while(|here| here != root).any(|here| settings_at.contains(&here))
    };
    members.extend(builds_at.into_iter().filter(|directory| !own(directory)));
    members.remove(root);
    members.retain(|directory| files_below(view, directory).next().is_some());
    members.into_iter().collect()
}

/// Reads the scripts that can say for which Java the build compiles: build scripts of the root and of members, and
/// the conventions that they share.
fn scripts(view: &View<'_>, seen: &Inspection) -> Result<Vec<Script>, Error> {
    let project = &seen.project;
    let members: BTreeSet<&RepoPath> = project.members.iter().collect();
    let is_convention = |parent: &RepoPath| {
        let shared = |base: &RepoPath| {
            [b"src/main/groovy".as_slice(), b"src/main/kotlin"]
                .iter()
                .any(|source| *parent == base.join(source))
        };
        shared(&project.root) || members.iter().any(|base| shared(base))
    };
    let mut scripts = Vec::new();
    for entry in view.snapshot().entries() {
        let name = entry.path.file_name();
        let is_script = name.ends_with(b".gradle") || name.ends_with(b".gradle.kts");
        let Some(parent) = entry.path.parent().filter(|_| is_script && !name.starts_with(b"settings."))
        else {
            continue;
        };
        let is_of_member = members.contains(&parent);
        if !(is_of_member || parent == project.root || is_convention(&parent)) {
            continue;
        }
        if let Reading::Read(script) = read(view, &entry.path)? {
            scripts.push(Script { is_of_member, ..script });
        }
    }
    Ok(scripts)
}

/// Returns the kit to install: Gradle 9 itself runs on Java 17, and a toolchain is looked for by its exact release.
fn kit(level: &Level, gradle: Option<u32>) -> Option<u32> {
    let oldest = if gradle.is_some_and(|major| major >= 9) { 17 } else { 8 };
    match level.source {
        // Temurin has no builds between 8 and 11, nor between 11 and 16.
        Source::Toolchain => (level.release >= oldest
            && (matches!(level.release, 8 | 11) || level.release >= 16))
            .then_some(level.release),
        // Java 8's compiler has no `--release`.
        Source::ReleaseFlag => Some(jdk::kit_for(level.release.max(oldest).max(9))),
        Source::Compatibility => Some(jdk::kit_for(level.release.max(oldest))),
    }
}

fn settings_above(view: &View<'_>, root: &RepoPath) -> bool {
    let above = std::iter::successors(root.parent(), RepoPath::parent);
    above.into_iter().any(|here| {
        ["settings.gradle", "settings.gradle.kts"].iter().any(|name| view.exists(&here.join(name)))
    })
}

fn no_settings() -> Remark {
    Remark::needs_input(
        "java/settings",
        Severity::Note,
        "no settings script, so Gradle names the build after whatever directory it was cloned into",
        "add a settings script with `rootProject.name`",
    )
}

fn no_kit(android: bool, known: bool) -> Remark {
    let (message, help) = match (android, known) {
        (true, _) => (
            "an Android build needs a kit that its plugin chooses, so no CI job is rendered",
            "write a workflow with the kit you build with",
        ),
        (false, true) => (
            "no single kit both runs this Gradle and is the toolchain it asks for, so no CI job is rendered",
            "write a workflow that installs both kits",
        ),
        (false, false) => (
            "no plain literal says for which Java this compiles, or several differ, so no CI job is rendered",
            "set `java.toolchain.languageVersion` to one release, in plain words",
        ),
    };
    Remark::needs_input("java/release", Severity::Note, message, help)
}

#[cfg(test)]
mod tests;
