//! Objects: read with replacement off; new ones are staged in memory and made durable at once.

use std::sync::PoisonError;

use gix::objs::Kind;

use super::store::from_gix;
use super::{Error, Repository};
use crate::model::ObjectId;

impl Repository {
    /// Returns the whole content of a blob (staged or stored).
    ///
    /// # Errors
    /// When the object is missing, corrupt, or no blob.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>, Error> {
        self.object(id, Kind::Blob)
    }

    /// Returns the size of a blob in bytes, without inflating it where possible.
    ///
    /// # Errors
    /// When the object is missing, corrupt, or no blob.
    pub fn blob_size(&self, id: ObjectId) -> Result<u64, Error> {
        let header = self.reader().header(id)?;
        if header.kind == Kind::Blob {
            Ok(header.size)
        } else {
            Err(Error::WrongKind { id, expected: "blob", actual: super::store::kind_name(header.kind) })
        }
    }

    /// Returns git's word for the kind of an object: `commit`, `tree`, `blob` or `tag`.
    ///
    /// # Errors
    /// When the object is missing or corrupt.
    pub fn kind(&self, id: ObjectId) -> Result<&'static str, Error> {
        Ok(super::store::kind_name(self.reader().header(id)?.kind))
    }

    /// Says whether an object of any kind is there, staged or stored.
    #[must_use]
    pub fn has_object(&self, id: ObjectId) -> bool {
        self.is_staged(id) || self.reader().is_stored(id)
    }

    /// Stages a blob in memory; nothing is written.
    ///
    /// # Errors
    /// When the content cannot be hashed (a collision attack on SHA-1).
    pub fn stage_blob(&self, content: &[u8]) -> Result<ObjectId, Error> {
        self.stage(Kind::Blob, content)
    }

    /// Returns the name that content of our own making would have as a blob.
    ///
    /// # Panics
    /// When the content is a collision attack on SHA-1. What somebody else made goes through [`Self::hash_blob`].
    #[must_use]
    pub fn blob_id(&self, content: &[u8]) -> ObjectId {
        self.hash_blob(content).expect("nobody attacks SHA-1 with content that we made")
    }

    /// Returns the name that any content would have as a blob.
    ///
    /// # Errors
    /// When the content is a collision attack on SHA-1; git refuses such too.
    pub fn hash_blob(&self, content: &[u8]) -> Result<ObjectId, Error> {
        self.compute_id(Kind::Blob, content)
    }

    /// Reads an object, and computes its name again.
    pub(super) fn verified_object(&self, kind: Kind, id: ObjectId) -> Result<Vec<u8>, Error> {
        let bytes = self.object(id, kind)?;
        self.require_name(kind, id, &bytes)?;
        Ok(bytes)
    }

    pub(super) fn require_name(&self, kind: Kind, id: ObjectId, bytes: &[u8]) -> Result<(), Error> {
        let actual = self.compute_id(kind, bytes)?;
        if actual == id {
            return Ok(());
        }
        Err(misnamed(id, actual))
    }

    /// Forgets what was staged.
    pub fn discard_staged(&self) {
        self.shared.staged.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Stages an object of any kind; its bytes are taken as they are.
    pub(super) fn stage(&self, kind: Kind, bytes: &[u8]) -> Result<ObjectId, Error> {
        let id = self.compute_id(kind, bytes)?;
        let mut staged = self.shared.staged.write().unwrap_or_else(PoisonError::into_inner);
        staged.entry(id).or_insert_with(|| (kind, bytes.into()));
        Ok(id)
    }

    fn compute_id(&self, kind: Kind, bytes: &[u8]) -> Result<ObjectId, Error> {
        gix::objs::compute_hash(self.hash_kind(), kind, bytes)
            .map(from_gix)
            .map_err(|source| Error::Collision { kind: super::store::kind_name(kind), source: source.into() })
    }

    pub(super) fn is_staged(&self, id: ObjectId) -> bool {
        self.shared.staged.read().unwrap_or_else(PoisonError::into_inner).contains_key(&id)
    }
}

/// Says that an object's bytes belong to another name.
pub(super) fn misnamed(id: ObjectId, actual: ObjectId) -> Error {
    Error::CorruptObject { id, source: format!("its content has the name {actual}").into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    fn id(text: &str) -> ObjectId {
        text.parse().unwrap()
    }

    #[test]
    fn objects_of_many_packs_that_came_later_are_found() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        for number in 0..50 {
            let name = sandbox.blob(&format!("{number}"));
            sandbox
                .git_with(&["pack-objects", "-q", ".git/objects/pack/pack"], format!("{name}\n").as_bytes());
            sandbox.git(&["prune-packed", "-q"]);
            assert!(repository.has_object(name), "pack {number}");
        }
    }

    #[test]
    fn replaced_objects_are_read_as_the_originals() {
        let sandbox = Sandbox::new().file("a", "real").commit("first").file("a", "fake").commit("second");
        let blob = sandbox.git(&["rev-parse", "HEAD~1:a"]);
        let fake = sandbox.git(&["rev-parse", "HEAD:a"]);
        let (first, second) = (sandbox.git(&["rev-parse", "HEAD~1"]), sandbox.git(&["rev-parse", "HEAD"]));
        sandbox.git(&["replace", &blob, &fake]);
        sandbox.git(&["replace", &first, &second]);
        assert_eq!(sandbox.git(&["cat-file", "-p", &blob]), "fake", "git itself is fooled");
        let repository = sandbox.open();
        assert_eq!(repository.blob(id(&blob)).unwrap(), b"real");
        assert_eq!(repository.commit(id(&first)).unwrap().subject(), "first");
        assert_eq!(repository.walk(&[id(&second)], &[], 9).unwrap(), [id(&second), id(&first)]);
        let handle = repository.gix();
        assert_eq!(handle.find_blob(super::super::store::to_gix(id(&blob))).unwrap().data, b"real");
    }

    #[test]
    fn grafts_do_not_change_history() {
        let sandbox = Sandbox::new().file("a", "1").commit("first").file("a", "2").commit("second");
        let head = sandbox.git(&["rev-parse", "HEAD"]);
        std::fs::write(sandbox.path().join(".git/info/grafts"), format!("{head}\n")).unwrap();
        let repository = sandbox.open();
        assert_eq!(repository.walk(&[id(&head)], &[], 9).unwrap().len(), 2);
    }

    #[test]
    fn missing_corrupt_and_wrong_objects_are_told_apart() {
        let sandbox = Sandbox::new().file("a", "1").commit("first");
        let repository = sandbox.open();
        let (blob, tree) =
            (sandbox.git(&["rev-parse", "HEAD:a"]), sandbox.git(&["rev-parse", "HEAD^{tree}"]));
        let absent = repository.blob_id(b"absent");
        assert!(matches!(repository.blob(absent), Err(Error::MissingObject { id }) if id == absent));
        assert!(!repository.has_object(absent) && repository.has_object(id(&blob)));
        assert!(matches!(repository.blob(id(&tree)), Err(Error::WrongKind { actual: "tree", .. })));
        assert!(matches!(repository.blob_size(id(&tree)), Err(Error::WrongKind { .. })));
        let foreign = ObjectId::from_bytes(&[1; 32]).unwrap();
        assert!(matches!(repository.blob(foreign), Err(Error::MissingObject { .. })));
        assert!(!repository.has_object(foreign));
        let path = sandbox.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"not deflated").unwrap();
        assert!(matches!(sandbox.open().blob(id(&blob)), Err(Error::CorruptObject { .. })));
    }

    #[test]
    fn staged_objects_are_read_through_every_clone_until_they_are_discarded() {
        let sandbox = Sandbox::new();
        let repository = sandbox.open();
        let staged = repository.stage_blob(b"content").unwrap();
        assert_eq!(staged, repository.blob_id(b"content"));
        let other = repository.clone();
        assert_eq!(other.blob(staged).unwrap(), b"content");
        assert_eq!(other.blob_size(staged).unwrap(), 7);
        repository.discard_staged();
        assert!(!other.has_object(staged));
    }

    #[test]
    fn objects_of_a_push_in_quarantine_are_read_and_new_ones_go_there() {
        let sandbox = Sandbox::with(&["--bare"]);
        let sender = Sandbox::new().file("a", "pushed").commit("first");
        let head = sender.git(&["rev-parse", "HEAD"]);
        let quarantine = sandbox.path().join("objects/incoming");
        std::fs::create_dir_all(&quarantine).unwrap();
        sender.git(&["repack", "-q", "-a", "-d"]);
        std::fs::rename(sender.path().join(".git/objects/pack"), quarantine.join("pack")).unwrap();
        let mut location = sandbox.location();
        location.environment.insert("GIT_OBJECT_DIRECTORY".into(), quarantine.clone().into());
        location.environment.insert("GIT_ALTERNATE_OBJECT_DIRECTORIES".into(), "objects".into());
        let repository = Repository::open(&location).unwrap();
        let head = repository.resolve(&head).unwrap();
        assert_eq!(repository.range(&format!("{}..{head}", "0".repeat(40))).unwrap(), [head]);
        assert_eq!(repository.snapshot_commit(head).unwrap().entries().len(), 1);
        let new = repository.stage_blob(b"new").unwrap();
        repository.persist().unwrap();
        assert!(repository.has_object(new) && !sandbox.open().has_object(new));
    }

    #[test]
    fn a_broken_pack_makes_errors_and_never_a_panic() {
        let sandbox =
            Sandbox::new().file("a", "1\n".repeat(90)).commit("x").file("a", "2\n".repeat(90)).commit("y");
        let head = sandbox.open().resolve("HEAD").unwrap();
        sandbox.git(&["repack", "-q", "-a", "-d"]);
        let files = std::fs::read_dir(sandbox.path().join(".git/objects/pack")).unwrap();
        let mut failed = 0;
        for file in files.map(|entry| entry.unwrap().path()) {
            let whole = std::fs::read(&file).unwrap();
            for at in 0..whole.len() {
                let mut broken = whole.clone();
                broken[at] ^= 0x55;
                std::fs::remove_file(&file).unwrap();
                std::fs::write(&file, &broken[..if at % 3 == 0 { at } else { broken.len() }]).unwrap();
                let repository = sandbox.open();
                let read = repository.snapshot_commit(head).and_then(|snapshot| {
                    snapshot.entries().iter().try_for_each(|entry| snapshot.read(entry).map(drop))
                });
                failed += usize::from(read.is_err());
            }
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, &whole).unwrap();
        }
        assert!(failed > 100, "{failed}");
    }
}
