//! `git iao proof`: writes the proof that one file belongs to a seal.

use std::path::{Component, Path};

use git_iao::ledger::{Ledger, NOTES_REF};
use git_iao::model::{ObjectId, RepoPath};
use git_iao::seal::{self, Note, SealStatement};
use git_iao::supply_chain::Envelope;

use crate::cli::args::Proof;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::cli::ui::plain;

/// Runs the command.
pub(in crate::cli) fn run(session: &Session, arguments: &Proof) -> Result<Exit, Error> {
    let repository = &session.repository;
    let commit = session.some_commit(&arguments.revision, "prove")?;
    let ledger = Ledger::open(repository)?;
    let (envelope, statement) = sealed(session, &ledger, commit)?;
    let path = within(&repository.prefix(), &arguments.path)
        .ok_or_else(|| Error::Outside { path: arguments.path.clone() })?;
    let pair = (&envelope, &statement);
    let mut proof = seal::prove(repository, &ledger, pair, &path, session.jobs(), &session.cancel)?;
    if let Some(place) = &arguments.envelope {
        write(session, place, &envelope.to_canonical())?;
    }
    if arguments.no_envelope || arguments.envelope.is_some() {
        proof = proof.without_envelope();
    }
    let bytes = proof.to_canonical();
    match &arguments.output {
        Some(place) => write(session, place, &bytes)?,
        None => session.ui.out_bytes(&bytes)?,
    }
    session.ui.note(&format!(
        "`{}` is in seal {} of {}; the proof has {} bytes",
        plain(&path.to_string()),
        proof.seal().short(),
        commit.short(),
        bytes.len()
    ));
    Ok(Exit::Yes)
}

/// Returns the newest seal of `commit` whose signature is not invalid: the ledger's, or that of its note.
fn sealed(
    session: &Session,
    ledger: &Ledger<'_>,
    commit: ObjectId,
) -> Result<(Envelope, SealStatement), Error> {
    let found = seal::find(ledger, commit)?;
    if let Some(seal) = seal::most_trusted(&found.seals, &session.checker())? {
        return Ok((seal.envelope().clone(), seal.statement().clone()));
    }
    let repository = &session.repository;
    let bytes = repository.note(NOTES_REF, commit)?.ok_or(Error::NotSealed { commit })?;
    let note = Note::parse(&bytes).map_err(|source| Error::Note { commit, source })?;
    if note.statement().commit() == commit {
        Ok((note.envelope().clone(), note.statement().clone()))
    } else {
        Err(Error::NotSealed { commit })
    }
}

fn write(session: &Session, place: &Path, bytes: &[u8]) -> Result<(), Error> {
    let path = session.resolve_path(place);
    std::fs::write(&path, bytes).map_err(|source| Error::Write { path, source })
}

/// Returns a path of the command line as the tree has it, seen from the directory `prefix`.
///
/// `None` when it leads out of the working tree.
fn within(prefix: &RepoPath, path: &Path) -> Option<RepoPath> {
    let mut parts: Vec<&[u8]> = prefix.components().collect();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::Normal(name) => parts.push(name.as_encoded_bytes()),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(RepoPath::from_bytes(parts.join(&b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_where_the_command_was_started() {
        let seen = |prefix: &str, path: &str| {
            within(&RepoPath::from(prefix), Path::new(path)).map(|path| path.to_string())
        };
        assert_eq!(seen("", "a/b").as_deref(), Some("a/b"));
        assert_eq!(seen("x/y", "./a//b").as_deref(), Some("x/y/a/b"));
        assert_eq!(seen("x/y", "../a").as_deref(), Some("x/a"));
        assert_eq!(seen("x", "../../a"), None);
        assert_eq!(seen("x", "/etc/a"), None);
    }
}
