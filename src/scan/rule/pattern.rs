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
            let config = thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE_LIMIT));
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

/// Escapes braces that repeat nothing: Go takes them for themselves.
fn translate(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at, mut class) = (Vec::with_capacity(bytes.len() + 8), 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => {
                let escape = escape_length(&bytes[at..]);
                out.extend_from_slice(&bytes[at..at + escape]);
                at += escape;
                continue;
            }
            b'[' if !class => {
                class = true;
                out.push(b'[');
                // A bracket that comes first stands for itself.
                if bytes.get(at + 1) == Some(&b'^') {
                    at += 1;
                    out.push(b'^');
                }
                if bytes.get(at + 1) == Some(&b']') {
                    at += 1;
                    out.extend_from_slice(b"\\]");
                }
            }
            b'[' if class && class_name_length(&bytes[at..]).is_some() => {
                let length = class_name_length(&bytes[at..]).unwrap_or(1);
                out.extend_from_slice(&bytes[at..at + length]);
                at += length;
                continue;
            }
            // Ours would nest, or compute with classes.
            b'[' | b'&' | b'~' if class => out.extend_from_slice(&[b'\\', bytes[at]]),
            b']' if class => {
                class = false;
                out.push(b']');
            }
            b'{' if !class && repetition_length(&bytes[at..]).is_none() => out.extend_from_slice(b"\\{"),
            b'{' if !class => {
                let length = repetition_length(&bytes[at..]).unwrap_or(1);
                out.extend_from_slice(&bytes[at..at + length]);
                at += length;
                continue;
            }
            b'}' if !class => out.extend_from_slice(b"\\}"),
            byte => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Returns how long `[:name:]` is that the bytes begin with.
fn class_name_length(bytes: &[u8]) -> Option<usize> {
    let inner = bytes.strip_prefix(b"[:")?;
    let end = inner.windows(2).position(|pair| pair == b":]")?;
    let name = inner[..end].strip_prefix(b"^").unwrap_or(&inner[..end]);
    (!name.is_empty() && name.iter().all(u8::is_ascii_lowercase)).then_some(end + 4)
}

/// Returns how long an escape is that the bytes begin with: `\p{Greek}` and `\x{1F}` have braces of their own.
fn escape_length(bytes: &[u8]) -> usize {
    match bytes {
        [_, b'p' | b'P' | b'x', b'{', ..] => {
            bytes.iter().position(|byte| *byte == b'}').map_or(2, |end| end + 1)
        }
        [_, first, ..] => 1 + utf8_length(*first),
        _ => 1,
    }
}

/// Returns how many bytes a character takes that begins so.
fn utf8_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// Returns how long `{n}`, `{n,}` or `{n,m}` is that the bytes begin with.
fn repetition_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| *byte == b'}')?;
    let inner = &bytes[1..end];
    let mut parts = inner.splitn(2, |byte| *byte == b',');
    let first = parts.next().is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
    let second = parts.next().is_none_or(|part| part.iter().all(u8::is_ascii_digit));
    (first && second).then_some(end + 1)
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
        fn any_text_is_translated_without_a_panic(text in ".{0,40}", raw in "[\\[\\]{}\\\\:a^&~,0-9p]{0,24}") {
            drop(Pattern::checked(&text));
            drop(Pattern::checked(&raw));
        }
    }
}
