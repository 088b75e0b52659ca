//! Decides whether a workflow is needed, for which provider, and with which jobs.
//!
//! Any CI of any provider is enough; a project without a known test command gets no job, and a finding instead.

use super::{ci_github, ci_gitlab};
use crate::adapter::assess::{Outcome, Scene};
use crate::adapter::forge::{Forge, ForgeKind};
use crate::adapter::manifest::{gap, needs_input};
use crate::adapter::{CiJob, CiStep, Error, Project};
use crate::git::View;
use crate::model::{Action, FileMode, Finding, Proposal, RepoPath, TargetFamily, Template};

/// The rule of the proposal.
const RULE: &str = "generic/ci-workflow";

/// What CI of any provider leaves in a repository: files, and directories (with the `/`).
const TRACES: [(&str, &str); 28] = [
    (".appveyor.yml", "AppVeyor"),
    (".azure-pipelines.yml", "Azure Pipelines"),
    (".azure-pipelines/", "Azure Pipelines"),
    (".build.yml", "SourceHut builds"),
    (".builds/", "SourceHut builds"),
    (".buildkite/", "Buildkite"),
    (".circleci/", "CircleCI"),
    (".cirrus.star", "Cirrus CI"),
    (".cirrus.yml", "Cirrus CI"),
    (".drone.jsonnet", "Drone"),
    (".drone.yml", "Drone"),
    (".evergreen.yml", "Evergreen"),
    (".forgejo/workflows/", "Forgejo Actions"),
    (".gitea/workflows/", "Gitea Actions"),
    (".gitlab-ci.yml", "GitLab CI"),
    (".semaphore/", "Semaphore"),
    (".teamcity/", "TeamCity"),
    (".tekton/", "Tekton"),
    (".travis.yml", "Travis CI"),
    (".woodpecker.yml", "Woodpecker"),
    (".woodpecker/", "Woodpecker"),
    (".zuul.d/", "Zuul"),
    (".zuul.yaml", "Zuul"),
    ("Jenkinsfile", "Jenkins"),
    ("appveyor.yml", "AppVeyor"),
    ("azure-pipelines.yml", "Azure Pipelines"),
    ("bitbucket-pipelines.yml", "Bitbucket Pipelines"),
    ("cloudbuild.yaml", "Cloud Build"),
];

/// A project, and the job that tests it.
pub(super) struct Job<'a> {
    /// The project.
    pub(super) project: &'a Project,
    /// What is done.
    pub(super) job: &'a CiJob,
}

/// Renders the workflow, or says what is missing for it.
pub(in crate::adapter) fn ci(scene: Scene<'_>) -> Result<Outcome, Error> {
    if !scene.wants(TargetFamily::Ci) || !scene.top().is_root() {
        return Ok(Outcome::default());
    }
    let provider = match provider(scene) {
        Ok(provider) => provider,
        Err(name) => return Ok(no_template(scene, name)),
    };
    let mut findings = Vec::new();
    let jobs = jobs(scene, &mut findings);
    let already_met = existing(scene.view, provider.path());
    if already_met.is_some() {
        // A repository with a workflow of its own knows how its projects are tested.
        findings.clear();
    }
    let rendered = match provider {
        Provider::GitHub => runner(scene, &mut findings).and_then(|runner| ci_github::render(&jobs, &runner)),
        Provider::GitLab => ci_gitlab::render(&jobs, &mut findings),
    };
    if already_met.is_some() {
        findings.clear();
    }
    let proposal = rendered.map(|content| Proposal {
        rule: RULE.to_owned(),
        family: TargetFamily::Ci,
        root: RepoPath::root(),
        path: RepoPath::from(provider.path()),
        mode: FileMode::Regular,
        action: Action::Render {
            content: content.into_bytes(),
            template: Template { id: provider.template().to_owned(), version: 1 },
            already_met,
        },
        subject: "Test every project in continuous integration".to_owned(),
        reason: "No change should be merged that breaks the tests the projects already have.".to_owned(),
        evidence: jobs.iter().flat_map(|job| job.job.evidence.clone()).collect(),
    });
    Ok(Outcome { proposal, findings })
}

/// Whose workflow is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Provider {
    GitHub,
    GitLab,
}

impl Provider {
    fn path(self) -> &'static str {
        match self {
            Self::GitHub => ".github/workflows/iao-ci.yml",
            Self::GitLab => ".gitlab-ci.yml",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::GitHub => "ci/github-actions",
            Self::GitLab => "ci/gitlab",
        }
    }
}

/// Chooses by the remote's host, then by the forge's directory; without evidence, GitHub.
///
/// # Errors
/// The name of a forge that no template is for.
fn provider(scene: Scene<'_>) -> Result<Provider, &'static str> {
    let forge = scene.context.remote_url.as_deref().and_then(Forge::parse);
    match forge.map(|forge| forge.kind) {
        Some(ForgeKind::GitHub) => return Ok(Provider::GitHub),
        Some(ForgeKind::GitLab) => return Ok(Provider::GitLab),
        Some(ForgeKind::Other(name)) => return Err(name),
        Some(ForgeKind::Unknown) | None => {}
    }
    let has = |start: &str| has_below(scene.view, start);
    Ok(if has(".gitlab/") && !has(".github/") { Provider::GitLab } else { Provider::GitHub })
}

fn has_below(view: &View<'_>, start: &str) -> bool {
    let entries = view.snapshot().entries();
    let from = entries.partition_point(|entry| entry.path.as_bytes() < start.as_bytes());
    entries.get(from).is_some_and(|entry| entry.path.as_bytes().starts_with(start.as_bytes()))
}

/// Says whether any provider's CI is there: then how a project is tested there is not ours to ask.
pub(in crate::adapter) fn has_ci(view: &View<'_>) -> bool {
    existing(view, Provider::GitHub.path()).is_some()
}

/// Returns what is there already, if anything: the file at `ours`, or a trace of any provider.
fn existing(view: &View<'_>, ours: &str) -> Option<String> {
    let ours = RepoPath::from(ours);
    if view.exists(&ours) {
        return Some(format!("`{ours}` is there"));
    }
    let workflows = RepoPath::from(".github/workflows");
    let found = view.snapshot().entries().iter().map(|entry| &entry.path).find(|path| {
        path.parent().as_ref() == Some(&workflows) && matches!(path.extension(), Some(b"yml" | b"yaml"))
    });
    if let Some(path) = found.filter(|path| view.exists(path)) {
        return Some(format!("the workflow `{path}` is there"));
    }
    TRACES.into_iter().find_map(|(trace, name)| {
        let there =
            if trace.ends_with('/') { has_below(view, trace) } else { view.exists(&RepoPath::from(trace)) };
        there.then(|| format!("`{trace}` of {name} is there"))
    })
}

/// Says that this forge has no template here, unless its CI is there already.
fn no_template(scene: Scene<'_>, forge: &str) -> Outcome {
    if has_ci(scene.view) {
        return Outcome::default();
    }
    let message = format!("no continuous integration, and git-iao has no template for {forge}");
    let help = "add a pipeline that runs the tests of every project".to_owned();
    Outcome { proposal: None, findings: vec![needs_input(RULE, scene.top(), message, help)] }
}

/// Returns the jobs that can be rendered, and adds a finding for each project that gets none.
fn jobs<'a>(scene: Scene<'a>, findings: &mut Vec<Finding>) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for project in scene.detection.inspections.iter().map(|inspection| &inspection.project) {
        if !crate::adapter::known_adapters().contains(&project.adapter.as_str())
            || project.adapter == "generic"
        {
            continue;
        }
        match &project.ci {
            None => findings.push(unknown_test(project)),
            Some(job) if is_plain(project, job) => jobs.push(Job { project, job }),
            Some(_) => {
                let message = format!(
                    "the path or the commands of {} cannot be written into a workflow safely",
                    project.label()
                );
                let help =
                    "name the directory with letters, digits, `.`, `_`, `-`, or write its job yourself";
                findings.push(gap("generic/ci-path", &project.root, message, help));
            }
        }
    }
    jobs
}

fn unknown_test(project: &Project) -> Finding {
    let label = project.label();
    let message = match &project.test_command {
        Some(command) => format!(
            "{label} is tested by `{}`, but nothing says what CI must install for it, so it gets no job",
            command.value
        ),
        None => format!("nothing says how {label} is tested, so CI gets no job for it"),
    };
    let help = "configure a test runner in the manifest, or list the project in `adapters.exclude`";
    needs_input("generic/test-command", &project.root, message, help)
}

/// Says whether nothing in the job can mean more than it says: in YAML, in an expression, in a shell.
fn is_plain(project: &Project, job: &CiJob) -> bool {
    let path = |text: &str| {
        !text.starts_with('-')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+@ ".contains(&byte))
    };
    let text = |text: &str| {
        !text.contains("${{") && text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte))
    };
    let step = |step: &CiStep| match step {
        CiStep::Uses { name, with, .. } => text(name) && with.values().all(|value| text(value)),
        CiStep::Run { name, command } => text(name) && text(command) && !command.trim().is_empty(),
    };
    project.root.as_str().is_some_and(path) && text(&job.name) && job.steps.iter().all(step)
}

/// Returns the first runner that the policy allows.
fn runner(scene: Scene<'_>, findings: &mut Vec<Finding>) -> Option<String> {
    let policy = scene.settings.policies.ci.allowed_runners.as_ref();
    let Some(allowed) = scene.context.allowed_runners.as_ref().or(policy) else {
        return Some("ubuntu-24.04".to_owned());
    };
    let first = allowed.iter().find(|runner| !runner.contains("${{") && !runner.is_empty()).cloned();
    if first.is_none() {
        let message = "no workflow can be rendered: the policy's `ci.allowedRunners` names no runner";
        let help = "name at least one runner there";
        findings.push(needs_input(RULE, scene.top(), message, help));
    }
    first
}
