//! Reads objects from packs: inflated in one go, and through long chains of deltas without making every text of a chain.
//!
//! What comes out is what the pack has under a name, or nothing where something is not understood: then the ordinary reader
//! is asked. Whoever does not trust the store computes the name again.

use std::sync::Arc;

use gix::objs::Kind;
use gix::odb::pack::data;
use gix::odb::pack::data::entry::Header;
use libdeflater::Decompressor;

use super::packs::{Packs, Place, kind_of};
use super::{Repository, rope};
use crate::base::Kept;
use crate::model::ObjectId;

/// The largest text.
const MAX_BYTES: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

/// So much is kept of the bases and deltas of trees before half of it is forgotten.
pub(super) const KEPT: usize = if cfg!(test) { 1 << 19 } else { 32 << 20 };

/// git itself makes chains of 50, and of 4,095 when it is told to.
const LONGEST: usize = 4096;

/// A reader that keeps bases and deltas, so that two texts of one chain cost little more than one.
pub(super) struct Deltas {
    packs: Packs,
    inflate: Decompressor,
    kept: Kept<Place, Link>,
}

/// What one entry of a pack holds.
#[derive(Clone)]
struct Link {
    /// Where the text is that the delta was made from; `None` for a whole text.
    base: Option<u64>,
    kind: Option<Kind>,
    data: Arc<Vec<u8>>,
}

impl Deltas {
    /// Reads from `packs`, and keeps about `limit` bytes of bases and deltas.
    pub(super) fn new(packs: Packs, limit: usize) -> Self {
        Self { packs, inflate: Decompressor::new(), kept: Kept::new(limit) }
    }

    /// Fills `buffer` with what seems to be the object `id` of this kind, and says whether there is one: see
    /// [`Self::guess`].
    pub(super) fn read(&mut self, id: ObjectId, kind: Kind, buffer: &mut Vec<u8>) -> bool {
        let Some((pack, offset)) = self.packs.find(id) else { return false };
        // What no delta was made from need not be kept.
        let whole = self.packs.get(pack).and_then(|(_, file)| Some((file, file.entry(offset).ok()?)));
        if let Some((file, entry)) = whole
            && kind_of(&entry.header) == Some(kind)
        {
            return inflate(&mut self.inflate, file, &entry, buffer).is_some();
        }
        let text = self.guess_at(pack, offset, kind);
        if let Some(text) = &text {
            buffer.clear();
            buffer.extend_from_slice(text);
        }
        text.is_some()
    }

    /// Returns the length of a blob that is stored whole.
    pub(super) fn size(&self, id: ObjectId) -> Option<u64> {
        self.packs.size(id)
    }

    /// Returns what seems to be the object `id` of this kind; `None` when it lies elsewhere, or is not understood.
    pub(super) fn guess(&mut self, id: ObjectId, kind: Kind) -> Option<Arc<Vec<u8>>> {
        let (pack, offset) = self.packs.find(id)?;
        self.guess_at(pack, offset, kind)
    }

    fn guess_at(&mut self, pack: usize, offset: u64, kind: Kind) -> Option<Arc<Vec<u8>>> {
        let mut chain = Vec::new();
        let (mut next, mut bytes) = (Some(offset), 0);
        while let Some(at) = next {
            let link = self.link(pack, at, chain.is_empty())?;
            bytes += link.data.len();
            // All of them wait in memory until the last is there.
            if chain.len() > LONGEST || bytes > MAX_BYTES {
                return None;
            }
            next = link.base;
            chain.push((at, link));
        }
        let (_, whole) = chain.pop().filter(|(_, link)| link.kind == Some(kind))?;
        let mut text = whole.data;
        if let Some(base) = chain.get(1).map(|(offset, _)| *offset) {
            // Versions of one text are often made from one base: it is made once.
            text = self.apply(pack, base, kind, &text, &chain[1..])?;
            chain.truncate(1);
        }
        match chain.first() {
            Some((offset, _)) => self.apply(pack, *offset, kind, &text, &chain),
            None => Some(text),
        }
    }

    /// Makes a text from a base and a chain of deltas, the first of which applies last, and keeps it.
    fn apply(
        &mut self,
        pack: usize,
        offset: u64,
        kind: Kind,
        base: &[u8],
        chain: &[(u64, Link)],
    ) -> Option<Arc<Vec<u8>>> {
        let deltas: Vec<&[u8]> = chain.iter().rev().map(|(_, link)| link.data.as_slice()).collect();
        let data = Arc::new(rope::apply(base, &deltas, MAX_BYTES)?);
        self.keep((pack, offset), Link { base: None, kind: Some(kind), data: Arc::clone(&data) });
        Some(data)
    }

    fn keep(&mut self, place: Place, link: Link) {
        let weight = link.data.len();
        self.kept.put(place, link, weight);
    }

    /// Reads what an entry holds. The delta that was `asked_for` is not kept, since the text that it makes will be.
    fn link(&mut self, pack: usize, offset: u64, asked_for: bool) -> Option<Link> {
        if let Some(link) = self.kept.get(&(pack, offset)) {
            return Some(link);
        }
        let file = &self.packs.get(pack)?.1;
        let entry = file.entry(offset).ok()?;
        let base = match entry.header {
            Header::OfsDelta { base_distance } => Some(entry.checked_base_pack_offset(base_distance)?),
            // Its base may lie in any pack.
            Header::RefDelta { .. } => return None,
            _ => None,
        };
        let mut data = Vec::new();
        inflate(&mut self.inflate, file, &entry, &mut data)?;
        let link = Link { base, kind: kind_of(&entry.header), data: Arc::new(data) };
        if base.is_none() || !asked_for {
            self.keep((pack, offset), link.clone());
        }
        Some(link)
    }
}

/// Reads blobs that lie whole in one of the packs that there were when it was made; all others are read elsewhere.
pub struct PackedBlobs(Deltas);

impl PackedBlobs {
    /// Lists the packs; about `bases` bytes of bases of deltas are kept.
    #[must_use]
    pub fn of(repository: &Repository, bases: usize) -> Self {
        Self(Deltas::new(repository.packs(), bases))
    }

    /// Returns a blob of at most `limit` bytes, as it is stored under this name; `None` when it has to be read in the
    /// ordinary way, which also says what is wrong with it.
    pub fn read(&mut self, id: ObjectId, limit: u64) -> Option<Vec<u8>> {
        self.0.packs.size(id).filter(|size| *size <= limit)?;
        let mut bytes = Vec::new();
        self.0.read(id, Kind::Blob, &mut bytes).then_some(bytes)
    }
}

/// Fills `buffer` with what an entry holds; nothing where that is too long, or not as long as the entry says.
fn inflate(
    inflate: &mut Decompressor,
    file: &data::File,
    entry: &data::Entry,
    buffer: &mut Vec<u8>,
) -> Option<()> {
    let size = usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= MAX_BYTES)?;
    // Where it ends is not known; what follows is not looked at.
    let stored = file.entry_slice(entry.data_offset..file.pack_end() as u64)?;
    buffer.clear();
    buffer.resize(size, 0);
    inflate.zlib_decompress(stored, buffer).ok().filter(|inflated| *inflated == size).map(|_| ())
}
