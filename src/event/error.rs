//! How the event room fails.
//!
//! A broken chain is never repaired by us: the error names the line, and a person decides.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Anchor, Flaw};

/// Why an event could not be recorded, or a stream not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[non_exhaustive]
pub enum Error {
    /// The place is read-only, or this user may not write there.
    #[error("cannot write to `{}`", path.display())]
    #[diagnostic(
        code(iao::event::not_writable),
        help(
            "reading commands still work here and say `not recorded`; make the folder writable to record events"
        )
    )]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The system refused for another reason.
    #[error("cannot {action} `{}`", path.display())]
    #[diagnostic(code(iao::event::io), help("look at the disk and at the permissions of that path"))]
    Io {
        /// What was tried, such as `append to`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// What stands at the path is a link, a folder or a device.
    #[error("`{}` is no plain file", path.display())]
    #[diagnostic(
        code(iao::event::not_a_file),
        help(
            "nothing is written through a link: move it away, and the stream goes on from the recorded head"
        )
    )]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Another process held the lock all the time.
    #[error("another process holds `{}`", path.display())]
    #[diagnostic(
        code(iao::event::locked),
        help("wait for the other run to end; the lock goes with its process and needs no removal")
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// A line does not continue the chain. Never repaired automatically.
    #[error("line {line} of `{}` breaks the chain: {flaw}", path.display())]
    #[diagnostic(
        code(iao::event::chain_broken),
        help(
            "see `git iao log --check`; keep the file as evidence and move it away, then a new segment starts from the recorded head"
        )
    )]
    Broken {
        /// The stream.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The stream does not hold the line that was recorded elsewhere: cut below it, or rewritten.
    #[error("`{}` does not hold event {} with digest {}, which is recorded", path.display(), anchor.count, anchor.head.short())]
    #[diagnostic(
        code(iao::event::anchor_mismatch),
        help(
            "the stream was cut or rewritten; keep the file as evidence and move it away, then a new segment starts from the recorded head"
        )
    )]
    AnchorMismatch {
        /// The stream.
        path: PathBuf,
        /// What was recorded.
        anchor: Anchor,
    },
    /// The event itself may not be written.
    #[error("the event `{kind}` cannot be recorded: {why}")]
    #[diagnostic(
        code(iao::event::invalid),
        help(
            "an event holds names, counts and digests; compare it with docs/events.md and with the event schema of the pipeline"
        )
    )]
    Invalid {
        /// Its type.
        kind: String,
        /// What is wrong.
        why: String,
    },
    /// The events of a run do not fit together, although their chain holds.
    #[error("event {seq} does not fit its run: {why}")]
    #[diagnostic(code(iao::event::irregular), help("the run was recorded by a faulty program; run it again"))]
    Irregular {
        /// The event's number.
        seq: u64,
        /// What is wrong.
        why: String,
    },
}

impl Error {
    /// Sorts what the system said: "may not write here" is an answer of its own.
    pub(super) fn of_io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_place_is_told_apart_from_a_broken_one() {
        let of = |kind: ErrorKind| Error::of_io("open", Path::new("x"), kind.into());
        assert!(matches!(of(ErrorKind::PermissionDenied), Error::NotWritable { .. }));
        assert!(matches!(of(ErrorKind::ReadOnlyFilesystem), Error::NotWritable { .. }));
        assert!(matches!(of(ErrorKind::StorageFull), Error::Io { .. }));
    }
}
