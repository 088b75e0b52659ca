//! Shares evidence with a remote: fetch, check, merge, write notes, push, and again when somebody was faster.
//!
//! Only `refs/iao/*` and `refs/notes/iao` ever move, here by compare-and-swap and there by fast-forward; what a remote
//! shows counts only after it was checked, and nothing of a bad ledger is taken over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::{Error, publication};
use crate::base::process::Environment;
use crate::base::{CancelToken, Timestamp};
use crate::git::{self, Expected, Objects, Person, PushReport, RefUpdate, Remote, Repository, Transport};
use crate::ledger::{KEEP_REF, LEDGER_REF, Ledger, NOTES_REF};
use crate::model::ObjectId;
use crate::seal;

/// How often others may be faster before a sync gives up.
const RACES: usize = 64;
/// How often a remote may say no in a row although nothing moved there.
const REFUSALS: usize = 6;
/// How often a fetch or a push may fail in a row although nothing moved.
const FAILURES: usize = 3;
/// The longest first pause, in milliseconds; it doubles with each try.
const PAUSE: u64 = 50;
/// The longest pause of all, in milliseconds.
const LONGEST_PAUSE: u64 = 2_000;

/// The refs that are shared, and the last part of the name of our copy of each.
const SHARED: [(&str, &str); 3] = [(LEDGER_REF, "ledger"), (KEEP_REF, "keep"), (NOTES_REF, "notes")];

/// What shall be shared, with whom, and by whom.
pub struct SyncRequest<'a> {
    /// With whom.
    pub remote: &'a Remote,
    /// The environment of the user's git.
    pub environment: &'a Environment,
    /// Whether the keep chain, and with it every sealed commit, is shared too.
    pub keep: bool,
    /// Who makes commits of evidence.
    pub person: &'a Person,
    /// When they are made.
    pub now: Timestamp,
    /// Where the pauses between tries come from; two clones want two seeds.
    pub seed: u64,
    /// How many threads may check.
    pub jobs: usize,
    /// Set when the user stops it.
    pub cancel: &'a CancelToken,
}

/// An amount of evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Commits of the ledger.
    pub commits: usize,
    /// Entries of the ledger.
    pub entries: usize,
    /// Those of them that are seals.
    pub seals: usize,
}

/// One ref of the remote that the sync moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedMove {
    /// The full name.
    pub name: String,
    /// What it was.
    pub before: Option<ObjectId>,
    /// What it is.
    pub after: ObjectId,
}

/// Something that was not shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The full name of the ref.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncReport {
    /// The remote, without credentials.
    pub remote: String,
    /// Our ledger, and the remote's, now; `None` when neither has one.
    pub ledger: Option<ObjectId>,
    /// What the remote had that it had not when this clone saw it last.
    pub fetched: Amount,
    /// How many entries of that our ledger lacked.
    pub merged: usize,
    /// What the remote got.
    pub pushed: Amount,
    /// How many notes were written for seals that came.
    pub notes: usize,
    /// How many times the remote was asked.
    pub tries: usize,
    /// What moved at the remote.
    pub moved: Vec<SharedMove>,
    /// Refs that were gone from the remote and are there again.
    pub restored: Vec<String>,
    /// What was not shared.
    pub left_out: Vec<LeftOut>,
}

/// What the remote's refs are, by full name.
type There = BTreeMap<String, ObjectId>;

/// Brings the evidence here and at a remote to the same state.
///
/// # Errors
/// When the remote cannot be reached or takes nothing, or when evidence is bad, ours or the remote's. Whatever the
/// moment, evidence here and there is as it was or as it should be, and the next sync finishes.
pub fn sync(repository: &Repository, request: &SyncRequest<'_>) -> Result<SyncReport, Error> {
    // Whoever gains the lock clears what a killed process of ours left: git would wait for its owner for ever.
    drop(repository.lock()?);
    let transport = Transport::new(repository, request.remote, request.environment);
    let mut work = Sync { repository, request, transport, report: SyncReport::default() };
    work.report.remote = request.remote.shown();
    work.leave_out();
    let mut last = None;
    let mut refusals = 0;
    for turn in 1..=RACES {
        if request.cancel.is_cancelled() {
            return Err(crate::step::Error::Interrupted.into());
        }
        work.report.tries = turn;
        let there = work.transport.list(&work.names())?;
        refusals = if last.as_ref() == Some(&there) { refusals + 1 } else { 0 };
        match work.attempt(&there) {
            Ok(None) => return Ok(work.report),
            Ok(Some(refused)) if refusals + 1 >= REFUSALS => return Err(work.refusal(refused)),
            Ok(Some(_)) => {}
            // The remote answers, so what fails may have lost a race for a ref or an object, there or here.
            Err(Error::Git(git::Error::Transport { .. })) if refusals + 1 < FAILURES => {}
            Err(error) => return Err(error),
        }
        last = Some(there);
        std::thread::sleep(pause(request.seed, turn));
    }
    Err(Error::SyncContended { remote: work.report.remote, tries: RACES })
}

struct Sync<'a> {
    repository: &'a Repository,
    request: &'a SyncRequest<'a>,
    transport: Transport<'a>,
    report: SyncReport,
}

impl Sync<'_> {
    fn leave_out(&mut self) {
        let why = if !self.request.keep {
            "it was asked for"
        } else if self.repository.is_shallow() {
            "this clone is shallow, and the commits that it keeps would bring their history along"
        } else {
            return;
        };
        self.report.left_out.push(LeftOut { name: KEEP_REF.to_owned(), why: why.to_owned() });
    }

    /// The refs that this sync shares.
    fn names(&self) -> Vec<&'static str> {
        let shared = SHARED.iter().map(|(name, _)| *name);
        shared.filter(|name| !self.report.left_out.iter().any(|left| left.name == *name)).collect()
    }

    /// Brings both sides together once; returns what the remote did not take, if it did not.
    fn attempt(&mut self, there: &There) -> Result<Option<PushReport>, Error> {
        self.fetch(there, false)?;
        let there = match self.take_over(there) {
            Err(Error::Ledger(error)) if error.is_promised() => {
                // An ordinary fetch of this partial clone brought the commits and left the files.
                self.fetch(there, true)?;
                self.take_over(there)?
            }
            taken => taken?,
        };
        let refs = self.lacking(&there)?;
        if !refs.is_empty() {
            let named: Vec<(ObjectId, &str)> = refs.iter().map(|(name, id)| (*id, *name)).collect();
            let pushed = self.transport.push(&named)?;
            if pushed.is_rejected() {
                return Ok(Some(pushed));
            }
        }
        self.finish(&there, &refs)?;
        Ok(None)
    }

    /// Copies the remote's refs into tracking refs, those that moved.
    fn fetch(&self, there: &There, again: bool) -> Result<(), Error> {
        let partial = self.repository.is_partial();
        let mut whole = Vec::new();
        let mut filtered = Vec::new();
        for (name, short) in SHARED {
            let Some(id) = there.get(name) else { continue };
            let tracking = self.request.remote.tracking(short);
            let same = self.repository.ref_target(&tracking)? == Some(*id) && self.repository.has_object(*id);
            if same && !again {
                continue;
            }
            // What is kept is the user's own history, of which a partial clone wants no more than it has.
            if partial && name == KEEP_REF { &mut filtered } else { &mut whole }.push((name, tracking));
        }
        let objects = if again { Objects::Again } else { Objects::All };
        for (refs, objects) in [(whole, objects), (filtered, Objects::Filtered)] {
            if !refs.is_empty() {
                self.transport.fetch(&refs, objects)?;
            }
        }
        Ok(())
    }

    /// Checks what came and merges it; returns what the remote's refs are, as far as they were fetched.
    fn take_over(&mut self, listed: &There) -> Result<There, Error> {
        let (repository, remote) = (self.repository, self.request.remote);
        let mut there = There::new();
        for (name, short) in SHARED.into_iter().filter(|(name, _)| listed.contains_key(*name)) {
            if let Some(id) = repository.ref_target(&remote.tracking(short))? {
                there.insert(name.to_owned(), id);
            }
        }
        if let Some(tip) = there.get(LEDGER_REF) {
            self.take_ledger(*tip)?;
        }
        if let Some(tip) = there.get(KEEP_REF) {
            let (person, now) = (self.request.person, self.request.now);
            Ledger::open(repository)?.receive_keep(remote, *tip, person, now)?;
        }
        Ok(there)
    }

    fn take_ledger(&mut self, tip: ObjectId) -> Result<(), Error> {
        let (repository, request) = (self.repository, self.request);
        let mut ledger = Ledger::open(repository)?;
        let before = ledger.head();
        let seen = ledger.seen_of(request.remote)?;
        let after = ledger.receive(request.remote, tip, request.person, request.now, request.jobs)?;
        if seen != Some(tip) {
            let new = amount(repository, seen, tip)?;
            self.report.fetched = self.report.fetched.plus(new.0);
            self.report.merged += amount(repository, before, after)?.0.entries;
            let commits: Vec<ObjectId> = new.1.into_iter().collect();
            self.report.notes += seal::project(&ledger, &commits, request.person, request.now)?;
            // Last: a sync that was killed before writes the notes again.
            ledger.remember_remote(request.remote, tip)?;
        }
        Ok(())
    }

    /// Returns what the remote lacks: (full name, what it shall be).
    fn lacking(&mut self, there: &There) -> Result<Vec<(&'static str, ObjectId)>, Error> {
        let ledger = Ledger::open(self.repository)?;
        ledger.check()?;
        let mut refs = Vec::new();
        for name in [KEEP_REF, LEDGER_REF] {
            let ours = self.repository.ref_target(name)?;
            let shared = self.names().contains(&name);
            refs.extend(ours.filter(|ours| shared && there.get(name) != Some(ours)).map(|ours| (name, ours)));
        }
        let (person, now) = (self.request.person, self.request.now);
        match publication::notes(self.repository, &ledger, there.get(NOTES_REF).copied(), person, now)? {
            Ok(tip) => refs.extend(tip.map(|tip| (NOTES_REF, tip))),
            Err(why) => {
                let left = LeftOut { name: NOTES_REF.to_owned(), why };
                if !self.report.left_out.contains(&left) {
                    self.report.left_out.push(left);
                }
            }
        }
        Ok(refs)
    }

    /// Remembers what the remote has now, and says what moved.
    fn finish(&mut self, there: &There, refs: &[(&'static str, ObjectId)]) -> Result<(), Error> {
        let ledger = Ledger::open(self.repository)?;
        let seen = ledger.seen_of(self.request.remote)?;
        for (name, after) in refs {
            let before = there.get(*name).copied();
            if *name == LEDGER_REF {
                self.report.pushed = amount(self.repository, before, *after)?.0;
                if before.is_none() && seen.is_some() {
                    self.report.restored.push((*name).to_owned());
                }
                ledger.remember_remote(self.request.remote, *after)?;
            }
            self.report.moved.push(SharedMove { name: (*name).to_owned(), before, after: *after });
            self.track(name, *after)?;
        }
        self.report.ledger = refs
            .iter()
            .find(|(name, _)| *name == LEDGER_REF)
            .map(|(_, id)| *id)
            .or_else(|| there.get(LEDGER_REF).copied());
        Ok(())
    }

    /// Moves our copy of a ref that the remote took; another git may have done so already.
    fn track(&self, name: &str, new: ObjectId) -> Result<(), Error> {
        let short = SHARED.iter().find(|(shared, _)| *shared == name).map_or(name, |(_, short)| *short);
        let tracking = self.request.remote.tracking(short);
        let expected = Expected::from_target(self.repository.ref_target(&tracking)?);
        let message = "git-iao: sync".to_owned();
        match self.repository.update_ref(&RefUpdate { name: tracking, expected, new, message }) {
            Ok(()) | Err(git::Error::RefMoved { .. } | git::Error::RefLocked { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn refusal(&self, refused: PushReport) -> Error {
        let lines: Vec<String> =
            refused.rejected.iter().map(|(name, why)| format!("`{name}`: {why}")).collect();
        Error::PushRefused { remote: self.report.remote.clone(), refs: lines.join("\n"), tries: REFUSALS }
    }
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        Self {
            commits: self.commits + other.commits,
            entries: self.entries + other.entries,
            seals: self.seals + other.seals,
        }
    }
}

/// Counts what one ledger commit has that another has not, and names the commits that its new seals are about.
fn amount(
    repository: &Repository,
    before: Option<ObjectId>,
    after: ObjectId,
) -> Result<(Amount, BTreeSet<ObjectId>), Error> {
    let old = before.map(|before| repository.commit(before)).transpose()?;
    let old = old.map_or(repository.empty_tree(), |commit| commit.tree);
    let changes = repository.diff_trees(old, repository.commit(after)?.tree)?;
    let added: Vec<_> = changes.iter().filter(|(_, before, _)| before.is_none()).collect();
    let seals = added.iter().filter_map(|(path, ..)| seal::sealed_commit(path.as_str()?));
    let (mut count, mut commits) = (0, BTreeSet::new());
    for commit in seals {
        count += 1;
        commits.insert(commit);
    }
    let walked = repository.walk(&[after], before.as_slice(), usize::MAX)?.len();
    Ok((Amount { commits: walked, entries: added.len(), seals: count }, commits))
}

/// Returns how long to wait after a try: up to a bound that doubles, where exactly is drawn from the seed.
fn pause(seed: u64, turn: usize) -> Duration {
    let doublings = u32::try_from(turn).unwrap_or(u32::MAX).min(16);
    let bound = (PAUSE << doublings).min(LONGEST_PAUSE);
    // SplitMix64 (Steele, Lea, Flood 2014): one step from each state is as good as a generator here.
    let mut drawn = seed.wrapping_add((turn as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Duration::from_millis((drawn ^ (drawn >> 31)) % bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_bounded_and_differ_between_seeds() {
        for turn in 1..=RACES {
            assert!(pause(7, turn) < Duration::from_millis(LONGEST_PAUSE));
        }
        assert!(pause(7, 1) < Duration::from_millis(2 * PAUSE));
        let drawn = |seed| (1..=RACES).map(|turn| pause(seed, turn)).collect::<Vec<_>>();
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(drawn(1), drawn(1));
    }
}
