//! Which key signs, and whom the user trusts: taken from git's configuration, as git takes them.
//!
//! Nothing that a repository's own configuration names is started, and nothing in it makes anybody trusted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git_iao::base::process::Program;
use git_iao::config::Config;
use git_iao::model::{ObjectId, RepoPath};
use git_iao::step;
use git_iao::supply_chain::{
    self, AllowedSigners, Demand, KeyRequest, Keygen, Revocations, SSH_KEYGEN, Signer, Trust, Verifier,
};

use super::args::{self, Sign};
use super::error::Error;
use super::session::{Looked, Session};
use super::ui::plain;

/// A command that prints a key takes no longer.
const KEY_COMMAND_LIMIT: Duration = Duration::from_secs(30);
/// A longer list of signers is refused unread, in bytes.
const LIST_LIMIT: u64 = 4 << 20;

impl Session {
    /// Returns who signs; `None`: nobody, which neither the user nor the policy forbids.
    pub(super) fn signer(
        &self,
        config: &Config,
        wish: Option<Sign>,
    ) -> Result<Option<Box<dyn Signer>>, Error> {
        let wish = match wish {
            Some(wish) => wish,
            None => self.configured_wish()?,
        };
        let key = if wish == Sign::Off { None } else { self.named_key()? };
        let Some(named) = key else {
            if config.policies.seal.require_signature {
                return Err(step::Error::SignatureRequired { policy: plain(&config.policies.name) }.into());
            }
            return if wish == Sign::Required { Err(Error::NoKey) } else { Ok(None) };
        };
        let home = self.environment.get("HOME").map(PathBuf::from);
        let agent =
            self.environment.get("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()).map(PathBuf::from);
        Ok(Some(supply_chain::find_signer(&KeyRequest {
            named: &named,
            directory: self.repository.work_dir().unwrap_or(&self.directory),
            home: home.as_deref(),
            agent: agent.as_deref(),
            keygen: Keygen { program: self.signing_program()?, ..self.keygen() },
            can_ask: self.can_ask(),
        })?))
    }

    /// Says whether a passphrase can be asked for: on a terminal, or by a program that the user insists on.
    fn can_ask(&self) -> bool {
        self.ui.is_interactive() || self.environment.text("SSH_ASKPASS_REQUIRE") == Some("force")
    }

    fn configured_wish(&self) -> Result<Sign, Error> {
        match self.repository.config_string("iao.sign") {
            None => Ok(Sign::Auto),
            Some(value) => match value.as_str() {
                "auto" => Ok(Sign::Auto),
                "required" => Ok(Sign::Required),
                "off" => Ok(Sign::Off),
                _ => Err(Error::SignWord { value: plain(&value) }),
            },
        }
    }

    /// Returns what git would sign with, when it signs with SSH keys.
    fn named_key(&self) -> Result<Option<String>, Error> {
        if self.repository.config_string("gpg.format").as_deref() != Some("ssh") {
            return Ok(None);
        }
        if let Some(named) = self.repository.config_string("user.signingKey").filter(|key| !key.is_empty()) {
            return Ok(Some(named));
        }
        match self.repository.config_by_user("gpg.ssh.defaultKeyCommand").filter(|text| !text.is_empty()) {
            Some(command) => self.ask_for_key(&command).map(Some),
            None => Ok(None),
        }
    }

    /// Runs the user's own command, whose first line is the key.
    fn ask_for_key(&self, command: &str) -> Result<String, Error> {
        let bad = |said: &str| Error::KeyCommand { said: plain(said) };
        let words = split_words(command).ok_or_else(|| bad("a quote in it is not closed"))?;
        let (program, arguments) = words.split_first().ok_or_else(|| bad("it is empty"))?;
        let output = Program {
            program,
            arguments: arguments.iter().map(Into::into).collect(),
            directory: &self.directory,
            environment: &self.environment.without_git_locals(),
            stdin: b"",
            timeout: Some(KEY_COMMAND_LIMIT),
            output_limit: 64 * 1024,
        }
        .run()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().next().unwrap_or_default().trim();
        let is_key = line.starts_with("key::") || line.starts_with("ssh-");
        match (output.code, is_key) {
            (Some(0), true) => Ok(line.to_owned()),
            (Some(0), false) => Err(bad("its first line is no public key")),
            _ => Err(bad("it did not end well")),
        }
    }

    /// Returns the user's `gpg.ssh.program`, a bare name or a whole path.
    fn signing_program(&self) -> Result<String, Error> {
        let key = "gpg.ssh.program";
        match self.repository.config_by_user(key).filter(|value| !value.is_empty()) {
            None => Ok(SSH_KEYGEN.to_owned()),
            Some(name) if !name.contains(['/', '\\']) => Ok(name),
            Some(path) => {
                let whole = self.user_path(key, &path)?;
                whole
                    .into_os_string()
                    .into_string()
                    .map_err(|_| Error::ConfigPath { key, value: plain(&path) })
            }
        }
    }

    /// Returns a path of the user's configuration, which must not depend on where a command is started.
    fn user_path(&self, key: &'static str, value: &str) -> Result<PathBuf, Error> {
        let home = self.environment.get("HOME").map(PathBuf::from);
        supply_chain::expand(value, home.as_deref())
            .filter(|path| path.is_absolute())
            .ok_or_else(|| Error::ConfigPath { key, value: plain(value) })
    }

    fn keygen(&self) -> Keygen {
        Keygen { program: SSH_KEYGEN.to_owned(), environment: self.environment.without_git_locals() }
    }

    /// Returns what tells good signatures from bad ones, and trusts nobody.
    pub(super) fn checker(&self) -> Verifier {
        Verifier { keygen: self.keygen(), ..Verifier::default() }
    }

    /// Returns what judges signatures by whom the user trusts; a policy may narrow it with [`Session::narrowed`].
    pub(super) fn verifier(&self, options: &args::Trust, trusted_only: bool) -> Result<Verifier, Error> {
        let signers_key = "gpg.ssh.allowedSignersFile";
        let anchor = match self.list(options.allowed_signers.as_deref(), signers_key)? {
            Some(path) => Some(AllowedSigners::parse(&path.display().to_string(), &read_list(&path)?)?),
            None => {
                if self.repository.config_string(signers_key).is_some() {
                    self.ui.hint(&format!(
                        "the `{signers_key}` that this repository sets is not read; name it with `--allowed-signers`"
                    ));
                }
                None
            }
        };
        let revoked = match self.list(options.revoked.as_deref(), "gpg.ssh.revocationFile")? {
            Some(path) => Revocations::parse(&path, &read_list(&path)?)?,
            None => Revocations::default(),
        };
        let demand = if trusted_only { Demand::Trust } else { Demand::Nothing };
        Ok(Verifier { trust: Trust { anchor, narrowed: None, revoked }, demand, keygen: self.keygen() })
    }

    fn list(&self, given: Option<&Path>, key: &'static str) -> Result<Option<PathBuf>, Error> {
        match (given, self.repository.config_by_user(key)) {
            (Some(path), _) => Ok(Some(self.resolve_path(path))),
            (None, Some(value)) if !value.is_empty() => self.user_path(key, &value).map(Some),
            _ => Ok(None),
        }
    }

    /// Narrows `verifier` by the policy before the seal of `commit`: at `--base`, else at the commit's first parent.
    ///
    /// Never by the policy of the sealed tree itself, which whoever is judged may have written.
    pub(super) fn narrowed(
        &self,
        verifier: &Verifier,
        options: &args::Trust,
        commit: ObjectId,
    ) -> Result<Verifier, Error> {
        self.narrowed_again(verifier, options, commit, &mut None)
    }

    /// As [`Self::narrowed`], for many commits: a policy that did not change is not read again.
    pub(super) fn narrowed_again(
        &self,
        verifier: &Verifier,
        options: &args::Trust,
        commit: ObjectId,
        last: &mut Option<Narrowing>,
    ) -> Result<Verifier, Error> {
        let mut verifier = verifier.clone();
        let base = match &options.base {
            Some(revision) => Some(self.some_commit(revision, "judge by")?),
            None => self.repository.commit(commit)?.parents.first().copied(),
        };
        let Some(base) = base else { return Ok(verifier) };
        if !self.repository.has_object(base) {
            self.ui.warn(&format!(
                "the policy at {} is not in this shallow clone, so your own list alone decides whom to trust",
                base.short()
            ));
            return Ok(verifier);
        }
        let narrowing = match last.take() {
            Some(narrowing) if self.is_same_policy(&narrowing, base)? => narrowing,
            _ => self.narrowing(base)?,
        };
        verifier.demand = verifier.demand.max(narrowing.demand);
        verifier.trust.narrowed.clone_from(&narrowing.signers);
        *last = Some(narrowing);
        Ok(verifier)
    }

    fn is_same_policy(&self, narrowing: &Narrowing, base: ObjectId) -> Result<bool, Error> {
        let tree = self.repository.commit(base)?.tree;
        for (path, found) in &narrowing.reads {
            if self.repository.lookup(tree, path)? != *found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads what the policy at `base` says of signers.
    fn narrowing(&self, base: ObjectId) -> Result<Narrowing, Error> {
        let (config, mut reads) = self.config_and_reads(Some(base))?;
        let policy = config.policies.seal;
        let demand = match (policy.require_trusted_signer, policy.require_signature) {
            (true, _) => Demand::Trust,
            (false, true) => Demand::Signature,
            (false, false) => Demand::Nothing,
        };
        let Some(path) = policy.allowed_signers else {
            return Ok(Narrowing { reads, demand, signers: None });
        };
        let (tree, place) = (self.repository.commit(base)?.tree, RepoPath::from(path.as_str()));
        let missing = || Error::NoSigners { base: base.short(), path: plain(&path) };
        let found = self.repository.lookup(tree, &place)?;
        let (_, id) = found.filter(|(mode, _)| mode.is_file()).ok_or_else(missing)?;
        if self.repository.blob_size(id)? > LIST_LIMIT {
            return Err(missing());
        }
        let name = format!("{}:{}", base.short(), plain(&path));
        let signers = Some(AllowedSigners::parse(&name, &self.repository.blob(id)?)?);
        reads.push((place, found));
        Ok(Narrowing { reads, demand, signers })
    }
}

/// What the policy of a commit makes of trust, and all of the commit that was looked at to know it.
pub(super) struct Narrowing {
    reads: Vec<Looked>,
    demand: Demand,
    signers: Option<AllowedSigners>,
}

pub(super) fn read_list(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source| supply_chain::Error::ReadList { path: path.to_owned(), source };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if length > LIST_LIMIT {
        return Err(failed(std::io::Error::other("the file is longer than 4 MiB")).into());
    }
    Ok(std::fs::read(path).map_err(failed)?)
}

/// Splits a command as git splits it: at blanks, with quotes and backslashes, and no shell.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, one) if one.is_ascii_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (Some(open), one) if one == open => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().push(characters.next()?),
            (_, one) => word.get_or_insert_default().push(one),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_without_a_shell() {
        let split = |text: &str| split_words(text);
        assert_eq!(split("ssh-add -L").unwrap(), ["ssh-add", "-L"]);
        assert_eq!(
            split(r#"a 'b c' "d \" e" f\ g '' $HOME"#).unwrap(),
            ["a", "b c", "d \" e", "f g", "", "$HOME"]
        );
        assert_eq!(split("a 'b"), None);
        assert_eq!(split("a\\"), None);
        assert_eq!(split("  ").unwrap(), Vec::<String>::new());
    }
}
