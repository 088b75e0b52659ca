//! The seal as reviewers meet it in `git log --notes=iao`: a summary for people, then the envelope on one line.
//!
//! The summary is a pure function of the envelope and carries its digest: a note with any other byte is refused.

use std::fmt::Write as _;

use super::statement::{SealStatement, StatementError};
use crate::base::ContentAddress;
use crate::model::RepoPath;
use crate::supply_chain::Envelope;

/// Begins the line that holds the envelope.
const ENVELOPE: &str = "iao-envelope: ";
/// Longer notes are refused unread; a seal with many signatures stays far below.
const MAX_LENGTH: usize = 1 << 20;

/// A note: one seal, readable by people and checkable by programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    envelope: Envelope,
    statement: SealStatement,
    digest: ContentAddress,
}

/// Why bytes are no note of ours.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum NoteError {
    /// Longer than any note we write.
    #[error("the note is longer than 1 MiB")]
    #[diagnostic(code(iao::seal::note_length), help("it is not a seal's note; rebuild it from the ledger"))]
    Length,
    /// The text does not end in the envelope's line.
    #[error("the note does not end in one `iao-envelope:` line")]
    #[diagnostic(
        code(iao::seal::note_form),
        help("another tool changed the note, or two notes were joined; rebuild it from the ledger")
    )]
    Form,
    /// The envelope is no seal.
    #[error("the note's envelope is no seal")]
    #[diagnostic(code(iao::seal::note_envelope), help("the note was changed; rebuild it from the ledger"))]
    Seal(#[source] StatementError),
    /// The summary says something else than the envelope.
    #[error("line {line} of the note is not what its envelope says")]
    #[diagnostic(code(iao::seal::note_summary), help("the note was changed; rebuild it from the ledger"))]
    Summary {
        /// The first line that differs, from 1.
        line: usize,
    },
}

impl Note {
    /// Makes the note of the seal in `envelope`.
    ///
    /// # Errors
    /// When the envelope holds no seal.
    pub fn of(envelope: Envelope) -> Result<Self, StatementError> {
        let statement = SealStatement::from_envelope(&envelope)?;
        let digest = ContentAddress::of(&envelope.to_canonical());
        Ok(Self { envelope, statement, digest })
    }

    /// Makes the note of a seal whose envelope was made or read here: with what it says, and its name.
    pub(super) fn of_read(envelope: Envelope, statement: SealStatement, digest: ContentAddress) -> Self {
        Self { envelope, statement, digest }
    }

    /// Reads a note, and refuses any byte that [`Self::to_bytes`] would not write.
    ///
    /// # Errors
    /// When the form, the envelope or any line of the summary is not as it must be.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_LENGTH {
            return Err(NoteError::Length);
        }
        let body = bytes.strip_suffix(b"\n").ok_or(NoteError::Form)?;
        let last = body.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let written = last.strip_prefix(ENVELOPE.as_bytes()).ok_or(NoteError::Form)?;
        let envelope = Envelope::from_canonical(written).map_err(|error| NoteError::Seal(error.into()))?;
        let note = Self::of(envelope).map_err(NoteError::Seal)?;
        let expected = note.to_bytes();
        if expected == bytes {
            return Ok(note);
        }
        let lines = expected.split(|byte| *byte == b'\n').zip(bytes.split(|byte| *byte == b'\n'));
        Err(NoteError::Summary { line: 1 + lines.take_while(|(one, other)| one == other).count() })
    }

    /// Writes the note: UTF-8, lines ended by LF.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let said = self.statement.predicate();
        let counts = said.verdict.counts;
        let mut out = format!("git-iao seal: {}\n\n", said.verdict.outcome.as_str());
        let mut line = |name: &str, value: &str| {
            writeln!(out, "{name:<9} {value}").expect("a String takes every write");
        };
        line("commit", &self.statement.commit().to_string());
        line("tree", &self.statement.tree().to_string());
        line(
            "checks",
            &format!(
                "{} pass, {} fail, {} warn, {} not configured; {} findings",
                counts.pass, counts.fail, counts.warn, counts.not_configured, counts.findings
            ),
        );
        line("policy", &format!("{} {}", plain(&said.policy.name), said.policy.digest));
        line("signer", &said.signer.as_deref().map_or_else(|| "unsigned".to_owned(), plain));
        line(
            "sealed",
            &format!("{} by {} {}", said.sealed_at, plain(&said.tool.name), plain(&said.tool.version)),
        );
        line("content", &format!("{} files, {} bytes", said.roots.files, said.roots.bytes));
        line("sha3-512", &crate::hash::hex::encode(&said.roots.sha3_512));
        line("blake3", &crate::hash::hex::encode(&said.roots.blake3));
        line("plan", &said.plan.map_or_else(|| "none".to_owned(), |plan| plan.to_string()));
        line("run", said.run.as_ref().map_or("none", |run| run.as_str()));
        line("seal", &self.digest.to_string());
        out.push('\n');
        out.push_str(ENVELOPE);
        let mut bytes = out.into_bytes();
        bytes.extend_from_slice(&self.envelope.to_canonical());
        bytes.push(b'\n');
        bytes
    }

    /// Says whether [`Self::parse`] would read this note from `bytes`.
    pub(super) fn is_written_as(&self, bytes: &[u8]) -> bool {
        bytes.len() <= MAX_LENGTH && self.to_bytes() == bytes
    }

    /// Returns the envelope.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Returns what the envelope says.
    #[must_use]
    pub fn statement(&self) -> &SealStatement {
        &self.statement
    }

    /// Returns the SHA-256 of the envelope: the seal's name in the ledger.
    #[must_use]
    pub fn digest(&self) -> ContentAddress {
        self.digest
    }
}

/// Writes a name that a repository chose so that it stays on its line and shows what it is.
fn plain(text: &str) -> String {
    RepoPath::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample;
    use super::*;

    fn note() -> Vec<u8> {
        Note::of(sample::seal().envelope().clone()).unwrap().to_bytes()
    }

    #[test]
    fn a_note_reads_back_and_shows_what_matters() {
        let bytes = note();
        let read = Note::parse(&bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!(read.digest(), sample::seal().digest());
        assert_eq!(read.statement(), sample::seal().statement());
        let text = String::from_utf8(bytes).unwrap();
        for line in [
            "git-iao seal: not-verified",
            "commit    1111111111111111111111111111111111111111",
            "signer    unsigned",
            "sealed    2023-11-14T22:13:20Z by git-iao 0.1.0",
            "content   4 files, 22 bytes",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let bytes = note();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Note::parse(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_truncation_and_repetition_is_refused() {
        let bytes = note();
        for length in 0..bytes.len() {
            assert!(Note::parse(&bytes[..length]).is_err(), "{length} bytes");
        }
        assert!(Note::parse(&[bytes.as_slice(), &bytes].concat()).is_err());
        assert!(Note::parse(&[bytes.as_slice(), b"\n"].concat()).is_err());
        assert!(Note::parse(&vec![b'a'; MAX_LENGTH + 1]).is_err());
    }

    #[test]
    fn a_changed_summary_is_named_by_its_line() {
        let text = String::from_utf8(note()).unwrap().replace("not-verified\n", "pass\n");
        assert!(matches!(Note::parse(text.as_bytes()), Err(NoteError::Summary { line: 1 })));
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        let mut request = sample::request(sample::id('1'));
        request.policy.name = "x\nsigner    somebody".to_owned();
        let manifest = sample::manifest_of(&sample::nested(), sample::id('2'));
        let seal = super::super::Seal::new(request, manifest).unwrap();
        let bytes = Note::of(seal.envelope().clone()).unwrap().to_bytes();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(!text.lines().any(|line| line == "signer    somebody"), "{text}");
        assert!(Note::parse(&bytes).is_ok());
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Note::parse(&bytes).is_err());
        }

        #[test]
        fn mutated_notes_are_refused(at in any::<prop::sample::Index>(), cut in 0..40_usize, put in proptest::collection::vec(any::<u8>(), 0..40)) {
            let bytes = note();
            let at = at.index(bytes.len());
            let mut changed = bytes.clone();
            changed.splice(at..(at + cut).min(bytes.len()), put);
            prop_assert_eq!(Note::parse(&changed).is_ok(), changed == bytes);
        }
    }
}
