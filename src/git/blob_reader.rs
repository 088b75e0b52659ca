//! Reads many blobs, one after another, for one thread.
//!
//! Whether bytes are what their name says is the caller's choice, and never assumed.

use gix::objs::Kind;

use super::deltas::Deltas;
use super::loose::Loose;
use super::packs::Packs;
use super::store::Reader;
use super::{Error, Repository};
use crate::model::ObjectId;

/// Whether an object's name is computed again from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// The store is trusted to hold, under each name, what it names.
    Trusted,
    /// Bytes that were swapped in the store do not pass.
    Verified,
}

/// Reads blobs; each thread has its own.
pub struct BlobReader<'a> {
    repository: &'a Repository,
    reader: Reader<'a>,
    packed: Option<Deltas>,
    loose: Loose,
    names: Names,
}

impl Repository {
    /// Makes a reader of many blobs, most of them from `packs`, that spends up to `cache` bytes on bases of deltas; `None`
    /// stands for the reader that everything else is read with, and for the bases it has.
    #[must_use]
    pub fn blob_reader(&self, names: Names, packed: Option<(&Packs, usize)>) -> BlobReader<'_> {
        let reader = packed.map_or_else(|| self.reader(), |(_, cache)| self.reader_with(cache));
        let packed = packed.map(|(packs, cache)| Deltas::new(packs.clone(), cache));
        let loose = Loose::of(&self.shared.objects_dir);
        BlobReader { repository: self, reader, packed, loose, names }
    }
}

impl BlobReader<'_> {
    /// Fills `buffer` with the whole content of a blob.
    ///
    /// # Errors
    /// When the object is missing (nothing is fetched), corrupt, no blob, or, with [`Names::Verified`], has another
    /// name.
    pub fn read(&mut self, id: ObjectId, buffer: &mut Vec<u8>) -> Result<(), Error> {
        let named = |buffer: &Vec<u8>| match self.names {
            Names::Trusted => Ok(()),
            Names::Verified => self.repository.require_name(Kind::Blob, id, buffer),
        };
        let found = self.packed.as_mut().is_some_and(|packed| packed.read(id, Kind::Blob, buffer))
            || self.loose.read(id, Kind::Blob, buffer);
        // What has another name, or was not understood, is read again in the ordinary way.
        if found && named(buffer).is_ok() {
            return Ok(());
        }
        self.reader.expect(id, Kind::Blob, buffer)?;
        named(buffer)
    }

    /// As [`Self::read`], where the blob has at most `limit` bytes; returns the size of one that has more, which is not read
    /// as a rule, and then the buffer may hold anything.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_within(
        &mut self,
        id: ObjectId,
        limit: u64,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<u64>, Error> {
        let more = |size: u64| Some(size).filter(|size| *size > limit);
        if let Some(packed) = self.packed.as_mut() {
            if let Some(size) = packed.size(id).and_then(more) {
                return Ok(Some(size));
            }
            if self.names == Names::Trusted && packed.read(id, Kind::Blob, buffer) {
                return Ok(more(buffer.len() as u64));
            }
        }
        if self.names == Names::Trusted && self.loose.read(id, Kind::Blob, buffer) {
            return Ok(more(buffer.len() as u64));
        }
        let header = self.reader.header(id)?;
        if header.kind == Kind::Blob
            && let Some(size) = more(header.size)
        {
            return Ok(Some(size));
        }
        self.read(id, buffer)?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn swapped_bytes_pass_only_where_names_are_trusted() {
        let sandbox = Sandbox::new().file("a", "one").file("b", "other").commit("first");
        let id = |path: &str| sandbox.git(&["rev-parse", &format!("HEAD:{path}")]);
        let (a, b) = (id("a"), id("b"));
        let file = |id: &str| sandbox.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
        std::fs::remove_file(file(&a)).unwrap();
        std::fs::copy(file(&b), file(&a)).unwrap();
        let (repository, id) = (sandbox.open(), a.parse::<ObjectId>().unwrap());
        let mut buffer = Vec::new();
        let packs = repository.packs();
        repository.blob_reader(Names::Trusted, Some((&packs, 1 << 20))).read(id, &mut buffer).unwrap();
        assert_eq!(buffer, b"other");
        let verified = repository.blob_reader(Names::Verified, None).read(id, &mut buffer);
        assert!(matches!(verified, Err(Error::CorruptObject { .. })), "{verified:?}");
    }

    #[test]
    fn what_is_larger_than_asked_for_is_not_read() {
        let sandbox = Sandbox::new().file("a", "small").file("b", vec![b'b'; 3000]).commit("first");
        let sandbox = sandbox.file("b", [vec![b'b'; 3000], vec![b'c']].concat()).commit("second");
        let id = |text: &str| sandbox.git(&["rev-parse", text]).parse::<ObjectId>().unwrap();
        for packed in [false, true] {
            if packed {
                sandbox.git(&["repack", "-adfq"]);
            }
            let repository = sandbox.open();
            let packs = repository.packs();
            for from in [None, Some((&packs, 1 << 20))] {
                let mut reader = repository.blob_reader(Names::Trusted, from);
                let mut buffer = Vec::new();
                assert_eq!(reader.read_within(id("HEAD:a"), 5, &mut buffer).unwrap(), None);
                assert_eq!(buffer, b"small");
                for (blob, size) in [("HEAD:b", 3001), ("HEAD~1:b", 3000)] {
                    let (less, enough) = (size - 1, size);
                    assert_eq!(
                        reader.read_within(id(blob), less, &mut buffer).unwrap(),
                        Some(size),
                        "{blob}"
                    );
                    assert_eq!(reader.read_within(id(blob), enough, &mut buffer).unwrap(), None, "{blob}");
                    assert_eq!(buffer.len() as u64, size);
                }
            }
        }
    }

    #[test]
    fn what_is_no_blob_is_refused() {
        let sandbox = Sandbox::new().file("a", "one").commit("first");
        let tree = sandbox.git(&["rev-parse", "HEAD^{tree}"]).parse().unwrap();
        let repository = sandbox.open();
        let mut reader = repository.blob_reader(Names::Trusted, Some((&repository.packs(), 1 << 20)));
        let read = reader.read(tree, &mut Vec::new());
        assert!(matches!(read, Err(Error::WrongKind { .. })), "{read:?}");
    }
}
