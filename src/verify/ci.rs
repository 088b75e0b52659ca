//! The policies about continuous integration: that there is some, and where its jobs run.

use super::policy::{Answer, Standing, broken, finding};
use super::runner::{self, Fit};
use super::workflow;
use crate::config::Ci;
use crate::git::{Entry, Error as GitError};
use crate::model::{Finding, RepoPath, Severity};

/// Files that configure a CI provider, each with its exact path.
const FILES: [&str; 17] = [
    ".appveyor.yml",
    ".build.yml",
    ".buildkite/pipeline.yaml",
    ".buildkite/pipeline.yml",
    ".circleci/config.yml",
    ".cirrus.yml",
    ".drone.yml",
    ".gitlab-ci.yml",
    ".semaphore/semaphore.yml",
    ".travis.yml",
    ".woodpecker.yaml",
    ".woodpecker.yml",
    "Jenkinsfile",
    "appveyor.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "cloudbuild.yaml",
];

/// Directories whose YAML files configure a CI provider.
const DIRECTORIES: [&str; 7] = [
    ".azure-pipelines",
    ".builds",
    ".forgejo/workflows",
    ".gitea/workflows",
    ".github/workflows",
    ".tekton",
    ".woodpecker",
];

/// The largest workflow that is read, in bytes.
const MAX_SIZE: u64 = 1 << 19;

/// `ci.requireWorkflow`: some CI configuration is in the tree.
pub(super) fn workflow_present(ci: &Ci, entries: &[Entry]) -> Answer {
    const ID: &str = "policy/ci-workflow";
    if !ci.require_workflow {
        return Answer::not_configured(ID);
    }
    let found: Vec<&Entry> =
        entries.iter().filter(|entry| entry.mode.is_file() && is_ci(&entry.path)).collect();
    if let Some(first) = found.first() {
        let detail = match found.len() {
            1 => format!("`{}`", first.path),
            many => format!("`{}` and {} more", first.path, many - 1),
        };
        return Answer::new(ID, Standing::Kept, detail);
    }
    let help = "add one; `git iao plan` proposes a workflow where the repository says how it is tested";
    broken(ID, "policy.ci-workflow", "no CI configuration is in the tree".to_owned(), help)
}

/// `ci.allowedRunners`: every job of every GitHub workflow runs on an allowed runner.
pub(super) fn runners(
    ci: &Ci,
    entries: &[Entry],
    size: impl Fn(&Entry) -> Result<u64, GitError>,
    read: impl Fn(&Entry) -> Result<Vec<u8>, GitError>,
) -> Result<Answer, GitError> {
    const ID: &str = "policy/ci-runners";
    let Some(allowed) = &ci.allowed_runners else {
        return Ok(Answer::not_configured(ID));
    };
    let mut findings = Vec::new();
    let mut jobs = 0;
    for entry in entries.iter().filter(|entry| entry.mode.is_file() && is_github(&entry.path)) {
        let text = if size(entry)? > MAX_SIZE { None } else { Some(read(entry)?) };
        match text.as_deref().map(workflow::jobs) {
            None => findings.push(unreadable(&entry.path, "it is larger than 512 KiB")),
            Some(Err(why)) => findings.push(unreadable(&entry.path, &why)),
            Some(Ok(found)) => {
                jobs += found.len();
                findings.extend(found.iter().filter_map(|job| judge(&entry.path, job, allowed)));
            }
        }
    }
    let other =
        entries.iter().find(|entry| entry.mode.is_file() && is_ci(&entry.path) && !is_github(&entry.path));
    findings.extend(other.map(|entry| {
        let message = "runners of this CI provider cannot be judged".to_owned();
        let help = "check by hand that its jobs run where the policy allows";
        finding(entry.path.clone(), "policy.ci-runner-unknown", Severity::Note, message, help)
    }));
    let broken = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let doubts = findings.len() - broken;
    let (standing, detail) = match (broken, doubts) {
        (0, 0) => (Standing::Kept, format!("{jobs} job(s) on allowed runners")),
        (0, _) => (Standing::InDoubt, format!("{doubts} place(s) cannot be judged")),
        _ => (Standing::Broken, format!("{broken} job(s) on other runners than {}", allowed.join(", "))),
    };
    Ok(Answer { findings, ..Answer::new(ID, standing, detail) })
}

fn judge(path: &RepoPath, job: &workflow::Job, allowed: &[String]) -> Option<Finding> {
    let (rule, severity, message, help) = match runner::judge(&job.runs_on, allowed) {
        Fit::Allowed => return None,
        Fit::Unknown(what) => (
            "policy.ci-runner-unknown",
            Severity::Note,
            format!("the runner of job `{}` cannot be judged: {what}", job.name),
            "name the runner in clear, or check by hand that it is allowed",
        ),
        Fit::Forbidden(label) => (
            "policy.ci-runner",
            Severity::Error,
            format!("the job `{}` runs on `{label}`, which `ci.allowedRunners` does not name", job.name),
            "use an allowed runner, or add this one to the policy",
        ),
    };
    Some(finding(path.clone(), rule, severity, message, help))
}

fn unreadable(path: &RepoPath, why: &str) -> Finding {
    let message = format!("the runners of this workflow cannot be judged: {why}");
    let help = "mend the workflow, or check its runners by hand";
    finding(path.clone(), "policy.ci-unreadable", Severity::Warning, message, help)
}

fn is_github(path: &RepoPath) -> bool {
    path.parent() == Some(RepoPath::from(".github/workflows")) && is_yaml(path)
}

fn is_ci(path: &RepoPath) -> bool {
    let in_directory = || {
        path.parent()
            .is_some_and(|parent| DIRECTORIES.iter().any(|directory| parent == RepoPath::from(*directory)))
    };
    FILES.iter().any(|file| path.as_bytes() == file.as_bytes()) || (is_yaml(path) && in_directory())
}

fn is_yaml(path: &RepoPath) -> bool {
    matches!(path.extension(), Some(b"yml" | b"yaml"))
}

#[cfg(test)]
mod tests;
