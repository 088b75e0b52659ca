//! A verification summary in the words of SLSA (`https://slsa.dev/verification_summary/v1`, source track).
//!
//! It claims level 1, which says that the source is in version control, and properties of our own namespace: what
//! the higher levels promise is for the host of the repository to say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DigestSet, Error, Statement, Subject};
use crate::base::{ContentAddress, Timestamp};

/// The predicate type of a verification summary.
pub const SUMMARY_TYPE: &str = "https://slsa.dev/verification_summary/v1";
/// Who verifies: this program.
const VERIFIER: &str = "https://git-iao.dev/verifier/v1";
/// The version of SLSA whose words these are.
const SLSA_VERSION: &str = "1.2";
/// What is claimed of a source that passed.
const LEVELS: [&str; 2] = ["SLSA_SOURCE_LEVEL_1", "ORG_SOURCE_IAO_SEALED"];

/// What a summary says.
#[derive(Debug, Clone)]
pub struct SourceSummary<'a> {
    /// The commit that was verified.
    pub commit: &'a str,
    /// Its tree.
    pub tree: &'a str,
    /// The repository, such as `git+https://example.com/project`.
    pub resource: &'a str,
    /// The policy that judged: its name and the SHA-256 of its canonical form.
    pub policy: (&'a str, ContentAddress),
    /// SHA-256 of the envelope of the seal that says so.
    pub seal: ContentAddress,
    /// How it ended.
    pub result: VerificationResult,
    /// When the seal was checked.
    pub verified_at: Timestamp,
}

/// How a verification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VerificationResult {
    /// The source keeps the policy.
    Passed,
    /// It does not.
    Failed,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    verifier: Verifier,
    time_verified: Timestamp,
    resource_uri: String,
    policy: Reference,
    input_attestations: [Reference; 1],
    verification_result: VerificationResult,
    verified_levels: Vec<&'static str>,
    slsa_version: &'static str,
}

#[derive(Serialize)]
struct Verifier {
    id: &'static str,
    version: BTreeMap<&'static str, &'static str>,
}

#[derive(Serialize)]
struct Reference {
    uri: String,
    digest: DigestSet,
}

/// Writes the canonical statement of a summary: what an envelope around it carries.
///
/// # Errors
/// When a text has no canonical form.
pub fn verification_summary(summary: &SourceSummary<'_>) -> Result<Vec<u8>, Error> {
    let (policy, policy_digest) = summary.policy;
    let commit = DigestSet::default()
        .with("gitCommit", summary.commit.to_owned())
        .with("gitTree", summary.tree.to_owned());
    let sha256 = |digest: ContentAddress| DigestSet::default().with("sha256", digest.to_string());
    let predicate = Summary {
        verifier: Verifier { id: VERIFIER, version: [("git-iao", env!("CARGO_PKG_VERSION"))].into() },
        time_verified: summary.verified_at,
        resource_uri: summary.resource.to_owned(),
        policy: Reference {
            uri: format!("urn:git-iao:policy:{}", encoded(policy)),
            digest: sha256(policy_digest),
        },
        input_attestations: [Reference {
            uri: format!("urn:git-iao:seal:{}", summary.seal),
            digest: sha256(summary.seal),
        }],
        verification_result: summary.result,
        verified_levels: match summary.result {
            VerificationResult::Passed => LEVELS.to_vec(),
            VerificationResult::Failed => Vec::new(),
        },
        slsa_version: SLSA_VERSION,
    };
    let subject = Subject { name: "commit".to_owned(), digest: commit };
    Statement::new(vec![subject], SUMMARY_TYPE, predicate).to_canonical()
}

/// Writes a name so that it can stand in a URI: every other byte as `%XX`.
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn summary(result: VerificationResult) -> Value {
        let commit = "1".repeat(40);
        let bytes = verification_summary(&SourceSummary {
            commit: &commit,
            tree: &"2".repeat(40),
            resource: "git+https://example.com/p",
            policy: ("our policy/1", ContentAddress::of(b"policy")),
            seal: ContentAddress::of(b"seal"),
            result,
            verified_at: Timestamp::EPOCH,
        })
        .unwrap();
        Statement::<Value>::from_canonical(&bytes, SUMMARY_TYPE).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn a_pass_claims_level_one_and_nothing_higher() {
        let value = summary(VerificationResult::Passed);
        assert_eq!(value["predicate"]["verificationResult"], "PASSED");
        assert_eq!(value["predicate"]["verifiedLevels"][0], "SLSA_SOURCE_LEVEL_1");
        assert_eq!(value["subject"][0]["digest"]["gitCommit"], "1".repeat(40));
        assert_eq!(value["predicate"]["policy"]["uri"], "urn:git-iao:policy:our%20policy%2F1");
        assert_eq!(value["predicate"]["timeVerified"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_failure_claims_no_level() {
        let value = summary(VerificationResult::Failed);
        assert_eq!(value["predicate"]["verificationResult"], "FAILED");
        assert_eq!(value["predicate"]["verifiedLevels"], Value::Array(Vec::new()));
    }
}
