//! Makes text that compresses about as source code does.
//!
//! Names are syllables in a row and lines follow a few shapes of our own: no line is anybody's. The same numbers
//! give the same text.

use crate::support::numbers::Numbers;

/// How many names a project has.
const NAMES: usize = 4_000;
const CONSONANTS: [&str; 16] =
    ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "ch"];
const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ea", "io", "er"];

/// The names that a made-up project uses.
pub(super) struct Names(Vec<String>);

impl Names {
    /// Makes up names of one to three words.
    pub(super) fn new(numbers: &mut Numbers) -> Self {
        let mut word = |syllables: usize| -> String {
            (0..syllables)
                .flat_map(|_| {
                    [CONSONANTS[numbers.below(CONSONANTS.len())], VOWELS[numbers.below(VOWELS.len())]]
                })
                .collect()
        };
        let words: Vec<String> = (0..NAMES / 4).map(|at| word(1 + at % 3)).collect();
        let name = |_| {
            let parts = 1 + numbers.below(3);
            let parts: Vec<&str> = (0..parts).map(|_| words[numbers.below(words.len())].as_str()).collect();
            parts.join("_")
        };
        Self((0..NAMES).map(name).collect())
    }

    /// Picks a name; some are picked far more often than others.
    pub(super) fn pick(&self, numbers: &mut Numbers) -> &str {
        &self.0[small_rather(numbers, self.0.len())]
    }
}

/// Returns a size in bytes from 200 to 16,384; each doubling is equally likely.
pub(super) fn size(numbers: &mut Numbers) -> usize {
    let at = numbers.below(6_280);
    let low = 200 << (at / 1_000);
    low + low * (at % 1_000) / 1_000
}

/// Makes a file of exactly `size` bytes, the last of which ends a line.
pub(super) fn file(names: &Names, numbers: &mut Numbers, size: usize) -> String {
    // A file speaks of few things, again and again.
    let own: Vec<&str> = (0..12 + size / 120).map(|_| names.pick(numbers)).collect();
    let mut text = String::with_capacity(size + 200);
    let mut depth = 0;
    while text.len() < size {
        line(&mut text, &own, numbers, &mut depth);
    }
    text.truncate(size - 1);
    text.push('\n');
    text
}

/// Returns `text` with one line changed, another one for each `change`.
pub(super) fn changed(text: &str, change: usize) -> String {
    let at = text[..text.len() / 2].rfind('\n').map_or(0, |at| at + 1);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    format!("{}    change({change});{}", &text[..at], &text[end..])
}

fn line(text: &mut String, own: &[&str], numbers: &mut Numbers, depth: &mut usize) {
    let [a, b, c, d] = [(); 4].map(|()| own[small_rather(numbers, own.len())]);
    let (shape, number) = (numbers.below(17), numbers.below(100_000));
    if shape > 0 {
        (0..*depth).for_each(|_| text.push_str("    "));
    }
    let made = match shape {
        0 => String::new(),
        1 => format!("// {a} {b} of {c} when {d} is {number}"),
        2..=5 => format!("let {a} = {b}.{c}({d});"),
        6..=7 => format!("{a}.{b} = {c} + {number};"),
        8 => format!("return {a}.{b};"),
        9 => format!("{a}({b}, &{c})?;"),
        10 => format!("log(\"{a} {b}\", {c});"),
        11 => format!("const {}: u32 = {number};", a.to_uppercase()),
        12 if *depth < 3 => format!("if {a}.{b}() == {c} {{"),
        13 if *depth < 3 => format!("for {a} in {b}.{c}() {{"),
        14 if *depth == 0 => format!("fn {a}({b}: {c}, {d}: u64) -> {c} {{"),
        _ if *depth > 0 => "}".to_owned(),
        _ => format!("use {a}::{b};"),
    };
    match made.chars().last() {
        Some('{') => *depth += 1,
        Some('}') => {
            *depth -= 1;
            text.truncate(text.len() - 4);
        }
        _ => {}
    }
    text.push_str(&made);
    text.push('\n');
}

/// Returns a number from 0 to `end - 1`, the small ones more often.
fn small_rather(numbers: &mut Numbers, end: usize) -> usize {
    let most = numbers.below(end) + 1;
    numbers.below(most)
}
