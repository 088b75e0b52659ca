//! Renders a GitLab pipeline: one job a project, in an image of the language version that the project states.
//!
//! A project that states no version gets no job: an image is a choice that only its people can make.

use std::fmt::Write as _;

use super::ci::Job;
use super::yaml::quoted;
use crate::adapter::manifest::needs_input;
use crate::adapter::{CiStep, Project};
use crate::model::Finding;

/// Renders the pipeline; `None` without a job.
pub(super) fn render(jobs: &[Job<'_>], findings: &mut Vec<Finding>) -> Option<String> {
    let mut written = Vec::new();
    for job in jobs {
        match image(job.project).zip(script(job)) {
            Some((image, script)) => written.push(write_job(job, &image, &script)),
            None => findings.push(no_image(job.project)),
        }
    }
    if written.is_empty() {
        return None;
    }
    let head = "\
# Rendered by git-iao (ci/gitlab, version 1) from what the projects' manifests say.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == \"merge_request_event\"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH

";
    Some(format!("{head}{}", written.join("\n")))
}

fn no_image(project: &Project) -> Finding {
    let label = project.label();
    let message = format!(
        "{label} states no language version that an image exists for, so the pipeline has no job for it"
    );
    let help = "state the version in the manifest, or write the job yourself";
    needs_input("generic/ci-image", &project.root, message, help)
}

fn write_job(job: &Job<'_>, image: &str, script: &[String]) -> String {
    let mut out =
        format!("{}:\n  image: {}\n  timeout: 30 minutes\n  script:\n", quoted(&job.job.name), quoted(image));
    if let Some(directory) = job.project.root.as_str().filter(|path| !path.is_empty()) {
        // Only letters, digits and `/._-+@ ` get here: quotes are enough.
        let _ = writeln!(out, "    - {}", quoted(&format!("cd '{directory}'")));
    }
    for line in script {
        let _ = writeln!(out, "    - {}", quoted(line));
    }
    out
}

/// Returns the image, with a tag from the version that the project states.
fn image(project: &Project) -> Option<String> {
    let stated = &project.language_version.as_ref()?.value;
    let version = lowest(stated)?;
    let major = version.split('.').next().unwrap_or_default();
    match project.adapter.as_str() {
        "python" if version.contains('.') => Some(format!("python:{version}")),
        "node" => Some(format!("node:{major}")),
        "go" if version.contains('.') => Some(format!("golang:{version}")),
        "rust" if version.contains('.') => Some(format!("rust:{version}")),
        "java" if is_maven(project) => Some(format!("maven:3-eclipse-temurin-{major}")),
        // A wrapper brings its own Gradle; without one there is none in the image.
        "java" if has_wrapper(project) => Some(format!("eclipse-temurin:{major}")),
        _ => None,
    }
}

fn is_maven(project: &Project) -> bool {
    project.tool.as_ref().is_some_and(|tool| tool.value == "maven")
}

fn has_wrapper(project: &Project) -> bool {
    project.test_command.as_ref().is_some_and(|command| command.value.contains("./gradlew"))
}

/// Returns `major.minor` of the lowest version that a range allows: of `>=3.9,<4`, `^20.1`, `1.88`.
fn lowest(range: &str) -> Option<String> {
    let first =
        range.split([',', ' ']).map(str::trim).find(|part| !part.is_empty() && !part.starts_with('<'))?;
    let number = first.trim_start_matches(['>', '=', '^', '~', 'v']);
    let parts: Vec<&str> =
        number.split('.').take(2).take_while(|part| *part != "x" && *part != "*").collect();
    let good = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (!parts.is_empty() && good && !range.contains("||")).then(|| parts.join("."))
}

/// Returns the commands; `None` when a step needs an action that has no counterpart in the image.
fn script(job: &Job<'_>) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    for step in &job.job.steps {
        match step {
            CiStep::Run { command, .. } => {
                lines.extend(command.lines().map(|line| in_image(line, &job.project.adapter)));
            }
            CiStep::Uses { action, .. } if action.starts_with("actions/setup-") => {}
            CiStep::Uses { action, .. } if action.starts_with("astral-sh/setup-uv@") => {
                lines.push("python -m pip install uv".to_owned());
            }
            CiStep::Uses { action, with, .. } if action.starts_with("pnpm/action-setup@") => {
                // A pnpm of today becomes the one that `packageManager` names.
                let version = with.get("version").map_or("latest", String::as_str);
                lines.push(format!("npm install --global pnpm@{version}"));
            }
            CiStep::Uses { action, .. } if action.starts_with("oven-sh/setup-bun@") => {
                lines.push("npm install --global bun".to_owned());
            }
            CiStep::Uses { .. } => return None,
        }
    }
    Some(lines)
}

/// GitLab's images of Python have pip and no pipx.
fn in_image(line: &str, adapter: &str) -> String {
    match line.strip_prefix("pipx install ") {
        Some(tool) if adapter == "python" => format!("python -m pip install {tool}"),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_version_of_a_range_is_found() {
        for (range, version) in [
            (">=3.9", "3.9"),
            (">=3.9,<4", "3.9"),
            ("<4,>=3.10.2", "3.10"),
            ("^20.1", "20.1"),
            ("20", "20"),
            ("1.88", "1.88"),
            ("3.12.x", "3.12"),
            ("18.x", "18"),
        ] {
            assert_eq!(lowest(range).as_deref(), Some(version), "{range}");
        }
        for range in ["*", "", "lts/*", "18 || 20", "<4"] {
            assert_eq!(lowest(range), None, "{range}");
        }
    }
}
