//! Puts objects into the order in which they lie in packs: neighbours share delta bases and pages of the disk.
//!
//! The order is advice. What cannot be told stands at the end, and every object is read by name all the same.

use std::path::PathBuf;

use gix::odb::pack::index::File;

use super::Repository;
use crate::model::ObjectId;

impl Repository {
    /// Sorts `ids` by pack and place in it; those in no pack come last, in the order in which they stood.
    pub fn sort_by_place(&self, ids: &mut [ObjectId]) {
        let mut packs = self.pack_indices();
        // Most objects are in the largest packs, so these are asked first.
        packs.sort_by_key(|pack| std::cmp::Reverse(pack.num_objects()));
        let place = |id: &ObjectId| {
            let found = packs.iter().enumerate().find_map(|(at, pack)| {
                let entry = pack.lookup(super::store::to_gix(*id))?;
                Some((at, pack.pack_offset_at_index(entry)))
            });
            found.unwrap_or((usize::MAX, 0))
        };
        ids.sort_by_cached_key(place);
    }

    /// Opens the indices of the packs; one that cannot be opened gives no advice, and is told when it is read from.
    fn pack_indices(&self) -> Vec<File> {
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
        indices.iter().filter_map(|path| File::at(path, self.hash_kind()).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::git::testing::Sandbox;
    use crate::model::ObjectId;

    #[test]
    fn packed_objects_stand_as_they_lie_and_loose_ones_after_them() {
        let sandbox = Sandbox::new().file("a", "1").file("b", "22").file("c", "333").commit("first");
        sandbox.git(&["repack", "-adq"]);
        let id = |text: String| text.parse::<ObjectId>().unwrap();
        let packed = ["a", "b", "c"].map(|path| id(sandbox.git(&["rev-parse", &format!("HEAD:{path}")])));
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
        let mut expected = packed.to_vec();
        expected.sort_by_key(offset);
        expected.extend(loose);
        let mut ids = vec![loose[0], packed[2], packed[0], loose[1], packed[1]];
        sandbox.open().sort_by_place(&mut ids);
        assert_eq!(ids, expected);
    }
}
