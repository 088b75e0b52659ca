//! Reads git's variables out of the environment that was handed down.
//!
//! Nothing here asks the process: the same map gives the same answer.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variables of the process, by name.
type Environment = BTreeMap<String, OsString>;

/// The object directories that the environment names beside the repository's own.
#[derive(Debug, Default)]
pub(super) struct ObjectDirectories {
    /// `GIT_OBJECT_DIRECTORY`: where new objects go (a push's quarantine).
    pub(super) own: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: read only.
    pub(super) alternates: Vec<PathBuf>,
}

impl ObjectDirectories {
    /// Returns every directory, the one to write to first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Path> {
        self.own.iter().chain(&self.alternates).map(PathBuf::as_path)
    }
}

/// Returns the object directories; relative ones are taken from `directory`.
pub(super) fn object_directories(environment: &Environment, directory: &Path) -> ObjectDirectories {
    let own = environment.get("GIT_OBJECT_DIRECTORY").filter(|value| !value.is_empty());
    let alternates = environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES");
    ObjectDirectories {
        own: own.map(|path| directory.join(path)),
        alternates: alternates
            .iter()
            .flat_map(std::env::split_paths)
            .filter(|path| !path.as_os_str().is_empty())
            .map(|path| directory.join(path))
            .filter(|path| path.is_dir())
            .collect(),
    }
}

/// Returns the directories above which no repository is looked for.
pub(super) fn ceilings(environment: &Environment) -> Vec<PathBuf> {
    let listed = environment.get("GIT_CEILING_DIRECTORIES");
    let mut resolve = true;
    let mut ceilings = Vec::new();
    for path in listed.iter().flat_map(std::env::split_paths) {
        // As in git, an empty entry says that the ones after it hold no links.
        if path.as_os_str().is_empty() {
            resolve = false;
        } else if path.is_absolute() {
            let resolved = if resolve { std::fs::canonicalize(&path).ok() } else { None };
            ceilings.push(resolved.unwrap_or(path));
        }
    }
    ceilings
}

/// Says whether a variable holds one of git's words for yes.
pub(super) fn is_true(environment: &Environment, name: &str) -> bool {
    let value = environment.get(name).map(|value| value.to_string_lossy().to_ascii_lowercase());
    matches!(value.as_deref(), Some("1" | "true" | "yes" | "on"))
}

/// Returns the settings of `git -c key=value iao ...`, which git hands down in `GIT_CONFIG_PARAMETERS`.
///
/// Both of its forms are read, `'key=value'` and `'key'='value'`; what is neither is left out.
pub(super) fn config_parameters(environment: &Environment) -> Vec<String> {
    let Some(text) = environment.get("GIT_CONFIG_PARAMETERS").and_then(|value| value.to_str()) else {
        return Vec::new();
    };
    let mut settings = Vec::new();
    let mut rest = text.trim_start();
    while let Some((key, after)) = unquote(rest) {
        let (setting, after) = match after.strip_prefix('=').and_then(unquote) {
            Some((value, after)) => (format!("{key}={value}"), after),
            None => (key, after.strip_prefix('=').unwrap_or(after)),
        };
        settings.push(setting);
        rest = after.trim_start();
    }
    settings
}

/// Takes one word in a shell's single quotes off the front of `text`.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut word = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        // A quote or an exclamation mark inside is written as: close, backslash, mark, open again.
        match after.strip_prefix("\\'").or_else(|| after.strip_prefix("\\!")) {
            Some(again) => {
                word.push(if after.starts_with("\\'") { '\'' } else { '!' });
                rest = again.strip_prefix('\'')?;
            }
            None => return Some((word, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str, value: &str) -> Environment {
        BTreeMap::from([(name.to_owned(), OsString::from(value))])
    }

    #[test]
    fn settings_of_the_command_line_are_read_in_both_forms() {
        let text = r"'user.name=A B' 'user.email'='it'\''s@x' 'core.bare'";
        let settings = config_parameters(&environment("GIT_CONFIG_PARAMETERS", text));
        assert_eq!(settings, ["user.name=A B", "user.email=it's@x", "core.bare"]);
    }

    #[test]
    fn broken_settings_do_not_panic() {
        for text in ["'", "'a", "a=b", "'a'='", "'a\\", "'a'\\'"] {
            config_parameters(&environment("GIT_CONFIG_PARAMETERS", text));
        }
    }

    #[test]
    fn relative_ceilings_are_left_out() {
        let listed = ceilings(&environment("GIT_CEILING_DIRECTORIES", "relative::/no/such/place"));
        assert_eq!(listed, [PathBuf::from("/no/such/place")]);
    }
}
