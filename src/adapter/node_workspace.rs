//! Finds the members of npm, yarn, bun, pnpm and lerna workspaces.

use saphyr_parser::{Event, Parser};
use serde_json::Value;

use super::Error;
use super::detect::files_below;
use super::manifest::{Manifest, malformed, span_of};
use super::node_sources::{MALFORMED, Sources};
use crate::git::View;
use crate::model::{Finding, Glob, RepoPath};

/// How deep a `pnpm-workspace.yaml` may nest; the parser's work grows with depth times length.
const DEEPEST: usize = 32;

/// Returns the directories of the members that are there, in order.
pub(super) fn members(
    view: &View<'_>,
    sources: &Sources,
    findings: &mut Vec<Finding>,
) -> Result<Vec<RepoPath>, Error> {
    let mut patterns = in_package(sources);
    let path = sources.root.join("pnpm-workspace.yaml");
    if let Some(text) = Manifest::read(view, &path, MALFORMED)?.into_text(findings) {
        match in_pnpm(&text) {
            Ok(found) => patterns.extend(found),
            Err((line, reason)) => {
                let at = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
                let span = span_of(text.as_bytes(), at..at + 1);
                let help = "mend the syntax; pnpm cannot read the file as it is".to_owned();
                let message = format!("not valid YAML: {reason}");
                findings.push(malformed(MALFORMED, &path, Some(span), message, help));
            }
        }
    }
    if patterns.is_empty() {
        let lerna = sources.root.join("lerna.json");
        let text = Manifest::read(view, &lerna, MALFORMED)?.into_text(findings);
        let value: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        patterns = value.and_then(|value| value.get("packages").map(texts)).unwrap_or_default();
    }
    Ok(resolve(view, &sources.root, &patterns))
}

/// `workspaces` is an array, or an object with the array as `packages`.
fn in_package(sources: &Sources) -> Vec<String> {
    let Some(package) = &sources.package else { return Vec::new() };
    let array = package.get(&["workspaces", "packages"]).or_else(|| package.get(&["workspaces"]));
    array.map(texts).unwrap_or_default()
}

fn texts(array: &Value) -> Vec<String> {
    let items = array.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Reads `packages:` of `pnpm-workspace.yaml` from the parser's events: no alias is ever unfolded.
///
/// # Errors
/// The line (from 1) and the reason, when it is not YAML.
fn in_pnpm(text: &str) -> Result<Vec<String>, (usize, String)> {
    let mut patterns = Vec::new();
    let mut depth = 0_usize;
    // At depth 1 scalars are keys and values in turn.
    let mut key: Option<String> = None;
    let mut in_packages = false;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| (error.marker().line(), error.info().to_owned()))?;
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                in_packages = depth == 1 && key.take().as_deref() == Some("packages");
                depth += 1;
                if depth > DEEPEST {
                    return Err((span.start.line(), "nested too deep".to_owned()));
                }
            }
            Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
            Event::Scalar(value, ..) if depth == 1 => {
                key = if key.is_some() { None } else { Some(value.into_owned()) };
            }
            Event::Alias(_) if depth == 1 => key = None,
            Event::Scalar(value, ..) if depth == 2 && in_packages => patterns.push(value.into_owned()),
            _ => {}
        }
    }
    Ok(patterns)
}

/// Returns the directories with a `package.json` that the patterns mean; `!` takes out.
fn resolve(view: &View<'_>, root: &RepoPath, patterns: &[String]) -> Vec<RepoPath> {
    let (out, wanted): (Vec<&String>, Vec<&String>) = patterns.iter().partition(|text| text.starts_with('!'));
    let wanted: Vec<Glob> = wanted.into_iter().map(|text| Glob::new(text.as_bytes())).collect();
    let out: Vec<Glob> = out.into_iter().map(|text| Glob::new(&text.as_bytes()[1..])).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    files_below(view, root)
        .filter(|path| path.file_name() == b"package.json")
        .filter_map(RepoPath::parent)
        .filter(|directory| {
            let Some(below) = directory.relative_to(root).filter(|below| !below.is_root()) else {
                return false;
            };
            let vendored = below.components().any(|name| name == b"node_modules");
            !vendored
                && wanted.iter().any(|glob| glob.matches(&below))
                && !out.iter().any(|glob| glob.matches(&below))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_pnpm_are_read_from_events() {
        let text = "# c\ncatalog:\n  packages: 1\npackages:\n  - 'apps/*'\n  - \"!apps/x\"\nother: [a]\n";
        assert_eq!(in_pnpm(text).unwrap(), ["apps/*", "!apps/x"]);
        assert_eq!(in_pnpm("packages: [a, b]\n").unwrap(), ["a", "b"]);
        assert_eq!(in_pnpm("a: b\npackages: c\nd: [e]\n").unwrap(), [""; 0]);
        assert!(in_pnpm("packages: [\n").is_err());
    }
}
