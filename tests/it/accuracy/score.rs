//! Holds what a scanner reported against the labels, and prints recall and precision by category.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::corpus::{Corpus, Label, Verdict};

/// The lines that a scanner reported, each once: path and line.
pub(crate) type Reported = BTreeSet<(String, usize)>;

/// What was found of one category.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Secrets that are there.
    pub(crate) secrets: usize,
    /// Secrets that were reported.
    pub(crate) found: usize,
    /// Near misses that are there.
    pub(crate) near_misses: usize,
    /// Near misses that were reported.
    pub(crate) false_alarms: usize,
    /// Reported lines that no label names: wrong as well.
    pub(crate) strays: usize,
}

impl Tally {
    /// Reported secrets by secrets; 1 where there are none.
    pub(crate) fn recall(self) -> f64 {
        share(self.found, self.secrets)
    }

    /// Reported secrets by everything reported; 1 where nothing was.
    pub(crate) fn precision(self) -> f64 {
        share(self.found, self.found + self.false_alarms + self.strays)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The tallies of a scan, by category.
pub(crate) struct Score {
    pub(crate) total: Tally,
    /// By syntax group.
    pub(crate) groups: BTreeMap<String, Tally>,
    kinds: BTreeMap<(Verdict, String), Tally>,
    shapes: BTreeMap<String, Tally>,
    cells: BTreeMap<(String, String), Tally>,
    /// The near misses and unlabelled lines that were reported.
    wrong: Vec<String>,
    /// The secrets that were not.
    missed: Vec<String>,
}

impl Score {
    /// Counts. A label is reported when any of its lines is; further lines of it count no more.
    pub(crate) fn of(corpus: &Corpus, reported: &Reported) -> Self {
        let mut score = Self {
            total: Tally::default(),
            groups: BTreeMap::new(),
            kinds: BTreeMap::new(),
            shapes: BTreeMap::new(),
            cells: BTreeMap::new(),
            wrong: Vec::new(),
            missed: Vec::new(),
        };
        let mut strays = reported.clone();
        for label in &corpus.labels {
            let lines = label.first..=label.last;
            // Every line of it is spoken for, also when two rules point at different ones.
            let hits = lines.filter(|line| strays.remove(&(label.path.clone(), *line))).count();
            score.count(label, hits > 0);
        }
        for (path, line) in strays {
            let group = path.split('/').next().unwrap().to_owned();
            score.groups.entry(group).or_default().strays += 1;
            score.total.strays += 1;
            score.wrong.push(shown(corpus, &path, line, "no label"));
        }
        for label in &corpus.labels {
            let told = shown(corpus, &label.path, label.first, &label.kind);
            let hit = (label.first..=label.last).any(|line| reported.contains(&(label.path.clone(), line)));
            match label.verdict {
                Verdict::Secret if !hit => score.missed.push(told),
                Verdict::NearMiss if hit => score.wrong.push(told),
                _ => {}
            }
        }
        score
    }

    fn count(&mut self, label: &Label, hit: bool) {
        let of_cell = (label.group.clone(), label.kind.clone());
        let of_kind = (label.verdict, label.kind.clone());
        let mut tallies = vec![
            &mut self.total,
            self.groups.entry(label.group.clone()).or_default(),
            self.kinds.entry(of_kind).or_default(),
            self.cells.entry(of_cell).or_default(),
        ];
        if label.verdict == Verdict::Secret {
            tallies.push(self.shapes.entry(label.shape.clone()).or_default());
        }
        for tally in tallies {
            match label.verdict {
                Verdict::Secret => {
                    tally.secrets += 1;
                    tally.found += usize::from(hit);
                }
                Verdict::NearMiss => {
                    tally.near_misses += 1;
                    tally.false_alarms += usize::from(hit);
                }
                Verdict::Unjudged => {}
            }
        }
    }

    /// The tables, for a person: by group, by shape, by kind, then each group with its kinds.
    pub(crate) fn tables(&self) -> String {
        let mut text = table("group", self.groups.iter().map(|(name, tally)| (name.clone(), *tally)));
        text += &table("all", [("total".to_owned(), self.total)].into_iter());
        text += &table("shape", self.shapes.iter().map(|(name, tally)| (name.clone(), *tally)));
        text += &table("kind", self.kinds.iter().map(|((_, name), tally)| (name.clone(), *tally)));
        let cells = self.cells.iter().map(|((group, kind), tally)| (format!("{group} {kind}"), *tally));
        text + &table("group and kind", cells)
    }

    /// The floors that this score would hold, as lines for the table in `accuracy.rs`.
    pub(crate) fn floors(&self) -> String {
        let line = |(name, tally): (&str, Tally)| {
            let floor = |share: f64| (share * 1000.0).floor() / 1000.0;
            format!("    ({name:?}, {:?}, {:?}),\n", floor(tally.recall()), floor(tally.precision()))
        };
        let groups = self.groups.iter().map(|(name, tally)| (name.as_str(), *tally));
        std::iter::once(("total", self.total)).chain(groups).map(line).collect()
    }

    /// What went wrong, one line each: first what was reported and must not be, then what was missed.
    pub(crate) fn mistakes(&self) -> String {
        let wrong = self.wrong.iter().map(|line| format!("wrong   {line}\n"));
        wrong.chain(self.missed.iter().map(|line| format!("missed  {line}\n"))).collect()
    }
}

/// A place with its line; every value in the corpus is made up, so it may be shown.
fn shown(corpus: &Corpus, path: &str, line: usize, kind: &str) -> String {
    let text = corpus.files[path].lines().nth(line - 1).unwrap_or_default().trim();
    let short: String = text.chars().take(160).collect();
    format!("{path}:{line} [{kind}] {short}")
}

fn table(what: &str, rows: impl Iterator<Item = (String, Tally)>) -> String {
    let mut text = format!(
        "\n{what:44} {:>9} {:>7} {:>9} {:>6} {:>7} {:>9}\n",
        "found", "recall", "wrong", "stray", "", "precision"
    );
    for (name, tally) in rows {
        let (found, wrong) = (
            format!("{}/{}", tally.found, tally.secrets),
            format!("{}/{}", tally.false_alarms, tally.near_misses),
        );
        let recall = if tally.secrets == 0 { "-".to_owned() } else { format!("{:.3}", tally.recall()) };
        let _ = writeln!(
            text,
            "{name:44} {found:>9} {recall:>7} {wrong:>9} {:>6} {:>7} {:>9.3}",
            tally.strays,
            "",
            tally.precision()
        );
    }
    text
}
