//! Reads from a pattern which words each of its matches holds, and looks whether a text holds them all.
//!
//! Beside a keyword mostly one of the others is missing, and no search is needed.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Shorter words stand everywhere, but for those with a mark that is rare.
const LEAST: usize = 4;
const RARE: &[u8] = b"!#$%^|~@";
/// So many words are looked for at most, the longest of them.
const MOST: usize = 3;
/// Longer texts are not followed.
const LONGEST: usize = 64;

/// Returns words, as [`fold`] makes them, that all stand in each match of a pattern in one of their forms, the longest
/// first; of `known` nobody asks.
pub(super) fn words_in_all(pattern: &Hir, known: &[impl AsRef<str>]) -> Vec<String> {
    let mut words = Held::of(pattern).words();
    words.retain(|word| word.len() >= LEAST || word.iter().any(|byte| RARE.contains(byte)));
    words.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    let mut kept: Vec<String> = Vec::new();
    for word in words.into_iter().filter_map(|word| String::from_utf8(word).ok()) {
        // With one keyword alone it is what led here.
        let is_known = known.len() == 1 && holds(known[0].as_ref().as_bytes(), word.as_bytes());
        if !is_known && kept.len() < MOST && !kept.iter().any(|longer| longer.contains(&word)) {
            kept.push(word);
        }
    }
    kept
}

/// Says whether a text holds a word in one of its forms.
pub(super) fn holds(text: &[u8], word: &[u8]) -> bool {
    let is_here =
        |here: &[u8]| here.iter().zip(word).all(|(byte, of_word)| FOLDED[usize::from(*byte)] == *of_word);
    text.windows(word.len().max(1)).any(is_here)
}

/// What [`fold`] makes of each byte.
const FOLDED: [u8; 256] = {
    let (mut folded, mut byte) = ([0; 256], 0);
    while byte < 256 {
        folded[byte] = fold(byte as u8);
        byte += 1;
    }
    folded
};

/// Makes one of bytes that patterns have side by side in a class: of upper and lower case, of quotation marks, of what joins
/// words, of blanks.
const fn fold(byte: u8) -> u8 {
    match byte {
        b'\'' | b'`' => b'"',
        b'-' | b'.' => b'_',
        b'\t'..=b'\r' => b' ',
        byte => byte.to_ascii_lowercase(),
    }
}

/// Returns the one form of all bytes of a class.
fn form_of(class: &Class) -> Option<u8> {
    let Class::Bytes(class) = class else { return None };
    let mut bytes = class.iter().flat_map(|range| range.start()..=range.end()).map(fold);
    let first = bytes.next()?;
    bytes.all(|byte| byte == first).then_some(first)
}

/// The texts, in lower case, that stand in whatever a part of a pattern matches.
#[derive(Debug, Clone, Default)]
struct Held {
    /// Whether there is nothing but `first` in it.
    whole: bool,
    first: Vec<u8>,
    last: Vec<u8>,
    within: Vec<Vec<u8>>,
}

impl Held {
    /// What takes no bytes, or always these.
    fn exactly(text: Vec<u8>) -> Self {
        Self { whole: true, first: text.clone(), last: text, within: Vec::new() }
    }

    fn of(pattern: &Hir) -> Self {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::exactly(Vec::new()),
            HirKind::Literal(literal) => Self::exactly(literal.0.iter().copied().map(fold).collect()),
            HirKind::Class(class) => {
                form_of(class).map_or_else(Self::default, |byte| Self::exactly(vec![byte]))
            }
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Concat(parts) => parts.iter().map(Self::of).fold(Self::exactly(Vec::new()), Self::then),
            HirKind::Alternation(branches) => {
                branches.iter().map(Self::of).reduce(Self::or).unwrap_or_default()
            }
            HirKind::Repetition(repetition) => match (repetition.min, repetition.max) {
                (0, Some(0)) => Self::exactly(Vec::new()),
                (0, _) => Self::default(),
                (1, Some(1)) => Self::of(&repetition.sub),
                _ => Self { whole: false, ..Self::of(&repetition.sub) },
            },
        }
    }

    /// One part directly behind another.
    fn then(self, next: Self) -> Self {
        let across = [&self.last[..], &next.first].concat();
        let first = if self.whole { across.clone() } else { self.first };
        let last = if next.whole { across.clone() } else { next.last };
        let mut within = self.within;
        within.extend(next.within);
        if !(self.whole || next.whole) {
            within.push(across);
        }
        let whole = self.whole && next.whole;
        let mut held = Self { whole, first, last, within };
        if held.first.len() > LONGEST || held.last.len() > LONGEST {
            held.within.extend([std::mem::take(&mut held.first), std::mem::take(&mut held.last)]);
            held.whole = false;
        }
        held
    }

    /// One part or another.
    fn or(self, other: Self) -> Self {
        let common =
            |one: &[u8], other: &[u8]| one.iter().zip(other).take_while(|(one, other)| one == other).count();
        let reversed = |text: &[u8]| text.iter().rev().copied().collect::<Vec<u8>>();
        let start = common(&self.first, &other.first);
        let end = common(&reversed(&self.last), &reversed(&other.last));
        let whole = self.whole && other.whole && self.first == other.first;
        let (first, last) = (self.first[..start].to_vec(), self.last[self.last.len() - end..].to_vec());
        let theirs = other.words();
        let stands =
            |word: &Vec<u8>| theirs.iter().any(|longer| memchr::memmem::find(longer, word).is_some());
        let within = self.words().into_iter().filter(stands).collect();
        Self { whole, first, last, within }
    }

    fn words(self) -> Vec<Vec<u8>> {
        let mut words = self.within;
        words.extend([self.first, self.last]);
        words.retain(|word| !word.is_empty());
        words.sort_unstable();
        words.dedup();
        words
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words_of(pattern: &str, known: &[&str]) -> Vec<String> {
        let hir =
            regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        words_in_all(&hir, known)
    }

    #[test]
    fn words_are_read_from_whatever_has_to_be_there() {
        for (pattern, words) in [
            (r"key\s{1,3}algorithm\s+(?i:Secret)", &[" algorithm ", " secret", "key "][..]),
            ("(?:github|gitlab)[-_]token", &["b_token"]),
            (r#"["']crypt['"]\s=>"#, &["\"crypt\" =>"]),
            ("pass(?:word|wd)?=x", &["pass"]),
            ("(?:a_secret|b_secret)x", &["_secretx"]),
            ("(?:token){2}", &["token"]),
            ("(?:token)*", &[]),
            ("[Tt]oken[:=]", &["token"]),
            ("one_word|another", &[]),
            ("^first$", &["first"]),
            ("abc", &[]),
            ("00D[0-9]{12}![a-z]{80}", &["!"]),
        ] {
            assert_eq!(words_of(pattern, &["nothing"]), words, "{pattern}");
        }
        assert_eq!(words_of("api_key: (secret)", &["api_key:"]), ["api_key: secret"]);
        assert_eq!(
            words_of("api_key.*value", &["api_key"]),
            ["value"],
            "what led here is not looked for again"
        );
        assert_eq!(words_of("api_key.*value", &["api_key", "value"]), ["api_key", "value"]);
    }

    proptest! {
        #[test]
        fn every_match_holds_the_words_of_its_pattern(
            pattern in "(tokenx|\\(pass\\|passwd\\)|\\[Ss\\]ecret|\\(\\?i:K_ey\\)|x\\{0,2\\}|\\(abcd\\)\\{1,3\\}|\\[\"'\\]kk|\\[-_ \\]|\\[a-z\\]\\*|\\.){1,6}",
            text in "(tokenx|pass|wd|secret|Secret|abcd|x|-|k_EY|'kk|\"kk| ){0,10}",
        ) {
            let Ok(regex) = regex::bytes::Regex::new(&pattern) else { return Ok(()) };
            let words = words_of(&pattern, &[] as &[&str]);
            for found in regex.find_iter(text.as_bytes()) {
                for word in &words {
                    prop_assert!(holds(found.as_bytes(), word.as_bytes()), "{pattern} {text} {word}");
                }
            }
        }

        #[test]
        fn a_word_is_found_wherever_it_stands(text in "[abAB]{0,12}", word in "[ab]{1,4}") {
            prop_assert_eq!(holds(text.as_bytes(), word.as_bytes()), text.to_ascii_lowercase().contains(&word));
        }
    }
}
