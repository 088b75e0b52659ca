//! Numbers the paths of many trees: each path once, and no copy of what stands above it.
//!
//! Names are bytes and may be hostile; nothing here follows or joins them but to be shown.

use crate::base::QuickMap;
use crate::model::RepoPath;

/// A path by its number.
pub(super) type PathId = u32;

/// The path of the tree itself.
pub(super) const ROOT: PathId = 0;

/// So many bytes all paths may have in full: far beyond any honest history.
const MOST: usize = 1 << 30;

/// What a path counts for beside its bytes.
const EACH: usize = 64;

/// Paths that were met.
pub(super) struct PathTable {
    paths: Vec<Node>,
    /// How much may still be numbered.
    left: usize,
    children: QuickMap<PathId, QuickMap<Box<[u8]>, PathId>>,
}

struct Node {
    parent: PathId,
    name: Box<[u8]>,
    /// Bytes of the whole path.
    length: usize,
}

impl PathTable {
    /// Knows the root alone.
    pub(super) fn new() -> Self {
        let root = Node { parent: ROOT, name: Box::default(), length: 0 };
        Self { paths: vec![root], left: MOST, children: QuickMap::default() }
    }

    /// Returns the number of the path `name` below another; `None` when there are too many.
    pub(super) fn below(&mut self, parent: PathId, name: &[u8]) -> Option<PathId> {
        let children = self.children.entry(parent).or_default();
        if let Some(known) = children.get(name) {
            return Some(*known);
        }
        let length = self.paths[parent as usize].length + name.len() + 1;
        self.left = self.left.checked_sub(length + EACH)?;
        let number = PathId::try_from(self.paths.len()).ok()?;
        children.insert(name.into(), number);
        self.paths.push(Node { parent, name: name.into(), length });
        Some(number)
    }

    /// Says whether a path is `name` below another.
    pub(super) fn is(&self, path: PathId, parent: PathId, name: &[u8]) -> bool {
        let node = &self.paths[path as usize];
        path != ROOT && node.parent == parent && *node.name == *name
    }

    /// Returns the path in full.
    pub(super) fn full(&self, path: PathId) -> RepoPath {
        let (mut parts, mut at) = (Vec::new(), path);
        while at != ROOT {
            let node = &self.paths[at as usize];
            parts.push(&*node.name);
            at = node.parent;
        }
        parts.reverse();
        RepoPath::from_bytes(parts.join(&b'/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_one_number_and_is_shown_in_full() {
        let mut table = PathTable::new();
        let a = table.below(ROOT, b"a").unwrap();
        let b = table.below(a, b"b.c").unwrap();
        let other = table.below(ROOT, b"b.c").unwrap();
        assert_eq!((table.below(ROOT, b"a"), table.below(a, b"b.c")), (Some(a), Some(b)));
        assert!(a != b && b != other && a != ROOT);
        assert_eq!(table.full(b), RepoPath::from("a/b.c"));
        assert_eq!(table.full(ROOT), RepoPath::root());
        assert!(table.is(b, a, b"b.c") && !table.is(b, ROOT, b"b.c") && !table.is(ROOT, ROOT, b""));
    }
}
