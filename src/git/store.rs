//! Reads objects: staged ones first, then the repository's, then those of further object directories.
//!
//! Replacement never applies: the object that a name stands for is the one that is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use gix::objs::{Data, Find, FindHeader, Header, Kind};
use gix::odb::store::RefreshMode;

use super::repository::Shared;
use super::{Error, Repository, alternates, unread};
use crate::model::ObjectId;

/// Objects that are held in memory until they are made durable.
pub(super) type Staged = BTreeMap<ObjectId, (Kind, Arc<[u8]>)>;

/// One thread's readers, one for each object directory.
pub(super) struct Handle(Vec<gix::odb::Handle>);

/// A handle on the objects; one that was borrowed from the repository goes back with its warm caches.
pub(super) struct Reader<'a> {
    shared: &'a Shared,
    handle: Handle,
    /// Whether the handle is kept for the next reader.
    goes_back: bool,
}

/// How much memory one reader may spend on bases of deltas.
const PACK_CACHE: usize = 128 << 20;

/// Turns replacement off, and gives a handle a cache that suits whole trees of blobs.
pub(super) fn prepare(handle: &mut gix::odb::Handle) {
    prepare_with(handle, PACK_CACHE);
}

fn prepare_with(handle: &mut gix::odb::Handle, cache: usize) {
    handle.ignore_replacements = true;
    handle.set_pack_cache(move || Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(cache)));
}

/// Turns our object name into gix's.
pub(super) fn to_gix(id: ObjectId) -> gix::ObjectId {
    gix::ObjectId::try_from(id.as_bytes())
        .expect("an object name has 20 or 32 bytes, and both kinds are built in")
}

/// Turns gix's object name into ours.
pub(super) fn from_gix(id: impl AsRef<gix::oid>) -> ObjectId {
    ObjectId::from_bytes(id.as_ref().as_bytes()).expect("gix knows names of 20 and 32 bytes only")
}

/// Returns git's word for a kind of object.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Tree => "tree",
        Kind::Blob => "blob",
        Kind::Commit => "commit",
        Kind::Tag => "tag",
    }
}

impl Repository {
    /// Borrows a reader; each thread takes its own.
    pub(super) fn reader(&self) -> Reader<'_> {
        let shared = &*self.shared;
        let warm = shared.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Reader { shared, handle: warm.unwrap_or_else(|| fresh(shared, PACK_CACHE)), goes_back: true }
    }

    /// Makes a reader that spends up to `cache` bytes on bases of deltas, and gives them back when it ends.
    pub(super) fn reader_with(&self, cache: usize) -> Reader<'_> {
        Reader { shared: &self.shared, handle: fresh(&self.shared, cache), goes_back: false }
    }

    /// Reads an object that must be of this kind.
    pub(super) fn object(&self, id: ObjectId, expected: Kind) -> Result<Vec<u8>, Error> {
        let mut buffer = Vec::new();
        self.reader().expect(id, expected, &mut buffer)?;
        Ok(buffer)
    }

    /// Returns which of these objects are known to be on disk; packs that came meanwhile are not looked for.
    pub(super) fn stored_among(&self, ids: impl IntoIterator<Item = ObjectId>) -> BTreeSet<ObjectId> {
        let mut reader = self.reader();
        reader.set_refresh(RefreshMode::Never);
        let stored = ids.into_iter().filter(|id| reader.is_stored(*id)).collect();
        reader.set_refresh(RefreshMode::default());
        stored
    }

    /// Says why an object was not found.
    pub(super) fn missing(&self, id: ObjectId) -> Error {
        missing(&self.shared, id)
    }
}

fn fresh(shared: &Shared, cache: usize) -> Handle {
    let stores = std::iter::once(&shared.sync.objects).chain(&shared.extra_stores);
    let handles = stores.map(|store| {
        let mut handle = store.to_cache();
        prepare_with(&mut handle, cache);
        handle
    });
    Handle(handles.collect())
}

fn missing(shared: &Shared, id: ObjectId) -> Error {
    let told = lender_gone(shared, || format!("object {id}")).or_else(|| unread::hidden(shared, Some(id)));
    match told {
        Some(told) => told,
        None if shared.partial => Error::MissingPromised { id },
        None => Error::MissingObject { id },
    }
}

/// Says that a borrowed object store is gone, when one is.
pub(super) fn lender_gone(shared: &Shared, missing: impl FnOnce() -> String) -> Option<Error> {
    let own = [shared.objects_dir.as_path(), shared.sync.objects.path()];
    let path = own.into_iter().find_map(alternates::gone)?;
    Some(Error::AlternateGone { missing: missing(), path })
}

impl Reader<'_> {
    /// Fills `buffer` with the object's bytes, and returns its kind.
    pub(super) fn read(&self, id: ObjectId, buffer: &mut Vec<u8>) -> Result<Kind, Error> {
        let found = self
            .try_find(&to_gix(id), buffer)
            .map_err(|source| unread::unreadable(id, source))?
            .map(|data| data.kind);
        found.ok_or_else(|| missing(self.shared, id))
    }

    /// Fills `buffer` with the bytes of an object that must be of this kind.
    pub(super) fn expect(&self, id: ObjectId, expected: Kind, buffer: &mut Vec<u8>) -> Result<(), Error> {
        match self.read(id, buffer)? {
            kind if kind == expected => Ok(()),
            kind => Err(Error::WrongKind { id, expected: kind_name(expected), actual: kind_name(kind) }),
        }
    }

    /// Returns an object's kind and size, without inflating it whole.
    pub(super) fn header(&self, id: ObjectId) -> Result<Header, Error> {
        self.try_header(&to_gix(id))
            .map_err(|source| unread::unreadable(id, source))?
            .ok_or_else(|| missing(self.shared, id))
    }

    /// Says whether the object is on disk, staged or not.
    pub(super) fn is_stored(&self, id: ObjectId) -> bool {
        let id = to_gix(id);
        let has = |store: &gix::odb::Handle| gix::objs::Exists::exists(store, &id);
        self.looks(&id).any(has) || self.second_look(&id).iter().any(has)
    }

    fn set_refresh(&mut self, mode: RefreshMode) {
        for store in &mut self.handle.0 {
            store.refresh = mode;
        }
    }

    /// Where to look for an object, in turn: everywhere twice, because `git gc` may move it, between two looks, from
    /// where we look next to where we have looked already.
    fn looks(&self, id: &gix::oid) -> impl Iterator<Item = &gix::odb::Handle> {
        let again = |store: &&gix::odb::Handle| !matches!(store.refresh, RefreshMode::Never);
        self.stores(id).iter().chain(self.stores(id).iter().filter(again))
    }

    /// Where to look after all that, because what is there was passed over: nowhere, as a rule.
    fn second_look(&self, id: &gix::oid) -> Vec<gix::odb::Handle> {
        unread::second_look(
            self.stores(id).iter().filter(|store| !matches!(store.refresh, RefreshMode::Never)),
        )
    }

    /// Where an object of this name may be: nowhere when the repository's names are of another length.
    fn stores(&self, id: &gix::oid) -> &[gix::odb::Handle] {
        if id.kind() == self.shared.sync.objects.object_hash() { &self.handle.0 } else { &[] }
    }

    fn staged(&self, id: &gix::oid) -> Option<(Kind, Arc<[u8]>)> {
        // As for git, the empty tree is always there.
        if id.is_empty_tree() {
            return Some((Kind::Tree, Arc::new([])));
        }
        let staged = self.shared.staged.read().unwrap_or_else(PoisonError::into_inner);
        if staged.is_empty() { None } else { staged.get(&from_gix(id)).cloned() }
    }
}

/// Looks in one store, and leaves the bytes in `buffer`.
fn found_in(store: &gix::odb::Handle, id: &gix::oid, buffer: &mut Vec<u8>) -> gix::Result<Option<Kind>> {
    Ok(Find::try_find(store, id, buffer)?.map(|data| data.kind))
}

impl Find for Reader<'_> {
    fn try_find<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        buffer.clear();
        let mut kind = None;
        if let Some((staged, bytes)) = self.staged(id) {
            buffer.extend_from_slice(&bytes);
            kind = Some(staged);
        } else {
            for store in self.looks(id) {
                kind = found_in(store, id, buffer)?;
                if kind.is_some() {
                    break;
                }
            }
            let again = if kind.is_none() { self.second_look(id) } else { Vec::new() };
            for store in &again {
                kind = found_in(store, id, buffer)?;
                if kind.is_some() {
                    break;
                }
            }
        }
        Ok(kind.map(|kind| Data { kind, object_hash: id.kind(), data: buffer.as_slice() }))
    }
}

impl FindHeader for Reader<'_> {
    fn try_header(&self, id: &gix::oid) -> gix::Result<Option<Header>> {
        if let Some((kind, bytes)) = self.staged(id) {
            return Ok(Some(Header { kind, size: bytes.len() as u64 }));
        }
        for store in self.looks(id) {
            if let Some(header) = FindHeader::try_header(store, id)? {
                return Ok(Some(header));
            }
        }
        for store in self.second_look(id) {
            if let Some(header) = FindHeader::try_header(&store, id)? {
                return Ok(Some(header));
            }
        }
        Ok(None)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        if !self.goes_back {
            return;
        }
        let handle = Handle(std::mem::take(&mut self.handle.0));
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
    }
}
