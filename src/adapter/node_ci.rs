//! Says which steps install a Node.js project and run its tests.

use super::actions::{SETUP_BUN, SETUP_NODE, run};
use super::node_sources::Sources;
use super::{CiJob, CiStep, Project};

/// Returns the job; `None` without a test command.
pub(super) fn job(project: &Project, sources: &Sources) -> Option<CiJob> {
    let test = project.test_command.as_ref()?;
    let tool = project.tool.as_ref()?;
    let mut steps = vec![node(project, sources)];
    let install = match tool.value.as_str() {
        "pnpm" if sources.has("pnpm-lock.yaml") => "corepack enable\npnpm install --frozen-lockfile",
        "pnpm" => "corepack enable\npnpm install",
        "yarn" if sources.classic_yarn => "corepack enable\nyarn install --frozen-lockfile",
        "yarn" if sources.has("yarn.lock") => "corepack enable\nyarn install --immutable",
        "yarn" => "corepack enable\nyarn install",
        "bun" if sources.has("bun.lock") || sources.has("bun.lockb") => "bun install --frozen-lockfile",
        "bun" => "bun install",
        _ if sources.has("package-lock.json") || sources.has("npm-shrinkwrap.json") => "npm ci",
        _ => "npm install",
    };
    if tool.value == "bun" {
        steps.push(SETUP_BUN.step("Set up bun", &[]));
    }
    steps.push(run("Install", install));
    steps.push(run("Test", test.value.clone()));
    let facts = [Some(tool), project.language_version.as_ref(), Some(test)];
    let evidence = facts.into_iter().flatten().map(|fact| fact.evidence.clone()).collect();
    Some(CiJob { name: project.label(), steps, evidence })
}

/// Takes the version from `.nvmrc` or `.node-version`, else from `engines.node`; else the long-term release.
///
/// The files come first although `engines.node` is what the package promises: they name the one version that
/// its authors work with.
fn node(project: &Project, sources: &Sources) -> CiStep {
    let pinned = sources.node_version.as_ref().map(|fact| fact.evidence.path.to_string());
    let engines = project.language_version.as_ref().map(|fact| fact.evidence.path.to_string());
    let version = match pinned.or(engines) {
        Some(file) => ("node-version-file", file),
        None => ("node-version", "lts/*".to_owned()),
    };
    SETUP_NODE.step("Set up Node.js", &[version, ("package-manager-cache", "false".to_owned())])
}
