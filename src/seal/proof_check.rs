//! Holds a proof against an envelope and a content: what is computed from the leaf must be the sealed roots.
//!
//! Needs no repository and no ledger; a proof that does not add up is a failed check, never an error.

use super::check::describe;
use super::directory::{bit, key};
use super::entry::EntryMode;
use super::merkle::{Content, HashId, Hashes, Leaf, Tally};
use super::proof::{Level, Proof, turns};
use super::statement::SealStatement;
use super::{CheckReport, Roots};
use crate::base::ContentAddress;
use crate::hash::ContentDigest;
use crate::model::{CheckState, ObjectId, RepoPath};
use crate::supply_chain::Envelope;

/// A content as it was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Its length in bytes.
    pub size: u64,
    /// Its digests.
    pub digest: ContentDigest,
}

/// What the proof has to be about; `None` takes any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// The file.
    pub path: Option<RepoPath>,
    /// The sealed commit.
    pub commit: Option<ObjectId>,
}

/// What a check of a proof found.
#[derive(Debug)]
pub struct ProofCheck {
    /// The checks, in the order in which they were made.
    pub report: CheckReport,
    /// The proof, where it could be read.
    pub proof: Option<Proof>,
    /// What the envelope says, where there is one that belongs to the proof.
    pub sealed: Option<(Envelope, SealStatement)>,
}

/// Checks the proof in `bytes`.
///
/// `envelope` is the one that lies beside it, if any; without `content` only the digests are proven, which the
/// report says. Signatures are judged by the caller, who knows whom to trust.
#[must_use]
pub fn check_proof(
    bytes: &[u8],
    envelope: Option<&[u8]>,
    content: Option<&Measured>,
    expected: &Expected,
) -> ProofCheck {
    let mut report = CheckReport::default();
    let proof = match Proof::from_canonical(bytes) {
        Ok(proof) => proof,
        Err(error) => {
            report.add("proof/form", CheckState::Fail, describe(&error));
            return ProofCheck { report, proof: None, sealed: None };
        }
    };
    report.add("proof/form", CheckState::Pass, format!("a proof of `{}`", proof.path));
    let sealed = match open(&proof, envelope) {
        Ok(sealed) => Some(sealed),
        Err(why) => {
            report.add("proof/seal", CheckState::Fail, why);
            None
        }
    };
    if let Some((_, statement)) = &sealed {
        let commit = statement.commit();
        report.add("proof/seal", CheckState::Pass, format!("seal {} of commit {commit}", proof.seal));
        let roots = &statement.document().roots;
        report.judge(
            "proof/path",
            proof.leads_to(roots),
            format!("the entry leads up to the roots of {} files", roots.files),
            "the entry does not lead up to the roots of the seal",
        );
    }
    if let Some(path) = &expected.path {
        let bad = format!("the proof is about `{}`, not about `{path}`", proof.path);
        report.judge("proof/subject", *path == proof.path, "about the file that was asked for", bad);
    }
    if let (Some(commit), Some((_, statement))) = (expected.commit, &sealed) {
        let bad = format!("the seal is about {}, not about {commit}", statement.commit());
        report.judge(
            "proof/subject",
            commit == statement.commit(),
            "about the commit that was asked for",
            bad,
        );
    }
    match content {
        None => report.add(
            "proof/content",
            CheckState::NotConfigured,
            "no content was given: only the digests are proven",
        ),
        Some(content) => report.judge(
            "proof/content",
            proof.is_of(content),
            format!("{} bytes have the proven digests", content.size),
            proof.difference(content),
        ),
    }
    ProofCheck { report, proof: Some(proof), sealed }
}

/// Opens the envelope that belongs to the proof, in it or beside it.
fn open(proof: &Proof, beside: Option<&[u8]>) -> Result<(Envelope, SealStatement), String> {
    let within = proof.envelope();
    let bytes = match (&within, beside) {
        (None, None) => return Err("the proof comes without its envelope, and none was given".to_owned()),
        (Some(within), Some(beside)) if within != beside => {
            return Err("the envelope given is not the one in the proof".to_owned());
        }
        (Some(bytes), _) => bytes.as_slice(),
        (None, Some(bytes)) => bytes,
    };
    let found = ContentAddress::of(bytes);
    if found != proof.seal {
        return Err(format!("the proof is about seal {}, the envelope is seal {found}", proof.seal));
    }
    let envelope = Envelope::from_canonical(bytes).map_err(|error| describe(&error))?;
    let statement = SealStatement::from_envelope(&envelope).map_err(|error| describe(&error))?;
    Ok((envelope, statement))
}

impl Proof {
    /// Says whether the way from the leaf ends in these roots.
    #[must_use]
    pub fn leads_to(&self, roots: &Roots) -> bool {
        let (mut hashes, file) = (Hashes::default(), &self.file);
        let mut here = (file.mode, file.size, hashes.known(file.digest));
        let mut totals = Tally::default();
        for (level, name) in self.levels.iter().zip(self.path.components().rev()) {
            let Some((digest, sum)) = level.climb(here, name, &mut hashes) else { return false };
            here = (EntryMode::DIRECTORY, sum.bytes, digest);
            totals = sum;
        }
        hashes.resolve();
        *hashes.get(here.2) == roots.digest() && (totals.files, totals.bytes) == (roots.files, roots.bytes)
    }

    fn is_of(&self, content: &Measured) -> bool {
        // A submodule's size is 0, whatever the length of its commit's name.
        let same_size = content.size == self.file.size || self.file.mode.is_submodule();
        same_size && content.digest == self.file.digest
    }

    fn difference(&self, content: &Measured) -> String {
        if content.size != self.file.size && !self.file.mode.is_submodule() {
            format!("`{}` was sealed with {} bytes, this has {}", self.path, self.file.size, content.size)
        } else {
            format!("this is not the sealed content of `{}`", self.path)
        }
    }
}

impl Level {
    /// Joins the entry with what lies beside it, up to the directory's digest.
    ///
    /// `None` when totals exceed what can be sealed.
    fn climb(
        &self,
        (mode, size, content): (EntryMode, u64, HashId),
        name: &[u8],
        hashes: &mut Hashes,
    ) -> Option<(HashId, Tally)> {
        let mut set = hashes.leaf(Leaf { mode, size, name, content: Content::At(content) });
        for (left, beside) in turns(self.place, self.list.entries).into_iter().zip(&self.beside) {
            let beside = hashes.known(*beside);
            set = hashes.list(&if left { [beside, set] } else { [set, beside] });
        }
        let (key, mut totals) = (key(name), self.list);
        for (depth, part) in (0..self.splits.len()).rev().zip(&self.splits) {
            let other = (part.totals, hashes.known(part.set));
            let ours = (totals, set);
            set = hashes.split(if bit(&key, depth) == 0 { [ours, other] } else { [other, ours] });
            totals = totals.plus(part.totals)?;
        }
        Some((hashes.directory(totals, set), totals))
    }
}

#[cfg(test)]
mod tests;
