//! The permutation Keccak-f[1600] (FIPS 202, section 3) for one state or several at once, as SHA3-512 feeds it.
//!
//! All widths run the same round, written once; they differ in what a word is. Only `dispatch` is called from outside.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(super) mod dispatch;
#[cfg(target_arch = "x86_64")]
mod round;
#[cfg(target_arch = "x86_64")]
mod single;
pub(super) mod sponge;
