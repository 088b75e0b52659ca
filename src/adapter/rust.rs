//! Knows Rust projects: `Cargo.toml`, workspaces and their members, the toolchain, the lock file.
//!
//! Members belong to their workspace root; an inherited field is looked up where cargo looks it up.

mod manifest;
mod package;
mod repository_field;
mod toolchain;
mod workspace;

use manifest::CargoManifest;
use package::Package;
use toolchain::{Choice, Toolchain};
use workspace::Members;

use super::actions::run;
use super::forge::stated_page;
use super::manifest::presence;
use super::text_file::{Reading, Remark};
use super::{Adapter, CiJob, Context, Error, Fact, Inspection};
use crate::git::View;
use crate::model::{RepoPath, Severity};

/// The adapter of Rust.
pub(super) struct Rust;

impl Adapter for Rust {
    fn id(&self) -> &'static str {
        "rust"
    }

    fn markers(&self) -> &'static [&'static str] {
        &["Cargo.toml"]
    }

    fn inspect(&self, view: &View<'_>, root: &RepoPath, context: &Context) -> Result<Inspection, Error> {
        let mut seen = Inspection::bare(self.id(), root);
        let manifest = match CargoManifest::read(view, root)? {
            Reading::Read(manifest) => manifest,
            Reading::Refused(finding) => {
                seen.findings.push(finding);
                return Ok(seen);
            }
            Reading::Absent => return Ok(seen),
        };
        let members = workspace::members(view, root, &manifest)?;
        let outer = if manifest.has_workspace() { None } else { workspace::root_above(view, root)? };
        if let Some(outer) = &outer {
            seen.findings.extend(workspace::stranger(view, root, &manifest, outer)?);
        }
        let inherited = outer.as_ref().map(|(_, workspace)| workspace);
        let packages = packages(root, &manifest, inherited, &members);

        let toolchain = Toolchain::find(view, root)?;
        describe(&mut seen, &manifest, &packages, toolchain.as_ref());
        seen.project.members.clone_from(&members.directories);
        seen.project.ignore = vec!["/target/"];
        seen.project.test_command =
            Some(test_command(view, root, &manifest, !seen.project.members.is_empty()));
        seen.project.ci = ci_job(&seen, toolchain.as_ref());

        seen.findings.extend_from_slice(&members.findings);
        for package in &packages {
            seen.findings.extend(package.findings(context));
        }
        seen.findings.extend(lock_gap(view, root, &packages));
        seen.findings.extend(rust_version_gap(&seen, &packages));
        seen.proposals = repository_field::proposals(root, &manifest, &packages, context);
        Ok(seen)
    }
}

/// Lists the packages of a project, the root's own first.
fn packages<'a>(
    root: &'a RepoPath,
    manifest: &'a CargoManifest,
    outer: Option<&'a CargoManifest>,
    members: &'a Members,
) -> Vec<Package<'a>> {
    let inherited = if manifest.has_workspace() { Some(manifest) } else { outer };
    let own = Some(Package::new(manifest, root, inherited));
    let below =
        members.manifests.iter().map(|(directory, member)| Package::new(member, directory, Some(manifest)));
    own.into_iter().chain(below).filter(|package| package.manifest.has_package()).collect()
}

/// Fills in what the root package says, else what the workspace says for its packages.
fn describe(
    seen: &mut Inspection,
    manifest: &CargoManifest,
    packages: &[Package<'_>],
    toolchain: Option<&Toolchain>,
) {
    let own = packages.first().filter(|_| manifest.has_package());
    let value = |key: &str| {
        let said = own.and_then(|package| package.value(key));
        said.or_else(|| manifest.shared(key).map(|field| manifest.fact(key, field)))
    };
    let project = &mut seen.project;
    project.name = own.and_then(|package| package.value("name"));
    project.version = value("version");
    project.repository = value("repository").and_then(stated_page);
    project.license = value("license");
    let pinned = || toolchain.and_then(Toolchain::channel_fact);
    project.language_version = value("rust-version").or_else(pinned);
    project.tool = Some(Fact::new("cargo", presence(&manifest.file.path, "cargo's manifest")));
}

/// Returns the command that tests every member, unless the workspace names default members.
fn test_command(view: &View<'_>, root: &RepoPath, manifest: &CargoManifest, members: bool) -> Fact<String> {
    let mut command = String::from("cargo test");
    let mut says = "cargo's manifest";
    if !manifest.has_package() || (members && !manifest.has_default_members()) {
        if !manifest.has_default_members() {
            command.push_str(" --workspace");
        }
        says = "a workspace";
    }
    if view.exists(&root.join("Cargo.lock")) {
        command.push_str(" --locked");
    }
    Fact::new(command, presence(&manifest.file.path, says))
}

/// Returns the job: the toolchain that the project pins (else stable), and its tests.
fn ci_job(seen: &Inspection, toolchain: Option<&Toolchain>) -> Option<CiJob> {
    let test = seen.project.test_command.as_ref()?;
    let stable = "rustup toolchain install stable --profile minimal --no-self-update\nrustup default stable";
    let install = match toolchain.map(Toolchain::choice) {
        // Without a name, rustup installs what the toolchain file asks for, components and targets too.
        Some(Choice::Channel) => "rustup toolchain install",
        Some(Choice::Default) | None => stable,
        Some(Choice::Elsewhere) => return None,
    };
    let mut evidence = vec![test.evidence.clone()];
    evidence.extend(toolchain.map(Toolchain::evidence));
    Some(CiJob {
        name: seen.project.label(),
        steps: vec![run("Install Rust", install), run("Test", &test.value)],
        evidence,
    })
}

/// A program without a tracked lock file is built from other sources tomorrow.
fn lock_gap(view: &View<'_>, root: &RepoPath, packages: &[Package<'_>]) -> Option<crate::model::Finding> {
    if view.exists(&root.join("Cargo.lock")) {
        return None;
    }
    // Where something is published, helpers that are not published are for the authors alone.
    let published = packages.iter().any(Package::is_publishable);
    let judged = packages.iter().filter(|package| package.is_publishable() == published);
    let program = judged.filter_map(|package| package.program(view)).next()?;
    let remark = Remark::gap(
        "rust/lockfile",
        Severity::Warning,
        format!(
            "`{program}` builds a program and no Cargo.lock is tracked, so two clones may build it from different dependencies"
        ),
        "run `cargo generate-lockfile`, and track Cargo.lock",
    );
    Some(remark.about(&root.join("Cargo.lock"), None))
}

/// Nobody can tell on which Rust a published project is meant to build.
fn rust_version_gap(seen: &Inspection, packages: &[Package<'_>]) -> Option<crate::model::Finding> {
    let published = packages.iter().find(|package| package.is_publishable())?;
    let said = seen.project.language_version.is_some()
        || packages.iter().any(|package| package.value("rust-version").is_some());
    (!said).then(|| {
        published.manifest.file.finding(Remark::needs_input(
            "rust/rust-version",
            Severity::Note,
            "no `rust-version` says which Rust this needs, so cargo cannot pick a fitting release for its users",
            "set `package.rust-version` to the oldest Rust you test on",
        ))
    })
}

#[cfg(test)]
mod tests;
