//! Contents that were searched before and hold nothing, by the names git gives them; files below `iao/cache/`.
//!
//! Only a cache, and only of what is clean: no secret and nothing made from one is in it. It holds for exactly the rules,
//! the patterns of the policy and the program that it was written by; damage is noticed, and costs time.

use std::collections::BTreeMap;

use super::rule::RuleSet;
use crate::base::{ContentAddress, QuickMap, QuickSet, RecordCache, Shape};
use crate::config::Policies;
use crate::git::Repository;
use crate::model::{ObjectFormat, ObjectId};

/// How a file begins; the digest of all that decides what is found follows.
const MAGIC: &[u8] = b"iao-clean/1\n";
/// Below the git directory.
const DIRECTORY: &str = "iao/cache";
/// To be moved by whoever changes what the scanner finds in a content without changing its rules.
const ENGINE: u32 = 2;
/// How many contents are remembered at most, with 28 or 40 bytes each; beyond, it starts anew.
const MAX_RECORDS: usize = 1 << 22;
/// Fewer contents are sooner searched again than looked for or remembered.
const WORTH: usize = 64;
/// In place of the kind of a path: the content is binary, wherever it stands.
const BINARY: u64 = u64::MAX;

/// What is known of contents under one set of rules, and what is to be remembered.
pub(super) struct CleanContents {
    cache: RecordCache,
    width: usize,
    fresh: Vec<u8>,
}

/// What is known of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It holds nothing, at all kinds of paths that were asked for.
    Clean,
    /// It is binary.
    Binary,
}

/// So many contents are looked for at once.
const AT_ONCE: usize = 1 << 14;

impl CleanContents {
    /// Opens the cache of a repository for `rules` and the patterns of `policies`; `None` where so few contents are sooner
    /// searched.
    pub(super) fn open(
        repository: &Repository,
        contents: usize,
        rules: &RuleSet,
        policies: &Policies,
    ) -> Option<Self> {
        if contents < WORTH {
            return None;
        }
        let digest = digest(rules, policies);
        let format = repository.object_format();
        let names = match format {
            ObjectFormat::Sha1 => "clean-sha1-",
            ObjectFormat::Sha256 => "clean-sha256-",
        };
        let width = format.width() + 8;
        let shape = Shape {
            magic: [MAGIC, digest.as_bytes()].concat(),
            name: format!("{names}{}-", &digest.short()[..8]),
            key: width,
            width,
            most: MAX_RECORDS,
        };
        let cache = RecordCache::open(repository.common_dir().join(DIRECTORY), shape);
        // What other rules left is of no use; where it cannot be removed it is in nobody's way.
        cache.remove_others(names).ok();
        Some(Self { cache, width, fresh: Vec::new() })
    }

    /// Returns what is known of these contents, each with the kinds of its paths.
    pub(super) fn find(&mut self, contents: &BTreeMap<ObjectId, Vec<u64>>) -> QuickMap<ObjectId, Known> {
        let mut known = QuickMap::default();
        let mut rest = contents.iter();
        loop {
            let some: Vec<(&ObjectId, &Vec<u64>)> = rest.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return known;
            }
            self.find_some(&some, &mut known);
        }
    }

    fn find_some(&mut self, some: &[(&ObjectId, &Vec<u64>)], known: &mut QuickMap<ObjectId, Known>) {
        let of_one = |(id, kinds): &(&ObjectId, &Vec<u64>)| -> Vec<Vec<u8>> {
            kinds.iter().chain([&BINARY]).map(|kind| key(**id, *kind)).collect()
        };
        let mut keys: Vec<Vec<u8>> = some.iter().flat_map(of_one).collect();
        keys.sort_unstable();
        let mut found = QuickSet::default();
        self.cache.find(&keys, |key, _| {
            found.insert(key);
        });
        let is_there = |id: &ObjectId, kind: u64| found.contains(&key(*id, kind));
        for (id, kinds) in some {
            if is_there(id, BINARY) {
                known.insert(**id, Known::Binary);
            } else if kinds.iter().all(|kind| is_there(id, *kind)) {
                known.insert(**id, Known::Clean);
            }
        }
    }

    /// Notes that a content holds nothing at a path of this kind.
    pub(super) fn note_clean(&mut self, id: ObjectId, kind: u64) {
        self.fresh.extend(key(id, kind));
    }

    /// Notes that a content is binary.
    pub(super) fn note_binary(&mut self, id: ObjectId) {
        self.fresh.extend(key(id, BINARY));
    }

    /// Remembers what was noted, where that is worth it; what cannot be written is not remembered.
    pub(super) fn keep(mut self) {
        if self.fresh.len() / self.width >= WORTH {
            self.cache.keep(self.fresh).ok();
        }
    }
}

fn key(id: ObjectId, kind: u64) -> Vec<u8> {
    [id.as_bytes(), &kind.to_be_bytes()].concat()
}

/// Digests everything that decides what is found in a content.
fn digest(rules: &RuleSet, policies: &Policies) -> ContentAddress {
    let patterns = policies.filesystem.forbid_secret_patterns.iter().map(|pattern| pattern.text());
    let engine = format!("{ENGINE} {}", env!("CARGO_PKG_VERSION"));
    let (rules, mut bytes) = (rules.digest(), Vec::new());
    for part in [engine.as_bytes(), rules.as_bytes()].into_iter().chain(patterns.map(str::as_bytes)) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    ContentAddress::of(&bytes)
}

#[cfg(test)]
mod tests {
    use super::super::rule::load;
    use super::*;
    use crate::config::Pattern;
    use crate::git::testing::Sandbox;

    fn contents(sandbox: &Sandbox, count: usize) -> BTreeMap<ObjectId, Vec<u64>> {
        let repository = sandbox.open();
        let id = |number: usize| repository.blob_id(&number.to_be_bytes());
        (0..count).map(|number| (id(number), vec![number as u64 % 3])).collect()
    }

    fn rules(text: &str) -> RuleSet {
        load("rules.toml", &|_| Ok(format!("[[rules]]\nid = 'a'\nregex = '{text}'\n"))).unwrap().set
    }

    fn remember(
        sandbox: &Sandbox,
        rules: &RuleSet,
        policies: &Policies,
        contents: &BTreeMap<ObjectId, Vec<u64>>,
    ) {
        let mut clean = CleanContents::open(&sandbox.open(), contents.len(), rules, policies).unwrap();
        for (at, (id, kinds)) in contents.iter().enumerate() {
            if at % 10 == 0 { clean.note_binary(*id) } else { clean.note_clean(*id, kinds[0]) }
        }
        clean.keep();
    }

    fn known(
        sandbox: &Sandbox,
        rules: &RuleSet,
        policies: &Policies,
        contents: &BTreeMap<ObjectId, Vec<u64>>,
    ) -> usize {
        CleanContents::open(&sandbox.open(), contents.len(), rules, policies).unwrap().find(contents).len()
    }

    #[test]
    fn what_is_clean_is_known_at_its_kinds_of_paths_and_under_its_rules_alone() {
        for format in ["sha1", "sha256"] {
            let (sandbox, policies) = (Sandbox::with_format(format), Policies::default());
            let all = contents(&sandbox, 500);
            remember(&sandbox, &rules("x"), &policies, &all);
            assert_eq!(known(&sandbox, &rules("x"), &policies, &all), 500);
            let mut elsewhere = all.clone();
            elsewhere.values_mut().for_each(|kinds| kinds.push(7));
            assert_eq!(
                known(&sandbox, &rules("x"), &policies, &elsewhere),
                50,
                "binary ones are binary anywhere"
            );
            let mut other = Policies::default();
            other.filesystem.forbid_secret_patterns.push(Pattern::compile("x").unwrap());
            assert_eq!(known(&sandbox, &rules("x"), &other, &all), 0);
            assert_eq!(known(&sandbox, &rules("x"), &policies, &all), 0, "what other rules left is gone");
            assert_eq!(known(&sandbox, &rules("y"), &policies, &all), 0);
        }
    }

    #[test]
    fn few_contents_are_neither_looked_for_nor_remembered() {
        let (sandbox, policies) = (Sandbox::new(), Policies::default());
        assert!(CleanContents::open(&sandbox.open(), WORTH - 1, &rules("x"), &policies).is_none());
        let mut clean = CleanContents::open(&sandbox.open(), WORTH, &rules("x"), &policies).unwrap();
        contents(&sandbox, WORTH - 1).iter().for_each(|(id, _)| clean.note_binary(*id));
        clean.keep();
        assert!(!sandbox.path().join(".git").join(DIRECTORY).exists());
    }
}
