//! Looks and plans in rounds: each round sees the tree that the round before would make.

use super::artifacts::PlanArtifact;
use super::{Error, detect, history};
use crate::adapter::{self, Assessment, Detection};
use crate::config::Config;
use crate::git::{ReadSet, Repository, Snapshot, View};
use crate::ledger::Ledger;
use crate::repair::{Base, Planner};

/// What the adapters saw in one tree.
#[derive(Debug)]
pub struct Round {
    /// The projects.
    pub detection: Detection,
    /// What is missing, and what could be done.
    pub assessment: Assessment,
    /// What they read.
    reads: ReadSet,
}

/// What a plan is made from: the same request gives the same bytes.
pub struct PlanRequest<'a> {
    /// The repository.
    pub repository: &'a Repository,
    /// The configuration.
    pub config: &'a Config,
    /// What is known beside the tree.
    pub known: &'a adapter::Context,
    /// What the plan is for.
    pub base: Base,
    /// The tree of the base.
    pub snapshot: &'a Snapshot,
    /// Where earlier renderings are recorded.
    pub ledger: &'a Ledger<'a>,
}

impl Round {
    /// Lets the adapters look at `snapshot`.
    ///
    /// # Errors
    /// When an object cannot be read.
    pub fn look(snapshot: &Snapshot, config: &Config, known: &adapter::Context) -> Result<Self, Error> {
        let view = View::new(snapshot);
        let settings = detect::settings(config);
        let detection = adapter::detect(&view, &settings, known)?;
        let assessment = adapter::assess(&view, &detection, &settings, known)?;
        Ok(Self { detection, assessment, reads: view.into_read_set() })
    }
}

/// Plans until a round adds nothing, or `repair.maxIterations` rounds have passed; returns the plan, and what
/// the adapters saw in the tree that it makes.
///
/// # Errors
/// When an object cannot be read or staged, or two adapters disagree.
pub fn plan_rounds(request: PlanRequest<'_>) -> Result<(PlanArtifact, Round), Error> {
    let PlanRequest { repository, config, known, base, snapshot, ledger } = request;
    let commit = base.commit;
    let context = serde_json::to_value(known)
        .map_err(|source| Error::Record { name: "the plan's context".to_owned(), source: source.into() })?;
    let mut round = Round::look(snapshot, config, known)?;
    let history = history::renderings(repository, ledger, commit, &round.assessment.proposals)?;
    let families = &config.pipeline.repair.targets;
    let mut planner = Planner::new(repository, base, config.digest, context, families, &history);
    let mut current = snapshot.clone();
    for _ in 0..config.pipeline.repair.max_iterations {
        let reads = std::mem::take(&mut round.reads);
        if planner.round(&current, reads, &round.assessment.proposals)? == 0 {
            break;
        }
        current = repository.snapshot_tree(planner.tree())?;
        round = Round::look(&current, config, known)?;
    }
    let (plan, findings) = planner.finish();
    let bytes = plan.to_bytes()?;
    let id = crate::base::ContentAddress::of(&bytes);
    Ok((PlanArtifact { plan, id, bytes, findings }, round))
}
