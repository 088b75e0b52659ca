//! Decodes percent-encoding around escapes that somebody saw.

use std::ops::Range;

use super::piece::{Encoding, Piece, width};
use super::readable;

/// Escapes that stand where something is told by what is around it: `"`, `:`, `=`, `@`; and letters, which nobody escapes
/// without a reason. They are looked for beside the words of rules, which costs nothing.
pub(in crate::scan) const ESCAPES: [&str; 10] =
    ["%22", "%3a", "%3d", "%40", "%61", "%65", "%6f", "%70", "%73", "%74"];

/// So many bytes lie between two marks of a piece.
const APART: usize = 256;

/// Decodes the parts of a text that hold one of the `escapes`, which are ascending.
pub(super) fn pieces(text: &[u8], escapes: &[usize]) -> Vec<Piece> {
    let (mut pieces, mut read) = (Vec::new(), 0);
    for escape in escapes.iter().copied().filter(|escape| *escape < text.len()) {
        if escape < read {
            continue;
        }
        let range = around(text, escape, read);
        read = range.end;
        let piece = decode(text, range);
        if readable::is_text(&piece.text) {
            pieces.push(piece);
        }
    }
    pieces
}

/// Returns all that is written as in a URL around a place, not before `floor`.
fn around(text: &[u8], at: usize, floor: usize) -> Range<usize> {
    let before = text[floor..at].iter().rev().take_while(|byte| is_part(**byte)).count();
    let after = text[at..].iter().take_while(|byte| is_part(**byte)).count();
    at - before..at + after
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%-._~!$&'()*+,;=:@/?#[]".contains(&byte)
}

fn decode(text: &[u8], range: Range<usize>) -> Piece {
    let (mut decoded, mut marks, mut at) = (Vec::new(), Vec::new(), range.start);
    while at < range.end {
        if decoded.len() % APART == 0 {
            marks.push((decoded.len(), at));
        }
        let width = width(&text[..range.end], at);
        let digit = |at: usize| char::from(text[at]).to_digit(16).unwrap_or_default() as u8;
        decoded.push(if width == 3 { digit(at + 1) << 4 | digit(at + 2) } else { text[at] });
        at += width;
    }
    Piece { encoding: Encoding::Percent, range, text: decoded, marks }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escapes(text: &str) -> Vec<usize> {
        let lower = text.to_ascii_lowercase();
        (0..text.len()).filter(|at| ESCAPES.iter().any(|escape| lower[*at..].starts_with(escape))).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        let pieces = pieces(text.as_bytes(), &escapes(text)).into_iter();
        pieces.map(|piece| String::from_utf8_lossy(&piece.text).into_owned()).collect()
    }

    #[test]
    fn escapes_are_decoded_with_what_is_around_them() {
        for (text, decoded) in [
            ("x https%3A%2F%2Fu%3Ap%40h y", "https://u:p@h"),
            ("\"%7B%22a%22%3A1%7D\"", "{\"a\":1}"),
            ("a=%70%61%73%73", "a=pass"),
            ("%3D%3", "=%3"),
            ("%zz%3d", "%zz="),
        ] {
            assert_eq!(texts(text), [decoded], "{text}");
        }
        assert_eq!(texts("100% of %20 and %d"), [""; 0]);
    }

    #[test]
    fn a_line_of_many_escapes_is_read_once() {
        assert_eq!(texts(&"%3d".repeat(100_000)), ["=".repeat(100_000)]);
    }

    proptest! {
        #[test]
        fn each_part_stands_where_it_is_said_to(text in "[a=:%]{300,900}", from in 0..280_usize, length in 0..20_usize) {
            let encoded: String = text.bytes().map(|byte| if byte == b'a' { "a".to_owned() } else { format!("%{byte:02x}") }).collect();
            let around = format!(" {encoded} ");
            let Some(escape) = around.find('%') else { return Ok(()) };
            let found = pieces(around.as_bytes(), &[escape]);
            prop_assert_eq!(&found[0].text, text.as_bytes());
            let place = found[0].place(around.as_bytes(), &(from..from + length));
            let part = decode(around.as_bytes(), place);
            prop_assert_eq!(&part.text, &text.as_bytes()[from..from + length]);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(text in "[%3da =\n]{0,60}") {
            for piece in pieces(text.as_bytes(), &escapes(&text)) {
                let place = piece.place(text.as_bytes(), &(0..piece.text.len()));
                prop_assert_eq!(place, piece.range.clone());
            }
        }
    }
}
