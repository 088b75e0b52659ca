//! Reads small objects that lie in files of their own: in one go, and without mapping each file.
//!
//! What is not understood, too large or somewhere else is left to the ordinary reader, which also says what is wrong with it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use gix::objs::Kind;
use libdeflater::{DecompressionError, Decompressor};

use crate::model::ObjectId;

/// The largest file, in bytes, and the most that it may become.
const MAX_STORED: u64 = 1 << 20;
const MAX_BYTES: usize = 16 << 20;
/// So many times its stored length an object of text may have; what is shorter costs nothing more, and what is longer is
/// inflated again.
const USUAL: usize = 10;
/// Room for most files from the start, in bytes.
const ROOM: usize = 16 << 10;

/// Reads from one directory of objects.
pub(super) struct Loose {
    objects: PathBuf,
    inflate: Decompressor,
    stored: Vec<u8>,
}

impl Loose {
    /// Reads from this directory of objects; alternates are read elsewhere.
    pub(super) fn of(objects: &Path) -> Self {
        Self { objects: objects.to_owned(), inflate: Decompressor::new(), stored: Vec::with_capacity(ROOM) }
    }

    /// Fills `buffer` with what seems to be the object `id` of this kind, and says whether there is one; else the buffer may
    /// hold anything.
    pub(super) fn read(&mut self, id: ObjectId, kind: Kind, buffer: &mut Vec<u8>) -> bool {
        self.find(id, buffer).and_then(|()| strip_header(kind, buffer)).is_some()
    }

    /// Inflates a file, header and all.
    fn find(&mut self, id: ObjectId, buffer: &mut Vec<u8>) -> Option<()> {
        let digits = id.to_string();
        let file = File::open(self.objects.join(&digits[..2]).join(&digits[2..])).ok()?;
        self.stored.clear();
        file.take(MAX_STORED + 1).read_to_end(&mut self.stored).ok()?;
        if self.stored.len() as u64 > MAX_STORED {
            return None;
        }
        let mut room = self.stored.len().saturating_mul(USUAL).max(ROOM);
        loop {
            // What stands in it is written over.
            buffer.resize(room.min(MAX_BYTES), 0);
            match self.inflate.zlib_decompress(&self.stored, buffer) {
                Ok(length) => {
                    buffer.truncate(length);
                    return Some(());
                }
                Err(DecompressionError::InsufficientSpace) if room < MAX_BYTES => room *= 4,
                Err(_) => return None,
            }
        }
    }
}

/// Takes away the header, which must tell of this kind and of as many bytes as there are.
fn strip_header(kind: Kind, buffer: &mut Vec<u8>) -> Option<()> {
    let end = buffer.iter().take(32).position(|byte| *byte == 0)?;
    let header = std::str::from_utf8(&buffer[..end]).ok()?;
    let (word, size) = header.split_once(' ')?;
    let length = buffer.len() - end - 1;
    if word.as_bytes() != kind.as_bytes() || size != length.to_string() {
        return None;
    }
    buffer.drain(..=end);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::Sandbox;

    #[test]
    fn a_file_of_its_own_is_read_and_anything_else_left_alone() {
        let long = "line after line\n".repeat(9_000);
        let sandbox = Sandbox::new().file("a", "one").file("b", "").file("c", &long).commit("loose");
        let id = |name: &str| sandbox.git(&["rev-parse", name]).parse::<ObjectId>().unwrap();
        let objects = sandbox.path().join(".git/objects");
        let (mut loose, mut buffer) = (Loose::of(&objects), Vec::new());
        for (path, text) in [("HEAD:a", "one"), ("HEAD:b", ""), ("HEAD:c", &long)] {
            assert!(loose.read(id(path), Kind::Blob, &mut buffer), "{path}");
            assert_eq!(buffer, text.as_bytes(), "{path}");
        }
        assert!(!loose.read(id("HEAD"), Kind::Blob, &mut buffer), "a commit is no blob");
        let digits = id("HEAD:a").to_string();
        let file = objects.join(&digits[..2]).join(&digits[2..]);
        let stored = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert!(!loose.read(id("HEAD:a"), Kind::Blob, &mut buffer));
        for cut in 0..stored.len() {
            std::fs::write(&file, &stored[..cut]).unwrap();
            assert!(!loose.read(id("HEAD:a"), Kind::Blob, &mut buffer), "{cut} bytes of {}", stored.len());
        }
    }
}
