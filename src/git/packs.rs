//! The largest packs of a repository, opened once for readers of several threads.
//!
//! Whatever cannot be opened or found here is somewhere else for all that is known: nothing is told missing.

use std::fs::metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::{data, index};

use super::Repository;
use super::store::to_gix;
use crate::model::ObjectId;

/// In so many packs is looked, the largest first: a history that deserves it lies in one, whatever came later.
const PACKS: usize = 3;

/// The packs of a repository as they are now, the largest first; each is opened when it is first asked for.
///
/// Readers of several threads share them, and each file is mapped once.
#[derive(Clone)]
pub struct Packs(Arc<Vec<Pack>>);

/// One pack; nothing where its files cannot be opened.
struct Pack {
    index: PathBuf,
    hash: gix::hash::Kind,
    opened: OnceLock<Option<(index::File, data::File)>>,
}

/// A pack by its number, and the offset of an entry in it.
pub(super) type Place = (usize, u64);

impl Packs {
    /// Lists what lies in the repository's packs now; those that come later are not looked for.
    pub(super) fn list(repository: &Repository) -> Self {
        let size = |index: &Path| metadata(index.with_extension("pack")).map_or(0, |pack| pack.len());
        let mut sized: Vec<_> =
            repository.index_files().into_iter().map(|index| (size(&index), index)).collect();
        sized.sort();
        let hash = repository.hash_kind();
        let pack = |(_, index)| Pack { index, hash, opened: OnceLock::new() };
        Self(Arc::new(sized.into_iter().rev().take(PACKS).map(pack).collect()))
    }

    /// Opens a pack by its number.
    pub(super) fn get(&self, at: usize) -> Option<&(index::File, data::File)> {
        let Pack { index, hash, opened } = self.0.get(at)?;
        let open = || {
            let pack = data::File::at(index.with_extension("pack"), *hash).ok()?;
            Some((index::File::at(index, *hash).ok()?, pack))
        };
        opened.get_or_init(open).as_ref()
    }

    /// Returns the length of a blob that is stored whole in one of them.
    pub(super) fn size(&self, id: ObjectId) -> Option<u64> {
        let (at, offset) = self.find(id)?;
        let entry = self.get(at)?.1.entry(offset).ok()?;
        (kind_of(&entry.header) == Some(Kind::Blob)).then_some(entry.decompressed_size)
    }

    /// Says in which pack an object lies, and where.
    pub(super) fn find(&self, id: ObjectId) -> Option<Place> {
        let name = to_gix(id);
        (0..self.0.len()).find_map(|at| {
            let index = &self.get(at)?.0;
            Some((at, index.pack_offset_at_index(index.lookup(name)?)))
        })
    }
}

/// Returns the kind of an object that is stored whole.
pub(super) fn kind_of(header: &Header) -> Option<Kind> {
    match header {
        Header::Tree => Some(Kind::Tree),
        Header::Blob => Some(Kind::Blob),
        Header::Commit => Some(Kind::Commit),
        Header::Tag => Some(Kind::Tag),
        Header::OfsDelta { .. } | Header::RefDelta { .. } => None,
    }
}
