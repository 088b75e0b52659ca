//! What the ledger keeps of a run, and how it is found again.
//!
//! A run lies at `runs/<x>/<y>/<z>/<run id>/<kind>/<sha256>.json` (`x`, `y`, `z`: the first digits of its id): its record,
//! plan, patch report, verify report, events. No directory grows with the number of runs alone.
//!
//! A ledger only grows, and ledgers of clones are merged, so what somebody slipped in stays: what is no record is passed
//! over, and hides no other.

use serde::{Deserialize, Serialize};

use super::{Error, StreamPosition};
use crate::base::{ContentAddress, Timestamp, canonical};
use crate::config::{Document, Mode};
use crate::git::Person;
use crate::ledger::{Entry, Ledger, fan_out};
use crate::model::{ObjectId, Outcome, RunId, Verdict};
use crate::repair::Tool;

/// The schema of a run's record.
pub(super) const RUN_SCHEMA: &str = "iao/run/v1";
/// The schema of a verify report.
pub(super) const VERIFY_SCHEMA: &str = "iao/verify-report/v1";

/// How many bits of a place's count are left out in the name of its directory: places within 1,024 events lie together.
const SHELF: u32 = 10;

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
        Ok(Entry { path: format!("{}/{digest}.json", verdict_directory(self.tree, self.policy)), bytes })
    }
}

/// Returns the recorded verdict for `tree` under `policy`; of several, one that fails.
pub(super) fn verdict(
    ledger: &Ledger<'_>,
    tree: ObjectId,
    policy: ContentAddress,
) -> Result<Option<VerifyReport>, Error> {
    let mut found: Option<VerifyReport> = None;
    for (_, bytes) in ledger.read_below(&verdict_directory(tree, policy), |_| true)? {
        let Some(report) = parse::<VerifyReport>(&bytes) else { continue };
        if found.is_none() || report.verdict.outcome == Outcome::Fail {
            found = Some(report);
        }
    }
    Ok(found)
}

fn verdict_directory(tree: ObjectId, policy: ContentAddress) -> String {
    format!("verdicts/{}/{policy}", fan_out(&tree.to_string()))
}

/// Returns the records of all runs, oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn runs(ledger: &Ledger<'_>) -> Result<Vec<RunRecord>, Error> {
    let is_record = |path: &str| path.rsplit('/').nth(1) == Some("record");
    let found = ledger.read_below("runs", is_record)?;
    let mut records: Vec<RunRecord> = found.iter().filter_map(|(_, bytes)| parse(bytes)).collect();
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
    let Some(path) = ledger.list(&format!("{}/{kind}", run_directory(run)))?.into_iter().next() else {
        return Ok(None);
    };
    ledger.read(&path)?.map(Some).ok_or(Error::Gone { name: path })
}

/// Returns every place of the event streams that the ledger has recorded, lowest first.
///
/// # Errors
/// When the ledger cannot be read.
pub fn anchors(ledger: &Ledger<'_>) -> Result<Vec<StreamPosition>, Error> {
    let entries = ledger.read_below("anchors", |_| true)?;
    let mut found: Vec<StreamPosition> = entries.iter().filter_map(|(_, bytes)| parse(bytes)).collect();
    found.sort_by_key(|anchor| (anchor.count, anchor.head));
    Ok(found)
}

/// Returns the furthest recorded place of one stream, or of each, without reading the earlier ones.
///
/// # Errors
/// As [`anchors`].
pub fn furthest(ledger: &Ledger<'_>, stream: Option<ContentAddress>) -> Result<Vec<StreamPosition>, Error> {
    let mut streams = Vec::new();
    match stream {
        Some(stream) => streams.push(stream_directory(stream)),
        None => {
            streams.push("anchors".to_owned());
            // Three directories of the fan-out, then the stream's own.
            for _ in 0..4 {
                let mut below = Vec::new();
                for above in streams {
                    let names = ledger.directories(&above)?.into_iter();
                    below.extend(names.map(|name| format!("{above}/{name}")));
                }
                streams = below;
            }
        }
    }
    let mut found: Vec<StreamPosition> = Vec::new();
    for stream in streams {
        let Some(last) = ledger.directories(&stream)?.pop() else { continue };
        let entries = ledger.read_below(&format!("{stream}/{last}"), |_| true)?;
        found.extend(entries.iter().filter_map(|(_, bytes)| parse::<StreamPosition>(bytes)));
    }
    found.sort_by_key(|anchor| (anchor.count, anchor.head));
    Ok(found)
}

/// Returns the furthest recorded place: where a new segment of the stream starts.
///
/// # Errors
/// As [`anchors`].
pub fn last_anchor(ledger: &Ledger<'_>) -> Result<Option<StreamPosition>, Error> {
    Ok(furthest(ledger, None)?.pop())
}

fn stream_directory(stream: ContentAddress) -> String {
    format!("anchors/{}", fan_out(&stream.to_string()))
}

fn run_directory(run: &RunId) -> String {
    format!("runs/{}", fan_out(run.as_str()))
}

/// Returns the entry that anchors `position`.
pub(super) fn anchor_entry(position: &StreamPosition) -> Result<Entry, Error> {
    let bytes = to_bytes("anchor", position)?;
    let place = format!("{}/{:08x}", stream_directory(position.stream), position.count >> SHELF);
    Ok(Entry { path: format!("{place}/{}.json", ContentAddress::of(&bytes)), bytes })
}

/// Returns the entry of one document of a run.
pub(super) fn run_entry(run: &RunId, kind: &str, bytes: Vec<u8>) -> Entry {
    let digest = ContentAddress::of(&bytes);
    Entry { path: format!("{}/{kind}/{digest}.json", run_directory(run)), bytes }
}

/// Returns the canonical bytes of a record.
pub(super) fn to_bytes<T: Serialize>(name: &str, record: &T) -> Result<Vec<u8>, Error> {
    canonical::to_vec(record).map_err(|source| Error::Record { name: name.to_owned(), source })
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    canonical::from_slice(bytes).ok()
}
