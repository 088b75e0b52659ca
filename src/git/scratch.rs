//! Raw objects for tests, such as no well-behaved program makes.

use super::testing::Sandbox;
use super::{NewCommit, Person};
use crate::base::Timestamp;
use crate::model::ObjectId;

impl Sandbox {
    /// Makes an empty repository whose objects are named by `format`.
    pub(crate) fn with_format(format: &str) -> Self {
        Self::with(&["--object-format", format])
    }

    /// A path below `.git`.
    pub(crate) fn in_git(&self, name: &str) -> std::path::PathBuf {
        self.path().join(".git").join(name)
    }

    /// Writes a raw tree object from (mode, name, id), in this order, as no program of git's would.
    pub(crate) fn raw_tree(&self, entries: &[(&str, &str, ObjectId)]) -> ObjectId {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            bytes.extend_from_slice(id.as_bytes());
        }
        let arguments = ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"];
        self.git_with(&arguments, &bytes).parse().unwrap()
    }

    /// Stores a blob.
    pub(crate) fn blob(&self, text: &str) -> ObjectId {
        self.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes()).parse().unwrap()
    }

    /// Makes a commit of `tree` that no ref names.
    pub(crate) fn commit_tree(&self, tree: ObjectId, parents: &[ObjectId], message: &str) -> ObjectId {
        let mut arguments = vec!["commit-tree".to_owned(), tree.to_string(), "-m".into(), message.into()];
        for parent in parents {
            arguments.extend(["-p".to_owned(), parent.to_string()]);
        }
        self.git(&arguments).parse().unwrap()
    }

    /// Makes an empty commit that no ref names; another `message` gives another commit.
    pub(crate) fn loose_commit(&self, message: &str) -> ObjectId {
        let repository = self.open();
        let tree = repository.stage_empty_tree().unwrap();
        let commit = NewCommit {
            tree,
            parents: vec![],
            person: tester(),
            time: Timestamp::from_seconds(1_700_000_000),
            message: message.to_owned(),
        };
        let id = repository.stage_commit(&commit).unwrap();
        repository.persist().unwrap();
        id
    }
}

/// Who writes in tests.
pub(crate) fn tester() -> Person {
    Person { name: "Tester".to_owned(), email: "tester@example.com".to_owned() }
}
