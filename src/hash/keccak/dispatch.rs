//! The step from safe code into code for particular processors: it asks first whether this one can run it.
//!
//! On a processor without such code nothing here is called; if it were, it would panic.
#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "code for a processor's own instructions may be called only where they exist"
    )
)]

use super::sponge::WORDS;
use crate::hash::Backend;

/// Says whether a lone state has code of its own here: [`absorb_one`] may be called.
#[cfg(target_arch = "x86_64")]
pub(in crate::hash) fn has_single() -> bool {
    std::arch::is_x86_feature_detected!("bmi1") && std::arch::is_x86_feature_detected!("bmi2")
}

/// Says whether several states at once have code here: [`absorb_many`] may be called with this backend.
#[cfg(target_arch = "x86_64")]
pub(in crate::hash) fn has_many(backend: Backend) -> bool {
    // A lane that is left alone is computed as a lone state.
    has_single()
        && match backend {
            Backend::Portable => false,
            Backend::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            Backend::Avx512 => std::arch::is_x86_feature_detected!("avx512f"),
        }
}

/// Takes whole blocks into one state; what follows the last whole one is not looked at.
///
/// # Panics
/// When [`has_single`] does not hold.
#[cfg(target_arch = "x86_64")]
pub(in crate::hash) fn absorb_one(state: &mut [u64; WORDS], blocks: &[u8]) {
    assert!(has_single(), "this processor has no BMI1 and BMI2");
    // SAFETY: the function needs BMI1 and BMI2, and nothing else that the compiler cannot see.
    unsafe { super::single::absorb(state, blocks) };
}

/// Takes `blocks` whole blocks of each input into its state; word `i` of state `k` of `n` lies at `i * n + k`.
///
/// # Panics
/// When [`has_many`] does not hold, when states and inputs are not as many as the backend has lanes, and when an
/// input is shorter than its blocks.
#[cfg(target_arch = "x86_64")]
pub(in crate::hash) fn absorb_many(backend: Backend, states: &mut [u64], inputs: &[&[u8]], blocks: usize) {
    const FIT: &str = "one state and one input for each lane";
    assert!(has_many(backend), "this processor has no {}", backend.as_str());
    match backend {
        Backend::Portable => unreachable!("it has no lanes"),
        Backend::Avx2 => {
            let (states, inputs) = (states.try_into().expect(FIT), inputs.try_into().expect(FIT));
            // SAFETY: the function needs AVX2, and nothing else that the compiler cannot see.
            unsafe { super::avx2::absorb(states, inputs, blocks) };
        }
        Backend::Avx512 => {
            let (states, inputs) = (states.try_into().expect(FIT), inputs.try_into().expect(FIT));
            // SAFETY: the function needs AVX-512F, and nothing else that the compiler cannot see.
            unsafe { super::avx512::absorb(states, inputs, blocks) };
        }
    }
}

/// Says that a lone state has no code of its own here.
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::hash) fn has_single() -> bool {
    false
}

/// Says that several states have no code here.
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::hash) fn has_many(_: Backend) -> bool {
    false
}

/// Is not called here.
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::hash) fn absorb_one(_: &mut [u64; WORDS], _: &[u8]) {
    unreachable!("`has_single` does not hold");
}

/// Is not called here.
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::hash) fn absorb_many(_: Backend, _: &mut [u64], _: &[&[u8]], _: usize) {
    unreachable!("`has_many` does not hold");
}
