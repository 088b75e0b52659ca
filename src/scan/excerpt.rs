//! Shows the line that a finding stands in, with every credential in it taken out.
//!
//! What any rule found is never shown, whether it is told of or let through, nor where it stands once more in a form that no
//! rule knows; nor is what looks as if a machine made it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::content::Covered;
use super::text;

/// How far around a finding its line is looked at, in bytes.
const LOOKED_AT: usize = 256;
/// How many characters are shown before a finding, and behind it.
const SHOWN: [usize; 2] = [48, 40];
/// From how many characters on a run of letters, digits and marks is looked at by itself.
const RUN: usize = 16;
/// Stands for what is left out.
const GAP: char = '\u{2026}';

/// How much of a secret is looked for where no rule found it, at its beginning and at its end.
const NEEDLE: usize = 32;
/// How many secrets of a file are.
const NEEDLES: usize = 128;

/// What of a content is not shown.
pub(super) struct Hidden<'a> {
    /// Ascending and apart.
    parts: Vec<Range<usize>>,
    /// Beginnings and ends of secrets, and how much of the secret is before the needle and from its first byte on.
    needles: BTreeSet<(&'a [u8], usize, usize)>,
}

impl<'a> Hidden<'a> {
    /// Takes the parts of a content, ascending and apart, and the secrets that were found in it.
    pub(super) fn new(parts: Vec<Range<usize>>, secrets: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut needles = BTreeSet::new();
        for secret in secrets.filter(|secret| secret.len() >= 3) {
            if needles.len() >= 2 * NEEDLES {
                break;
            }
            let before = secret.len() - secret.len().min(NEEDLE);
            needles.insert((&secret[..secret.len() - before], 0, secret.len()));
            needles.insert((&secret[before..], before, secret.len() - before));
        }
        Self { parts, needles }
    }

    /// Returns the part that a place is in, if any.
    fn around(&self, place: usize) -> Option<&Range<usize>> {
        let next = self.parts.partition_point(|part| part.end <= place);
        self.parts.get(next).filter(|part| part.start <= place)
    }

    /// Returns what is not shown of a part of the content, ascending and apart.
    fn within(&self, content: &[u8], part: &Range<usize>) -> Vec<Range<usize>> {
        let next = self.parts.partition_point(|other| other.end <= part.start);
        let mut hidden = Covered::default();
        self.parts[next..]
            .iter()
            .take_while(|other| other.start < part.end)
            .for_each(|other| hidden.add(other));
        let text = &content[part.clone()];
        let goes_on = |byte: &&u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        for (needle, before, rest) in &self.needles {
            for at in memchr::memmem::find_iter(text, needle) {
                // A secret that is cut where the part ends has more of it beside; a longer word may be one too.
                let (start, end) = (at.saturating_sub(*before), text.len().min(at + rest));
                let start = start - text[..start].iter().rev().take_while(goes_on).count();
                let end = end + text[end..].iter().take_while(goes_on).count();
                hidden.add(&(part.start + start..part.start + end));
            }
        }
        hidden.parts()
    }
}

/// A line, as far as it is shown, and the place of the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line around the finding: one line, nothing in it misleads a terminal.
    pub text: String,
    /// Where the finding is in the text, in characters.
    pub mark: Range<usize>,
    /// Where it stands in the file, as SARIF and editors count.
    pub place: Place,
}

/// A place in a file in lines and UTF-16 code units, from 1; what is no UTF-8 counts one for each replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line it begins in.
    pub line: u32,
    /// Where it begins in that line.
    pub column: u32,
    /// The line it ends in.
    pub end_line: u32,
    /// Where the first character behind it stands in that line.
    pub end_column: u32,
}

/// Makes the text of an excerpt, and says where the finding is in it.
///
/// `redacted` is what is shown for the finding.
pub(super) fn text_around(
    content: &[u8],
    range: &Range<usize>,
    redacted: &str,
    hidden: &Hidden<'_>,
) -> (String, Range<usize>) {
    let first = range.start.saturating_sub(LOOKED_AT);
    let line_start = memchr::memrchr(b'\n', &content[first..range.start]).map(|at| first + at + 1);
    let start = line_start.unwrap_or(first);
    // A finding of several lines shows its first.
    let last = content.len().min(range.end.min(range.start + LOOKED_AT) + LOOKED_AT);
    let line_end = memchr::memchr(b'\n', &content[range.start..last]).map(|at| range.start + at);
    let end = line_end.unwrap_or(last);
    let own = hidden.around(range.start).unwrap_or(range);
    let before = visible(content, start..own.start.max(start), hidden);
    let after = visible(content, own.end.min(end)..end, hidden);
    let (skip, take) = (before.len().saturating_sub(SHOWN[0]), SHOWN[1]);
    let mut text: Vec<char> = Vec::new();
    if skip > 0 || line_start.is_none() && first > 0 {
        text.push(GAP);
    }
    text.extend(before.iter().skip(skip));
    // What stands before a line is only indentation.
    let indent = if text.first() == Some(&GAP) { 0 } else { text.iter().take_while(|c| **c == ' ').count() };
    text.drain(..indent);
    let mark_start = text.len();
    text.extend(redacted.chars().map(plain));
    let mark = mark_start..text.len();
    text.extend(after.iter().take(take));
    let goes_on = after.len() > take || line_end.is_none() && last < content.len();
    if goes_on && text.last() != Some(&GAP) {
        text.push(GAP);
    }
    (text.into_iter().collect(), mark)
}

/// Returns a part of a line as text that may be shown.
pub(super) fn shown(content: &[u8], part: Range<usize>, hidden: &Hidden<'_>) -> String {
    visible(content, part, hidden).into_iter().collect()
}

/// Returns a part of a line as it may be shown.
fn visible(content: &[u8], part: Range<usize>, hidden: &Hidden<'_>) -> Vec<char> {
    let mut shown = Vec::new();
    let mut at = part.start;
    for hidden in hidden.within(content, &part) {
        if hidden.start > at {
            show(&content[at..hidden.start], &mut shown);
        }
        if shown.last() != Some(&GAP) {
            shown.push(GAP);
        }
        at = hidden.end;
    }
    if at < part.end {
        show(&content[at..part.end], &mut shown);
    }
    shown
}

fn show(bytes: &[u8], shown: &mut Vec<char>) {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+/_-=.".contains(&byte);
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|byte| is_part(**byte) == is_part(*first)).count();
        let (run, tail) = rest.split_at(length);
        if is_part(*first) && length >= RUN && text::is_made(run) {
            shown.push(GAP);
        } else {
            shown.extend(String::from_utf8_lossy(run).chars().map(plain));
        }
        rest = tail;
    }
}

/// Returns a character, or what stands for one that would mislead a reader.
fn plain(character: char) -> char {
    match character {
        '\t' => ' ',
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {
            '\u{fffd}'
        }
        character if character.is_control() => '\u{fffd}',
        character => character,
    }
}

/// Counts UTF-16 code units of places that only move forward.
#[derive(Default)]
pub(super) struct Units {
    at: usize,
    line: u32,
    units: u32,
}

impl Units {
    /// Returns line and column of a place, from 1.
    pub(super) fn locate(&mut self, content: &[u8], place: usize) -> (u32, u32) {
        if place < self.at {
            *self = Self::default();
        }
        let mut from = self.at;
        for offset in memchr::memchr_iter(b'\n', &content[self.at..place]) {
            self.line = self.line.saturating_add(1);
            self.units = 0;
            from = self.at + offset + 1;
        }
        self.units = self.units.saturating_add(units(&content[from..place]));
        self.at = place;
        (self.line.saturating_add(1), self.units.saturating_add(1))
    }

    /// Returns the place of a range, and stays at its beginning.
    pub(super) fn place(&mut self, content: &[u8], range: &Range<usize>) -> Place {
        let (line, column) = self.locate(content, range.start);
        let mut end = Self { at: self.at, line: self.line, units: self.units };
        let (end_line, end_column) = end.locate(content, range.end);
        Place { line, column, end_line, end_column }
    }
}

fn units(bytes: &[u8]) -> u32 {
    if bytes.is_ascii() {
        return u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    }
    let chunk = |chunk: std::str::Utf8Chunk<'_>| {
        chunk.valid().chars().map(char::len_utf16).sum::<usize>() + usize::from(!chunk.invalid().is_empty())
    };
    u32::try_from(bytes.utf8_chunks().map(chunk).sum::<usize>()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(line: &str, secrets: &[&str]) -> (String, String) {
        let content = format!("first\n{line}\nlast\n");
        let mut covered: Vec<Range<usize>> = secrets
            .iter()
            .map(|secret| {
                let at = content.find(secret).unwrap();
                at..at + secret.len()
            })
            .collect();
        let own = covered[0].clone();
        covered.sort_by_key(|range| range.start);
        let hidden = Hidden::new(covered, secrets.iter().map(|secret| secret.as_bytes()));
        let (text, mark) = text_around(content.as_bytes(), &own, "<it>", &hidden);
        let marked = text.chars().skip(mark.start).take(mark.len()).collect();
        (text, marked)
    }

    #[test]
    fn the_line_is_shown_and_no_secret_of_it() {
        let (text, marked) =
            shown(concat!("  url = \"db://u:", "wordy1@h\" # other: wordy2"), &["wordy1", "wordy2"]);
        assert_eq!((text.as_str(), marked.as_str()), ("url = \"db://u:<it>@h\" # other: \u{2026}", "<it>"));
    }

    #[test]
    fn a_secret_that_stands_once_more_is_not_shown_either() {
        let (text, _) = shown("a = wordy1 # the old xwordy1, and wordy12", &["wordy1"]);
        assert_eq!(text, "a = <it> # the old \u{2026}, and \u{2026}");
        let long: String = (0..30).map(|number| format!("word{number} ")).collect();
        let (text, _) = shown(&format!("a = {long}; b = {long}{long}"), &[&long]);
        assert_eq!(text, "a = <it>; b = \u{2026}", "it reaches beyond what is looked at");
    }

    #[test]
    fn what_looks_made_is_not_shown_either() {
        let made =
            (0..32_u32).map(|at| char::from_digit(at * at * 7 % 31 % 16, 16).unwrap()).collect::<String>();
        let (text, _) = shown(&format!("a = wordy1, b = {made}"), &["wordy1"]);
        assert!(!text.contains(&made) && text.ends_with("b = \u{2026}"), "{text}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place_and_controls_are_not_shown() {
        let words = "some words ".repeat(400);
        let (text, marked) = shown(&format!("{words}\u{1b}[2J\u{202e}wordy1{words}"), &["wordy1"]);
        assert!(text.chars().count() < 110 && text.starts_with(GAP) && text.ends_with(GAP), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert_eq!(marked, "<it>");
    }

    #[test]
    fn places_count_utf_16_code_units() {
        let content = "a\n\u{1f511}\u{e9}x\nend".as_bytes();
        let x = content.iter().position(|byte| *byte == b'x').unwrap();
        let mut counter = Units::default();
        assert_eq!(
            counter.place(content, &(x..x + 3)),
            Place { line: 2, column: 4, end_line: 3, end_column: 2 }
        );
        assert_eq!(counter.locate(content, content.len()), (3, 4));
        assert_eq!(counter.locate(content, 0), (1, 1));
        assert_eq!(Units::default().locate(b"a\xff\xfeb", 3), (1, 4));
    }

    proptest! {
        #[test]
        fn nothing_that_is_covered_is_shown(
            before in "[ -~\u{e9}]{0,300}", between in "[ -~]{0,60}", after in "[ -~\n]{0,300}"
        ) {
            let (one, other) = ("QQQQ1QQQQ", "ZZZZ2ZZZZ");
            let content = format!("{before}{one}{between}{other}{after}");
            let start = before.len();
            let second = start + one.len() + between.len();
            let covered = [start..start + one.len(), second..second + other.len()];
            let hidden = Hidden::new(covered.to_vec(), [one, other].iter().map(|secret| secret.as_bytes()));
            for own in &covered {
                let (text, mark) = text_around(content.as_bytes(), own, "it", &hidden);
                prop_assert!(!text.contains("QQ1Q") && !text.contains("ZZ2Z"), "{}", text);
                prop_assert_eq!(text.chars().skip(mark.start).take(mark.len()).collect::<String>(), "it");
                prop_assert!(!text.contains('\n'));
            }
        }

        #[test]
        fn counting_on_is_counting_from_the_start(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..60), cuts in proptest::collection::vec(0_usize..60, 0..4)) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut counter = Units::default();
            for cut in cuts {
                let (line, column) = counter.locate(&bytes, cut);
                let start = bytes[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                prop_assert_eq!(line as usize, bytes[..cut].iter().filter(|byte| **byte == b'\n').count() + 1);
                // Counted in pieces, a character that a cut goes through counts for each of its pieces.
                prop_assert!(column as usize > String::from_utf8_lossy(&bytes[start..cut]).encode_utf16().count());
            }
        }
    }
}
