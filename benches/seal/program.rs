//! The program that is measured: how it is called, and what this version of it can do.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::lab::{Cost, Failure, Lab};

/// One build of `git-iao`.
pub(super) struct Program<'a> {
    lab: &'a Lab,
    path: PathBuf,
    has_depths: bool,
}

impl<'a> Program<'a> {
    /// Asks the program what it can do.
    pub(super) fn new(lab: &'a Lab, path: &Path) -> Self {
        let help = lab.command(path, Path::new(".")).args(["verify", "--help"]).output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        Self { lab, path: path.to_owned(), has_depths: help.contains("--depth") }
    }

    /// Returns the name and version that it gives itself.
    pub(super) fn version(&self) -> String {
        let output = self.lab.command(&self.path, Path::new(".")).arg("--version").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts it for nothing.
    pub(super) fn start(&self) -> Cost {
        self.cost(Path::new("."), &["--version"])
    }

    /// Seals a commit.
    pub(super) fn seal(&self, repository: &Path, revision: &str) -> Cost {
        self.cost(repository, &["seal", revision])
    }

    /// Checks the seal of a commit with all its content.
    pub(super) fn verify(&self, repository: &Path, revision: &str) -> Cost {
        self.cost(repository, &["verify", "--seal", revision])
    }

    /// Checks the seal of a commit without reading content; `None` when this version cannot.
    pub(super) fn verify_merkle(&self, repository: &Path, revision: &str) -> Option<Cost> {
        let arguments = ["verify", "--seal", revision, "--depth", "merkle"];
        self.has_depths.then(|| self.cost(repository, &arguments))
    }

    /// Checks the seals of the commits `from..to`, to this depth.
    ///
    /// # Errors
    ///
    /// When this version takes no range; in its own words.
    pub(super) fn verify_range(
        &self,
        repository: &Path,
        (from, to): (&str, &str),
        depth: &str,
    ) -> Result<Cost, String> {
        let range = format!("{from}..{to}");
        let arguments = ["verify", "--seal", &range, "--depth", depth];
        match self.lab.measure(&mut self.command(repository, &arguments)) {
            Ok(cost) => Ok(cost),
            // Exit 2: it could not do it. Exit 1 would say that a seal does not hold.
            Err(Failure { code: Some(2), said }) => {
                // The first line is the error's code.
                Err(said
                    .lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty())
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(" "))
            }
            Err(failure) => panic!("verify --seal {range}: {failure}"),
        }
    }

    /// Returns the last line that it answers about the seals of `from..to`.
    pub(super) fn answer_about(&self, repository: &Path, from: &str, to: &str) -> String {
        let output =
            self.command(repository, &["verify", "--seal", &format!("{from}..{to}")]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().lines().last().unwrap_or_default().to_owned()
    }

    fn command(&self, repository: &Path, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(&self.path, repository);
        command.args(arguments);
        command
    }

    fn cost(&self, repository: &Path, arguments: &[&str]) -> Cost {
        let told = self.lab.measure(&mut self.command(repository, arguments));
        told.unwrap_or_else(|failure| panic!("git-iao {}: {failure}", arguments.join(" ")))
    }
}
