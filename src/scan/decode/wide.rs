//! Reads UTF-16: by the mark at its beginning, or where every other byte of a text in ASCII is zero.

/// So many bytes tell whether a text without a mark is UTF-16.
const LOOKED_AT: usize = 1024;
/// Fewer are too few to tell.
const FEWEST: usize = 8;

/// Which byte of two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// Returns the text as UTF-8 and without its mark, where the bytes are UTF-16; what is none in them becomes U+FFFD.
pub(in crate::scan) fn from_utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let (order, mark) = match bytes {
        // UTF-32 begins so too, and nobody keeps it.
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => (Order::Little, 2),
        [0xfe, 0xff, ..] => (Order::Big, 2),
        _ => (unmarked(bytes)?, 0),
    };
    let units = bytes[mark..].chunks_exact(2).map(|pair| unit(pair, order));
    let mut text = Vec::with_capacity(bytes.len() / 2);
    for letter in char::decode_utf16(units) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    super::readable::is_text(&text).then_some(text)
}

/// Tells the order of bytes of a text in ASCII.
fn unmarked(bytes: &[u8]) -> Option<Order> {
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let is_ascii = |order| {
        head.chunks_exact(2)
            .map(|pair| unit(pair, order))
            .all(|unit| matches!(unit, 0x20..0x7f | 9 | 10 | 13))
    };
    // A look at two bytes tells for nearly all.
    match head {
        _ if head.len() < FEWEST => None,
        [first, 0, ..] if *first != 0 => is_ascii(Order::Little).then_some(Order::Little),
        [0, first, ..] if *first != 0 => is_ascii(Order::Big).then_some(Order::Big),
        _ => None,
    }
}

fn unit(pair: &[u8], order: Order) -> u16 {
    let pair = [pair[0], pair[1]];
    if order == Order::Little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str, order: Order) -> Vec<u8> {
        let bytes = |unit: u16| if order == Order::Little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_mark_or_ascii_tells_utf16() {
        for order in [Order::Little, Order::Big] {
            let marked = encoded("\u{feff}p\u{e4}ss = \u{1f511}\r\n", order);
            assert_eq!(from_utf16(&marked).as_deref(), Some("p\u{e4}ss = \u{1f511}\r\n".as_bytes()));
            let unmarked = encoded("password = x\r\n", order);
            assert_eq!(from_utf16(&unmarked).as_deref(), Some(&b"password = x\r\n"[..]));
        }
    }

    #[test]
    fn other_bytes_are_no_utf16() {
        for bytes in [
            &b"plain text, and more"[..],
            b"\0\0\0\0\0\0\0\0\0\0",
            b"a\0",
            b"",
            b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
            b"P\0K\0\0\0\0\0\0\0",
            b"\xff\xfe\0\0p\0\0\0a\0\0\0",
            b"\xff\xfe\x01\0\x02\0\x03\0\x04\0",
        ] {
            assert_eq!(from_utf16(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "[ -~\u{e4}\u{4e00}\u{1f511}\n]{1,40}") {
            prop_assert_eq!(from_utf16(&encoded(&format!("\u{feff}{text}"), Order::Big)), Some(text.into_bytes()));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = from_utf16(&bytes);
        }
    }
}
