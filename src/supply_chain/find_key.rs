//! Finds the key that git's `user.signingKey` names, and the way to sign with it.
//!
//! A key that is named and cannot be used is an error: nothing falls back to another key, or to no signature.

use std::io::Read as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::agent::Agent;
use super::keygen::Keygen;
use super::private_key::{PrivateKeyFile, is_private_key};
use super::signer::{AgentSigner, FileSigner, KeyFile, KeygenSigner};
use super::{Error, PublicKey, Signer};

/// A longer file is no key.
const MAX_KEY_FILE: u64 = 64 * 1024;

/// What is known of the key to sign with.
#[derive(Debug, Clone)]
pub struct KeyRequest<'a> {
    /// git's `user.signingKey`: a file (private or public), or the public key itself, with or without `key::`.
    pub named: &'a str,
    /// Where a relative file name begins.
    pub directory: &'a Path,
    /// What `~/` stands for.
    pub home: Option<&'a Path>,
    /// The agent's socket.
    pub agent: Option<&'a Path>,
    /// The program that signs with the keys that we cannot use ourselves.
    pub keygen: Keygen,
    /// Whether somebody can be asked for a passphrase.
    pub can_ask: bool,
}

/// Finds the signer for a key.
///
/// An Ed25519 key signs by itself when its file is not locked, else through the agent, else (with somebody at a
/// terminal) through `ssh-keygen`; every other kind goes through `ssh-keygen`, which asks the agent too.
///
/// # Errors
/// When the key cannot be read, is of a kind that may not sign, or is locked and nobody can open it.
pub fn find_signer(request: &KeyRequest<'_>) -> Result<Box<dyn Signer>, Error> {
    if let Some(text) = literal(request.named) {
        let public = PublicKey::parse(text).map_err(|source| Error::NamedKey { source })?;
        return in_agent(request, public, None);
    }
    let path = expand(request.named, request.home)
        .map(|path| request.directory.join(path))
        .ok_or_else(|| Error::KeyPath { named: request.named.to_owned() })?;
    let text = read_key_file(&path)?;
    if is_private_key(&text) {
        let file = PrivateKeyFile::parse(&text).ok_or_else(|| Error::KeyFile { path: path.clone() })?;
        return with_private(request, file, path);
    }
    if text.starts_with(b"-----BEGIN ") {
        return with_foreign_private(request, path);
    }
    let public = read_public(&path, &text)?;
    // As ssh-keygen does: the private half lies beside the public one, without its `.pub`.
    let sibling = path.to_str().and_then(|text| text.strip_suffix(".pub")).map(PathBuf::from);
    if let Some(sibling) = sibling.filter(|sibling| sibling.is_file()) {
        let text = read_key_file(&sibling)?;
        if let Some(file) = PrivateKeyFile::parse(&text).filter(|file| file.public == public) {
            return with_private(request, file, sibling);
        }
    }
    in_agent(request, public, Some(path))
}

/// Returns the public key when it stands in the configuration itself (git's own rule).
fn literal(named: &str) -> Option<&str> {
    named.strip_prefix("key::").or_else(|| named.starts_with("ssh-").then_some(named))
}

/// Replaces a leading `~/`; `None` where it stands for a place that is not known.
#[must_use]
pub fn expand(named: &str, home: Option<&Path>) -> Option<PathBuf> {
    if named == "~" {
        return home.map(Path::to_owned);
    }
    match named.strip_prefix("~/") {
        Some(rest) => home.map(|home| home.join(rest)),
        None if named.starts_with('~') || named.starts_with("%(") || named.is_empty() => None,
        None => Some(PathBuf::from(named)),
    }
}

fn with_private(
    request: &KeyRequest<'_>,
    file: PrivateKeyFile,
    path: PathBuf,
) -> Result<Box<dyn Signer>, Error> {
    let PrivateKeyFile { public, secret, is_locked } = file;
    if let Some(secret) = secret {
        return Ok(Box::new(FileSigner { public, secret }));
    }
    if public.ed25519().is_some()
        && let Some(agent) = agent_with(request, &public)?
    {
        return Ok(Box::new(AgentSigner { public, agent }));
    }
    if is_locked && !request.can_ask && agent_with(request, &public)?.is_none() {
        return Err(Error::Locked { path, key: public.fingerprint() });
    }
    Ok(Box::new(KeygenSigner { public, file: KeyFile::At(path), keygen: request.keygen.clone() }))
}

/// A private key in another format than OpenSSH's own: `ssh-keygen` reads it, the public half lies beside it.
fn with_foreign_private(request: &KeyRequest<'_>, path: PathBuf) -> Result<Box<dyn Signer>, Error> {
    let mut beside = path.clone().into_os_string();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    let public = read_public(&beside, &read_key_file(&beside)?)?;
    Ok(Box::new(KeygenSigner { public, file: KeyFile::At(path), keygen: request.keygen.clone() }))
}

/// Signs with a key whose public half is all that is there.
fn in_agent(
    request: &KeyRequest<'_>,
    public: PublicKey,
    path: Option<PathBuf>,
) -> Result<Box<dyn Signer>, Error> {
    let Some(agent) = agent_with(request, &public)? else {
        return Err(Error::NotInAgent { key: public.fingerprint() });
    };
    if public.ed25519().is_some() {
        return Ok(Box::new(AgentSigner { public, agent }));
    }
    let file = match path {
        Some(path) => KeyFile::At(path),
        None => {
            let mut file = tempfile::NamedTempFile::new().map_err(|source| Error::Scratch { source })?;
            writeln!(file, "{public}").map_err(|source| Error::Scratch { source })?;
            KeyFile::Public(file)
        }
    };
    Ok(Box::new(KeygenSigner { public, file, keygen: request.keygen.clone() }))
}

/// Returns the agent when it holds `key`.
fn agent_with(request: &KeyRequest<'_>, key: &PublicKey) -> Result<Option<Agent>, Error> {
    let Some(agent) = request.agent.map(Agent::new) else { return Ok(None) };
    match agent.holds(key) {
        Ok(holds) => Ok(holds.then_some(agent)),
        // An agent that went away holds nothing.
        Err(Error::Agent { source, .. })
            if matches!(
                source.kind(),
                std::io::ErrorKind::NotFound
                    | std::io::ErrorKind::ConnectionRefused
                    | std::io::ErrorKind::Unsupported
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn read_key_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let failed = |source| Error::ReadKey { path: path.to_owned(), source };
    // Room for the whole file at once: a vector that grows leaves copies of a key behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_KEY_FILE as usize + 1));
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_KEY_FILE + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_KEY_FILE {
        return Err(Error::KeyFile { path: path.to_owned() });
    }
    Ok(text)
}

fn read_public(path: &Path, text: &[u8]) -> Result<PublicKey, Error> {
    let line = std::str::from_utf8(text).ok().and_then(|text| text.lines().next()).unwrap_or_default();
    PublicKey::parse(line).map_err(|source| Error::PublicKeyFile { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    fn request<'a>(named: &'a str, directory: &'a Path) -> KeyRequest<'a> {
        KeyRequest { named, directory, home: None, agent: None, keygen: Keygen::default(), can_ask: false }
    }

    fn failure(named: &str, directory: &Path) -> Error {
        find_signer(&request(named, directory)).err().unwrap()
    }

    #[test]
    fn a_home_is_put_in_and_other_marks_are_not_guessed() {
        let home = Some(Path::new("/home/me"));
        assert_eq!(expand("~/.ssh/k", home).unwrap(), Path::new("/home/me/.ssh/k"));
        assert_eq!(expand("/a/~b", home).unwrap(), Path::new("/a/~b"));
        for named in ["~other/k", "%(prefix)/k", ""] {
            assert_eq!(expand(named, home), None, "{named}");
        }
        assert_eq!(expand("~/.ssh/k", None), None);
    }

    #[test]
    fn what_cannot_sign_is_named_and_never_passed_over() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let public = testing::public(1).to_string();
        std::fs::write(at.join("public"), &public).unwrap();
        std::fs::write(at.join("words"), "not a key").unwrap();
        std::fs::write(at.join("damaged"), format!("{}\nAAAA\n", super::super::private_key::BEGIN)).unwrap();
        std::fs::write(at.join("long"), vec![b'x'; MAX_KEY_FILE as usize + 1]).unwrap();
        assert!(matches!(failure(&public, at), Error::NotInAgent { .. }));
        assert!(matches!(failure("key::nonsense", at), Error::NamedKey { .. }));
        assert!(matches!(failure("public", at), Error::NotInAgent { .. }));
        assert!(matches!(failure("words", at), Error::PublicKeyFile { .. }));
        assert!(matches!(failure("damaged", at), Error::KeyFile { .. }));
        assert!(matches!(failure("long", at), Error::KeyFile { .. }));
        assert!(matches!(failure("absent", at), Error::ReadKey { .. }));
        assert!(matches!(failure("~/k", at), Error::KeyPath { .. }));
    }
}
