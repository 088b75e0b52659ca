//! Where git looks for hooks, and the hooks that its config names, as the user's own git sees them.
//!
//! git is asked, because it alone knows every scope, include and `~`; settings of one command line (`-c`) do not count.

use std::path::{Path, PathBuf};

use super::{Error, Repository, transport};
use crate::base::process::{Environment, Output, Program};

/// A value of git's config, and where it was set: `system`, `global`, `local` or `worktree`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scoped {
    /// The scope, in git's word.
    pub scope: String,
    /// The value as it is written.
    pub value: String,
}

impl Repository {
    /// Returns the version of the user's git, such as `(2, 54)`; `(0, 0)` when it tells none.
    ///
    /// # Errors
    /// `NoGit` when git does not start.
    pub fn git_version(&self, environment: &Environment) -> Result<(u32, u32), Error> {
        let output = self.ask_git(environment, &["version"])?;
        Ok(version(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Returns the folder in which git looks for hooks, whole; it may be missing.
    ///
    /// # Errors
    /// `NoGit` when git does not start or does not say.
    pub fn hooks_folder(&self, environment: &Environment) -> Result<PathBuf, Error> {
        let output = self.ask_git(environment, &["rev-parse", "--git-path", "hooks"])?;
        let line = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        let path = gix::path::from_byte_slice(line).unwrap_or(Path::new("hooks"));
        if output.code != Some(0) || line.is_empty() {
            let said = transport::words_of_git(&output.stderr);
            return Err(Error::ConfigWrite { key: "core.hooksPath".to_owned(), said });
        }
        Ok(self.top().join(path).components().collect())
    }

    /// Returns the value of a key that counts, and its scope; `None` when none is set.
    ///
    /// # Errors
    /// `NoGit` when git does not start.
    pub fn scoped_config(&self, environment: &Environment, key: &str) -> Result<Option<Scoped>, Error> {
        let output = self.ask_git(environment, &["config", "--show-scope", "--get", key])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let found = text.trim_end_matches('\n').split_once('\t');
        Ok(found.map(|(scope, value)| Scoped { scope: scope.to_owned(), value: value.to_owned() }))
    }

    /// Sets a key of the repository's own config, whatever values it had there.
    ///
    /// # Errors
    /// `NoGit` when git does not start, `ConfigWrite` when it refuses.
    pub fn set_config(&self, environment: &Environment, key: &str, value: &str) -> Result<(), Error> {
        let output = self.ask_git(environment, &["config", "--local", "--replace-all", key, value])?;
        done(&output, key)
    }

    /// Removes a section of the repository's own config, header and all.
    ///
    /// # Errors
    /// As [`Self::set_config`].
    pub fn unset_section(&self, environment: &Environment, section: &str) -> Result<(), Error> {
        let output = self.ask_git(environment, &["config", "--local", "--remove-section", section])?;
        done(&output, section)
    }

    /// Returns the keys and values of the repository's own config whose key matches, as git orders them.
    ///
    /// # Errors
    /// `NoGit` when git does not start.
    pub fn local_config(
        &self,
        environment: &Environment,
        pattern: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let output = self.ask_git(environment, &["config", "--local", "--null", "--get-regexp", pattern])?;
        let text = String::from_utf8_lossy(&output.stdout);
        let pair = |line: &str| line.split_once('\n').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Ok(text.split_terminator('\0').filter_map(pair).collect())
    }

    /// Returns the names of the hooks that git's config has for an event, whatever their scope; git is not asked.
    #[must_use]
    pub fn config_hooks(&self, event: &str) -> Vec<String> {
        let repository = self.gix();
        let snapshot = repository.config_snapshot();
        let sections = snapshot.plumbing().sections_by_name("hook").into_iter().flatten();
        let of_event = sections.filter(|section| {
            section.values("event").iter().any(|value| value.as_slice() == event.as_bytes())
        });
        of_event.filter_map(|section| Some(section.header().subsection_name()?.to_string())).collect()
    }

    /// Runs git where its hooks run, with this repository and nothing else of an outer git.
    fn ask_git(&self, environment: &Environment, words: &[&str]) -> Result<Output, Error> {
        let environment = environment.without_git_locals().with("GIT_DIR", self.git_dir());
        let program = Program {
            program: "git",
            arguments: words.iter().map(Into::into).collect(),
            directory: self.top(),
            environment: &environment,
            stdin: b"",
            timeout: None,
            output_limit: 1 << 20,
        };
        program.run().map_err(|source| Error::NoGit { source })
    }

    /// Returns where git runs hooks: the top of the working tree, in a bare repository the git directory.
    fn top(&self) -> &Path {
        self.work_dir().unwrap_or(self.git_dir())
    }
}

fn done(output: &Output, key: &str) -> Result<(), Error> {
    if output.code == Some(0) {
        return Ok(());
    }
    Err(Error::ConfigWrite { key: key.to_owned(), said: transport::words_of_git(&output.stderr) })
}

/// Reads the first two numbers of what `git version` says.
fn version(text: &str) -> (u32, u32) {
    let word = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let mut numbers = word.unwrap_or_default().split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn environment() -> Environment {
        let path = std::iter::once(("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()));
        Environment::new(path.chain([
            ("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()),
            ("GIT_CONFIG_PARAMETERS".into(), "'core.hooksPath'='/elsewhere'".into()),
        ]))
    }

    #[test]
    fn versions_are_read_as_every_vendor_writes_them() {
        assert_eq!(version("git version 2.39.5\n"), (2, 39));
        assert_eq!(version("git version 2.54.0.windows.1"), (2, 54));
        assert_eq!(version("git version 2.50.1 (Apple Git-155)"), (2, 50));
        assert_eq!(version("what?"), (0, 0));
    }

    #[test]
    fn the_folder_of_hooks_is_the_one_that_git_uses() {
        let sandbox = Sandbox::new();
        let (repository, environment) = (sandbox.open(), environment());
        assert!(repository.git_version(&environment).unwrap() >= (2, 0));
        let folder = || repository.hooks_folder(&environment).unwrap();
        assert_eq!(folder(), sandbox.in_git("hooks"), "a setting of one command line does not count");
        sandbox.git(&["config", "core.hooksPath", ".githooks"]);
        assert_eq!(folder(), sandbox.path().join(".githooks"));
        let found = repository.scoped_config(&environment, "core.hooksPath").unwrap().unwrap();
        assert_eq!((found.scope.as_str(), found.value.as_str()), ("local", ".githooks"));
        assert_eq!(repository.scoped_config(&environment, "no.such").unwrap(), None);
    }

    #[test]
    fn a_section_that_was_set_and_removed_leaves_the_config_as_it_was() {
        let sandbox = Sandbox::new();
        let (repository, environment) = (sandbox.open(), environment());
        let before = std::fs::read(sandbox.in_git("config")).unwrap();
        let value = "a='b \"c\"'; d # e";
        repository.set_config(&environment, "hook.x.command", value).unwrap();
        repository.set_config(&environment, "hook.x.command", value).unwrap();
        let found = repository.local_config(&environment, "^hook\\.x\\.").unwrap();
        assert_eq!(found, [("hook.x.command".to_owned(), value.to_owned())]);
        repository.unset_section(&environment, "hook.x").unwrap();
        assert_eq!(std::fs::read(sandbox.in_git("config")).unwrap(), before);
        assert!(repository.unset_section(&environment, "hook.x").is_err());
    }
}
