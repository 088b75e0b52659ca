//! Four states at once: word `i` of all four fills one register of AVX2.
#![expect(unsafe_code, reason = "loads and stores through pointers; each says why it stays inside its slice")]

use std::arch::x86_64::{
    __m256i, _mm_cvtsi32_si128, _mm256_andnot_si256, _mm256_loadu_si256, _mm256_or_si256,
    _mm256_permute2x128_si256, _mm256_set_epi64x, _mm256_set1_epi64x, _mm256_setr_epi8, _mm256_shuffle_epi8,
    _mm256_sll_epi64, _mm256_srl_epi64, _mm256_storeu_si256, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64,
    _mm256_xor_si256,
};

use super::round::{CONSTANTS, round, row};
use super::sponge::{RATE, WORDS};

/// How many states are computed at once.
pub(super) const LANES: usize = 4;

#[inline]
#[target_feature(enable = "avx2")]
fn xor5(a: __m256i, b: __m256i, c: __m256i, d: __m256i, e: __m256i) -> __m256i {
    let ab = _mm256_xor_si256(a, b);
    let cd = _mm256_xor_si256(c, d);
    _mm256_xor_si256(_mm256_xor_si256(ab, cd), e)
}

#[inline]
#[target_feature(enable = "avx2")]
fn rotate<const BY: i32>(a: __m256i) -> __m256i {
    // Whole bytes are moved by one instruction, anything else needs three.
    match BY {
        8 => {
            let by_one = _mm256_setr_epi8(
                7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10, 11, 12, 13, 14, 7, 0, 1, 2, 3, 4, 5, 6, 15, 8, 9, 10,
                11, 12, 13, 14,
            );
            _mm256_shuffle_epi8(a, by_one)
        }
        56 => {
            let by_seven = _mm256_setr_epi8(
                1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12, 13, 14, 15, 8, 1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11, 12,
                13, 14, 15, 8,
            );
            _mm256_shuffle_epi8(a, by_seven)
        }
        _ => {
            let left = _mm256_sll_epi64(a, _mm_cvtsi32_si128(BY));
            let right = _mm256_srl_epi64(a, _mm_cvtsi32_si128(64 - BY));
            _mm256_or_si256(left, right)
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn column(a: __m256i, b: __m256i) -> __m256i {
    _mm256_xor_si256(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
fn add(a: __m256i, column: __m256i) -> __m256i {
    _mm256_xor_si256(a, column)
}

#[inline]
#[target_feature(enable = "avx2")]
fn chi(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    _mm256_xor_si256(a, _mm256_andnot_si256(b, c))
}

/// Turns four rows of four words into four columns.
#[inline]
#[target_feature(enable = "avx2")]
fn transpose(r: [__m256i; 4]) -> [__m256i; 4] {
    let low = [_mm256_unpacklo_epi64(r[0], r[1]), _mm256_unpacklo_epi64(r[2], r[3])];
    let high = [_mm256_unpackhi_epi64(r[0], r[1]), _mm256_unpackhi_epi64(r[2], r[3])];
    [
        _mm256_permute2x128_si256::<0x20>(low[0], low[1]),
        _mm256_permute2x128_si256::<0x20>(high[0], high[1]),
        _mm256_permute2x128_si256::<0x31>(low[0], low[1]),
        _mm256_permute2x128_si256::<0x31>(high[0], high[1]),
    ]
}

/// Takes `blocks` whole blocks of each input into its state.
///
/// # Panics
/// When an input is shorter than that.
#[target_feature(enable = "avx2")]
pub(super) fn absorb(states: &mut [u64; WORDS * LANES], inputs: &[&[u8]; LANES], blocks: usize) {
    assert!(inputs.iter().all(|input| input.len() / RATE >= blocks), "an input ends before its blocks do");
    let mut a = [_mm256_set1_epi64x(0); WORDS];
    for (word, lanes) in a.iter_mut().zip(states.chunks_exact(LANES)) {
        // SAFETY: the chunk has 32 bytes; the load needs no alignment.
        *word = unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) };
    }
    for block in 0..blocks {
        for half in 0..2 {
            let mut rows = [_mm256_set1_epi64x(0); 4];
            for (row, input) in rows.iter_mut().zip(inputs) {
                // SAFETY: `block < blocks`, and every input has `blocks` times 72 bytes; this reads 32 of the first 64.
                *row = unsafe { _mm256_loadu_si256(input.as_ptr().add(block * RATE + 32 * half).cast()) };
            }
            let columns = transpose(rows);
            for (word, column) in a[4 * half..].iter_mut().zip(columns) {
                *word = _mm256_xor_si256(*word, column);
            }
        }
        let mut last = [0i64; LANES];
        for (word, input) in last.iter_mut().zip(inputs) {
            // SAFETY: as above; these are the last 8 bytes of the 72.
            *word = unsafe { input.as_ptr().add(block * RATE + 64).cast::<i64>().read_unaligned() };
        }
        a[8] = _mm256_xor_si256(a[8], _mm256_set_epi64x(last[3], last[2], last[1], last[0]));
        for pair in CONSTANTS.chunks_exact(2) {
            let mut e;
            round!(a => e);
            e[0] = _mm256_xor_si256(e[0], _mm256_set1_epi64x(pair[0].cast_signed()));
            round!(e => a);
            a[0] = _mm256_xor_si256(a[0], _mm256_set1_epi64x(pair[1].cast_signed()));
        }
    }
    for (word, lanes) in a.iter().zip(states.chunks_exact_mut(LANES)) {
        // SAFETY: the chunk has 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), *word) };
    }
}
