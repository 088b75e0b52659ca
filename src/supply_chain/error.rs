//! How reading an attestation, signing one, or asking whom to trust fails.

use std::path::PathBuf;

use super::public_key::KeyFault;
use crate::base::{canonical, process};

/// Why bytes are not the attestation they should be, or why they could not be signed or judged.
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
    /// An envelope with two signatures under one name.
    #[error("the envelope has two signatures by `{key_id}`")]
    #[diagnostic(
        code(iao::supply_chain::signed_twice),
        help("one signature of a key is enough; take the bytes that were recorded")
    )]
    SignedTwice {
        /// The name of the key.
        key_id: String,
    },
    /// A Sigstore bundle has room for one raw signature, and this is none.
    #[error("a Sigstore bundle needs one raw Ed25519 signature, and this seal {what}")]
    #[diagnostic(
        code(iao::supply_chain::no_bundle),
        help("seal with an Ed25519 key in a file or in the agent; `--format dsse` takes every seal")
    )]
    NoBundle {
        /// What it has instead.
        what: &'static str,
    },
    /// The configuration holds a key that cannot sign.
    #[error("`user.signingKey` is no key that can sign a seal")]
    #[diagnostic(
        code(iao::supply_chain::named_key),
        help("name a file, or write `key::ssh-ed25519 AAAA...`; `--sign off` seals without a signature")
    )]
    NamedKey {
        /// What is wrong with it.
        #[source]
        source: KeyFault,
    },
    /// A place that only git knows.
    #[error("`user.signingKey` is `{named}`, and where that is cannot be told")]
    #[diagnostic(
        code(iao::supply_chain::key_path),
        help(
            "name the file by its whole path, or begin it with `~/`; `--sign off` seals without a signature"
        )
    )]
    KeyPath {
        /// What the configuration says.
        named: String,
    },
    /// The file of a key cannot be read.
    #[error("cannot read the key `{}`", path.display())]
    #[diagnostic(
        code(iao::supply_chain::read_key),
        help("correct `user.signingKey`, or make the file readable; `--sign off` seals without a signature")
    )]
    ReadKey {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A private key that does not read back.
    #[error("`{}` is no private key that can sign a seal", path.display())]
    #[diagnostic(
        code(iao::supply_chain::key_file),
        help("see what `ssh-keygen -l -f` says of it; `ssh-keygen -t ed25519` makes a new one")
    )]
    KeyFile {
        /// The file.
        path: PathBuf,
    },
    /// A public key that cannot sign.
    #[error("`{}` holds no key that can sign a seal", path.display())]
    #[diagnostic(
        code(iao::supply_chain::public_key_file),
        help("see what `ssh-keygen -l -f` says of it; `ssh-keygen -t ed25519` makes a new one")
    )]
    PublicKeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: KeyFault,
    },
    /// A passphrase is needed, and nobody is there to type it.
    #[error("the key `{}` ({key}) is locked with a passphrase", path.display())]
    #[diagnostic(
        code(iao::supply_chain::key_locked),
        help("hand it to the agent first with `ssh-add {}`, or run this on a terminal; `--sign off` seals without a signature", path.display())
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// The key's fingerprint.
        key: String,
    },
    /// Only the public half is known.
    #[error("the private half of {key} is neither in a file nor in the agent")]
    #[diagnostic(
        code(iao::supply_chain::not_in_agent),
        help(
            "add it with `ssh-add`, or let `user.signingKey` name the private file; `--sign off` seals without a signature"
        )
    )]
    NotInAgent {
        /// The key's fingerprint.
        key: String,
    },
    /// The agent cannot be asked.
    #[error("cannot talk to the agent at `{}`", socket.display())]
    #[diagnostic(
        code(iao::supply_chain::agent),
        help("see what `ssh-add -l` says; start an agent with `eval $(ssh-agent)`")
    )]
    Agent {
        /// Its socket.
        socket: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The agent says no.
    #[error("the agent refuses to sign with {key}")]
    #[diagnostic(
        code(iao::supply_chain::agent_refused),
        help(
            "confirm when it asks, or add the key again with `ssh-add`; `--sign off` seals without a signature"
        )
    )]
    AgentRefused {
        /// The key's fingerprint.
        key: String,
    },
    /// What came back is no signature by the key.
    #[error("{by} gave something that is no signature by the key")]
    #[diagnostic(
        code(iao::supply_chain::bad_signature),
        help(
            "nothing was recorded; see which program `gpg.ssh.program` names and which agent `SSH_AUTH_SOCK`"
        )
    )]
    BadSignature {
        /// Who signed.
        by: String,
    },
    /// `ssh-keygen` cannot be started.
    #[error("this needs `ssh-keygen`, which cannot be run")]
    #[diagnostic(
        code(iao::supply_chain::no_keygen),
        help("install OpenSSH's `ssh-keygen`: only Ed25519 keys and plain lists work without it")
    )]
    KeygenStart {
        /// What the system says.
        #[source]
        source: process::Error,
    },
    /// `ssh-keygen` did not do it.
    #[error("`{program}` did not do it: {said}")]
    #[diagnostic(
        code(iao::supply_chain::keygen),
        help("try the key by hand with `ssh-keygen -Y sign`; `--sign off` seals without a signature")
    )]
    Keygen {
        /// The program.
        program: String,
        /// The last line of what it said.
        said: String,
    },
    /// A temporary file cannot be written.
    #[error("cannot write a temporary file")]
    #[diagnostic(code(iao::supply_chain::scratch), help("free some space, or point `TMPDIR` elsewhere"))]
    Scratch {
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A list of signers or of revoked keys cannot be read.
    #[error("cannot read the list `{}`", path.display())]
    #[diagnostic(
        code(iao::supply_chain::read_list),
        help("name a readable file; whom to trust is never guessed")
    )]
    ReadList {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A line of a list means nothing.
    #[error("line {line} of `{name}`: {what}")]
    #[diagnostic(
        code(iao::supply_chain::bad_list),
        help("see ALLOWED SIGNERS in `man ssh-keygen`; a list with a bad line is not used at all")
    )]
    BadList {
        /// The list.
        name: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong, in one clause.
        what: String,
    },
}
