//! SHA3-512 (FIPS 202, section 6.1) of one message that comes in pieces, on the fastest code for a lone one.

use sha3::{Digest as _, Sha3_512};

use super::backend::UNOPTIMISED;
use super::keccak::dispatch;
use super::keccak::sponge::{RATE, Sponge};

/// Computes SHA3-512 of pieces.
pub(super) enum Stream {
    /// Our own code, where the processor has what it needs.
    Own {
        /// Whole blocks so far.
        sponge: Sponge,
        /// The start of the next block.
        rest: [u8; RATE],
        /// How much of `rest` counts: never all of it.
        filled: usize,
    },
    /// The `sha3` crate: any processor.
    Portable(Sha3_512),
}

/// Says whether our own code is there, and faster than the crate.
fn prefers_own() -> bool {
    dispatch::has_single() && !UNOPTIMISED
}

/// Digests one message with the `sha3` crate.
pub(super) fn portable(message: &[u8]) -> [u8; 64] {
    Sha3_512::digest(message).into()
}

/// Digests one message.
pub(super) fn digest(message: &[u8]) -> [u8; 64] {
    if !prefers_own() {
        return portable(message);
    }
    own(message)
}

/// Digests one message with our own code, where [`dispatch::has_single`] holds.
pub(super) fn own(message: &[u8]) -> [u8; 64] {
    let mut sponge = Sponge::default();
    let whole = message.len() - message.len() % RATE;
    sponge.absorb(&message[..whole]);
    sponge.finish(&message[whole..])
}

impl Default for Stream {
    fn default() -> Self {
        if prefers_own() { Self::own() } else { Self::Portable(Sha3_512::new()) }
    }
}

impl Stream {
    /// Computes with our own code, where [`dispatch::has_single`] holds.
    pub(super) fn own() -> Self {
        Self::Own { sponge: Sponge::default(), rest: [0; RATE], filled: 0 }
    }

    /// Takes the next piece.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        match self {
            Self::Portable(hasher) => hasher.update(bytes),
            Self::Own { sponge, rest, filled } => {
                if *filled > 0 {
                    let (fits, after) = bytes.split_at(bytes.len().min(RATE - *filled));
                    rest[*filled..*filled + fits.len()].copy_from_slice(fits);
                    *filled += fits.len();
                    if *filled < RATE {
                        return;
                    }
                    sponge.absorb(rest);
                    bytes = after;
                }
                let (whole, after) = bytes.split_at(bytes.len() - bytes.len() % RATE);
                sponge.absorb(whole);
                rest[..after.len()].copy_from_slice(after);
                *filled = after.len();
            }
        }
    }

    /// Returns the digest of all pieces.
    pub(super) fn finish(self) -> [u8; 64] {
        match self {
            Self::Portable(hasher) => hasher.finalize().into(),
            Self::Own { sponge, rest, filled } => sponge.finish(&rest[..filled]),
        }
    }
}
