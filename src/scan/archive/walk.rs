//! Goes through an archive and the archives within it, within bounds, and hands over each member that may be a text.

use std::collections::BTreeMap;

use super::bounds::{Bounds, DEPTH, ENTRIES};
use super::inflate::{End, Inflated, Inflater};
use super::kind::{self, Kind};
use super::{gzip, tar, zip};
use crate::model::RepoPath;

/// A member of an archive.
pub(in crate::scan) struct Member<'a> {
    /// Its path, below those of the members that it lies in.
    pub(in crate::scan) path: &'a [u8],
    pub(in crate::scan) bytes: &'a [u8],
}

/// Unpacks an archive at `path`, and calls `see` with each member whose bytes are `wanted`.
///
/// Returns what could not be looked into, in words; `None` when there is nothing of that kind.
pub(in crate::scan) fn unpack(
    content: &[u8],
    path: &[u8],
    wanted: &dyn Fn(&[u8]) -> bool,
    see: &mut dyn FnMut(&Member<'_>),
) -> Option<String> {
    let mut walk =
        Walk { bounds: Bounds::new(), inflater: Inflater::new(), wanted, see, missed: None, others: 0 };
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    walk.archive(kind::of(content)?, content, &[], name, 0);
    let others = walk.others;
    walk.missed.map(|first| if others > 0 { format!("{first}; and {others} more of it") } else { first })
}

struct Walk<'a> {
    bounds: Bounds,
    inflater: Inflater,
    wanted: &'a dyn Fn(&[u8]) -> bool,
    see: &'a mut dyn FnMut(&Member<'_>),
    /// What was missed first, and how much else was.
    missed: Option<String>,
    others: usize,
}

impl Walk<'_> {
    /// Looks at a member, which may be an archive.
    fn member(&mut self, bytes: &[u8], path: &[u8], depth: usize) {
        match kind::of(bytes) {
            Some(_) if depth == DEPTH => self.miss(path, &format!("lies in more than {DEPTH} archives")),
            Some(kind) => {
                let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                self.archive(kind, bytes, path, name, depth);
            }
            None if (self.wanted)(bytes) => (self.see)(&Member { path, bytes }),
            None => {}
        }
    }

    fn archive(&mut self, kind: Kind, bytes: &[u8], path: &[u8], name: &[u8], depth: usize) {
        match kind {
            Kind::Zip => self.zip(bytes, path, depth),
            Kind::Tar => self.tar(bytes, path, depth),
            Kind::Gzip => self.gzip(bytes, path, name, depth),
        }
    }

    fn zip(&mut self, archive: &[u8], path: &[u8], depth: usize) {
        let mut files = zip::Files::new(archive);
        // Data that two files share would be unpacked twice, and a few kilobytes could be gigabytes.
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        for file in files.by_ref() {
            let path = below(path, file.name);
            if !self.enter(&path) {
                return;
            }
            let Some(data) = file.data else {
                self.miss(&path, "is not in the archive");
                continue;
            };
            if taken.range(..data.end).next_back().is_some_and(|(_, end)| *end > data.start) {
                self.miss(&path, "shares its data with another");
                continue;
            }
            if !data.is_empty() {
                taken.insert(data.start, data.end);
            }
            match (file.encrypted, file.method) {
                (true, _) => self.miss(&path, "is encrypted"),
                (_, 0) => self.member(&archive[data], &path, depth + 1),
                (_, 8) => self.deflated(&archive[data], &path, depth),
                (_, method) => self.miss(&path, &format!("is packed by method {method}")),
            }
        }
        if files.damaged {
            self.miss(path, "has no directory that can be read");
        }
    }

    fn tar(&mut self, archive: &[u8], path: &[u8], depth: usize) {
        let mut files = tar::Files::new(archive);
        for file in files.by_ref() {
            let path = below(path, &file.name);
            if !self.enter(&path) {
                return;
            }
            self.member(&archive[file.data], &path, depth + 1);
            if file.cut {
                self.miss(&path, "is cut off");
            }
        }
        if files.damaged {
            self.miss(path, "is damaged or cut off");
        }
    }

    /// Unpacks all streams of a gzip file as one, as gzip does.
    fn gzip(&mut self, archive: &[u8], path: &[u8], name: &[u8], depth: usize) {
        let (mut bytes, mut rest, mut damaged) = (Vec::new(), archive, true);
        while let Some(start) = gzip::data(rest) {
            if !self.enter(path) {
                return;
            }
            let inflated = self.inflate(&rest[start..], path, bytes.is_empty());
            bytes.extend(inflated.bytes);
            // What goes wrong within a stream is told already.
            damaged = false;
            let read = start + inflated.read + gzip::TRAILER;
            rest = rest.get(read..).filter(|_| inflated.end == End::Whole).unwrap_or_default();
        }
        if damaged {
            self.miss(path, "is damaged or cut off");
        }
        // An archive within has no name of its own.
        if kind::of(&bytes).is_some() {
            return self.member(&bytes, path, depth + 1);
        }
        let parent = &path[..path.len().saturating_sub(name.len())];
        self.member(&bytes, &[parent, unpacked_name(name)].concat(), depth + 1);
    }

    /// Unpacks deflated data, and looks at it.
    fn deflated(&mut self, data: &[u8], path: &[u8], depth: usize) {
        let inflated = self.inflate(data, path, true);
        if inflated.end != End::Unwanted {
            self.member(&inflated.bytes, path, depth + 1);
        }
    }

    /// Unpacks data within the bounds.
    fn inflate(&mut self, data: &[u8], path: &[u8], first: bool) -> Inflated {
        let (most, wanted) = (self.bounds.of(data.len()), self.wanted);
        let useful = |bytes: &[u8]| !first || kind::of(bytes).is_some() || wanted(bytes);
        let inflated = self.inflater.inflate(data, most, useful);
        match inflated.end {
            End::Bounded => {
                let why = self.bounds.reason(data.len());
                self.miss(path, &why);
            }
            End::Damaged => self.miss(path, "is damaged or cut off"),
            End::Whole | End::Unwanted => {}
        }
        self.bounds.spend(inflated.bytes.len());
        inflated
    }

    /// Counts a member; says so when there are too many.
    fn enter(&mut self, path: &[u8]) -> bool {
        let may = self.bounds.enter();
        if !may {
            self.miss(path, &format!("comes after {ENTRIES} others"));
        }
        may
    }

    /// Takes note of what was not looked into.
    fn miss(&mut self, path: &[u8], why: &str) {
        if self.missed.is_some() {
            self.others += 1;
            return;
        }
        let what =
            if path.is_empty() { "the archive".to_owned() } else { format!("member `{}`", shown(path)) };
        self.missed = Some(format!("{what} {why}"));
    }
}

/// Names are read so far.
const NAME: usize = 1024;
/// Names are shown so far, from their ends.
const SHOWN: usize = 200;

/// Returns the path of a member of the archive at `path`.
fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    let name = &name[..name.len().min(NAME)];
    if path.is_empty() { name.to_vec() } else { [path, name].join(&b'/') }
}

/// Returns what a gzip file is called when it is unpacked.
fn unpacked_name(name: &[u8]) -> &[u8] {
    let stem = name.strip_suffix(b".gz").or_else(|| name.strip_suffix(b".GZ")).unwrap_or(name);
    if stem.is_empty() { b"content" } else { stem }
}

/// Returns a path as people may see it.
pub(in crate::scan) fn shown(path: &[u8]) -> String {
    let shown = RepoPath::from_bytes(path.to_vec()).to_string();
    let cut = shown.char_indices().rev().nth(SHOWN).map(|(at, letter)| at + letter.len_utf8());
    cut.map_or_else(|| shown.clone(), |cut| format!("\u{2026}{}", &shown[cut..]))
}
