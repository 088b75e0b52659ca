//! Runs every gate over a snapshot.
//!
//! Each distinct blob is read once, on a few threads; the findings come sorted, whatever the threads did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::content::Contents;
use super::excerpt::Excerpt;
use super::file::{self, Allowed, AllowedBy, AllowedCount, FileReport, Judge};
use super::link::Targets;
use super::open::Opened;
use super::rule::RuleSet;
use super::secret::{MAX_SIZE, too_large};
use super::suppress::{Answer, Key, SecretDigest, Suppression};
use super::{Error, collision, gitmodules, hostile, link, naming, oddity, path_gate};
use crate::base::{CancelToken, Timestamp, parallel_map};
use crate::config::{Governance, Policies};
use crate::git::{Entry, Error as GitError, Oddity, Snapshot};
use crate::model::{FileMode, Finding, ObjectId, RepoPath};

/// Which gates a scan asks: the pipeline asks them in two steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gates {
    /// Those over names and kinds of entries.
    Paths,
    /// Those over the content of files.
    Contents,
    /// All.
    All,
}

/// What to scan for, and where.
#[derive(Clone, Copy)]
pub struct ScanRequest<'a> {
    /// The policies whose secret patterns and naming rules hold.
    pub policies: &'a Policies,
    /// The rules that contents are searched with.
    pub rules: &'static RuleSet,
    /// The pipeline's narrative and question gates.
    pub governance: &'a Governance,
    /// Only what lies within is judged by content, patterns and naming; hostile entries count everywhere.
    pub project_root: &'a RepoPath,
    /// Which gates are asked.
    pub gates: Gates,
    /// Only these paths are judged; `None`: all. A collision counts when one of its sides is among them.
    pub only: Option<&'a BTreeSet<RepoPath>>,
    /// What was there before: a credential that it has at the same path is not found again.
    pub before: Option<&'a Snapshot>,
    /// The day on which entries of the allow-file hold.
    pub now: Timestamp,
    /// Names what is found for an allow-file with this key: then all is listed, and no such file lets anything through.
    pub key: Option<Key>,
    /// Threads, at least one.
    pub jobs: usize,
    /// Looked at between files.
    pub cancel: &'a CancelToken,
}

/// What a scan saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// What was found, sorted.
    pub findings: Vec<Finding>,
    /// Files whose content was searched.
    pub scanned: u64,
    /// Files whose content was not searched, or not all of it, and why; sorted.
    pub skipped: Vec<(RepoPath, String)>,
    /// Bytes of the distinct contents that were searched.
    pub bytes: u64,
    /// What was found and let through, sorted; of many in one file some.
    pub allowed: Vec<Allowed>,
    /// How many were let through.
    pub allowed_count: AllowedCount,
    /// The lines of findings, by their ids.
    pub excerpts: BTreeMap<String, Excerpt>,
    /// What the allow-file would call secrets, by the ids of findings; where a key was given.
    pub digests: BTreeMap<String, SecretDigest>,
}

impl ScanReport {
    /// Takes over what was found in a file.
    pub(super) fn take(&mut self, file: FileReport) {
        self.findings.extend(file.findings);
        self.allowed.extend(file.allowed);
        self.allowed_count.add(file.count);
        self.excerpts.extend(file.excerpts);
        self.digests.extend(file.digests);
    }

    /// Gives ids to findings that no content has, and leaves out what the allow-file lets through.
    pub(super) fn settle(&mut self, suppression: &Suppression<'_>) -> Result<(), Error> {
        self.findings.sort();
        // The git room and the name rules may say the same about one entry.
        self.findings.dedup_by(|a, b| {
            (&a.path, a.span, &a.rule, &a.message) == (&b.path, b.span, &b.rule, &b.message)
        });
        let mut numbers: BTreeMap<(String, RepoPath), u32> = BTreeMap::new();
        let mut stay = Vec::with_capacity(self.findings.len());
        for mut finding in std::mem::take(&mut self.findings) {
            if finding.id.is_some() {
                stay.push(finding);
                continue;
            }
            let number = numbers.entry((finding.rule.clone(), finding.path.clone())).or_default();
            finding.id = Some(file::id_of(&finding.rule, &finding.path, None, *number));
            *number += 1;
            match suppression.at(&finding.path)?.answer(&finding.rule, None) {
                Answer::Allowed(entry) => {
                    self.allowed_count.file += 1;
                    let reason = entry.reason.clone();
                    self.allowed.push(Allowed { finding, by: AllowedBy::File, reason });
                }
                Answer::Expired(until) => {
                    finding.why = Some(format!("it was allowed until {until}"));
                    stay.push(finding);
                }
                Answer::Nothing => stay.push(finding),
            }
        }
        self.findings = stay;
        self.allowed.sort();
        self.skipped.sort();
        Ok(())
    }
}

/// Scans `snapshot`.
///
/// # Errors
/// When an object cannot be read, or the user asks to stop. Nothing is passed over in silence.
pub fn scan(snapshot: &Snapshot, request: &ScanRequest<'_>) -> Result<ScanReport, Error> {
    let packs = OnceLock::new();
    let packs = || packs.get_or_init(|| snapshot.packs()).as_ref();
    let tree = Tree {
        entries: snapshot.entries(),
        oddities: snapshot.oddities(),
        unlisted: snapshot.unlisted(),
        read: &|entry| snapshot.read(entry),
        size: &|entry| snapshot.size(entry),
        order: &|groups| {
            if groups.len() > FEW {
                snapshot.sort_as_stored(groups, packs(), |group| group[0]);
            }
        },
        reader: &|count| {
            let mut reader = snapshot.reader(if count > FEW { packs() } else { None });
            Box::new(move |entry, buffer| reader.read_within(entry, MAX_SIZE, buffer))
        },
    };
    let suppression = match request.key {
        Some(_) => Suppression::none(),
        None => Suppression::of_snapshot(snapshot, request.now),
    };
    scan_tree(&tree, request, &suppression)
}

/// What the gates need of a snapshot.
struct Tree<'a> {
    entries: &'a [Entry],
    oddities: &'a [Oddity],
    /// Directories beside what is judged, of which the name alone is known.
    unlisted: &'a [RepoPath],
    read: &'a (dyn Fn(&Entry) -> Result<Vec<u8>, GitError> + Sync),
    size: &'a (dyn Fn(&Entry) -> Result<u64, GitError> + Sync),
    /// Puts many into the order in which they are read soonest.
    order: &'a (dyn Fn(&mut [Vec<&Entry>]) + Sync),
    /// Makes what one thread reads so many contents with.
    reader: &'a (dyn Fn(usize) -> Reader<'a> + Sync),
}

/// Fills a buffer with a content, and says whether it is small enough to be searched.
type Reader<'a> = Box<dyn FnMut(&Entry, &mut Vec<u8>) -> Result<bool, GitError> + 'a>;

/// So few contents are read sooner than packs are looked through.
const FEW: usize = 32;

/// So few contents are searched sooner by one thread: several get in each other's way where memory is mapped.
pub const ALONE: usize = if cfg!(test) { 0 } else { 2048 };

fn scan_tree(
    tree: &Tree<'_>,
    request: &ScanRequest<'_>,
    suppression: &Suppression<'_>,
) -> Result<ScanReport, Error> {
    let wanted = |path: &RepoPath| request.only.is_none_or(|only| only.contains(path));
    let chosen: Vec<&Entry> = tree.entries.iter().filter(|entry| wanted(&entry.path)).collect();
    let inside: Vec<&Entry> =
        chosen.iter().copied().filter(|entry| entry.path.is_within(request.project_root)).collect();
    let mut report = ScanReport::default();
    if request.gates != Gates::Contents {
        report.findings.extend(odd(tree.oddities, request.only));
        report.findings.extend(hostile::check(chosen.iter().copied()));
        report.findings.extend(collision::check(tree.entries, tree.unlisted, wanted));
        report.findings.extend(links(tree, &chosen)?);
        report.findings.extend(path_gate::check(request.governance, inside.iter().map(|entry| &entry.path)));
        for entry in inside.iter().filter(|entry| entry.mode != FileMode::Gitlink) {
            naming::check(&request.policies.naming, &entry.path, &mut report.findings);
        }
    }
    if request.gates != Gates::Paths {
        search_contents(tree, request, suppression, &inside, &mut report)?;
    }
    report.settle(suppression)?;
    if request.only.is_none() && request.before.is_none() {
        let (contents, paths) = (request.gates != Gates::Paths, request.gates != Gates::Contents);
        let asks = |rule: &str| request.rules.may_find(rule);
        report.findings.extend(suppression.remarks(contents, paths, &asks)?);
        report.findings.sort();
    }
    Ok(report)
}

/// Returns the malformed entries at, above or below a wanted path.
fn odd(oddities: &[Oddity], only: Option<&BTreeSet<RepoPath>>) -> Vec<Finding> {
    let touches = |path: &RepoPath| {
        only.is_none_or(|only| only.iter().any(|one| one.is_within(path) || path.is_within(one)))
    };
    oddities.iter().filter(|oddity| touches(&oddity.path)).map(oddity::describe).collect()
}

/// Judges links by the targets of all links, and `.gitmodules` by its text.
fn links(tree: &Tree<'_>, chosen: &[&Entry]) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if chosen.iter().any(|entry| entry.mode == FileMode::Symlink) {
        let mut targets = Targets::new();
        for entry in tree.entries.iter().filter(|entry| entry.mode == FileMode::Symlink) {
            targets.insert(entry.path.clone(), (tree.read)(entry)?);
        }
        let links = chosen.iter().filter(|entry| entry.mode == FileMode::Symlink);
        findings.extend(links.filter_map(|entry| link::check(&entry.path, &targets)));
    }
    for entry in chosen {
        findings.extend(gitmodules::check_link(entry));
        if entry.mode.is_file()
            && entry.path == RepoPath::from(".gitmodules")
            && (tree.size)(entry)? <= MAX_SIZE
        {
            findings.extend(gitmodules::check_text(&entry.path, &(tree.read)(entry)?));
        }
    }
    Ok(findings)
}

/// What became of one distinct content.
enum Content {
    /// Also says what of it was not.
    Searched {
        bytes: u64,
        files: Vec<FileReport>,
        missed: Option<String>,
    },
    Skipped(String),
}

fn search_contents(
    tree: &Tree<'_>,
    request: &ScanRequest<'_>,
    suppression: &Suppression<'_>,
    inside: &[&Entry],
    report: &mut ScanReport,
) -> Result<(), Error> {
    let contents = Contents::of(request.rules, &request.policies.filesystem.forbid_secret_patterns);
    let judge = Judge { key: request.key, ..Judge::new(&contents, suppression) };
    let is_new = |entry: &&Entry| {
        let old = request.before.and_then(|before| before.get(&entry.path));
        old.is_none_or(|old| old.id.is_null() || (old.id, old.mode.is_file()) != (entry.id, true))
    };
    let files = inside.iter().copied().filter(|entry| entry.mode.is_file());
    judge.by_paths(files.clone(), request.before, report)?;
    let mut groups = distinct(files.filter(is_new));
    (tree.order)(&mut groups);
    let searched = parallel_map(
        &groups,
        if groups.len() > ALONE { request.jobs } else { 1 },
        || ((tree.reader)(groups.len()), Vec::new()),
        |(read, buffer), group| search(tree, request, &judge, group, (read, buffer)),
    );
    for (group, content) in groups.iter().zip(searched) {
        match content? {
            Content::Searched { bytes, files, missed } => {
                report.bytes += bytes;
                report.scanned += group.len() as u64;
                let missed = missed.iter().flat_map(|missed| group.iter().map(move |entry| (entry, missed)));
                report.skipped.extend(missed.map(|(entry, missed)| (entry.path.clone(), missed.clone())));
                files.into_iter().for_each(|file| report.take(file));
            }
            Content::Skipped(why) => {
                report.skipped.extend(group.iter().map(|entry| (entry.path.clone(), why.clone())));
            }
        }
    }
    Ok(())
}

/// Returns the marks of what a file had before; none when there was no file, or one too large to search.
///
/// What was there is left out before findings are counted, so that many old ones hide no new one.
fn known(contents: &Contents, before: &Snapshot, path: &RepoPath) -> Result<BTreeSet<u64>, Error> {
    let Some(old) = before.get(path).filter(|old| old.mode.is_file()) else { return Ok(BTreeSet::new()) };
    if before.size(old)? > MAX_SIZE {
        return Ok(BTreeSet::new());
    }
    Ok(contents.marks_of_all(&before.read(old)?, path).0)
}

/// Groups entries with the same content, in the order of their first paths.
fn distinct<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<Vec<&'a Entry>> {
    let mut groups: Vec<Vec<&Entry>> = Vec::new();
    let mut place: BTreeMap<ObjectId, usize> = BTreeMap::new();
    for entry in entries {
        let next = groups.len();
        // A null name stands for no content, so two of them have nothing in common.
        let index = if entry.id.is_null() { next } else { *place.entry(entry.id).or_insert(next) };
        match groups.get_mut(index) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups
}

/// Searches one content, and tells what it holds at each of its paths.
fn search(
    tree: &Tree<'_>,
    request: &ScanRequest<'_>,
    judge: &Judge<'_>,
    group: &[&Entry],
    (read, content): (&mut Reader<'_>, &mut Vec<u8>),
) -> Result<Content, Error> {
    let entry = group[0];
    if request.cancel.is_cancelled() {
        return Err(Error::Interrupted);
    }
    if tree.oddities.iter().any(|oddity| oddity.path == entry.path) {
        return Ok(Content::Skipped("malformed entry".to_owned()));
    }
    if !read(entry, content)? {
        return Ok(Content::Skipped(too_large()));
    }
    let (mut files, mut missed) = (Vec::new(), None);
    // What a file is called says how it is read: it is searched once for each kind of path where nothing is found.
    let kinds = (group.len() > 1).then(|| judge.contents.path_kinds());
    let mut clean = BTreeSet::new();
    for entry in group {
        let kind = kinds.as_ref().map(|kinds| kinds.of(entry.path.as_bytes()));
        if clean.contains(&kind) {
            continue;
        }
        let known = || {
            request.before.map_or(Ok(BTreeSet::new()), |before| known(judge.contents, before, &entry.path))
        };
        let (file, opened) = judge.open(&entry.path, content, known)?;
        match opened {
            Opened::Not(why) => return Ok(Content::Skipped(why)),
            Opened::Partly(why) => missed = Some(why),
            Opened::Whole => {}
        }
        match file {
            Some(file) => files.push(file),
            None => drop(clean.insert(kind)),
        }
    }
    Ok(Content::Searched { bytes: content.len() as u64, files, missed })
}

#[cfg(test)]
mod tests;
