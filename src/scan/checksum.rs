//! Checks what vendors build into their tokens, without asking anybody: checksums and structure.
//!
//! Only what a vendor publishes is checked. A checksum that does not hold never hides a finding: examples in documentation
//! have none, and neither has a token that was cut.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// What a check says, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    Holds(&'static str),
    Broken(&'static str),
}

/// Checks what `rule` found; `None` when its vendor defines nothing to check.
pub(super) fn check(rule: &str, secret: &[u8]) -> Option<Checksum> {
    let (what, holds): (_, fn(&[u8]) -> bool) = match rule {
        "github-personal-token"
        | "github-oauth-token"
        | "github-app-user-token"
        | "github-app-installation-token"
        | "github-refresh-token"
        | "npm-access-token" => ("its checksum", crc32_in_base62),
        "gitlab-routable-personal-token" => ("its checksum", gitlab_routable),
        "pypi-token" | "pypi-test-token" => ("its structure (a macaroon)", macaroon),
        "sentry-organization-token" => ("its structure (JSON in base64)", sentry_organization),
        _ => return None,
    };
    Some(if holds(secret) { Checksum::Holds(what) } else { Checksum::Broken(what) })
}

/// GitHub's own order of digits; base 36 is its beginning in small letters.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Writes a number in as many digits as there are places.
fn write(mut number: u32, digits: &[u8], places: usize) -> Vec<u8> {
    let base = u32::try_from(digits.len()).expect("an alphabet is short");
    let mut text = vec![digits[0]; places];
    for place in text.iter_mut().rev() {
        *place = digits[(number % base) as usize];
        number /= base;
    }
    text
}

/// The last six characters are the CRC-32 of what stands between prefix and them, in base 62.
///
/// Source: GitHub's blog, "Behind GitHub's new authentication token formats" (2021-04-05) and "Announcing npm's new access
/// token format" (2021-09-23).
fn crc32_in_base62(token: &[u8]) -> bool {
    let Some(start) = memchr::memchr(b'_', token).map(|at| at + 1) else { return false };
    let Some((drawn, sum)) = token[start..].split_last_chunk::<6>() else { return false };
    *sum == *write(crc32fast::hash(drawn), BASE62, 6)
}

/// The last seven characters are the CRC-32 of all before them, in base 36; two before say how long the payload is.
///
/// Source: GitLab's handbook, "Cells: Routable Tokens".
fn gitlab_routable(token: &[u8]) -> bool {
    let Some((rest, sum)) = token.split_last_chunk::<7>() else { return false };
    let Some((head, length)) = rest.split_last_chunk::<2>() else { return false };
    let payload = head.split(|byte| *byte == b'.').next().unwrap_or_default();
    let stated = std::str::from_utf8(length).ok().and_then(|text| usize::from_str_radix(text, 36).ok());
    *sum == *write(crc32fast::hash(rest), BASE36, 7) && stated.is_some_and(|stated| payload.len() >= stated)
}

/// What follows `pypi-` is a macaroon in the binary format of version 2, in base64: fields up to a signature of 32 bytes.
///
/// Source: "Macaroons: serialization v2" of libmacaroons (doc/format.txt); PyPI's tokens are such (warehouse, "Macaroons").
fn macaroon(token: &[u8]) -> bool {
    let Some(text) = token.strip_prefix(b"pypi-") else { return false };
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(text) else { return false };
    let Some((2, mut rest)) = bytes.split_first().map(|(version, rest)| (*version, rest)) else {
        return false;
    };
    loop {
        match rest.split_first() {
            // The end of a section.
            Some((0, after)) => rest = after,
            Some((kind, after)) => {
                let Some((field, after)) = field(after) else { return false };
                if *kind == 6 {
                    return field.len() == 32 && after.is_empty();
                }
                rest = after;
            }
            None => return false,
        }
    }
}

/// Reads a length in seven bits a byte, and so many bytes.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return bytes[at + 1..].split_at_checked(length);
        }
    }
    None
}

/// Between the prefix and the last `_` stands a JSON object in base64 that names its region.
///
/// Source: Sentry's RFC 0091, "CI upload tokens".
fn sentry_organization(token: &[u8]) -> bool {
    let Some(rest) = token.strip_prefix(b"sntrys_") else { return false };
    let Some(end) = memchr::memrchr(b'_', rest) else { return false };
    let Ok(json) = STANDARD.decode(&rest[..end]) else { return false };
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json)
        .is_ok_and(|claims| claims.contains_key("iat") && claims.contains_key("url"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOLDS: bool = true;

    fn says(rule: &str, token: &[u8]) -> Option<bool> {
        check(rule, token).map(|said| matches!(said, Checksum::Holds(_)))
    }

    /// As the vendor makes them, from what was drawn.
    fn github(prefix: &str, drawn: &str) -> String {
        let sum = write(crc32fast::hash(drawn.as_bytes()), BASE62, 6);
        format!("{prefix}_{drawn}{}", String::from_utf8(sum).unwrap())
    }

    fn gitlab(payload: &[u8]) -> String {
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let length = String::from_utf8(write(u32::try_from(payload.len()).unwrap(), BASE36, 2)).unwrap();
        let text = format!("{}{payload}.{length}", concat!("gl", "pat-"));
        let sum = write(crc32fast::hash(text.as_bytes()), BASE36, 7);
        format!("{text}{}", String::from_utf8(sum).unwrap())
    }

    fn pypi(identifier: &[u8], signature: &[u8]) -> String {
        let mut bytes = vec![2, 1, 8];
        bytes.extend(b"pypi.org");
        bytes.extend([2, u8::try_from(identifier.len()).unwrap()]);
        bytes.extend(identifier);
        bytes.extend([0, 0, 6, u8::try_from(signature.len()).unwrap()]);
        bytes.extend(signature);
        format!("pypi-{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    #[test]
    fn numbers_are_written_in_the_vendors_digits() {
        assert_eq!(write(61, BASE62, 6), b"00000z");
        assert_eq!(write(u32::MAX, BASE62, 6), b"4gfFC3");
        assert_eq!(write(u32::MAX, BASE36, 7), b"1z141z3");
    }

    #[test]
    fn a_rule_whose_vendor_defines_nothing_is_not_judged() {
        assert_eq!(check("slack-bot-token", b"anything"), None);
        assert_eq!(says("npm-access-token", b""), Some(false));
    }

    #[test]
    fn a_token_of_sentry_holds_its_claims() {
        let token = |json: &str| format!("sntrys_{}_{}", STANDARD.encode(json), "x".repeat(43));
        let json = r#"{"iat":1,"url":"https://sentry.io","org":"o"}"#;
        assert_eq!(says("sentry-organization-token", token(json).as_bytes()), Some(HOLDS));
        assert_eq!(says("sentry-organization-token", token("{\"a\":1}").as_bytes()), Some(!HOLDS));
    }

    proptest! {
        #[test]
        fn a_token_that_its_vendor_could_have_made_holds_and_a_changed_one_does_not(
            drawn in "[A-Za-z0-9]{30}", payload in proptest::collection::vec(any::<u8>(), 21..80),
            identifier in proptest::collection::vec(any::<u8>(), 0..100),
            signature in proptest::collection::vec(any::<u8>(), 32), at in 0_usize..36
        ) {
            for (rule, prefix) in [
                ("github-personal-token", "ghp"), ("github-oauth-token", "gho"), ("npm-access-token", "npm"),
            ] {
                let token = github(prefix, &drawn);
                prop_assert_eq!(says(rule, token.as_bytes()), Some(HOLDS));
                let mut changed = token.into_bytes();
                let place = &mut changed[4 + at];
                *place = if *place == b'a' { b'b' } else { b'a' };
                prop_assert_eq!(says(rule, &changed), Some(!HOLDS));
            }
            let token = gitlab(&payload);
            prop_assert_eq!(says("gitlab-routable-personal-token", token.as_bytes()), Some(HOLDS));
            let mut changed = token.into_bytes();
            changed[6 + at % 28] ^= 1;
            prop_assert_eq!(says("gitlab-routable-personal-token", &changed), Some(!HOLDS));
            let token = pypi(&identifier, &signature);
            prop_assert_eq!(says("pypi-token", token.as_bytes()), Some(HOLDS));
            prop_assert_eq!(says("pypi-token", &token.as_bytes()[..token.len() - 4]), Some(!HOLDS));
            prop_assert_eq!(says("pypi-token", pypi(&identifier, &signature[1..]).as_bytes()), Some(!HOLDS));
        }

        #[test]
        fn any_bytes_are_checked_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            for rule in ["npm-access-token", "gitlab-routable-personal-token", "pypi-token", "sentry-organization-token"] {
                let _ = check(rule, &bytes);
            }
            let _ = macaroon(&[b"pypi-", URL_SAFE_NO_PAD.encode(&bytes).as_bytes()].concat());
        }
    }
}
