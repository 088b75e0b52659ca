//! BLAKE3 of many short messages at once, where the processor has AVX-512; all others go to the `blake3` crate.
//!
//! The crate computes the parts of one long message side by side, and short messages one after another.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod short;

pub(super) use short::Short;
