//! The node adapter: `package.json`, lockfiles, `.nvmrc`, workspaces of npm, yarn, pnpm and bun.
//!
//! No script is run; a script's text is never copied into a command, only its name is called.

use super::manifest::{gap, needs_input};
use super::node_ci;
use super::node_facts as facts;
use super::node_repair;
use super::node_sources::Sources;
use super::node_workspace;
use super::project::in_place;
use super::{Adapter, Context, Error, Inspection, Project};
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

/// Knows Node.js projects.
pub(super) struct Node;

impl Adapter for Node {
    fn id(&self) -> &'static str {
        "node"
    }

    fn markers(&self) -> &'static [&'static str] {
        &["package.json"]
    }

    fn inspect(&self, view: &View<'_>, root: &RepoPath, context: &Context) -> Result<Inspection, Error> {
        let mut findings = Vec::new();
        let sources = Sources::read(view, root, &mut findings)?;
        let mut project = Project::bare(self.id(), root);
        facts::fill(&mut project, &sources);
        project.members = node_workspace::members(view, &sources, &mut findings)?;
        project.ignore = ignore(&sources);
        project.ci = node_ci::job(&project, &sources);
        findings.extend(missing(&sources, &project));
        findings.extend(lockfiles(&sources));
        let proposals =
            node_repair::propose(&sources, context).map(|edit| in_place(edit, view)).into_iter().collect();
        Ok(Inspection { project, findings, proposals })
    }
}

/// Names what installs leave behind and no tool hides by itself.
fn ignore(sources: &Sources) -> Vec<&'static str> {
    let mut patterns = vec!["node_modules/"];
    if facts::manager(sources).value == "yarn" && !sources.classic_yarn {
        patterns.push(".yarn/install-state.gz");
    }
    patterns
}

/// The fields that a published package needs and only a person can fill.
fn missing(sources: &Sources, project: &Project) -> Vec<Finding> {
    let Some(package) = sources.package.as_ref().filter(|package| !package.is_private()) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut ask = |field: &str, why: &str, severity: Severity| {
        let rule = format!("node/{field}");
        let message = format!("the package has no {field}: {why}");
        let help = format!("add `{field}` to package.json, or `\"private\": true` if it is never published");
        findings.push(Finding { severity, ..needs_input(&rule, &package.path, message, help) });
    };
    // Without a name nobody meant to publish it; the one finding says so.
    if project.name.is_none() {
        ask("name", "it can be neither published nor depended upon", Severity::Note);
        return findings;
    }
    if project.version.is_none() {
        ask("version", "it cannot be published", Severity::Warning);
    }
    if project.license.is_none() && !package.has("license") && !package.has("licenses") {
        ask("license", "indexes and audits cannot tell on which terms it may be used", Severity::Warning);
    }
    if !package.has("description") {
        ask("description", "the registry and search show nothing", Severity::Note);
    }
    findings
}

fn lockfiles(sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(package) = &sources.package else { return findings };
    let managers = facts::locked_by(sources);
    if let [(first, _), .., (last, _)] = managers.as_slice() {
        let message = format!(
            "`{first}` and `{last}` both lock the dependencies, so two tools install two different sets"
        );
        let help = "keep the lockfile of the tool the project uses, and remove the other";
        findings.push(gap("node/one-lockfile", &sources.root.join(last), message, help));
    }
    if let (Some(declared), [(file, by)]) = (facts::declared_manager(sources), managers.as_slice())
        && declared.value != *by
    {
        let message = format!("packageManager names {}, and the lockfile `{file}` is {by}'s", declared.value);
        let help = "make the field and the lockfile name the same tool";
        findings.push(gap("node/package-manager", &package.path, message, help));
    }
    if managers.is_empty() && package.is_private() && package.has_dependencies() {
        let message = "no lockfile: every installation of this application may get other dependencies";
        let help = "run the package manager's install once and commit its lockfile";
        findings.push(gap("node/lockfile", &package.path, message, help));
    }
    findings
}
