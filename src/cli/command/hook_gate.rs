//! `git iao hooks run`: judges what a hook is about, as git calls it.
//!
//! When nothing is found nothing is recorded: a commit must cost what git costs.

use std::io::Read as _;

use git_iao::config::{self, Config};
use git_iao::event::EventKind;
use git_iao::git::is_nested;
use git_iao::hook::{self, Hook, Known, Made, Passage, PushRequest, Skip, Update};
use git_iao::model::{Finding, ObjectId, RepoPath, Severity};
use git_iao::scan::{ALONE, Gates, ScanRequest, built_in, scan};
use git_iao::step::Subject;
use serde_json::json;

use super::hook_report::{self, Stopped};
use super::{hook_push, hook_verify, show::causes};
use crate::cli::args::HooksRun;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;

/// How much git may write to a hook, in bytes.
const INPUT_LIMIT: u64 = 16 << 20;
/// What is taken to be at a remote already: `advertised` or `tracking`.
const EXCLUDE: &str = "iao.prepush.exclude";

/// Runs one hook.
pub(super) fn run(session: &Session, run: &HooksRun) -> Result<Exit, Error> {
    if let Some(script) = &run.script {
        hook::refuse_unrun(script)?;
    }
    match run.hook {
        Hook::PostCommit => Ok(after_commit(session)),
        Hook::PreCommit | Hook::PreMergeCommit => before_commit(session, run),
        Hook::PrePush => before_push(session, run),
        Hook::PreReceive => before_receive(session, run),
    }
}

fn before_commit(session: &Session, run: &HooksRun) -> Result<Exit, Error> {
    let head = session.head_commit()?;
    let staged = hook::pre_commit(&session.repository, head)?;
    // Who mends a broken configuration commits through the one that is to hold.
    let gate = Gate::open(session, run.hook, head, |_| session.config_in(staged.subject.snapshot()?))?;
    let exit = gate.judge(vec![staged.subject.clone()], &[])?;
    if exit == Exit::Yes {
        hook::leave_mark(&session.repository, run.caller, &staged);
    }
    Ok(exit)
}

fn before_push(session: &Session, run: &HooksRun) -> Result<Exit, Error> {
    let gate = Gate::open(session, run.hook, session.head_commit()?, Err)?;
    let mut updates = hook::read_pushed(&told(session)?)?;
    // A sync of our own sends what it has checked.
    updates.retain(|update| !(update.is_evidence() && is_nested(&session.environment)));
    let word = |at: usize| run.arguments.get(at).and_then(|word| word.to_str());
    let push = PushRequest {
        updates: &updates,
        remote: word(0).or(session.environment.text("PRE_COMMIT_REMOTE_NAME")).unwrap_or("origin"),
        url: word(1).or(session.environment.text("PRE_COMMIT_REMOTE_URL")),
        known: known(session)?,
    };
    let arriving = hook::pre_push(&session.repository, &push)?;
    if arriving.elsewhere > 0 {
        let count = render::counted(arriving.elsewhere as u64, "content");
        session.ui.note(&format!(
            "note: {count} of this partial clone are only at its remote, and were not looked at"
        ));
    }
    if gate.judge(arriving.subjects, &tips(session, &updates)?)? == Exit::No
        || hook_push::lacks_seal(&gate, &updates)?
    {
        return Ok(Exit::No);
    }
    match word(0) {
        Some(remote) => hook_push::carry(session, remote),
        None => Ok(Exit::Yes),
    }
}

fn before_receive(session: &Session, run: &HooksRun) -> Result<Exit, Error> {
    // A server whose own configuration broke takes in what mends it, judged by the built-in one.
    let gate = Gate::open(session, run.hook, session.head_commit()?, |_| session.config_of(None))?;
    let updates = hook::read_received(&input()?)?;
    let arriving = hook::pre_receive(&session.repository, &updates)?;
    gate.judge(arriving.subjects, &tips(session, &updates)?)
}

/// Notes a commit that no gate saw. Nothing that goes wrong here may trouble the commit, which is made already.
fn after_commit(session: &Session) -> Exit {
    let noted = || -> Result<(), Error> {
        let action = session.environment.text("GIT_REFLOG_ACTION");
        let (made, kind, outcome) = match hook::passage(&session.repository, action)? {
            Passage::Checked => return Ok(()),
            Passage::Bypassed(made) => (made, EventKind::HookBypassed, "bypassed"),
            Passage::Unchecked(made) => (made, EventKind::HookUnchecked, "unchecked"),
        };
        let Made { commit, tree, action } = made;
        let config = session.config_of(Some(commit))?;
        let payload = json!({ "commit": commit, "tree": tree, "action": action });
        session.note_hook(&config, Hook::PostCommit, Some(commit), kind, payload, outcome)?;
        if outcome == "bypassed" {
            session.ui.note(&format!("note: {} went past its gate, which is recorded", commit.short()));
        }
        Ok(())
    };
    if let Err(error) = noted() {
        session
            .ui
            .warn(&format!("whether this commit went past its gate is not recorded: {}", causes(&error)));
    }
    Exit::Yes
}

/// Reads the refs that git tells of; without any, those of a program that runs hooks in git's place.
fn told(session: &Session) -> Result<Vec<u8>, Error> {
    let input = input()?;
    let variable = |name: &str| session.environment.text(&format!("PRE_COMMIT_{name}"));
    match (input.is_empty(), variable("TO_REF")) {
        (true, Some(to)) => {
            let from = variable("FROM_REF").filter(|from| from.len() == to.len());
            let from = from.map_or_else(|| "0".repeat(to.len()), ToOwned::to_owned);
            let name = variable("REMOTE_BRANCH").unwrap_or("refs/heads/HEAD");
            Ok(format!("HEAD {to} {name} {from}\n").into_bytes())
        }
        _ => Ok(input),
    }
}

fn input() -> Result<Vec<u8>, Error> {
    let mut input = Vec::new();
    std::io::stdin().take(INPUT_LIMIT + 1).read_to_end(&mut input)?;
    if input.len() as u64 > INPUT_LIMIT { Err(Error::LongInput { limit: INPUT_LIMIT }) } else { Ok(input) }
}

/// Says what is taken to be at the remote: as the user's config says; in CI, where nobody fetches, the least.
fn known(session: &Session) -> Result<Known, Error> {
    let in_ci = session.environment.text("CI").is_some_and(|value| !["", "0", "false"].contains(&value));
    match session.repository.config_string(EXCLUDE).as_deref() {
        Some("advertised") => Ok(Known::Advertised),
        Some("tracking") => Ok(Known::Tracking),
        Some(value) => Err(Error::ExcludeWord { value: value.to_owned() }),
        None if in_ci => Ok(Known::Advertised),
        None => Ok(Known::Main),
    }
}

/// One gate: what blocks here, and what its caller lets through.
pub(super) struct Gate<'a> {
    pub(super) session: &'a Session,
    pub(super) config: Config,
    /// Where the configuration stands, or would stand.
    pub(super) documents: Vec<RepoPath>,
    pub(super) hook: Hook,
    pub(super) skip: Skip,
}

impl<'a> Gate<'a> {
    /// Opens the gate under the configuration of HEAD; where that breaks its own rules, under what `otherwise` says.
    fn open(
        session: &'a Session,
        hook: Hook,
        head: Option<ObjectId>,
        otherwise: impl FnOnce(Error) -> Result<Config, Error>,
    ) -> Result<Self, Error> {
        let (config, reads) = match session.config_and_reads(head) {
            Err(error @ Error::Config(config::Error::Invalid { .. })) => {
                let config = otherwise(error)?;
                session
                    .ui
                    .warn("the configuration in HEAD is not valid; `git iao validate` names each fault");
                (config, Vec::new())
            }
            loaded => loaded?,
        };
        let documents = reads.into_iter().map(|(path, _)| path).collect();
        let variable = |name: &str| session.environment.text(name);
        // Whoever pushes says nothing of what a server lets through.
        let skip = match hook {
            Hook::PreReceive => Skip::default(),
            _ => Skip::parse(variable("IAO_SKIP"), variable("IAO_SKIP_REASON")),
        };
        for word in skip.strange() {
            session.ui.warn(&format!("`{word}` in IAO_SKIP is no gate and no rule: it lets nothing through"));
        }
        Ok(Self { session, config, documents, hook, skip })
    }

    /// Judges one thing after another; says what stops the act, and records that, or what was let through.
    ///
    /// Of commits only `tips` are to stand, and need a configuration that loads and policies that are kept.
    fn judge(&self, subjects: Vec<Subject>, tips: &[ObjectId]) -> Result<Exit, Error> {
        let mut stopped: Option<Stopped> = None;
        let mut waived: Vec<(String, Finding)> = Vec::new();
        for subject in subjects {
            let mut stays = Vec::new();
            let mut found = self.blocking(&subject)?;
            if subject.commit.is_none_or(|commit| tips.contains(&commit)) {
                found.extend(hook_verify::blocking(self, &subject)?);
            }
            for finding in found {
                match self.skip.word_for(&finding) {
                    Some(word) => waived.push((word.to_owned(), finding)),
                    None => stays.push(finding),
                }
            }
            if !stays.is_empty() {
                let commit = subject.commit;
                stopped.get_or_insert_with(|| Stopped::at(subject)).findings.push((commit, stays));
            }
        }
        match stopped {
            Some(stopped) => hook_report::report(self, stopped),
            None if waived.is_empty() => Ok(Exit::Yes),
            None => self.let_through(&waived),
        }
    }

    /// Returns what a gate of the policy's `blockOn` finds in `subject`.
    fn blocking(&self, subject: &Subject) -> Result<Vec<Finding>, Error> {
        if subject.only.as_ref().is_some_and(std::collections::BTreeSet::is_empty) {
            return Ok(Vec::new());
        }
        let is_small = subject.only.as_ref().is_some_and(|only| only.len() <= ALONE);
        let request = ScanRequest {
            policies: &self.config.policies,
            rules: built_in(),
            governance: &self.config.pipeline.governance,
            project_root: &self.config.pipeline.project_root,
            gates: Gates::All,
            only: subject.only.as_ref(),
            before: subject.before.as_ref(),
            now: self.session.now(),
            key: None,
            jobs: if is_small { 1 } else { self.session.jobs() },
            cancel: &self.session.cancel,
        };
        let found = scan(subject.judged()?, &request).map_err(git_iao::step::Error::from)?;
        let block_on = &self.config.policies.gates.block_on;
        let blocks =
            |finding: &Finding| finding.severity == Severity::Error && block_on.contains(&finding.gate);
        Ok(found.findings.into_iter().filter(blocks).collect())
    }

    /// Records what the caller asked to let through; what cannot be recorded is not let through.
    fn let_through(&self, waived: &[(String, Finding)]) -> Result<Exit, Error> {
        let mut words: Vec<&str> = waived.iter().map(|(word, _)| word.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        let mut rules = serde_json::Map::new();
        for (_, finding) in waived {
            let count = rules.get(&finding.rule).and_then(serde_json::Value::as_u64).unwrap_or(0);
            rules.insert(finding.rule.clone(), json!(count + 1));
        }
        self.note_skip(&words, json!({ "findings": rules }))?;
        let count = render::counted(waived.len() as u64, "finding");
        self.session
            .ui
            .note(&format!("note: IAO_SKIP lets {count} through ({}), which is recorded", words.join(", ")));
        Ok(Exit::Yes)
    }

    /// Records an escape.
    pub(super) fn note_skip(&self, words: &[&str], mut payload: serde_json::Value) -> Result<(), Error> {
        payload["hook"] = json!(self.hook);
        payload["skipped"] = json!(words);
        if let Some(reason) = self.skip.reason() {
            payload["reason"] = json!(reason);
        }
        let base = self.session.head_commit()?;
        self.session.note_hook(&self.config, self.hook, base, EventKind::HookSkipped, payload, "skipped")
    }
}

/// Says which of these refs shall name a commit that is to be judged by its seal.
pub(super) fn tips(session: &Session, updates: &[Update]) -> Result<Vec<ObjectId>, Error> {
    let mut tips = Vec::new();
    for update in updates.iter().filter(|update| !update.after.is_null() && !update.is_evidence()) {
        if let (commit, "commit") = session.repository.peel(update.after)? {
            tips.push(commit);
        }
    }
    tips.sort_unstable();
    tips.dedup();
    Ok(tips)
}

impl Session {
    /// Records what a hook saw, as a run of its own.
    pub(super) fn note_hook(
        &self,
        config: &Config,
        hook: Hook,
        base: Option<ObjectId>,
        kind: EventKind,
        payload: serde_json::Value,
        outcome: &'static str,
    ) -> Result<(), Error> {
        let engine = git_iao::engine::Engine { repository: &self.repository, config };
        let payload = payload.as_object().cloned().unwrap_or_default();
        let run = git_iao::engine::fresh_run_id();
        let note = git_iao::engine::HookNote { run, hook: hook.name(), base, kind, payload, outcome };
        Ok(engine.note_hook(note, self.clock)?)
    }
}
