//! The list of keys that are revoked: public keys or fingerprints, one a line, or OpenSSH's binary list.
//!
//! A key on it is never trusted, whatever the time of its signatures: who stole it writes the time.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::keygen::Keygen;
use super::{Error, PublicKey};

/// What a binary list begins with (`PROTOCOL.krl`).
const BINARY: &[u8] = b"SSHKRL\n\0";
/// A longer text is no list.
const MAX_LENGTH: usize = 4 << 20;

/// Keys that are never trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revocations {
    fingerprints: BTreeSet<String>,
    binary: Option<PathBuf>,
}

impl Revocations {
    /// Reads the list in `text`, which is the content of `path`.
    ///
    /// # Errors
    /// With the first line that is neither a key nor a fingerprint.
    pub fn parse(path: &Path, text: &[u8]) -> Result<Self, Error> {
        if text.starts_with(BINARY) {
            return Ok(Self { binary: Some(path.to_owned()), ..Self::default() });
        }
        let bad = |line: usize, what: String| Error::BadList { name: path.display().to_string(), line, what };
        if text.len() > MAX_LENGTH {
            return Err(bad(1, "the list is longer than 4 MiB".to_owned()));
        }
        let mut fingerprints = BTreeSet::new();
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let number = index + 1;
            let line = std::str::from_utf8(line).map_err(|_| bad(number, "it is not UTF-8".to_owned()))?;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let word = line.split_ascii_whitespace().next().unwrap_or_default();
            fingerprints.insert(if word.starts_with("SHA256:") {
                fingerprint(word).ok_or_else(|| bad(number, "the fingerprint is damaged".to_owned()))?
            } else {
                PublicKey::parse(line).map_err(|fault| bad(number, fault.to_string()))?.fingerprint()
            });
        }
        Ok(Self { fingerprints, binary: None })
    }

    /// Says whether `key` is revoked; a binary list is read by `keygen`.
    ///
    /// # Errors
    /// When the binary list cannot be read.
    pub fn has(&self, key: &PublicKey, keygen: &Keygen) -> Result<bool, Error> {
        match &self.binary {
            Some(list) => keygen.is_revoked(list, key),
            None => Ok(self.fingerprints.contains(&key.fingerprint())),
        }
    }
}

/// Returns a fingerprint in its one writing.
fn fingerprint(word: &str) -> Option<String> {
    let digest = word.strip_prefix("SHA256:")?.trim_end_matches('=');
    let bytes = STANDARD_NO_PAD.decode(digest).ok()?;
    (bytes.len() == 32).then(|| format!("SHA256:{}", STANDARD_NO_PAD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::public;
    use super::*;

    fn has(text: &str, number: u8) -> bool {
        let list = Revocations::parse(Path::new("list"), text.as_bytes()).unwrap();
        list.has(&public(number), &Keygen::default()).unwrap()
    }

    #[test]
    fn keys_and_fingerprints_are_revoked_and_others_not() {
        let text = format!("# gone\n{} old laptop\n\n{} stolen\n", public(1), public(2).fingerprint());
        assert!(has(&text, 1) && has(&text, 2) && !has(&text, 3));
        assert!(!has("", 1));
    }

    #[test]
    fn a_line_that_means_nothing_is_named() {
        for line in ["nonsense", "SHA256:abc", "MD5:00:11", "serial: 5", "ssh-ed25519 AAAA"] {
            let error = Revocations::parse(Path::new("list"), format!("# x\n{line}\n").as_bytes());
            assert!(matches!(error, Err(Error::BadList { line: 2, .. })), "{line}");
        }
    }
}
