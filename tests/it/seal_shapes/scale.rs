//! Many seals in one repository, and one file that no memory should hold.
//!
//! `IAO_SEALS` and `IAO_BLOB_MIB` make these as large as somebody has time for; figures go to stderr.

use std::fs;
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::shape::Shape;
use crate::sandbox::Sandbox;

/// A size from the environment, or the one that every run of the tests has time for.
fn size(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// Tells a figure; the test runner shows it with `--nocapture`.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Bytes of all files below the object store.
fn store_bytes(shape: &Shape<'_>) -> u64 {
    shape.object_files().iter().map(|path| fs::metadata(path).unwrap().len()).sum()
}

#[test]
fn many_seals_in_a_row() {
    let count = size("IAO_SEALS", 300);
    let sandbox = Sandbox::python();
    let shape = Shape::of(&sandbox);
    let (mut spent, mut since) = (Duration::ZERO, 0);
    for number in 1..=count {
        sandbox.put(format!("src/part{}.py", number % 50), format!("x = {number}\n"));
        sandbox.commit_all(&format!("commit {number}"));
        let started = Instant::now();
        sandbox.iao("seal").exits(0);
        spent += started.elapsed();
        since += 1;
        let power = [10, 100, 300, 1_000, 3_000, 10_000].contains(&number);
        if power || number == count {
            let (loose, packed, packs) = shape.objects();
            let (each, bytes) = (spent.as_secs_f64() * 1e3 / f64::from(since), store_bytes(&shape));
            tell(&format!(
                "{number:6} seals: {each:7.1} ms each lately, {bytes:11} bytes of objects, {loose} loose, {packed} in {packs} packs"
            ));
            (spent, since) = (Duration::ZERO, 0);
        }
    }
    for revision in ["HEAD".to_owned(), format!("HEAD~{}", count / 2), format!("HEAD~{}", count - 1)] {
        shape.holds(&revision);
    }
    let notes = sandbox.git(&["notes", "--ref=iao", "list"]).lines().count() as u64;
    let commits: u64 = sandbox.git(&["rev-list", "--count", "refs/iao/ledger"]).parse().unwrap();
    assert_eq!((notes, commits), (count, count), "one note and one ledger commit a seal");
    sandbox.iao("log --check").exits(0);
}

#[test]
fn a_big_blob_is_sealed_in_little_memory() {
    let mebibytes = size("IAO_BLOB_MIB", 40);
    let commands: &[&str] = if mebibytes > 40 { &["seal", "verify --seal"] } else { &["seal"] };
    let sandbox = Sandbox::new().file("small", "1").commit("first");
    let big = fs::File::create(sandbox.path().join("big.bin")).unwrap();
    big.set_len(mebibytes << 20).unwrap();
    let started = Instant::now();
    sandbox.git(&["-c", "core.compression=1", "-c", "core.bigFileThreshold=1m", "add", "big.bin"]);
    sandbox.git(&["commit", "--quiet", "--message", "big"]);
    tell(&format!("{mebibytes} MiB: git took {:.1} s", started.elapsed().as_secs_f64()));
    for command in commands {
        let started = Instant::now();
        let (outcome, peak) = sandbox.iao_measured(command);
        outcome.exits(0);
        let took = started.elapsed().as_secs_f64();
        tell(&format!("{mebibytes} MiB: `{command}` took {took:.1} s and at most {peak} KiB"));
        assert!(peak < 40 << 10, "`{command}` held {peak} KiB for a file of {mebibytes} MiB");
    }
}
