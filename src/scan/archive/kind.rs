//! Tells archives by how they begin.

use super::tar;

/// What an archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::scan) enum Kind {
    Zip,
    Tar,
    Gzip,
}

/// Says what archive a content is, from its first bytes.
pub(in crate::scan) fn of(content: &[u8]) -> Option<Kind> {
    match content {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Kind::Zip),
        [0x1f, 0x8b, 8, ..] => Some(Kind::Gzip),
        _ => tar::begins(content).then_some(Kind::Tar),
    }
}
