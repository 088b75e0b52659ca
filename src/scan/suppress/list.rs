//! The allow-file as a whole: a header with its key, then one entry a line.
//!
//! What cannot be read is a fault with its place, never passed over: a gate that ignores half of the file is no gate.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Entry, Key, SecretDigest};
use crate::base::{Date, canonical};
use crate::model::{Glob, RepoPath};
use crate::scan::Error;

/// Where it lies, from the top of the repository.
pub const ALLOW_FILE: &str = "configs/indestructibleautoops.allow.jsonl";

/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

#[derive(Debug, Serialize, Deserialize)]
enum Schema {
    #[serde(rename = "iao/allow/v1")]
    V1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    // Not called a key or a secret, as scanners take what such a name has for one.
    nonce: Key,
    schema: Schema,
}

/// What a repository lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowList {
    /// What its secrets are named with.
    pub key: Key,
    /// The entries, each with its line, from 1.
    entries: Vec<(usize, Entry)>,
}

impl AllowList {
    /// Makes an empty list with a key of its own.
    #[must_use]
    pub fn empty() -> Self {
        Self { key: Key::fresh(), entries: Vec::new() }
    }

    /// Returns the entries with their lines, from 1.
    #[must_use]
    pub fn entries(&self) -> &[(usize, Entry)] {
        &self.entries
    }

    /// Reads the file's bytes. Any JSON that says the same is read, in any order of entries; line ends may be those of DOS.
    ///
    /// # Errors
    /// File, line and column of the first fault.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        Self::check_size(bytes.len() as u64)?;
        let mut key = None;
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some(_) = key else {
                key = Some(parse::<Header>(number, line)?.nonce);
                continue;
            };
            if line.trim_ascii().is_empty() {
                continue;
            }
            let entry: Entry = parse(number, line)?;
            if let Err((field, what)) = entry.check() {
                return Err(fault(number, column_of(line, field), what.to_owned()));
            }
            entries.push((number, entry));
        }
        let key = key.ok_or_else(|| fault(1, 1, NO_HEADER.to_owned()))?;
        Ok(Self { key, entries })
    }

    /// Says whether so many bytes are read at all.
    ///
    /// # Errors
    /// When they are more than any such file has.
    pub fn check_size(size: u64) -> Result<(), Error> {
        if size > LARGEST { Err(fault(1, 1, format!("larger than {} MiB", LARGEST >> 20))) } else { Ok(()) }
    }

    /// Returns what is said when a link or something else stands in the file's place.
    #[must_use]
    pub fn no_file() -> Error {
        fault(1, 1, "a link, or no plain file, stands there".to_owned())
    }

    /// Adds entries; one for the same rule, secret and path takes the place of what was there.
    pub fn add(&mut self, new: impl IntoIterator<Item = Entry>) {
        for entry in new {
            let same = |other: &Entry| {
                (&other.rule, &other.path, other.digest) == (&entry.rule, &entry.path, entry.digest)
            };
            self.entries.retain(|(_, other)| !same(other));
            self.entries.push((0, entry));
        }
    }

    /// Says whether an entry lets a finding through on a day.
    #[must_use]
    pub fn allows(&self, rule: &str, path: &RepoPath, digest: Option<SecretDigest>, today: Date) -> bool {
        let is_for = |entry: &Entry| {
            entry.rule == rule
                && entry.digest == digest
                && !entry.is_expired(today)
                && entry.pattern().is_some_and(|pattern| Glob::new(&pattern).matches(path))
        };
        self.entries.iter().any(|(_, entry)| is_for(entry))
    }

    /// Returns the bytes of the file: the header, then the entries, sorted, one canonical line each.
    ///
    /// # Panics
    /// Never: texts have a canonical form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = line_of(&Header { nonce: self.key, schema: Schema::V1 });
        let entries: BTreeSet<&Entry> = self.entries.iter().map(|(_, entry)| entry).collect();
        for entry in entries {
            bytes.extend(line_of(entry));
        }
        bytes
    }
}

/// Returns one line of the file.
fn line_of<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = canonical::to_vec(value).expect("texts have a canonical form");
    bytes.push(b'\n');
    bytes
}

const NO_HEADER: &str =
    "the first line is no header, `{\"nonce\":\"<32 hex digits>\",\"schema\":\"iao/allow/v1\"}`";

/// Reads a line; a fault quotes no value of it.
fn parse<'a, T: Deserialize<'a>>(number: usize, line: &'a [u8]) -> Result<T, Error> {
    serde_json::from_slice(line).map_err(|error| {
        let conflict = [&b"<<<<<<<"[..], b"=======", b">>>>>>>", b"|||||||"];
        let what = if conflict.iter().any(|mark| line.starts_with(mark)) {
            "a conflict of a merge stands here: keep the entries of both sides, and one header".to_owned()
        } else if number == 1 {
            NO_HEADER.to_owned()
        } else {
            // serde says where as well; the line is ours to count.
            let said = error.to_string();
            said.rfind(" at line ").map_or(said.clone(), |at| said[..at].to_owned())
        };
        fault(number, error.column().max(1), what)
    })
}

/// Returns the column, from 1, at which the value of a field begins, or the line.
fn column_of(line: &[u8], field: &str) -> usize {
    let name = format!("\"{field}\"");
    memchr::memmem::find(line, name.as_bytes()).map_or(1, |at| at + 1)
}

fn fault(line: usize, column: usize, what: String) -> Error {
    Error::Allow { file: ALLOW_FILE, line, column, what }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = r#"{"nonce":"000102030405060708090a0b0c0d0e0f","schema":"iao/allow/v1"}"#;
    const ENTRY: &str = r#"{"path":"a.weird","reason":"ours","rule":"naming.extension"}"#;

    fn place(text: &str) -> (usize, usize, String) {
        match AllowList::read(text.as_bytes()) {
            Err(Error::Allow { line, column, what, .. }) => (line, column, what),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_is_written_reads_back_sorted_and_one_entry_a_line() {
        let mut list = AllowList::empty();
        let entry = |path: &str, rule: &str| Entry {
            path: path.into(),
            rule: rule.into(),
            digest: rule.starts_with("secret.").then(|| list.key.digest(rule, b"value")),
            until: "2026-12-31".parse().ok(),
            reason: "a \"quoted\" reason".into(),
        };
        let entries = [entry("b", "secret.x"), entry("a", "naming.extension"), entry("b", "secret.x")];
        list.add(entries.clone());
        let bytes = list.to_bytes();
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 3);
        let read = AllowList::read(&bytes).unwrap();
        assert_eq!(read.key, list.key);
        assert_eq!(read.entries(), [(2, entries[1].clone()), (3, entries[0].clone())]);
        assert_eq!(read.to_bytes(), bytes);
    }

    #[test]
    fn a_later_entry_for_the_same_takes_the_place_of_the_earlier() {
        let mut list = AllowList::read(format!("{HEADER}\r\n{ENTRY}\r\n\r\n").as_bytes()).unwrap();
        let mut entry = list.entries()[0].1.clone();
        entry.reason = "still ours".to_owned();
        list.add([entry.clone()]);
        assert_eq!(list.entries(), [(0, entry)]);
    }

    #[test]
    fn faults_are_told_with_their_places() {
        assert_eq!(place("").0, 1);
        assert!(place(ENTRY).2.contains("header"));
        assert_eq!(place(&format!("{HEADER}\n{ENTRY}\n{{\"path\":1}}")).0, 3);
        let (line, column, what) = place(&format!("{HEADER}\n{}", ENTRY.replace("ours", " ")));
        assert_eq!((line, column), (2, 19), "{what}");
        for (from, to, said) in [
            ("naming.extension", "secret.x", "digest"),
            ("a.weird", "a%zz", "path"),
            ("}", ",\"until\":\"2026-02-30\"}", "YYYY-MM-DD"),
            ("}", ",\"line\":7}", "line"),
            ("}", ",\"reason\":\"twice\"}", "reason"),
            ("}", ",\"digest\":\"abc\"}", "hex"),
        ] {
            let (line, _, what) = place(&format!("{HEADER}\n{}", ENTRY.replace(from, to)));
            assert_eq!(line, 2);
            assert!(what.contains(said), "{to}: {what}");
        }
        assert!(place(&format!("{HEADER}\n<<<<<<< HEAD\n{ENTRY}")).2.contains("merge"));
        assert!(AllowList::read(&vec![b' '; 1 + LARGEST as usize]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..80), after in ".{0,80}") {
            let _ = AllowList::read(&bytes);
            let _ = AllowList::read(format!("{HEADER}\n{after}").as_bytes());
        }

        #[test]
        fn every_cut_of_a_file_is_read_or_refused_at_a_place_within_it(cut in 0_usize..160) {
            let text = format!("{HEADER}\n{ENTRY}\n");
            let cut = &text[..cut.min(text.len())];
            if let Err(Error::Allow { line, .. }) = AllowList::read(cut.as_bytes()) {
                prop_assert!(line <= cut.lines().count().max(1));
            }
        }
    }
}
