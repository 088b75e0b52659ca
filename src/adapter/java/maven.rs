//! Inspects a project that Maven builds.
//!
//! Coordinates are judged in every module; the release level, the wrapper and the encoding at the root.

use super::super::forge::stated_page;
use super::super::text_file::{Reading, Remark};
use super::super::{Error, Inspection};
use super::module_tree::ModuleTree;
use super::pom::Pom;
use super::{jdk, source_encoding, wrapper};
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

/// Inspects the project whose POM stands in `root`.
///
/// # Errors
/// When an object cannot be read.
pub(super) fn inspect(view: &View<'_>, root: &RepoPath) -> Result<Inspection, Error> {
    let mut seen = Inspection::bare("java", root);
    let path = root.join("pom.xml");
    let pom = match Pom::read(view, &path)? {
        Reading::Read(pom) => pom,
        Reading::Refused(finding) => {
            seen.findings.push(finding);
            return Ok(seen);
        }
        Reading::Absent => return Ok(seen),
    };
    let tree = ModuleTree::read(view, &pom)?;
    wrapper::inspect(view, &mut seen, &wrapper::MAVEN, &path)?;
    describe(&mut seen, &pom);
    seen.project.members = tree.directories(root);
    seen.project.ignore = vec!["target/"];

    seen.findings.extend(coordinates(&pom));
    match pom.level() {
        Some(level) => {
            seen.project.language_version = Some(level.fact);
            // Java 8's compiler has no `--release`.
            let oldest = if level.by_flag { 9 } else { 0 };
            seen.project.ci = jdk::ci_job(
                &seen,
                jdk::kit_for(level.release.max(oldest).max(pom.oldest_kit().unwrap_or(0))),
            );
        }
        None => seen.findings.push(no_level(&pom)),
    }
    seen.findings.extend(tree.poms.values().flat_map(coordinates));
    seen.findings.extend(tree.findings);
    seen.proposals.extend(source_encoding::proposal(view, root, &pom)?);
    Ok(seen)
}

fn describe(seen: &mut Inspection, pom: &Pom) {
    let project = &mut seen.project;
    project.name = pom.fact("project.artifactId");
    project.version = pom.fact("project.version");
    project.repository = pom.fact("project.scm.url").and_then(stated_page);
    project.license = pom.fact("project.license.name");
}

/// What Maven cannot do without.
fn coordinates(pom: &Pom) -> Vec<Finding> {
    let missing = |name: &&str| !pom.says(&format!("project.{name}"));
    let names: Vec<&str> =
        ["groupId", "artifactId", "version"].into_iter().filter(|name| missing(name)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let remark = Remark::needs_input(
        "java/coordinates",
        Severity::Warning,
        format!("no {}, and Maven refuses a POM without coordinates", names.join(", no ")),
        "name the artifact here, or name the parent that gives group and version",
    );
    vec![pom.file.finding(remark)]
}

/// Nobody can tell which Java compiles this, so no job is rendered.
fn no_level(pom: &Pom) -> Finding {
    let help = "set the property `maven.compiler.release` to the oldest Java you support";
    let remark = if pom.has_parent {
        let message =
            "the POM names no Java release (a parent outside the repository might), so no CI job is rendered";
        Remark::needs_input("java/release", Severity::Note, message, help)
    } else {
        let message = "the POM names no Java release, so the version of a plugin decides for which Java this is compiled";
        Remark::needs_input("java/release", Severity::Warning, message, help)
    };
    pom.file.finding(remark)
}

#[cfg(test)]
mod tests;
