//! Fills gaps of `pyproject.toml` that the project itself already answers.
//!
//! After the edit the text is read again: unless exactly the intended keys are new, there is no proposal.

use toml_edit::{DocumentMut, Item, Table, value};

use super::manifest::presence;
use super::python_facts::is_package;
use super::python_sources::Sources;
use super::toml_text::TomlText;
use crate::model::{Action, Evidence, FileMode, Proposal, TargetFamily};

/// A build backend that settings of its own give away.
pub(super) struct Backend {
    /// The table of its settings.
    settings: &'static [&'static str],
    /// What is installed to build.
    requires: &'static str,
    /// The backend itself.
    name: &'static str,
}

/// The backends that leave settings in `pyproject.toml`.
static BACKENDS: [Backend; 5] = [
    Backend { settings: &["tool", "setuptools"], requires: "setuptools", name: "setuptools.build_meta" },
    Backend { settings: &["tool", "hatch", "build"], requires: "hatchling", name: "hatchling.build" },
    Backend { settings: &["tool", "flit"], requires: "flit_core", name: "flit_core.buildapi" },
    Backend { settings: &["tool", "poetry"], requires: "poetry-core", name: "poetry.core.masonry.api" },
    Backend { settings: &["tool", "pdm", "build"], requires: "pdm-backend", name: "pdm.backend" },
];

/// Returns the one backend whose settings are there while `[build-system]` is not.
pub(super) fn evident_backend(sources: &Sources) -> Option<&'static Backend> {
    let toml = sources.pyproject.as_ref()?;
    let named = toml.has(&["project", "name"]) || toml.has(&["tool", "poetry", "name"]);
    // With a lock of uv, a missing `[build-system]` says that the project is no package.
    let elsewhere = sources.has("setup.py") || sources.setup_cfg.is_some() || sources.has("uv.lock");
    if !named || elsewhere || toml.has(&["build-system"]) || toml.has(&["tool", "uv"]) {
        return None;
    }
    let mut found = BACKENDS.iter().filter(|backend| toml.has(backend.settings));
    found.next().filter(|_| found.next().is_none())
}

/// Returns the edit of `pyproject.toml`, if there is something to fill.
pub(super) fn propose(sources: &Sources) -> Option<Proposal> {
    let toml = sources.pyproject.as_ref()?;
    if !is_package(sources) {
        return None;
    }
    let readme = missing_readme(sources, toml);
    let backend = evident_backend(sources);
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut filled = Vec::new();
    if let Some(name) = readme {
        evidence.push(presence(&sources.root.join(name), "a readme stands beside the manifest"));
        filled.push("project.readme");
    }
    if let Some(backend) = backend {
        evidence.push(toml.says(backend.settings, format!("[{}]", backend.settings.join("."))));
        filled.push("build-system");
    }
    let content = edit(toml.text(), readme, backend)?;
    let what = filled.join(" and ");
    Some(Proposal {
        rule: "python/manifest-fields".to_owned(),
        family: TargetFamily::Deps,
        root: sources.root.clone(),
        path: toml.path().clone(),
        mode: FileMode::Regular,
        action: Action::Edit { content: content.into_bytes() },
        subject: format!("Declare {what} in pyproject.toml"),
        reason: format!("The package lacks {what}, and the repository already says what belongs there."),
        evidence,
    })
}

fn missing_readme(sources: &Sources, toml: &TomlText) -> Option<&'static str> {
    let stated =
        toml.has(&["project", "readme"]) || toml.strings(&["project", "dynamic"]).contains(&"readme");
    if stated || !toml.has(&["project"]) {
        return None;
    }
    ["README.md", "README.rst"].into_iter().find(|name| sources.has(name))
}

/// Adds what is given; `None` when nothing is, or the result is not exactly that.
fn edit(text: &str, readme: Option<&str>, backend: Option<&Backend>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    if let Some(name) = readme {
        document.get_mut("project")?.as_table_like_mut()?.insert("readme", value(name));
    }
    if let Some(backend) = backend {
        let mut table = Table::new();
        let requires: toml_edit::Array = [backend.requires].into_iter().collect();
        table.insert("requires", value(requires));
        table.insert("build-backend", value(backend.name));
        table.decor_mut().set_prefix("\n");
        document.insert("build-system", Item::Table(table));
    }
    let edited = with_line_ends_of(text, document.to_string());
    (edited != text && only_these_are_new(text, &edited, readme, backend)).then_some(edited)
}

/// The editor writes `\n`; a file that has only `\r\n` keeps them.
fn with_line_ends_of(text: &str, edited: String) -> String {
    let all = text.matches('\n').count();
    if all > 0 && text.matches("\r\n").count() == all {
        edited.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        edited
    }
}

fn only_these_are_new(before: &str, after: &str, readme: Option<&str>, backend: Option<&Backend>) -> bool {
    let (Ok(before), Ok(mut after)) = (before.parse::<toml::Table>(), after.parse::<toml::Table>()) else {
        return false;
    };
    if let Some(name) = readme {
        let project = after.get_mut("project").and_then(toml::Value::as_table_mut);
        if project.and_then(|table| table.remove("readme")) != Some(toml::Value::from(name)) {
            return false;
        }
    }
    if let Some(backend) = backend {
        let wanted: toml::Table = [
            ("requires".to_owned(), toml::Value::from(vec![backend.requires])),
            ("build-backend".to_owned(), toml::Value::from(backend.name)),
        ]
        .into_iter()
        .collect();
        if after.remove("build-system") != Some(toml::Value::Table(wanted)) {
            return false;
        }
    }
    before == after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_kept() {
        let text =
            "# top\n[project]\nname = \"a\"   # the name\ndependencies = [\n  \"x\",\n]\n\n[tool.x]\ny = 1\n";
        let edited = edit(text, Some("README.md"), None).unwrap();
        assert_eq!(
            edited,
            "# top\n[project]\nname = \"a\"   # the name\ndependencies = [\n  \"x\",\n]\nreadme = \"README.md\"\n\n[tool.x]\ny = 1\n"
        );
    }

    #[test]
    fn line_ends_are_kept() {
        let edited = edit("[project]\r\nname = \"a\"\r\n", Some("README.md"), Some(&BACKENDS[0])).unwrap();
        assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
        assert!(edited.ends_with("[build-system]\r\nrequires = [\"setuptools\"]\r\nbuild-backend = \"setuptools.build_meta\"\r\n"), "{edited}");
    }

    #[test]
    fn nothing_to_fill_is_no_edit() {
        assert_eq!(edit("[project]\nname = \"a\"\n", None, None), None);
        assert_eq!(edit("[project\n", Some("README.md"), None), None);
        assert_eq!(edit("project = 1\n", Some("README.md"), None), None);
    }
}
