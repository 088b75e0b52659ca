//! One tree object as it is stored, of which it is known where each entry begins.
//!
//! What the entries say is not judged here: names and modes may be anything.

use std::sync::Arc;

use super::tree_reader::raw_entries;
use super::{Error, RawEntry, StoredTree};
use crate::model::ObjectId;

/// A tree object that was cut into its entries.
#[derive(Debug, Clone)]
pub struct IndexedTree {
    id: ObjectId,
    bytes: Arc<Vec<u8>>,
    /// Where each entry begins, and where the last one ends; shared with trees that differ in objects alone.
    starts: Arc<[u32]>,
}

/// How many bytes are compared at once: first many, then fewer of those that differ.
const STRIDES: [usize; 2] = [4096, 64];

impl StoredTree {
    /// Finds where each entry begins.
    ///
    /// # Errors
    /// `CorruptObject` when an entry is cut off.
    pub fn indexed(self) -> Result<IndexedTree, Error> {
        let (id, bytes) = self.into_parts();
        IndexedTree::cut(id, bytes)
    }

    /// As [`Self::indexed`], where the tree may be another version of `like`; says whether they differ in the names of
    /// objects alone, so that names and modes are the same.
    ///
    /// # Errors
    /// `CorruptObject` when an entry is cut off.
    pub fn indexed_like(self, like: &IndexedTree) -> Result<(IndexedTree, bool), Error> {
        let (id, bytes) = self.into_parts();
        let alike = IndexedTree { id, bytes, starts: Arc::clone(&like.starts) };
        match like.other_objects(&alike) {
            Some(_) => Ok((alike, true)),
            None => Ok((IndexedTree::cut(id, alike.bytes)?, false)),
        }
    }
}

impl IndexedTree {
    fn cut(id: ObjectId, bytes: Arc<Vec<u8>>) -> Result<Self, Error> {
        let corrupt = |what: &str| Error::CorruptObject { id, source: what.into() };
        if u32::try_from(bytes.len()).is_err() {
            return Err(corrupt("a tree of 4 GiB or more"));
        }
        // An entry of a usual tree has about as many bytes as that.
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 2);
        starts.push(0);
        let mut end = 0;
        for raw in raw_entries(&bytes, id.format()) {
            let raw = raw.ok_or_else(|| corrupt("a tree entry is cut off"))?;
            end += raw.mode.len() + raw.name.len() + 2 + id.format().width();
            starts.push(u32::try_from(end).expect("the whole tree is shorter"));
        }
        Ok(Self { id, bytes, starts: starts.into() })
    }

    /// Returns the tree's name.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// Returns about how much memory it takes, in bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.bytes.len() + self.starts.len() * 4
    }

    /// Returns how many entries there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the entries in stored order.
    pub fn entries(&self) -> impl Iterator<Item = RawEntry<'_>> {
        (0..self.count()).map(|at| self.entry(at))
    }

    /// Returns mode and name of each entry in stored order; names of objects are not looked at.
    pub fn heads(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let width = self.id.format().width();
        self.starts.windows(2).map(move |places| {
            let head = &self.bytes[places[0] as usize..places[1] as usize - width - 1];
            let space = head.iter().position(|byte| *byte == b' ').unwrap_or(0);
            (&head[..space], &head[space + 1..])
        })
    }

    /// Returns the entry at a place in stored order.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn entry(&self, at: usize) -> RawEntry<'_> {
        let (start, end) = (self.starts[at] as usize, self.starts[at + 1] as usize);
        let (head, id) = self.bytes[start..end].split_at(end - start - self.id.format().width());
        let id = ObjectId::from_bytes(id).expect("it is as long as the tree's own name");
        // All modes that git writes have five digits or six.
        let space =
            [6, 5].into_iter().find(|at| head.get(*at) == Some(&b' ') && !head[..*at].contains(&b' '));
        let space = space.or_else(|| head.iter().position(|byte| *byte == b' '));
        let (mode, name) = head.split_at(space.unwrap_or(0));
        // Between them stands a space, and behind the name a zero.
        RawEntry { mode, name: &name[1..name.len() - 1], id }
    }

    /// Returns the places of the entries that name other objects than in `other`; `None` when more than that differs.
    #[must_use]
    pub fn other_objects(&self, other: &Self) -> Option<Vec<usize>> {
        if self.bytes.len() != other.bytes.len() || self.id.format() != other.id.format() {
            return None;
        }
        let (mut places, mut from) = (Vec::new(), 0);
        while let Some(at) = first_difference(&self.bytes[from..], &other.bytes[from..]) {
            let place = self.starts.partition_point(|start| *start as usize <= from + at) - 1;
            let end = self.starts[place + 1] as usize;
            if from + at < end - self.id.format().width() {
                return None;
            }
            places.push(place);
            from = end;
        }
        Some(places)
    }
}

/// Says where two texts of one length differ first.
fn first_difference(mut one: &[u8], mut other: &[u8]) -> Option<usize> {
    let mut from = 0;
    for stride in STRIDES {
        let mut strides = one.chunks(stride).zip(other.chunks(stride)).enumerate();
        let (number, unequal) = strides.find(|(_, (one, other))| one != other)?;
        from += number * stride;
        (one, other) = unequal;
    }
    one.iter().zip(other).position(|(one, other)| one != other).map(|within| from + within)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::git::testing::Sandbox;

    fn tree(names: &[String], objects: &[u8]) -> IndexedTree {
        let entries = names.iter().zip(objects);
        let bytes: Vec<u8> = entries
            .flat_map(|(name, object)| [format!("100644 {name}\0").as_bytes(), &[*object; 20]].concat())
            .collect();
        IndexedTree::cut(ObjectId::from_bytes(&[7; 20]).unwrap(), bytes.into()).unwrap()
    }

    proptest! {
        #[test]
        fn other_objects_are_found_where_nothing_else_differs(
            entries in proptest::collection::vec((0..4_u8, 0..4_u8, 1..90_usize), 0..40),
            rename in any::<prop::sample::Index>(),
        ) {
            let mut names: Vec<String> =
                entries.iter().enumerate().map(|(at, (.., length))| format!("{at:x>length$}")).collect();
            let sides = [0, 1].map(|side| -> Vec<u8> {
                entries.iter().map(|(one, other, _)| if side == 0 { *one } else { *other }).collect()
            });
            let [one, other] = [&sides[0], &sides[1]].map(|side| tree(&names, side));
            let differ: Vec<usize> =
                (0..entries.len()).filter(|at| entries[*at].0 != entries[*at].1).collect();
            prop_assert_eq!(one.other_objects(&other), Some(differ));
            prop_assert_eq!(one.entries().count(), entries.len());
            prop_assert!(one.heads().eq(one.entries().map(|entry| (entry.mode, entry.name))));
            for (at, name) in names.iter().enumerate() {
                prop_assert_eq!(one.entry(at).name, name.as_bytes());
            }
            if !names.is_empty() {
                let at = rename.index(names.len());
                names[at].replace_range(0..1, "y");
                prop_assert_eq!(one.other_objects(&tree(&names, &sides[1])), None);
                prop_assert_eq!(one.other_objects(&tree(&names[1..], &sides[1][1..])), None);
            }
        }
    }

    #[test]
    fn a_tree_that_is_cut_off_is_corrupt() {
        let sandbox = Sandbox::new();
        let arguments = ["hash-object", "-w", "-t", "tree", "--literally", "--stdin"];
        let id = sandbox.git_with(&arguments, b"100644 a\0short").parse().unwrap();
        assert!(matches!(
            sandbox.open().trees().verified(id).unwrap().indexed(),
            Err(Error::CorruptObject { .. })
        ));
    }
}
