//! The plan: ordered changes against one base, in canonical JSON, named by the digest of its bytes.
//!
//! It carries the content of every change, so that what was reviewed is what gets applied; nothing in it
//! depends on the clock, the machine or the person.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::base::{ContentAddress, canonical};
use crate::git::ReadSet;
use crate::model::{Evidence, FileMode, ObjectId, RepoPath, TargetFamily, Template};

/// The schema that plans of this version name.
const SCHEMA: &str = "iao/plan/v1";

/// The program that made a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: "git-iao".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What a plan was made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The commit; `None` for a tree that no commit has (an unborn HEAD).
    pub commit: Option<ObjectId>,
    /// Its tree.
    pub tree: ObjectId,
}

/// The content of a file, as text where it is UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// UTF-8 text.
    Text(String),
    /// Base64 (RFC 4648, padded) of anything else.
    Base64(String),
}

impl Content {
    /// Takes the bytes of a file.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    /// Returns the bytes; `None` when the base64 is broken.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.as_bytes().to_vec()),
            Self::Base64(text) => STANDARD.decode(text).ok(),
        }
    }
}

/// What a change does to its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The file was not there.
    Create,
    /// The file was there.
    Modify,
    /// The file goes.
    Delete,
}

impl ChangeKind {
    /// Returns the word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Modify => "modify",
            Self::Delete => "delete",
        }
    }
}

/// One change, which becomes one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedChange {
    /// The rule behind it.
    pub rule: String,
    /// The family of repairs it belongs to.
    pub family: TargetFamily,
    /// The directory of the project it is for.
    pub root: RepoPath,
    /// The file.
    pub path: RepoPath,
    /// What happens to the file.
    pub action: ChangeKind,
    /// The file's mode afterwards.
    pub mode: FileMode,
    /// The blob before; `None` when the file was not there.
    pub before: Option<ObjectId>,
    /// The blob afterwards; `None` when the file goes.
    pub after: Option<ObjectId>,
    /// The content afterwards.
    pub content: Option<Content>,
    /// The template a whole file was rendered from.
    pub template: Option<Template>,
    /// What the template rendered, where a merge with the user's edits made something else of it.
    pub rendered: Option<Content>,
    /// The commit's subject.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// Where each conclusion comes from.
    pub evidence: Vec<Evidence>,
    /// The whole tree after this change.
    pub tree: ObjectId,
}

/// Ordered changes against one base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// The format: `iao/plan/v1`.
    pub schema: String,
    /// The program that made it.
    pub tool: Tool,
    /// What it was made for.
    pub base: Base,
    /// Digest of the configuration.
    pub config: ContentAddress,
    /// What was known beside the tree (the remote's URL, the policy's contact).
    pub context: serde_json::Value,
    /// Every path that was read to make it, and what was there.
    pub read_set: ReadSet,
    /// The changes, in the order in which they are committed.
    pub changes: Vec<PlannedChange>,
    /// The tree after all changes.
    pub result: ObjectId,
}

impl Plan {
    /// Makes an empty plan for `base`.
    #[must_use]
    pub fn new(base: Base, config: ContentAddress, context: serde_json::Value) -> Self {
        let result = base.tree;
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::default(),
            base,
            config,
            context,
            read_set: ReadSet::new(),
            changes: Vec::new(),
            result,
        }
    }

    /// Returns the canonical bytes.
    ///
    /// # Errors
    /// When the context holds a number that has no canonical form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        Ok(canonical::to_vec(self)?)
    }

    /// Returns the plan's name: the digest of its bytes.
    ///
    /// # Errors
    /// As [`Plan::to_bytes`].
    pub fn id(&self) -> Result<ContentAddress, Error> {
        Ok(ContentAddress::of(&self.to_bytes()?))
    }

    /// Reads a plan; `name` is what messages call it.
    ///
    /// # Errors
    /// When the bytes are not a canonical plan of this version.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |source| Error::Malformed { name: name.to_owned(), source };
        let value: serde_json::Value = canonical::from_slice(bytes).map_err(malformed)?;
        let schema = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or_default();
        if schema != SCHEMA {
            return Err(Error::Schema { found: schema.to_owned(), expected: SCHEMA });
        }
        serde_json::from_value(value).map_err(|source| malformed(source.into()))
    }

    /// Says whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let tree = ObjectId::from_bytes(&[7; 20]).unwrap();
        let mut plan =
            Plan::new(Base { commit: None, tree }, ContentAddress::of(b"config"), serde_json::json!({}));
        plan.read_set.insert(RepoPath::from_bytes(b"a\xff".to_vec()), None);
        plan
    }

    #[test]
    fn a_plan_reads_back_under_the_same_id() {
        let plan = plan();
        let bytes = plan.to_bytes().unwrap();
        assert_eq!(Plan::parse("x", &bytes).unwrap(), plan);
        assert_eq!(ContentAddress::of(&bytes), plan.id().unwrap());
    }

    #[test]
    fn an_edited_plan_is_refused() {
        let text = String::from_utf8(plan().to_bytes().unwrap()).unwrap();
        for edited in [
            text.replace("{\"base\"", "{ \"base\""),
            text.replace("iao/plan/v1", "iao/plan/v9"),
            text.replace("\"changes\":[]", "\"changes\":[],\"extra\":1"),
            String::new(),
        ] {
            assert!(Plan::parse("x", edited.as_bytes()).is_err(), "{edited}");
        }
    }

    #[test]
    fn content_of_any_bytes_reads_back() {
        for bytes in [&b"text\n"[..], b"\xff\x00", b""] {
            assert_eq!(Content::new(bytes).to_bytes().unwrap(), bytes);
        }
    }
}
