//! Holds records against a tree that was drawn from its content: where they say the same, no hash is computed twice.
//!
//! A record that has the entries, sizes and digests of a drawn set, and whose links state nothing else than what was
//! drawn, adds up to that set's digest, because the set does.

use super::forest::{Forest, Place, SetId, Shape};
use super::records::Records;
use super::segment::{Claim, Content, Item, Link, Record};

impl Records<'_> {
    /// Says whether the record at `place`, and all that lies below, is what `top` of `drawn` is written as.
    ///
    /// Hashes of `drawn` are known, and it is the same forest each time. `false` may also mean that a record cannot be
    /// read; whoever wants to know why opens the records.
    pub(super) fn agree(&mut self, place: Place, drawn: &Forest, top: SetId) -> bool {
        let mut waiting = vec![(place, top)];
        while let Some((place, set)) = waiting.pop() {
            match self.agreed.get(&place) {
                Some(known) if is_same(drawn, *known, set) => continue,
                Some(_) => return false,
                None => {}
            }
            if !self.is_written(place, drawn, set, &mut waiting) {
                return false;
            }
            self.agreed.insert(place, set);
        }
        true
    }

    /// Compares one record with a set; what it links to has to be compared as well.
    fn is_written(
        &mut self,
        place: Place,
        drawn: &Forest,
        set: SetId,
        below: &mut Vec<(Place, SetId)>,
    ) -> bool {
        let mut links: Vec<(Link, SetId)> = Vec::new();
        let Ok(loaded) = self.loaded(place.segment) else { return false };
        match (loaded.segment.record(place.offset), drawn.set(set).shape) {
            (Ok(Record::Split(found)), Shape::Split(sides)) => links.extend(found.into_iter().zip(sides)),
            (Ok(Record::List(mut items)), Shape::List(start, count)) => {
                if items.left() != u64::from(count) {
                    return false;
                }
                for entry in drawn.listed(start, count) {
                    let Some(Ok(Item { mode, name, content })) = items.next() else { return false };
                    if mode != entry.mode || name != drawn.name(entry) {
                        return false;
                    }
                    match (content, entry.child) {
                        (Content::Directory(link), Some(child)) => links.push((link, child)),
                        (Content::File { size, digest }, None)
                            if size == entry.size && digest == *drawn.content(entry) => {}
                        _ => return false,
                    }
                }
                let Some(left) = loaded.left.checked_sub(items.taken()) else { return false };
                loaded.left = left;
            }
            _ => return false,
        }
        for (link, set) in links {
            let stated = drawn.set(set);
            let said = Claim { tally: stated.tally, set: *drawn.hashes.get(stated.hash) };
            if link.claim.is_some_and(|claim| claim != said) {
                return false;
            }
            let place = match link.segment {
                Some(segment) => self.place(segment, link.offset),
                None => Place { offset: link.offset, ..place },
            };
            below.push((place, set));
        }
        true
    }
}

/// Says whether two sets are the same: one, or of the same digest.
fn is_same(drawn: &Forest, one: SetId, other: SetId) -> bool {
    let digest = |set| drawn.hashes.get(drawn.set(set).hash);
    one == other || digest(one) == digest(other)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::sample::{Flat, id, manifest_of, nested, wide};
    use super::super::shelf::{Location, manifest_directory, segment_path};
    use super::super::{EntryMode, Manifest};
    use super::*;
    use crate::base::{ContentAddress, canonical};
    use crate::hash::ContentDigest;

    type Held = BTreeMap<String, Vec<u8>>;

    fn held(manifest: &Manifest) -> (Held, Location) {
        let held: Held =
            manifest.ledger_entries().into_iter().map(|entry| (entry.path, entry.bytes)).collect();
        let directory = format!("{}/", manifest_directory(manifest.document().address()));
        let (_, bytes) = held.iter().find(|(path, _)| path.starts_with(&directory)).unwrap();
        let location = canonical::from_slice(bytes).unwrap();
        (held, location)
    }

    fn agrees(held: &Held, location: &Location, drawn: &Manifest) -> bool {
        let mut records = Records::new(|path: &str| Ok(held.get(path).cloned()));
        let place = records.place(location.records, location.offset);
        let agreed = records.agree(place, &drawn.forest, drawn.top);
        // What agreed once agrees again, without being read.
        records.prove();
        assert!(!agreed || records.agree(place, &drawn.forest, drawn.top));
        agreed
    }

    fn files() -> Flat {
        let mut files = nested();
        files.extend(wide().into_iter().map(|(path, file)| (format!("w/{path}"), file)));
        files.insert("same/a".to_owned(), ("100644", b"1".to_vec()));
        files.insert("too/a".to_owned(), ("100644", b"1".to_vec()));
        files
    }

    #[test]
    fn records_agree_with_the_tree_that_they_were_written_for_and_with_no_other() {
        let manifest = manifest_of(&files(), id('a'));
        let (held, location) = held(&manifest);
        assert!(agrees(&held, &location, &manifest));
        for (path, change) in [
            ("w/f07", Some(("100755", b"x".to_vec()))),
            ("w/f07", Some(("100644", b"y".to_vec()))),
            ("bin/deep/empty", None),
            ("bin/deep/more", Some(("100644", Vec::new()))),
            ("same/a", Some(("100644", b"2".to_vec()))),
        ] {
            let mut other = files();
            match change {
                Some(file) => drop(other.insert(path.to_owned(), file)),
                None => drop(other.remove(path)),
            }
            assert!(!agrees(&held, &location, &manifest_of(&other, id('a'))), "{path}");
        }
    }

    #[test]
    fn after_a_flipped_bit_only_what_says_the_same_agrees() {
        let manifest = manifest_of(&files(), id('a'));
        let (mut held, location) = held(&manifest);
        let good = held.remove(&segment_path(location.records)).unwrap();
        let mut agreed = 0;
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // Under the name it then has: the comparison must notice, not the ledger's names.
            let name = ContentAddress::of(&bytes);
            let poisoned = Held::from([(segment_path(name), bytes)]);
            let moved = Location { records: name, ..location.clone() };
            if agrees(&poisoned, &moved, &manifest) {
                // A link to an equal directory, or one that leaves out a digest, which is computed then.
                let records = Records::new(|path: &str| Ok(poisoned.get(path).cloned()));
                Manifest::load_records(&manifest.document(), &moved, records).unwrap();
                agreed += 1;
            }
        }
        assert!(agreed < 8, "{agreed} of {} flips agreed", good.len() * 8);
    }

    #[test]
    fn a_set_of_another_shape_is_not_what_was_drawn() {
        let mut forest = Forest::default();
        let mode = EntryMode::parse(b"100644").unwrap();
        let content = forest.hashes.known(ContentDigest::of(b"x"));
        let sides = [[b"a", b"b", b"c"], [b"d", b"e", b"f"]].map(|names| {
            let entries = names.map(|name| forest.leaf(mode, name, 1, content)).to_vec();
            forest.list(entries).unwrap()
        });
        // Cut in the middle, not by a bit of the names' keys.
        let top = forest.split(sides).unwrap();
        forest.directory(top);
        forest.hashes.resolve();
        let (held, location) = held(&Manifest { tree: id('a'), forest, top });
        let files = ["a", "b", "c", "d", "e", "f"].map(|name| (name.to_owned(), ("100644", b"x".to_vec())));
        assert!(!agrees(&held, &location, &manifest_of(&files.into_iter().collect(), id('a'))));
    }
}
