//! Tries rules on texts that are drawn from their own patterns: no token has to be written down to test one.
//!
//! The same seed draws the same texts.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::allow::{At, Candidate};
use super::pattern::Pattern;
use super::search::Searcher;
use super::set::{Rule, RuleSet, Text};
use crate::scan::entropy;

/// How many texts are drawn for a rule.
pub const DRAWN: usize = 8;
/// How often a text is drawn anew that does not match, or has too little entropy.
const TRIES: usize = 40;
/// How many more than the fewest a repetition is drawn with.
const MORE: u32 = 6;

/// What became of the texts that were drawn for one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The id of the rule.
    pub rule: String,
    /// How many texts were drawn.
    pub drawn: usize,
    /// In how many of them the set found something that the rule would have.
    pub found: usize,
    /// How many of as many texts that lack the last half of the secret, or the keyword, it left alone.
    pub left_alone: usize,
    /// Whether the rule looks near its keywords alone; one that does not makes scans slow.
    pub near: bool,
}

impl Trial {
    /// Says whether the rule finds what it should.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.drawn > 0 && self.found == self.drawn
    }
}

/// Tries every rule that has a pattern for content.
#[must_use]
pub fn try_rules(set: &RuleSet, seed: u64) -> Vec<Trial> {
    let searcher = Searcher::new(set, &[]);
    let rules =
        set.rules().iter().enumerate().filter(|(_, rule)| rule.regex.is_some() && rule.path.is_none());
    rules.map(|(at, rule)| try_rule(&searcher, at, rule, seed)).collect()
}

fn try_rule(searcher: &Searcher<'_>, at: usize, rule: &Rule, seed: u64) -> Trial {
    let mut trial =
        Trial { rule: rule.id.to_string(), drawn: 0, found: 0, left_alone: 0, near: rule.reach.is_some() };
    let mut chance = Chance::new(seed, &rule.id);
    for _ in 0..DRAWN {
        let Some(text) = draw_match(rule, &mut chance) else { continue };
        trial.drawn += 1;
        let found = searcher.search(&text, At::path(b"drawn"), |_, _| {});
        let here = found.iter().find(|found| found.rule == at || found.range.len() >= text.len() / 2);
        trial.found += usize::from(here.is_some());
        let Some(secret) = here.map(|found| found.secret.clone()) else { continue };
        let half = secret.start + secret.len() / 2;
        let cut = [&text[..half], &b" "[..], &text[secret.end..]].concat();
        trial.left_alone += usize::from(
            !searcher.search(&cut, At::path(b"drawn"), |_, _| {}).iter().any(|found| found.rule == at),
        );
    }
    trial
}

/// Draws a text that a rule should find; `None` when none comes up that its pattern and its entropy accept.
fn draw_match(rule: &Rule, chance: &mut Chance) -> Option<Vec<u8>> {
    let pattern = rule.regex.as_ref()?;
    let hir = pattern.hir()?;
    (0..TRIES).find_map(|_| {
        let mut text = b" ".to_vec();
        draw(&hir, chance, &mut text);
        text.push(b'\n');
        // A keyword may stand anywhere in a file.
        let lower = text.to_ascii_lowercase();
        let has = |word: &Text| memchr::memmem::find(&lower, word.as_bytes()).is_some();
        if let Some(word) = rule.keywords.first().filter(|_| !rule.keywords.iter().any(has)) {
            text.splice(0..0, word.bytes());
        }
        accepts(rule, pattern, &text).then_some(text)
    })
}

/// Says whether a rule by itself would find something in a text.
fn accepts(rule: &Rule, pattern: &Pattern, text: &[u8]) -> bool {
    let Some(found) = pattern.regex().find(text) else { return false };
    let secret = super::search::secret_of(rule, text, &found.range());
    let candidate = Candidate {
        secret: &text[secret.clone()],
        matched: &text[found.range()],
        line: text,
        at: At::path(b"drawn"),
    };
    (rule.entropy == 0.0 || entropy::bits(&text[secret]) > rule.entropy)
        && !rule.allowlists.iter().any(|list| list.allows(&candidate))
}

fn draw(hir: &Hir, chance: &mut Chance, text: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
        HirKind::Class(class) => text.push(draw_byte(class, chance)),
        HirKind::Capture(capture) => draw(&capture.sub, chance, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| draw(part, chance, text)),
        HirKind::Alternation(branches) => draw(&branches[chance.below(branches.len())], chance, text),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(MORE));
            let count = repetition.min as usize + chance.below((most - repetition.min) as usize + 1);
            (0..count).for_each(|_| draw(&repetition.sub, chance, text));
        }
    }
}

/// Draws a byte of a class, one that can be seen where there is one.
fn draw_byte(class: &Class, chance: &mut Chance) -> u8 {
    let bytes: Vec<u8> = match class {
        Class::Bytes(class) => class.iter().flat_map(|range| range.start()..=range.end()).collect(),
        Class::Unicode(class) => {
            let letters = class.iter().flat_map(|range| range.start()..=range.end().min('\u{7f}'));
            letters.filter_map(|letter| u8::try_from(letter).ok()).collect()
        }
    };
    let seen: Vec<u8> = bytes.iter().copied().filter(u8::is_ascii_graphic).collect();
    let from = if seen.is_empty() { &bytes } else { &seen };
    from.get(chance.below(from.len().max(1))).copied().unwrap_or(b'?')
}

/// Numbers that look drawn by chance, the same for the same seed (xorshift64*).
struct Chance(u64);

impl Chance {
    fn new(seed: u64, name: &str) -> Self {
        let mixed = name.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(mixed | 1)
    }

    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % count.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::set::NAME_WORDS;
    use super::super::{built_in, load};
    use super::*;

    #[test]
    fn every_rule_of_the_program_finds_what_is_drawn_from_it() {
        let trials = try_rules(built_in(), 7);
        let wrong: Vec<&Trial> = trials.iter().filter(|trial| !trial.holds()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        let (drawn, alone) = trials
            .iter()
            .fold((0, 0), |(drawn, alone), trial| (drawn + trial.drawn, alone + trial.left_alone));
        assert!(alone * 10 > drawn * 9, "{alone} of {drawn} were left alone");
    }

    #[test]
    fn a_rule_that_cannot_find_anything_is_told() {
        let text = "[[rules]]\nid = 'a'\nregex = 'tok_[a-z]{8}'\nkeywords = ['tok_']\nentropy = 7\n[[rules]]\nid = 'b'\nregex = 'tok_[a-z]{8}'\nkeywords = ['tok_']\n";
        let set = load("rules.toml", &|_| Ok(text.to_owned())).unwrap().set;
        let holds: Vec<bool> = try_rules(&set, 1).iter().map(Trial::holds).collect();
        assert_eq!(holds, [false, true]);
    }

    #[test]
    fn near_keywords_is_found_what_a_search_of_the_whole_text_finds() {
        let set = built_in();
        let whole = RuleSet::new(
            set.rules().iter().map(|rule| Rule { reach: None, ..rule.clone() }).collect(),
            Vec::new(),
        );
        let mut text = Vec::new();
        let mut chance = Chance::new(3, "all");
        for rule in set.rules() {
            for _ in 0..3 {
                text.extend(draw_match(rule, &mut chance).unwrap_or_default());
                // Texts that end within a match, and ones that follow each other without a line between.
                text.truncate(text.len() - chance.below(4).min(text.len()));
            }
        }
        let found = |set: &RuleSet, names: &[&str]| {
            Searcher::new(set, names).search(&text, At::path(b"x"), |_, _| {})
        };
        let (near, whole) = (found(set, &NAME_WORDS), found(&whole, &[]));
        assert!(near.len() > set.rules().len());
        assert_eq!(near, whole);
    }
}
