//! How reading an attestation fails.

use crate::base::canonical;

/// Why bytes are not the attestation they should be.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON, not the fields of DSSE v1, or not in canonical form.
    #[error("the envelope is not a canonical DSSE v1 envelope")]
    #[diagnostic(
        code(iao::supply_chain::envelope),
        help("a re-encoded or edited envelope is refused; take the bytes that were recorded")
    )]
    Envelope(#[source] canonical::Error),
    /// It parses, but writes itself differently: unknown fields, or base64 with stray bits.
    #[error("the envelope is written in another way than the canonical one")]
    #[diagnostic(
        code(iao::supply_chain::envelope_form),
        help("a re-encoded or edited envelope is refused; take the bytes that were recorded")
    )]
    EnvelopeForm,
    /// A field that should be standard, padded base64 is not.
    #[error("`{field}` of the envelope is not standard base64 with padding")]
    #[diagnostic(
        code(iao::supply_chain::base64),
        help("the envelope was edited; take the bytes that were recorded")
    )]
    Base64 {
        /// The field's name.
        field: &'static str,
        /// What the decoder says.
        #[source]
        source: base64::DecodeError,
    },
    /// The envelope carries something else than an in-toto statement.
    #[error("the envelope's payload type is `{found}`, not `application/vnd.in-toto+json`")]
    #[diagnostic(
        code(iao::supply_chain::payload_type),
        help("only envelopes around in-toto statements are seals")
    )]
    PayloadType {
        /// What the envelope says.
        found: String,
    },
    /// The payload is not a canonical statement with this predicate.
    #[error("the envelope's payload is not a canonical in-toto statement of the expected shape")]
    #[diagnostic(
        code(iao::supply_chain::statement),
        help("the statement was edited, or written by a later version; take the bytes that were recorded")
    )]
    Statement(#[source] canonical::Error),
    /// The statement's fields contradict in-toto Statement v1.
    #[error("the statement breaks in-toto Statement v1: {what}")]
    #[diagnostic(
        code(iao::supply_chain::statement_rule),
        help("see the in-toto attestation framework, Statement v1, for what every consumer must check")
    )]
    StatementRule {
        /// The broken rule, in one clause.
        what: String,
    },
}
