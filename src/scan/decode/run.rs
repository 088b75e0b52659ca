//! Finds runs of the letters that base64 and hexadecimal digits are written with.
//!
//! A run of `LEAST` letters has a letter in every `LEAST`th place, so most bytes are never looked at.

use std::ops::Range;

/// The shortest run that is looked at; in base64 it holds 15 bytes.
pub(super) const LEAST: usize = 20;

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
    // Everything from `known` up to `probe` is seen already, and all of it letters.
    let (mut known, mut start) = (from, from);
    let mut probe = from + LEAST - 1;
    while probe < text.len() {
        if let Some(gap) = text[known..=probe].iter().rposition(|byte| !is_letter(*byte)) {
            start = known + gap + 1;
        }
        known = probe + 1;
        if known - start >= LEAST {
            return Some(start..end(text, known));
        }
        probe = start + LEAST - 1;
    }
    None
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
    fn plainly(text: &[u8]) -> Vec<Range<usize>> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let end = end(text, at);
            if end - at >= LEAST {
                runs.push(at..end);
            }
            at = end.max(at + 1);
        }
        runs
    }

    proptest! {
        #[test]
        fn every_long_run_is_found(text in "([a-zA-Z0-9+/_-]{0,45}[ .=]{0,3}){0,6}") {
            prop_assert_eq!(runs(text.as_bytes()), plainly(text.as_bytes()));
        }
    }

    #[test]
    fn shorter_runs_are_none() {
        assert!(runs("a".repeat(LEAST - 1).as_bytes()).is_empty() && runs(b"").is_empty());
        assert_eq!(runs("a".repeat(LEAST).as_bytes()), vec![0..LEAST]);
    }
}
