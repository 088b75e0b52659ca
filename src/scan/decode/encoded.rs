//! Decodes base64 and hexadecimal digits, in one run or wrapped over lines.

use std::ops::Range;

use super::piece::{Encoding, Piece};
use super::run::{self, LEAST, is_letter};
use super::{percent, readable, wide};

/// A line that goes on in the next one has so many letters at least.
const LINE: usize = 40;
/// A line is indented by so many spaces at most.
const INDENT: usize = 64;

/// Returns what is written in other ways within a text, in the order of their places, base64 and digits first; `escapes` are
/// places of percent-encoding.
pub(in crate::scan) fn pieces(text: &[u8], escapes: &[usize]) -> Vec<Piece> {
    let (mut pieces, mut from) = (Vec::new(), 0);
    while let Some(run) = run::next(text, from) {
        from = read(text, run, &mut pieces);
    }
    pieces.extend(percent::pieces(text, escapes));
    pieces
}

/// Decodes a value that is base64 from its first byte to its last, where that makes a text.
pub(in crate::scan) fn whole(value: &[u8]) -> Option<Vec<u8>> {
    let padding = value.iter().rev().take_while(|byte| **byte == b'=').count();
    let letters = &value[..value.len() - padding];
    let plausible =
        padding <= 2 && value.len().is_multiple_of(4) && letters.iter().all(|byte| is_letter(*byte));
    let decoded = plausible.then(|| base64([letters]))?;
    readable::is_text(&decoded).then_some(decoded)
}

/// Reads a run; says where to go on.
fn read(text: &[u8], mut run: Range<usize>, pieces: &mut Vec<Piece>) -> usize {
    // The letter behind a backslash is no part: `\nQUJD`.
    let before = run.start.checked_sub(1).map(|at| text[at]);
    if before == Some(b'\\') && b"nrt".contains(&text[run.start]) {
        run.start += 1;
    }
    if let Some(piece) = digits(text, &run) {
        pieces.push(piece);
        return run.end;
    }
    let letters = &text[run.clone()];
    let of_urls = memchr::memchr2(b'-', b'_', letters).is_some();
    if !of_urls || memchr::memchr2(b'+', b'/', letters).is_none() {
        return lines(text, run, pieces);
    }
    // Two alphabets in one run: base64 behind a dash, or a path.
    let mut from = run.start;
    for at in run.start..=run.end {
        if at == run.end || matches!(text[at], b'-' | b'_') {
            if at - from >= LEAST {
                pieces.extend(joined(text, &[Range { start: from, end: at }]));
            }
            from = at + 1;
        }
    }
    run.end
}

/// Reads base64 that begins with a run; says where to go on.
fn lines(text: &[u8], run: Range<usize>, pieces: &mut Vec<Piece>) -> usize {
    if !begins(text, &run) {
        return run.end;
    }
    let mut lines = vec![run.clone()];
    while let Some(next) = next_line(text, &run, &lines[lines.len() - 1]) {
        lines.push(next);
    }
    let end = lines[lines.len() - 1].end;
    pieces.extend(joined(text, &lines));
    end
}

/// Returns the run in the line below that goes on with base64 of lines as long as `first`.
fn next_line(text: &[u8], first: &Range<usize>, last: &Range<usize>) -> Option<Range<usize>> {
    if first.len() < LINE || last.len() != first.len() {
        return None;
    }
    let rest = &text[last.end..];
    let breaks = [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"];
    let width = breaks.iter().find(|width| rest.starts_with(width))?.len();
    let rest = &rest[width..];
    let indent = rest.iter().take(INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let start = last.end + width + indent;
    let end = run::end(text, start);
    // A last line is shorter; one that is longer is another text.
    (end > start && end - start <= first.len()).then_some(start..end)
}

/// Says whether a run may be a text in base64.
fn begins(text: &[u8], run: &Range<usize>) -> bool {
    let head = &text[run.start..run.end.min(run.start + readable::BEGINNING / 3 * 4)];
    let head = base64([head]);
    // A zero is in every other byte of UTF-16, which shells are handed their commands in.
    readable::may_begin(&head) || head.contains(&0) && wide::from_utf16(&head).is_some()
}

/// Decodes lines, where they make a text.
fn joined(text: &[u8], lines: &[Range<usize>]) -> Option<Piece> {
    let first = lines.first().filter(|first| begins(text, first))?.start;
    let mut decoded = base64(lines.iter().map(|line| &text[line.clone()]));
    let mut wide = false;
    if !readable::is_text(&decoded) {
        (decoded, wide) = (wide::from_utf16(&decoded)?, true);
    }
    let last = lines.last()?.end;
    let padding = text[last..].iter().take(2).take_while(|byte| **byte == b'=').count();
    let mut units = 0;
    let mut mark = |line: &Range<usize>| {
        let mark = (units, line.start);
        units += line.len();
        mark
    };
    // Letters of UTF-16 have no fixed length in UTF-8, so each of them stands in the whole.
    let marks = if wide { Vec::new() } else { lines.iter().map(&mut mark).collect() };
    Some(Piece { encoding: Encoding::Base64, range: first..last + padding, text: decoded, marks })
}

/// For each letter what it stands for, in either alphabet.
const VALUES: [u8; 256] = {
    let mut table = [0; 256];
    let mut value = 0;
    while value < 64 {
        let letter = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[value];
        table[letter as usize] = value as u8;
        value += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
};

/// Decodes letters of base64; what does not fill a byte is left out.
fn base64<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut decoded = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for letter in lines.into_iter().flatten() {
        bits = bits << 6 | u32::from(VALUES[usize::from(*letter)]);
        count += 1;
        if count == 4 {
            decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
            (bits, count) = (0, 0);
        }
    }
    let left = (bits << (6 * (4 - count))).to_be_bytes();
    decoded.extend_from_slice(&left[1..1 + [0, 0, 1, 2][count % 4]]);
    decoded
}

/// Reads a run of digits, two a byte, with or without `0x` before them.
fn digits(text: &[u8], run: &Range<usize>) -> Option<Piece> {
    let prefix =
        if text[run.clone()].starts_with(b"0x") || text[run.clone()].starts_with(b"0X") { 2 } else { 0 };
    let range = run.start + prefix..run.end;
    let digits = &text[range.clone()];
    let byte = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
    let decode = |digits: &[u8]| digits.chunks_exact(2).map(byte).collect::<Option<Vec<u8>>>();
    let head = decode(&digits[..digits.len().min(2 * readable::BEGINNING)])?;
    if !digits.len().is_multiple_of(2) || !readable::may_begin(&head) {
        return None;
    }
    let decoded = decode(digits)?;
    let marks = vec![(0, range.start)];
    readable::is_text(&decoded).then_some(Piece { encoding: Encoding::Hex, range, text: decoded, marks })
}

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

#[cfg(test)]
mod tests {
    use ::base64::Engine as _;
    use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &[u8]) -> Vec<String> {
        pieces(text, &[]).into_iter().map(|piece| String::from_utf8_lossy(&piece.text).into_owned()).collect()
    }

    fn wrapped(text: &str, width: usize, between: &str) -> String {
        let lines = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap());
        lines.collect::<Vec<_>>().join(between)
    }

    #[test]
    fn base64_is_decoded_in_every_writing() {
        let text = "user=me&note=???>>>~~~ and so on, for a while and a bit more";
        for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(text);
            for around in ["@", "x: @\n", "f(\"@\")", "data:text/plain;base64,@)", "\\n@\\n", "\\r\\n@"] {
                assert_eq!(texts(around.replace('@', &encoded).as_bytes()), [text], "{around}");
            }
        }
    }

    #[test]
    fn utf16_in_base64_is_a_text_as_a_whole() {
        let command = "$password = 'something long enough'";
        let bytes: Vec<u8> = command.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let around = format!("powershell -enc {}", STANDARD.encode(bytes));
        let found = pieces(around.as_bytes(), &[]);
        assert_eq!(found[0].text, command.as_bytes());
        assert_eq!(found[0].place(around.as_bytes(), &(3..5)), found[0].range);
    }

    #[test]
    fn base64_goes_on_in_lines_of_one_length() {
        let text = "a text that is long enough to be wrapped, ".repeat(9);
        for (width, between) in [(64, "\n"), (76, "\r\n"), (60, "\n      "), (64, "\\n"), (79, "\n\t")] {
            let encoded = wrapped(&STANDARD.encode(&text), width, between);
            assert_eq!(
                texts(format!("x: |\n{encoded}\nnext: x\n").as_bytes()),
                [text.as_str()],
                "{width}{between:?}"
            );
        }
        let words = "anIdentifierThatIsLongEnoughToLookLikeOne\nanotherIdentifierOfTheSameLengthAsAbovee\n";
        assert_eq!(texts(words.as_bytes()), [""; 0]);
    }

    #[test]
    fn digits_are_decoded_two_a_byte() {
        let text = "password: something";
        let encoded: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        for around in ["@", "0x@", "X'@'", "{\"a\":\"@\"}"] {
            for encoded in [encoded.clone(), encoded.to_uppercase()] {
                assert_eq!(texts(around.replace('@', &encoded).as_bytes()), [text], "{around}");
            }
        }
        assert_eq!(texts(format!("{encoded}7").as_bytes()), [""; 0], "half a byte too many");
    }

    #[test]
    fn what_is_no_text_is_let_be() {
        for text in [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo",
            "AbstractSingletonProxyFactoryBean",
            "src/components/layout/header/index",
            "some-kebab-case-name-that-is-long",
            "A_CONSTANT_OF_MANY_WORDS_IN_CODE",
            "////////////////////////////////",
            "--------------------------------",
            "00000000000000000000000000000000",
        ] {
            assert_eq!(texts(text.as_bytes()), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_whole_value_is_base64_or_nothing() {
        assert_eq!(whole(STANDARD.encode("abc\n").as_bytes()).as_deref(), Some(&b"abc\n"[..]));
        assert_eq!(whole(b"plain text"), None);
        assert_eq!(whole(b"===="), None);
        assert_eq!(whole(b""), None);
    }

    #[test]
    fn a_line_of_many_megabytes_is_read_once() {
        let inner = STANDARD.encode("x".repeat(1 << 20));
        assert_eq!(texts(inner.as_bytes()).len(), 1);
        let lines = wrapped(&inner, 64, "\n");
        assert_eq!(texts(lines.as_bytes()).len(), 1);
        // Each line may begin a text, and none is one.
        let never = "cGFzc3dvcmQ9aHVudGVyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n".repeat(20_000);
        assert_eq!(texts(never.as_bytes()), [""; 0]);
    }

    proptest! {
        #[test]
        fn each_part_stands_where_it_is_said_to(
            text in "[ -~]{60,200}",
            before in "[ \\n:]{0,9}",
            (width, between) in prop_oneof![Just((10_000, "")), Just((64, "\n")), Just((41, "\r\n  "))],
            from in 0..50_usize,
            length in 1..10_usize,
        ) {
            let around = format!("{before}{}\n", wrapped(&STANDARD.encode(&text), width, between));
            let found = pieces(around.as_bytes(), &[]);
            prop_assume!(found.len() == 1 && found[0].text == text.as_bytes());
            let place = found[0].place(around.as_bytes(), &(from..from + length));
            let letters: String = around[place.clone()].split_whitespace().collect();
            // The letters hold all bits of the part, and no letter more.
            let whole = STANDARD.encode(&text);
            let expected = &whole[from * 8 / 6..((from + length) * 8).div_ceil(6)];
            prop_assert_eq!(letters, expected);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(text in "([A-Za-z0-9+/_=-]{0,90}[\\\\nr0x \\n\\r%]{0,3}){0,6}") {
            for piece in pieces(text.as_bytes(), &[]) {
                prop_assert!(piece.range.end <= text.len() && piece.range.start < piece.range.end);
                for end in 0..=piece.text.len() {
                    let place = piece.place(text.as_bytes(), &(end / 2..end));
                    prop_assert!(piece.range.start <= place.start && place.end <= piece.range.end);
                }
            }
        }
    }
}
