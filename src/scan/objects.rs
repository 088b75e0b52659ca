//! Searches contents as git has them: all that some objects reach and others do not, each once.
//!
//! An object that cannot be read is told with its name, after everything else was searched: nothing is passed over in silence.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use super::clean::{CleanContents, Known};
use super::content::Contents;
use super::excerpt::Excerpt;
use super::file::{Allowed, AllowedCount, FileReport, Judge};
use super::open::Opened;
use super::path_kind::PathKinds;
use super::rule::RuleSet;
use super::secret::{BINARY, MAX_SIZE, too_large};
use super::suppress::Suppression;
use crate::base::{CancelToken, parallel_map};
use crate::config::Policies;
use crate::git::{
    BlobReader, Error as GitError, Listed, Names, Packs, Reach, Reached, Repository, Tip, Unread,
};
use crate::model::{Finding, ObjectId, RepoPath};

/// What to look for in contents, and where.
#[derive(Clone, Copy)]
pub struct ObjectRequest<'a> {
    /// The policies whose secret patterns hold.
    pub policies: &'a Policies,
    /// The rules that contents are searched with.
    pub rules: &'static RuleSet,
    /// What is let through.
    pub suppression: &'a Suppression<'a>,
    /// Only what stands within is searched.
    pub project_root: &'a RepoPath,
    /// Threads, at least one.
    pub jobs: usize,
    /// Looked at between contents; counts them.
    pub cancel: &'a CancelToken,
    /// Whether contents that were clean before are passed over, and those that are clean now remembered.
    pub remember: bool,
}

/// What a search of contents saw.
#[derive(Debug, Default)]
pub struct ObjectReport {
    /// What was found, sorted by what and where.
    pub findings: Vec<ObjectFinding>,
    /// Commits whose trees were looked at.
    pub commits: u64,
    /// Distinct trees that were looked at.
    pub trees: u64,
    /// Distinct contents that were searched, or are known to be clean.
    pub scanned: u64,
    /// Those of them that are known to be clean: they were searched before, with the same rules.
    pub known: u64,
    /// Bytes of those that were searched now.
    pub bytes: u64,
    /// Contents that were not searched, and why; sorted.
    pub skipped: Vec<SkippedObject>,
    /// Objects that could not be read, sorted by name.
    pub unread: Vec<Unread>,
    /// What was found and let through, sorted; of many in one file some.
    pub allowed: Vec<Allowed>,
    /// How many were let through.
    pub allowed_count: AllowedCount,
}

/// A finding, and which content of which commit it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFinding {
    /// What was found.
    pub finding: Finding,
    /// The content; `None` when it is no object.
    pub blob: Option<ObjectId>,
    /// The commit that brought it; `None` when no commit leads to it.
    pub commit: Option<ObjectId>,
    /// The line that it stands in, without any secret.
    pub excerpt: Option<Excerpt>,
}

/// A content that was not searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedObject {
    /// The first path that it stands at.
    pub path: RepoPath,
    /// The content; `None` when it is no object.
    pub blob: Option<ObjectId>,
    /// Why: it is binary, or too large.
    pub why: String,
}

impl SkippedObject {
    fn new(reached: &Reached, why: String) -> Self {
        Self { path: reached.path.clone(), blob: Some(reached.id), why }
    }
}

impl ObjectReport {
    /// Returns the findings without the commits that they came with.
    #[must_use]
    pub fn plain_findings(&self) -> Vec<Finding> {
        self.findings.iter().map(|found| found.finding.clone()).collect()
    }

    /// Returns what could not be read and should be here: all but what a partial clone left at its remote.
    pub fn lost(&self) -> impl Iterator<Item = &Unread> {
        self.unread.iter().filter(|unread| !matches!(unread.error, GitError::MissingPromised { .. }))
    }
}

/// From this size on a content is taken before all smaller ones, so that no thread ends with it alone.
const LARGE: u64 = 1 << 20;

/// What all threads together spend on bases of deltas, and the least that one gets.
const CACHE: usize = 64 << 20;
const LEAST_CACHE: usize = 8 << 20;

/// So few contents are sooner read from where everything else is.
const FEW: usize = 32;

/// Searches every content that `tips` reach, and that the commits `hidden` do not have at the same path.
///
/// Of a credential that stands in many versions of a file the oldest is told. Where there are hidden commits, one is left
/// out that they have at the same path: it did not come with the rest.
///
/// # Errors
/// When the user asks to stop, or the list of shallow commits cannot be read. Objects that cannot be read are in the report.
pub fn scan_objects(
    repository: &Repository,
    tips: &[Tip],
    hidden: &[ObjectId],
    request: &ObjectRequest<'_>,
) -> Result<ObjectReport, Error> {
    let set = request.rules;
    let kinds = PathKinds::new(set);
    let within = |path: &[u8]| {
        request.project_root.is_root() || RepoPath::from_bytes(path).is_within(request.project_root)
    };
    let kind = |path: &[u8]| within(path).then(|| kinds.of(path));
    let listed = repository.reachable(&Reach { tips, hidden, kind: &kind, cancel: request.cancel })?;
    let contents = Contents::of(set, &request.policies.filesystem.forbid_secret_patterns);
    let judge = Judge::new(&contents, request.suppression);
    Search { repository, request, set, judge }.run(listed)
}

/// One search, and all that it needs.
struct Search<'a> {
    repository: &'a Repository,
    request: &'a ObjectRequest<'a>,
    set: &'a RuleSet,
    judge: Judge<'a>,
}

/// What became of one content.
enum Outcome {
    /// It was searched: how many bytes it has, the marks of what was found at which of its places, and what of it was not.
    Searched {
        bytes: u64,
        found: Vec<(usize, BTreeSet<u64>)>,
        missed: Option<String>,
    },
    Skipped(String),
    Unread(GitError),
    Cancelled,
}

/// Contents by name, each with its places in a listing.
type Places = BTreeMap<ObjectId, Vec<usize>>;

impl Search<'_> {
    fn run(&self, listed: Listed) -> Result<ObjectReport, Error> {
        let mut places = Places::new();
        for (at, reached) in listed.blobs.iter().enumerate() {
            places.entry(reached.id).or_default().push(at);
        }
        let mut report =
            ObjectReport { commits: listed.commits, trees: listed.trees, ..ObjectReport::default() };
        self.judge.by_reached_paths(self.repository, (&listed.blobs, &listed.before), &mut report)?;
        let mut clean = self.clean(places.len());
        if let Some(clean) = &mut clean {
            pass_over(clean, &mut places, &listed.blobs, &mut report);
        }
        let packs = (places.len() > FEW).then(|| self.repository.packs());
        let order = self.repository.reading_order(places.keys().copied().collect(), LARGE, packs.as_ref());
        let order: Vec<ObjectId> = order.large.into_iter().map(|(id, _)| id).chain(order.rest).collect();
        let outcomes = parallel_map(
            &order,
            self.request.jobs,
            || (self.reader(packs.as_ref()), Vec::new()),
            |(reader, buffer), id| self.search(reader, buffer, *id, &places[id], &listed.blobs),
        );
        if self.request.cancel.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let outcomes = order.iter().zip(outcomes).map(|(id, outcome)| (&places[id], outcome));
        self.report(&listed, outcomes, clean.as_mut(), &mut report)?;
        report.unread.extend(listed.unread);
        report.skipped.sort();
        report.unread.sort_by_key(|unread| unread.id);
        report.unread.dedup_by_key(|unread| unread.id);
        if let Some(clean) = clean {
            clean.keep();
        }
        Ok(report)
    }

    /// Opens what is known of contents, where that is wanted and worth it.
    fn clean(&self, contents: usize) -> Option<CleanContents> {
        let Self { repository, request, .. } = self;
        let open = || CleanContents::open(repository, contents, self.set, request.policies);
        request.remember.then(open).flatten()
    }

    fn reader(&self, packs: Option<&Packs>) -> BlobReader<'_> {
        let cache = (CACHE / self.request.jobs.max(1)).max(LEAST_CACHE);
        self.repository.blob_reader(Names::Trusted, packs.map(|packs| (packs, cache)))
    }

    fn search(
        &self,
        reader: &mut BlobReader<'_>,
        buffer: &mut Vec<u8>,
        id: ObjectId,
        places: &[usize],
        listed: &[Reached],
    ) -> Outcome {
        if self.request.cancel.is_cancelled() {
            return Outcome::Cancelled;
        }
        match reader.read_within(id, MAX_SIZE, buffer) {
            Ok(None) => {}
            Ok(Some(_)) => return Outcome::Skipped(too_large()),
            Err(error) => return Outcome::Unread(error),
        }
        self.request.cancel.progress().count_object(buffer.len() as u64);
        let (mut found, mut missed) = (Vec::new(), None);
        for at in places {
            let (marks, opened) = self.judge.contents.marks_of_all(buffer, &listed[*at].path);
            match opened {
                Opened::Not(why) => return Outcome::Skipped(why),
                Opened::Partly(why) => missed = Some(why),
                Opened::Whole => {}
            }
            if !marks.is_empty() {
                found.push((*at, marks));
            }
        }
        Outcome::Searched { bytes: buffer.len() as u64, found, missed }
    }

    fn report<'b>(
        &self,
        listed: &Listed,
        outcomes: impl Iterator<Item = (&'b Vec<usize>, Outcome)>,
        mut clean: Option<&mut CleanContents>,
        report: &mut ObjectReport,
    ) -> Result<(), Error> {
        let mut found = Vec::new();
        for (places, outcome) in outcomes {
            let first = &listed.blobs[places[0]];
            if let Some(clean) = &mut clean {
                note(clean, &outcome, places.iter().map(|at| &listed.blobs[*at]));
            }
            match outcome {
                Outcome::Searched { bytes, found: here, missed } => {
                    report.scanned += 1;
                    report.bytes += bytes;
                    found.extend(here);
                    report.skipped.extend(missed.map(|why| SkippedObject::new(first, why)));
                }
                Outcome::Skipped(why) => report.skipped.push(SkippedObject::new(first, why)),
                Outcome::Unread(error) => report.unread.push(unread(first, error)),
                Outcome::Cancelled => {}
            }
        }
        found.sort_unstable_by_key(|(at, _)| *at);
        let found = found.into_iter().map(|(at, marks)| (&listed.blobs[at], marks));
        self.tell(found, &listed.before, report)
    }

    /// Tells of what was found, oldest first: of each credential once at each path, where it came from, and of none that was
    /// there before.
    fn tell<'b>(
        &self,
        found: impl Iterator<Item = (&'b Reached, BTreeSet<u64>)>,
        before: &[ObjectId],
        report: &mut ObjectReport,
    ) -> Result<(), Error> {
        let mut told: BTreeMap<&RepoPath, BTreeSet<u64>> = BTreeMap::new();
        for (reached, marks) in found {
            let known = told.entry(&reached.path).or_insert_with(|| self.marks_before(reached, before));
            if marks.is_subset(known) {
                continue;
            }
            match self.repository.blob(reached.id) {
                Ok(content) => {
                    let commit = reached.commit.map(|commit| commit.to_string());
                    let judge = Judge { commit: commit.as_deref(), ..self.judge };
                    let (file, _) = judge.open(&reached.path, &content, || Ok(known.clone()))?;
                    report.take(Some(reached), file.unwrap_or_default());
                }
                Err(error) => report.unread.push(unread(reached, error)),
            }
            known.extend(marks);
        }
        report.findings.sort_by(|a, b| (&a.finding, a.blob, a.commit).cmp(&(&b.finding, b.blob, b.commit)));
        report.allowed.sort();
        Ok(())
    }

    /// Returns the marks of what the trees `before` have at the path of a content; what cannot be read hides nothing.
    fn marks_before(&self, reached: &Reached, before: &[ObjectId]) -> BTreeSet<u64> {
        let small = |id: &ObjectId| self.repository.blob_size(*id).is_ok_and(|size| size <= MAX_SIZE);
        let read = |tree: &ObjectId| {
            let (_, id) = self.repository.lookup(*tree, &reached.path).ok()??;
            self.repository.blob(Some(id).filter(small)?).ok()
        };
        let olds = before.iter().filter_map(read);
        olds.flat_map(|old| self.judge.contents.marks_of_all(&old, &reached.path).0).collect()
    }
}

impl ObjectReport {
    /// Takes over what was found in a content.
    pub(super) fn take(&mut self, reached: Option<&Reached>, file: FileReport) {
        let mut excerpts: BTreeMap<String, Excerpt> = file.excerpts.into_iter().collect();
        let findings = file.findings.into_iter().map(|finding| ObjectFinding {
            excerpt: finding.id.as_ref().and_then(|id| excerpts.remove(id)),
            finding,
            blob: reached.map(|reached| reached.id),
            commit: reached.and_then(|reached| reached.commit),
        });
        self.findings.extend(findings);
        self.allowed.extend(file.allowed);
        self.allowed_count.add(file.count);
    }
}

fn unread(reached: &Reached, error: GitError) -> Unread {
    let (path, commit) = (Some(reached.path.clone()), reached.commit);
    Unread { id: reached.id, kind: "blob", path, commit, error }
}

/// Takes the contents away of which everything is known, and counts them.
fn pass_over(clean: &mut CleanContents, places: &mut Places, listed: &[Reached], report: &mut ObjectReport) {
    let kinds = |places: &Vec<usize>| places.iter().map(|at| listed[*at].kind).collect();
    let asked = places.iter().map(|(id, places)| (*id, kinds(places))).collect();
    let known = clean.find(&asked);
    places.retain(|id, places| {
        match known.get(id) {
            None => return true,
            Some(Known::Clean) => (report.scanned, report.known) = (report.scanned + 1, report.known + 1),
            Some(Known::Binary) => {
                report.skipped.push(SkippedObject::new(&listed[places[0]], BINARY.to_owned()));
            }
        }
        false
    });
}

/// Notes what is to be remembered of a content: that it is binary, or the kinds of paths at which nothing was found.
fn note<'a>(clean: &mut CleanContents, outcome: &Outcome, places: impl Iterator<Item = &'a Reached>) {
    match outcome {
        Outcome::Searched { found, missed: None, .. } if found.is_empty() => {
            places.for_each(|reached| clean.note_clean(reached.id, reached.kind));
        }
        Outcome::Skipped(why) if why == BINARY => {
            places.take(1).for_each(|reached| clean.note_binary(reached.id));
        }
        _ => {}
    }
}

/// Searches one content as if it stood at `path`, in a repository that holds nothing else.
///
/// # Errors
/// When the allow-file cannot be read.
pub fn scan_content(
    content: &[u8],
    path: &RepoPath,
    (policies, rules): (&Policies, &'static RuleSet),
    suppression: &Suppression<'_>,
) -> Result<ObjectReport, Error> {
    let mut report = ObjectReport::default();
    let contents = Contents::of(rules, &policies.filesystem.forbid_secret_patterns);
    let judge = Judge::new(&contents, suppression);
    report.take(None, judge.by_path(path)?.unwrap_or_default());
    let mut skip = |why| report.skipped.push(SkippedObject { path: path.clone(), blob: None, why });
    if content.len() as u64 > MAX_SIZE {
        skip(too_large());
        return Ok(report);
    }
    let (file, opened) = judge.open(path, content, || Ok(BTreeSet::new()))?;
    match opened {
        Opened::Not(why) => {
            skip(why);
            return Ok(report);
        }
        Opened::Partly(why) => skip(why),
        Opened::Whole => {}
    }
    (report.scanned, report.bytes) = (1, content.len() as u64);
    report.take(None, file.unwrap_or_default());
    report.findings.sort_by(|a, b| a.finding.cmp(&b.finding));
    Ok(report)
}
