//! Reads from a pattern how long a run of letters and digits each of its matches holds, and looks whether a text holds one.
//!
//! A text without such a run holds no match; most texts beside a keyword have none, and need no search.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The least runs that each match of a pattern holds, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Runs {
    /// Of letters and digits.
    pub(super) plain: u16,
    /// Of these and of the marks that tokens are made of.
    pub(super) wide: u16,
}

/// Runs of fewer bytes stand everywhere.
const WORTHWHILE: u16 = 8;

const PLAIN: Set = set(b"");
const WIDE: Set = set(b"_-+/=");

/// For each byte, whether it is in a set.
type Set = [bool; 256];

const fn set(marks: &[u8]) -> Set {
    let (mut set, mut byte) = ([false; 256], 0_u8);
    loop {
        set[byte as usize] = byte.is_ascii_alphanumeric();
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    let mut at = 0;
    while at < marks.len() {
        set[marks[at] as usize] = true;
        at += 1;
    }
    set
}

impl Runs {
    /// Reads the runs of a pattern.
    pub(super) fn of(pattern: &Hir) -> Self {
        let least = |set| u16::try_from(Run::of(pattern, set).best).unwrap_or(u16::MAX);
        Self { plain: least(&PLAIN), wide: least(&WIDE) }
    }

    /// Says whether a text may hold a match.
    pub(super) fn may_be_in(self, text: &[u8]) -> bool {
        let holds = |least: u16, set| least < WORTHWHILE || has_run(text, usize::from(least), set);
        // What is longer is rarer, and found missing sooner.
        holds(self.wide, &WIDE) && holds(self.plain, &PLAIN)
    }
}

/// Says whether so many bytes of a set follow each other.
fn has_run(text: &[u8], least: usize, set: &Set) -> bool {
    // Where a run can begin; it is read from its end, so that the byte that breaks it is passed over with all before it.
    let mut from = 0;
    while let Some(run) = text.get(from..from + least) {
        match run.iter().rposition(|byte| !set[usize::from(*byte)]) {
            Some(broken) => from += broken + 1,
            None => return true,
        }
    }
    false
}

/// Runs in whatever a part of a pattern matches: at least so long.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    /// Whether there is nothing else in it.
    all: bool,
    /// Its length, which counts where there is nothing else.
    length: usize,
    first: usize,
    last: usize,
    best: usize,
}

impl Run {
    const EMPTY: Self = Self { all: true, length: 0, first: 0, last: 0, best: 0 };

    fn solid(length: usize) -> Self {
        Self { all: true, length, first: length, last: length, best: length }
    }

    fn of(pattern: &Hir, set: &Set) -> Self {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::EMPTY,
            HirKind::Literal(literal) => {
                let byte = |byte: &u8| if set[usize::from(*byte)] { Self::solid(1) } else { Self::default() };
                literal.0.iter().map(byte).fold(Self::EMPTY, Self::then)
            }
            HirKind::Class(class) if within(class, set) => Self::solid(1),
            HirKind::Class(_) => Self::default(),
            HirKind::Capture(capture) => Self::of(&capture.sub, set),
            HirKind::Concat(parts) => {
                parts.iter().map(|part| Self::of(part, set)).fold(Self::EMPTY, Self::then)
            }
            HirKind::Alternation(branches) => {
                let branches = branches.iter().map(|branch| Self::of(branch, set));
                branches.reduce(Self::or).unwrap_or(Self::EMPTY)
            }
            HirKind::Repetition(repetition) => Self::of(&repetition.sub, set).repeated(repetition.min),
        }
    }

    /// One part directly behind another.
    fn then(self, next: Self) -> Self {
        Self {
            all: self.all && next.all,
            length: self.length.saturating_add(next.length),
            first: if self.all { self.length.saturating_add(next.first) } else { self.first },
            last: if next.all { next.length.saturating_add(self.last) } else { next.last },
            best: self.best.max(next.best).max(self.last.saturating_add(next.first)),
        }
    }

    /// One part or another.
    fn or(self, other: Self) -> Self {
        Self {
            all: self.all && other.all,
            length: self.length.min(other.length),
            first: self.first.min(other.first),
            last: self.last.min(other.last),
            best: self.best.min(other.best),
        }
    }

    /// A part so many times or more.
    fn repeated(self, least: u32) -> Self {
        let times = usize::try_from(least).unwrap_or(usize::MAX);
        match least {
            0 if self.all => Self::EMPTY,
            0 => Self::default(),
            _ if self.all => Self::solid(self.length.saturating_mul(times)),
            1 => self,
            _ => self.then(self),
        }
    }
}

/// Says whether a class holds bytes of a set alone.
fn within(class: &Class, set: &Set) -> bool {
    let has = |first: u32, last: u32| {
        last < 128 && (first..=last).all(|byte| usize::try_from(byte).is_ok_and(|byte| set[byte]))
    };
    match class {
        Class::Bytes(class) => class.iter().all(|range| has(range.start().into(), range.end().into())),
        Class::Unicode(class) => class.iter().all(|range| has(range.start().into(), range.end().into())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn runs_of(pattern: &str) -> (u16, u16) {
        let hir =
            regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        let runs = Runs::of(&hir);
        (runs.plain, runs.wide)
    }

    #[test]
    fn the_least_runs_are_read_from_a_pattern() {
        for (pattern, runs) in [
            ("tok_[a-z]{20,40}", (20, 24)),
            ("(?i)key[ :=]{1,4}([0-9a-f]{32})\\b", (32, 32)),
            ("a{3}b?c{4}", (7, 7)),
            ("x(?:[a-z]{8}|[0-9]{12})y", (10, 10)),
            ("[a-z]{8}\\.[a-z]{9}", (9, 9)),
            ("(?:[a-z]{4}-){3}[a-z]{4}", (4, 19)),
            ("(?:ab ){2}", (2, 2)),
            ("(?:ab.cd){2}", (4, 4)),
            ("[a-z]*", (0, 0)),
            ("(?:abc )?", (0, 0)),
            ("[^a]{40}", (0, 0)),
            ("", (0, 0)),
        ] {
            assert_eq!(runs_of(pattern), runs, "{pattern}");
        }
    }

    #[test]
    fn a_run_is_found_wherever_it_stands() {
        for (text, least, found) in
            [("ab cd", 2, true), ("ab cd", 3, false), ("", 1, false), ("xxabc", 5, true), (" abc", 3, true)]
        {
            assert_eq!(has_run(text.as_bytes(), least, &PLAIN), found, "{text} {least}");
        }
    }

    proptest! {
        #[test]
        fn what_matches_may_be_there(
            pattern in "[ab_ ]{0,2}(a|\\[ab\\]|\\[a_\\]|\\(ab\\)|\\(a\\|b_\\)|\\.){1,4}(\\{2,4\\}|\\{9\\}|\\*|\\?|)?[ab_ ]{0,3}(\\[ab\\]\\{10\\}|\\(a\\|bb\\)\\{8,\\}|)",
            before in "[ab_ .]{0,12}",
            after in "[ab_ .]{0,40}",
        ) {
            let Ok(regex) = regex::bytes::Regex::new(&pattern) else { return Ok(()) };
            let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&pattern).unwrap();
            let text = format!("{before}{after}");
            if regex.is_match(text.as_bytes()) {
                prop_assert!(Runs::of(&hir).may_be_in(text.as_bytes()), "{pattern} in {text}");
            }
        }
    }
}
