//! Says what the manifests of a Python project state, with the line that states it.
//!
//! Where several files could state the same, the first of a fixed order that does wins.

use super::detect::files_below;
use super::forge::Forge;
use super::manifest::{evidence, presence};
use super::python_sources::{Sources, TextFile};
use super::toml_text::TomlText;
use super::{Fact, Project};
use crate::git::View;
use crate::model::{Glob, RepoPath};

/// Lockfiles and the tools that write them, in order of precedence.
pub(super) const LOCKFILES: [(&str, &str); 4] =
    [("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"), ("Pipfile.lock", "pipenv")];

/// Fills in what the manifests state.
pub(super) fn fill(project: &mut Project, sources: &Sources) {
    project.name = stated(sources, "name");
    project.version = stated(sources, "version");
    project.language_version = language_version(sources);
    project.tool = Some(tool(sources));
    project.repository = repository(sources);
    project.license = license(sources);
}

/// Returns a field of `[project]`, else of `[tool.poetry]`, else of `setup.cfg`'s `[metadata]`.
fn stated(sources: &Sources, field: &str) -> Option<Fact<String>> {
    let in_pyproject = sources.pyproject.as_ref().and_then(|toml| {
        toml.string(&["project", field]).or_else(|| toml.string(&["tool", "poetry", field]))
    });
    // `attr:` and `file:` say where the value is computed, not what it is.
    in_pyproject.or_else(|| {
        ini_value(sources.setup_cfg.as_ref()?, "metadata", field)
            .filter(|fact| !fact.value.starts_with("attr:") && !fact.value.starts_with("file:"))
    })
}

fn ini_value(file: &TextFile, section: &str, key: &str) -> Option<Fact<String>> {
    let ini = file.ini();
    let (value, at) = ini.get(section, key)?;
    let says = format!("{section}.{key} = {value}");
    (!value.is_empty()).then(|| Fact::new(value, evidence(&file.path, &file.text, at, says)))
}

/// Says whether a field is stated, or promised: `dynamic`, or any key of that name, or a part of it.
pub(super) fn declares(sources: &Sources, field: &str) -> bool {
    let Some(toml) = &sources.pyproject else { return false };
    let dynamic = toml.strings(&["project", "dynamic"]).contains(&field);
    let files = field == "license" && toml.has(&["project", "license-files"]);
    let metadata = field.replace('-', "_");
    let cfg = sources.setup_cfg.as_ref().is_some_and(|file| {
        let ini = file.ini();
        ini.get("metadata", &metadata)
            .or_else(|| ini.get("options", "python_requires").filter(|_| field == "requires-python"))
            .is_some()
    });
    // What `setup.py` states is not known without running it.
    let unknown = sources.has("setup.py");
    dynamic
        || files
        || cfg
        || unknown
        || toml.has(&["project", field])
        || toml.has(&["tool", "poetry", field])
}

/// Says whether the project is built into a package that others install.
pub(super) fn is_package(sources: &Sources) -> bool {
    let Some(toml) = &sources.pyproject else { return false };
    let described = toml.has(&["project"]) || toml.has(&["tool", "poetry", "name"]);
    let built = toml.has(&["build-system"]) || super::python_repair::evident_backend(sources).is_some();
    let refused = toml.get(&["tool", "uv", "package"]).and_then(toml_edit::Item::as_bool) == Some(false)
        || toml.get(&["tool", "poetry", "package-mode"]).and_then(toml_edit::Item::as_bool) == Some(false)
        || toml.strings(&["project", "classifiers"]).iter().any(|text| text.starts_with("Private ::"));
    described && built && !refused
}

fn language_version(sources: &Sources) -> Option<Fact<String>> {
    let stated = sources.pyproject.as_ref().and_then(|toml| {
        toml.string(&["project", "requires-python"])
            .or_else(|| toml.string(&["tool", "poetry", "dependencies", "python"]))
    });
    stated
        .or_else(|| ini_value(sources.setup_cfg.as_ref()?, "options", "python_requires"))
        .or_else(|| pinned_version(sources.python_version.as_ref()?))
}

/// Returns the first version that `.python-version` names.
fn pinned_version(file: &TextFile) -> Option<Fact<String>> {
    let line = file.text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(Fact::new(line, evidence(&file.path, &file.text, 0, line)))
}

/// Returns the tool that installs the project: by lockfile, then settings, then build backend, else pip.
fn tool(sources: &Sources) -> Fact<String> {
    for (file, tool) in LOCKFILES {
        if sources.has(file) {
            return Fact::new(tool, presence(&sources.root.join(file), format!("locked by {tool}")));
        }
    }
    if let Some(pipfile) = &sources.pipfile {
        return Fact::new("pipenv", presence(pipfile.path(), "Pipfile"));
    }
    if let Some(fact) = sources.pyproject.as_ref().and_then(tool_by_settings) {
        return fact;
    }
    let by_pip = "no lockfile and no settings of another tool";
    let manifest = ["pyproject.toml", "setup.cfg", "setup.py", "requirements.txt"];
    let at = if sources.pyproject.is_some() {
        manifest[0]
    } else if sources.setup_cfg.is_some() {
        manifest[1]
    } else if sources.has(manifest[2]) {
        manifest[2]
    } else {
        manifest[3]
    };
    Fact::new("pip", presence(&sources.root.join(at), by_pip))
}

fn tool_by_settings(toml: &TomlText) -> Option<Fact<String>> {
    for tool in ["uv", "poetry", "pdm"] {
        // Settings of uv alone are no project of uv: uv also runs plain requirements.
        if toml.has(&["tool", tool]) && (tool == "poetry" || toml.has(&["project"])) {
            return Some(Fact::new(tool, toml.says(&["tool", tool], format!("[tool.{tool}]"))));
        }
    }
    let backend = toml.string(&["build-system", "build-backend"])?;
    let tool = match backend.value.as_str() {
        "uv_build" => "uv",
        "poetry.core.masonry.api" => "poetry",
        "pdm.backend" => "pdm",
        _ => return None,
    };
    Some(Fact::new(tool, backend.evidence))
}

/// Returns the URL of the repository, among those that `[project.urls]` and its elders give.
fn repository(sources: &Sources) -> Option<Fact<String>> {
    let toml = sources.pyproject.as_ref()?;
    let urls = toml.table(&["project", "urls"]);
    let names: Vec<&str> = urls.map(|table| table.iter().map(|(name, _)| name).collect()).unwrap_or_default();
    let wanted = ["repository", "source", "source code", "code", "github", "gitlab", "homepage"];
    for want in wanted {
        let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(want)) else { continue };
        if let Some(fact) = toml.string(&["project", "urls", name]).and_then(as_forge) {
            return Some(fact);
        }
    }
    toml.string(&["tool", "poetry", "repository"]).and_then(as_forge)
}

/// Keeps a URL only when it is a repository on a forge; what else stands in it (a user, say) is dropped.
fn as_forge(fact: Fact<String>) -> Option<Fact<String>> {
    let page = Forge::parse(&fact.value).filter(|_| fact.value.contains(':'))?.page();
    Some(Fact { value: page, evidence: fact.evidence })
}

fn license(sources: &Sources) -> Option<Fact<String>> {
    if let Some(fact) = stated(sources, "license") {
        return Some(fact);
    }
    let toml = sources.pyproject.as_ref()?;
    let table = ["text", "file"].iter().find_map(|key| toml.string(&["project", "license", key]));
    table.or_else(|| {
        let classifiers = ["project", "classifiers"];
        let license =
            toml.strings(&classifiers).into_iter().find_map(|text| text.strip_prefix("License ::"))?;
        let name = license.rsplit("::").next().unwrap_or(license).trim();
        Some(Fact::new(name, toml.says(&classifiers, format!("License ::{license}"))))
    })
}

/// Returns the directories of a uv workspace's members.
pub(super) fn members(view: &View<'_>, sources: &Sources) -> Vec<RepoPath> {
    let Some(toml) = &sources.pyproject else { return Vec::new() };
    let globs = |key: &str| -> Vec<Glob> {
        let texts = toml.strings(&["tool", "uv", "workspace", key]);
        texts.into_iter().map(|text| Glob::new(text.as_bytes())).collect()
    };
    let (wanted, unwanted) = (globs("members"), globs("exclude"));
    if wanted.is_empty() {
        return Vec::new();
    }
    files_below(view, &sources.root)
        .filter(|path| path.file_name() == b"pyproject.toml")
        .filter_map(RepoPath::parent)
        .filter(|directory| {
            let Some(below) = directory.relative_to(&sources.root).filter(|below| !below.is_root()) else {
                return false;
            };
            wanted.iter().any(|glob| glob.matches(&below))
                && !unwanted.iter().any(|glob| glob.matches(&below))
        })
        .collect()
}
