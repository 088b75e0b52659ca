//! Finds out how a Python project runs its tests, from its settings, its dependencies and its test files.
//!
//! Without evidence there is no command.

use toml_edit::Item;

use super::detect::files_below;
use super::manifest::{evidence, presence};
use super::python_facts::LOCKFILES;
use super::python_sources::Sources;
use super::{Error, Fact};
use crate::git::View;
use crate::model::{Evidence, RepoPath};

/// How many test files are read when settings and dependencies say nothing.
const MOST_TEST_FILES: usize = 20;

/// What runs the tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Runner {
    /// `pytest`.
    Pytest,
    /// `python -m unittest discover`, from this directory below the root (empty: the root itself).
    Unittest(String),
    /// `tox`.
    Tox,
    /// `nox`.
    Nox,
}

/// Where `pytest` is among the dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// Always installed.
    Main,
    /// An extra of the package.
    Extra(String),
    /// A dependency group (PEP 735, or the tool's own).
    Group(String),
    /// A requirements file below the root.
    Requirements(&'static str),
}

/// How the tests are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tests {
    /// The tool that installs the project.
    pub(super) tool: &'static str,
    /// What runs them.
    pub(super) runner: Runner,
    /// Where pytest comes from, when that is known.
    pub(super) home: Option<Home>,
    /// What says so.
    pub(super) evidence: Evidence,
}

impl Tests {
    /// Returns the command, to be run from the root of the project.
    pub(super) fn command(&self) -> Fact<String> {
        Fact::new(self.line(), self.evidence.clone())
    }

    /// Returns the command line.
    pub(super) fn line(&self) -> String {
        let own = matches!(self.tool, "uv" | "poetry" | "pdm" | "pipenv");
        match &self.runner {
            Runner::Tox => "tox run -e py".to_owned(),
            Runner::Nox => "nox".to_owned(),
            Runner::Pytest if own => format!("{} run pytest", self.tool),
            Runner::Pytest => "python -m pytest".to_owned(),
            Runner::Unittest(from) => {
                let start = if from.is_empty() { String::new() } else { format!(" -s {from}") };
                let prefix = if own { format!("{} run ", self.tool) } else { String::new() };
                format!("{prefix}python -m unittest discover{start}")
            }
        }
    }
}

/// Finds out how the tests are run; `None` when nothing says so.
///
/// Order: pytest, when it is a known dependency; tox; nox; pytest, when it is configured or test files import it;
/// unittest, when test files import it.
pub(super) fn find(view: &View<'_>, sources: &Sources) -> Result<Option<Tests>, Error> {
    let tool = installer(sources);
    let tests = |runner, home, evidence| Some(Tests { tool, runner, home, evidence });
    let mut configured = configured(sources);
    let home = home(sources);
    if let Some((home, says)) = home {
        let says = configured.unwrap_or(says);
        return Ok(tests(Runner::Pytest, Some(home), says));
    }
    if let Some(tox) = sources.tox.as_ref().filter(|file| is_tox(file)) {
        return Ok(tests(Runner::Tox, None, presence(&tox.path, "[testenv]")));
    }
    if sources.has("noxfile.py") {
        return Ok(tests(Runner::Nox, None, presence(&sources.root.join("noxfile.py"), "sessions of nox")));
    }
    if let Some(says) = configured.take() {
        return Ok(tests(Runner::Pytest, None, says));
    }
    Ok(from_files(view, sources)?.and_then(|(runner, says)| tests(runner, None, says)))
}

fn is_tox(file: &super::python_sources::TextFile) -> bool {
    let ini = file.ini();
    ini.has_section("testenv") || ini.has_section("tox")
}

/// Returns the tool that installs the project, as [`super::python_facts`] names it.
fn installer(sources: &Sources) -> &'static str {
    let mut project = super::Project::bare("python", &sources.root);
    super::python_facts::fill(&mut project, sources);
    let name = project.tool.map(|fact| fact.value).unwrap_or_default();
    LOCKFILES.iter().map(|(_, tool)| *tool).find(|tool| *tool == name).unwrap_or("pip")
}

/// Returns what configures pytest.
fn configured(sources: &Sources) -> Option<Evidence> {
    if let Some(toml) = &sources.pyproject
        && toml.has(&["tool", "pytest"])
    {
        return Some(toml.says(&["tool", "pytest"], "[tool.pytest]"));
    }
    if let Some(file) = &sources.pytest_ini {
        return Some(presence(&file.path, "settings of pytest"));
    }
    for (file, section) in [(&sources.tox, "pytest"), (&sources.setup_cfg, "tool:pytest")] {
        if let Some(file) = file.as_ref().filter(|file| file.ini().has_section(section)) {
            return Some(presence(&file.path, format!("[{section}]")));
        }
    }
    ["conftest.py", "tests/conftest.py", "test/conftest.py"]
        .into_iter()
        .find(|name| sources.has(name))
        .map(|name| presence(&sources.root.join(name), "fixtures of pytest"))
}

/// Returns where pytest stands among the dependencies.
fn home(sources: &Sources) -> Option<(Home, Evidence)> {
    sources.pyproject.as_ref().and_then(home_in_pyproject).or_else(|| home_in_pipfile(sources)).or_else(
        || {
            let (name, file) =
                sources.requirements.iter().find(|(_, file)| file.text.lines().any(is_pytest))?;
            let at = file.text.find("pytest").unwrap_or_default();
            Some((Home::Requirements(name), evidence(&file.path, &file.text, at, "pytest")))
        },
    )
}

fn home_in_pyproject(toml: &super::toml_text::TomlText) -> Option<(Home, Evidence)> {
    let says = |keys: &[&str]| toml.says(keys, format!("{} lists pytest", keys.join(".")));
    let main = ["project", "dependencies"];
    if toml.strings(&main).into_iter().any(is_pytest) {
        return Some((Home::Main, says(&main)));
    }
    type MakeHome = fn(String) -> Home;
    let tables: [(&[&str], MakeHome); 3] = [
        (&["dependency-groups"], Home::Group),
        (&["project", "optional-dependencies"], Home::Extra),
        (&["tool", "pdm", "dev-dependencies"], Home::Group),
    ];
    for (keys, make) in tables {
        for (name, _) in toml.table(keys).into_iter().flat_map(|table| table.iter()) {
            let inner: Vec<&str> = keys.iter().copied().chain([name]).collect();
            if is_word(name) && toml.strings(&inner).into_iter().any(is_pytest) {
                return Some((make(name.to_owned()), says(&inner)));
            }
        }
    }
    let uv = ["tool", "uv", "dev-dependencies"];
    if toml.strings(&uv).into_iter().any(is_pytest) {
        return Some((Home::Group("dev".to_owned()), says(&uv)));
    }
    home_in_poetry(toml)
}

fn home_in_poetry(toml: &super::toml_text::TomlText) -> Option<(Home, Evidence)> {
    let says = |keys: &[&str]| toml.says(keys, "pytest");
    for (section, home) in [("dependencies", Home::Main), ("dev-dependencies", Home::Group("dev".to_owned()))]
    {
        let keys = ["tool", "poetry", section, "pytest"];
        if toml.has(&keys) {
            return Some((home, says(&keys)));
        }
    }
    let groups = toml.table(&["tool", "poetry", "group"])?;
    let names = groups.iter().filter(|(_, item)| item.as_table_like().is_some()).map(|(name, _)| name);
    names.filter(|name| is_word(name)).find_map(|name| {
        let keys = ["tool", "poetry", "group", name, "dependencies", "pytest"];
        toml.has(&keys).then(|| (Home::Group(name.to_owned()), says(&keys)))
    })
}

fn home_in_pipfile(sources: &Sources) -> Option<(Home, Evidence)> {
    let toml = sources.pipfile.as_ref()?;
    ["packages", "dev-packages"].into_iter().find_map(|section| {
        let keys = [section, "pytest"];
        toml.get(&keys).filter(|item| !Item::is_none(item))?;
        Some((Home::Group("dev".to_owned()), toml.says(&keys, "pytest")))
    })
}

/// Says whether a requirement (PEP 508) is pytest itself.
fn is_pytest(requirement: &str) -> bool {
    let end = requirement
        .find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '_' | '.'));
    requirement[..end.unwrap_or(requirement.len())].eq_ignore_ascii_case("pytest")
}

/// Names that may stand in a command line as they are.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Looks into the first test files for what they import.
fn from_files(view: &View<'_>, sources: &Sources) -> Result<Option<(Runner, Evidence)>, Error> {
    let is_test = |path: &&RepoPath| {
        let name = path.file_name();
        name.ends_with(b".py") && (name.starts_with(b"test_") || name.ends_with(b"_test.py"))
    };
    let mut unittest = None;
    for path in files_below(view, &sources.root).filter(is_test).take(MOST_TEST_FILES) {
        let Some(bytes) = view.read(path)? else { continue };
        let text = String::from_utf8_lossy(&bytes);
        let imports = |module: &str| {
            text.lines().find(|line| {
                let mut words =
                    line.split(|letter: char| letter.is_whitespace() || matches!(letter, '.' | ','));
                matches!(words.next(), Some("import" | "from")) && words.any(|word| word == module)
            })
        };
        if let Some(line) = imports("pytest") {
            return Ok(Some((Runner::Pytest, presence(path, line))));
        }
        // `unittest.mock` alone says nothing about what runs the tests.
        let cases = unittest.is_none() && text.contains("TestCase");
        if let Some(line) = imports("unittest").filter(|_| cases) {
            unittest = start_directory(view, sources, path)
                .map(|from| (Runner::Unittest(from), presence(path, line)));
        }
    }
    Ok(unittest)
}

/// Returns where discovery must start to find `path`; `None` when that cannot be written in a command.
fn start_directory(view: &View<'_>, sources: &Sources, path: &RepoPath) -> Option<String> {
    let mut start = RepoPath::root();
    let mut next = path.parent();
    // Discovery descends into packages only, so it starts at the deepest directory that is none.
    while let Some(directory) = next.filter(|directory| directory.depth() > sources.root.depth()) {
        if !view.exists(&directory.join("__init__.py")) {
            start = directory.relative_to(&sources.root)?;
            break;
        }
        next = directory.parent();
    }
    let text = start.as_str()?;
    (text.is_empty() || text.split('/').all(is_word)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_known_by_its_name() {
        for requirement in ["pytest", "pytest>=8", "PyTest [x] ; python_version > '3'", "pytest==8.0"] {
            assert!(is_pytest(requirement), "{requirement}");
        }
        for requirement in ["pytest-cov", "", "# pytest", "-r pytest.txt"] {
            assert!(!is_pytest(requirement), "{requirement}");
        }
    }
}
