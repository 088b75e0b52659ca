//! Says which steps install a Node.js project and run its tests.

use super::actions::{SETUP_BUN, SETUP_NODE, SETUP_PNPM, run};
use super::node_sources::Sources;
use super::{CiJob, CiStep, Project};

/// Returns the job; `None` without a test command.
pub(super) fn job(project: &Project, sources: &Sources) -> Option<CiJob> {
    let test = project.test_command.as_ref()?;
    let tool = project.tool.as_ref()?;
    let mut steps = vec![node(project, sources)];
    match tool.value.as_str() {
        "pnpm" => steps.push(SETUP_PNPM.step("Set up pnpm", &[pnpm_version(sources)])),
        "bun" => steps.push(SETUP_BUN.step("Set up bun", &[])),
        _ => {}
    }
    let install = install(&tool.value, sources);
    steps.push(run("Install", install));
    steps.push(run("Test", test.value.clone()));
    let facts = [Some(tool), project.language_version.as_ref(), Some(test)];
    let evidence = facts.into_iter().flatten().map(|fact| fact.evidence.clone()).collect();
    Some(CiJob { name: project.label(), steps, evidence })
}

/// Returns the lines that install what is locked.
fn install(tool: &str, sources: &Sources) -> &'static str {
    let locked = |names: &[&str]| names.iter().any(|name| sources.has(name));
    match tool {
        "pnpm" if locked(&["pnpm-lock.yaml"]) => "pnpm install --frozen-lockfile",
        "pnpm" => "pnpm install",
        "yarn" if sources.classic_yarn => "yarn install --frozen-lockfile",
        // The yarn that runners have hands over to a tracked release.
        "yarn" if locked(&["yarn.lock"]) && sources.own_yarn => "yarn install --immutable",
        "yarn" if locked(&["yarn.lock"]) => YARN_BY_COREPACK,
        "yarn" => "yarn install",
        "bun" if locked(&["bun.lock", "bun.lockb"]) => "bun install --frozen-lockfile",
        "bun" => "bun install",
        _ if locked(&["package-lock.json", "npm-shrinkwrap.json"]) => "npm ci",
        _ => "npm install",
    }
}

/// Node.js brings corepack only before version 25; a link in this directory wins over the yarn that runners have.
const YARN_BY_COREPACK: &str = "\
mkdir -p \"$HOME/.local/bin\"
npx --yes corepack enable --install-directory \"$HOME/.local/bin\"
export PATH=\"$HOME/.local/bin:$PATH\"
yarn install --immutable";

/// Returns the input by which the action chooses pnpm: `packageManager`, else what the lockfile was written by.
fn pnpm_version(sources: &Sources) -> (&'static str, String) {
    let package = sources.package.as_ref().filter(|package| package.has("packageManager"));
    if let Some(package) = package {
        return ("package_json_file", package.path.to_string());
    }
    let version = match sources.pnpm_lock.as_deref() {
        Some("9.0") => "10",
        Some("6.0" | "6.1") => "8",
        Some("5.3" | "5.4") => "7",
        _ => "latest",
    };
    ("version", version.to_owned())
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
