//! Lets gix's own editors work on a repository without writing to it.
//!
//! What they write is staged, and becomes durable with everything else or not at all.

use std::io::Read;

use gix::objs::{Data, Find, Kind, TreeRefIter, Write};

use super::Repository;
use super::store::{Reader, to_gix};

/// Reads through the repository, staged objects too, and stages what is written.
pub(super) struct Stage<'a> {
    reader: Reader<'a>,
    repository: &'a Repository,
}

impl<'a> Stage<'a> {
    pub(super) fn new(repository: &'a Repository) -> Self {
        Self { reader: repository.reader(), repository }
    }
}

impl Find for Stage<'_> {
    fn try_find<'a>(&self, id: &gix::oid, buffer: &'a mut Vec<u8>) -> gix::Result<Option<Data<'a>>> {
        let found = self.reader.try_find(id, buffer)?;
        if let Some(data) = found.as_ref().filter(|data| data.kind == Kind::Tree) {
            let entries = TreeRefIter::from_bytes(data.data, id.kind()).collect::<Result<Vec<_>, _>>();
            // What gix edits it writes in the order it was read: nobody else could read what comes out of disorder.
            if !entries.map_err(gix::Error::from_error)?.is_sorted() {
                return Err(gix::Error::from_error(std::io::Error::other(format!(
                    "the entries of the tree {id} are not sorted"
                ))));
            }
        }
        Ok(found)
    }
}

impl Write for Stage<'_> {
    fn write_buf_with_known_id(
        &self,
        kind: Kind,
        from: &[u8],
        _: gix::ObjectId,
    ) -> gix::Result<gix::ObjectId> {
        self.repository.stage(kind, from).map(to_gix).map_err(gix::Error::from_error)
    }

    fn write_stream(&self, kind: Kind, _: u64, from: &mut dyn Read) -> gix::Result<gix::ObjectId> {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).map_err(gix::Error::from_error)?;
        self.repository.stage(kind, &bytes).map(to_gix).map_err(gix::Error::from_error)
    }

    fn write_stream_with_known_id(
        &self,
        kind: Kind,
        size: u64,
        from: &mut dyn Read,
        _: gix::ObjectId,
    ) -> gix::Result<gix::ObjectId> {
        self.write_stream(kind, size, from)
    }
}
