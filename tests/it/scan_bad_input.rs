//! What a scan makes of contents that nobody means well with, through the real binary: time and memory are bounded, and what
//! is not searched is named.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::sandbox::Sandbox;

/// Put together, so that none stands here.
const PASSWORD: &str = concat!("hunt", "er2", "Zq");

fn assignment() -> String {
    format!("db_password = \"{PASSWORD}\"\n")
}

/// Scans the working tree; returns the report. Nothing of the secret may be in it.
fn scanned(sandbox: &Sandbox) -> Value {
    let outcome = sandbox.iao("--format json scan --worktree");
    assert!(outcome.code < 2, "{outcome:?}");
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains(PASSWORD));
    outcome.json()
}

/// The paths of findings of secrets, and the messages.
fn secrets(report: &Value) -> Vec<(String, String)> {
    let findings = report["findings"].as_array().unwrap().iter();
    let secrets = findings.filter(|finding| finding["gate"] == "secret_detected");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    secrets.map(|finding| (text(&finding["path"]), text(&finding["message"]))).collect()
}

/// Why a file was not searched, or not all of it.
fn skipped(report: &Value, path: &str) -> Option<String> {
    let skipped = report["scan"]["skipped"].as_array().unwrap();
    let why = skipped.iter().find(|skipped| skipped["path"] == path)?;
    Some(why["why"].as_str().unwrap().to_owned())
}

/// A member of a zip archive, stored, and what the flags of its headers say.
fn zip(name: &str, bytes: &[u8], flags: u16) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_le_bytes();
    let head = [&[20, 0][..], &flags.to_le_bytes(), &[0; 10], &length, &length].concat();
    let name_length = [u8::try_from(name.len()).unwrap(), 0, 0, 0];
    let file = [b"PK\x03\x04", &head[..], &name_length, name.as_bytes(), bytes].concat();
    let entry = [b"PK\x01\x02\x14\0", &head[..], &name_length, &[0; 14], name.as_bytes()].concat();
    let sizes =
        [u32::try_from(entry.len()).unwrap(), u32::try_from(file.len()).unwrap()].map(u32::to_le_bytes);
    let last = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..], &sizes.concat(), &[0, 0]].concat();
    [file, entry, last].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![
        0;
        libdeflater::Compressor::new(libdeflater::CompressionLvl::best())
            .gzip_compress_bound(bytes.len())
    ];
    let length = libdeflater::Compressor::new(libdeflater::CompressionLvl::best())
        .gzip_compress(bytes, &mut packed)
        .unwrap();
    packed.truncate(length);
    packed
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

/// How large to make something, where the environment says so.
fn size(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
fn every_way_to_write_a_text_is_read() {
    let sandbox = Sandbox::new();
    let text = assignment();
    sandbox.put("little.ps1", utf16(&format!("\u{feff}{text}"), u16::to_le_bytes));
    sandbox.put("big.reg", utf16(&format!("\u{feff}{text}"), u16::to_be_bytes));
    sandbox.put("unmarked.txt", utf16(&text, u16::to_le_bytes));
    sandbox.put("utf8.py", format!("\u{feff}{text}"));
    sandbox.put("latin1.py", [b"# na\xefve \xff\xfe\n", text.as_bytes(), b"\xc3\x28\n"].concat());
    sandbox.put("encoded.js", format!("atob('{}')\n", STANDARD.encode(&text)));
    sandbox.put("packed.zip", zip("a/b.env", text.as_bytes(), 0));
    sandbox.put("dump.sql.gz", gzip(text.as_bytes()));
    sandbox.put("binary.bin", [b"\0\x01\x02", text.as_bytes()].concat());
    let report = scanned(&sandbox);
    let paths: Vec<String> = secrets(&report).into_iter().map(|(path, _)| path).collect();
    let expected = [
        "big.reg",
        "dump.sql.gz",
        "encoded.js",
        "latin1.py",
        "little.ps1",
        "packed.zip",
        "unmarked.txt",
        "utf8.py",
    ];
    assert_eq!(paths, expected);
    assert_eq!(skipped(&report, "binary.bin").as_deref(), Some("binary"));
    let messages = secrets(&report);
    assert!(messages[1].1.ends_with("it is in member `dump.sql`, line 1, column 16"), "{}", messages[1].1);
    assert!(messages[2].1.ends_with("it is written in base64"), "{}", messages[2].1);
}

#[test]
fn what_is_staged_is_compared_with_what_head_has_packed() {
    let sandbox = Sandbox::new().file("a.zip", zip("a.env", assignment().as_bytes(), 0)).commit("packed");
    sandbox.put("a.zip", zip("b/a.env", format!("x = 1\n{}", assignment()).as_bytes(), 0));
    sandbox.git(&["add", "a.zip"]);
    sandbox.iao("scan --staged").exits(0);
    sandbox.put("b.zip", zip("b.env", assignment().as_bytes(), 0));
    sandbox.git(&["add", "b.zip"]);
    assert_eq!(secrets(&sandbox.iao("--json scan --staged").json()).len(), 1);
}

#[test]
fn bombs_and_broken_archives_are_listed_with_their_reasons() {
    let sandbox = Sandbox::new();
    let bomb = gzip(&vec![b'0'; 15 << 20]);
    sandbox.put("bomb.gz", &bomb);
    sandbox.put("twice.gz", gzip(&gzip(&vec![b'0'; 15 << 20])));
    let mut deep = assignment().into_bytes();
    for _ in 0..100 {
        deep = zip("deeper.zip", &deep, 0);
    }
    sandbox.put("deep.zip", &deep);
    sandbox.put("encrypted.zip", zip("a.env", assignment().as_bytes(), 1));
    let whole = gzip(assignment().as_bytes());
    sandbox.put("cut.gz", &whole[..whole.len() - 12]);
    sandbox.put("lies.zip", {
        let mut archive = zip("a", b"text", 0);
        archive[18..22].fill(0xff);
        let at = archive.len() - 22 - 47;
        archive[at + 20..at + 24].fill(0x7f);
        archive
    });
    let began = Instant::now();
    let report = scanned(&sandbox);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    for (path, why) in [
        ("bomb.gz", "unpacks to more than 100 times its size"),
        ("twice.gz", "unpacks to more than 100 times its size"),
        ("deep.zip", "lies in more than 4 archives"),
        ("encrypted.zip", "member `a.env` is encrypted"),
        ("cut.gz", "is damaged or cut off"),
        ("lies.zip", "member `a` is not in the archive"),
    ] {
        let told = skipped(&report, path).unwrap_or_default();
        assert!(told.contains(why), "{path}: {told}");
    }
}

#[test]
fn one_line_of_many_megabytes_costs_what_its_length_does() {
    let sandbox = Sandbox::new();
    let length = size("IAO_SCAN_LINE_MIB", 1) << 20;
    let text = format!("{} ", assignment().trim_end());
    sandbox.put("secrets.js", text.repeat((length) / text.len()));
    sandbox.put("base64.txt", STANDARD.encode(text.repeat((length) / text.len())));
    let mut nested = text.into_bytes();
    while nested.len() < length {
        nested = STANDARD.encode(nested.repeat(2)).into_bytes();
    }
    sandbox.put("nested.txt", &nested);
    sandbox.put("percent.txt", "%3d%22%70".repeat((length) / 9));
    sandbox.put("letters.txt", "A".repeat(length));
    sandbox.put("mixed.txt", "aA0+/-_=".repeat((length) / 8));
    let began = Instant::now();
    let paths: Vec<String> = secrets(&scanned(&sandbox)).into_iter().map(|(path, _)| path).collect();
    // Without optimization, on a busy machine.
    assert!(began.elapsed() < Duration::from_secs(120), "{:?}", began.elapsed());
    assert!(paths.iter().any(|path| path == "secrets.js") && paths.iter().any(|path| path == "base64.txt"));
}

#[test]
fn a_blob_that_is_too_large_is_listed_and_never_read() {
    let sandbox = Sandbox::new();
    let mebibytes = size("IAO_SCAN_BLOB_MIB", 64);
    fs::File::create(sandbox.path().join("large.bin")).unwrap().set_len((mebibytes << 20) as u64).unwrap();
    sandbox.put("large.txt", assignment().repeat((50 << 20) / assignment().len()));
    for arguments in ["--json scan --worktree", "--json scan"] {
        let (outcome, kibibytes) = sandbox.iao_measured(arguments);
        let report = outcome.exits(0).json();
        for path in ["large.bin", "large.txt"] {
            assert_eq!(skipped(&report, path).as_deref(), Some("larger than 16 MiB"), "{path}");
        }
        assert!(kibibytes < 256 << 10, "{kibibytes} KiB");
        println!("{arguments}: {mebibytes} MiB and 50 MiB left out, {} MiB of memory", kibibytes >> 10);
        sandbox.git(&["-c", "core.bigFileThreshold=1m", "-c", "core.compression=1", "add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--allow-empty", "--message", "large"]);
    }
}

#[test]
fn many_files_are_read_each() {
    let sandbox = Sandbox::new();
    let count = size("IAO_SCAN_FILES", 2_000);
    let mut commands =
        String::from("commit refs/heads/main\ncommitter a <a@example.org> 1700000000 +0000\ndata 1\nx\n");
    for number in 0..count {
        let text = if number + 1 == count { assignment() } else { format!("number = {number}\n") };
        write!(commands, "M 100644 inline {}/{number}.py\ndata {}\n{text}\n", number % 100, text.len())
            .unwrap();
    }
    sandbox.put("import", commands);
    let import = fs::File::open(sandbox.path().join("import")).unwrap();
    let status = std::process::Command::new("git")
        .args(["fast-import", "--quiet", "--force"])
        .current_dir(sandbox.path())
        .stdin(import)
        .status();
    assert!(status.unwrap().success());
    let began = Instant::now();
    let report = sandbox.iao("--json scan").json();
    assert_eq!(report["scan"]["scanned"], count);
    assert_eq!(secrets(&report).len(), 1);
    println!("{count} files in {:?}", began.elapsed());
}

#[test]
fn rules_that_are_hard_to_match_are_refused_or_tried_in_time() {
    let sandbox = Sandbox::without_repository();
    let file = sandbox.beside("rules.toml");
    let path = file.to_str().unwrap();
    let began = Instant::now();
    // Patterns that take an engine which goes back a time that doubles with each letter, and one without a keyword.
    let rule = |id: &str, regex: &str, keywords: &str| {
        format!("[[rules]]\nid = '{id}'\nregex = '''{regex}'''\n{keywords}\n")
    };
    let rules = [
        rule("nested", "(x+x+)+y", "keywords = ['x']"),
        rule("choice", "(a|aa|aaa)+b[0-9]{4}", "keywords = ['b']"),
        rule("words", r"tok(\w+\s?)*!", "keywords = ['tok']"),
        rule("bare", "bare_[a-z]{8}", ""),
    ];
    fs::write(&file, rules.concat()).unwrap();
    let tried = sandbox.iao(&format!("rules test {path}"));
    assert!(tried.code < 2, "{tried:?}");
    for (regex, why) in [
        ("((a{1,100}){1,100}){1,100}", "would take more than 16 MiB"),
        ("(?P<x", "rules.toml:3:9"),
        (r"(a)\1", "rules.toml:3:9"),
        (r"(?=a)b", "rules.toml:3:9"),
    ] {
        fs::write(&file, rule("no", regex, "keywords = ['a']")).unwrap();
        sandbox.iao(&format!("rules test {path}")).refuses(&[why]);
    }
    fs::write(&file, rule("deep", &format!("{}a{}", "(".repeat(5000), ")".repeat(5000)), "")).unwrap();
    sandbox.iao(&format!("rules test {path}")).refuses(&["rules.toml:3:9"]);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
