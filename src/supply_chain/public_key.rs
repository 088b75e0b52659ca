//! Public keys as OpenSSH writes them: `ssh-ed25519 AAAA... comment`.
//!
//! A key is named by its fingerprint (`SHA256:...`), and two keys are equal when their blobs are.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::wire::Reader;

/// The kinds of keys that may sign: their names, and how many fields follow the name in the blob.
const KINDS: [(&str, usize); 7] = [
    (ED25519, 1),
    ("ecdsa-sha2-nistp256", 2),
    ("ecdsa-sha2-nistp384", 2),
    ("ecdsa-sha2-nistp521", 2),
    (RSA, 2),
    ("sk-ssh-ed25519@openssh.com", 2),
    ("sk-ecdsa-sha2-nistp256@openssh.com", 3),
];
/// The kind whose signatures are raw.
const ED25519: &str = "ssh-ed25519";
/// The kind whose strength is its length.
const RSA: &str = "ssh-rsa";
/// Shorter RSA keys are refused.
const LEAST_RSA_BITS: usize = 2048;
/// A blob longer than this is no key (an RSA key of 16384 bits has some 2 KiB).
const MAX_BLOB: usize = 1 << 14;

/// A public key that may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: &'static str,
    blob: Vec<u8>,
}

/// Why a text or a blob is no key that may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFault {
    /// Neither kind nor base64 where they should stand.
    #[error("it is not written as `ssh-ed25519 AAAA...`")]
    Form,
    /// A certificate, an authority's signature, or a kind that nobody should use any more.
    #[error(
        "keys of this kind cannot sign seals; Ed25519, ECDSA, RSA and security keys can, certificates cannot"
    )]
    Kind,
    /// The blob does not hold what its kind needs.
    #[error("its base64 part is damaged")]
    Blob,
    /// The text says another kind than the blob.
    #[error("it says another kind in words than in its base64 part")]
    KindDiffers,
    /// An RSA key that can be broken.
    #[error("an RSA key needs at least 2048 bits")]
    Short,
}

impl PublicKey {
    /// Reads `KIND BASE64`, with or without a comment.
    ///
    /// # Errors
    /// When it is no key, or none that may sign.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let mut words = text.split_ascii_whitespace();
        let (Some(kind), Some(encoded)) = (words.next(), words.next()) else { return Err(KeyFault::Form) };
        if !is_kind(kind) {
            return Err(if kind.contains('-') { KeyFault::Kind } else { KeyFault::Form });
        }
        let key = Self::from_blob(&STANDARD.decode(encoded).map_err(|_| KeyFault::Blob)?)?;
        if key.kind == kind { Ok(key) } else { Err(KeyFault::KindDiffers) }
    }

    /// Reads a key in SSH's wire format.
    ///
    /// # Errors
    /// When it is no key, or none that may sign.
    pub fn from_blob(blob: &[u8]) -> Result<Self, KeyFault> {
        if blob.len() > MAX_BLOB {
            return Err(KeyFault::Blob);
        }
        let mut reader = Reader::new(blob);
        let name = reader.string().ok_or(KeyFault::Blob)?;
        let known = KINDS.iter().find(|(kind, _)| kind.as_bytes() == name);
        let (kind, fields) = known.ok_or(KeyFault::Kind)?;
        let mut last: &[u8] = &[];
        for _ in 0..*fields {
            last = reader.string().filter(|field| !field.is_empty()).ok_or(KeyFault::Blob)?;
        }
        if !reader.is_at_end() || (*kind == ED25519 && last.len() != 32) {
            return Err(KeyFault::Blob);
        }
        if *kind == RSA && bits(last) < LEAST_RSA_BITS {
            return Err(KeyFault::Short);
        }
        Ok(Self { kind, blob: blob.to_vec() })
    }

    /// Returns the kind, such as `ssh-ed25519`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Returns the key in SSH's wire format.
    #[must_use]
    pub fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// Returns the name of the key: `SHA256:` and the digest of its blob, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }

    /// Returns the 32 bytes of an Ed25519 key; `None` for every other kind.
    #[must_use]
    pub fn ed25519(&self) -> Option<[u8; 32]> {
        if self.kind != ED25519 {
            return None;
        }
        let at = self.blob.len().checked_sub(32)?;
        self.blob[at..].try_into().ok()
    }
}

/// Says whether `word` names a kind of key that may sign.
pub(super) fn is_kind(word: &str) -> bool {
    KINDS.iter().any(|(kind, _)| *kind == word)
}

/// The length of a positive number in SSH's encoding, in bits.
fn bits(number: &[u8]) -> usize {
    let number = number.strip_prefix(&[0]).unwrap_or(number);
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

impl fmt::Display for PublicKey {
    /// Writes kind and base64, without a comment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, STANDARD.encode(&self.blob))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::wire::put_string;
    use super::*;

    // The public half of RFC 8032, test 1.
    const TEXT: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3BURa someone@somewhere";

    fn blob(parts: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        parts.iter().for_each(|part| put_string(&mut out, part));
        out
    }

    #[test]
    fn a_key_reads_back_without_its_comment() {
        let key = PublicKey::parse(TEXT).unwrap();
        assert_eq!(key.kind(), "ssh-ed25519");
        assert_eq!(key.to_string(), TEXT.rsplit_once(' ').unwrap().0);
        assert_eq!(PublicKey::from_blob(key.blob()).unwrap(), key);
        assert_eq!(key.ed25519().unwrap()[..2], [0xd7, 0x5a]);
        // `ssh-keygen -l` of that line.
        assert_eq!(key.fingerprint(), "SHA256:IcsejIRR9f1afB3+jASyNT355dsJ8q/jF3Fi94vR8oI");
    }

    #[test]
    fn what_is_no_key_or_may_not_sign_is_refused() {
        let short = blob(&[b"ssh-rsa", &[1, 0, 1], &[0xff; 128]]);
        for (text, fault) in [
            (String::new(), KeyFault::Form),
            ("words only here".to_owned(), KeyFault::Form),
            (TEXT.replace("AAAAC3", "AAAAC4"), KeyFault::Kind),
            ("ssh-ed25519 AAAA!".to_owned(), KeyFault::Blob),
            (TEXT.replace("ssh-ed25519", "ssh-rsa"), KeyFault::KindDiffers),
            (TEXT.replace("ssh-ed25519", "ssh-dss"), KeyFault::Kind),
            (format!("ssh-rsa {}", STANDARD.encode(short)), KeyFault::Short),
            ("ssh-ed25519-cert-v01@openssh.com AAAA".to_owned(), KeyFault::Kind),
        ] {
            assert_eq!(PublicKey::parse(&text), Err(fault), "{text}");
        }
        for bytes in [
            blob(&[b"ssh-ed25519", &[1; 31]]),
            blob(&[b"ssh-ed25519", &[1; 32], b"more"]),
            blob(&[b"ssh-rsa", &[1, 0, 1]]),
            blob(&[b"ecdsa-sha2-nistp256", b"nistp256", b""]),
        ] {
            assert_eq!(PublicKey::from_blob(&bytes), Err(KeyFault::Blob));
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in ".{0,60}") {
            let _ = PublicKey::from_blob(&bytes);
            let _ = PublicKey::parse(&text);
        }
    }
}
