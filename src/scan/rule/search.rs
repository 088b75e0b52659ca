//! Searches one text for every rule in one pass over its keywords.
//!
//! Near a keyword or in the whole text: what is found is the same, see `bounds`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::allow::{Allowlist, At, Candidate};
use super::finder::{Finder, LEAST, in_lists};
use super::held;
use super::set::{NAME_WORDS, Rule, RuleSet};
use crate::base::QuickMap;
use crate::scan::entropy;

/// A match of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::scan) struct Match {
    /// The place of the rule in its set.
    pub(in crate::scan) rule: usize,
    /// All of the match, in bytes of the text.
    pub(in crate::scan) range: Range<usize>,
    /// The secret within it.
    pub(in crate::scan) secret: Range<usize>,
}

/// Rules ready to search with, and words that somebody else asked for.
pub(in crate::scan) struct Searcher<'a> {
    pub(super) set: &'a RuleSet,
    finder: Finder,
    /// Keywords that are too short to be found, and their rules.
    short: Vec<(&'a str, usize)>,
    /// For each word, where the rules begin that it is a keyword of; where the last ones end.
    first: Vec<u32>,
    rules: Vec<u32>,
    /// How many of the words are those of others; they come first.
    others: usize,
    /// How many of those stand in names of secrets; they come first.
    names: usize,
    /// Rules that search every text.
    always: Vec<usize>,
}

/// A match is compared with so many others at most: a hostile file holds a million in a line.
pub(super) const COMPARED: usize = 256;

/// Where one rule has to look.
#[derive(Debug, Clone)]
enum Places {
    Whole,
    /// Ascending, and apart from each other.
    Near(Vec<Range<usize>>),
}

impl<'a> Searcher<'a> {
    /// Gets ready to search with `set`, and to tell where words of `others` stand, in upper or lower case.
    ///
    /// Where those begin with [`NAME_WORDS`], a rule whose matches hold one of these looks only where one is.
    pub(in crate::scan) fn new(set: &'a RuleSet, others: &[&str]) -> Self {
        let mut words: Vec<&str> = others.to_vec();
        let (mut of, mut always, mut short) = (Vec::new(), Vec::new(), Vec::new());
        let mut numbers: QuickMap<&str, u32> = QuickMap::default();
        numbers.reserve(2 * set.rules().len());
        numbers.extend(words.iter().copied().zip(0..));
        for (at, rule) in set.rules().iter().enumerate().filter(|(_, rule)| rule.regex.is_some()) {
            if rule.keywords.is_empty() {
                always.push(at);
            }
            for keyword in rule.keywords.iter().map(|keyword| &**keyword) {
                if keyword.len() < LEAST {
                    short.push((keyword, at));
                    continue;
                }
                let number = *numbers.entry(keyword).or_insert_with(|| {
                    words.push(keyword);
                    small(words.len() - 1)
                });
                of.push((number as usize, small(at)));
            }
        }
        let names = if others.starts_with(&NAME_WORDS) { NAME_WORDS.len() } else { 0 };
        let (first, rules) = in_lists(words.len(), &of);
        Self { set, finder: Finder::new(&words), short, first, rules, others: others.len(), names, always }
    }

    /// Returns the matches of all rules in the order of rules, and of their places; `see` is told of each word of the
    /// others, by its place among them and the place where it stands.
    pub(in crate::scan) fn search(
        &self,
        text: &[u8],
        at: At<'_>,
        mut see: impl FnMut(usize, Range<usize>),
    ) -> Vec<Match> {
        let mut places: Vec<(usize, Places)> =
            self.always.iter().map(|rule| (*rule, Places::Whole)).collect();
        let mut place_of = vec![usize::MAX; self.set.rules().len()];
        let holds =
            |word: &str| text.windows(word.len()).any(|here| here.eq_ignore_ascii_case(word.as_bytes()));
        let short = self.short.iter().filter(|(word, _)| holds(word));
        places.extend(short.map(|(_, rule)| (*rule, Places::Whole)));
        for (at, (rule, _)) in places.iter().enumerate() {
            place_of[*rule] = at;
        }
        // Where words of names begin, ascending.
        let mut named = Vec::new();
        self.finder.find(text, |word, hit| {
            if word < self.others {
                see(word, hit.clone());
            }
            if word < self.names {
                named.push(hit.start);
            }
            for rule in &self.rules[self.first[word] as usize..self.first[word + 1] as usize] {
                let rule = *rule as usize;
                let reach = self.set.rules()[rule].reach;
                if place_of[rule] == usize::MAX {
                    place_of[rule] = places.len();
                    places.push((rule, reach.map_or(Places::Whole, |_| Places::Near(Vec::new()))));
                }
                if let (Some(reach), Places::Near(near)) = (reach, &mut places[place_of[rule]].1) {
                    add(near, hit.end.saturating_sub(reach)..(hit.start + reach).min(text.len()));
                }
            }
        });
        places.sort_unstable_by_key(|(rule, _)| *rule);
        places.dedup_by_key(|(rule, _)| *rule);
        let mut found = Vec::new();
        for (rule, places) in places {
            match places {
                Places::Whole => self.find(rule, text, 0..text.len(), at, &mut found),
                Places::Near(mut near) => {
                    if self.names > 0 && self.set.rules()[rule].named {
                        near.retain(|range| {
                            named
                                .get(named.partition_point(|at| *at < range.start))
                                .is_some_and(|at| *at < range.end)
                        });
                    }
                    let Rule { runs, holds, .. } = &self.set.rules()[rule];
                    near.retain(|range| {
                        let near = &text[range.clone()];
                        runs.may_be_in(near) && holds.iter().all(|word| held::holds(near, word.as_bytes()))
                    });
                    near.into_iter().for_each(|range| self.find(rule, text, range, at, &mut found));
                }
            }
        }
        self.settle(text, at, found)
    }

    /// Finds the matches of a rule in a part of a text.
    pub(super) fn find(
        &self,
        number: usize,
        text: &[u8],
        range: Range<usize>,
        at: At<'_>,
        found: &mut Vec<Match>,
    ) {
        let rule = &self.set.rules()[number];
        let Some(regex) = &rule.regex else { return };
        if rule.path.as_ref().is_some_and(|pattern| !pattern.is_match(at.path)) {
            return;
        }
        for matched in regex.find_all(text, range) {
            let range = trim_line_ends(text, matched);
            let secret = secret_of(rule, text, &range);
            if range.is_empty() || rule.entropy > 0.0 && entropy::bits(&text[secret.clone()]) <= rule.entropy
            {
                continue;
            }
            let candidate = Candidate {
                secret: &text[secret.clone()],
                matched: &text[range.clone()],
                line: &text[lines_around(text, &range)],
                at,
            };
            let for_rule = self.set.allowlists.iter().filter(|list| list.is_for(&rule.id));
            let allows = |list: &Allowlist| list.allows(&candidate);
            if !for_rule.chain(&rule.allowlists).any(allows) {
                found.push(Match { rule: number, range, secret });
            }
        }
    }

    /// Leaves out what lacks a match that it needs beside it, what only serves others, and what a rule for anything found
    /// where a rule for one thing did.
    fn settle(&self, text: &[u8], at: At<'_>, mut found: Vec<Match>) -> Vec<Match> {
        let rules = self.set.rules();
        let generic = |one: &Match| rules[one.rule].id.to_ascii_lowercase().contains("generic");
        if found.iter().any(|one| !rules[one.rule].required.is_empty() || rules[one.rule].silent) {
            found = self.complete(text, at, found);
        }
        if !found.iter().any(generic) {
            return found;
        }
        let places = places(text, &found);
        let mut lines: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, place) in places.iter().enumerate() {
            lines.entry(place.0).or_default().push(at);
        }
        let better = |at: usize, one: &Match| {
            lines[&places[at].0].iter().take(COMPARED).map(|other| &found[*other]).any(|other| {
                !generic(other)
                    && memchr::memmem::find(&text[other.secret.clone()], &text[one.secret.clone()]).is_some()
            })
        };
        let stays = |(at, one): &(usize, &Match)| !(generic(one) && better(*at, one));
        found.iter().enumerate().filter(stays).map(|(_, one)| one.clone()).collect()
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("rules and words are fewer than that")
}

/// Adds a range behind those that there are; they come by where they begin, or nearly so.
fn add(ranges: &mut Vec<Range<usize>>, mut range: Range<usize>) {
    while let Some(last) = ranges.last() {
        if last.end < range.start {
            break;
        }
        range = range.start.min(last.start)..range.end.max(last.end);
        ranges.pop();
    }
    ranges.push(range);
}

fn trim_line_ends(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let start = inner.iter().take_while(|byte| **byte == b'\n').count();
    let end = inner[start..].iter().rev().take_while(|byte| **byte == b'\n').count();
    range.start + start..range.end - end
}

/// Returns where the secret stands; groups are those of the pattern matched with the match alone.
pub(super) fn secret_of(rule: &Rule, text: &[u8], range: &Range<usize>) -> Range<usize> {
    let Some(regex) =
        rule.regex.as_ref().map(|pattern| pattern.regex()).filter(|regex| regex.captures_len() > 1)
    else {
        return range.clone();
    };
    let mut groups = regex.create_captures();
    regex.captures(&text[range.clone()], &mut groups);
    let group = match rule.secret_group {
        0 => (1..regex.captures_len()).find_map(|at| groups.get_group(at).filter(|group| !group.is_empty())),
        at => groups.get_group(at),
    };
    group.map_or(range.clone(), |group| range.start + group.start..range.start + group.end)
}

/// How far to either side of a match its line is looked at, in bytes: a file may be one line.
const LINE: usize = 4096;

/// Returns the lines that a range stands in, without the last line's end, as far as they are looked at.
pub(in crate::scan) fn lines_around(text: &[u8], range: &Range<usize>) -> Range<usize> {
    let (first, last) = (range.start.saturating_sub(LINE), text.len().min(range.end + LINE));
    let start = memchr::memrchr(b'\n', &text[first..range.start]).map_or(first, |at| first + at + 1);
    let end = memchr::memchr(b'\n', &text[range.end..last]).map_or(last, |at| range.end + at);
    start..end
}

/// Returns line and column of each match, from 0.
pub(super) fn places(text: &[u8], found: &[Match]) -> Vec<(u32, u32)> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_unstable_by_key(|at| found[*at].range.start);
    let mut places = vec![(0, 0); found.len()];
    let (mut at, mut line, mut begins) = (0, 0_usize, 0);
    for number in order {
        let start = found[number].range.start;
        for offset in memchr::memchr_iter(b'\n', &text[at..start]) {
            line += 1;
            begins = at + offset + 1;
        }
        at = start;
        places[number] =
            [line, start - begins].map(|number| u32::try_from(number).unwrap_or(u32::MAX)).into();
    }
    places
}
