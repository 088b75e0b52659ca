//! Sixteen chunks of BLAKE3 at once: word `i` of all sixteen fills one register of AVX-512.
//!
//! The compression function is that of the BLAKE3 paper, section 2.2: seven rounds over sixteen words.
#![expect(unsafe_code, reason = "loads and stores through pointers; each says why it stays inside its array")]

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_ror_epi32, _mm512_set1_epi32, _mm512_storeu_si512,
    _mm512_xor_si512,
};

use super::short::{Block, LANES, WORDS};

/// The first words of a state, those of SHA-256.
const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Says of a block that it is the first of its chunk, the last, and the root.
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const ROOT: u32 = 8;

/// In which order the words of a block go into each round: each is the one before, permuted once more.
const SCHEDULE: [[usize; WORDS]; 7] = schedule();

const fn schedule() -> [[usize; WORDS]; 7] {
    const PERMUTATION: [usize; WORDS] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
    let mut rounds = [[0; WORDS]; 7];
    let (mut round, mut word) = (0, 0);
    while word < WORDS {
        rounds[0][word] = word;
        word += 1;
    }
    while round < 6 {
        word = 0;
        while word < WORDS {
            rounds[round + 1][word] = rounds[round][PERMUTATION[word]];
            word += 1;
        }
        round += 1;
    }
    rounds
}

/// Mixes two words of the message into one column or diagonal of the state.
#[inline]
#[target_feature(enable = "avx512f")]
fn mix(v: &mut [__m512i; WORDS], [a, b, c, d]: [usize; 4], one: __m512i, other: __m512i) {
    v[a] = _mm512_add_epi32(_mm512_add_epi32(v[a], v[b]), one);
    v[d] = _mm512_ror_epi32::<16>(_mm512_xor_si512(v[d], v[a]));
    v[c] = _mm512_add_epi32(v[c], v[d]);
    v[b] = _mm512_ror_epi32::<12>(_mm512_xor_si512(v[b], v[c]));
    v[a] = _mm512_add_epi32(_mm512_add_epi32(v[a], v[b]), other);
    v[d] = _mm512_ror_epi32::<8>(_mm512_xor_si512(v[d], v[a]));
    v[c] = _mm512_add_epi32(v[c], v[d]);
    v[b] = _mm512_ror_epi32::<7>(_mm512_xor_si512(v[b], v[c]));
}

#[inline]
#[target_feature(enable = "avx512f")]
fn set(word: u32) -> __m512i {
    _mm512_set1_epi32(word.cast_signed())
}

/// Takes one block into the chaining values.
#[inline]
#[target_feature(enable = "avx512f")]
fn compress(cv: &mut [__m512i; 8], m: &[__m512i; WORDS], length: __m512i, flags: u32) {
    let mut v = [
        cv[0],
        cv[1],
        cv[2],
        cv[3],
        cv[4],
        cv[5],
        cv[6],
        cv[7],
        set(IV[0]),
        set(IV[1]),
        set(IV[2]),
        set(IV[3]),
        // The chunk is number 0.
        set(0),
        set(0),
        length,
        set(flags),
    ];
    for order in &SCHEDULE {
        mix(&mut v, [0, 4, 8, 12], m[order[0]], m[order[1]]);
        mix(&mut v, [1, 5, 9, 13], m[order[2]], m[order[3]]);
        mix(&mut v, [2, 6, 10, 14], m[order[4]], m[order[5]]);
        mix(&mut v, [3, 7, 11, 15], m[order[6]], m[order[7]]);
        mix(&mut v, [0, 5, 10, 15], m[order[8]], m[order[9]]);
        mix(&mut v, [1, 6, 11, 12], m[order[10]], m[order[11]]);
        mix(&mut v, [2, 7, 8, 13], m[order[12]], m[order[13]]);
        mix(&mut v, [3, 4, 9, 14], m[order[14]], m[order[15]]);
    }
    for (at, word) in cv.iter_mut().enumerate() {
        *word = _mm512_xor_si512(v[at], v[at + 8]);
    }
}

/// Returns the words of the digests of sixteen messages of as many blocks, at least one and at most sixteen; of the last
/// block `last` bytes belong to each, and the others are zero.
#[target_feature(enable = "avx512f")]
pub(super) fn digest(blocks: &[Block], last: &[u32; LANES]) -> [[u32; LANES]; 8] {
    let mut cv = IV.map(|word| set(word));
    // SAFETY: the array has 64 bytes; the load needs no alignment.
    let last = unsafe { _mm512_loadu_si512(last.as_ptr().cast()) };
    for (number, block) in blocks.iter().enumerate() {
        let is_last = number + 1 == blocks.len();
        let start = if number == 0 { CHUNK_START } else { 0 };
        let end = if is_last { CHUNK_END | ROOT } else { 0 };
        let mut words = [set(0); WORDS];
        for (word, lanes) in words.iter_mut().zip(block) {
            // SAFETY: the array has 64 bytes; the load needs no alignment.
            *word = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
        }
        compress(&mut cv, &words, if is_last { last } else { set(64) }, start | end);
    }
    let mut digests = [[0; LANES]; 8];
    for (lanes, word) in digests.iter_mut().zip(cv) {
        // SAFETY: the array has 64 bytes; the store needs no alignment.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), word) };
    }
    digests
}
