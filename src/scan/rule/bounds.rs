//! Reads from a pattern how far around a keyword a match can reach.
//!
//! A pattern is searched for near its keywords alone where that finds what a search of the whole text finds: every match
//! then holds a keyword, and is no longer than is said here.

use super::finder::LEAST;
use regex_syntax::hir::literal::{Extractor, Literal};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Beyond so many bytes a window is hardly smaller than a file.
const MOST: usize = 16 << 10;

/// Returns how long a match can be, in bytes, where every match of `pattern` holds one of `keywords` in upper or lower
/// case; `None` where that does not follow from the pattern.
pub(super) fn reach(pattern: &Hir, keywords: &[impl AsRef<str>]) -> Option<usize> {
    let longest = pattern.properties().maximum_len().filter(|longest| *longest <= MOST)?;
    (!keywords.is_empty() && requires(pattern, keywords)).then_some(longest)
}

/// Says whether each match holds one of the keywords, as far as the pattern tells.
pub(super) fn requires(pattern: &Hir, keywords: &[impl AsRef<str>]) -> bool {
    let mut ways = Ways {
        ways: vec![Way::default()],
        keywords: keywords.iter().map(|word| word.as_ref().as_bytes()).collect(),
    };
    ways.walk(pattern);
    ways.ways.iter().all(|way| way.found)
}

/// A pattern is given so many words at most, of so many bytes.
const WORDS: usize = 64;
/// Fewer where there were too many.
const LENGTHS: [usize; 3] = [8, 5, 4];

/// Returns words one of which stands, in upper or lower case, in each match of a pattern; `None` where the pattern gives
/// none that can be found.
pub(in crate::scan) fn words_of(pattern: &Hir) -> Option<Vec<String>> {
    LENGTHS.into_iter().find_map(|length| words_of_length(pattern, length))
}

fn words_of_length(pattern: &Hir, length: usize) -> Option<Vec<String>> {
    let mut beginnings = Extractor::new();
    let beginnings = beginnings.limit_literal_len(length).limit_total(WORDS).extract(pattern);
    let text = |literal: &Literal| String::from_utf8(literal.as_bytes().to_ascii_lowercase()).ok();
    let mut words = beginnings.literals()?.iter().map(text).collect::<Option<Vec<_>>>()?;
    words.sort_unstable();
    words.dedup();
    (words.iter().all(|word| word.len() >= LEAST) && requires(pattern, &words)).then_some(words)
}

/// So many ways to read a pattern are told apart.
const WAYS: usize = 64;
/// A class of so many bytes is read as so many ways.
const CLASS: usize = 16;

/// A repetition of at most so many is read as often as it may be.
const COUNTS: u32 = 2;

/// One way through a pattern: the literal text that was read last, in lower case, and whether a keyword was in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    text: Vec<u8>,
    found: bool,
}

/// All ways through the part of a pattern that was read.
struct Ways<'a> {
    ways: Vec<Way>,
    keywords: Vec<&'a [u8]>,
}

impl Ways<'_> {
    fn walk(&mut self, pattern: &Hir) {
        match pattern.kind() {
            // These take no bytes.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.iter().for_each(|byte| self.push(&[*byte])),
            HirKind::Class(class) => match bytes(class) {
                Some(bytes) => self.push(&bytes),
                None => self.cut(),
            },
            HirKind::Capture(capture) => self.walk(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.walk(part)),
            HirKind::Repetition(repetition) => match repetition.max {
                Some(most) if most <= COUNTS => self.either(repetition.min..=most, |ways, count| {
                    (0..count).for_each(|_| ways.walk(&repetition.sub));
                }),
                _ => {
                    // What is there once at least is read once, on its own; there may be more of it to either side.
                    self.cut();
                    if repetition.min > 0 {
                        self.walk(&repetition.sub);
                        self.cut();
                    }
                }
            },
            HirKind::Alternation(branches) => self.either(branches, |ways, branch| ways.walk(branch)),
        }
    }

    /// Reads one of several things.
    fn either<T>(&mut self, choices: impl IntoIterator<Item = T>, read: impl Fn(&mut Self, T)) {
        let before = std::mem::take(&mut self.ways);
        let mut after = Vec::new();
        for choice in choices {
            self.ways.clone_from(&before);
            read(self, choice);
            after.append(&mut self.ways);
        }
        self.ways = after;
        self.settle();
    }

    /// Reads one of these bytes.
    fn push(&mut self, bytes: &[u8]) {
        let mut after = Vec::with_capacity(self.ways.len() * bytes.len());
        for way in &self.ways {
            for byte in bytes {
                let mut next = way.clone();
                next.text.push(byte.to_ascii_lowercase());
                next.found |= self.keywords.iter().any(|keyword| next.text.ends_with(keyword));
                after.push(next);
            }
        }
        self.ways = after;
        self.settle();
    }

    /// Forgets texts: what follows does not stand directly behind them.
    fn cut(&mut self) {
        self.ways.iter_mut().for_each(|way| way.text.clear());
        self.settle();
    }

    fn settle(&mut self) {
        self.ways.sort_unstable();
        self.ways.dedup();
        if self.ways.len() > WAYS {
            self.ways.iter_mut().for_each(|way| way.text.clear());
            self.ways.sort_unstable();
            self.ways.dedup();
        }
    }
}

/// Returns the bytes of a class in lower case, where they are few.
fn bytes(class: &Class) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = match class {
        Class::Bytes(class) => {
            let bytes = class.iter().flat_map(|range| range.start()..=range.end());
            bytes.take(2 * CLASS + 1).collect()
        }
        Class::Unicode(class) => {
            let letters = class.iter().flat_map(|range| range.start()..=range.end()).take(2 * CLASS + 1);
            letters.map(u8::try_from).collect::<Result<_, _>>().ok()?
        }
    };
    bytes.make_ascii_lowercase();
    bytes.sort_unstable();
    bytes.dedup();
    (bytes.len() <= CLASS).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach_of(pattern: &str, keywords: &[&str]) -> Option<usize> {
        let hir =
            regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        reach(&hir, &keywords.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_match_that_must_hold_a_keyword_is_known_by_its_length() {
        for (pattern, longest) in [
            ("tok_[a-z]{4}", 8),
            ("(?i)TOK_[a-z]{4}", 8),
            (r"\b(?:(?i)tok)_x?$", 5),
            ("x(?:tok_a|tok_bb)", 7),
            ("to(?:k_a|k_)", 5),
            ("(?:tok_){2}", 8),
            ("[Tt][Oo]k_", 4),
            ("to[k]_", 4),
            ("(?:tok_){1,2}x", 9),
        ] {
            assert_eq!(reach_of(pattern, &["tok_"]), Some(longest), "{pattern}");
        }
        assert_eq!(reach_of("(?:aaa|bbb)x", &["aaa", "bbb"]), Some(4));
        assert_eq!(reach_of("to_?ken", &["token", "to_ken"]), Some(6));
        assert_eq!(reach_of("to_?ken", &["token"]), None);
        assert_eq!(reach_of("[0-3]q~", &["0q~", "1q~", "2q~", "3q~"]), Some(3));
    }

    #[test]
    fn the_words_of_a_pattern_stand_in_each_of_its_matches() {
        let of = |pattern: &str| {
            words_of(&regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).unwrap())
        };
        let owned = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(r"(?-u)\bto[kx]_[a-z]{9}"), owned(&["tok_", "tox_"]));
        assert_eq!(of(r"(?-u)(?i)Tok_[a-z]+"), owned(&["tok_"]));
        assert_eq!(of("(?:first|other) .*"), owned(&["first ", "other "]));
        assert_eq!(of(r"(?-u)\bto[kx]-[0-9]{6}"), owned(&["tok-", "tox-"]), "not with each digit");
        for pattern in ["ab", "[a-z]+_token", "x*", "(?:tok_)?x", "", "(?i)k\u{17f}key"] {
            assert_eq!(of(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn a_match_without_a_keyword_or_an_end_is_looked_for_everywhere() {
        for pattern in [
            "tok_[a-z]+",
            "(?:tok_)?x",
            "tok_|x",
            "to.k_",
            "to[kx]_",
            "(?:tok_){0,2}",
            "tok_.{20000}",
            "to(?:k)?_",
        ] {
            assert_eq!(reach_of(pattern, &["tok_"]), None, "{pattern}");
        }
        assert_eq!(reach_of("tok_", &[]), None);
    }
}
