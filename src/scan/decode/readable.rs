//! Tells text from other bytes.

/// How many bytes are enough to see that something is no text.
pub(super) const BEGINNING: usize = 12;

/// Of so many bytes one may be a control character, as text has none but a few.
const CONTROLS: usize = 32;

/// Says whether bytes may be the beginning of a text; of random ones a few in a hundred pass.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    let mut beyond = 0;
    for byte in bytes {
        if is_control(*byte) {
            return false;
        }
        beyond += usize::from(*byte >= 0x80);
    }
    beyond * 3 <= bytes.len()
}

/// Says whether bytes are a text in ASCII or UTF-8, as far as they can be: mostly printable.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let controls = bytes.iter().filter(|byte| is_control(**byte)).count();
    let beyond = bytes.iter().filter(|byte| **byte >= 0x80).count();
    // A text in another script is UTF-8; bytes by chance are not.
    !bytes.is_empty()
        && controls * CONTROLS <= bytes.len()
        && (beyond * 8 <= bytes.len() || std::str::from_utf8(bytes).is_ok())
}

fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_bytes_by_chance() {
        for text in [
            "user = \"me\"\n",
            "{\"a\":1}\r\n\t",
            "pass: p\u{e4}ssw\u{f6}rd in Umlauten",
            "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}",
        ] {
            assert!(is_text(text.as_bytes()), "{text}");
        }
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for length in [18, 32, 64, 1000] {
            let texts =
                (0..1000).filter(|_| is_text(&(0..length).map(|_| next()).collect::<Vec<_>>())).count();
            assert!(texts <= 2, "{texts} of 1000, {length} bytes long");
        }
        assert!(!is_text(b"") && !is_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
    }

    #[test]
    fn what_begins_with_a_control_character_is_no_text() {
        assert!(may_begin(b"password=hun") && may_begin(b"\xef\xbb\xbfpassword"));
        assert!(
            !may_begin(b"0\x82\x04\xa4\x02\x01\0\x02\x82\x01\x01\0") && !may_begin(b"GIF89a\x01\0\x01\0\0\0")
        );
    }
}
