//! Eight states at once: word `i` of all eight fills one register of AVX-512.
#![expect(unsafe_code, reason = "loads and stores through pointers; each says why it stays inside its slice")]

use std::arch::x86_64::{
    __m512i, _mm512_loadu_si512, _mm512_rol_epi64, _mm512_set1_epi64, _mm512_setr_epi64,
    _mm512_shuffle_i64x2, _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi64, _mm512_xor_si512,
};

use super::round::{CONSTANTS, round, row};
use super::sponge::{RATE, WORDS};

/// How many states are computed at once.
pub(super) const LANES: usize = 8;

#[inline]
#[target_feature(enable = "avx512f")]
fn xor5(a: __m512i, b: __m512i, c: __m512i, d: __m512i, e: __m512i) -> __m512i {
    let abc = _mm512_ternarylogic_epi64::<0x96>(a, b, c);
    _mm512_ternarylogic_epi64::<0x96>(abc, d, e)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn rotate<const BY: i32>(a: __m512i) -> __m512i {
    _mm512_rol_epi64::<BY>(a)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn column(a: __m512i, b: __m512i) -> __m512i {
    _mm512_xor_si512(a, b)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(a: __m512i, column: __m512i) -> __m512i {
    _mm512_xor_si512(a, column)
}
#[inline]
#[target_feature(enable = "avx512f")]
fn chi(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi64::<0xd2>(a, b, c)
}

/// Turns eight rows of eight words into eight columns.
#[inline]
#[target_feature(enable = "avx512f")]
fn transpose(r: [__m512i; 8]) -> [__m512i; 8] {
    let pairs = [
        _mm512_unpacklo_epi64(r[0], r[1]),
        _mm512_unpackhi_epi64(r[0], r[1]),
        _mm512_unpacklo_epi64(r[2], r[3]),
        _mm512_unpackhi_epi64(r[2], r[3]),
        _mm512_unpacklo_epi64(r[4], r[5]),
        _mm512_unpackhi_epi64(r[4], r[5]),
        _mm512_unpacklo_epi64(r[6], r[7]),
        _mm512_unpackhi_epi64(r[6], r[7]),
    ];
    // Quarters of 128 bits: 0x88 takes the even ones of both, 0xdd the odd ones.
    let quarters = [
        _mm512_shuffle_i64x2::<0x88>(pairs[0], pairs[2]),
        _mm512_shuffle_i64x2::<0x88>(pairs[1], pairs[3]),
        _mm512_shuffle_i64x2::<0xdd>(pairs[0], pairs[2]),
        _mm512_shuffle_i64x2::<0xdd>(pairs[1], pairs[3]),
        _mm512_shuffle_i64x2::<0x88>(pairs[4], pairs[6]),
        _mm512_shuffle_i64x2::<0x88>(pairs[5], pairs[7]),
        _mm512_shuffle_i64x2::<0xdd>(pairs[4], pairs[6]),
        _mm512_shuffle_i64x2::<0xdd>(pairs[5], pairs[7]),
    ];
    [
        _mm512_shuffle_i64x2::<0x88>(quarters[0], quarters[4]),
        _mm512_shuffle_i64x2::<0x88>(quarters[1], quarters[5]),
        _mm512_shuffle_i64x2::<0x88>(quarters[2], quarters[6]),
        _mm512_shuffle_i64x2::<0x88>(quarters[3], quarters[7]),
        _mm512_shuffle_i64x2::<0xdd>(quarters[0], quarters[4]),
        _mm512_shuffle_i64x2::<0xdd>(quarters[1], quarters[5]),
        _mm512_shuffle_i64x2::<0xdd>(quarters[2], quarters[6]),
        _mm512_shuffle_i64x2::<0xdd>(quarters[3], quarters[7]),
    ]
}

/// Takes `blocks` whole blocks of each input into its state.
///
/// # Panics
/// When an input is shorter than that.
#[target_feature(enable = "avx512f")]
pub(super) fn absorb(states: &mut [u64; WORDS * LANES], inputs: &[&[u8]; LANES], blocks: usize) {
    assert!(inputs.iter().all(|input| input.len() / RATE >= blocks), "an input ends before its blocks do");
    let mut a = [_mm512_set1_epi64(0); WORDS];
    for (word, lanes) in a.iter_mut().zip(states.chunks_exact(LANES)) {
        // SAFETY: the chunk has 64 bytes; the load needs no alignment.
        *word = unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) };
    }
    for block in 0..blocks {
        let mut rows = [_mm512_set1_epi64(0); 8];
        let mut last = [0; LANES];
        for ((row, word), input) in rows.iter_mut().zip(&mut last).zip(inputs) {
            // SAFETY: `block < blocks`, and every input has `blocks` times 72 bytes: 64 for the row, 8 after them.
            unsafe {
                let from = input.as_ptr().add(block * RATE);
                *row = _mm512_loadu_si512(from.cast());
                *word = from.add(64).cast::<i64>().read_unaligned();
            }
        }
        let columns = transpose(rows);
        for (word, column) in a.iter_mut().zip(columns) {
            *word = _mm512_xor_si512(*word, column);
        }
        let [l0, l1, l2, l3, l4, l5, l6, l7] = last;
        a[8] = _mm512_xor_si512(a[8], _mm512_setr_epi64(l0, l1, l2, l3, l4, l5, l6, l7));
        for constant in CONSTANTS {
            let next;
            round!(a => next);
            a = next;
            a[0] = _mm512_xor_si512(a[0], _mm512_set1_epi64(constant.cast_signed()));
        }
    }
    for (word, lanes) in a.iter().zip(states.chunks_exact_mut(LANES)) {
        // SAFETY: the chunk has 64 bytes; the store needs no alignment.
        unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), *word) };
    }
}
