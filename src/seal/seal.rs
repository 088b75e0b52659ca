//! Puts a seal together: manifest, statement, envelope.
//!
//! Pure: time, verdict and past come in with the request, so a seal can be made again elsewhere.

use super::boundary::Boundary;
use super::manifest::Document;
use super::predicate::{EventAnchor, PolicyRef, Predicate, Tool, VerdictCounts, VerdictSummary};
use super::statement::SealStatement;
use super::{Error, Note, StoredSeal};
use crate::base::{ContentAddress, Timestamp};
use crate::model::{ObjectId, Outcome, RunId};
use crate::supply_chain::{self, Envelope, PublicKey, Signer};

/// What is to be sealed, and all that is to be said about it.
#[derive(Debug, Clone)]
pub struct SealRequest {
    /// The commit; its tree is the boundary's.
    pub commit: ObjectId,
    /// The time to write.
    pub sealed_at: Timestamp,
    /// How verification ended; `None` seals as not verified.
    pub verdict: Option<VerdictSummary>,
    /// The policy that judged.
    pub policy: PolicyRef,
    /// SHA-256 of the configuration.
    pub config: ContentAddress,
    /// The plan whose changes led to the commit.
    pub plan: Option<ContentAddress>,
    /// The run that seals.
    pub run: Option<RunId>,
    /// The event stream so far.
    pub events: Option<EventAnchor>,
    /// The ledger's head.
    pub ledger: Option<ObjectId>,
    /// The seal before this one, from [`super::previous`].
    pub previous: Option<StoredSeal>,
    /// The key that will sign.
    pub signer: Option<PublicKey>,
}

/// A seal, ready to be recorded.
#[derive(Debug, Clone)]
pub struct Seal {
    envelope: Envelope,
    statement: SealStatement,
    boundary: Boundary,
}

impl Seal {
    /// Seals `boundary` as `request` says; unsigned until [`Self::sign`].
    ///
    /// # Errors
    /// When a count cannot be written (2^53 or more).
    pub fn new(request: SealRequest, boundary: impl Into<Boundary>) -> Result<Self, Error> {
        let boundary = boundary.into();
        let Document { tree, roots, .. } = *boundary.document();
        let not_verified =
            VerdictSummary { outcome: Outcome::NotVerified, report: None, counts: VerdictCounts::default() };
        let predicate = Predicate {
            sealed_at: request.sealed_at,
            tool: Tool { name: "git-iao".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            roots,
            verdict: request.verdict.unwrap_or(not_verified),
            policy: request.policy,
            config: request.config,
            plan: request.plan,
            run: request.run,
            events: request.events,
            ledger: request.ledger,
            prev_seal: request.previous.as_ref().map(StoredSeal::digest),
            signer: request.signer.as_ref().map(PublicKey::fingerprint),
            signer_key: request.signer.as_ref().map(PublicKey::to_string),
        };
        let statement = SealStatement::new(request.commit, tree, predicate);
        let envelope = Envelope::unsigned(statement.to_canonical().map_err(Error::Unwritable)?);
        Ok(Self { envelope, statement, boundary })
    }

    /// Signs the seal, whose request named the signer's key.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn sign(mut self, signer: &dyn Signer) -> Result<Self, Error> {
        self.envelope = supply_chain::sign(self.envelope, signer)?;
        Ok(self)
    }

    /// Returns the envelope.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Returns the statement.
    #[must_use]
    pub fn statement(&self) -> &SealStatement {
        &self.statement
    }

    /// Returns the boundary.
    #[must_use]
    pub fn boundary(&self) -> &Boundary {
        &self.boundary
    }

    /// Makes the note that shows this seal.
    #[must_use]
    pub fn note(&self) -> Note {
        Note::of_read(self.envelope.clone(), self.statement.clone(), self.digest())
    }

    /// Returns the SHA-256 of the envelope: the seal's name in the ledger.
    #[must_use]
    pub fn digest(&self) -> ContentAddress {
        ContentAddress::of(&self.envelope.to_canonical())
    }
}
