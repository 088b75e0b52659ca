//! Says which steps install a Python project and run its tests.
//!
//! Each step follows from a file of the project; what the command needs and no file names is left to a person.

use super::actions::{SETUP_PYTHON, SETUP_UV, run};
use super::python_facts::is_package;
use super::python_sources::Sources;
use super::python_tests::{Home, Runner, Tests};
use super::{CiJob, CiStep, Project};

/// Returns the job; `None` when it is not known how pytest gets where the tool would run it.
pub(super) fn job(project: &Project, sources: &Sources, tests: &Tests) -> Option<CiJob> {
    let mut steps = Vec::new();
    match (&tests.runner, tests.tool) {
        (Runner::Tox, _) => steps.extend([python(project, sources), install("python -m pip install tox")]),
        (Runner::Nox, _) => steps.extend([python(project, sources), install("python -m pip install nox")]),
        (_, "uv") => {
            steps.push(SETUP_UV.step("Set up uv", &[("enable-cache", "false".to_owned())]));
            steps.push(install(&uv_lines(project, sources, tests)));
        }
        (_, "pip") => {
            steps.push(python(project, sources));
            let lines = pip_lines(sources, tests);
            if !lines.is_empty() {
                steps.push(install(&lines.join("\n")));
            }
        }
        (_, tool) => {
            steps.push(python(project, sources));
            steps.push(install(&format!("pipx install {tool}\n{}", locked_line(tool, sources, tests)?)));
        }
    }
    steps.push(run("Test", tests.line()));
    let evidence = [&project.tool, &project.language_version];
    let evidence = evidence.into_iter().flatten().map(|fact| fact.evidence.clone());
    let evidence = evidence.chain([tests.evidence.clone()]).collect();
    Some(CiJob { name: project.label(), steps, evidence })
}

fn install(lines: &str) -> CiStep {
    run("Install", lines)
}

/// Takes the version from the file that states it; the newest one when none does.
fn python(project: &Project, sources: &Sources) -> CiStep {
    // The action reads ranges as npm does: these three operators it does not know.
    let known = |range: &str| !["~=", "!=", "==="].iter().any(|operator| range.contains(operator));
    let stated =
        project.language_version.as_ref().filter(|fact| known(&fact.value)).map(|fact| &fact.evidence.path);
    let readable = stated.filter(|path| matches!(path.file_name(), b"pyproject.toml" | b".python-version"));
    let with = match readable {
        Some(path) => ("python-version-file", path.to_string()),
        None => ("python-version", newest(project, sources)),
    };
    SETUP_PYTHON.step("Set up Python", &[with])
}

/// `setup.cfg` states a version that the action cannot read from there.
fn newest(project: &Project, sources: &Sources) -> String {
    let stated = project.language_version.as_ref().map(|fact| fact.value.as_str()).unwrap_or_default();
    let range = stated.bytes().all(|byte| byte.is_ascii_digit() || b".<>=, ".contains(&byte));
    if sources.setup_cfg.is_some() && range && stated.starts_with(">=") && !stated.contains(',') {
        stated.to_owned()
    } else {
        "3.x".to_owned()
    }
}

fn uv_lines(project: &Project, sources: &Sources, tests: &Tests) -> String {
    let mut line = "uv sync".to_owned();
    if sources.has("uv.lock") {
        line.push_str(" --locked");
    }
    if !project.members.is_empty() {
        line.push_str(" --all-packages");
    }
    match &tests.home {
        Some(Home::Extra(name)) => line.push_str(&format!(" --extra {name}")),
        // uv installs the group `dev` unasked.
        Some(Home::Group(name)) if name != "dev" => line.push_str(&format!(" --group {name}")),
        Some(Home::Requirements(file)) => line.push_str(&format!("\nuv pip install --requirement {file}")),
        None if tests.runner == Runner::Pytest => line.push_str("\nuv pip install pytest"),
        _ => {}
    }
    line
}

fn pip_lines(sources: &Sources, tests: &Tests) -> Vec<String> {
    let mut lines = Vec::new();
    if sources.has("requirements.txt") {
        lines.push("python -m pip install --requirement requirements.txt".to_owned());
    }
    if let Some(Home::Extra(name)) = &tests.home {
        lines.push(format!("python -m pip install --editable '.[{name}]'"));
    } else if is_package(sources) || sources.has("setup.py") {
        lines.push("python -m pip install --editable .".to_owned());
    }
    match &tests.home {
        Some(Home::Group(name)) => {
            // Groups need pip 25.1; older images bring older ones.
            lines.push("python -m pip install --upgrade pip".to_owned());
            lines.push(format!("python -m pip install --group {name}"));
        }
        Some(Home::Requirements(file)) if *file != "requirements.txt" => {
            lines.push(format!("python -m pip install --requirement {file}"));
        }
        None if tests.runner == Runner::Pytest => lines.push("python -m pip install pytest".to_owned()),
        _ => {}
    }
    lines
}

/// The line by which poetry, pdm and pipenv install what is locked.
fn locked_line(tool: &str, sources: &Sources, tests: &Tests) -> Option<String> {
    if tests.runner == Runner::Pytest
        && !matches!(tests.home, Some(Home::Main | Home::Extra(_) | Home::Group(_)))
    {
        return None;
    }
    let option = match (tool, &tests.home) {
        ("poetry", Some(Home::Extra(name))) => format!(" --extras {name}"),
        ("poetry", Some(Home::Group(name))) if name != "dev" => format!(" --with {name}"),
        ("pdm", Some(Home::Extra(name) | Home::Group(name))) => format!(" --group {name}"),
        _ => String::new(),
    };
    Some(match tool {
        "pipenv" if sources.has("Pipfile.lock") => "pipenv sync --dev".to_owned(),
        "pipenv" => "pipenv install --dev".to_owned(),
        _ => format!("{tool} install{option}"),
    })
}
