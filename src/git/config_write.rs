//! Adds a line to the repository's own config, by the user's git, which knows how to write it.
//!
//! A line that is there already is not written twice.

use super::{Error, Remote, Repository, transport};
use crate::base::process::{Environment, Program};

impl Repository {
    /// Returns every value of a key of git's config, in the order in which git reads them.
    #[must_use]
    pub fn config_strings(&self, key: &str) -> Vec<String> {
        let values = self.gix().config_snapshot().plumbing().strings(key).unwrap_or_default();
        values.iter().map(ToString::to_string).collect()
    }

    /// Returns the lines of `remote.<name>.fetch` by which an ordinary `git fetch` keeps copies of a remote's evidence.
    #[must_use]
    pub fn tracking_specs(&self, remote: &Remote) -> [String; 2] {
        // What the remote itself tracks of others is nothing to copy.
        [format!("+refs/iao/*:{}", remote.tracking("*")), "^refs/iao/remotes/*".to_owned()]
    }

    /// Adds a value to a key of the repository's own config; says whether it was not there before.
    ///
    /// # Errors
    /// `NoGit` when git does not start, `ConfigWrite` when it refuses.
    pub fn add_to_config(&self, environment: &Environment, key: &str, value: &str) -> Result<bool, Error> {
        if self.config_strings(key).iter().any(|present| present == value) {
            return Ok(false);
        }
        let environment = environment.without_git_locals().with("GIT_DIR", self.git_dir());
        let program = Program {
            program: "git",
            arguments: ["config", "--local", "--add", key, value].map(Into::into).to_vec(),
            directory: self.git_dir(),
            environment: &environment,
            stdin: b"",
            timeout: None,
            output_limit: 1 << 16,
        };
        let output = program.run().map_err(|source| Error::NoGit { source })?;
        if output.code == Some(0) {
            return Ok(true);
        }
        let said = transport::words_of_git(&output.stderr);
        Err(Error::ConfigWrite { key: key.to_owned(), said })
    }
}
