//! What stands where each hook goes, and what is wrong with it.
//!
//! Both ways are looked at, files and settings: git runs what it finds in either.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{Stand, chained};
use super::place::Place;
use super::settings::{self, Setting};
use super::{Error, Hook};
use crate::base::process::Environment;
use crate::git::Repository;

/// One hook, and what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The hook.
    pub hook: Hook,
    /// Its file.
    pub path: PathBuf,
    /// Whether ours stands there; `None`: nothing does.
    pub ours: Option<bool>,
    /// The section of git's config that names ours; `None`: none does.
    pub section: Option<String>,
    /// Where the hook of somebody else is kept, which ours runs first.
    pub chained: Option<PathBuf>,
    /// Where ours looks for the program first.
    pub program: Option<PathBuf>,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Something that keeps a hook from doing its work, or makes it do it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Problem {
    /// A file and a setting both run it.
    Double,
    /// Another program wrote its own file over ours.
    Overwritten,
    /// The file may not be run, so git passes it by.
    NotExecutable,
    /// The program is not where it was; PATH is all that is left.
    ProgramGone,
    /// git looks for hooks elsewhere.
    HooksPath,
    /// git is too old to run hooks of its config.
    OldGit,
    /// Somebody switched it off in git's config.
    Disabled,
    /// Its section of git's config lacks the command or the event.
    Incomplete,
}

impl Problem {
    /// Returns what is wrong and what mends it.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Double => {
                "it runs twice, as a file and by git's config: `git iao hooks install` keeps one of them"
            }
            Self::Overwritten => {
                "another program's hook stands where ours was: `git iao hooks install` lets ours run it, unless that program has a place for ours in its own configuration"
            }
            Self::NotExecutable => "the file may not be run: `git iao hooks install` mends that",
            Self::ProgramGone => {
                "the program is not where it was: `git iao hooks install` notes where it is now"
            }
            Self::HooksPath => "`core.hooksPath` leads elsewhere, so git never looks here",
            Self::OldGit => {
                "this git does not run hooks of its config: `git iao hooks install` writes files instead"
            }
            Self::Disabled => "it is switched off by `enabled` in git's config",
            Self::Incomplete => {
                "its section of git's config lacks something: `git iao hooks install` writes it anew"
            }
        }
    }
}

impl Standing {
    /// Says whether git runs ours.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        self.ours == Some(true) || self.section.is_some()
    }
}

/// Looks at every hook that is wanted here, and at those of ours that stand here anyway.
///
/// # Errors
/// When git does not say where hooks are.
pub fn status(repository: &Repository, environment: &Environment) -> Result<Vec<Standing>, Error> {
    let place = Place::find(repository, environment)?;
    let look = Look {
        settings: settings::find(repository, environment)?,
        runs_settings: repository.git_version(environment)? >= settings::SINCE,
        place,
    };
    let bare = repository.work_dir().is_none();
    let wanted = |hook: Hook| (hook == Hook::PreReceive) == bare;
    let stand = Hook::ALL.map(|hook| (hook, look.at(hook)));
    let some_of_ours = stand.iter().any(|(_, standing)| standing.is_installed());
    let shown = stand.into_iter().filter(|(hook, standing)| wanted(*hook) || standing.is_installed());
    Ok(shown.map(|(hook, standing)| look.overwritten(standing, some_of_ours && wanted(hook))).collect())
}

/// What is known before any hook is looked at.
struct Look {
    place: Place,
    settings: BTreeMap<Hook, Setting>,
    runs_settings: bool,
}

impl Look {
    fn at(&self, hook: Hook) -> Standing {
        let counts = self.place.folder.join(hook.name());
        let usual = self.place.usual.join(hook.name());
        let lost = self.place.is_moved()
            && matches!(Stand::of(&usual), Stand::Ours(..))
            && !matches!(Stand::of(&counts), Stand::Ours(..));
        let path = if lost { usual } else { counts };
        let mut problems = Vec::new();
        let (ours, mut program) = match Stand::of(&path) {
            Stand::Nothing => (None, None),
            Stand::Foreign => (Some(false), None),
            Stand::Ours(script, runs) => {
                problems.extend((!runs).then_some(Problem::NotExecutable));
                (Some(true), script.program)
            }
        };
        problems.extend(lost.then_some(Problem::HooksPath));
        let setting = self.settings.get(&hook);
        if let Some(setting) = setting {
            problems.extend((!setting.is_whole(hook)).then_some(Problem::Incomplete));
            problems.extend(setting.disabled.then_some(Problem::Disabled));
            problems.extend((!self.runs_settings).then_some(Problem::OldGit));
            problems.extend((ours == Some(true) && self.runs_settings && !lost).then_some(Problem::Double));
            program = setting.program().or(program);
        }
        problems
            .extend(program.as_deref().is_some_and(|path| !path.is_file()).then_some(Problem::ProgramGone));
        let kept = chained(&path);
        Standing {
            hook,
            ours,
            section: setting.map(|_| settings::section(hook)),
            chained: (ours == Some(true) && kept.symlink_metadata().is_ok()).then_some(kept),
            program,
            problems,
            path,
        }
    }

    /// Notes a hook of somebody else that stands where ours was: its neighbours are ours, or ours was put aside.
    fn overwritten(&self, mut standing: Standing, expected: bool) -> Standing {
        let aside = |end: &str| {
            let mut name = standing.path.clone().into_os_string();
            name.push(end);
            matches!(Stand::of(Path::new(&name)), Stand::Ours(..))
        };
        let was_ours = expected
            || chained(&standing.path).symlink_metadata().is_ok()
            || [".legacy", ".old"].into_iter().any(aside);
        if standing.ours == Some(false) && standing.section.is_none() && was_ours {
            standing.problems.push(Problem::Overwritten);
        }
        standing
    }
}
