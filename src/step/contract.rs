//! What a step promises, and what it is given.

use std::collections::BTreeSet;

use super::{Artifacts, Error, Slot, Subject};
use crate::adapter;
use crate::base::{CancelToken, ContentAddress, Timestamp};
use crate::config::{Config, Mode};
use crate::git::{Person, Repository};
use crate::ledger::Ledger;
use crate::model::RunId;
use crate::repair::Plan;
use crate::seal::Care;
use crate::supply_chain::{Signer, Verifier};

/// One kind of work that a pipeline's node may name after `run:`.
pub trait Step: Send + Sync {
    /// Returns the word after `run:`, such as `engine.step.tool_execution`.
    fn name(&self) -> &'static str;

    /// Returns the modes in which it takes part; in others its node is skipped, and recorded as such.
    fn modes(&self) -> &'static [Mode];

    /// Returns what it must find; some step before it in the pipeline has to leave each of these.
    fn reads(&self) -> &'static [Slot];

    /// Returns what it leaves.
    fn writes(&self) -> &'static [Slot];

    /// Says whether it writes to the repository: the engine brings every event to disk before such a step.
    fn is_effectful(&self) -> bool {
        false
    }

    /// Does the work. What is wrong with the user's repository is data in the outcome.
    ///
    /// # Errors
    /// When the work could not be done.
    fn execute(&self, context: &StepContext<'_>, artifacts: &Artifacts) -> Result<StepOutcome, Error>;
}

/// A plan that a person reviewed and asks to be applied.
#[derive(Debug, Clone)]
pub struct GivenPlan {
    /// The plan.
    pub plan: Plan,
    /// Whether it may be carried over to a base where everything it read is the same.
    pub rebase: bool,
}

/// Why steps are executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To do the work.
    Live,
    /// To compare with what a recorded run made: refs of today do not matter, and nothing is published.
    Replay,
}

/// The format of a recorded place; a record of any other is refused when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum AnchorSchema {
    /// The first.
    #[serde(rename = "iao/anchor/v1")]
    V1,
}

/// A place in the event stream.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamPosition {
    /// The format.
    pub schema: AnchorSchema,
    /// Events up to here, over all segments.
    pub count: u64,
    /// Digest of the last line.
    pub head: ContentAddress,
    /// Digest of the first line of the segment: tells one stream file from another.
    pub stream: ContentAddress,
}

/// Everything a step may look at.
pub struct StepContext<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The configuration, checked.
    pub config: &'a Config,
    /// How far the run may go.
    pub mode: Mode,
    /// The tree it looks at.
    pub subject: &'a Subject,
    /// What is known beside the tree.
    pub known: &'a adapter::Context,
    /// A reviewed plan, when one is to be applied.
    pub given: Option<&'a GivenPlan>,
    /// The evidence that earlier runs left; as it was then, when a run is replayed.
    pub ledger: &'a Ledger<'a>,
    /// Whether the run is done for real or for comparison.
    pub purpose: Purpose,
    /// The run.
    pub run: &'a RunId,
    /// Who runs it.
    pub person: &'a Person,
    /// When the run began; the date of everything it writes.
    pub started: Timestamp,
    /// Where the event stream stands just before this step; `None` when nothing is recorded.
    pub stream: Option<StreamPosition>,
    /// The lines of this run in the event stream so far.
    pub events: &'a [u8],
    /// What the boundary may be drawn from.
    pub care: Care,
    /// How many threads may work.
    pub jobs: usize,
    /// Set when the work shall stop.
    pub cancel: &'a CancelToken,
    /// Who signs the seal, and who counts as having signed the ones before it.
    pub signing: Signing<'a>,
}

/// Who signs, and how signatures are judged.
#[derive(Clone, Copy)]
pub struct Signing<'a> {
    /// Signs the seal; `None`: it stays unsigned.
    pub signer: Option<&'a dyn Signer>,
    /// Judges the seals that are there already.
    pub verifier: &'a Verifier,
}

/// What a step did.
#[derive(Debug, Clone, Default)]
pub struct StepOutcome {
    /// Names, counts and digests for the event; never content.
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// What it made.
    pub outputs: Vec<StepOutput>,
    /// The checks that stop the run here, such as `gate/secret_detected`; empty: go on.
    pub blocked_by: BTreeSet<String>,
}

/// One thing that a step made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutput {
    /// Its name within the run: `plan`, `patch-report`, `verify-report`, `manifest`, `seal`.
    pub name: &'static str,
    /// Digest of its bytes.
    pub digest: ContentAddress,
    /// Whether the same input must give the same bytes again.
    pub deterministic: bool,
}

impl StepOutcome {
    /// Adds one thing that was made.
    #[must_use]
    pub fn with_output(mut self, name: &'static str, digest: ContentAddress, deterministic: bool) -> Self {
        self.outputs.push(StepOutput { name, digest, deterministic });
        self
    }

    /// Adds one fact.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_names_its_schema_and_another_one_is_refused() {
        let digest = ContentAddress::of(b"line");
        let place = StreamPosition { schema: AnchorSchema::V1, count: 1, head: digest, stream: digest };
        let text = serde_json::to_string(&place).unwrap();
        assert!(text.contains("\"schema\":\"iao/anchor/v1\""), "{text}");
        assert_eq!(serde_json::from_str::<StreamPosition>(&text).unwrap(), place);
        assert!(serde_json::from_str::<StreamPosition>(&text.replace("anchor/v1", "anchor/v2")).is_err());
    }
}
