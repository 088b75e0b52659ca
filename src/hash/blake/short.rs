//! Collects messages of as many blocks, and has sixteen of them computed at once.
//!
//! A message of at most 1,024 bytes is one chunk of BLAKE3, whose last block is the root: blocks one after another.
#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "code for a processor's own instructions may be called only where they exist"
    )
)]

/// How many messages are computed at once.
pub(super) const LANES: usize = 16;

/// Bytes of a block.
const BLOCK: usize = 64;

/// Words of 32 bits in a block.
pub(super) const WORDS: usize = 16;

/// Messages of more blocks are not short.
const MOST_BLOCKS: usize = 4;

/// The words of one block of each message, lane beside lane.
pub(super) type Block = [[u32; LANES]; WORDS];

/// Messages that wait for others of as many blocks.
pub(in crate::hash) struct Short {
    /// By the number of blocks, less one.
    rows: [Row; MOST_BLOCKS],
    /// Where the parts of a message are put together.
    message: [u8; BLOCK * MOST_BLOCKS],
}

#[derive(Clone, Copy)]
struct Row {
    blocks: [Block; MOST_BLOCKS],
    /// How many bytes of the last block belong to the message.
    last: [u32; LANES],
    keys: [usize; LANES],
    count: usize,
}

impl Short {
    /// Makes empty rows; `None` where this processor has no code for them.
    pub(in crate::hash) fn new() -> Option<Self> {
        let row =
            Row { blocks: [[[0; LANES]; WORDS]; MOST_BLOCKS], last: [0; LANES], keys: [0; LANES], count: 0 };
        is_available().then_some(Self { rows: [row; MOST_BLOCKS], message: [0; BLOCK * MOST_BLOCKS] })
    }

    /// Takes a message in parts, unless it is too long: then `false`. Digests that are known then are handed out by
    /// their keys.
    pub(in crate::hash) fn put(
        &mut self,
        key: usize,
        parts: &[&[u8]],
        done: &mut impl FnMut(usize, [u8; 32]),
    ) -> bool {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        // No bytes are one block, too.
        let before = length.saturating_sub(1) / BLOCK;
        let Some(row) = self.rows.get_mut(before) else { return false };
        let message = &mut self.message[..(before + 1) * BLOCK];
        let mut place = &mut *message;
        for part in parts {
            let (to, rest) = place.split_at_mut(part.len());
            to.copy_from_slice(part);
            place = rest;
        }
        place.fill(0);
        let words = message.as_chunks::<4>().0;
        for (lanes, word) in row.blocks[..=before].as_flattened_mut().iter_mut().zip(words) {
            lanes[row.count] = u32::from_le_bytes(*word);
        }
        row.last[row.count] = u32::try_from(length - before * BLOCK).expect("a block has 64 bytes");
        row.keys[row.count] = key;
        row.count += 1;
        if row.count == LANES {
            self.hash(before, done);
        }
        true
    }

    /// Hands out the digests of all that still waits.
    pub(in crate::hash) fn finish(&mut self, mut done: impl FnMut(usize, [u8; 32])) {
        for before in 0..MOST_BLOCKS {
            if self.rows[before].count > 0 {
                self.hash(before, &mut done);
            }
        }
    }

    /// Computes one row; lanes that no message was put into compute along, and nobody looks at them.
    fn hash(&mut self, before: usize, done: &mut impl FnMut(usize, [u8; 32])) {
        let row = &mut self.rows[before];
        let words = digest(&row.blocks[..=before], &row.last);
        for (lane, key) in row.keys[..row.count].iter().enumerate() {
            let mut digest = [0; 32];
            for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(&words) {
                *bytes = word[lane].to_le_bytes();
            }
            done(*key, digest);
        }
        row.count = 0;
    }
}

#[cfg(target_arch = "x86_64")]
fn is_available() -> bool {
    std::arch::is_x86_feature_detected!("avx512f")
}

#[cfg(target_arch = "x86_64")]
fn digest(blocks: &[Block], last: &[u32; LANES]) -> [[u32; LANES]; 8] {
    assert!(is_available(), "this processor has no AVX-512");
    // SAFETY: the function needs AVX-512F, and nothing else that the compiler cannot see.
    unsafe { super::avx512::digest(blocks, last) }
}

#[cfg(not(target_arch = "x86_64"))]
fn is_available() -> bool {
    false
}

/// Is not called here.
#[cfg(not(target_arch = "x86_64"))]
fn digest(_: &[Block], _: &[u32; LANES]) -> [[u32; LANES]; 8] {
    unreachable!("no rows are made on this processor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_length_in_each_company_has_the_digest_of_the_crate() {
        let Some(_) = Short::new() else { return };
        let bytes: Vec<u8> = (0..1000_u32).map(|at| (at * 7 % 251).to_le_bytes()[0]).collect();
        for step in [1, 3, 17] {
            let messages: Vec<&[u8]> = (0..400).map(|at| &bytes[at..at + at * step % 259]).collect();
            let mut digests = vec![None; messages.len()];
            let mut short = Short::new().unwrap();
            for (at, message) in messages.iter().enumerate() {
                let (one, other) = message.split_at(message.len() / 3);
                let taken = short.put(at, &[one, other], &mut |key, digest| digests[key] = Some(digest));
                assert_eq!(taken, message.len() <= MOST_BLOCKS * BLOCK, "{}", message.len());
            }
            short.finish(|key, digest| digests[key] = Some(digest));
            for (digest, message) in digests.iter().zip(messages) {
                let expected =
                    (message.len() <= MOST_BLOCKS * BLOCK).then(|| *blake3::hash(message).as_bytes());
                assert_eq!(*digest, expected, "{}", message.len());
            }
        }
    }
}
