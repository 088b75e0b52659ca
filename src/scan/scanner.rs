//! Runs every gate over a snapshot.
//!
//! Each distinct blob is read once, on a few threads; the findings come sorted, whatever the threads did.

use std::collections::{BTreeMap, BTreeSet};

use super::content::{Contents, Hit};
use super::link::Targets;
use super::secret::{self, MAX_SIZE, Pattern};
use super::{Error, collision, gitmodules, hostile, link, naming, oddity, path_gate, rule};
use crate::base::{CancelToken, parallel_map};
use crate::config::{Governance, Policies};
use crate::git::{Entry, Error as GitError, Oddity, Snapshot};
use crate::model::{FileMode, Finding, ObjectId, RepoPath, Span};

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
    /// Files whose content was not searched, and why; sorted.
    pub skipped: Vec<(RepoPath, String)>,
    /// Bytes of the distinct contents that were searched.
    pub bytes: u64,
}

/// Scans `snapshot`.
///
/// # Errors
/// When an object cannot be read, or the user asks to stop. Nothing is passed over in silence.
pub fn scan(snapshot: &Snapshot, request: &ScanRequest<'_>) -> Result<ScanReport, Error> {
    let tree = Tree {
        entries: snapshot.entries(),
        oddities: snapshot.oddities(),
        read: &|entry| snapshot.read(entry),
        size: &|entry| snapshot.size(entry),
    };
    scan_tree(&tree, request)
}

/// What the gates need of a snapshot.
struct Tree<'a> {
    entries: &'a [Entry],
    oddities: &'a [Oddity],
    read: &'a (dyn Fn(&Entry) -> Result<Vec<u8>, GitError> + Sync),
    size: &'a (dyn Fn(&Entry) -> Result<u64, GitError> + Sync),
}

fn scan_tree(tree: &Tree<'_>, request: &ScanRequest<'_>) -> Result<ScanReport, Error> {
    let wanted = |path: &RepoPath| request.only.is_none_or(|only| only.contains(path));
    let chosen: Vec<&Entry> = tree.entries.iter().filter(|entry| wanted(&entry.path)).collect();
    let inside: Vec<&Entry> =
        chosen.iter().copied().filter(|entry| entry.path.is_within(request.project_root)).collect();
    let mut report = ScanReport::default();
    if request.gates != Gates::Contents {
        report.findings.extend(odd(tree.oddities, request.only));
        report.findings.extend(hostile::check(chosen.iter().copied()));
        report.findings.extend(collision::check(tree.entries, wanted));
        report.findings.extend(links(tree, &chosen)?);
        report.findings.extend(path_gate::check(request.governance, inside.iter().map(|entry| &entry.path)));
        for entry in inside.iter().filter(|entry| entry.mode != FileMode::Gitlink) {
            naming::check(&request.policies.naming, &entry.path, &mut report.findings);
        }
    }
    if request.gates != Gates::Paths {
        search_contents(tree, request, &inside, &mut report)?;
    }
    report.findings.sort();
    // The git room and the name rules may say the same about one entry.
    report
        .findings
        .dedup_by(|a, b| (&a.path, a.span, &a.rule, &a.message) == (&b.path, b.span, &b.rule, &b.message));
    report.skipped.sort();
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
    Searched { bytes: u64, hits: Vec<Hit>, forbidden: Vec<secret::Hit> },
    Skipped(String),
}

fn search_contents(
    tree: &Tree<'_>,
    request: &ScanRequest<'_>,
    inside: &[&Entry],
    report: &mut ScanReport,
) -> Result<(), Error> {
    let patterns = secret::patterns(&request.policies.filesystem.forbid_secret_patterns);
    let set = rule::built_in();
    let contents = Contents::new(&set);
    let is_new = |entry: &&Entry| {
        let old = request.before.and_then(|before| before.get(&entry.path));
        old.is_none_or(|old| old.id.is_null() || (old.id, old.mode.is_file()) != (entry.id, true))
    };
    let files = inside.iter().copied().filter(|entry| entry.mode.is_file());
    let groups = distinct(files.filter(is_new));
    let searched = parallel_map(
        &groups,
        request.jobs,
        || (),
        |(), group| search(tree, request.cancel, (&contents, &patterns), group[0]),
    );
    for (group, content) in groups.iter().zip(searched) {
        match content? {
            Content::Searched { bytes, hits, forbidden } => {
                report.bytes += bytes;
                report.scanned += group.len() as u64;
                for entry in group {
                    let anew = match request.before {
                        Some(before) if !hits.is_empty() || !forbidden.is_empty() => {
                            search_anew(tree, before, entry, (&contents, &patterns))?
                        }
                        _ => None,
                    };
                    let (hits, forbidden) =
                        anew.as_ref().map_or((&hits, &forbidden), |(hits, forbidden)| (hits, forbidden));
                    let found: Vec<Finding> =
                        hits.iter().map(|hit| contents.finding(&entry.path, hit)).collect();
                    let forbidden = forbidden.iter().map(|hit| secret::finding(&patterns, &entry.path, hit));
                    let forbidden =
                        forbidden.filter(|finding| !found.iter().any(|other| tells_more(other, finding)));
                    report.findings.extend(forbidden);
                    report.findings.extend(found);
                }
            }
            Content::Skipped(why) => {
                report.skipped.extend(group.iter().map(|entry| (entry.path.clone(), why.clone())));
            }
        }
    }
    Ok(())
}

/// What rules and forms found, and what patterns of the policy did.
type Found = (Vec<Hit>, Vec<secret::Hit>);

/// Searches a file again for what did not stand at its path before; `None` when there was no file, or one too large to search.
///
/// What was there is left out before findings are counted, so that many old ones hide no new one.
fn search_anew(
    tree: &Tree<'_>,
    before: &Snapshot,
    entry: &Entry,
    (contents, patterns): (&Contents<'_>, &[Pattern<'_>]),
) -> Result<Option<Found>, Error> {
    let Some(old) = before.get(&entry.path).filter(|old| old.mode.is_file()) else { return Ok(None) };
    if before.size(old)? > MAX_SIZE {
        return Ok(None);
    }
    let (old, path) = (before.read(old)?, entry.path.as_bytes());
    let mut known = contents.marks_of(&old, path);
    known.extend(secret::marks_of(patterns, &old, contents.marks()));
    let content = (tree.read)(entry)?;
    let hits = contents.search(&content, path, &known);
    Ok(Some((hits, secret::search(patterns, &content, contents.marks(), &known))))
}

/// Says whether a rule found what a pattern of the policy did, and weighs it no less.
fn tells_more(rule: &Finding, pattern: &Finding) -> bool {
    let ends = |span: Span| span.column + span.length;
    let overlaps = |one: Span, other: Span| {
        one.line == other.line && one.column < ends(other) && other.column < ends(one)
    };
    let spans = rule.span.zip(pattern.span);
    rule.severity >= pattern.severity && spans.is_some_and(|(one, other)| overlaps(one, other))
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

fn search(
    tree: &Tree<'_>,
    cancel: &CancelToken,
    (contents, patterns): (&Contents<'_>, &[Pattern<'_>]),
    entry: &Entry,
) -> Result<Content, Error> {
    if cancel.is_cancelled() {
        return Err(Error::Interrupted);
    }
    if tree.oddities.iter().any(|oddity| oddity.path == entry.path) {
        return Ok(Content::Skipped("malformed entry".to_owned()));
    }
    let size = (tree.size)(entry)?;
    if size > MAX_SIZE {
        return Ok(Content::Skipped(format!("larger than {} MiB", MAX_SIZE >> 20)));
    }
    let content = (tree.read)(entry)?;
    if secret::is_binary(&content) {
        return Ok(Content::Skipped("binary".to_owned()));
    }
    Ok(Content::Searched {
        bytes: content.len() as u64,
        hits: contents.search(&content, entry.path.as_bytes(), &BTreeSet::new()),
        forbidden: secret::search(patterns, &content, contents.marks(), &BTreeSet::new()),
    })
}

#[cfg(test)]
mod tests;
