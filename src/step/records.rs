//! What the ledger keeps of a run, and how it is found again.
//!
//! A run lies at `runs/<run id>/<kind>/<sha256>.json`: its record, plan, patch report, verify report, events.

use serde::{Deserialize, Serialize};

use super::{Error, StreamPosition};
use crate::base::{ContentAddress, Timestamp, canonical};
use crate::config::{Document, Mode};
use crate::git::Person;
use crate::ledger::{Entry, Ledger};
use crate::model::{ObjectId, Outcome, RunId, Verdict};
use crate::repair::Tool;

/// The schema of a run's record.
pub(super) const RUN_SCHEMA: &str = "iao/run/v1";
/// The schema of a verify report.
pub(super) const VERIFY_SCHEMA: &str = "iao/verify-report/v1";

/// What a run was, did and left: enough to run it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunRecord {
    /// The format: `iao/run/v1`.
    pub schema: String,
    /// The run.
    pub run: RunId,
    /// How far it was allowed to go.
    pub mode: Mode,
    /// When it began.
    pub started: Timestamp,
    /// Who ran it.
    pub person: Person,
    /// The program.
    pub tool: Tool,
    /// The commit it started from; `None` when there was none.
    pub base: Option<ObjectId>,
    /// The tree it started from.
    pub tree: ObjectId,
    /// Digest of the configuration.
    pub config: ContentAddress,
    /// Digest of the policies.
    pub policy: ContentAddress,
    /// The ledger's head before the run.
    pub ledger: Option<ObjectId>,
    /// The plan.
    pub plan: Option<ContentAddress>,
    /// Whether the plan was a reviewed one, handed in.
    pub given: bool,
    /// The last commit of the patch set; the base when there was nothing to patch.
    pub tip: Option<ObjectId>,
    /// Whether the patch set was on the governance branch already, made by an earlier run.
    pub reused: bool,
    /// The outcome of verification.
    pub outcome: Option<Outcome>,
    /// The event stream just before the record was made.
    pub stream: Option<StreamPosition>,
    /// The configuration documents as they were read.
    pub documents: Vec<Document>,
}

/// A verdict with what it was given for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyReport {
    /// The format: `iao/verify-report/v1`.
    pub(super) schema: String,
    /// The tree.
    pub(super) tree: ObjectId,
    /// Digest of the policies.
    pub(super) policy: ContentAddress,
    /// Digest of the configuration.
    pub(super) config: ContentAddress,
    /// The verdict.
    pub(super) verdict: Verdict,
}

impl VerifyReport {
    /// Returns the canonical bytes.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        to_bytes("verify report", self)
    }

    /// Returns the ledger's entry: found again by tree and policy.
    pub(super) fn entry(&self) -> Result<Entry, Error> {
        let bytes = self.to_bytes()?;
        let digest = ContentAddress::of(&bytes);
        Ok(Entry { path: format!("verdicts/{}/{}/{digest}.json", self.tree, self.policy), bytes })
    }
}

/// Returns the recorded verdict for `tree` under `policy`; of several, one that fails.
pub(super) fn verdict(
    ledger: &Ledger<'_>,
    tree: ObjectId,
    policy: ContentAddress,
) -> Result<Option<VerifyReport>, Error> {
    let mut found: Option<VerifyReport> = None;
    for (path, bytes) in ledger.read_below(&format!("verdicts/{tree}/{policy}"), |_| true)? {
        let report: VerifyReport = parse(path, &bytes)?;
        if found.is_none() || report.verdict.outcome == Outcome::Fail {
            found = Some(report);
        }
    }
    Ok(found)
}

/// Returns the records of all runs, oldest first.
///
/// # Errors
/// When a record does not read back.
pub fn runs(ledger: &Ledger<'_>) -> Result<Vec<RunRecord>, Error> {
    let is_record = |path: &str| path.split('/').nth(2) == Some("record");
    let found = ledger.read_below("runs", is_record)?;
    let mut records: Vec<RunRecord> =
        found.into_iter().map(|(path, bytes)| parse(path, &bytes)).collect::<Result<_, _>>()?;
    records.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
    Ok(records)
}

/// Returns where the recorded runs started.
///
/// # Errors
/// As [`runs`].
pub(super) fn bases(ledger: &Ledger<'_>) -> Result<Vec<ObjectId>, Error> {
    Ok(runs(ledger)?.iter().filter_map(|run| run.base).collect())
}

/// Returns the bytes of one document of a run (`plan`, `verify-report`, `events`); `None` when it left none.
///
/// # Errors
/// When the ledger cannot be read.
pub fn recorded_run(ledger: &Ledger<'_>, run: &RunId, kind: &str) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = ledger.list(&format!("runs/{run}/{kind}"))?.into_iter().next() else {
        return Ok(None);
    };
    ledger.read(&path)?.map(Some).ok_or(Error::Gone { name: path })
}

/// Returns every place of the event streams that the ledger has recorded, lowest first.
///
/// # Errors
/// When an anchor does not read back.
pub fn anchors(ledger: &Ledger<'_>) -> Result<Vec<StreamPosition>, Error> {
    let entries = ledger.read_below("anchors", |_| true)?;
    let mut found: Vec<StreamPosition> =
        entries.into_iter().map(|(path, bytes)| parse(path, &bytes)).collect::<Result<_, _>>()?;
    found.sort_by_key(|anchor| (anchor.count, anchor.head));
    Ok(found)
}

/// Returns the furthest recorded place: where a new segment of the stream starts.
///
/// # Errors
/// As [`anchors`].
pub fn last_anchor(ledger: &Ledger<'_>) -> Result<Option<StreamPosition>, Error> {
    Ok(anchors(ledger)?.pop())
}

/// Returns the entry that anchors `position`.
pub(super) fn anchor_entry(position: &StreamPosition) -> Result<Entry, Error> {
    let bytes = to_bytes("anchor", position)?;
    Ok(Entry { path: format!("anchors/{}.json", ContentAddress::of(&bytes)), bytes })
}

/// Returns the entry of one document of a run.
pub(super) fn run_entry(run: &RunId, kind: &str, bytes: Vec<u8>) -> Entry {
    Entry { path: format!("runs/{run}/{kind}/{}.json", ContentAddress::of(&bytes)), bytes }
}

/// Returns the canonical bytes of a record.
pub(super) fn to_bytes<T: Serialize>(name: &str, record: &T) -> Result<Vec<u8>, Error> {
    canonical::to_vec(record).map_err(|source| Error::Record { name: name.to_owned(), source })
}

fn parse<T: serde::de::DeserializeOwned>(path: String, bytes: &[u8]) -> Result<T, Error> {
    canonical::from_slice(bytes).map_err(|source| Error::Record { name: path, source })
}
