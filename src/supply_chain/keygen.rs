//! Runs `ssh-keygen`, which knows the keys that we do not: ECDSA, RSA, security keys, locked files, binary lists.
//!
//! It gets files of ours and the user's environment; its word counts only beside what we read ourselves.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::sshsig::{NAMESPACE, SshSignature};
use super::{Error, PublicKey};
use crate::base::process::{Environment, Output, Program};

/// The program's own name, when the user's configuration names no other.
pub const SSH_KEYGEN: &str = "ssh-keygen";
/// Checks take no time; a program that hangs is stopped.
const CHECK_LIMIT: Duration = Duration::from_secs(30);
/// More output than this says nothing.
const OUTPUT_LIMIT: usize = 64 * 1024;

/// The program, and the environment it runs in.
#[derive(Debug, Clone)]
pub struct Keygen {
    /// A path, or a name that is looked up in the environment's `PATH`.
    pub program: String,
    /// Its whole environment.
    pub environment: Environment,
}

impl Keygen {
    /// Has it sign `message` with the key in `key_file` (private, or public with an agent that holds the other half).
    pub(super) fn sign(&self, key_file: &Path, message: &[u8]) -> Result<SshSignature, Error> {
        let arguments = ["-Y".into(), "sign".into(), "-n".into(), NAMESPACE.into(), "-f".into()];
        // No limit: somebody may be typing a passphrase, or looking for a security key.
        let output = self.run(arguments.into_iter().chain([key_file.into()]), message, None)?;
        match SshSignature::from_text(&output.stdout) {
            Some(signature) if output.code == Some(0) => Ok(signature),
            _ => Err(self.failed(&output)),
        }
    }

    /// Asks whether `signature` over `message` is good; who made it is for the caller to compare.
    pub(super) fn check(&self, signature: &SshSignature, message: &[u8]) -> Result<bool, Error> {
        let mut file = tempfile::NamedTempFile::new().map_err(|source| Error::Scratch { source })?;
        file.write_all(signature.to_text().as_bytes()).map_err(|source| Error::Scratch { source })?;
        let arguments = ["-Y".into(), "check-novalidate".into(), "-n".into(), NAMESPACE.into(), "-s".into()];
        let arguments = arguments.into_iter().chain([file.path().into()]);
        let output = self.run(arguments, message, Some(CHECK_LIMIT))?;
        if output.timed_out {
            return Err(self.failed(&output));
        }
        let named = String::from_utf8_lossy(&output.stdout).contains(&signature.key.fingerprint());
        Ok(output.code == Some(0) && named)
    }

    /// Asks whether the binary list in `list` revokes `key`.
    pub(super) fn is_revoked(&self, list: &Path, key: &PublicKey) -> Result<bool, Error> {
        let mut file = tempfile::NamedTempFile::new().map_err(|source| Error::Scratch { source })?;
        writeln!(file, "{key}").map_err(|source| Error::Scratch { source })?;
        let arguments: [OsString; 4] = ["-Q".into(), "-f".into(), list.into(), file.path().into()];
        let output = self.run(arguments, b"", Some(CHECK_LIMIT))?;
        let said = String::from_utf8_lossy(&output.stdout);
        match (output.code, said.trim_end()) {
            (Some(0), said) if said.ends_with(": ok") => Ok(false),
            (Some(_), said) if said.ends_with(": REVOKED") => Ok(true),
            _ => Err(self.failed(&output)),
        }
    }

    fn run(
        &self,
        arguments: impl IntoIterator<Item = OsString>,
        stdin: &[u8],
        timeout: Option<Duration>,
    ) -> Result<Output, Error> {
        let program = Program {
            program: &self.program,
            arguments: arguments.into_iter().collect(),
            directory: Path::new("/"),
            environment: &self.environment,
            stdin,
            timeout,
            output_limit: OUTPUT_LIMIT,
        };
        program.run().map_err(|source| Error::KeygenStart { source })
    }

    fn failed(&self, output: &Output) -> Error {
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
        let said = line.chars().filter(|character| !character.is_control()).take(200).collect();
        Error::Keygen { program: self.program.clone(), said }
    }
}

impl Default for Keygen {
    /// The program by its name, in an empty environment: found nowhere, so it vouches for nothing.
    fn default() -> Self {
        Self { program: SSH_KEYGEN.to_owned(), environment: Environment::default() }
    }
}
