//! Whole processes side by side, in one run: `git iao plan` and `seal`, git reading the same tree, openssl hashing
//! the same files.
//!
//! Wall time is the median, CPU time (user and system, children included) the mean of all rounds. Trust ratios: every
//! round runs every command. Everybody's output goes to `/dev/null`, and nobody is told to be quiet: `plan` looks at the
//! working tree too. `IAO_BENCH_FILES` sets the size of the large repository, `IAO_BENCH_ROUNDS` its rounds.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts programs, prints what it saw, and ends where something is missing"
)]

mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use support::lab::{Cost, Lab, median};
use support::machine;
use support::numbers::Numbers;

const IAO: &str = env!("CARGO_BIN_EXE_git-iao");

/// One line of the table: what is run, and in which of the two repositories.
struct Contender {
    name: &'static str,
    script: String,
    folder: PathBuf,
    /// Runs before each measurement, unmeasured.
    before: Option<String>,
    costs: Vec<Cost>,
}

fn main() {
    let number =
        |name: &str, default| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let lab = Lab::new(&env::temp_dir(), env::var("PATH").unwrap());
    let versions = format!("'{IAO}' --version; git --version; openssl version");
    println!("{}\n{}", lab.shell(Path::new("."), &versions).trim(), machine::describe());
    compare(&lab, "small", 300, 20);
    compare(&lab, "large", number("IAO_BENCH_FILES", 50_000), number("IAO_BENCH_ROUNDS", 3));
}

/// Makes one repository, runs every contender `rounds` times and prints the table.
fn compare(lab: &Lab, name: &str, files: usize, rounds: usize) {
    let home = lab.place(name);
    let work = home.join("work");
    fs::create_dir(&home).unwrap();
    make_repository(lab, &work, files);
    let mut contenders = contenders(&home, &work);
    for round in 0..=rounds {
        for contender in &mut contenders {
            let cost = measure(lab, contender);
            // The first round warms caches and is forgotten.
            if round > 0 {
                contender.costs.push(cost);
            }
        }
    }
    let bytes: u64 = lab.shell(&work, "git ls-tree -r -l HEAD").lines().map(size_of_line).sum();
    println!("\n{name}: {files} files, {:.1} MB, {rounds} rounds", bytes as f64 / 1e6);
    print_table(&contenders);
    fs::remove_dir_all(&home).unwrap();
}

fn contenders(home: &Path, work: &Path) -> Vec<Contender> {
    let bare = home.join("bare.git");
    let fresh = format!("rm -rf '{0}'; git clone --quiet --bare '{1}' '{0}'", bare.display(), work.display());
    let contender = |name, script: &str, folder: &Path, before: Option<&str>| Contender {
        name,
        script: script.to_owned(),
        folder: folder.to_owned(),
        before: before.map(str::to_owned),
        costs: Vec::new(),
    };
    let next = format!("{fresh}; cd '{}' && '{IAO}' -q seal main >/dev/null", bare.display());
    vec![
        contender("git iao plan", &format!("'{IAO}' plan >/dev/null 2>&1"), work, None),
        contender("git status", "git status --porcelain >/dev/null", work, None),
        contender(
            "git iao seal (first)",
            &format!("cd '{}' && '{IAO}' seal main >/dev/null 2>&1", bare.display()),
            home,
            Some(&fresh),
        ),
        contender(
            "git iao seal (10 files later)",
            &format!("cd '{}' && '{IAO}' seal next >/dev/null 2>&1", bare.display()),
            home,
            Some(&next),
        ),
        contender(
            "git ls-tree | git cat-file --batch",
            "git ls-tree -r --object-only HEAD | git cat-file --batch >/dev/null",
            work,
            None,
        ),
        contender(
            "openssl dgst -sha3-512",
            "git ls-files -z | xargs -0 openssl dgst -sha3-512 >/dev/null",
            work,
            None,
        ),
    ]
}

fn measure(lab: &Lab, contender: &Contender) -> Cost {
    if let Some(before) = &contender.before {
        lab.shell(&contender.folder, before);
    }
    let measured = lab.measure(lab.command("sh", &contender.folder).args(["-euc", &contender.script]));
    measured.unwrap_or_else(|failure| panic!("{}: {failure}", contender.name))
}

fn print_table(contenders: &[Contender]) {
    let wall = |contender: &Contender| {
        median(contender.costs.iter().map(|cost| cost.wall).collect()).as_secs_f64() * 1e3
    };
    let cpu = |contender: &Contender| {
        let sum: Duration = contender.costs.iter().map(|cost| cost.cpu).sum();
        sum.as_secs_f64() * 1e3 / contender.costs.len() as f64
    };
    let of = |name: &str| contenders.iter().find(|contender| contender.name.contains(name)).unwrap();
    let names = ["status", "cat-file", "openssl"];
    let [status, read, hashed] = names.map(|name| (wall(of(name)), cpu(of(name))));
    println!(
        "{:<36} {:>18} {:>17} {:>17} {:>17} {:>8}",
        "", "wall and CPU ms", "x status", "x cat-file", "x openssl", "peak MB"
    );
    for contender in contenders {
        let (wall, cpu) = (wall(contender), cpu(contender));
        print!("{:<36} {wall:>9.1}{cpu:>9.1}", contender.name);
        for (wall_there, cpu_there) in [status, read, hashed] {
            print!(" {:>8.2} {:>8.2}", wall / wall_there, cpu / cpu_there);
        }
        let peak = contender.costs.iter().map(|cost| cost.peak).max().unwrap();
        println!(" {:>8.1}", peak as f64 / 1e6);
    }
}

fn size_of_line(line: &str) -> u64 {
    line.split_whitespace().nth(3).and_then(|size| size.parse().ok()).unwrap_or(0)
}

/// Makes a Python project of `files` files in nested folders, checked out, and a branch `next` with 10 of them changed.
fn make_repository(lab: &Lab, work: &Path, files: usize) {
    fs::create_dir(work).unwrap();
    lab.shell(work, "git init --quiet --initial-branch=main");
    let mut import = lab.command("git", work);
    let mut child = import.args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().unwrap();
    let stream = child.stdin.take().unwrap();
    write_stream(std::io::BufWriter::new(stream), files).unwrap();
    assert!(child.wait().unwrap().success());
    lab.shell(work, "git reset --quiet --hard && git repack -adq && git status >/dev/null");
}

fn write_stream(mut out: impl std::io::Write, files: usize) -> std::io::Result<()> {
    let mut numbers = Numbers::new(0x1A0);
    let commit = |branch: &str| {
        format!("commit refs/heads/{branch}\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 1\nx\n")
    };
    let project = "[project]\nname = \"bench\"\nversion = \"1.0.0\"\nrequires-python = \">=3.11\"\n";
    write!(out, "{}M 100644 inline pyproject.toml\ndata {}\n{project}\n", commit("main"), project.len())?;
    for at in 0..files {
        write_file(&mut out, at, &mut numbers)?;
    }
    writeln!(out, "{}from refs/heads/main", commit("next"))?;
    for at in 0..10 {
        write_file(&mut out, at * files / 10, &mut numbers)?;
    }
    out.flush()
}

/// Text of 200 to 8,000 bytes that compresses about as source code does.
fn write_file(out: &mut impl std::io::Write, at: usize, numbers: &mut Numbers) -> std::io::Result<()> {
    let words = ["def ", "return ", "value", "= ", "self.", "other", "(x)\n", "    ", "if ", "not "];
    let length = 200 + numbers.below(7_800);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        let number = numbers.next();
        text.push_str(words[number as usize % words.len()]);
        if number.is_multiple_of(7) {
            text.push_str(&format!("{:x}", number >> 40));
        }
    }
    writeln!(
        out,
        "M 100644 inline src/part{}/group{}/file{at}.py\ndata {}\n{text}",
        at / 2_000,
        at / 40,
        text.len()
    )
}
