//! A claim about artifacts (in-toto Statement v1).
//!
//! Subjects are matched by **all** their digests: a verifier that accepts any one is as weak as the weakest.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{DigestSet, Error};
use crate::base::canonical;

/// The value of `_type`.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// Subjects, and what is said about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement<P> {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: P,
}

/// One artifact that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name, unique within the statement.
    pub name: String,
    /// Its digests, at least one.
    pub digest: DigestSet,
}

impl<P> Statement<P> {
    /// Makes the claim `predicate` of type `predicate_type` about `subject`.
    #[must_use]
    pub fn new(subject: Vec<Subject>, predicate_type: &str, predicate: P) -> Self {
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject,
            predicate_type: predicate_type.to_owned(),
            predicate,
        }
    }

    /// Returns the subjects, in recorded order.
    #[must_use]
    pub fn subjects(&self) -> &[Subject] {
        &self.subject
    }

    /// Returns the digests of the subject `name`.
    #[must_use]
    pub fn subject(&self, name: &str) -> Option<&DigestSet> {
        self.subject.iter().find(|subject| subject.name == name).map(|subject| &subject.digest)
    }

    /// Returns the URI that names the predicate's meaning.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// Returns what is said.
    #[must_use]
    pub fn predicate(&self) -> &P {
        &self.predicate
    }

    /// Checks what Statement v1 demands and its common parsers do not.
    fn check(&self, predicate_type: &str) -> Result<(), Error> {
        let broken = |what: String| Err(Error::StatementRule { what });
        if self.statement_type != STATEMENT_TYPE {
            return broken(format!("`_type` is `{}`", self.statement_type));
        }
        if self.predicate_type != predicate_type {
            return broken(format!("`predicateType` is `{}`, not `{predicate_type}`", self.predicate_type));
        }
        if self.subject.is_empty() {
            return broken("no subject".to_owned());
        }
        for (index, subject) in self.subject.iter().enumerate() {
            if self.subject[..index].iter().any(|earlier| earlier.name == subject.name) {
                return broken(format!("two subjects are named `{}`", subject.name));
            }
            if subject.digest.is_empty() {
                return broken(format!("subject `{}` has no digest", subject.name));
            }
            if let Some(algorithm) = subject.digest.malformed() {
                return broken(format!("subject `{}` has a malformed `{algorithm}` digest", subject.name));
            }
        }
        Ok(())
    }
}

impl<P: Serialize> Statement<P> {
    /// Returns the canonical bytes (RFC 8785).
    ///
    /// # Errors
    /// When the predicate has no canonical form: a fraction, or an integer beyond 2^53 - 1.
    pub fn to_canonical(&self) -> Result<Vec<u8>, Error> {
        canonical::to_vec(self).map_err(Error::Statement)
    }
}

impl<P: DeserializeOwned> Statement<P> {
    /// Reads canonical bytes and checks the rules of Statement v1; unknown fields are ignored, as it demands.
    ///
    /// # Errors
    /// When `bytes` are not canonical, not of this shape, of another predicate type, or break a rule.
    pub fn from_canonical(bytes: &[u8], predicate_type: &str) -> Result<Self, Error> {
        let statement: Self = canonical::from_slice(bytes).map_err(Error::Statement)?;
        statement.check(predicate_type)?;
        Ok(statement)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const KIND: &str = "https://example.com/kind/v1";

    fn read(value: &Value) -> Result<Statement<Value>, Error> {
        Statement::from_canonical(&canonical::to_vec(value).unwrap(), KIND)
    }

    fn good() -> Value {
        json!({"_type": STATEMENT_TYPE, "predicateType": KIND, "predicate": {"x": 1},
               "subject": [{"name": "a", "digest": {"sha256": "0".repeat(64)}}]})
    }

    #[test]
    fn a_statement_reads_back_and_unknown_fields_are_ignored() {
        let subject =
            Subject { name: "a".to_owned(), digest: DigestSet::default().with("sha256", "0".repeat(64)) };
        let made = Statement::new(vec![subject], KIND, json!({"x": 1}));
        assert_eq!(made.to_canonical().unwrap(), canonical::to_vec(&good()).unwrap());
        assert_eq!(read(&good()).unwrap(), made);
        let mut more = good();
        more["later"] = json!(1);
        assert_eq!(read(&more).unwrap(), made);
    }

    #[test]
    fn each_broken_rule_is_refused() {
        let twice = json!([good()["subject"][0], good()["subject"][0]]);
        for (field, value) in [
            ("_type", json!("https://in-toto.io/Statement/v0.1")),
            ("predicateType", json!("https://example.com/other")),
            ("subject", json!([])),
            ("subject", twice),
            ("subject", json!([{"name": "a", "digest": {}}])),
            ("subject", json!([{"name": "a", "digest": {"gitCommit": "zz"}}])),
        ] {
            let mut bad = good();
            bad[field] = value;
            assert!(read(&bad).is_err(), "{bad}");
        }
    }
}
