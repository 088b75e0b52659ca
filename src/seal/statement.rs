//! The statement of a seal: about which commit and manifest the predicate speaks.
//!
//! Reading it checks everything that the statement alone can show, so what was read agrees with itself.

use super::manifest::Document;
use super::predicate::Predicate;
use crate::base::{ContentAddress, Timestamp};
use crate::hash::{ContentDigest, hex};
use crate::model::ObjectId;
use crate::supply_chain::{self, DigestSet, Envelope, Statement, Subject};

/// The predicate type of a seal.
pub const SEAL_TYPE: &str = "https://git-iao.dev/seal/v1";

/// Name of the subject that is the git object.
const COMMIT: &str = "commit";
/// Name of the subject that is the manifest document.
const MANIFEST: &str = "manifest";

/// A seal's statement, checked against itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealStatement {
    statement: Statement<Predicate>,
    commit: ObjectId,
    document: Document,
}

/// Why an envelope holds no seal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The envelope or statement cannot be read.
    #[error("the envelope holds no readable statement")]
    Unreadable(#[from] supply_chain::Error),
    /// The subjects are not exactly the commit and the manifest, with exactly their digests.
    #[error(
        "the subjects are not the commit (`gitCommit`, `gitTree`) and the manifest (`sha256`, `sha3_512`, `blake3`)"
    )]
    Subjects,
    /// The time is written in another way than the canonical one.
    #[error("`sealedAt` is not RFC 3339 in UTC with whole seconds")]
    Time,
    /// The manifest's digests are not those of the document that tree and roots make.
    #[error("the manifest's digests do not fit the tree and roots that the statement names")]
    Manifest,
}

impl SealStatement {
    /// States `predicate` about `commit`, which has `tree`.
    #[must_use]
    pub fn new(commit: ObjectId, tree: ObjectId, predicate: Predicate) -> Self {
        let document = Document::new(tree, predicate.roots);
        let statement = Statement::new(subjects(commit, &document), SEAL_TYPE, predicate);
        Self { statement, commit, document }
    }

    /// Reads the statement in `envelope`.
    ///
    /// # Errors
    /// When it is not canonical, not a seal, or contradicts itself.
    pub fn from_envelope(envelope: &Envelope) -> Result<Self, StatementError> {
        let statement: Statement<Predicate> = Statement::from_canonical(envelope.payload(), SEAL_TYPE)?;
        if !time_is_canonical(envelope.payload(), statement.predicate().sealed_at) {
            return Err(StatementError::Time);
        }
        let git_id = |name: &str| -> Option<ObjectId> { statement.subject(COMMIT)?.get(name)?.parse().ok() };
        let (Some(commit), Some(tree)) = (git_id("gitCommit"), git_id("gitTree")) else {
            return Err(StatementError::Subjects);
        };
        let document = Document::new(tree, statement.predicate().roots);
        let expected = subjects(commit, &document);
        if statement.subject(MANIFEST).is_none_or(|digests| digests != &expected[1].digest) {
            return Err(StatementError::Manifest);
        }
        if statement.subjects() != expected || commit.format() != tree.format() {
            return Err(StatementError::Subjects);
        }
        Ok(Self { statement, commit, document })
    }

    /// Returns the commit that is sealed.
    #[must_use]
    pub fn commit(&self) -> ObjectId {
        self.commit
    }

    /// Returns the tree that is sealed.
    #[must_use]
    pub fn tree(&self) -> ObjectId {
        self.document.tree
    }

    /// Returns the manifest document that the statement stands on.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Returns what is said.
    #[must_use]
    pub fn predicate(&self) -> &Predicate {
        self.statement.predicate()
    }

    /// Returns the canonical bytes: the payload of the envelope.
    ///
    /// # Errors
    /// When a count has no canonical form (2^53 or more).
    pub fn to_canonical(&self) -> Result<Vec<u8>, supply_chain::Error> {
        self.statement.to_canonical()
    }
}

/// Says whether the payload writes `time` as we would: a moment has many writings, and a note shows one.
fn time_is_canonical(payload: &[u8], time: Timestamp) -> bool {
    serde_json::from_slice::<serde_json::Value>(payload)
        .is_ok_and(|value| value["predicate"]["sealedAt"] == time.to_string())
}

fn subjects(commit: ObjectId, document: &Document) -> Vec<Subject> {
    let bytes = document.to_canonical();
    let content = ContentDigest::of(&bytes);
    let commit =
        DigestSet::default().with("gitCommit", commit.to_string()).with("gitTree", document.tree.to_string());
    let manifest = DigestSet::default()
        .with("sha256", ContentAddress::of(&bytes).to_string())
        .with("sha3_512", hex::encode(&content.sha3_512))
        .with("blake3", hex::encode(&content.blake3));
    vec![
        Subject { name: COMMIT.to_owned(), digest: commit },
        Subject { name: MANIFEST.to_owned(), digest: manifest },
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::sample;
    use super::*;
    use crate::base::canonical;

    /// Reads the sample's statement after an edit of its JSON.
    fn read(edit: impl Fn(&mut Value)) -> Result<SealStatement, StatementError> {
        let mut value: Value = serde_json::from_slice(sample::seal().envelope().payload()).unwrap();
        edit(&mut value);
        SealStatement::from_envelope(&Envelope::unsigned(canonical::to_vec(&value).unwrap()))
    }

    #[test]
    fn a_statement_reads_back() {
        assert_eq!(&read(|_| ()).unwrap(), sample::seal().statement());
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let other = "0".repeat(40);
        let edits: [(&str, Value); 9] = [
            ("/subject/0/digest/gitTree", json!(other)),
            ("/subject/0/digest/gitCommit", json!("0".repeat(64))),
            ("/subject/0/digest", json!({"gitCommit": other})),
            ("/subject/1/digest/sha256", json!("0".repeat(64))),
            ("/subject/1/name", json!("other")),
            ("/predicate/sealedAt", json!("2023-11-14T22:13:20.5Z")),
            ("/predicate/sealedAt", json!("2023-11-14T23:13:20+01:00")),
            ("/predicate/roots/files", json!(5)),
            ("/predicate/roots/blake3", json!("0".repeat(64))),
        ];
        for (place, value) in edits {
            let result = read(|statement| *statement.pointer_mut(place).unwrap() = value.clone());
            assert!(result.is_err(), "{place}");
        }
        assert!(
            read(|statement| {
                let extra = json!({"name": "more", "digest": {"sha256": "0".repeat(64)}});
                statement["subject"].as_array_mut().unwrap().push(extra);
            })
            .is_err()
        );
        assert!(
            read(|statement| {
                statement["predicate"].as_object_mut().unwrap().remove("policy");
            })
            .is_err()
        );
    }

    #[test]
    fn the_schemas_take_what_is_written_and_no_misspelt_field() {
        let seal = sample::seal();
        let statement: Value = serde_json::from_slice(seal.envelope().payload()).unwrap();
        let parsed = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap();
        let documents = [
            (include_str!("../../schemas/seal.schema.json"), statement.clone(), "predicate"),
            (include_str!("../../schemas/statement.schema.json"), statement, "predicateType"),
            (
                include_str!("../../schemas/note.schema.json"),
                parsed(seal.envelope().to_canonical()),
                "payload",
            ),
            (
                include_str!("../../schemas/manifest.schema.json"),
                parsed(seal.statement().document().to_canonical()),
                "roots",
            ),
        ];
        for (schema, mut document, field) in documents {
            let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
            assert!(validator.is_valid(&document), "{:?}", validator.validate(&document));
            let value = document.as_object_mut().unwrap().remove(field).unwrap();
            document[format!("{field}x")] = value;
            assert!(!validator.is_valid(&document), "{field}");
        }
    }

    #[test]
    fn every_field_is_present_also_where_it_is_null() {
        let statement: Value = serde_json::from_slice(sample::seal().envelope().payload()).unwrap();
        for place in ["/predicate", "/predicate/verdict", "/predicate/verdict/counts", "/predicate/policy"] {
            for field in statement.pointer(place).unwrap().as_object().unwrap().keys() {
                let result = read(|statement| {
                    let object = statement.pointer_mut(place).unwrap().as_object_mut().unwrap();
                    object.remove(field);
                });
                assert!(result.is_err(), "{place}/{field}");
            }
        }
    }

    #[test]
    fn a_later_version_may_say_more() {
        assert!(read(|statement| statement["predicate"]["later"] = json!(1)).is_ok());
    }
}
