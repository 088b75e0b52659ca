//! Finds key material that tells what it is: private keys in PEM, and JSON Web Tokens.
//!
//! Source: RFC 7468 (PEM), RFC 7519 and 7515 (JWT), the OpenSSH and PGP armours of the same shape.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A key of 16384 bits takes less.
const LONGEST_KEY: usize = 32 << 10;
/// How much of a body there is at least, in characters of base64: an Ed25519 key has 64.
const SHORTEST_BODY: usize = 40;
/// How long a token may be.
const LONGEST_TOKEN: usize = 16 << 10;

/// Reads the block whose first line begins at `at` with `-----BEGIN`; returns the whole of a private key.
pub(in crate::scan) fn private_key(text: &[u8], at: usize) -> Option<Range<usize>> {
    let block = &text[at..text.len().min(at + LONGEST_KEY)];
    let label_end = 11 + memchr::memmem::find(block.get(11..64.min(block.len()))?, b"-----")?;
    let label = &block[11..label_end];
    let is_label =
        label.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ');
    if !is_label || memchr::memmem::find(label, b"PRIVATE KEY").is_none() {
        return None;
    }
    let body = label_end + 5;
    // Up to the last line, or where no key goes on: some are cut off, and are keys still.
    let end = memchr::memmem::find(&block[body..], b"-----").map_or(block.len(), |end| body + end);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=".contains(byte);
    let joins =
        |byte: &u8| byte.is_ascii_whitespace() || b"\\\"',+#*;:.|>()-".contains(byte) || is_part(byte);
    let length = block[body..end].iter().take_while(|byte| joins(byte)).count();
    let drawn = block[body..body + length].iter().filter(|byte| is_part(byte)).count();
    let distinct = block[body..body + length]
        .iter()
        .copied()
        .filter(u8::is_ascii_alphanumeric)
        .collect::<std::collections::BTreeSet<_>>();
    (drawn >= SHORTEST_BODY && distinct.len() >= 16).then(|| at..at + body + length)
}

/// Says whether a private key is encrypted, by its label or by its first lines (RFC 1421): it opens nothing by itself.
pub(in crate::scan) fn is_encrypted(block: &[u8]) -> bool {
    let head = &block[..block.len().min(120)];
    memchr::memmem::find(head, b"ENCRYPTED").is_some()
}

/// Reads the token that begins at `at`, as a JSON object does in base64; returns where it is.
pub(in crate::scan) fn json_web_token(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    if at > 0 && is_part(&text[at - 1]) {
        return None;
    }
    let mut end = at;
    let mut parts = [0..0, 0..0, 0..0];
    for (number, part) in parts.iter_mut().enumerate() {
        let length = text[end..].iter().take(LONGEST_TOKEN).take_while(|byte| is_part(byte)).count();
        *part = end..end + length;
        end += length;
        if number < 2 {
            if text.get(end) != Some(&b'.') {
                return None;
            }
            end += 1;
        }
    }
    let object = |part: &Range<usize>| {
        let decoded = URL_SAFE_NO_PAD.decode(&text[part.clone()]).ok()?;
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&decoded).ok()
    };
    let header = object(&parts[0])?;
    // What is signed or encrypted is a set of claims, or it is no token that lets anybody in.
    if header.get("enc").is_none() && object(&parts[1])?.is_empty() {
        return None;
    }
    // One that nobody signed opens nothing.
    let signed = header.get("alg").and_then(|alg| alg.as_str()).is_some_and(|alg| alg != "none")
        && parts[2].len() >= 20;
    signed.then_some(at..end)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn block(label: &str, body: &str) -> String {
        format!("{0}BEGIN {label}{0}\n{body}\n{0}END {label}{0}\n", "-".repeat(5))
    }

    fn body(length: u8) -> String {
        STANDARD.encode((0..length).map(|at| at.wrapping_mul(73) ^ 0x5a).collect::<Vec<_>>())
    }

    #[test]
    fn a_private_key_is_found_whole_and_a_header_alone_is_not() {
        for label in [
            "RSA PRIVATE KEY",
            "PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "PGP PRIVATE KEY BLOCK",
            "ENCRYPTED PRIVATE KEY",
        ] {
            assert!(private_key(block(label, &body(90)).as_bytes(), 0).is_some(), "{label}");
        }
        let escaped = block("PRIVATE KEY", &body(90)).replace('\n', "\\n");
        assert!(private_key(escaped.as_bytes(), 0).is_some());
        for text in [
            block("PRIVATE KEY", "..."),
            block("PUBLIC KEY", &body(90)),
            block("PRIVATE KEY", &"A".repeat(80)),
        ] {
            assert_eq!(private_key(text.as_bytes(), 0), None, "{text}");
        }
        assert_eq!(private_key(b"-----BEGIN", 0), None);
    }

    #[test]
    fn a_key_behind_a_passphrase_says_so() {
        assert!(is_encrypted(block("ENCRYPTED PRIVATE KEY", &body(90)).as_bytes()));
        let old = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{}", body(90));
        assert!(is_encrypted(block("RSA PRIVATE KEY", &old).as_bytes()));
        assert!(!is_encrypted(block("PRIVATE KEY", &body(90)).as_bytes()));
    }

    #[test]
    fn a_token_is_believed_once_its_header_was_read() {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = |alg: &str| {
            format!(
                "{}.{}.{}",
                part(&format!("{{\"alg\":\"{alg}\"}}")),
                part("{\"sub\":\"1\"}"),
                body(30).replace(['+', '/'], "_")
            )
        };
        let found = |text: &str| json_web_token(text.as_bytes(), 0);
        assert_eq!(found(&token("HS256")), Some(0..token("HS256").len()));
        assert_eq!(found(&token("none")), None);
        let other = |claims: &str| token("HS256").replace(&part("{\"sub\":\"1\"}"), &part(claims));
        assert_eq!(found(&other("{}")), None);
        assert_eq!(found(&other("It is a dangerous business")), None);
        assert_eq!(found("eyJhbGciOi.not.a-token"), None);
        assert_eq!(found("eyJ"), None);
    }
}
