//! What the benchmarks share: programs started without anybody's git config, what they cost, numbers that repeat.

pub(crate) mod lab;
pub(crate) mod machine;
pub(crate) mod numbers;
