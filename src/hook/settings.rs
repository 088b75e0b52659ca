//! Hooks as settings of git's config, which git 2.54 and later run beside the files of other programs.
//!
//! Each is one section `hook.iao-<hook>` of the repository's own config, and goes as a whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::script::{command, program_of};
use super::{Error, Hook};
use crate::base::process::Environment;
use crate::git::Repository;

/// The first git that runs hooks of its config.
pub(super) const SINCE: (u32, u32) = (2, 54);

/// One hook as the config has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Setting {
    /// What is run.
    pub(super) command: Option<String>,
    /// For which events.
    pub(super) events: Vec<String>,
    /// Whether somebody switched it off.
    pub(super) disabled: bool,
}

impl Setting {
    /// Says whether git runs it at its event.
    pub(super) fn is_whole(&self, hook: Hook) -> bool {
        self.command.is_some() && self.events == [hook.name()]
    }

    /// Returns where it looks for the program first.
    pub(super) fn program(&self) -> Option<PathBuf> {
        self.command.as_deref().and_then(program_of)
    }
}

/// Returns the name of a hook's section.
pub(super) fn section(hook: Hook) -> String {
    format!("hook.iao-{}", hook.name())
}

/// Says whether the hook of git's config that has this name is ours.
pub(super) fn is_ours(name: &str) -> bool {
    name.strip_prefix("iao-").and_then(Hook::of_name).is_some()
}

/// Returns the hooks of ours that the repository's own config has.
///
/// # Errors
/// When git does not start.
pub(super) fn find(
    repository: &Repository,
    environment: &Environment,
) -> Result<BTreeMap<Hook, Setting>, Error> {
    let mut found: BTreeMap<Hook, Setting> = BTreeMap::new();
    for (key, value) in repository.local_config(environment, "^hook\\.iao-")? {
        let named = key.strip_prefix("hook.iao-").and_then(|rest| rest.rsplit_once('.'));
        let Some((Some(hook), key)) = named.map(|(name, key)| (Hook::of_name(name), key)) else { continue };
        let setting = found.entry(hook).or_default();
        match key {
            "command" => setting.command = Some(value),
            "event" => setting.events.push(value),
            "enabled" => setting.disabled = matches!(value.as_str(), "false" | "no" | "off" | "0"),
            _ => {}
        }
    }
    Ok(found)
}

/// Sets hooks; returns the sections that were written.
///
/// # Errors
/// When git does not write its config.
pub(super) fn install(
    repository: &Repository,
    environment: &Environment,
    hooks: &[Hook],
    program: &Path,
) -> Result<Vec<String>, Error> {
    let found = find(repository, environment)?;
    let mut written = Vec::new();
    for hook in hooks {
        let (section, command) = (section(*hook), command(*hook, program));
        let present = found.get(hook);
        if present.is_some_and(|one| one.is_whole(*hook) && one.command.as_ref() == Some(&command)) {
            continue;
        }
        // Without its event it is nothing yet: no kill leaves half a hook that blocks.
        repository.set_config(environment, &format!("{section}.command"), &command)?;
        repository.set_config(environment, &format!("{section}.event"), hook.name())?;
        written.push(section);
    }
    Ok(written)
}

/// Takes away every hook of ours; returns the sections that were there.
///
/// # Errors
/// When git does not write its config.
pub(super) fn uninstall(repository: &Repository, environment: &Environment) -> Result<Vec<String>, Error> {
    let mut removed = Vec::new();
    for hook in find(repository, environment)?.into_keys() {
        repository.unset_section(environment, &section(hook))?;
        removed.push(section(hook));
    }
    Ok(removed)
}
