//! Allowlists of rules: what a match may be, or where it may stand, to be let through.
//!
//! Source of the format and its meaning: the documentation of gitleaks 8.28, "Configuration".

use super::pattern::Pattern;

/// What is matched with the regexes of an allowlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Target {
    /// The secret within the match.
    #[default]
    Secret,
    /// All of the match.
    Match,
    /// The lines that the match stands in.
    Line,
}

/// One allowlist.
#[derive(Debug, Clone, Default)]
pub(super) struct Allowlist {
    /// Whether all kinds of criteria that it has must hold; else one is enough.
    pub(super) all: bool,
    pub(super) target: Target,
    pub(super) regexes: Vec<Pattern>,
    pub(super) paths: Vec<Pattern>,
    /// In lower case.
    pub(super) stopwords: Vec<String>,
    /// Full names of commits, in lower case; a scan that knows no commit never meets them.
    pub(super) commits: Vec<String>,
    /// Of a list that stands beside the rules: the ids of those it is for; none: all.
    pub(super) rules: Vec<String>,
}

/// What an allowlist may look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) secret: &'a [u8],
    pub(super) matched: &'a [u8],
    pub(super) line: &'a [u8],
    pub(super) at: At<'a>,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::scan) struct At<'a> {
    /// Its file, from the top of the repository.
    pub(in crate::scan) path: &'a [u8],
    /// The full name of the commit that brought it, where that is known.
    pub(in crate::scan) commit: Option<&'a str>,
}

impl<'a> At<'a> {
    /// Says that a text stands in this file, of no commit that is known.
    pub(in crate::scan) fn path(path: &'a [u8]) -> Self {
        Self { path, commit: None }
    }
}

impl Allowlist {
    /// Says whether the candidate is let through.
    pub(super) fn allows(&self, candidate: &Candidate<'_>) -> bool {
        let target = match self.target {
            Target::Secret => candidate.secret,
            Target::Match => candidate.matched,
            Target::Line => candidate.line,
        };
        let criteria = [
            (!self.regexes.is_empty(), self.regexes.iter().any(|regex| regex.is_match(target))),
            (!self.paths.is_empty(), self.is_path(candidate.at.path)),
            (!self.stopwords.is_empty(), self.holds_stopword(candidate.secret)),
            (!self.commits.is_empty(), self.is_commit(candidate.at.commit)),
        ];
        self.judge(criteria.into_iter())
    }

    /// Takes what is stated, and whether it holds, for one answer.
    fn judge(&self, criteria: impl Iterator<Item = (bool, bool)>) -> bool {
        let mut stated = criteria.filter(|(stated, _)| *stated).map(|(_, holds)| holds).peekable();
        if self.all {
            stated.peek().is_some() && stated.all(|holds| holds)
        } else {
            stated.any(|holds| holds)
        }
    }

    /// Says whether it is for what this rule finds.
    pub(super) fn is_for(&self, id: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|rule| rule == id)
    }

    /// Returns all that it says in one text.
    pub(super) fn describe(&self) -> String {
        let Self { all, target, regexes, paths, stopwords, commits, rules } = self;
        let [regexes, paths] =
            [regexes, paths].map(|patterns| patterns.iter().map(Pattern::text).collect::<Vec<_>>());
        format!("{all} {target:?} {regexes:?} {paths:?} {stopwords:?} {commits:?} {rules:?}")
    }

    /// Says whether nothing that stands there has to be looked at.
    pub(super) fn allows_all_at(&self, at: At<'_>) -> bool {
        let asks_more = !self.regexes.is_empty() || !self.stopwords.is_empty();
        let criteria = [
            (!self.paths.is_empty(), self.is_path(at.path)),
            (!self.commits.is_empty(), self.is_commit(at.commit)),
        ];
        !(self.all && asks_more) && self.judge(criteria.into_iter())
    }

    fn is_commit(&self, commit: Option<&str>) -> bool {
        commit.is_some_and(|commit| self.commits.iter().any(|one| one == commit))
    }

    fn is_path(&self, path: &[u8]) -> bool {
        self.paths.iter().any(|regex| regex.is_match(path))
    }

    fn holds_stopword(&self, secret: &[u8]) -> bool {
        let secret = secret.to_ascii_lowercase();
        self.stopwords.iter().any(|word| memchr::memmem::find(&secret, word.as_bytes()).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate<'a>(secret: &'a str, line: &'a str, path: &'a str) -> Candidate<'a> {
        Candidate {
            secret: secret.as_bytes(),
            matched: line.as_bytes(),
            line: line.as_bytes(),
            at: At::path(path.as_bytes()),
        }
    }

    #[test]
    fn one_criterion_is_enough_unless_all_are_asked_for() {
        let list = |all| Allowlist {
            all,
            regexes: vec![Pattern::checked("^a").unwrap()],
            paths: vec![Pattern::checked("test/").unwrap()],
            ..Allowlist::default()
        };
        for (secret, path, any, all) in
            [("ab", "test/x", true, true), ("ab", "src/x", true, false), ("b", "src/x", false, false)]
        {
            let candidate = candidate(secret, "", path);
            assert_eq!(
                (list(false).allows(&candidate), list(true).allows(&candidate)),
                (any, all),
                "{secret} {path}"
            );
        }
        let there = At::path(b"test/x");
        assert!(list(false).allows_all_at(there) && !list(true).allows_all_at(there));
        assert!(!Allowlist { all: true, ..Allowlist::default() }.allows(&candidate("a", "", "")));
    }

    #[test]
    fn a_commit_counts_where_it_is_known() {
        let list = |all| Allowlist {
            all,
            commits: vec!["abc".to_owned()],
            paths: vec![Pattern::checked("^a$").unwrap()],
            ..Allowlist::default()
        };
        for (path, commit, any, all) in [
            ("a", None, true, false),
            ("a", Some("abc"), true, true),
            ("b", Some("abc"), true, false),
            ("b", Some("ab"), false, false),
            ("b", None, false, false),
        ] {
            let at = At { path: path.as_bytes(), commit };
            let candidate = Candidate { at, ..candidate("s", "", "") };
            assert_eq!((list(false).allows_all_at(at), list(true).allows_all_at(at)), (any, all), "{path}");
            assert_eq!((list(false).allows(&candidate), list(true).allows(&candidate)), (any, all), "{path}");
        }
    }

    #[test]
    fn stopwords_are_looked_for_in_the_secret_and_regexes_where_they_are_told() {
        let words = Allowlist { stopwords: vec!["example".to_owned()], ..Allowlist::default() };
        assert!(
            words.allows(&candidate("myEXAMPLEkey", "", ""))
                && !words.allows(&candidate("key", "example", ""))
        );
        let line = Allowlist {
            target: Target::Line,
            regexes: vec![Pattern::checked("sha256:").unwrap()],
            ..Allowlist::default()
        };
        assert!(
            line.allows(&candidate("key", "x sha256: key", ""))
                && !line.allows(&candidate("sha256:", "key", ""))
        );
    }
}
