//! `git iao verify --seal`: checks the seals of one commit, or of all commits of a range.
//!
//! What was computed for one seal is not computed again for the next, so a history costs what changed in it.

use std::collections::{HashMap, HashSet};

use git_iao::base::ContentAddress;
use git_iao::ledger::{Ledger, NOTES_REF};
use git_iao::model::{Check, CheckState, ObjectId};
use git_iao::seal::{self, Chain, CheckReport, Depth, Found, Prover, StoredSeal};
use git_iao::step;
use git_iao::supply_chain::Verifier;
use serde_json::{Value, json};

use crate::cli::args::{self, Format, Verify};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::signing::Narrowing;
use crate::cli::ui::{Style, Ui, plain};

/// How one commit came out.
#[derive(Clone)]
struct Outcome {
    commit: ObjectId,
    /// The seal that was checked.
    seal: Option<ContentAddress>,
    sealed: bool,
    report: CheckReport,
}

impl Outcome {
    fn holds(&self) -> bool {
        self.sealed && self.report.holds()
    }
}

/// Everything that the checks of one invocation share.
struct Examiner<'a> {
    session: &'a Session,
    arguments: &'a Verify,
    ledger: &'a Ledger<'a>,
    depth: Depth,
    verifier: Verifier,
    /// What the policy before the last commit said.
    policy: Option<Narrowing>,
    prover: Prover<'a>,
    chain: Chain<'a>,
    /// The places of event streams that the ledger has recorded.
    anchors: HashMap<u64, HashSet<ContentAddress>>,
}

/// How many commits are looked at together.
const AT_ONCE: usize = 64;

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Verify) -> Result<Exit, Error> {
    if session.ui.format().is_for_findings() {
        return Err(Error::NoSarif { command: "verify --seal" });
    }
    let (commits, ranged) = commits(session, &arguments.revisions)?;
    if arguments.depth == args::Depth::Worktree && (ranged || commits.len() != 1) {
        return Err(Error::OneWorktree { count: commits.len() });
    }
    let repository = &session.repository;
    let ledger = Ledger::open(repository)?;
    ledger.check()?;
    let mut anchors: HashMap<u64, HashSet<ContentAddress>> = HashMap::new();
    for anchor in step::anchors(&ledger)? {
        anchors.entry(anchor.count).or_default().insert(anchor.head);
    }
    let mut examiner = Examiner {
        session,
        arguments,
        ledger: &ledger,
        depth: match arguments.depth {
            args::Depth::Merkle => Depth::Merkle,
            args::Depth::Content => Depth::Content,
            args::Depth::Worktree => Depth::Worktree,
        },
        verifier: session.verifier(&arguments.trust, arguments.require_trusted)?,
        policy: None,
        prover: Prover::new(repository, &ledger, session.jobs(), &session.cancel),
        chain: Chain::new(repository, &ledger)?,
        anchors,
    };
    let shown = session.ui.show_progress(session.cancel.progress());
    let outcomes: Result<Vec<_>, _> =
        commits.chunks(AT_ONCE).map(|some| examiner.examine_some(some)).collect();
    drop(shown);
    // The process ends soon: it would take longer to give back what was proven, piece by piece.
    std::mem::forget(examiner);
    let outcomes = outcomes?.concat();
    match outcomes.as_slice() {
        [outcome] if !ranged => one(&session.ui, outcome),
        _ => many(&session.ui, &outcomes, arguments.all),
    }
}

/// Returns the commits that are meant, each once, parents before children within a range; and whether they are more
/// than one word for one commit.
fn commits(session: &Session, revisions: &[String]) -> Result<(Vec<ObjectId>, bool), Error> {
    let mut ranged = revisions.len() > 1;
    let (mut commits, mut seen) = (Vec::new(), HashSet::new());
    for revision in revisions {
        let named = if revision.contains("..") {
            ranged = true;
            session.repository.range(revision)?
        } else {
            vec![session.some_commit(revision, "check")?]
        };
        commits.extend(named.into_iter().filter(|commit| seen.insert(*commit)));
    }
    Ok((commits, ranged))
}

impl Examiner<'_> {
    /// Checks all that is said about each of some commits.
    fn examine_some(&mut self, commits: &[ObjectId]) -> Result<Vec<Outcome>, Error> {
        let found = commits.iter().map(|commit| seal::find(self.ledger, *commit));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        if let [_, _, ..] = commits {
            let trees = found.iter().flat_map(|found| found.seals.first());
            let trees: Vec<ObjectId> = trees.map(|seal| seal.statement().tree()).collect();
            self.prover.prepare(&trees, self.depth);
        }
        commits.iter().zip(found).map(|(commit, found)| self.examine(*commit, &found)).collect()
    }

    /// Checks all that is said about one commit, whose seals were `found`.
    fn examine(&mut self, commit: ObjectId, found: &Found) -> Result<Outcome, Error> {
        let (session, mut report) = (self.session, CheckReport::default());
        report.checks.extend(found.damaged.iter().map(|damage| Check {
            id: "seal/entry".to_owned(),
            state: CheckState::Fail,
            detail: super::show::causes(damage),
        }));
        let note = session.repository.note(NOTES_REF, commit)?;
        let sealed = note.is_some() || !found.seals.is_empty() || !found.damaged.is_empty();
        if !sealed {
            return Ok(Outcome { commit, seal: None, sealed, report });
        }
        let trust = &self.arguments.trust;
        let verifier = session.narrowed_again(&self.verifier, trust, commit, &mut self.policy)?;
        let best = seal::most_trusted(&found.seals, &verifier)?;
        if let Some(best) = best {
            report.checks.extend(seal::check_with(&mut self.prover, best, self.depth, &verifier)?.checks);
            report.checks.push(self.chain.check(best)?);
            report.checks.push(self.events(best)?);
        }
        if let Some(note) = &note {
            // Beside a seal of the ledger the files need not be hashed a second time.
            let made = match best {
                Some(_) => seal::check_projection(note, &found.seals),
                None => {
                    let (repository, jobs) = (&session.repository, session.jobs());
                    seal::check_note(repository, note, commit, &verifier, jobs, &session.cancel)?
                }
            };
            report.checks.extend(made.checks);
        }
        Ok(Outcome { commit, seal: best.map(StoredSeal::digest), sealed, report })
    }

    /// Looks for the place in the event stream that the seal names: in the recorded events of its run, or among the
    /// places that the ledger recorded.
    fn events(&self, seal: &StoredSeal) -> Result<Check, Error> {
        let check = |state, detail| Check { id: "seal/events".to_owned(), state, detail };
        let said = seal.statement().predicate();
        let Some(place) = said.events else {
            return Ok(check(CheckState::NotConfigured, "no event stream was recorded with it".to_owned()));
        };
        if self.anchors.get(&place.count).is_some_and(|heads| heads.contains(&place.head)) {
            return Ok(check(CheckState::Pass, format!("event {} is a recorded place", place.count)));
        }
        let events = match &said.run {
            Some(run) => step::recorded_run(self.ledger, run, "events")?,
            None => None,
        };
        for line in events.iter().flat_map(|bytes| bytes.split_inclusive(|byte| *byte == b'\n')) {
            let number = serde_json::from_slice::<Value>(line).ok().and_then(|event| event["seq"].as_u64());
            if number == Some(place.count) {
                return Ok(if ContentAddress::of(line) == place.head {
                    check(CheckState::Pass, format!("event {} of its run is recorded", place.count))
                } else {
                    check(CheckState::Fail, format!("event {} of its run is another one", place.count))
                });
            }
        }
        Ok(check(CheckState::Warn, format!("event {} is not in the ledger", place.count)))
    }
}

fn one(ui: &Ui, outcome: &Outcome) -> Result<Exit, Error> {
    let Outcome { commit, sealed, report, .. } = outcome;
    let exit = if outcome.holds() { Exit::Yes } else { Exit::No };
    if ui.format() == Format::Json {
        let mut object = object(outcome);
        object["schema"] = "iao/seal-check/v1".into();
        ui.json(&object)?;
        return Ok(exit);
    }
    let mut text = super::verify::checks(ui, &report.checks);
    text.push_str(&match (sealed, report.holds()) {
        (false, _) => format!("{commit} is not sealed\n"),
        (true, true) => format!("the seal of {commit} holds\n"),
        (true, false) => format!("the seal of {commit} does not hold\n"),
    });
    ui.out(&text)?;
    if !sealed {
        ui.hint("`git iao seal` seals a commit; `git iao show` tells whether an equal tree was sealed");
    }
    Ok(exit)
}

/// Says how many commits came out; an unsealed one counts against them only when `all` have to be sealed.
fn many(ui: &Ui, outcomes: &[Outcome], all: bool) -> Result<Exit, Error> {
    let sealed = outcomes.iter().filter(|outcome| outcome.sealed).count();
    let bad = outcomes.iter().filter(|outcome| outcome.sealed && !outcome.holds()).count();
    let unsealed = outcomes.len() - sealed;
    // Where nothing was sealed nothing was checked, and that is no yes.
    let nothing = sealed == 0 && unsealed > 0;
    let holds = bad == 0 && !nothing && !(all && unsealed > 0);
    let exit = if holds { Exit::Yes } else { Exit::No };
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/seal-check/v1",
            "holds": holds,
            "sealed": sealed,
            "unsealed": unsealed,
            "failed": bad,
            "commits": outcomes.iter().map(object).collect::<Vec<_>>(),
        }))?;
        return Ok(exit);
    }
    let mut text = String::new();
    for outcome in outcomes {
        let (style, word) = match (outcome.sealed, outcome.holds()) {
            (false, _) => (if all { Style::Bad } else { Style::Dim }, "unsealed"),
            (true, true) => (Style::Good, "holds"),
            (true, false) => (Style::Bad, "fails"),
        };
        let seal = outcome.seal.map(|seal| format!("  seal {}", seal.short())).unwrap_or_default();
        text.push_str(&format!("{} {}{seal}\n", ui.style(style, &format!("{word:<9}")), outcome.commit));
        let failed = outcome.report.checks.iter().filter(|check| check.state == CheckState::Fail);
        for check in failed {
            text.push_str(&format!("          {} {}\n", plain(&check.id), plain(&check.detail)));
        }
    }
    text.push_str(&format!("{} of {sealed} seals hold; {unsealed} commits are not sealed\n", sealed - bad));
    ui.out(&text)?;
    Ok(exit)
}

fn object(outcome: &Outcome) -> Value {
    json!({
        "commit": outcome.commit,
        "sealed": outcome.sealed,
        "seal": outcome.seal,
        "holds": outcome.holds(),
        "checks": outcome.report.checks,
    })
}
