//! `git iao verify --proof`: checks the proof of one file with nothing but that proof, its envelope and the content.
//!
//! Opens no repository: the proof is for somebody who has none.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use git_iao::base::process::Environment;
use git_iao::hash::ContentHasher;
use git_iao::model::RepoPath;
use git_iao::seal::{self, Expected, Measured, ProofCheck};
use git_iao::supply_chain::{AllowedSigners, Demand, Keygen, Revocations, SSH_KEYGEN, Trust, Verifier};
use serde_json::json;

use crate::cli::args::{Format, Global, Verify};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::signing::read_list;
use crate::cli::ui::{Ui, plain};

/// The longest proof or envelope that is read, in bytes; an honest one has some thousand.
const DOCUMENT_LIMIT: u64 = 32 << 20;
/// How much of a content is read at a time, in bytes.
const PIECE: usize = 1 << 20;

/// Runs the command on the proof in the file `proof`.
pub(in crate::cli) fn run(
    ui: &Ui,
    global: &Global,
    environment: &Environment,
    current: io::Result<PathBuf>,
    arguments: &Verify,
    proof: &Path,
) -> Result<Exit, Error> {
    let current = current.map_err(Error::Directory)?;
    let directory = global.directory.as_ref().map_or_else(|| current.clone(), |there| current.join(there));
    let bytes = read(&directory.join(proof))?;
    let envelope = arguments.envelope.as_ref().map(|place| read(&directory.join(place))).transpose()?;
    let content = match &arguments.content {
        None => None,
        Some(place) if place.as_os_str() == "-" => Some(measure(io::stdin().lock(), Path::new("-"))?),
        Some(place) => {
            let place = directory.join(place);
            let file = File::open(&place).map_err(failed(&place))?;
            Some(measure(file, &place)?)
        }
    };
    let expected = Expected {
        path: arguments.path.as_ref().map(|path| RepoPath::from_bytes(path.as_encoded_bytes())),
        commit: arguments.commit,
    };
    let mut check = seal::check_proof(&bytes, envelope.as_deref(), content.as_ref(), &expected);
    if let Some((envelope, statement)) = &check.sealed {
        let verifier = verifier(arguments, environment, &directory)?;
        let state = seal::judge_signature(envelope, statement, &verifier)?;
        check.report.checks.push(seal::signature_check(&state, verifier.demand));
    }
    answer(ui, &check, content.is_some())
}

/// Returns what judges signatures by the lists that were named: outside of a repository no configuration is read.
fn verifier(arguments: &Verify, environment: &Environment, directory: &Path) -> Result<Verifier, Error> {
    let list = |place: &Option<PathBuf>| -> Result<Option<(PathBuf, Vec<u8>)>, Error> {
        let Some(place) = place else { return Ok(None) };
        let place = directory.join(place);
        let bytes = read_list(&place)?;
        Ok(Some((place, bytes)))
    };
    let anchor = match list(&arguments.trust.allowed_signers)? {
        Some((place, bytes)) => Some(AllowedSigners::parse(&place.display().to_string(), &bytes)?),
        None => None,
    };
    let revoked = match list(&arguments.trust.revoked)? {
        Some((place, bytes)) => Revocations::parse(&place, &bytes)?,
        None => Revocations::default(),
    };
    let demand = if arguments.require_trusted { Demand::Trust } else { Demand::Nothing };
    let keygen = Keygen { program: SSH_KEYGEN.to_owned(), environment: environment.without_git_locals() };
    Ok(Verifier { trust: Trust { anchor, narrowed: None, revoked }, demand, keygen })
}

fn answer(ui: &Ui, check: &ProofCheck, with_content: bool) -> Result<Exit, Error> {
    let ProofCheck { report, proof, sealed } = check;
    let exit = if report.holds() { Exit::Yes } else { Exit::No };
    let commit = sealed.as_ref().map(|(_, statement)| statement.commit());
    if ui.format() == Format::Json {
        ui.json(&json!({
            "schema": "iao/proof-check/v1",
            "path": proof.as_ref().map(seal::Proof::path),
            "commit": commit,
            "seal": proof.as_ref().map(seal::Proof::seal),
            "content": with_content,
            "holds": report.holds(),
            "checks": report.checks,
        }))?;
        return Ok(exit);
    }
    let mut text = super::verify::checks(ui, &report.checks);
    text.push_str(&match (proof, commit, report.holds()) {
        (Some(proof), Some(commit), true) if with_content => {
            format!("this is `{}` as it was sealed in {commit}\n", plain(&proof.path().to_string()))
        }
        (Some(proof), Some(commit), true) => format!(
            "`{}` was sealed in {commit} with these digests; `--content FILE` compares a file with them\n",
            plain(&proof.path().to_string())
        ),
        _ => "the proof does not hold\n".to_owned(),
    });
    ui.out(&text)?;
    Ok(exit)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed(path))?;
    file.take(DOCUMENT_LIMIT + 1).read_to_end(&mut bytes).map_err(failed(path))?;
    Ok(bytes)
}

fn measure(mut source: impl Read, path: &Path) -> Result<Measured, Error> {
    let (mut hasher, mut size, mut piece) = (ContentHasher::default(), 0, vec![0; PIECE]);
    loop {
        match source.read(&mut piece) {
            Ok(0) => return Ok(Measured { size, digest: hasher.finish() }),
            Ok(length) => {
                hasher.update(&piece[..length]);
                size += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(path)(error)),
        }
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Read { path, source }
}
