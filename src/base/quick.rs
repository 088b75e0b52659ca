//! Maps and sets of many small keys, with a hash that costs less than the look-up.
//!
//! The hash is seeded anew in each process: a repository that was made beforehand cannot aim at it. Nothing that
//! somebody sends in answer to what we did is kept in one; and, as with every such map, no order of theirs may show.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

/// A map of many small keys.
pub type QuickMap<K, V> = HashMap<K, V, RandomState>;
/// A set of many small keys.
pub type QuickSet<K> = HashSet<K, RandomState>;
