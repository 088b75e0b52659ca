//! Reads the files that say what a Python project is.

use std::collections::BTreeSet;

use super::Error;
use super::ini::Ini;
use super::manifest::Manifest;
use super::toml_text::TomlText;
use crate::git::View;
use crate::model::{Finding, RepoPath};

/// The rule under which an unreadable manifest is reported.
const MALFORMED: &str = "python/manifest";

/// The files beside the manifests whose presence says something.
const WITNESSES: [&str; 22] = [
    ".python-version",
    "Pipfile.lock",
    "README.md",
    "README.rst",
    "conftest.py",
    "noxfile.py",
    "pdm.lock",
    "poetry.lock",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
    "requirements_dev.txt",
    "requirements_test.txt",
    "dev-requirements.txt",
    "test-requirements.txt",
    "setup.py",
    "test/conftest.py",
    "tests/conftest.py",
    "tests/requirements.txt",
    "uv.lock",
];

/// A text file and where it stands.
pub(super) struct TextFile {
    /// Its path.
    pub(super) path: RepoPath,
    /// Its content.
    pub(super) text: String,
}

impl TextFile {
    /// Reads it as an ini file.
    pub(super) fn ini(&self) -> Ini<'_> {
        Ini::parse(&self.text)
    }
}

/// What stands in the directory of a Python project.
pub(super) struct Sources {
    /// The directory.
    pub(super) root: RepoPath,
    /// `pyproject.toml`, when it parsed.
    pub(super) pyproject: Option<TomlText>,
    /// `Pipfile`, when it parsed.
    pub(super) pipfile: Option<TomlText>,
    /// `setup.cfg`.
    pub(super) setup_cfg: Option<TextFile>,
    /// `tox.ini`.
    pub(super) tox: Option<TextFile>,
    /// `pytest.ini`.
    pub(super) pytest_ini: Option<TextFile>,
    /// The content of `.python-version`.
    pub(super) python_version: Option<TextFile>,
    /// Requirements files, by name below the root.
    pub(super) requirements: Vec<(&'static str, TextFile)>,
    present: BTreeSet<&'static str>,
}

impl Sources {
    /// Reads what is there; what is there and unreadable is added to `findings`.
    pub(super) fn read(view: &View<'_>, root: &RepoPath, findings: &mut Vec<Finding>) -> Result<Self, Error> {
        let mut text = |name: &str| -> Result<Option<TextFile>, Error> {
            let path = root.join(name);
            let text = Manifest::read(view, &path, MALFORMED)?.into_text(findings);
            Ok(text.map(|text| TextFile { path, text }))
        };
        let pyproject = text("pyproject.toml")?;
        let pipfile = text("Pipfile")?;
        let (setup_cfg, tox, pytest_ini) = (text("setup.cfg")?, text("tox.ini")?, text("pytest.ini")?);
        let python_version = text(".python-version")?;
        let present: BTreeSet<&str> =
            WITNESSES.into_iter().filter(|name| view.exists(&root.join(name))).collect();
        let mut requirements = Vec::new();
        for name in present.iter().filter(|name| is_requirements(name)) {
            if let Some(file) = text(name)? {
                requirements.push((*name, file));
            }
        }
        let mut toml = |file: Option<TextFile>| {
            let parsed = TomlText::parse(&file.as_ref()?.path, file.as_ref()?.text.clone(), MALFORMED);
            parsed.map_err(|finding| findings.push(*finding)).ok()
        };
        let (pyproject, pipfile) = (toml(pyproject), toml(pipfile));
        Ok(Self {
            root: root.clone(),
            pyproject,
            pipfile,
            setup_cfg,
            tox,
            pytest_ini,
            python_version,
            requirements,
            present,
        })
    }

    /// Says whether one of [`WITNESSES`] stands below the root.
    pub(super) fn has(&self, name: &str) -> bool {
        self.present.contains(name)
    }
}

fn is_requirements(name: &str) -> bool {
    name.contains("requirements") && name.ends_with(".txt")
}
