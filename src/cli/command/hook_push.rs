//! What a push asks beside its contents: a seal of each tip, and that evidence goes along.
//!
//! A seal is asked for by the policy; writing to a network by the user's own config alone.

use git_iao::engine::{self, AuditRequest, Lacking, audit};
use git_iao::event::EventKind;
use git_iao::git::is_nested;
use git_iao::hook::Update;
use git_iao::ledger::Ledger;
use serde_json::json;

use super::hook_gate::{Gate, tips};
use super::show::causes;
use super::sync::{share, tell};
use crate::cli::args;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// Whether a push carries evidence along: `true`, or `required` to stop the push when that fails.
const SYNC_ON_PUSH: &str = "iao.syncOnPush";
/// How many tips are named.
const SHOWN: usize = 5;

/// Says whether a tip lacks the seal that the policy asks for (`hooks.prePush.requireSeal`), and what to do then.
pub(super) fn lacks_seal(gate: &Gate<'_>, updates: &[Update]) -> Result<bool, Error> {
    // A push of our own brings the seals themselves.
    if !gate.config.policies.hooks.pre_push.require_seal || is_nested(&gate.session.environment) {
        return Ok(false);
    }
    let lacking = unsealed(gate.session, updates)?;
    if lacking.is_empty() {
        return Ok(false);
    }
    let commits: Vec<String> = lacking.iter().map(|one| one.commit.to_string()).collect();
    if gate.skip.lets_unsealed_through() {
        gate.note_skip(&["seal"], json!({ "unsealed": commits }))?;
        gate.session.ui.note("note: IAO_SKIP lets commits without a seal through, which is recorded");
        return Ok(false);
    }
    let payload = json!({ "hook": gate.hook, "gates": ["policy_violation"], "unsealed": commits });
    let base = gate.session.head_commit()?;
    gate.session.note_hook(&gate.config, gate.hook, base, EventKind::HookBlocked, payload, "blocked")?;
    let ui = &gate.session.ui;
    let mut text = String::new();
    for one in lacking.iter().take(SHOWN) {
        let commit = ui.style(Style::Bad, &one.commit.short());
        text.push_str(&format!(
            "{commit} has no valid seal: {}  ({})\n",
            plain(&one.detail),
            plain(&one.subject)
        ));
    }
    if lacking.len() > SHOWN {
        text.push_str(&format!("... and {} more\n", lacking.len() - SHOWN));
    }
    text.push_str("pre-push blocked by `hooks.prePush.requireSeal`\n");
    ui.out(&text)?;
    let first = lacking[0].commit.short();
    ui.hint(&format!(
        "`git iao seal {first}` seals it, `git iao sync` brings the seals of others; then push again"
    ));
    Ok(true)
}

/// Returns the tips without valid evidence, each judged by the policy before it.
fn unsealed(session: &Session, updates: &[Update]) -> Result<Vec<Lacking>, Error> {
    let options = args::Trust::default();
    let anybody = session.verifier(&options, false)?;
    let ledger = Ledger::open(&session.repository)?;
    let mut lacking = Vec::new();
    for tip in tips(session, updates)? {
        let verifier = session.narrowed(&anybody, &options, tip)?;
        let request = AuditRequest {
            commits: &[tip],
            verified: false,
            verifier: &verifier,
            jobs: session.jobs(),
            cancel: &session.cancel,
        };
        lacking.extend(audit(&session.repository, &ledger, &request).map_err(|error| match error {
            engine::Error::Ledger(error) if error.is_bad_evidence() => Error::BadEvidence(error),
            error => error.into(),
        })?);
    }
    Ok(lacking)
}

/// Shares evidence with the remote that a push goes to, if the user's git config says so (`iao.syncOnPush`).
///
/// The config and not a policy decides: what a repository's documents say must not make a clone write to a network.
pub(super) fn carry(session: &Session, remote: &str) -> Result<Exit, Error> {
    let wish = session.repository.config_string(SYNC_ON_PUSH).unwrap_or_default().to_ascii_lowercase();
    let required = wish == "required";
    if is_nested(&session.environment) || !(required || ["true", "yes", "on", "1"].contains(&wish.as_str())) {
        return Ok(Exit::Yes);
    }
    let shared = session.repository.remote(remote).map_err(Error::from);
    match shared.and_then(|remote| share(session, &remote, true)) {
        Ok(report) => {
            tell(session, &report);
            session.ui.note(&format!("evidence is in sync with {}", plain(&report.remote)));
            Ok(Exit::Yes)
        }
        Err(error) if required => Err(error),
        Err(error) => {
            session.ui.warn(&format!("evidence was not shared: {}", causes(&error)));
            session.ui.hint("the push goes on; see what is wrong with `git iao sync`");
            Ok(Exit::Yes)
        }
    }
}
