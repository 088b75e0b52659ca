//! How much of an archive is looked into, however it is made.

/// So many archives may lie within each other.
pub(in crate::scan) const DEPTH: usize = 4;
/// So many members of a file are looked at, at most, whatever archives they lie in.
pub(in crate::scan) const ENTRIES: usize = 100_000;
/// So many bytes are unpacked of a file, at most, whatever archives they lie in.
pub(in crate::scan) const UNPACKED: usize = 64 << 20;
/// A member may be so many times its packed size.
const RATIO: usize = 100;
/// So many bytes a member may have in any case.
const SMALL: usize = 1 << 20;

/// What may still be unpacked of one file.
#[derive(Debug)]
pub(super) struct Bounds {
    bytes: usize,
    entries: usize,
}

impl Bounds {
    pub(super) fn new() -> Self {
        Self { bytes: UNPACKED, entries: ENTRIES }
    }

    /// Says how many bytes a member may have of which so many are packed.
    pub(super) fn of(&self, packed: usize) -> usize {
        self.bytes.min(packed.saturating_mul(RATIO).max(SMALL))
    }

    /// Takes note of bytes that were unpacked.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// Takes note of a member; `false` when there were too many.
    pub(super) fn enter(&mut self) -> bool {
        let left = self.entries > 0;
        self.entries = self.entries.saturating_sub(1);
        left
    }

    /// Says why a member of so many packed bytes was not unpacked to its end.
    pub(super) fn reason(&self, packed: usize) -> String {
        if self.of(packed) == self.bytes {
            format!("unpacks to more than {} MiB in all", UNPACKED >> 20)
        } else {
            format!("unpacks to more than {RATIO} times its size")
        }
    }
}
