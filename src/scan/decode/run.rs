//! Finds runs of the letters that base64 and hexadecimal digits are written with.
//!
//! A run of `LEAST` letters has eight side by side that begin at a place which is looked at, so a long text is looked at in
//! words of eight bytes, one in fifteen. The two letters of base64 that are marks do not count there: in the base64 of ASCII
//! they stand for the last bits of `>`, `~` and `?` alone, and elsewhere in paths and names of many words.

use std::ops::Range;

/// A run is looked at that has so many letters and digits side by side; in base64 they hold 16 bytes.
pub(super) const LEAST: usize = 22;
/// So many bytes are looked at in one.
const WORD: usize = 8;
/// From one look to the next.
const STEP: usize = LEAST - WORD + 1;
/// So many of the letters that a run has beside a word stand to one side of it.
const BESIDE: usize = (LEAST - WORD) / 2;

/// For each byte, whether base64 is written with it, in either alphabet.
const IS_LETTER: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let letter = byte as u8;
        table[byte] = letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    table
};

/// Says whether base64 is written with a byte.
#[inline]
pub(super) fn is_letter(byte: u8) -> bool {
    IS_LETTER[usize::from(byte)]
}

/// Returns the next run that begins at `from` or behind it, as if nothing stood before.
pub(super) fn next(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(word) = word(text, at) {
        if are_letters(word) && is_within_more(text, from, at) {
            let before = text[from..at].iter().rev().take_while(|byte| is_letter(**byte)).count();
            let run = at - before..end(text, at);
            if run.len() >= LEAST {
                return Some(run);
            }
        }
        at += STEP;
    }
    None
}

#[inline]
fn word(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Says whether what stands before or behind a word may be letters too, as far as a run must go on to one side at least.
fn is_within_more(text: &[u8], from: usize, at: usize) -> bool {
    let before = at.checked_sub(BESIDE).filter(|before| *before >= from);
    let sides = [before, Some(at + BESIDE)].into_iter().flatten();
    sides.filter_map(|side| word(text, side)).any(are_letters)
}

/// Says whether eight bytes are letters and digits; control characters may pass for digits.
#[inline]
fn are_letters(word: u64) -> bool {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = EACH * 0x80;
    // The highest bit of each byte says whether it is in the range; none of `lower` has that bit, so that nothing is carried.
    let lower = (word & !HIGH) | (EACH * 0x20);
    let within = |first: u64, last: u64| (lower + EACH * (0x80 - first)) & !(lower + EACH * (0x7f - last));
    (within(0x61, 0x7a) | within(0x30, 0x39)) & !word & HIGH == HIGH
}

/// Returns where the run ends that goes on at `at`.
pub(super) fn end(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| is_letter(**byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn runs(text: &[u8]) -> Vec<Range<usize>> {
        let (mut runs, mut from) = (Vec::new(), 0);
        while let Some(run) = next(text, from) {
            from = run.end;
            runs.push(run);
        }
        runs
    }

    /// Looks at every byte.
    fn plainly(text: &[u8], is_part: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let end = at + text[at..].iter().take_while(|byte| is_part(**byte)).count();
            if end - at >= LEAST {
                runs.push(at..end);
            }
            at = end.max(at + 1);
        }
        runs
    }

    proptest! {
        #[test]
        fn every_long_run_is_found(text in "([a-zA-Z0-9]{0,45}[+/_-]{0,2}[ .=\u{10}]{0,2}){0,6}") {
            let (text, found) = (text.as_bytes(), runs(text.as_bytes()));
            let all = plainly(text, is_letter);
            prop_assert!(found.iter().all(|run| all.contains(run)));
            for plain in plainly(text, |byte| byte.is_ascii_alphanumeric()) {
                prop_assert!(found.iter().any(|run| run.start <= plain.start && plain.end <= run.end));
            }
        }
    }

    #[test]
    fn shorter_runs_are_none() {
        assert!(runs("a".repeat(LEAST - 1).as_bytes()).is_empty() && runs(b"").is_empty());
        assert_eq!(runs("a".repeat(LEAST).as_bytes()), vec![0..LEAST]);
    }
}
