//! Renders a GitHub Actions workflow: one job a project, least rights, every action pinned by commit.
//!
//! No text of the repository gets into an expression, and no cache is shared between runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::ci::Job;
use super::yaml::{block, quoted};
use crate::adapter::CiStep;
use crate::adapter::actions::CHECKOUT;

/// How long a job may take, in minutes.
const TIMEOUT: u32 = 30;

/// Renders the workflow; `None` without a job.
pub(super) fn render(jobs: &[Job<'_>], runner: &str) -> Option<String> {
    if jobs.is_empty() {
        return None;
    }
    let mut out = "\
# Rendered by git-iao (ci/github-actions, version 1) from what the projects' manifests say.
name: iao-ci

on:
  push:
    branches: [\"**\"]
  pull_request:

permissions: {}

concurrency:
  group: ${{ github.workflow }}-${{ github.ref }}
  cancel-in-progress: true

jobs:
"
    .to_owned();
    let mut ids = BTreeSet::new();
    let written: Vec<String> = jobs.iter().map(|job| write_job(job, &id(job, &mut ids), runner)).collect();
    out.push_str(&written.join("\n"));
    Some(out)
}

fn write_job(job: &Job<'_>, id: &str, runner: &str) -> String {
    let mut out = format!("  {id}:\n    name: {}\n    runs-on: {}\n", quoted(&job.job.name), quoted(runner));
    let _ = writeln!(out, "    timeout-minutes: {TIMEOUT}");
    out.push_str("    permissions:\n      contents: read # to check the repository out\n");
    if let Some(directory) = job.project.root.as_str().filter(|path| !path.is_empty()) {
        let _ = writeln!(out, "    defaults:\n      run:\n        working-directory: {}", quoted(directory));
    }
    out.push_str("    steps:\n");
    let checkout = CHECKOUT.step("Check out the repository", &[("persist-credentials", "false".to_owned())]);
    for step in [&checkout].into_iter().chain(&job.job.steps) {
        out.push_str(&write_step(step));
    }
    out
}

fn write_step(step: &CiStep) -> String {
    match step {
        CiStep::Uses { name, action, version, with } => {
            let mut out = format!("      - name: {}\n        uses: {action} # {version}\n", quoted(name));
            if !with.is_empty() {
                out.push_str("        with:\n");
            }
            for (key, value) in with {
                let _ = writeln!(out, "          {key}: {}", input(value));
            }
            out
        }
        CiStep::Run { name, command } => {
            format!("      - name: {}\n        run: {}\n", quoted(name), block(command, 8))
        }
    }
}

/// Switches are written as YAML has them: a linter reads `false`, and takes `"false"` for a text.
fn input(value: &str) -> String {
    if matches!(value, "true" | "false") { value.to_owned() } else { quoted(value) }
}

/// Returns a job id that no other job of this workflow has.
fn id(job: &Job<'_>, taken: &mut BTreeSet<String>) -> String {
    let mut id = job.project.adapter.clone();
    for name in job.project.root.components() {
        id.push('-');
        id.extend(name.iter().map(|byte| if byte.is_ascii_alphanumeric() { char::from(*byte) } else { '-' }));
    }
    let mut unique = id.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{id}-{number}");
        number += 1;
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::actions::run;
    use crate::adapter::{CiJob, Project};
    use crate::model::RepoPath;

    fn rendered(paths: &[&str]) -> String {
        let projects: Vec<Project> =
            paths.iter().map(|path| Project::bare("node", &RepoPath::from(*path))).collect();
        let job =
            CiJob { name: "a: b".to_owned(), steps: vec![run("Test", "one\ntwo")], evidence: Vec::new() };
        let jobs: Vec<Job<'_>> = projects.iter().map(|project| Job { project, job: &job }).collect();
        render(&jobs, "ubuntu-24.04").unwrap()
    }

    #[test]
    fn the_workflow_is_yaml_with_a_job_for_each_project() {
        let text = rendered(&["", "a/b", "a-b", "a b"]);
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let jobs: Vec<&String> = value["jobs"].as_object().unwrap().keys().collect();
        assert_eq!(jobs, ["node", "node-a-b", "node-a-b-2", "node-a-b-3"]);
        assert_eq!(value["jobs"]["node-a-b"]["steps"][1]["run"], "one\ntwo\n");
        assert_eq!(value["jobs"]["node-a-b-3"]["defaults"]["run"]["working-directory"], "a b");
    }

    #[test]
    fn no_job_is_no_workflow() {
        assert_eq!(render(&[], "x"), None);
    }
}
