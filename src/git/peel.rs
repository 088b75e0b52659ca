//! Follows tags to what they stand for, of whatever kind that is.
//!
//! A tag may name a tree or a blob too; who wants commits alone asks [`Repository::resolve`].

use gix::objs::{Kind, TagRefIter};

use super::store::{from_gix, kind_name};
use super::{Error, Repository};
use crate::model::ObjectId;

/// How many tags of tags are followed.
const MAX_TAGS: usize = 64;

impl Repository {
    /// Returns what an object stands for, and git's word for its kind: `commit`, `tree` or `blob`.
    ///
    /// # Errors
    /// When an object is missing or corrupt, or tags go on without end.
    pub fn peel(&self, id: ObjectId) -> Result<(ObjectId, &'static str), Error> {
        let mut at = id;
        for _ in 0..MAX_TAGS {
            match self.kind(at)? {
                "tag" => {
                    let bytes = self.object(at, Kind::Tag)?;
                    at = TagRefIter::from_bytes(&bytes, self.hash_kind())
                        .target_id()
                        .map(from_gix)
                        .map_err(|source| Error::CorruptObject { id: at, source: source.into() })?;
                }
                kind => return Ok((at, kind)),
            }
        }
        Err(Error::NotACommit { revision: id.to_string(), kind: kind_name(Kind::Tag).to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use crate::git::testing::Sandbox;

    #[test]
    fn tags_lead_to_whatever_they_name() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        for (name, target) in [("c", "HEAD"), ("t", "HEAD^{tree}"), ("b", "HEAD:a"), ("tt", "b")] {
            sandbox.git(&["tag", "-a", "-m", "x", name, target]);
        }
        let repository = sandbox.open();
        for (name, kind) in [("c", "commit"), ("t", "tree"), ("b", "blob"), ("tt", "blob")] {
            let id = sandbox.git(&["rev-parse", &format!("refs/tags/{name}")]).parse().unwrap();
            let peeled = sandbox.git(&["rev-parse", &format!("{name}^{{}}")]).parse().unwrap();
            assert_eq!(repository.peel(id).unwrap(), (peeled, kind), "{name}");
        }
        assert!(repository.peel("1".repeat(40).parse().unwrap()).is_err());
    }
}
