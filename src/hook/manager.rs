//! Programs that keep the hooks of a repository themselves: what to put into their configuration.
//!
//! Files of theirs are written anew at their next install, so ours would be lost or never run.

use std::path::Path;

use super::Hook;

/// A program that keeps hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manager {
    /// husky: `core.hooksPath` is `.husky` or `.husky/_`.
    Husky,
    /// lefthook: what stands in the way of its files is put aside and never run.
    Lefthook,
}

impl Manager {
    /// Looks whether one of them keeps this folder.
    pub(super) fn find(folder: &Path, hooks: &[Hook]) -> Option<Self> {
        if folder.components().any(|part| part.as_os_str() == ".husky") {
            return Some(Self::Husky);
        }
        let is_lefthook = |hook: &Hook| {
            std::fs::read(folder.join(hook.name()))
                .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("call_lefthook"))
        };
        let prepares = folder.join("prepare-commit-msg");
        let prepared = || {
            std::fs::read(prepares)
                .is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("call_lefthook"))
        };
        (hooks.iter().any(is_lefthook) || prepared()).then_some(Self::Lefthook)
    }

    /// Returns its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Husky => "husky",
            Self::Lefthook => "lefthook",
        }
    }

    /// Returns what to put where.
    pub(super) fn help(self, hooks: &[Hook]) -> String {
        match self {
            Self::Husky => {
                let line = |hook: &Hook| format!("  .husky/{}: {}", hook.name(), hook.line());
                let lines: Vec<String> = hooks.iter().map(line).collect();
                format!(
                    "add a line to each of these files (make those that are missing):\n{}",
                    lines.join("\n")
                )
            }
            Self::Lefthook => {
                let lines: Vec<String> = hooks.iter().map(|hook| lefthook(*hook)).collect();
                format!("add to `lefthook.yml`, then run `lefthook install`:\n{}", lines.join("\n"))
            }
        }
    }
}

fn lefthook(hook: Hook) -> String {
    let name = hook.name();
    let told = if hook.is_told_refs() { " {0}\n        use_stdin: true" } else { "" };
    format!("  {name}:\n    commands:\n      git-iao:\n        run: git iao hooks run {name}{told}")
}
