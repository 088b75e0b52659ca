//! Reads objects that are packed as long chains of deltas without making every text of the chain.
//!
//! A text is kept as a list of pieces until it is wanted whole. What comes out is a guess: whoever asks must compute
//! its name, and read the object in the ordinary way when there is no guess or it has another name.

use std::fs::metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::{data, index};
use gix::zlib::Inflate;

use super::store::to_gix;
use super::{Repository, rope};
use crate::base::QuickMap;
use crate::model::ObjectId;

/// The largest text.
const MAX_BYTES: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

/// So much is kept of bases and deltas before half of it is forgotten; once more that for what is in use.
const KEPT: usize = if cfg!(test) { 1 << 18 } else { 16 << 20 };

/// git itself makes chains of 50, and of 4,095 when it is told to.
const LONGEST: usize = 4096;

/// In so many packs is looked, the largest first: a history that deserves it lies in one, whatever came later.
const PACKS: usize = 3;

/// A reader that keeps bases and deltas, so that two texts of one chain cost little more than one.
pub(super) struct Deltas {
    hash: gix::hash::Kind,
    /// Indices that were not opened yet, the one of the largest pack last.
    waiting: Vec<PathBuf>,
    packs: Vec<(index::File, data::File)>,
    inflate: Inflate,
    kept: Kept,
}

/// A pack by its number, and the offset of an entry in it.
type Place = (usize, u64);

/// What one entry of a pack holds.
#[derive(Clone)]
struct Link {
    /// Where the text is that the delta was made from; `None` for a whole text.
    base: Option<u64>,
    kind: Option<Kind>,
    data: Arc<Vec<u8>>,
}

/// Links that were asked for lately, and those from before, which go when there are too many.
#[derive(Default)]
struct Kept {
    lately: QuickMap<Place, Link>,
    before: QuickMap<Place, Link>,
    /// How long those are that were asked for lately.
    bytes: usize,
}

impl Kept {
    fn get(&mut self, place: Place) -> Option<Link> {
        if let Some(link) = self.lately.get(&place) {
            return Some(link.clone());
        }
        let link = self.before.remove(&place)?;
        self.put(place, link.clone());
        Some(link)
    }

    fn put(&mut self, place: Place, link: Link) {
        if self.bytes > KEPT {
            self.before = std::mem::take(&mut self.lately);
            self.bytes = 0;
        }
        self.bytes += link.data.len();
        self.lately.insert(place, link);
    }
}

impl Deltas {
    /// Reads what lies in the repository's packs now; those that come later are not looked for.
    pub(super) fn new(repository: &Repository) -> Self {
        let size = |index: &Path| metadata(index.with_extension("pack")).map_or(0, |pack| pack.len());
        let mut sized: Vec<_> =
            repository.index_files().into_iter().map(|index| (size(&index), index)).collect();
        sized.sort();
        let waiting = sized.split_off(sized.len().saturating_sub(PACKS));
        Self {
            hash: repository.hash_kind(),
            waiting: waiting.into_iter().map(|(_, index)| index).collect(),
            packs: Vec::new(),
            inflate: Inflate::default(),
            kept: Kept::default(),
        }
    }

    /// Returns what seems to be the object `id` of this kind; `None` when it lies elsewhere, or is not understood.
    pub(super) fn guess(&mut self, id: ObjectId, kind: Kind) -> Option<Arc<Vec<u8>>> {
        let (pack, offset) = self.find(id)?;
        let mut chain = Vec::new();
        let mut next = Some(offset);
        while let Some(at) = next {
            if chain.len() > LONGEST {
                return None;
            }
            let link = self.link(pack, at, chain.is_empty())?;
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
        self.kept.put((pack, offset), Link { base: None, kind: Some(kind), data: Arc::clone(&data) });
        Some(data)
    }

    /// Says in which pack an object lies, and where.
    fn find(&mut self, id: ObjectId) -> Option<(usize, u64)> {
        let name = to_gix(id);
        let mut at = 0;
        loop {
            if at == self.packs.len() {
                let next = self.waiting.pop()?;
                let pack = data::File::at(next.with_extension("pack"), self.hash);
                let opened = index::File::at(next, self.hash).ok().zip(pack.ok());
                self.packs.extend(opened);
                continue;
            }
            let index = &self.packs[at].0;
            if let Some(found) = index.lookup(name) {
                return Some((at, index.pack_offset_at_index(found)));
            }
            at += 1;
        }
    }

    /// Reads what an entry holds. The delta that was `asked_for` is not kept, since the text that it makes will be.
    fn link(&mut self, pack: usize, offset: u64, asked_for: bool) -> Option<Link> {
        if let Some(link) = self.kept.get((pack, offset)) {
            return Some(link);
        }
        let file = &self.packs.get(pack)?.1;
        let entry = file.entry(offset).ok()?;
        let size = usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= MAX_BYTES)?;
        let mut data = vec![0; size];
        file.decompress_entry(&entry, &mut self.inflate, &mut data).ok()?;
        let (base, kind) = match entry.header {
            Header::OfsDelta { base_distance } => {
                (Some(entry.checked_base_pack_offset(base_distance)?), None)
            }
            // Its base may lie in any pack.
            Header::RefDelta { .. } => return None,
            Header::Tree => (None, Some(Kind::Tree)),
            Header::Blob => (None, Some(Kind::Blob)),
            Header::Commit => (None, Some(Kind::Commit)),
            Header::Tag => (None, Some(Kind::Tag)),
        };
        let link = Link { base, kind, data: Arc::new(data) };
        if base.is_none() || !asked_for {
            self.kept.put((pack, offset), link.clone());
        }
        Some(link)
    }
}
