//! The python adapter: `pyproject.toml`, `setup.cfg`, `setup.py`, `Pipfile`, `requirements.txt`.
//!
//! Nothing is executed: what only running `setup.py` would tell stays unknown.

use super::manifest::{gap, needs_input};
use super::project::in_place;
use super::python_ci;
use super::python_facts as facts;
use super::python_repair;
use super::python_sources::Sources;
use super::python_tests;
use super::{Adapter, Context, Error, Inspection, Project};
use crate::git::View;
use crate::model::{Finding, RepoPath, Severity};

/// Knows Python projects.
pub(super) struct Python;

impl Adapter for Python {
    fn id(&self) -> &'static str {
        "python"
    }

    fn markers(&self) -> &'static [&'static str] {
        &["pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "requirements.txt"]
    }

    fn inspect(&self, view: &View<'_>, root: &RepoPath, _context: &Context) -> Result<Inspection, Error> {
        let mut findings = Vec::new();
        let sources = Sources::read(view, root, &mut findings)?;
        let readable = findings.is_empty();
        let mut project = Project::bare(self.id(), root);
        facts::fill(&mut project, &sources);
        project.members = facts::members(view, &sources);
        project.ignore = ignore(&sources, &project);
        // A manifest that cannot be read hides how the project is tested: any command would be a guess.
        if readable && let Some(tests) = python_tests::find(view, &sources)? {
            project.test_command = Some(tests.command());
            project.ci = python_ci::job(&project, &sources, &tests);
        }
        findings.extend(missing(&sources, &project));
        findings.extend(lockfiles(&sources));
        let proposals =
            python_repair::propose(&sources).map(|edit| in_place(edit, view)).into_iter().collect();
        Ok(Inspection { project, findings, proposals })
    }
}

/// Names what builds and tests leave behind and no tool hides by itself: pytest, tox and uv write an ignore file
/// into their own directories.
fn ignore(sources: &Sources, project: &Project) -> Vec<&'static str> {
    let mut patterns = vec!["__pycache__/"];
    let tool = project.tool.as_ref().map(|fact| fact.value.as_str());
    if tool == Some("pip") {
        patterns.extend([".venv/", "*.egg-info/"]);
    }
    if sources.has("noxfile.py") {
        patterns.push(".nox/");
    }
    patterns
}

/// The fields that a package needs and only a person can fill.
fn missing(sources: &Sources, project: &Project) -> Vec<Finding> {
    let Some(pyproject) = &sources.pyproject else { return Vec::new() };
    let path = pyproject.path();
    let mut findings = Vec::new();
    if !facts::is_package(sources) {
        return findings;
    }
    let table = if pyproject.has(&["project"]) { "project" } else { "tool.poetry" };
    let absent = |field: &str| !facts::declares(sources, field);
    let mut ask = |field: &str, why: &str, how: String| {
        let rule = format!("python/{field}");
        findings.push(needs_input(&rule, path, format!("the package has no {field}: {why}"), how));
    };
    if project.name.is_none() {
        ask("name", "it cannot be built", format!("add `name` to [{table}]"));
    }
    if absent("version") {
        ask("version", "it cannot be built", format!("add `version` to [{table}], or list it in `dynamic`"));
    }
    if project.license.is_none() && absent("license") {
        let how =
            format!("add `license` to [{table}], as an SPDX expression such as the one LICENSE stands for");
        ask("license", "indexes and audits cannot tell on which terms it may be used", how);
    }
    if absent("description") {
        ask("description", "indexes and search show nothing", format!("add `description` to [{table}]"));
    }
    if project.language_version.is_none() && absent("requires-python") {
        let how = format!("add `requires-python` to [{table}], for the oldest version you test");
        ask("requires-python", "installers pick it for versions it cannot run on", how);
    }
    for finding in findings.iter_mut().filter(|finding| finding.rule == "python/description") {
        finding.severity = Severity::Note;
    }
    findings
}

/// More than one lockfile means that two tools install two different sets.
fn lockfiles(sources: &Sources) -> Option<Finding> {
    let found: Vec<&str> =
        facts::LOCKFILES.iter().map(|(file, _)| *file).filter(|file| sources.has(file)).collect();
    let [first, .., last] = found.as_slice() else { return None };
    let message =
        format!("`{first}` and `{last}` both lock the dependencies, so two tools install two different sets");
    let help = "keep the lockfile of the tool the project uses, and remove the other";
    Some(gap("python/one-lockfile", &sources.root.join(last), message, help))
}
