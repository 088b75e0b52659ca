//! Holds findings against the allow-file of the tree that is scanned.
//!
//! The file is read when the first finding asks for it, so that a scan that finds nothing does not pay for it. An entry
//! whose day is over lets nothing through.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{ALLOW_FILE, AllowList, Entry, Key};
use crate::base::{Date, Timestamp};
use crate::git::{Repository, Snapshot};
use crate::model::{Finding, Gate, Glob, ObjectId, RepoPath, Severity, Span};
use crate::scan::Error;

/// Reads the allow-file; `None`: there is none.
type Read<'a> = Box<dyn Fn() -> Result<Option<Vec<u8>>, Error> + Sync + 'a>;

/// What a scan lets through.
pub struct Suppression<'a> {
    read: Read<'a>,
    today: Date,
    file: OnceLock<Option<File>>,
}

/// The file, made ready to be asked.
struct File {
    list: AllowList,
    /// Entries by their path, where it is one.
    plain: BTreeMap<Vec<u8>, Vec<usize>>,
    /// Entries with a glob.
    globs: Vec<(Glob, usize)>,
    /// Which entries were for something.
    met: Vec<AtomicBool>,
}

/// The entries that are for one path.
pub(in crate::scan) struct HeldFile<'a> {
    file: Option<&'a File>,
    entries: Vec<usize>,
    today: Date,
}

/// What the file says of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Answer<'a> {
    /// Nothing.
    Nothing,
    /// It lets it through.
    Allowed(&'a Entry),
    /// It did, until this day.
    Expired(Date),
}

impl<'a> Suppression<'a> {
    /// Holds findings against what `read` returns, on the day of `now`.
    #[must_use]
    pub fn new(read: impl Fn() -> Result<Option<Vec<u8>>, Error> + Sync + 'a, now: Timestamp) -> Self {
        Self { read: Box::new(read), today: now.date(), file: OnceLock::new() }
    }

    /// Holds findings against the allow-file of a snapshot.
    #[must_use]
    pub fn of_snapshot(snapshot: &'a Snapshot, now: Timestamp) -> Self {
        let read = move || {
            let Some(entry) = snapshot.get(&RepoPath::from(ALLOW_FILE)) else { return Ok(None) };
            // What stands in the file's place is not taken for its absence.
            if !entry.mode.is_file() {
                return Err(AllowList::no_file());
            }
            AllowList::check_size(snapshot.size(entry)?)?;
            Ok(Some(snapshot.read(entry)?))
        };
        Self::new(read, now)
    }

    /// Holds findings against the allow-file of a tree; `None`: there is no tree, and no file.
    #[must_use]
    pub fn of_tree(repository: &'a Repository, tree: Option<ObjectId>, now: Timestamp) -> Self {
        let read = move || {
            let Some(tree) = tree else { return Ok(None) };
            match repository.lookup(tree, &RepoPath::from(ALLOW_FILE))? {
                Some((mode, id)) if mode.is_file() => {
                    AllowList::check_size(repository.blob_size(id)?)?;
                    Ok(Some(repository.blob(id)?))
                }
                Some(_) => Err(AllowList::no_file()),
                None => Ok(None),
            }
        };
        Self::new(read, now)
    }

    /// Lets everything be found.
    #[must_use]
    pub fn none() -> Self {
        Self::new(|| Ok(None), Timestamp::EPOCH)
    }

    /// Returns the entries for `path`.
    ///
    /// # Errors
    /// When the file cannot be read, or is malformed.
    pub(in crate::scan) fn at(&self, path: &RepoPath) -> Result<HeldFile<'_>, Error> {
        let file = self.file()?;
        let entries = file.map(|file| file.entries_for(path)).unwrap_or_default();
        Ok(HeldFile { file, entries, today: self.today })
    }

    /// Returns the key of the file; `None` when there is none.
    ///
    /// # Errors
    /// When the allow-file cannot be read, or is malformed.
    pub fn key(&self) -> Result<Option<Key>, Error> {
        Ok(self.file()?.map(|file| file.list.key))
    }

    /// Tells of the entries that expired, and of those that were for nothing, once all of a tree was looked at: those for
    /// content when `contents` were, those for names and tree entries when `paths` were. One is for nothing only where its rule
    /// `asks` for something.
    ///
    /// # Errors
    /// As for [`Self::at`].
    pub(in crate::scan) fn remarks(
        &self,
        contents: bool,
        paths: bool,
        asks: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Finding>, Error> {
        let Some(file) = self.file()? else { return Ok(Vec::new()) };
        let asked = |entry: &Entry| if entry.digest.is_some() { contents } else { paths };
        let entries = file.list.entries().iter().zip(&file.met).filter(|((_, entry), _)| asked(entry));
        let told = entries.filter_map(|((line, entry), met)| {
            let gate = entry.gate().unwrap_or(Gate::PolicyViolation);
            if let Some(until) = entry.until.filter(|_| entry.is_expired(self.today)) {
                let message = format!("the entry for `{}` at `{}` ended on {until}", entry.rule, entry.path);
                let help = "mend what it let through and take the line out, or set another day";
                return Some(remark(*line, gate, ("allow.expired", Severity::Warning), message, help));
            }
            let message = format!("the entry for `{}` at `{}` lets nothing through", entry.rule, entry.path);
            let help = "what it was for is gone: take the line out";
            (!met.load(Ordering::Relaxed) && asks(&entry.rule))
                .then(|| remark(*line, gate, ("allow.stale", Severity::Note), message, help))
        });
        Ok(told.collect())
    }

    fn file(&self) -> Result<Option<&File>, Error> {
        if let Some(file) = self.file.get() {
            return Ok(file.as_ref());
        }
        let file = match (self.read)()? {
            Some(bytes) => Some(File::new(AllowList::read(&bytes)?)),
            None => None,
        };
        Ok(self.file.get_or_init(|| file).as_ref())
    }
}

impl File {
    fn new(list: AllowList) -> Self {
        let (mut plain, mut globs) = (BTreeMap::<Vec<u8>, Vec<usize>>::new(), Vec::new());
        for (at, (_, entry)) in list.entries().iter().enumerate() {
            let pattern = entry.pattern().unwrap_or_default();
            if Glob::is_plain(&pattern) {
                plain.entry(pattern).or_default().push(at);
            } else {
                globs.push((Glob::new(&pattern), at));
            }
        }
        let met = list.entries().iter().map(|_| AtomicBool::new(false)).collect();
        Self { list, plain, globs, met }
    }

    fn entries_for(&self, path: &RepoPath) -> Vec<usize> {
        let plain = self.plain.get(path.as_bytes()).into_iter().flatten().copied();
        let globs = self.globs.iter().filter(|(glob, _)| glob.matches(path)).map(|(_, at)| *at);
        plain.chain(globs).collect()
    }
}

impl HeldFile<'_> {
    /// Says whether no entry is for this path.
    pub(in crate::scan) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Says what the file says of a finding of `rule` at this path; `secret` is what it found in the content, if anything.
    pub(in crate::scan) fn answer(&self, rule: &str, secret: Option<&[u8]>) -> Answer<'_> {
        let Some(file) = self.file else { return Answer::Nothing };
        let mut digest = None;
        let mut answer = Answer::Nothing;
        for at in &self.entries {
            let (_, entry) = &file.list.entries()[*at];
            if entry.rule != rule {
                continue;
            }
            // Slow on purpose, so once a finding, and only where an entry may be for it.
            let is_for = match (secret, entry.digest) {
                (None, None) => true,
                (Some(secret), Some(wanted)) => {
                    *digest.get_or_insert_with(|| file.list.key.digest(rule, secret)) == wanted
                }
                _ => false,
            };
            if !is_for {
                continue;
            }
            file.met[*at].store(true, Ordering::Relaxed);
            match (entry.until.filter(|_| entry.is_expired(self.today)), answer) {
                (None, Answer::Nothing | Answer::Expired(_)) => answer = Answer::Allowed(entry),
                (Some(until), Answer::Nothing) => answer = Answer::Expired(until),
                _ => {}
            }
        }
        answer
    }
}

fn remark(
    line: usize,
    gate: Gate,
    (rule, severity): (&str, Severity),
    message: String,
    help: &str,
) -> Finding {
    let line = u32::try_from(line).unwrap_or(u32::MAX);
    Finding {
        path: RepoPath::from(ALLOW_FILE),
        span: Some(Span { line, column: 1, length: 0 }),
        rule: rule.to_owned(),
        gate,
        severity,
        message,
        help: help.to_owned(),
        redacted: None,
        id: None,
        confidence: None,
        why: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    /// A list with a secret at `a/*.py` that holds through 2023-11-14, and a name without end.
    fn file() -> Vec<u8> {
        let mut list = AllowList::empty();
        let digest = Some(list.key.digest("secret.x", b"value"));
        let reason = "ours".to_owned();
        let until = "2023-11-14".parse().ok();
        list.add([
            Entry { path: "a/*.py".into(), rule: "secret.x".into(), digest, until, reason: reason.clone() },
            Entry {
                path: "b.weird".into(),
                rule: "naming.extension".into(),
                digest: None,
                until: None,
                reason,
            },
        ]);
        list.to_bytes()
    }

    #[test]
    fn an_entry_is_for_its_rule_its_path_and_its_secret() {
        let bytes = file();
        let held = Suppression::new(|| Ok(Some(bytes.clone())), day(1_700_000_000));
        let allowed = |path: &str, rule: &str, secret: Option<&[u8]>| {
            matches!(held.at(&path.into()).unwrap().answer(rule, secret), Answer::Allowed(_))
        };
        assert!(allowed("a/x.py", "secret.x", Some(b"value")));
        assert!(!allowed("a/x.py", "secret.x", Some(b"other")));
        assert!(!allowed("a/x.py", "secret.y", Some(b"value")));
        assert!(!allowed("a/b/x.py", "secret.x", Some(b"value")));
        assert!(!allowed("a/x.py", "secret.x", None));
        assert!(allowed("b.weird", "naming.extension", None));
        assert!(!allowed("b.weird", "naming.extension", Some(b"value")));
        assert!(held.remarks(true, true, &|_| true).unwrap().is_empty());
    }

    #[test]
    fn an_entry_whose_day_is_over_lets_nothing_through_and_is_told() {
        let bytes = file();
        let held = Suppression::new(|| Ok(Some(bytes.clone())), day(1_700_100_000));
        let at = held.at(&"a/x.py".into()).unwrap();
        assert_eq!(at.answer("secret.x", Some(b"value")), Answer::Expired("2023-11-14".parse().unwrap()));
        let told = |contents, paths| -> Vec<(String, u32)> {
            let remarks = held.remarks(contents, paths, &|_| true).unwrap();
            remarks.into_iter().map(|told| (told.rule, told.span.unwrap().line)).collect()
        };
        assert_eq!(told(true, true), [("allow.expired".to_owned(), 2), ("allow.stale".to_owned(), 3)]);
        assert_eq!(told(true, false), [("allow.expired".to_owned(), 2)]);
    }

    #[test]
    fn a_malformed_file_is_an_error_each_time_it_is_asked() {
        let held = Suppression::new(|| Ok(Some(b"{}".to_vec())), day(0));
        assert!(held.at(&"a".into()).is_err() && held.remarks(true, true, &|_| true).is_err());
        let none = Suppression::none();
        assert!(none.remarks(true, true, &|_| true).unwrap().is_empty() && none.key().unwrap().is_none());
    }
}
