//! Asks `ssh-agent` which keys it holds, and to sign with one of them.
//!
//! An answer is data of another program: it is bounded, and a wrong one is an error, never a signature.

use std::io;
use std::path::{Path, PathBuf};

use super::wire::{Reader, put_string};
use super::{Error, PublicKey};

/// Message numbers of the agent's protocol (draft-ietf-sshm-ssh-agent, section 6).
const LIST: u8 = 11;
const LISTED: u8 = 12;
const SIGN: u8 = 13;
const SIGNED: u8 = 14;
/// A longer answer is refused, as OpenSSH's own client does.
const MAX_ANSWER: u32 = 256 * 1024;

/// The agent behind a socket, such as `SSH_AUTH_SOCK` names.
#[derive(Debug, Clone)]
pub(super) struct Agent {
    socket: PathBuf,
}

impl Agent {
    /// Names the agent; nothing is asked yet.
    pub(super) fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Says whether the agent holds `key`.
    ///
    /// # Errors
    /// When it cannot be reached, or answers something else than its protocol says.
    pub(super) fn holds(&self, key: &PublicKey) -> Result<bool, Error> {
        let answer = self.ask(&[LIST])?;
        listed(&answer).map(|blobs| blobs.contains(&key.blob())).ok_or_else(|| self.confused())
    }

    /// Has the agent sign `message` with an Ed25519 key; returns the 64 bytes.
    ///
    /// # Errors
    /// When it cannot be reached or refuses: it lacks the key, or somebody said no.
    pub(super) fn sign(&self, key: &PublicKey, message: &[u8]) -> Result<[u8; 64], Error> {
        let mut request = vec![SIGN];
        put_string(&mut request, key.blob());
        put_string(&mut request, message);
        request.extend_from_slice(&0_u32.to_be_bytes());
        let answer = self.ask(&request)?;
        if answer.first() != Some(&SIGNED) {
            return Err(Error::AgentRefused { key: key.fingerprint() });
        }
        signature(&answer[1..]).ok_or_else(|| self.confused())
    }

    fn confused(&self) -> Error {
        let source = io::Error::new(io::ErrorKind::InvalidData, "an answer that its protocol does not know");
        Error::Agent { socket: self.socket.clone(), source }
    }

    fn ask(&self, request: &[u8]) -> Result<Vec<u8>, Error> {
        exchange(&self.socket, request).map_err(|source| Error::Agent { socket: self.socket.clone(), source })
    }
}

/// Sends one message and reads one answer.
#[cfg(unix)]
fn exchange(socket: &Path, request: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    // Long enough for somebody to confirm, or to touch a key.
    const PATIENCE: Duration = Duration::from_secs(120);
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut framed = Vec::with_capacity(request.len() + 4);
    put_string(&mut framed, request);
    stream.write_all(&framed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length == 0 || length > MAX_ANSWER {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("an answer of {length} bytes")));
    }
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

/// Elsewhere agents speak through other doors, which nobody here has tested.
#[cfg(not(unix))]
fn exchange(_: &Path, _: &[u8]) -> io::Result<Vec<u8>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "an agent can only be asked on Unix"))
}

/// Reads the blobs out of a list of keys.
fn listed(answer: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = Reader::new(answer);
    if reader.byte()? != LISTED {
        return None;
    }
    let count = reader.number()?;
    let mut blobs = Vec::new();
    for _ in 0..count {
        blobs.push(reader.string()?);
        reader.string()?;
    }
    Some(blobs)
}

/// Reads an Ed25519 signature out of the answer's one string.
fn signature(answer: &[u8]) -> Option<[u8; 64]> {
    let mut outer = Reader::new(answer);
    let mut inner = Reader::new(outer.string()?);
    if inner.string()? != b"ssh-ed25519" {
        return None;
    }
    let bytes = inner.string()?.try_into().ok()?;
    (inner.is_at_end() && outer.is_at_end()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_names_its_keys() {
        let mut answer = vec![LISTED, 0, 0, 0, 2];
        for part in [b"one".as_slice(), b"first", b"two", b"second"] {
            put_string(&mut answer, part);
        }
        assert_eq!(listed(&answer).unwrap(), [b"one".as_slice(), b"two"]);
        assert_eq!(listed(&answer[..answer.len() - 1]), None);
        assert_eq!(listed(&[LISTED, 255, 255, 255, 255]), None);
    }

    #[test]
    fn only_an_ed25519_signature_of_64_bytes_counts() {
        let answer = |kind: &[u8], bytes: &[u8]| {
            let (mut inner, mut outer) = (Vec::new(), Vec::new());
            put_string(&mut inner, kind);
            put_string(&mut inner, bytes);
            put_string(&mut outer, &inner);
            outer
        };
        assert_eq!(signature(&answer(b"ssh-ed25519", &[5; 64])), Some([5; 64]));
        assert_eq!(signature(&answer(b"ssh-ed25519", &[5; 63])), None);
        assert_eq!(signature(&answer(b"rsa-sha2-512", &[5; 64])), None);
        assert_eq!(signature(&[answer(b"ssh-ed25519", &[5; 64]).as_slice(), b"x"].concat()), None);
    }

    #[test]
    fn an_agent_that_is_not_there_is_named() {
        let error = Agent::new(Path::new("/no/such/socket")).sign(&super::super::testing::public(1), b"m");
        assert!(matches!(error, Err(Error::Agent { .. })));
    }

    proptest! {
        #[test]
        fn reading_an_answer_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = listed(&bytes);
            let _ = signature(&bytes);
        }
    }
}
