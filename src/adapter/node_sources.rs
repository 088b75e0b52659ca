//! Reads the files that say what a Node.js project is.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::json_text::locate;
use super::manifest::{Manifest, evidence, malformed, span_of};
use super::{Error, Fact};
use crate::git::View;
use crate::model::{Evidence, Finding, RepoPath};

/// The rule under which an unreadable manifest is reported.
pub(super) const MALFORMED: &str = "node/manifest";

/// The files beside `package.json` whose presence says something.
const WITNESSES: [&str; 6] =
    ["bun.lock", "bun.lockb", "npm-shrinkwrap.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock"];

/// A `package.json` that parsed.
pub(super) struct Package {
    /// Its path.
    pub(super) path: RepoPath,
    /// Its text, without a byte order mark.
    pub(super) text: String,
    /// Whether a byte order mark stood before the text.
    pub(super) marked: bool,
    value: Map<String, Value>,
}

impl Package {
    /// Parses `text`.
    fn parse(path: &RepoPath, text: &str) -> Result<Self, Box<Finding>> {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let refuse = |line: usize, column: usize, reason: String| {
            let before = bare.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
            let at = before + column.saturating_sub(1);
            let span = span_of(bare.as_bytes(), at..at + 1);
            let help = "mend the syntax; no tool can read the file as it is".to_owned();
            Box::new(malformed(MALFORMED, path, Some(span), reason, help))
        };
        match serde_json::from_str::<Value>(bare) {
            Ok(Value::Object(value)) => {
                let marked = bare.len() < text.len();
                Ok(Self { path: path.clone(), text: bare.to_owned(), marked, value })
            }
            Ok(_) => Err(refuse(1, 1, "not a JSON object".to_owned())),
            Err(error) => {
                let told = error.to_string();
                let reason = told.split(" at line ").next().unwrap_or_default();
                Err(refuse(error.line(), error.column(), format!("not valid JSON: {reason}")))
            }
        }
    }

    /// Returns the value at a path of keys.
    pub(super) fn get(&self, keys: &[&str]) -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(self.value.get(*first)?, |value, key| value.as_object()?.get(*key))
    }

    /// Says whether a field is there and not empty.
    pub(super) fn has(&self, field: &str) -> bool {
        self.value.get(field).is_some_and(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// Returns the text at a path of keys, with its line; empty texts say nothing.
    pub(super) fn string(&self, keys: &[&str]) -> Option<Fact<String>> {
        let value = self.get(keys)?.as_str().filter(|value| !value.is_empty())?;
        Some(Fact::new(value, self.says(keys, format!("{}: \"{value}\"", keys.join(".")))))
    }

    /// Returns the evidence that a path of keys is there.
    pub(super) fn says(&self, keys: &[&str], says: impl Into<String>) -> Evidence {
        let at = locate(&self.text, keys).map_or(0, |member| member.key_at.start);
        evidence(&self.path, &self.text, at, says)
    }

    /// Says whether it is marked as never to be published.
    pub(super) fn is_private(&self) -> bool {
        self.value.get("private") == Some(&Value::Bool(true))
    }

    /// Says whether it depends on anything.
    pub(super) fn has_dependencies(&self) -> bool {
        ["dependencies", "devDependencies", "optionalDependencies"].into_iter().any(|field| {
            self.value.get(field).and_then(Value::as_object).is_some_and(|deps| !deps.is_empty())
        })
    }
}

/// What stands in the directory of a Node.js project.
pub(super) struct Sources {
    /// The directory.
    pub(super) root: RepoPath,
    /// `package.json`, when it parsed.
    pub(super) package: Option<Package>,
    /// `.nvmrc`, else `.node-version`: the version it names, when that is a number.
    pub(super) node_version: Option<Fact<String>>,
    /// `yarn.lock` is one of yarn 1.
    pub(super) classic_yarn: bool,
    /// `.yarnrc.yml` names a release of yarn that is tracked.
    pub(super) own_yarn: bool,
    /// The `lockfileVersion` of `pnpm-lock.yaml`.
    pub(super) pnpm_lock: Option<String>,
    present: BTreeSet<&'static str>,
}

impl Sources {
    /// Reads what is there; what is there and unreadable is added to `findings`.
    pub(super) fn read(view: &View<'_>, root: &RepoPath, findings: &mut Vec<Finding>) -> Result<Self, Error> {
        let path = root.join("package.json");
        let text = Manifest::read(view, &path, MALFORMED)?.into_text(findings);
        let package = text
            .and_then(|text| Package::parse(&path, &text).map_err(|finding| findings.push(*finding)).ok());
        let present: BTreeSet<&str> =
            WITNESSES.into_iter().filter(|name| view.exists(&root.join(name))).collect();
        let mut node_version = None;
        for name in [".nvmrc", ".node-version"] {
            let path = root.join(name);
            if node_version.is_none()
                && let Some(text) = Manifest::read(view, &path, MALFORMED)?.into_text(findings)
            {
                node_version = version_in(&path, &text);
            }
        }
        let yarn_lock = head(view, &root.join("yarn.lock"))?;
        let yarn_settings = head(view, &root.join(".yarnrc.yml"))?;
        let pnpm_lock = head(view, &root.join("pnpm-lock.yaml"))?;
        Ok(Self {
            root: root.clone(),
            package,
            node_version,
            classic_yarn: yarn_lock.contains("# yarn lockfile v1"),
            own_yarn: yarn_settings.lines().any(|line| line.starts_with("yarnPath:")),
            pnpm_lock: pnpm_lock.lines().find_map(lockfile_version),
            present,
        })
    }

    /// Says whether one of [`WITNESSES`] stands in the root.
    pub(super) fn has(&self, name: &str) -> bool {
        self.present.contains(name)
    }
}

/// Reads `v20.11.0`, `20`; an alias such as `lts/*` names no version.
fn version_in(path: &RepoPath, text: &str) -> Option<Fact<String>> {
    let (at, line) = text
        .lines()
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len() + 1;
            Some((start, line.trim()))
        })
        .find(|(_, line)| !line.is_empty() && !line.starts_with('#'))?;
    let number = line.strip_prefix('v').unwrap_or(line);
    let parts: Vec<&str> = number.split('.').collect();
    let good = parts.len() <= 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    good.then(|| Fact::new(number, evidence(path, text, at, line)))
}

/// Returns the first bytes of a file as text; empty when there is none.
fn head(view: &View<'_>, path: &RepoPath) -> Result<String, Error> {
    const ENOUGH: usize = 4096;
    let bytes = view.read(path)?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes[..bytes.len().min(ENOUGH)]).into_owned())
}

/// Reads `lockfileVersion: '9.0'`.
fn lockfile_version(line: &str) -> Option<String> {
    let value = line.strip_prefix("lockfileVersion:")?.trim().trim_matches(['\'', '"']);
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Option<String> {
        version_in(&RepoPath::from(".nvmrc"), text).map(|fact| fact.value)
    }

    #[test]
    fn only_numbers_are_versions() {
        assert_eq!(version("v20.11.0\n").as_deref(), Some("20.11.0"));
        assert_eq!(version("# why\n\n22\n").as_deref(), Some("22"));
        for text in ["lts/*", "lts/iron", "node", "", "20.", "1.2.3.4"] {
            assert_eq!(version(text), None, "{text}");
        }
    }

    #[test]
    fn broken_packages_say_where() {
        let path = RepoPath::from("package.json");
        let at = |text: &str| Package::parse(&path, text).err().unwrap().span.unwrap();
        assert_eq!(at("{\n  \"name\": \"a\",\n  \"ver").line, 3);
        assert_eq!(at("{\n  \"name\": \"a\",\n}").line, 3);
        assert_eq!(at("[]").line, 1);
        assert_eq!(at("").line, 1);
        assert!(Package::parse(&path, &"[".repeat(100_000)).is_err());
        assert!(Package::parse(&path, "\u{feff}{}").unwrap().marked);
    }
}
