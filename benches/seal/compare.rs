//! One repository: first seal and verification beside git reading the same files and others hashing them.
//!
//! Every round runs every command once, one after another, so what disturbs one disturbs all.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use git_iao::hash::Backend;

use crate::held;
use crate::program::Program;
use crate::repository::Repository;
use crate::support::lab::{Cost, Lab, median};

/// What a line of the table is called; the names are how rows find each other.
pub(super) const SEAL: &str = "git iao seal (first)";
pub(super) const VERIFY: &str = "git iao verify --seal";
pub(super) const MERKLE: &str = "git iao verify --seal --depth merkle";
pub(super) const START: &str = "git-iao --version";
pub(super) const READ: &str = "git ls-tree | git cat-file --batch";
const READ_BUFFERED: &str = "git ls-tree | git cat-file --batch --buffer";
pub(super) const OPENSSL: &str = "openssl dgst -sha3-512";
const SEAL_AVX512: &str = "the same, held to avx512";
const SEAL_AVX2: &str = "the same, held to avx2";
const SEAL_PORTABLE: &str = "the same, held to portable";
const B3SUM: &str = "b3sum";
const SHA512SUM: &str = "sha512sum";

/// What all commands cost in one repository; `None` for a command that there is not.
pub(super) struct Table {
    rows: Vec<(&'static str, Option<Vec<Cost>>)>,
}

impl Table {
    /// Runs everything `rounds` times, after one round that warms the caches and is forgotten.
    pub(super) fn measure(
        lab: &Lab,
        program: &Program<'_>,
        repository: &Repository,
        clone: &Path,
        rounds: usize,
    ) -> Self {
        let names = [
            [SEAL_AVX512, SEAL_AVX2, SEAL_PORTABLE, SEAL].as_slice(),
            &[VERIFY, MERKLE, START, READ, READ_BUFFERED, OPENSSL, B3SUM, SHA512SUM],
        ];
        let mut rows: Vec<_> = names.concat().into_iter().map(|name| (name, Some(Vec::new()))).collect();
        for round in 0..=rounds {
            for (name, seen) in &mut rows {
                let Some(costs) = seen else { continue };
                match cost(lab, program, repository, clone, name) {
                    Some(_) if round == 0 => {}
                    Some(cost) => costs.push(cost),
                    None => *seen = None,
                }
            }
        }
        Self { rows }
    }

    /// Returns the median wall time of a command; `None` when it did not run.
    pub(super) fn wall(&self, name: &str) -> Option<Duration> {
        Some(median(self.costs(name)?.iter().map(|cost| cost.wall).collect()))
    }

    /// Returns the median CPU time of a command; `None` when it did not run.
    pub(super) fn cpu(&self, name: &str) -> Option<Duration> {
        Some(median(self.costs(name)?.iter().map(|cost| cost.cpu).collect()))
    }

    /// Returns the largest peak of a command, in bytes; `None` when it did not run.
    pub(super) fn peak(&self, name: &str) -> Option<u64> {
        self.costs(name)?.iter().map(|cost| cost.peak).max()
    }

    /// Prints times, and their ratios to git reading and to openssl hashing.
    pub(super) fn print(&self) {
        println!(
            "{:<44} {:>19} {:>17} {:>17} {:>8}",
            "", "wall and CPU ms", "x cat-file", "x openssl", "peak MB"
        );
        for (name, _) in &self.rows {
            let (Some(wall), Some(cpu), Some(peak)) = (self.wall(name), self.cpu(name), self.peak(name))
            else {
                println!("{name:<44} {}", absent(name));
                continue;
            };
            print!("{name:<44} {:>9.1} {:>9.1}", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
            for other in [READ, OPENSSL] {
                let ratio = |ours: Duration, theirs: Option<Duration>| match theirs {
                    Some(theirs) => format!("{:.2}", ours.as_secs_f64() / theirs.as_secs_f64()),
                    None => "-".to_owned(),
                };
                print!(" {:>8} {:>8}", ratio(wall, self.wall(other)), ratio(cpu, self.cpu(other)));
            }
            println!(" {:>8.1}", peak as f64 / 1e6);
        }
    }

    fn costs(&self, name: &str) -> Option<&Vec<Cost>> {
        self.rows.iter().find(|row| row.0 == name)?.1.as_ref()
    }
}

/// Returns the name of a first seal with the hashing held to a backend.
pub(super) fn held_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Portable => SEAL_PORTABLE,
        Backend::Avx2 => SEAL_AVX2,
        Backend::Avx512 => SEAL_AVX512,
    }
}

/// Says why a command did not run.
pub(super) fn absent(name: &str) -> &'static str {
    match name {
        MERKLE => "not in this version",
        SEAL_AVX512 | SEAL_AVX2 | SEAL_PORTABLE if cfg!(debug_assertions) => "not in a build for debugging",
        SEAL_AVX512 | SEAL_AVX2 | SEAL_PORTABLE => "not on this processor",
        _ => "not installed",
    }
}

/// Runs one command; `None` when there is no such command.
fn cost(lab: &Lab, program: &Program<'_>, repository: &Repository, clone: &Path, name: &str) -> Option<Cost> {
    let read = |buffer: &str| {
        let line = format!("git ls-tree -r --object-only main | git cat-file --batch {buffer} >/dev/null");
        shell(lab, &repository.work, &line)
    };
    let hash = |line: &[&str]| installed(lab, line[0]).then(|| hash(lab, repository, line));
    if let Some(backend) = Backend::ALL.into_iter().find(|backend| held_name(*backend) == name) {
        return held::can_hold(backend).then(|| {
            repository.clone_to(lab, clone);
            must(name, lab, held::command(lab, backend, clone).args(["seal", "main"]))
        });
    }
    match name {
        SEAL => {
            repository.clone_to(lab, clone);
            Some(program.seal(clone, "main"))
        }
        VERIFY => Some(program.verify(clone, "main")),
        MERKLE => program.verify_merkle(clone, "main"),
        START => Some(program.start()),
        READ => Some(read("")),
        READ_BUFFERED => Some(read("--buffer")),
        OPENSSL => hash(&["openssl", "dgst", "-sha3-512"]),
        B3SUM => hash(&["b3sum"]),
        _ => hash(&["sha512sum"]),
    }
}

/// Says whether there is such a program.
pub(super) fn installed(lab: &Lab, program: &str) -> bool {
    lab.measure(lab.command("sh", Path::new(".")).args(["-c", &format!("command -v {program}")])).is_ok()
}

fn shell(lab: &Lab, folder: &Path, line: &str) -> Cost {
    must(line, lab, lab.command("sh", folder).args(["-euc", line]))
}

/// Hashes all files of the working tree, as many with one start as a command line holds.
fn hash(lab: &Lab, repository: &Repository, line: &[&str]) -> Cost {
    let mut command = lab.command("xargs", &repository.work);
    command.arg("-0").args(line).stdin(File::open(&repository.list).unwrap());
    must(line[0], lab, &mut command)
}

fn must(name: &str, lab: &Lab, command: &mut Command) -> Cost {
    lab.measure(command).unwrap_or_else(|failure| panic!("{name}: {failure}"))
}
