//! `git iao show`: what was sealed at a commit, by whom, and whether it still holds.

use git_iao::base::canonical;
use git_iao::git::Repository;
use git_iao::hash::hex;
use git_iao::ledger::{Ledger, NOTES_REF};
use git_iao::model::ObjectId;
use git_iao::repair::PatchSet;
use git_iao::seal::{self, Manifest, Note, SealIndex, SealStatement, Standing, State};
use git_iao::step;
use git_iao::supply_chain::{SignatureState, Verifier};
use serde_json::{Value, json};

use crate::cli::args::{Format, Show};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::render;
use crate::cli::session::Session;
use crate::cli::ui::{Style, plain};

/// How much of a list is held before it is printed, in bytes.
const PIECE: usize = 1 << 20;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Show) -> Result<Exit, Error> {
    let repository = &session.repository;
    let commit = session.some_commit(&arguments.revision, "show")?;
    let ledger = Ledger::open(repository)?;
    let index = SealIndex::read(&ledger)?;
    for damage in index.damaged() {
        session.ui.warn(&causes(damage));
    }
    let standing = seal::standing(repository, &index, commit)?;
    if arguments.manifest {
        return manifest(session, commit, &ledger, standing.as_ref());
    }
    let Some(standing) = standing else {
        return only_note(session, arguments, commit);
    };
    let sealed = standing.seal.statement().commit();
    let verifier = verifier_for(session, arguments, sealed)?;
    let seals = seal::find(&ledger, sealed)?.seals;
    let seal = seal::most_trusted(&seals, &verifier)?.unwrap_or(&standing.seal);
    let told = Told {
        commit,
        state: Some(standing.state),
        statement: seal.statement(),
        digest: seal.digest().to_string(),
        signature: seal::judge_signature(seal.envelope(), seal.statement(), &verifier)?,
    };
    let patches = patches(&ledger, seal.statement())?;
    answer(session, &told, patches.as_ref())?;
    Ok(Exit::Yes)
}

/// Joins an error and its causes into one line.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    plain(&text)
}

/// A seal as it is told.
struct Told<'a> {
    commit: ObjectId,
    state: Option<State>,
    statement: &'a SealStatement,
    digest: String,
    signature: SignatureState,
}

fn verifier_for(session: &Session, arguments: &Show, sealed: ObjectId) -> Result<Verifier, Error> {
    let verifier = session.verifier(&arguments.trust, false)?;
    // A copied note may speak of a commit that is not here; then there is no policy to ask.
    if session.repository.has_object(sealed) {
        session.narrowed(&verifier, &arguments.trust, sealed)
    } else {
        Ok(verifier)
    }
}

/// Without a ledger a note is all there is; it is enough to say what was sealed.
fn only_note(session: &Session, arguments: &Show, commit: ObjectId) -> Result<Exit, Error> {
    let ui = &session.ui;
    if let Some(bytes) = session.repository.note(NOTES_REF, commit)? {
        let note = Note::parse(&bytes).map_err(|source| Error::Note { commit, source })?;
        let fits = note.statement().commit() == commit;
        let verifier = verifier_for(session, arguments, note.statement().commit())?;
        let told = Told {
            commit,
            state: fits.then_some(State::Sealed),
            statement: note.statement(),
            digest: note.digest().to_string(),
            signature: seal::judge_signature(note.envelope(), note.statement(), &verifier)?,
        };
        answer(session, &told, None)?;
        if !fits {
            ui.warn("this note seals another commit: somebody copied it here");
            return Ok(Exit::No);
        }
        return Ok(Exit::Yes);
    }
    if ui.format() == Format::Json {
        ui.json(&json!({ "schema": "iao/show/v1", "commit": commit, "state": Value::Null }))?;
    } else {
        ui.out(&format!("{commit} is not sealed, and neither is any commit before it\n"))?;
        ui.hint(&format!("`git iao seal {}` seals it", commit.short()));
    }
    Ok(Exit::No)
}

/// Returns the patch set that led to the sealed commit.
fn patches(ledger: &Ledger<'_>, statement: &SealStatement) -> Result<Option<PatchSet>, Error> {
    let Some(run) = &statement.predicate().run else {
        return Ok(None);
    };
    Ok(match step::recorded_run(ledger, run, "patch-report")? {
        Some(bytes) => {
            let name = format!("patch report of run {run}");
            let patches =
                canonical::from_slice(&bytes).map_err(|source| step::Error::Record { name, source })?;
            Some(patches)
        }
        None => None,
    })
}

fn answer(session: &Session, told: &Told<'_>, patches: Option<&PatchSet>) -> Result<(), Error> {
    let ui = &session.ui;
    let predicate = told.statement.predicate();
    let digest = predicate.roots.digest();
    if ui.format() == Format::Json {
        return Ok(ui.json(&json!({
            "schema": "iao/show/v1",
            "commit": told.commit,
            "state": told.state.map(State::as_str),
            "sealedCommit": told.statement.commit(),
            "tree": told.statement.tree(),
            "seal": told.digest,
            "predicate": predicate,
            "signer": predicate.signer,
            "signed": told.signature != SignatureState::Unsigned,
            "signature": render::signature(&told.signature),
            "patches": patches,
        }))?);
    }
    let state = told.state.map_or("copied", State::as_str);
    let style = if told.state == Some(State::Sealed) { Style::Good } else { Style::Warn };
    let mut text = format!("commit   {}\nstate    {}\n", told.commit, ui.style(style, state));
    if told.statement.commit() != told.commit {
        text.push_str(&format!("sealed   {}\n", told.statement.commit()));
    }
    let verdict = &predicate.verdict;
    text.push_str(&format!("tree     {}\n", told.statement.tree()));
    text.push_str(&format!(
        "verdict  {}: {} pass, {} fail, {} warn, {} findings\n",
        verdict.outcome.as_str(),
        verdict.counts.pass,
        verdict.counts.fail,
        verdict.counts.warn,
        verdict.counts.findings
    ));
    text.push_str(&format!(
        "policy   {} {}\n",
        plain(&predicate.policy.name),
        predicate.policy.digest.short()
    ));
    text.push_str(&format!("signer   {}\n", render::signer(ui, &told.signature)));
    text.push_str(&format!(
        "sealed   {} by {} {}\n",
        predicate.sealed_at,
        plain(&predicate.tool.name),
        plain(&predicate.tool.version)
    ));
    text.push_str(&format!("files    {}, {} bytes\n", predicate.roots.files, predicate.roots.bytes));
    text.push_str(&format!(
        "sha3_512 {}\nblake3   {}\n",
        hex::encode(&digest.sha3_512),
        hex::encode(&digest.blake3)
    ));
    if let Some(run) = &predicate.run {
        text.push_str(&format!("run      {run}\n"));
    }
    if let Some(plan) = &predicate.plan {
        text.push_str(&format!("plan     {plan}\n"));
    }
    if let Some(events) = &predicate.events {
        text.push_str(&format!("events   {} up to {}\n", events.count, events.head.short()));
    }
    for patch in patches.iter().flat_map(|patches| &patches.commits) {
        text.push_str(&format!("patch    {} {}\n", patch.commit.short(), plain(&patch.subject)));
    }
    text.push_str(&format!("seal     {}\n", told.digest));
    ui.out(&text)?;
    ui.hint(&format!(
        "`git iao verify --seal {}` checks it against every byte",
        told.statement.commit().short()
    ));
    Ok(())
}

/// Lists every file with mode, size and both digests: from the ledger when the tree was sealed, computed otherwise.
fn manifest(
    session: &Session,
    commit: ObjectId,
    ledger: &Ledger<'_>,
    standing: Option<&Standing>,
) -> Result<Exit, Error> {
    let tree = tree_of(&session.repository, commit)?;
    let recorded = standing.filter(|standing| standing.seal.statement().tree() == tree);
    let manifest = match recorded {
        Some(standing) => Manifest::load(ledger, standing.seal.statement().document().address())?,
        None => Manifest::build(&session.repository, tree, session.jobs(), &session.cancel)?,
    };
    let roots = manifest.roots();
    let digest = roots.digest();
    let ui = &session.ui;
    if ui.format() == Format::Json {
        let files: Vec<Value> = manifest
            .files()
            .map(|file| {
                json!({
                    "path": file.path,
                    "mode": file.mode.to_string(),
                    "size": file.size,
                    "sha3_512": hex::encode(&file.digest.sha3_512),
                    "blake3": hex::encode(&file.digest.blake3),
                })
            })
            .collect();
        ui.json(&json!({
            "schema": "iao/manifest-list/v1",
            "commit": commit,
            "tree": tree,
            "sealed": recorded.is_some(),
            "roots": { "sha3_512": hex::encode(&digest.sha3_512), "blake3": hex::encode(&digest.blake3) },
            "files": files,
        }))?;
        return Ok(Exit::Yes);
    }
    let mut text = String::new();
    for file in manifest.files() {
        text.push_str(&format!(
            "{} {:>10} {} {} {}\n",
            file.mode,
            file.size,
            hex::encode(&file.digest.sha3_512),
            hex::encode(&file.digest.blake3),
            file.path
        ));
        // A tree that holds itself many times over has more files than memory has lines for.
        if text.len() > PIECE {
            ui.out(&text)?;
            text.clear();
        }
    }
    ui.out(&text)?;
    if recorded.is_none() {
        ui.note("note: this tree is not sealed; the digests were computed now");
    }
    Ok(Exit::Yes)
}

fn tree_of(repository: &Repository, commit: ObjectId) -> Result<ObjectId, Error> {
    Ok(repository.commit(commit)?.tree)
}
