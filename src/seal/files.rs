//! Walks a manifest's files in the order of their paths.

use super::entry::{Entry, EntryMode};
use super::forest::{Forest, SetId};
use super::manifest::Manifest;
use crate::hash::ContentDigest;
use crate::model::RepoPath;

/// One file, symbolic link or submodule, with its hash boundary.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct File {
    /// Path from the root of the tree.
    pub path: RepoPath,
    /// Its mode, six octal digits.
    pub mode: EntryMode,
    /// Content size in bytes; 0 for a submodule.
    pub size: u64,
    /// Digests of the content; of a link's target text; of the hex name of a submodule's commit.
    #[serde(flatten)]
    pub digest: ContentDigest,
}

/// Iterator over the files of a manifest, sorted by the bytes of their paths.
pub struct Files<'a> {
    manifest: &'a Manifest,
    open: Vec<Level<'a>>,
}

struct Level<'a> {
    path: RepoPath,
    entries: std::vec::IntoIter<&'a Entry>,
}

impl<'a> Level<'a> {
    fn new(path: RepoPath, forest: &'a Forest, directory: SetId) -> Self {
        let mut entries = forest.entries(directory);
        // A directory sorts as its paths do: as if its name ended in `/`.
        entries.sort_by(|a, b| path_bytes(forest, a).cmp(path_bytes(forest, b)));
        Self { path, entries: entries.into_iter() }
    }
}

fn path_bytes<'a>(forest: &'a Forest, entry: &Entry) -> impl Iterator<Item = &'a u8> {
    forest.name(entry).iter().chain(entry.mode.is_directory().then_some(&b'/'))
}

impl<'a> Files<'a> {
    pub(super) fn new(manifest: &'a Manifest) -> Self {
        Self { manifest, open: vec![Level::new(RepoPath::root(), &manifest.forest, manifest.top)] }
    }
}

impl Iterator for Files<'_> {
    type Item = File;

    fn next(&mut self) -> Option<File> {
        loop {
            let level = self.open.last_mut()?;
            let Some(entry) = level.entries.next() else {
                self.open.pop();
                continue;
            };
            let path = level.path.join(self.manifest.forest.name(entry));
            match entry.child {
                Some(directory) => self.open.push(Level::new(path, &self.manifest.forest, directory)),
                None => return Some(self.manifest.file(path, entry)),
            }
        }
    }
}
