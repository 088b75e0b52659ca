//! Says what `package.json` and its neighbours state, with the line that states it.

use super::forge::Forge;
use super::manifest::presence;
use super::node_sources::{Package, Sources};
use super::{Fact, Project};

/// Lockfiles and the tools that write them, in order of precedence.
const LOCKFILES: [(&str, &str); 6] = [
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
];

/// Fills in what is stated.
pub(super) fn fill(project: &mut Project, sources: &Sources) {
    project.tool = Some(manager(sources));
    let Some(package) = &sources.package else { return };
    project.name = package.string(&["name"]);
    project.version = package.string(&["version"]);
    project.language_version = package.string(&["engines", "node"]).or_else(|| sources.node_version.clone());
    project.license = package.string(&["license"]).or_else(|| package.string(&["license", "type"]));
    project.repository = repository(package);
    project.test_command = test_command(sources, package);
}

/// Returns each lockfile that is there and the tool that writes it; one file a tool.
pub(super) fn locked_by(sources: &Sources) -> Vec<(&'static str, &'static str)> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    for (file, tool) in LOCKFILES {
        if sources.has(file) && !found.iter().any(|(_, known)| *known == tool) {
            found.push((file, tool));
        }
    }
    found
}

/// Returns the tool that `packageManager` (or `devEngines.packageManager`) names.
pub(super) fn declared_manager(sources: &Sources) -> Option<Fact<String>> {
    let package = sources.package.as_ref()?;
    let fact = package
        .string(&["packageManager"])
        .or_else(|| package.string(&["devEngines", "packageManager", "name"]))?;
    let name = fact.value.split('@').next().unwrap_or_default().to_owned();
    LOCKFILES.iter().any(|(_, tool)| *tool == name).then_some(Fact { value: name, evidence: fact.evidence })
}

/// Returns the tool that installs the project: as declared, else by lockfile, else npm.
pub(super) fn manager(sources: &Sources) -> Fact<String> {
    if let Some(declared) = declared_manager(sources) {
        return declared;
    }
    match locked_by(sources).first() {
        Some((file, tool)) => {
            Fact::new(*tool, presence(&sources.root.join(file), format!("locked by {tool}")))
        }
        None => {
            Fact::new("npm", presence(&sources.root.join("package.json"), "no lockfile, no packageManager"))
        }
    }
}

fn repository(package: &Package) -> Option<Fact<String>> {
    let fact = package.string(&["repository", "url"]).or_else(|| package.string(&["repository"]))?;
    let page = Forge::parse(&fact.value)?.page();
    let keys: &[&str] = &["repository"];
    Some(Fact::new(page.clone(), package.says(keys, format!("repository: {page}"))))
}

/// Returns how the script `test` is called; npm's own "no test specified" is none.
fn test_command(sources: &Sources, package: &Package) -> Option<Fact<String>> {
    let script = package.string(&["scripts", "test"])?;
    if script.value.contains("no test specified") || script.value.trim().is_empty() {
        return None;
    }
    let tool = manager(sources).value;
    // `bun test` is bun's own runner, not the script.
    let command = if tool == "bun" { "bun run test".to_owned() } else { format!("{tool} test") };
    Some(Fact::new(command, script.evidence))
}
