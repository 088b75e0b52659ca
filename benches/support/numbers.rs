//! Numbers that look random and are the same on every machine.

/// A sequence of numbers (xorshift64*); the same seed gives the same sequence.
#[derive(Debug, Clone)]
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Starts a sequence; neighbouring seeds give unlike sequences.
    pub(crate) fn new(seed: u64) -> Self {
        // Zero would stay zero; the multiplier is that of splitmix64.
        let mut numbers = Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        numbers.next();
        numbers
    }

    /// Returns the next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Returns a number from 0 to `end - 1`, all equally likely; `end` is small against 2^32.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (((self.next() >> 32) * end as u64) >> 32) as usize
    }
}
