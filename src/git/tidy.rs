//! Keeps the packs that runs write few: many small ones become one, as `git gc` would make of them later.
//!
//! Only packs that this program wrote are touched, and none goes before the one that replaces it is durable.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use super::persist::sync_directory;
use super::{Error, Repository, pack};

/// The list of packs that this program wrote, below `<common dir>/iao`. Without it they are left to `git gc`.
const LIST: &str = "cache/packs";

/// So many packs of one size become one, which is that many times as large.
const FANOUT: usize = 8;

/// Packs of this many bytes and more stay as they are.
const LARGE: u64 = 32 << 20;

impl Repository {
    /// Merges packs of this program's own where there are eight of about one size; returns how many packs went.
    ///
    /// Does nothing during a push, and where a multi-pack index may name the packs. The caller holds the lock.
    ///
    /// # Errors
    /// When a pack cannot be read or written. Nothing is lost then: what was there is there.
    pub fn tidy_packs(&self) -> Result<usize, Error> {
        let objects = &self.shared.objects_dir;
        let directory = objects.join("pack");
        if *objects != self.shared.common_dir.join("objects") || has_multi_pack_index(&directory) {
            return Ok(0);
        }
        let mut levels: [Vec<String>; 5] = Default::default();
        for (name, bytes) in self.own_packs(&directory)? {
            if let Some(level) = level(bytes).and_then(|level| levels.get_mut(level)) {
                level.push(name);
            }
        }
        let Some(many) = levels.into_iter().find(|level| level.len() >= FANOUT) else {
            return Ok(0);
        };
        let merged = pack::merge(&directory, self.hash_kind(), &many)?;
        self.remember_pack(&merged);
        let gone: Vec<&String> = many.iter().filter(|name| **name != merged).collect();
        for name in &gone {
            // The index goes first: without it nobody looks for the pack. `git gc` may have been faster.
            for kind in ["idx", "rev", "pack"] {
                fs::remove_file(directory.join(format!("{name}.{kind}"))).ok();
            }
        }
        sync_directory(&directory)?;
        Ok(gone.len())
    }

    /// Notes that a pack is this program's own.
    ///
    /// A note that cannot be written is no failure: the pack is whole, and left to `git gc`.
    pub(super) fn remember_pack(&self, name: &str) {
        let path = self.shared.common_dir.join("iao").join(LIST);
        let noted = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(format!("{name}\n").as_bytes())
        });
        drop(noted);
    }

    /// Returns the packs of this program that are still there, with their sizes; the list is shortened to them.
    fn own_packs(&self, directory: &Path) -> Result<Vec<(String, u64)>, Error> {
        let Some(list) = self.read_local(LIST)? else {
            return Ok(Vec::new());
        };
        let list = String::from_utf8_lossy(&list);
        let mut packs = Vec::new();
        let mut listed = 0;
        for name in list.lines() {
            listed += 1;
            let there = is_pack_name(name)
                && !directory.join(format!("{name}.keep")).exists()
                && !packs.iter().any(|(other, _)| other == name);
            let bytes = fs::metadata(directory.join(format!("{name}.pack"))).map(|metadata| metadata.len());
            if let (true, Ok(bytes)) = (there, bytes) {
                packs.push((name.to_owned(), bytes));
            }
        }
        if listed > 2 * packs.len() + 64 {
            let rest: String = packs.iter().map(|(name, _)| format!("{name}\n")).collect();
            self.write_local(LIST, rest.as_bytes())?;
        }
        Ok(packs)
    }
}

/// A multi-pack index names packs; git alone may take one of those away.
fn has_multi_pack_index(directory: &Path) -> bool {
    ["multi-pack-index", "multi-pack-index.d"].iter().any(|name| directory.join(name).exists())
}

/// Returns in which class of sizes a pack is, from 0; each is eight times as wide as the one below.
fn level(bytes: u64) -> Option<usize> {
    (bytes < LARGE).then(|| (bytes >> 13).checked_ilog2().map_or(0, |bits| bits as usize / 3))
}

/// The list is a plain file: what stands in it must not lead out of the directory.
fn is_pack_name(name: &str) -> bool {
    name.strip_prefix("pack-")
        .is_some_and(|hex| matches!(hex.len(), 40 | 64) && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;
    use crate::model::ObjectId;

    /// Persists a pack of its own.
    fn one_pack(repository: &Repository, number: usize) -> Vec<ObjectId> {
        let blob = |at| repository.stage_blob(format!("{number} {at}\n").repeat(40).as_bytes()).unwrap();
        let ids = (0..20).map(blob).collect();
        assert_eq!(repository.persist().unwrap(), 20);
        ids
    }

    fn packs(sandbox: &Sandbox) -> usize {
        let files = fs::read_dir(sandbox.in_git("objects/pack")).unwrap();
        files.filter(|file| file.as_ref().unwrap().path().extension().unwrap() == "pack").count()
    }

    #[test]
    fn eight_small_packs_become_one_and_nothing_is_lost() {
        for format in ["sha1", "sha256"] {
            let sandbox = Sandbox::with(&[&format!("--object-format={format}")]);
            let reader = sandbox.open();
            let mut ids = Vec::new();
            for number in 0..100 {
                let repository = sandbox.open();
                ids.extend(one_pack(&repository, number));
                repository.tidy_packs().unwrap();
                assert!(packs(&sandbox) <= 3 * FANOUT, "{number}");
                // Opened before the packs that it knows went away.
                assert!(reader.blob(ids[number]).is_ok(), "{number}");
            }
            let repository = sandbox.open();
            assert!(ids.iter().all(|id| repository.blob(*id).is_ok()));
            assert_eq!(sandbox.git(&["fsck", "--full", "--strict", "--no-dangling"]), "");
            assert!(fs::read_to_string(sandbox.in_git("iao/cache/packs")).unwrap().lines().count() < 120);
        }
    }

    #[test]
    fn packs_of_others_stay() {
        let sandbox = Sandbox::new();
        for number in 0..12 {
            let repository = sandbox.open();
            one_pack(&repository, number);
            if number == 4 {
                fs::remove_file(sandbox.in_git("iao/cache/packs")).unwrap();
            }
        }
        assert_eq!(sandbox.open().tidy_packs().unwrap(), 0, "seven are known");
        fs::write(sandbox.in_git("objects/pack/multi-pack-index"), "").unwrap();
        one_pack(&sandbox.open(), 12);
        assert_eq!(sandbox.open().tidy_packs().unwrap(), 0, "git may have listed them");
        fs::remove_file(sandbox.in_git("objects/pack/multi-pack-index")).unwrap();
        assert_eq!(sandbox.open().tidy_packs().unwrap(), 8);
        assert_eq!(packs(&sandbox), 5 + 1);
    }

    #[test]
    fn a_damaged_pack_or_list_ends_in_an_error_or_nothing_and_takes_nothing_away() {
        let sandbox = Sandbox::new();
        for number in 0..8 {
            one_pack(&sandbox.open(), number);
        }
        let list = fs::read_to_string(sandbox.in_git("iao/cache/packs")).unwrap();
        let first = sandbox.in_git(&format!("objects/pack/{}.pack", list.lines().next().unwrap()));
        let whole = fs::read(&first).unwrap();
        for at in [12, 100, whole.len() - 30] {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            fs::remove_file(&first).unwrap();
            fs::write(&first, &flipped).unwrap();
            assert!(sandbox.open().tidy_packs().is_err(), "byte {at}");
            assert_eq!(packs(&sandbox), 8);
        }
        fs::remove_file(&first).unwrap();
        fs::write(&first, &whole).unwrap();
        fs::write(sandbox.in_git("iao/cache/packs"), "../../HEAD\npack-\n\u{0}").unwrap();
        assert_eq!(sandbox.open().tidy_packs().unwrap(), 0);
        assert!(sandbox.in_git("HEAD").exists());
    }
}
