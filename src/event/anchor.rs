//! What vouches for a stream from outside: how many events, and the digest of the last.
//!
//! A chain alone cannot show that its end was cut off; an anchor kept elsewhere can.

use serde::{Deserialize, Serialize};

use crate::base::ContentAddress;

/// The state of a chain after some event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Anchor {
    /// Events so far, which is also the number of the last one; 0 before the first.
    pub count: u64,
    /// SHA-256 of the last event's line with its line feed; 64 zeros before the first.
    pub head: ContentAddress,
}

impl Anchor {
    /// Returns the state before the first event of all.
    #[must_use]
    pub fn genesis() -> Self {
        let head = "0".repeat(64).parse().expect("64 zeros are 64 lower-case hex digits");
        Self { count: 0, head }
    }

    /// Returns the state after one more line (line feed included).
    #[must_use]
    pub(super) fn after(self, line: &[u8]) -> Self {
        Self { count: self.count + 1, head: ContentAddress::of(line) }
    }
}
