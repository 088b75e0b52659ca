//! Many seals of one history: what each costs after the one before, what it adds, and what checking all costs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::program::Program;
use crate::repository::Repository;
use crate::support::lab::{Cost, Lab, median};

/// What some seals in a row cost, each of a commit that changes ten files of the one before.
pub(super) struct Increments {
    /// Each seal.
    pub(super) costs: Vec<Cost>,
    /// Starting the program for nothing, as often, in between.
    pub(super) starts: Vec<Cost>,
    /// What each seal added to the object store.
    pub(super) objects: Vec<Growth>,
    /// What each seal added to the repository outside of the object store.
    pub(super) others: Vec<Growth>,
}

/// What came to a folder; files that became larger count with what they got.
#[derive(Debug, Clone, Copy)]
pub(super) struct Growth {
    /// Files more than before.
    pub(super) files: i64,
    /// Bytes more than before, by the files' lengths.
    pub(super) bytes: i64,
}

impl Increments {
    /// Seals the commits one after another; the first is not counted: it finds caches cold.
    pub(super) fn measure(program: &Program<'_>, clone: &Path, commits: &[String]) -> Self {
        let mut seen =
            Self { costs: Vec::new(), starts: Vec::new(), objects: Vec::new(), others: Vec::new() };
        for (at, commit) in commits.iter().enumerate() {
            let (objects, all) = (weigh(&clone.join("objects")), weigh(clone));
            let cost = program.seal(clone, commit);
            let start = program.start();
            if at == 0 {
                continue;
            }
            let objects = weigh(&clone.join("objects")).since(objects);
            seen.costs.push(cost);
            seen.starts.push(start);
            seen.objects.push(objects);
            seen.others.push(weigh(clone).since(all).since(objects));
        }
        seen
    }

    /// Returns the mean CPU time of a seal above that of starting the program, in milliseconds.
    pub(super) fn over_start(&self) -> f64 {
        (mean_cpu(&self.costs).as_secs_f64() - mean_cpu(&self.starts).as_secs_f64()) * 1e3
    }

    /// Returns the mean wall time of a seal, in milliseconds.
    pub(super) fn wall(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.wall).collect()).as_secs_f64() * 1e3
    }

    /// Returns the largest peak memory, in bytes.
    pub(super) fn peak(&self) -> u64 {
        self.costs.iter().map(|cost| cost.peak).max().unwrap_or_default()
    }
}

impl Growth {
    fn since(self, before: Self) -> Self {
        Self { files: self.files - before.files, bytes: self.bytes - before.bytes }
    }

    /// Returns the mean of several.
    pub(super) fn mean(several: &[Self]) -> (f64, f64) {
        let count = several.len() as f64;
        let files: i64 = several.iter().map(|growth| growth.files).sum();
        let bytes: i64 = several.iter().map(|growth| growth.bytes).sum();
        (files as f64 / count, bytes as f64 / count)
    }
}

/// What checking all seals of a history cost.
pub(super) struct Range {
    /// Checking them by their records, and by all content.
    pub(super) records: Checking,
    pub(super) content: Checking,
    /// A first seal of the last commit in a clone that knows no seal.
    pub(super) first_seal: Duration,
    /// The last ones of the seals that were made, each with the CPU time that it took.
    pub(super) last: Vec<Cost>,
    /// The program's own last word about all of them.
    pub(super) answer: String,
}

/// What checking to one depth cost.
pub(super) struct Checking {
    /// The median of the rounds.
    pub(super) cpu: Duration,
    /// The same by the clock.
    pub(super) wall: Duration,
    /// The largest peak memory, in bytes.
    pub(super) peak: u64,
}

impl Checking {
    fn of(costs: &[Cost]) -> Self {
        Self {
            cpu: median(costs.iter().map(|cost| cost.cpu).collect()),
            wall: median(costs.iter().map(|cost| cost.wall).collect()),
            peak: costs.iter().map(|cost| cost.peak).max().unwrap_or_default(),
        }
    }
}

impl Range {
    /// Seals the rest of `commits` (the first `sealed` are) and checks all of them, `rounds` times.
    ///
    /// # Errors
    ///
    /// When the program takes no range; in its own words. Nothing is sealed for it then.
    pub(super) fn measure(
        lab: &Lab,
        program: &Program<'_>,
        repository: &Repository,
        clone: &Path,
        (commits, sealed): (&[String], usize),
        rounds: usize,
    ) -> Result<Self, String> {
        program.verify_range(clone, ("main", &commits[sealed - 1]), "content")?;
        let costs: Vec<Cost> = commits[sealed..].iter().map(|commit| program.seal(clone, commit)).collect();
        let last = &commits[commits.len() - 1];
        let answer = program.answer_about(clone, "main", last);
        let other = lab.place("last.git");
        let (mut records, mut content, mut seals) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            records.push(program.verify_range(clone, ("main", last), "merkle")?);
            content.push(program.verify_range(clone, ("main", last), "content")?);
            repository.clone_to(lab, &other);
            seals.push(program.seal(&other, last).cpu);
        }
        Ok(Self {
            records: Checking::of(&records),
            content: Checking::of(&content),
            first_seal: median(seals),
            last: costs[costs.len().saturating_sub(20)..].to_vec(),
            answer,
        })
    }
}

/// Returns the mean CPU time.
pub(super) fn mean_cpu(costs: &[Cost]) -> Duration {
    costs.iter().map(|cost| cost.cpu).sum::<Duration>() / costs.len().max(1) as u32
}

/// Counts files and adds up their lengths.
fn weigh(folder: &Path) -> Growth {
    let mut weight = Growth { files: 0, bytes: 0 };
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let inside = if entry.file_type().unwrap().is_dir() {
            weigh(&entry.path())
        } else {
            Growth { files: 1, bytes: entry.metadata().unwrap().len() as i64 }
        };
        weight = Growth { files: weight.files + inside.files, bytes: weight.bytes + inside.bytes };
    }
    weight
}
