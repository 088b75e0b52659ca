//! Shows enough of a match to find it again, and too little to use it.

/// Marks what is left out.
const GAP: char = '\u{2026}';

/// Returns the redacted form of a match.
///
/// The header words of a PEM block; else of 16 characters or more the first four and the last two, of 8 or
/// more the first two, of fewer none.
pub(super) fn redact(matched: &[u8]) -> String {
    let text = String::from_utf8_lossy(matched);
    if let Some(header) = pem_header(&text) {
        return header.to_owned();
    }
    let visible: Vec<char> =
        text.chars().map(|character| if is_plain(character) { character } else { '?' }).collect();
    match visible.len() {
        0..8 => GAP.to_string(),
        8..16 => visible[..2].iter().chain(&[GAP]).collect(),
        length => visible[..4].iter().chain(&[GAP]).chain(&visible[length - 2..]).collect(),
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric()
}

/// Returns `BEGIN … KEY` of a PEM header: capitals, digits and spaces only, so nothing of the body.
fn pem_header(text: &str) -> Option<&str> {
    let start = text.find("-----BEGIN ")? + "-----".len();
    let length = text[start..].find("-----")?;
    let header = &text[start..start + length];
    let is_header = length <= 48
        && header.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    is_header.then_some(header)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_matches_show_their_ends_and_short_ones_little() {
        assert_eq!(redact(b"ABCDEFGHIJKLMNOPQRST"), "ABCD\u{2026}ST");
        assert_eq!(redact(b"ABCDEFGHIJ"), "AB\u{2026}");
        assert_eq!(redact(b"ABCDEFG"), "\u{2026}");
        assert_eq!(redact(b"AB\x1b[2J\xff\xffCDEFGHIJKLMN"), "AB?[\u{2026}MN");
    }

    #[test]
    fn a_pem_header_shows_its_words_and_nothing_of_the_body() {
        let block = format!("-----BEGIN {} KEY-----\nMIIEabc", "RSA PRIVATE");
        assert_eq!(redact(block.as_bytes()), "BEGIN RSA PRIVATE KEY");
        let no_header = format!("-----BEGIN {}-----", "secret body");
        assert_eq!(redact(no_header.as_bytes()), "----\u{2026}--");
    }

    proptest! {
        #[test]
        fn at_most_six_characters_show(matched in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(redact(&matched).chars().count() <= 7);
        }
    }
}
