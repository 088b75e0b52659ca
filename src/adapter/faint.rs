//! Tells marks that prove a project from marks that lie about in directories of another kind.
//!
//! Only what is certain is set aside: a manifest that cannot be read is a project, so that its finding is shown.

use serde_json::{Map, Value};

use super::Error;
use super::detect::files_below;
use crate::git::View;
use crate::model::RepoPath;

/// Larger files are no stubs, in bytes.
const LARGEST_STUB: u64 = 4096;

/// Returns why the marks in `root` prove no project of the adapter `id`; `None` when they do.
pub(super) fn why_faint(
    view: &View<'_>,
    id: &str,
    root: &RepoPath,
    marks: &[RepoPath],
) -> Result<Option<&'static str>, Error> {
    match id {
        "python" => lonely_python(view, root, marks),
        "node" if !root.is_root() => node_stub(view, marks),
        _ => Ok(None),
    }
}

/// Requirements, and settings of linters, stand in many directories that hold no Python.
fn lonely_python(
    view: &View<'_>,
    root: &RepoPath,
    marks: &[RepoPath],
) -> Result<Option<&'static str>, Error> {
    let near = root.depth() + 2;
    if files_below(view, root).any(|path| path.extension() == Some(b"py") && path.depth() <= near) {
        return Ok(None);
    }
    for mark in marks {
        let faint = match mark.file_name() {
            b"requirements.txt" | b"setup.cfg" => true,
            b"pyproject.toml" => only_settings(view, mark)?,
            _ => false,
        };
        if !faint {
            return Ok(None);
        }
    }
    Ok(Some("only requirements or settings of tools mark it, and no Python file stands by them"))
}

/// Says whether a `pyproject.toml` parses, and describes neither a project nor how one is built.
fn only_settings(view: &View<'_>, mark: &RepoPath) -> Result<bool, Error> {
    let Some(text) = stub(view, mark)? else { return Ok(false) };
    let Ok(table) = text.parse::<toml::Table>() else { return Ok(false) };
    let describes =
        ["project", "build-system", "dependency-groups"].iter().any(|key| table.contains_key(*key));
    let builders = ["poetry", "uv", "pdm", "hatch", "setuptools", "flit"];
    let tools = table.get("tool").and_then(toml::Value::as_table);
    let built = tools.is_some_and(|tools| builders.iter().any(|builder| tools.contains_key(*builder)));
    Ok(!describes && !built)
}

/// Returns the text of a file that is small enough to hold nothing else.
fn stub(view: &View<'_>, mark: &RepoPath) -> Result<Option<String>, Error> {
    let Some(entry) = view.get(mark) else { return Ok(None) };
    if view.snapshot().size(entry)? > LARGEST_STUB {
        return Ok(None);
    }
    Ok(view.read(mark)?.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// A nested `package.json` without name, scripts and dependencies only says how files are loaded.
fn node_stub(view: &View<'_>, marks: &[RepoPath]) -> Result<Option<&'static str>, Error> {
    let [mark] = marks else { return Ok(None) };
    if mark.file_name() != b"package.json" {
        return Ok(None);
    }
    let Some(text) = stub(view, mark)? else { return Ok(None) };
    let package: Option<Map<String, Value>> = serde_json::from_str(&text).ok();
    let speaks = [
        "name",
        "packageManager",
        "scripts",
        "workspaces",
        "dependencies",
        "devDependencies",
        "peerDependencies",
    ];
    let stub = package.is_some_and(|package| !speaks.iter().any(|field| package.contains_key(*field)));
    Ok(stub.then_some(
        "its package.json has no name, scripts or dependencies: it only says how files are loaded",
    ))
}
