//! SHA3-512 of short messages, those of as many blocks together: lanes that begin and end at once need no bookkeeping.
//!
//! The messages of a Merkle tree are of two or three blocks, and there are hundreds of thousands of them.

use super::Backend;
use super::keccak::dispatch;
use super::keccak::sponge::{DIGEST_WORDS, RATE, WORDS, pad, squeeze};

/// Messages of more blocks are not short.
const MOST_BLOCKS: usize = 4;

/// How many lanes the widest backend has.
const MOST_LANES: usize = 8;

/// Messages that wait for others of as many blocks; each is padded to whole blocks.
pub(super) struct Short {
    backend: Backend,
    states: Vec<u64>,
    /// By the number of blocks, less one.
    rows: [Row; MOST_BLOCKS],
}

#[derive(Clone, Copy)]
struct Row {
    blocks: [[u8; RATE * MOST_BLOCKS]; MOST_LANES],
    keys: [usize; MOST_LANES],
    count: usize,
}

impl Short {
    /// Makes empty rows for a backend that has lanes, on this processor.
    pub(super) fn new(backend: Backend) -> Self {
        let row = Row { blocks: [[0; RATE * MOST_BLOCKS]; MOST_LANES], keys: [0; MOST_LANES], count: 0 };
        Self { backend, states: vec![0; WORDS * backend.lanes()], rows: [row; MOST_BLOCKS] }
    }

    /// Takes a message in parts, unless it is too long: then `false`. Digests that are known then are handed out by
    /// their keys.
    pub(super) fn put(
        &mut self,
        key: usize,
        parts: &[&[u8]],
        done: &mut impl FnMut(usize, [u8; 64]),
    ) -> bool {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let whole = length / RATE;
        let Some(row) = self.rows.get_mut(whole) else { return false };
        let mut place = &mut row.blocks[row.count][..(whole + 1) * RATE];
        for part in parts {
            let (to, rest) = place.split_at_mut(part.len());
            to.copy_from_slice(part);
            place = rest;
        }
        pad(place);
        row.keys[row.count] = key;
        row.count += 1;
        if row.count == self.backend.lanes() {
            self.hash(whole, done);
        }
        true
    }

    /// Hands out the digests of all that still waits.
    pub(super) fn finish(&mut self, mut done: impl FnMut(usize, [u8; 64])) {
        for whole in 0..MOST_BLOCKS {
            if self.rows[whole].count > 0 {
                self.hash(whole, &mut done);
            }
        }
    }

    /// Computes one row; lanes that no message was put into compute along, and nobody looks at them.
    fn hash(&mut self, whole: usize, done: &mut impl FnMut(usize, [u8; 64])) {
        let (row, lanes) = (&mut self.rows[whole], self.backend.lanes());
        self.states.fill(0);
        let inputs: [&[u8]; MOST_LANES] = std::array::from_fn(|lane| &row.blocks[lane][..]);
        dispatch::absorb_many(self.backend, &mut self.states, &inputs[..lanes], whole + 1);
        for (lane, key) in row.keys[..row.count].iter().enumerate() {
            let states = &self.states[..DIGEST_WORDS * lanes];
            done(*key, squeeze((0..DIGEST_WORDS).map(|word| states[word * lanes + lane])));
        }
        row.count = 0;
    }
}
