//! The formats of the supply-chain world: in-toto statements in DSSE envelopes, in one canonical writing each; and
//! signatures over them by SSH keys: made, checked, and held against a list of who is trusted.
//!
//! Nothing here stores anything or reads git: configuration, lists and sockets come in as values.

mod agent;
mod allowed_signers;
mod bundle;
mod digest_set;
mod envelope;
mod error;
mod find_key;
mod keygen;
mod private_key;
mod public_key;
mod revocation;
mod signer;
mod sshsig;
mod statement;
mod summary;
#[cfg(test)]
pub(crate) mod testing;
mod trust;
mod verifier;
mod wire;

pub use allowed_signers::{AllowedSigners, Unlisted};
pub use bundle::bundle;
pub use digest_set::DigestSet;
pub use envelope::{Envelope, PAYLOAD_TYPE, Signature, pre_authentication_encoding};
pub use error::Error;
pub use find_key::{KeyRequest, expand, find_signer};
pub use keygen::{Keygen, SSH_KEYGEN};
pub use public_key::{KeyFault, PublicKey};
pub use revocation::Revocations;
pub use signer::{Signer, sign};
pub use sshsig::NAMESPACE;
pub use statement::{STATEMENT_TYPE, Statement, Subject};
pub use summary::{SUMMARY_TYPE, SourceSummary, VerificationResult, verification_summary};
pub use trust::{Distrust, Standing, Trust};
pub use verifier::{Demand, SignatureState, SignerClaim, Verifier};
