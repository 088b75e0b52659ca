//! `git iao seal export`: the seal of a commit in the forms that other tools read.

use git_iao::git::Repository;
use git_iao::ledger::Ledger;
use git_iao::model::Outcome;
use git_iao::seal::{self, Depth, StoredSeal};
use git_iao::supply_chain::{
    self, Envelope, SignatureState, SourceSummary, VerificationResult, bundle, verification_summary,
};

use crate::cli::args::{self, Export, ExportFormat, Sign};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;

/// Runs the command.
pub(in crate::cli) fn run(
    session: &Session,
    arguments: &Export,
    format: Option<ExportFormat>,
) -> Result<Exit, Error> {
    let repository = &session.repository;
    let commit = session.some_commit(&arguments.revision, "export")?;
    let ledger = Ledger::open(repository)?;
    let seals = seal::find(&ledger, commit)?.seals;
    let verifier = session.verifier(&args::Trust::default(), false)?;
    let Some(seal) = seal::most_trusted(&seals, &verifier)? else {
        return Err(Error::NotSealed { commit });
    };
    let state = seal::judge_signature(seal.envelope(), seal.statement(), &verifier)?;
    if let SignatureState::Invalid { why } = &state {
        return Err(Error::DoesNotHold { commit, what: why.clone() });
    }
    let bytes = match format.unwrap_or(ExportFormat::Dsse) {
        ExportFormat::Dsse => seal.envelope().to_canonical(),
        ExportFormat::SigstoreBundle => bundle(seal.envelope(), &state)?,
        ExportFormat::Vsa => {
            let report = seal::check_seal(
                repository,
                &ledger,
                seal,
                Depth::Content,
                &verifier,
                session.jobs(),
                &session.cancel,
            )?;
            if let Some(failure) = report.first_failure() {
                return Err(Error::DoesNotHold { commit, what: failure.detail.clone() });
            }
            summary(session, arguments, seal, &state)?.to_canonical()
        }
    };
    write(session, arguments, bytes)?;
    Ok(Exit::Yes)
}

/// Summarizes a seal that holds, and signs the summary.
fn summary(
    session: &Session,
    arguments: &Export,
    seal: &StoredSeal,
    state: &SignatureState,
) -> Result<Envelope, Error> {
    let commit = seal.statement().commit();
    let said = seal.statement().predicate();
    let result = match said.verdict.outcome {
        Outcome::Pass => VerificationResult::Passed,
        Outcome::Fail => VerificationResult::Failed,
        Outcome::NotVerified => return Err(Error::NotVerified { commit }),
    };
    let resource = match &arguments.resource_uri {
        Some(uri) => uri.clone(),
        None => resource(&session.repository).ok_or(Error::NoResource)?,
    };
    let payload = verification_summary(&SourceSummary {
        commit: &commit.to_string(),
        tree: &seal.statement().tree().to_string(),
        resource: &resource,
        policy: (&said.policy.name, said.policy.digest),
        seal: seal.digest(),
        result,
        verified_at: session.now(),
    })?;
    let envelope = Envelope::unsigned(payload);
    let config = session.config_of(Some(commit))?;
    let wish = arguments.sign.unwrap_or(Sign::Required);
    let Some(signer) = session.signer(&config, Some(wish))? else { return Ok(envelope) };
    // The verdict is the sealer's word: who signs a summary of it vouches for that sealer.
    if !state.is_trusted() && state.key() != Some(signer.key()) {
        return Err(Error::NotVouchedFor { commit });
    }
    Ok(supply_chain::sign(envelope, signer.as_ref())?)
}

/// Names the repository by the URL of its remote, as SLSA's source track does.
fn resource(repository: &Repository) -> Option<String> {
    let url = repository.remote_url()?;
    if url.contains("://") {
        return Some(format!("git+{url}"));
    }
    // `user@host:path`, git's short form of SSH; a plain path names no repository to anybody else.
    let (host, path) = url.split_once(':')?;
    host.contains('@').then(|| format!("git+ssh://{host}/{}", path.trim_start_matches('/')))
}

fn write(session: &Session, arguments: &Export, mut bytes: Vec<u8>) -> Result<(), Error> {
    match &arguments.output {
        Some(path) => {
            let path = session.resolve_path(path);
            std::fs::write(&path, &bytes).map_err(|source| Error::Write { path, source })
        }
        None => {
            // A file holds the very bytes; on a screen the prompt wants a line of its own.
            bytes.push(b'\n');
            Ok(session.ui.out_bytes(&bytes)?)
        }
    }
}
