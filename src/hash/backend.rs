//! The ways in which SHA3-512 can be computed, and which of them this processor has.

use std::sync::OnceLock;

use super::keccak::dispatch;

/// What this process was held to, if it was.
static HELD_TO: OnceLock<Backend> = OnceLock::new();

/// Whether this is a build for debugging: it optimises the `sha3` crate, and leaves this room as it is written.
pub(super) const UNOPTIMISED: bool = cfg!(debug_assertions);

/// A way to compute SHA3-512 of several messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// The `sha3` crate, one message after another: any processor.
    Portable,
    /// Four messages at once with AVX2.
    Avx2,
    /// Eight messages at once with AVX-512.
    Avx512,
}

impl Backend {
    /// All backends, the slowest first.
    pub const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// Returns the backend's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// Returns how many messages it computes at once.
    #[must_use]
    pub fn lanes(self) -> usize {
        match self {
            Self::Portable => 1,
            Self::Avx2 => 4,
            Self::Avx512 => 8,
        }
    }

    /// Says whether this processor, and the system on it, can run the backend.
    #[must_use]
    pub fn is_available(self) -> bool {
        self == Self::Portable || dispatch::has_many(self)
    }

    /// Returns those that this processor can run, the slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|backend| backend.is_available()).collect()
    }

    /// Returns the fastest that this processor can run, in the way in which this program was built.
    ///
    /// Nothing faster than what the process is held to ([`Self::hold`]).
    #[must_use]
    pub fn detected() -> Self {
        if UNOPTIMISED {
            return Self::Portable;
        }
        Self::fastest_up_to(HELD_TO.get().copied())
    }

    /// Holds the whole process to this backend, or to a slower one where the processor lacks it.
    ///
    /// For measuring and comparing backends; digests never depend on it. Call it before anything is hashed.
    ///
    /// # Errors
    ///
    /// When the process is held to another one already, which is returned.
    pub fn hold(self) -> Result<(), Self> {
        let held = *HELD_TO.get_or_init(|| self);
        if held == self { Ok(()) } else { Err(held) }
    }

    fn fastest_up_to(limit: Option<Self>) -> Self {
        let allowed = |backend: &Self| backend.is_available() && limit.is_none_or(|limit| *backend <= limit);
        Self::ALL.into_iter().rev().find(allowed).unwrap_or(Self::Portable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_faster_than_the_limit_is_chosen() {
        for limit in Backend::ALL {
            let chosen = Backend::fastest_up_to(Some(limit));
            assert!(chosen <= limit && chosen.is_available());
            assert_eq!(chosen == limit, limit.is_available());
        }
        assert_eq!(Some(Backend::fastest_up_to(None)), Backend::available().pop());
    }
}
