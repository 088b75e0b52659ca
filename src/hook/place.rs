//! Where git looks for hooks here, and whether that place is this repository's own.
//!
//! Nothing is ever written to a folder that other repositories use as well.

use std::path::{Component, Path, PathBuf};

use super::manager::Manager;
use super::{Error, Hook};
use crate::base::process::Environment;
use crate::git::{Repository, Scoped};

/// The setting that moves the folder.
const SETTING: &str = "core.hooksPath";

/// The folder of hooks.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Where git looks.
    pub(super) folder: PathBuf,
    /// Where it looks when nothing is set.
    pub(super) usual: PathBuf,
    /// What moved it.
    setting: Option<Scoped>,
    /// Whether it is this repository's alone.
    own: bool,
}

impl Place {
    /// Asks git.
    pub(super) fn find(repository: &Repository, environment: &Environment) -> Result<Self, Error> {
        let folder = repository.hooks_folder(environment)?;
        let usual = repository.common_dir().join("hooks");
        let setting = repository.scoped_config(environment, SETTING)?;
        // Whoever sets a whole path for all repositories means one folder for all, wherever it lies.
        let shared = setting.as_ref().is_some_and(|found| {
            matches!(found.scope.as_str(), "system" | "global")
                && (found.value.starts_with('~') || Path::new(&found.value).is_absolute())
        });
        let own = !shared && roots(repository).any(|root| lies_within(&folder, &root));
        Ok(Self { folder, usual, setting, own })
    }

    /// Says whether git looks elsewhere than where it looks when nothing is set.
    pub(super) fn is_moved(&self) -> bool {
        resolved(&self.folder) != resolved(&self.usual)
    }

    /// Returns the folders in which hooks of ours may stand: the one that counts first.
    pub(super) fn folders(&self) -> Vec<&Path> {
        let counts = self.own.then_some(self.folder.as_path());
        let usual = self.is_moved().then_some(self.usual.as_path());
        counts.into_iter().chain(usual).collect()
    }

    /// Returns what moved the folder, for people.
    pub(super) fn setting(&self) -> String {
        match &self.setting {
            Some(Scoped { scope, value }) => format!("{value} ({scope})"),
            None => self.folder.display().to_string(),
        }
    }

    /// Refuses a folder that is not ours to write to, and says which lines to put where.
    pub(super) fn writable(&self, hooks: &[Hook]) -> Result<&Path, Error> {
        if let Some(manager) = Manager::find(&self.folder, hooks) {
            return Err(Error::Managed { manager: manager.name(), help: manager.help(hooks) });
        }
        if self.own {
            return Ok(&self.folder);
        }
        let lines: Vec<String> = hooks
            .iter()
            .map(|hook| format!("  {}: {}", self.folder.join(hook.name()).display(), hook.line()))
            .collect();
        Err(Error::HooksPath {
            path: self.setting(),
            lines: lines.join("\n"),
            usual: self.usual.display().to_string(),
        })
    }
}

impl Hook {
    /// Returns the line by which a hook of somebody else calls this one.
    #[must_use]
    pub fn line(self) -> String {
        match self {
            Self::PostCommit => "git iao hooks run post-commit || :".to_owned(),
            _ => format!("git iao hooks run {} \"$@\" || exit 1", self.name()),
        }
    }
}

/// Returns the folders that are this repository's alone.
fn roots(repository: &Repository) -> impl Iterator<Item = PathBuf> {
    let common = repository.common_dir();
    let main = common.file_name().is_some_and(|name| name == ".git").then(|| common.parent()).flatten();
    let roots = [repository.work_dir(), Some(repository.git_dir()), Some(common), main];
    roots.map(|root| root.map(Path::to_owned)).into_iter().flatten()
}

fn lies_within(path: &Path, root: &Path) -> bool {
    resolved(path).starts_with(resolved(root))
}

/// Resolves links and `..` as far as the path exists; what does not exist is taken by its name.
fn resolved(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
        if let Ok(found) = whole.canonicalize() {
            whole = found;
        }
    }
    whole
}
