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
    /// Full names of commits; a scan that knows no commit never meets them.
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
    pub(super) path: &'a [u8],
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
            (!self.paths.is_empty(), self.is_path(candidate.path)),
            (!self.stopwords.is_empty(), self.holds_stopword(candidate.secret)),
            // No commit is known where contents are looked at.
            (!self.commits.is_empty(), false),
        ];
        let mut stated =
            criteria.into_iter().filter(|(stated, _)| *stated).map(|(_, holds)| holds).peekable();
        if self.all {
            stated.peek().is_some() && stated.all(|holds| holds)
        } else {
            stated.any(|holds| holds)
        }
    }

    /// Returns all that it says in one text.
    pub(super) fn describe(&self) -> String {
        let Self { all, target, regexes, paths, stopwords, commits, rules } = self;
        let [regexes, paths] =
            [regexes, paths].map(|patterns| patterns.iter().map(Pattern::text).collect::<Vec<_>>());
        format!("{all} {target:?} {regexes:?} {paths:?} {stopwords:?} {commits:?} {rules:?}")
    }

    /// Says whether nothing in the file at `path` has to be looked at.
    pub(super) fn allows_path(&self, path: &[u8]) -> bool {
        let only_paths = self.regexes.is_empty() && self.stopwords.is_empty() && self.commits.is_empty();
        (only_paths || !self.all) && self.is_path(path)
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
            path: path.as_bytes(),
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
        assert!(list(false).allows_path(b"test/x") && !list(true).allows_path(b"test/x"));
        assert!(!Allowlist { all: true, ..Allowlist::default() }.allows(&candidate("a", "", "")));
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
