//! Makes the repositories that are sealed, the same bytes on every machine, and keeps them between runs.
//!
//! A kept repository is used again only under the same [`VERSION`]: raise it whenever other bytes would be made.

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::lab::Lab;
use crate::support::numbers::Numbers;
use crate::text::{self, Names};

/// What the generator makes; part of a kept repository's name.
const VERSION: u32 = 1;
/// How many commits the branch `series` has after `main`.
pub(super) const SERIES: usize = 1_000;
/// How many commits the branch `wide` has after `main`.
pub(super) const WIDE: usize = 41;
/// How many files a commit of these branches changes.
const CHANGED: usize = 10;
/// How deep folders lie in each other.
const DEEPEST: usize = 7;
/// The folder that holds very many files itself.
const WIDE_FOLDER: &str = "catalog";
/// What the process that makes a repository is told in its environment.
const FOLDER: &str = "IAO_BENCH_MAKE_IN";
const DRAFT: &str = "IAO_BENCH_MAKE_AT";
const SHAPE: &str = "IAO_BENCH_MAKE_SHAPE";

/// What a repository shall hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Files in all.
    pub(super) files: usize,
    /// Those of them that lie in one folder.
    pub(super) wide: usize,
    /// Whether there are the branches `series` and `wide`.
    pub(super) history: bool,
}

impl Shape {
    /// Reads what [`fmt::Display`] wrote.
    fn parse(text: &str) -> Self {
        let mut parts = text.split('-');
        let mut number = || parts.next().unwrap().parse().unwrap();
        Self { files: number(), wide: number(), history: number() == 1 }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.files, self.wide, usize::from(self.history))
    }
}

/// A repository, checked out.
pub(super) struct Repository {
    /// The working tree.
    pub(super) work: PathBuf,
    /// A file with the names of all files, each ended by a zero byte.
    pub(super) list: PathBuf,
    /// The files' bytes in all.
    pub(super) bytes: u64,
    /// The pack's bytes.
    pub(super) packed: u64,
}

impl Repository {
    /// Returns the repository of this shape below `folder`, and makes it when it is not there.
    pub(super) fn of(lab: &Lab, folder: &Path, shape: Shape) -> Self {
        let name = format!("v{VERSION}-{shape}");
        let home = folder.join(&name);
        if !home.is_dir() {
            eprintln!("making a repository of {} files; it is kept for the next time", shape.files);
            // Only a whole one gets the name.
            let draft = lab.place(&name);
            make_elsewhere(lab, folder, &draft, shape);
            fs::rename(draft, &home).unwrap();
        }
        let work = home.join("work");
        let bytes = lab.shell(&work, "git ls-tree -r -l main | awk '{ sum += $4 } END { print sum }'");
        let packs = fs::read_dir(work.join(".git/objects/pack")).unwrap().map(Result::unwrap);
        let packs =
            packs.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "pack"));
        Self {
            work,
            list: home.join("list"),
            bytes: bytes.trim().parse().unwrap(),
            packed: packs.map(|entry| entry.metadata().unwrap().len()).sum(),
        }
    }

    /// Makes a bare clone at `place`, in place of what is there; its pack is this one's, linked.
    pub(super) fn clone_to(&self, lab: &Lab, place: &Path) {
        if place.exists() {
            fs::remove_dir_all(place).unwrap();
        }
        let line = format!("git clone --quiet --bare --local . '{}'", place.display());
        lab.shell(&self.work, &line);
    }

    /// Returns the commits of a branch after `main`, the oldest first.
    pub(super) fn commits(&self, lab: &Lab, branch: &str) -> Vec<String> {
        let line = format!("git rev-list --reverse main..{branch}");
        lab.shell(&self.work, &line).lines().map(str::to_owned).collect()
    }
}

/// Makes a repository in a process of its own.
///
/// What this process ever held would count into the peak of everything that it starts.
fn make_elsewhere(lab: &Lab, folder: &Path, draft: &Path, shape: Shape) {
    let mut maker = lab.command(env::current_exe().unwrap(), folder);
    maker.env(FOLDER, folder).env(DRAFT, draft).env(SHAPE, shape.to_string());
    lab.measure(&mut maker).unwrap_or_else(|failure| panic!("making a repository: {failure}"));
}

/// Makes the repository that this process was started for; `false` when it was started for something else.
pub(super) fn main() -> bool {
    let [Ok(folder), Ok(draft), Ok(shape)] = [FOLDER, DRAFT, SHAPE].map(env::var) else { return false };
    let path = env::var("PATH").unwrap_or_default();
    make(&Lab::new(Path::new(&folder), path), Path::new(&draft), Shape::parse(&shape));
    true
}

fn make(lab: &Lab, home: &Path, shape: Shape) {
    let work = home.join("work");
    fs::create_dir_all(&work).unwrap();
    lab.shell(&work, "git init --quiet --initial-branch=main");
    // Without deltas: fast-import would make them between neighbours that have nothing in common.
    let mut child = lab
        .command("git", &work)
        .args(["fast-import", "--quiet", "--depth=0"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    write_stream(BufWriter::new(child.stdin.take().unwrap()), shape).unwrap();
    assert!(child.wait().unwrap().success(), "git fast-import did not take the stream");
    // `-f`: otherwise git believes that whoever wrote the pack looked for deltas and found none.
    lab.shell(&work, "git repack -adfq && git reset --quiet --hard && git status >/dev/null");
    lab.shell(&work, "git ls-files -z >../list");
}

fn write_stream(mut out: impl Write, shape: Shape) -> io::Result<()> {
    let names = Names::new(&mut Numbers::new(0));
    let paths = paths(&names, shape);
    let head = |branch: &str, from: Option<&str>| {
        let from = from.map(|from| format!("from {from}\n")).unwrap_or_default();
        format!(
            "commit refs/heads/{branch}\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata 1\nx\n{from}"
        )
    };
    let content = |at: usize| {
        let mut numbers = Numbers::new(1 + at as u64);
        let size = text::size(&mut numbers);
        text::file(&names, &mut numbers, size)
    };
    let put = |out: &mut dyn Write, at: usize, text: &str| {
        let mode = if at.is_multiple_of(200) { "100755" } else { "100644" };
        write!(out, "M {mode} inline {}\ndata {}\n{text}\n", paths[at], text.len())
    };
    write!(out, "{}", head("main", None))?;
    for at in 0..shape.files {
        put(&mut out, at, &content(at))?;
    }
    if !shape.history {
        return out.flush();
    }
    // The files of the wide folder come first.
    for (branch, commits, among) in [("series", SERIES, shape.files), ("wide", WIDE, shape.wide)] {
        let mut numbers = Numbers::new(u64::MAX / 2 + among as u64);
        for commit in 1..=commits {
            write!(out, "{}", head(branch, (commit == 1).then_some("refs/heads/main")))?;
            for _ in 0..CHANGED {
                let at = numbers.below(among);
                put(&mut out, at, &text::changed(&content(at), commit))?;
            }
        }
    }
    out.flush()
}

/// Returns where each file lies: those of the wide folder, then folders of one to sixty files in each other.
fn paths(names: &Names, shape: Shape) -> Vec<String> {
    let mut numbers = Numbers::new(u64::MAX / 2);
    let mut folders: Vec<(String, usize)> = vec![(String::new(), 0)];
    let mut taken = BTreeSet::from([WIDE_FOLDER.to_owned()]);
    let mut paths: Vec<String> =
        (0..shape.wide).map(|at| format!("{WIDE_FOLDER}/{}_{at}.rs", names.pick(&mut numbers))).collect();
    while paths.len() < shape.files {
        let (parent, depth) = loop {
            let (parent, depth) = &folders[numbers.below(folders.len())];
            if *depth < DEEPEST {
                break (parent.clone(), *depth);
            }
        };
        let folder = format!("{parent}{}/", fresh(&mut taken, &parent, "", names, &mut numbers));
        // One to sixty, each doubling equally likely.
        let (doubling, part) = (numbers.below(6), numbers.below(16));
        let count = (1 << doubling) + ((part << doubling) >> 4);
        for _ in 0..count.min(shape.files - paths.len()) {
            let name = fresh(&mut taken, &folder, ".rs", names, &mut numbers);
            paths.push(format!("{folder}{name}"));
        }
        folders.push((folder, depth + 1));
    }
    paths
}

/// Returns a name that nothing else in `folder` has.
fn fresh(
    taken: &mut BTreeSet<String>,
    folder: &str,
    ending: &str,
    names: &Names,
    numbers: &mut Numbers,
) -> String {
    loop {
        let name = format!("{}{ending}", names.pick(numbers));
        if taken.insert(format!("{folder}{name}")) {
            return name;
        }
    }
}
