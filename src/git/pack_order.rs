//! Puts objects into the order in which they lie in packs: neighbours share delta bases and pages of the disk.
//!
//! The order is advice. What cannot be told stands at the end, and every object is read by name all the same.

use std::path::PathBuf;

use gix::odb::pack::index::File;

use super::Repository;
use super::packs::Packs;
use super::store::to_gix;
use crate::model::ObjectId;

/// How many bytes one stored byte can become: deflate's limit (RFC 1951 codes 258 bytes in two bits).
const DEFLATE_MOST: u64 = 1032;

/// So few objects are not worth a look into every index: they are read in the order in which they are given.
const FEW: usize = 32;

/// In which order objects are best read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadingOrder {
    /// Those that are known to be large, with their size: the largest first.
    pub large: Vec<(ObjectId, u64)>,
    /// All others as they lie in packs; those in no pack come last, in the order in which they stood.
    pub rest: Vec<ObjectId>,
}

/// Where an object lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Which pack, and at which byte of it.
    Packed(usize, u64),
    /// In no pack.
    Elsewhere,
    /// Nobody looked.
    Anywhere,
}

impl Repository {
    /// Sorts objects for reading, and tells those of at least `large` bytes from the others.
    ///
    /// A delta counts by what is stored of it: one that is small, of an object that is large, stands among the others.
    /// Sizes are asked of `packs`, where they have them, so that no pack is mapped twice by whoever reads from those.
    #[must_use]
    pub fn reading_order(&self, ids: Vec<ObjectId>, large: u64, packs: Option<&Packs>) -> ReadingOrder {
        let mut placed = self.placed(ids);
        placed.sort_by_key(|(place, _)| *place);
        let mut order = ReadingOrder::default();
        for (at, (place, id)) in placed.iter().enumerate() {
            let stored = match (place, placed.get(at + 1)) {
                // It ends where the next one begins, at the latest.
                (Place::Packed(pack, from), Some((Place::Packed(next, to), _))) if pack == next => to - from,
                (Place::Packed(..) | Place::Anywhere, _) => u64::MAX,
                (Place::Elsewhere, _) => self.loose_size(*id).unwrap_or(u64::MAX),
            };
            match self.size_if_large(*id, stored, large, packs) {
                Some(size) => order.large.push((*id, size)),
                None => order.rest.push(*id),
            }
        }
        order.large.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        order
    }

    /// Asks for the size of an object, but only where so many stored bytes can hold a large one.
    fn size_if_large(&self, id: ObjectId, stored: u64, large: u64, packs: Option<&Packs>) -> Option<u64> {
        if stored.saturating_mul(DEFLATE_MOST) < large {
            return None;
        }
        // What cannot be read is told when it is read.
        let size = packs.and_then(|packs| packs.size(id)).or_else(|| self.blob_size(id).ok());
        size.filter(|size| *size >= large)
    }

    /// Returns the length of the file that holds an object of its own.
    fn loose_size(&self, id: ObjectId) -> Option<u64> {
        let digits = id.to_string();
        let path = self.shared.objects_dir.join(&digits[..2]).join(&digits[2..]);
        std::fs::metadata(path).ok().map(|metadata| metadata.len())
    }

    fn placed(&self, ids: Vec<ObjectId>) -> Vec<(Place, ObjectId)> {
        if ids.len() <= FEW {
            return ids.into_iter().map(|id| (Place::Anywhere, id)).collect();
        }
        let mut packs = self.pack_indices();
        // Most objects are in the largest packs, so these are asked first.
        packs.sort_by_key(|pack| std::cmp::Reverse(pack.num_objects()));
        let place = |id: ObjectId| {
            let found = packs.iter().enumerate().find_map(|(at, pack)| {
                let entry = pack.lookup(to_gix(id))?;
                Some(Place::Packed(at, pack.pack_offset_at_index(entry)))
            });
            found.unwrap_or(Place::Elsewhere)
        };
        ids.into_iter().map(|id| (place(id), id)).collect()
    }

    /// Opens the indices of the packs; one that cannot be opened gives no advice, and is told when it is read from.
    fn pack_indices(&self) -> Vec<File> {
        self.index_files().iter().filter_map(|path| File::at(path, self.hash_kind()).ok()).collect()
    }

    /// Lists the indices of all packs that there are now, sorted.
    pub(super) fn index_files(&self) -> Vec<PathBuf> {
        let own = &self.shared.sync.objects;
        let mut directories = vec![self.shared.objects_dir.clone(), own.path().to_owned()];
        directories.extend(own.alternate_db_paths().unwrap_or_default());
        directories.extend(self.shared.extra_stores.iter().map(|store| store.path().to_owned()));
        directories.sort();
        directories.dedup();
        let listed =
            directories.iter().filter_map(|directory| std::fs::read_dir(directory.join("pack")).ok());
        let files = listed.flatten().filter_map(|entry| Some(entry.ok()?.path()));
        let mut indices: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|extension| extension == "idx")).collect();
        indices.sort();
        indices
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn packed_objects_stand_as_they_lie_and_loose_ones_after_them() {
        let mut sandbox = Sandbox::new();
        for number in 0..=FEW {
            sandbox = sandbox.file(&format!("{number}"), format!("{number}"));
        }
        let sandbox = sandbox.commit("first");
        sandbox.git(&["repack", "-adq"]);
        let id = |text: String| text.parse::<ObjectId>().unwrap();
        let packed: Vec<ObjectId> =
            (0..=FEW).map(|path| id(sandbox.git(&["rev-parse", &format!("HEAD:{path}")]))).collect();
        let loose =
            ["x", "y"].map(|text| id(sandbox.git_with(&["hash-object", "-w", "--stdin"], text.as_bytes())));
        let index = std::fs::read_dir(sandbox.path().join(".git/objects/pack")).unwrap();
        let index =
            index.map(|file| file.unwrap().path()).find(|path| path.extension().unwrap() == "idx").unwrap();
        let listed = sandbox.git_with(&["show-index"], &std::fs::read(index).unwrap());
        let offset = |id: &ObjectId| -> u64 {
            let line = listed.lines().find(|line| line.contains(&id.to_string())).unwrap();
            line.split(' ').next().unwrap().parse().unwrap()
        };
        let mut expected = packed.clone();
        expected.sort_by_key(offset);
        expected.extend(loose);
        let ids: Vec<ObjectId> = loose[..1].iter().chain(&packed).chain(&loose[1..]).copied().collect();
        let order = sandbox.open().reading_order(ids, 1 << 20, None);
        assert_eq!(order, ReadingOrder { large: Vec::new(), rest: expected });
        let few = vec![loose[0], packed[2], packed[0], loose[1], packed[1]];
        let order = sandbox.open().reading_order(few.clone(), 1 << 20, None);
        assert_eq!(order, ReadingOrder { large: Vec::new(), rest: few });
    }

    #[test]
    fn large_objects_stand_apart_packed_or_loose() {
        // Zeros are stored as a thousandth of themselves.
        let sandbox =
            Sandbox::new().file("a", "1").file("b", vec![0; 300_000]).file("c", "3").commit("first");
        let blob =
            |path: &str| sandbox.git(&["rev-parse", &format!("HEAD:{path}")]).parse::<ObjectId>().unwrap();
        sandbox.git(&["repack", "-adq"]);
        let loose = sandbox.git_with(&["hash-object", "-w", "--stdin"], &[0; 400_000]).parse().unwrap();
        let absent = ObjectId::from_bytes(&[7; 20]).unwrap();
        for others in [0, FEW] {
            let mut ids = vec![blob("a"), blob("b"), absent, blob("c"), loose];
            ids.extend((0..others).map(|_| blob("c")));
            let order = sandbox.open().reading_order(ids.clone(), 300_000, None);
            assert_eq!(order.large, [(loose, 400_000), (blob("b"), 300_000)]);
            assert_eq!(order.rest.len(), 3 + others);
            assert!(others == 0 || order.rest.last() == Some(&absent));
            assert_eq!(sandbox.open().reading_order(ids, 300_001, None).large, [(loose, 400_000)]);
        }
    }
}
