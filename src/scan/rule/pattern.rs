//! Patterns of rules: written for Go's engine or for ours, matched over bytes, compiled when first asked for.
//!
//! In Go `\w`, `\d`, `\b` and `\s` are of ASCII, so Unicode is off here; matching takes time linear in the text.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::nfa::thompson;
use regex_automata::nfa::thompson::backtrack::BoundedBacktracker;
use regex_syntax::hir::Hir;

use super::go::translate;
use super::set::Text;

/// The most memory that one compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 16 << 20;

/// A pattern that was checked, or is one of ours.
///
/// There are a thousand and few are used: what is made of one lies elsewhere.
#[derive(Debug)]
pub(in crate::scan) struct Pattern {
    text: Text,
    engines: OnceLock<Box<Engines>>,
}

/// What a pattern is compiled to.
#[derive(Debug, Default)]
struct Engines {
    compiled: OnceLock<Regex>,
    /// A slower engine that is made sooner, for a pattern that has little to look at; nothing where it cannot be made.
    small: OnceLock<Option<BoundedBacktracker>>,
    /// How often that one was used.
    used: AtomicU32,
}

/// A part of a text of at most so many bytes is searched with the slower engine, and so many of them.
const SHORT: usize = 2 << 10;
const FEW: u32 = 24;

impl Clone for Pattern {
    fn clone(&self) -> Self {
        match self.engines().compiled.get() {
            Some(regex) => Self::compiled(self.text.clone(), regex.clone()),
            None => Self::new(self.text.clone()),
        }
    }
}

impl Pattern {
    /// Takes a pattern that is known to compile.
    pub(super) fn trusted(text: &'static str) -> Self {
        Self::new(Text::Borrowed(text))
    }

    fn new(text: Text) -> Self {
        Self { text, engines: OnceLock::new() }
    }

    fn compiled(text: Text, regex: Regex) -> Self {
        let engines = Engines { compiled: OnceLock::from(regex), ..Engines::default() };
        Self { text, engines: OnceLock::from(Box::new(engines)) }
    }

    fn engines(&self) -> &Engines {
        self.engines.get_or_init(Box::default)
    }

    /// Checks and takes a pattern; what only Go's engine reads as it is meant is written for ours.
    ///
    /// # Errors
    /// In a few words, when it is no pattern or would take too much memory.
    pub(super) fn checked(text: &str) -> Result<Self, String> {
        let text = translate(text);
        let regex = build(&text)?;
        Ok(Self::compiled(text.into(), regex))
    }

    /// Returns the pattern compiled.
    ///
    /// # Panics
    /// When it was taken for one that compiles, and does not.
    pub(super) fn regex(&self) -> &Regex {
        let build = || build(&self.text).unwrap_or_else(|why| panic!("`{}`: {why}", self.text));
        self.engines().compiled.get_or_init(build)
    }

    /// Returns the matches in a part of a text, in order; what stands around the part counts for what looks around.
    pub(super) fn find_all(&self, text: &[u8], part: Range<usize>) -> Vec<Range<usize>> {
        let engines = self.engines();
        let small = part.len() <= SHORT
            && engines.compiled.get().is_none()
            && engines.used.fetch_add(1, Ordering::Relaxed) < FEW;
        let found = small.then(|| self.find_few(text, part.clone())).flatten();
        found.unwrap_or_else(|| {
            self.regex().find_iter(Input::new(text).range(part)).map(|found| found.range()).collect()
        })
    }

    /// As [`Self::find_all`]; `None` where the slower engine cannot tell.
    fn find_few(&self, text: &[u8], part: Range<usize>) -> Option<Vec<Range<usize>>> {
        let small = self.engines().small.get_or_init(|| {
            // Only where a match stands is asked.
            let groups = thompson::WhichCaptures::Implicit;
            let config =
                thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE_LIMIT)).which_captures(groups);
            let nfa = thompson::Compiler::new().configure(config).build_from_hir(&self.hir()?).ok()?;
            BoundedBacktracker::new_from_nfa(nfa).ok()
        });
        let (small, mut found) = (small.as_ref()?, Vec::new());
        let mut cache = small.create_cache();
        for one in small.try_find_iter(&mut cache, Input::new(text).range(part)) {
            found.push(one.ok()?.range());
        }
        Some(found)
    }

    /// Says whether a text holds a match.
    pub(in crate::scan) fn is_match(&self, text: &[u8]) -> bool {
        self.regex().is_match(text)
    }

    /// Returns what the pattern says.
    pub(super) fn hir(&self) -> Option<Hir> {
        parse(&self.text).ok()
    }

    /// Returns the text as it is compiled.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

fn parse(text: &str) -> Result<Hir, String> {
    let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(text);
    // The last line says what; those before draw the place.
    let what = |error: regex_syntax::Error| error.to_string().lines().last().unwrap_or_default().to_owned();
    parsed.map_err(|error| what(error).trim_start_matches("error: ").to_owned())
}

fn build(text: &str) -> Result<Regex, String> {
    let config = Config::new().utf8_empty(false).nfa_size_limit(Some(SIZE_LIMIT));
    let built = Regex::builder().configure(config).build_from_hir(&parse(text)?);
    built.map_err(|error| match error.size_limit() {
        Some(limit) => format!("it would take more than {} MiB", limit >> 20),
        None => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_go_reads_is_written_for_our_engine() {
        for (go, matches, not) in [
            (r"\${(?:[A-Z_]{2,})}", "${AB}", "$AB"),
            (r"x|{\d+}", "{12}", "12"),
            (r"a{2}", "aa", "a{2}"),
            (r"a{,2}", "a{,2}", "aa"),
            (r"[[:alnum:]_]{3}$", "a_1", "a-1"),
            (r"^[]a]$", "]", "b"),
            (r"^[^]a]$", "b", "]"),
            (r"^[[&]$", "[", "x"),
            (r"^[a~~b&&c]+$", "a~b&c", "d"),
            (r"^\x{41}$", "A", "B"),
            (r"^[:]$", ":", "["),
            (r"^[[:]$", "[", "]"),
            (r"^\w$", "a", "\u{e9}"),
            (r"^\Qa.(b\E.$", "a.(bx", "axxbx"),
            (r"^\Q[x", "[x", "x"),
            (r"^\pL\p{Greek}$", "\u{e9}\u{3b1}", "\u{e9}a"),
            (r"^[é\w]$", "_", "\u{df}"),
            (r"^[^é\d]$", "\u{df}", "1"),
            (r"^[é\S]$", "\u{df}", " "),
            (r"^(?i)é{2}$", "\u{c9}\u{e9}", "\u{e9}"),
            (r"^\141\x62[\143]$", "abc", "ab"),
            (r"^\xe9[\351\0]$", "\u{e9}\u{e9}", "\u{e9}x"),
        ] {
            let pattern = Pattern::checked(go).unwrap_or_else(|why| panic!("{go}: {why}"));
            assert!(pattern.is_match(matches.as_bytes()), "{go} {}", pattern.text());
            assert!(!pattern.is_match(not.as_bytes()), "{go} {}", pattern.text());
        }
    }

    #[test]
    fn what_is_no_pattern_is_told_in_a_few_words() {
        assert_eq!(Pattern::checked("(a").unwrap_err(), "unclosed group");
        assert!(Pattern::checked("(?:a{1000}){1000}").unwrap_err().contains("more than 16 MiB"));
        assert!(Pattern::checked("(?=a)").unwrap_err().contains("look-around"));
    }

    proptest! {
        #[test]
        fn both_engines_find_the_same(
            pattern in "(\\(\\?i\\))?(a|[ab]|b\\*|\\(a\\|ab\\)|\\\\b|\\[\\^a\\]|a\\{2,3\\}|\\$|\\^|\\.){1,6}",
            text in "[abAB \n]{0,30}",
            ends in (0..31_usize, 0..31_usize),
        ) {
            let pattern = Pattern::checked(&pattern).unwrap();
            let part = ends.0.min(ends.1).min(text.len())..ends.0.max(ends.1).min(text.len());
            let few = pattern.find_few(text.as_bytes(), part.clone());
            prop_assert_eq!(few, Some(pattern.find_all(text.as_bytes(), part)), "{}", pattern.text());
        }

        #[test]
        fn any_text_is_translated_without_a_panic(text in ".{0,40}", raw in "[\\[\\]{}\\\\:a^&~,0-9pPQExwSé]{0,24}") {
            drop(Pattern::checked(&text));
            drop(Pattern::checked(&raw));
        }
    }
}
