//! Finds what a run recorded: in the ledger first, then in this clone's own state.
//!
//! A local document never stands in for one that the ledger has.

use super::{Error, StateDir};
use crate::base::canonical;
use crate::ledger::Ledger;
use crate::model::RunId;
use crate::step::{self, RunRecord};

/// Where recorded runs are found: the ledger first, then this clone's own state.
pub(super) struct Archive<'a> {
    /// The ledger.
    pub(super) ledger: Ledger<'a>,
    /// This clone's state.
    pub(super) state: &'a StateDir,
    /// Where its evidence lies in it.
    pub(super) evidence: &'a str,
}

impl Archive<'_> {
    /// Finds the record of `run`, or of the last run that made a plan.
    pub(super) fn find(&self, run: Option<&RunId>) -> Result<RunRecord, Error> {
        let mut records = step::runs(&self.ledger)?;
        for local in self.local_runs() {
            if !records.iter().any(|record| record.run == local)
                && let Some(bytes) = self.local(&local, "record")?
            {
                let record = canonical::from_slice(&bytes).map_err(|source| step::Error::Record {
                    name: format!("record of run {local}"),
                    source,
                })?;
                records.push(record);
            }
        }
        records.sort_by_key(|record: &RunRecord| record.started);
        let found = match run {
            Some(run) => records.into_iter().find(|record| record.run == *run),
            None => records.into_iter().rev().find(|record| record.plan.is_some()),
        };
        found.ok_or_else(|| Error::NothingToReplay {
            what: match run {
                Some(run) => format!("run {run} left no record"),
                None => "no run has made a plan here".to_owned(),
            },
        })
    }

    fn local_runs(&self) -> Vec<RunId> {
        let folder = self.state.path(&format!("{}/runs", self.evidence));
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut runs: Vec<RunId> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        runs.sort();
        runs
    }

    /// Returns a document of a run that this clone keeps.
    pub(super) fn local(&self, run: &RunId, kind: &str) -> Result<Option<Vec<u8>>, Error> {
        self.state.read(&format!("{}/runs/{run}/{kind}.json", self.evidence))
    }

    /// Returns a recorded document of a run.
    pub(super) fn document(&self, run: &RunId, kind: &str) -> Result<Option<Vec<u8>>, Error> {
        match step::recorded_run(&self.ledger, run, kind)? {
            Some(bytes) => Ok(Some(bytes)),
            None => self.local(run, kind),
        }
    }
}
