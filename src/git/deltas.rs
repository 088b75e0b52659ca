//! Reads objects that are packed as long chains of deltas without making every text of the chain.
//!
//! A text is kept as a list of pieces until it is wanted whole. What comes out is a guess: whoever asks must compute
//! its name, and read the object in the ordinary way when there is no guess or it has another name.

use std::collections::HashMap;
use std::fs::metadata;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;
use gix::odb::pack::{data, index};
use gix::zlib::Inflate;

use super::store::to_gix;
use super::{Repository, rope};
use crate::model::ObjectId;

/// The largest text, and the most that is kept of bases and deltas.
const MAX_BYTES: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

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
    kept: HashMap<(usize, u64), Link>,
    bytes: usize,
}

/// What one entry of a pack holds.
#[derive(Clone)]
struct Link {
    /// Where the text is that the delta was made from; `None` for a whole text.
    base: Option<u64>,
    kind: Option<Kind>,
    data: Rc<[u8]>,
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
            kept: HashMap::new(),
            bytes: 0,
        }
    }

    /// Returns what seems to be the object `id` of this kind; `None` when it lies elsewhere, or is not understood.
    pub(super) fn guess(&mut self, id: ObjectId, kind: Kind) -> Option<Vec<u8>> {
        if self.bytes > MAX_BYTES {
            self.kept.clear();
            self.bytes = 0;
        }
        let (pack, offset) = self.find(id)?;
        let mut chain = vec![self.link(pack, offset)?];
        while let Some(base) = chain.last().and_then(|link| link.base) {
            if chain.len() > LONGEST {
                return None;
            }
            chain.push(self.link(pack, base)?);
        }
        let whole = chain.pop().filter(|link| link.kind == Some(kind))?;
        let deltas: Vec<&[u8]> = chain.iter().rev().map(|link| &*link.data).collect();
        let text = rope::apply(&whole.data, &deltas, MAX_BYTES)?;
        if !deltas.is_empty() {
            // Whoever asks for the versions of a text, one after another, needs one delta for each.
            self.bytes += text.len();
            let link = Link { base: None, kind: Some(kind), data: text.as_slice().into() };
            self.kept.insert((pack, offset), link);
        }
        Some(text)
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

    fn link(&mut self, pack: usize, offset: u64) -> Option<Link> {
        if let Some(link) = self.kept.get(&(pack, offset)) {
            return Some(link.clone());
        }
        let file = &self.packs.get(pack)?.1;
        let entry = file.entry(offset).ok()?;
        let size = usize::try_from(entry.decompressed_size).ok().filter(|size| *size <= MAX_BYTES)?;
        let mut data = vec![0; size];
        file.decompress_entry(&entry, &mut self.inflate, &mut data).ok()?;
        self.keep(pack, &entry, data)
    }

    fn keep(&mut self, pack: usize, entry: &data::Entry, data: Vec<u8>) -> Option<Link> {
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
        self.bytes += data.len();
        let link = Link { base, kind, data: data.into() };
        self.kept.insert((pack, entry.pack_offset()), link.clone());
        Some(link)
    }
}
