//! A bounded memory of things that were made or read, of which those that were asked for lately are kept.

use std::hash::Hash;

use super::QuickMap;

/// Things that were asked for lately, and those from before, which go when there are too many.
#[derive(Debug)]
pub struct Kept<K, V> {
    lately: QuickMap<K, (V, usize)>,
    before: QuickMap<K, (V, usize)>,
    /// How much those weigh that were asked for lately.
    weight: usize,
    /// How much all may weigh, but for one.
    limit: usize,
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// Keeps what weighs about `limit` together; half of that at least.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { lately: QuickMap::default(), before: QuickMap::default(), weight: 0, limit }
    }

    /// Returns what is kept under this key, and keeps it for longer.
    pub fn get(&mut self, key: &K) -> Option<V> {
        if let Some((value, _)) = self.lately.get(key) {
            return Some(value.clone());
        }
        let (key, (value, weight)) = self.before.remove_entry(key)?;
        self.put(key, value.clone(), weight);
        Some(value)
    }

    /// Keeps something; the unit of its weight is that of the limit.
    pub fn put(&mut self, key: K, value: V, weight: usize) {
        if self.weight.saturating_add(weight) > self.limit / 2 {
            self.before = std::mem::take(&mut self.lately);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(weight);
        self.lately.insert(key, (value, weight));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut kept = Kept::new(20);
        kept.put(0, 'a', 2);
        for number in 1..100 {
            kept.put(number, 'b', 2);
            assert_eq!(kept.get(&0), Some('a'), "after {number}");
            assert_eq!(kept.get(&number), Some('b'));
            assert!(kept.lately.len() + kept.before.len() <= 10);
        }
        assert_eq!(kept.get(&50), None);
    }

    #[test]
    fn one_that_weighs_more_than_all_may_is_kept_alone() {
        let mut kept = Kept::new(20);
        kept.put("small", 0, 1);
        kept.put("large", 1, usize::MAX);
        kept.put("next", 2, 1);
        assert_eq!(["small", "large", "next"].map(|key| kept.get(&key)), [None, Some(1), Some(2)]);
    }
}
