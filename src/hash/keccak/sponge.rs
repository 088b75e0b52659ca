//! What SHA3-512 (FIPS 202, section 6.1) adds to the permutation: blocks of 72 bytes, padding, 64 bytes of output.

use super::dispatch;

/// Bytes that a block brings in: `1600 / 8 - 2 * 64`.
pub(in crate::hash) const RATE: usize = 72;

/// Words of 64 bits in the state.
pub(in crate::hash) const WORDS: usize = 25;

/// Words of 64 bits in a digest; they are the first of the state.
pub(in crate::hash) const DIGEST_WORDS: usize = 8;

/// Returns the last block of a message: what is left of it after whole blocks, the suffix `01`, and `10*1`.
///
/// # Panics
/// When `rest` fills a block.
pub(in crate::hash) fn last_block(rest: &[u8]) -> [u8; RATE] {
    let mut block = [0; RATE];
    block[..rest.len()].copy_from_slice(rest);
    pad(&mut block[rest.len()..]);
    block
}

/// Fills what a message leaves of its last block: the suffix `01`, and `10*1`.
///
/// # Panics
/// When it leaves nothing.
pub(in crate::hash) fn pad(rest: &mut [u8]) {
    rest.fill(0);
    rest[0] = 0x06;
    rest[rest.len() - 1] |= 0x80;
}

/// Returns the digest that the words of a state begin with.
pub(in crate::hash) fn squeeze(words: impl Iterator<Item = u64>) -> [u8; 64] {
    let mut digest = [0; 8 * DIGEST_WORDS];
    for (bytes, word) in digest.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    digest
}

/// One state, computed alone; only where [`dispatch::has_single`] holds.
#[derive(Default)]
pub(in crate::hash) struct Sponge([u64; WORDS]);

impl Sponge {
    /// Goes on with a state that was begun elsewhere.
    pub(in crate::hash) fn resume(words: [u64; WORDS]) -> Self {
        Self(words)
    }

    /// Takes whole blocks; what follows the last whole one is not looked at.
    pub(in crate::hash) fn absorb(&mut self, blocks: &[u8]) {
        dispatch::absorb_one(&mut self.0, blocks);
    }

    /// Takes what is left of the message after its whole blocks, and returns the digest.
    ///
    /// # Panics
    /// When `rest` fills a block.
    pub(in crate::hash) fn finish(mut self, rest: &[u8]) -> [u8; 64] {
        self.absorb(&last_block(rest));
        squeeze(self.0.into_iter())
    }
}
