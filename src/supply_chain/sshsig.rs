//! Signatures in OpenSSH's own format (`PROTOCOL.sshsig`), for keys whose raw signatures need more than a key.
//!
//! The namespace is part of what is signed, so a signature made for a git commit is never one for a seal.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::PublicKey;
use super::wire::Reader;

/// What such a signature begins with.
const MAGIC: &[u8] = b"SSHSIG";
/// The only version there is.
const VERSION: u32 = 1;
/// The digest of the message that is taken; `ssh-keygen` uses it unless told otherwise.
const DIGEST: &[u8] = b"sha512";
/// The lines around the text form.
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// A longer one is none: an RSA signature of 16384 bits, with its key, has some 4 KiB.
const MAX_LENGTH: usize = 1 << 15;

/// The namespace of seals.
pub const NAMESPACE: &str = "git-iao-seal@v1";

/// A signature in SSH's own format, read but not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SshSignature {
    /// The key that it says made it.
    pub(super) key: PublicKey,
    /// What it is for.
    pub(super) namespace: Vec<u8>,
    bytes: Vec<u8>,
}

impl SshSignature {
    /// Reads the binary form; `None` when it is damaged or its digest is not SHA-512.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LENGTH {
            return None;
        }
        let mut reader = Reader::new(bytes.strip_prefix(MAGIC)?);
        if reader.number()? != VERSION {
            return None;
        }
        let key = PublicKey::from_blob(reader.string()?).ok()?;
        let namespace = reader.string()?.to_vec();
        let reserved = reader.string()?;
        let digest = reader.string()?;
        reader.string()?;
        let whole = reserved.is_empty() && digest == DIGEST && reader.is_at_end();
        whole.then(|| Self { key, namespace, bytes: bytes.to_vec() })
    }

    /// Reads the text form, as `ssh-keygen -Y sign` prints it.
    pub(super) fn from_text(text: &[u8]) -> Option<Self> {
        let body = std::str::from_utf8(text).ok()?.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let joined: String = body.split_ascii_whitespace().collect();
        Self::parse(&STANDARD.decode(joined).ok()?)
    }

    /// Writes the text form, as `ssh-keygen -Y verify` reads it.
    pub(super) fn to_text(&self) -> String {
        let encoded = STANDARD.encode(&self.bytes);
        let mut out = format!("{BEGIN}\n");
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(70));
            out.push_str(line);
            out.push('\n');
            rest = after;
        }
        out.push_str(END);
        out.push('\n');
        out
    }

    /// Returns the binary form.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{public, sshsig};
    use super::*;

    #[test]
    fn both_forms_read_back() {
        let bytes = sshsig(&public(1), NAMESPACE, "sha512");
        let read = SshSignature::parse(&bytes).unwrap();
        assert_eq!(read.namespace, NAMESPACE.as_bytes());
        assert_eq!(SshSignature::from_text(read.to_text().as_bytes()).unwrap(), read);
        assert!(read.to_text().lines().all(|line| line.len() <= 70));
        assert_eq!(read.into_bytes(), bytes);
    }

    #[test]
    fn other_digests_versions_and_tails_are_refused() {
        assert!(SshSignature::parse(&sshsig(&public(1), "x", "sha256")).is_none());
        let good = sshsig(&public(1), "x", "sha512");
        let mut version = good.clone();
        version[9] = 2;
        assert!(SshSignature::parse(&version).is_none());
        assert!(SshSignature::parse(&[good.as_slice(), &[0]].concat()).is_none());
        for length in 0..good.len() {
            assert!(SshSignature::parse(&good[..length]).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = SshSignature::parse(&[MAGIC, &bytes].concat());
            let _ = SshSignature::from_text(&bytes);
        }
    }
}
