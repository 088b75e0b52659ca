//! Finds credentials in `Authorization` values: `Bearer`, `Basic`, and what services call theirs.
//!
//! Source: RFC 7617 (Basic), RFC 6750 (Bearer).

use std::ops::Range;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::value;

/// How long a credential may be, in bytes.
const LONGEST: usize = 4096;

/// Reads what follows the word `Bearer`, `Basic` or, behind `Authorization`, `Token` at `word`; returns where the credential
/// is.
pub(in crate::scan) fn credential(text: &[u8], word: &Range<usize>) -> Option<Range<usize>> {
    let part_of_a_name =
        word.start.checked_sub(1).is_some_and(|at| text[at].is_ascii_alphanumeric() || text[at] == b'_');
    let spaces = text[word.end..].iter().take(4).take_while(|byte| **byte == b' ').count();
    if part_of_a_name || spaces == 0 {
        return None;
    }
    let start = word.end + spaces;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    let length = text[start..].iter().take(LONGEST + 1).take_while(|byte| is_part(byte)).count();
    let range = start..start + length;
    let secret = &text[range.clone()];
    if length > LONGEST || value::stands_for_another_or_nothing(secret) {
        return None;
    }
    let basic = text[word.clone()].eq_ignore_ascii_case(b"basic");
    let before = text[word.start.saturating_sub(24)..word.start].to_ascii_lowercase();
    let token = text[word.clone()].eq_ignore_ascii_case(b"token");
    if token && memchr::memmem::find(&before, b"authorization").is_none() {
        return None;
    }
    let holds = if basic { is_basic(secret) } else { value::is_made(secret) };
    holds.then_some(range)
}

/// Says whether a text is user and password as `Basic` writes them.
fn is_basic(secret: &[u8]) -> bool {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let Ok(decoded) = LENIENT.decode(secret) else { return false };
    let Some(colon) = memchr::memchr(b':', &decoded) else { return false };
    let password = &decoded[colon + 1..];
    decoded.len() >= 6
        && decoded.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
        && password.len() >= 3
        && !value::stands_for_another(password)
        && !password.eq_ignore_ascii_case(b"password")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn found(text: &str, word: &str) -> bool {
        let at = text.find(word).unwrap();
        credential(text.as_bytes(), &(at..at + word.len())).is_some()
    }

    #[test]
    fn basic_credentials_are_decoded_before_they_are_believed() {
        let header = |inside: &str| format!("Authorization: Basic {}", STANDARD.encode(inside));
        assert!(found(&header(concat!("admin:s3", "cretly")), "Basic"));
        assert!(!found(&header("admin:password"), "Basic"));
        assert!(!found(&header("no colon here"), "Basic"));
        assert!(!found("the Basic authentication scheme", "Basic"));
    }

    #[test]
    fn a_bearer_is_a_value_that_a_machine_made() {
        let mut state = 12345_u32;
        let mut next = || {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12345);
            char::from_digit((state >> 16) % 36, 36).unwrap()
        };
        let made: String = (0..40).map(|_| next()).collect();
        assert!(found(&format!("-H 'Authorization: Bearer {made}'"), "Bearer"));
        for text in [
            "Bearer authentication is used here",
            "Bearer <token>",
            "Bearer $TOKEN",
            "Bearer YOUR_ACCESS_TOKEN_GOES_HERE",
        ] {
            assert!(!found(text, "Bearer"), "{text}");
        }
    }
}
