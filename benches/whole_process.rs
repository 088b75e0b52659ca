//! Whole processes side by side, in one run: `git iao plan` and `seal`, git reading the same tree, openssl hashing
//! the same files.
//!
//! Wall time is the median, CPU time (user and system, children included) the mean of all rounds. The kernel counts
//! CPU time in ticks of 10 ms, so a small repository gets many rounds. Trust ratios: every round runs every command.
//! Everybody's output goes to `/dev/null`, and nobody is told to be quiet: `plan` looks at the working tree too.
//! `IAO_BENCH_FILES` sets the size of the large repository, `IAO_BENCH_ROUNDS` its rounds.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark starts programs, prints what it saw, and ends where something is missing"
)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Ticks a second in `/proc`, fixed by the kernel's user interface on every common machine.
const TICKS: u64 = 100;
const IAO: &str = env!("CARGO_BIN_EXE_git-iao");

/// One line of the table: what is run, and in which of the two repositories.
struct Contender {
    name: &'static str,
    script: String,
    folder: PathBuf,
    /// Runs before each measurement, unmeasured.
    before: Option<String>,
    walls: Vec<Duration>,
    ticks: u64,
}

/// Numbers that look random and are the same everywhere (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

fn main() {
    let number =
        |name: &str, default| env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let versions = run(Path::new("."), &format!("'{IAO}' --version; git --version; openssl version"));
    println!("{}", String::from_utf8(versions).unwrap().trim());
    println!("{} cores, {}", std::thread::available_parallelism().unwrap(), processor());
    compare("small", 300, 20);
    compare("large", number("IAO_BENCH_FILES", 50_000), number("IAO_BENCH_ROUNDS", 3));
}

/// Makes one repository, runs every contender `rounds` times and prints the table.
fn compare(name: &str, files: usize, rounds: usize) {
    let home = TempDir::with_prefix("iao-bench-").unwrap();
    let work = home.path().join("work");
    make_repository(&work, files);
    let mut contenders = contenders(home.path(), &work);
    for round in 0..=rounds {
        for contender in &mut contenders {
            // The first round warms caches and is forgotten.
            measure(contender, round > 0);
        }
    }
    let bytes: u64 =
        String::from_utf8(run(&work, "git ls-tree -r -l HEAD")).unwrap().lines().map(size_of_line).sum();
    println!("\n{name}: {files} files, {:.1} MB, {rounds} rounds", bytes as f64 / 1e6);
    print_table(&contenders, rounds);
}

fn contenders(home: &Path, work: &Path) -> Vec<Contender> {
    let bare = home.join("bare.git");
    let fresh = format!("rm -rf '{0}'; git clone --quiet --bare '{1}' '{0}'", bare.display(), work.display());
    let contender = |name, script: &str, folder: &Path, before: Option<&str>| Contender {
        name,
        script: script.to_owned(),
        folder: folder.to_owned(),
        before: before.map(str::to_owned),
        walls: Vec::new(),
        ticks: 0,
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

fn measure(contender: &mut Contender, counts: bool) {
    if let Some(before) = &contender.before {
        run(&contender.folder, before);
    }
    let (ticks, started) = (ticks_of_children(), Instant::now());
    run(&contender.folder, &contender.script);
    if counts {
        contender.walls.push(started.elapsed());
        contender.ticks += ticks_of_children() - ticks;
    }
}

fn print_table(contenders: &[Contender], rounds: usize) {
    let wall = |contender: &Contender| {
        let mut walls = contender.walls.clone();
        walls.sort();
        walls[walls.len() / 2].as_secs_f64() * 1e3
    };
    let cpu = |contender: &Contender| (contender.ticks * 1000 / TICKS) as f64 / rounds as f64;
    let of = |name: &str| contenders.iter().find(|contender| contender.name.contains(name)).unwrap();
    let names = ["status", "cat-file", "openssl"];
    let [status, read, hashed] = names.map(|name| (wall(of(name)), cpu(of(name))));
    println!(
        "{:<36} {:>18} {:>17} {:>17} {:>17}",
        "", "wall and CPU ms", "x status", "x cat-file", "x openssl"
    );
    for contender in contenders {
        let (wall, cpu) = (wall(contender), cpu(contender));
        print!("{:<36} {wall:>9.1}{cpu:>9.1}", contender.name);
        for (wall_there, cpu_there) in [status, read, hashed] {
            print!(" {:>8.2} {:>8.2}", wall / wall_there, cpu / cpu_there);
        }
        println!();
    }
}

/// The processor's own name, as Linux tells it.
fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = told.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "processor unknown".to_owned(), |(_, name)| name.to_owned())
}

/// Runs a shell line without any user's git config; it must succeed.
fn run(folder: &Path, script: &str) -> Vec<u8> {
    let mut command = Command::new("sh");
    command.args(["-euc", script]).current_dir(folder).stderr(Stdio::inherit());
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("SOURCE_DATE_EPOCH", "1700000000");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.org");
        command.env(format!("GIT_{role}_DATE"), "1700000000 +0000");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}: {}", output.status);
    output.stdout
}

/// User and system time of all children that have ended, in ticks: fields 16 and 17 of `/proc/self/stat`.
fn ticks_of_children() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

fn size_of_line(line: &str) -> u64 {
    line.split_whitespace().nth(3).and_then(|size| size.parse().ok()).unwrap_or(0)
}

/// Makes a Python project of `files` files in nested folders, checked out, and a branch `next` with 10 of them changed.
fn make_repository(work: &Path, files: usize) {
    fs::create_dir(work).unwrap();
    run(work, "git init --quiet --initial-branch=main");
    let mut child = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(work)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let stream = child.stdin.take().unwrap();
    write_stream(std::io::BufWriter::new(stream), files).unwrap();
    assert!(child.wait().unwrap().success());
    run(work, "git reset --quiet --hard && git repack -adq && git status >/dev/null");
}

fn write_stream(mut out: impl std::io::Write, files: usize) -> std::io::Result<()> {
    let mut numbers = Numbers(0x1A0);
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
    let length = 200 + numbers.next() as usize % 7_800;
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
