//! Says which paths are one and the same to the scanner: what it finds in a content differs between kinds of paths, and never
//! within one.
//!
//! Whatever `Contents::search`, or a finding's weight, comes to ask of a path has to be asked here too.

use super::rule::{Pattern, RuleSet};
use super::test_data;
use super::text::{self, Language};
use crate::base::ContentAddress;
use crate::model::{RepoPath, Severity};

/// Everything that rules ask of a path.
pub(super) struct PathKinds<'a>(Vec<&'a Pattern>);

/// So many answers have a bit each; three more stand before them.
const MOST_BITS: usize = 60;

impl<'a> PathKinds<'a> {
    /// Takes the patterns over paths of a set of rules.
    pub(super) fn new(set: &'a RuleSet) -> Self {
        Self(set.path_patterns().collect())
    }

    /// Returns a number below 2^63 that paths of one kind share; it is the same in each process that has the same rules.
    pub(super) fn of(&self, path: &[u8]) -> u64 {
        let language = match text::language_of(path) {
            Language::Code => 0,
            Language::Config => 1,
            Language::Prose => 2,
            Language::Listing => 3,
        };
        let tested = test_data::severity(&RepoPath::from_bytes(path)) != Severity::Error;
        let first = language | u64::from(tested) << 2;
        let answers = self.0.iter().map(|pattern| pattern.is_match(path));
        if self.0.len() <= MOST_BITS {
            return answers.zip(3..).fold(first, |kind, (answer, bit)| kind | u64::from(answer) << bit);
        }
        let bytes: Vec<u8> = first.to_be_bytes().into_iter().chain(answers.map(u8::from)).collect();
        let digest = ContentAddress::of(&bytes);
        digest.as_bytes().first_chunk().map_or(first, |bytes| u64::from_be_bytes(*bytes) >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::{built_in, load};
    use super::*;

    #[test]
    fn paths_differ_in_what_the_scanner_asks_of_them_and_in_nothing_else() {
        let set = built_in();
        let kinds = PathKinds::new(set);
        let of = |path: &str| kinds.of(path.as_bytes());
        assert_eq!(of("src/a.py"), of("lib/b.rs"));
        let others = ["a.py", "a.yml", "a.md", "yarn.lock", "tests/a.py", "tests/a.yml", "tests/po/a.lock"];
        for (at, one) in others.iter().enumerate() {
            assert!(others[at + 1..].iter().all(|other| of(one) != of(other)), "{one}");
        }
    }

    #[test]
    fn each_pattern_over_paths_tells_paths_apart_however_many_there_are() {
        let list = |number: usize| format!("[[allowlists]]\npaths = ['''^vendor{number}/''']\n");
        for count in [1, 60, 61, 200] {
            let text: String = (0..count).map(list).collect();
            let text = format!("[[rules]]\nid = 'a'\nregex = 'x'\npath = '''\\.key$'''\n{text}");
            let loaded = load("rules.toml", &|_| Ok(text.clone())).unwrap();
            let kinds = PathKinds::new(&loaded.set);
            let paths = (0..count).map(|number| format!("vendor{number}/a.py"));
            let all: std::collections::BTreeSet<u64> =
                paths.chain(["a.py".into(), "a.key".into()]).map(|path| kinds.of(path.as_bytes())).collect();
            assert_eq!(all.len(), count + 2, "{count} patterns");
        }
    }
}
