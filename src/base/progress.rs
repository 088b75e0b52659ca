//! Counts what long work has done, so that a person can be told while it goes on.
//!
//! It only counts: who shows it, and where, is decided elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that all clones share.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    objects: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// Counts one more object of this many bytes.
    pub fn count_object(&self, bytes: u64) {
        self.0.objects.fetch_add(1, Ordering::Relaxed);
        self.count_bytes(bytes);
    }

    /// Counts more bytes of an object that is not done.
    pub fn count_bytes(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Returns how many objects are done so far.
    #[must_use]
    pub fn objects(&self) -> u64 {
        self.0.objects.load(Ordering::Relaxed)
    }

    /// Returns how many bytes are done so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }
}
