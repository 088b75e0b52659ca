//! What a seal costs: first, after ten changed files, checked, in bytes and in memory, and whether that is promised.
//!
//! It makes its repositories itself and keeps them for the next time. Above stand the times of one run beside git
//! reading the same files and other programs hashing them, below the promises, each with its figure, its limit and its
//! aim. A figure that this version of the program cannot give is missing, never made up.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark starts programs, prints what it saw, and ends where something is missing"
)]

#[cfg_attr(
    test,
    allow(dead_code, unused_imports, reason = "without a harness the program's own tests are no tests")
)]
#[path = "../../src/cli/mod.rs"]
mod cli;
mod compare;
mod held;
mod history;
mod program;
mod repository;
mod rows;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod text;

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use git_iao::hash::Backend;

use compare::{MERKLE, OPENSSL, READ, SEAL, START, Table, VERIFY};
use history::{Checking, Growth, Increments, Range};
use program::Program;
use repository::{Repository, SERIES, Shape, WIDE};
use rows::{Figure, Row};
use settings::Settings;
use support::lab::Lab;
use support::machine;

fn main() -> ExitCode {
    if let Some(code) = held::main() {
        return code;
    }
    if !repository::main() {
        measure(&Settings::read());
    }
    ExitCode::SUCCESS
}

/// Measures everything and prints it.
fn measure(settings: &Settings) {
    fs::create_dir_all(&settings.folder).unwrap();
    let lab = Lab::new(&settings.folder.canonicalize().unwrap(), settings.path.clone());
    let program = Program::new(&lab, &settings.binary);
    introduce(&lab, &program);
    let mut rows = Vec::new();
    let largest = settings.sizes.len() - 1;
    for (at, files) in settings.sizes.iter().copied().enumerate() {
        let shape = Shape { files, wide: if at == largest { files / 10 } else { 0 }, history: at == largest };
        let repository = Repository::of(&lab, &settings.folder, shape);
        let rounds = settings.rounds_of(files);
        println!("\n{}; {rounds} rounds", describe(&repository, shape));
        let clone = lab.place("first.git");
        let table = Table::measure(&lab, &program, &repository, &clone, rounds);
        table.print();
        if at == 0 {
            rows.push(against_openssl(&table, files));
        }
        rows.extend(verifications(&table, files));
        if at == largest {
            rows.extend(of_the_largest(&table, files));
            rows.extend(of_history(&lab, &program, &repository, settings));
        }
    }
    rows::print(&rows);
}

fn describe(repository: &Repository, shape: Shape) -> String {
    let [bytes, packed] = [repository.bytes, repository.packed].map(|bytes| bytes as f64 / 1e6);
    let history = if shape.history {
        format!(" with {} more commits; one folder has {} files", SERIES + WIDE, shape.wide)
    } else {
        String::new()
    };
    format!("{} files, {bytes:.1} MB; pack {packed:.1} MB{history}", shape.files)
}

/// Says what is measured, with what, and on which machine.
fn introduce(lab: &Lab, program: &Program<'_>) {
    println!("{}", program.version());
    for (tool, line) in [
        ("git", "git --version"),
        ("openssl", "openssl version"),
        ("b3sum", "b3sum --version"),
        ("sha512sum", "sha512sum --version | head -n 1"),
    ] {
        if compare::installed(lab, tool) {
            println!("{}", lab.shell(Path::new("."), line).trim());
        } else {
            println!("{tool}: not installed");
        }
    }
    println!("{}", machine::describe());
    println!(
        "CPU time and peak memory: the kernel's account of each child and its children (wait4), medians"
    );
}

/// Returns the limit and the aim of a first seal beside git reading, with a kind of hashing.
fn limits_of_first_seal(backend: Backend) -> (f64, f64) {
    if backend == Backend::Avx512 { (0.70, 0.50) } else { (0.85, 0.65) }
}

fn ratio(ours: Option<Duration>, theirs: Option<Duration>) -> Option<f64> {
    Some(ours?.as_secs_f64() / theirs?.as_secs_f64())
}

fn seen(figure: Option<f64>, name: &str) -> Figure {
    figure.map_or_else(|| Figure::None(compare::absent(name).to_owned()), Figure::Seen)
}

fn against_openssl(table: &Table, files: usize) -> Row {
    let figure = ratio(table.cpu(SEAL), table.cpu(OPENSSL));
    Row::new(
        format!("first seal, {files} files, CPU / openssl"),
        seen(figure, OPENSSL),
        "x",
        (0.80, 0.55),
        "",
    )
}

fn verifications(table: &Table, files: usize) -> Vec<Row> {
    let row = |kind: &str, figure| {
        let what = format!("full verification, {files} files, {kind} / first seal");
        Row::new(what, seen(figure, VERIFY), "x", (1.1, 0.9), "")
    };
    vec![
        row("CPU", ratio(table.cpu(VERIFY), table.cpu(SEAL))),
        row("wall", ratio(table.wall(VERIFY), table.wall(SEAL))),
    ]
}

fn of_the_largest(table: &Table, files: usize) -> Vec<Row> {
    let merkle = table.cpu(MERKLE).map(|cpu| cpu.as_secs_f64() * 1e3);
    let memory = |what: &str, name| {
        let peak = table.peak(name).map(|bytes| bytes as f64 / 1e6);
        let what = format!("peak memory, {what}, {files} files");
        Row::new(what, seen(peak, name), "MB", (300.0, 150.0), "")
    };
    let first = |with: &str, name, backend| {
        let what = format!("first seal, {files} files, wall / git cat-file --batch{with}");
        Row::new(
            what,
            seen(ratio(table.wall(name), table.wall(READ)), name),
            "x",
            limits_of_first_seal(backend),
            "",
        )
    };
    // A build for debugging has only the portable one; the processor says what the program could choose.
    let fastest = Backend::available().pop().unwrap_or(Backend::Portable);
    let mut rows = vec![first("", SEAL, fastest)];
    for backend in [Backend::Avx512, Backend::Avx2] {
        rows.push(first(&format!(", {}", backend.as_str()), compare::held_name(backend), backend));
    }
    rows.extend([
        Row::new(
            format!("Merkle-only verification, {files} files, CPU"),
            seen(merkle, MERKLE),
            "ms",
            (200.0, 80.0),
            "",
        ),
        memory("first seal", SEAL),
        memory("full verification", VERIFY),
    ]);
    rows
}

/// Seals after seals in the largest repository; `first.git` is sealed at `main`.
fn of_history(lab: &Lab, program: &Program<'_>, repository: &Repository, settings: &Settings) -> Vec<Row> {
    let files = settings.sizes[settings.sizes.len() - 1];
    let (series, wide) = (repository.commits(lab, "series"), repository.commits(lab, "wide"));
    let (clone, other) = (lab.place("first.git"), lab.place("wide.git"));
    // One more than counts: the first finds caches cold.
    let count = settings.steps + 1;
    let anywhere = Increments::measure(program, &clone, &series[..count]);
    repository.clone_to(lab, &other);
    program.seal(&other, "main");
    let in_one = Increments::measure(program, &other, &wide[..count]);
    let of_ten = [
        (format!("10 files later, {files} files"), anywhere),
        (format!("10 files of a folder of {} later", files / 10), in_one),
    ];
    let mut rows: Vec<Row> = of_ten.iter().map(|(what, seen)| time_of_ten(what, seen)).collect();
    rows.extend(of_ten.iter().map(|(what, seen)| bytes_of_ten(what, seen)));
    let what = |depth| {
        let seals = settings.seals.max(count);
        format!("verifying {seals} seals {depth}, CPU / first seal of the last")
    };
    let limits = (1.5, 0.5);
    rows.extend(if settings.seals == 0 {
        vec![Row::new(what("by their records"), Figure::None("left out".to_owned()), "x", limits, "")]
    } else {
        let commits = (&series[..settings.seals.max(count)], count);
        match Range::measure(lab, program, repository, &clone, commits, settings.rounds) {
            Ok(range) => {
                let row = |depth, seen: &Checking| {
                    let figure = Figure::Seen(seen.cpu.as_secs_f64() / range.first_seal.as_secs_f64());
                    Row::new(what(depth), figure, "x", limits, note_of(&range, seen))
                };
                vec![row("by their records", &range.records), row("and all content", &range.content)]
            }
            Err(why) => {
                let (note, none) = (format!("it says: {why}"), "not in this version".to_owned());
                vec![Row::new(what("by their records"), Figure::None(none), "x", limits, note)]
            }
        }
    });
    rows
}

fn time_of_ten(what: &str, seen: &Increments) -> Row {
    let start = history::mean_cpu(&seen.starts).as_secs_f64() * 1e3;
    let note = format!(
        "mean of {} seals over {START} ({start:.2} ms); median wall {:.1} ms, peak {:.1} MB",
        seen.costs.len(),
        seen.wall(),
        seen.peak() as f64 / 1e6,
    );
    Row::new(format!("seal {what}, CPU"), Figure::Seen(seen.over_start()), "ms", (15.0, 8.0), note)
}

fn bytes_of_ten(what: &str, seen: &Increments) -> Row {
    let (files, bytes) = Growth::mean(&seen.objects);
    let most = seen.objects.iter().map(|growth| growth.bytes).max().unwrap_or_default();
    let (other_files, other_bytes) = Growth::mean(&seen.others);
    let note = format!(
        "mean, in {files:.1} new files; at most {:.1} KB; outside of the object store {:.1} KB and {other_files:.1} files",
        most as f64 / 1e3,
        other_bytes / 1e3,
    );
    Row::new(format!("new objects, seal {what}"), Figure::Seen(bytes / 1e3), "KB", (80.0, 30.0), note)
}

fn note_of(range: &Range, seen: &Checking) -> String {
    let last = history::mean_cpu(&range.last).as_secs_f64() * 1e3;
    format!(
        "CPU {:.0} ms, wall {:.0} ms, peak {:.1} MB; the last {} of them took {last:.1} ms CPU each; it says: {}",
        seen.cpu.as_secs_f64() * 1e3,
        seen.wall.as_secs_f64() * 1e3,
        seen.peak as f64 / 1e6,
        range.last.len(),
        range.answer,
    )
}
