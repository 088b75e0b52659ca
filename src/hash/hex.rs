//! Lower-case hex, both ways.

/// Writes `bytes` as lower-case hex.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = vec![0; bytes.len() * 2];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    String::from_utf8(out).expect("digits are ASCII")
}

/// Fills `out` from `text`; false, with `out` in any state, unless `text` is exactly its lower-case hex.
#[must_use]
pub fn decode_into(text: &str, out: &mut [u8]) -> bool {
    let text = text.as_bytes();
    if text.len() != out.len() * 2 {
        return false;
    }
    for (slot, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return false;
        };
        *slot = high << 4 | low;
    }
    true
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_reads_back_and_upper_case_is_refused() {
        let mut out = [0; 3];
        assert_eq!(encode(&[0, 0xab, 0xff]), "00abff");
        assert!(decode_into("00abff", &mut out));
        assert_eq!(out, [0, 0xab, 0xff]);
        assert!(!decode_into("00ABFF", &mut out));
        assert!(!decode_into("00abf", &mut out));
    }
}
