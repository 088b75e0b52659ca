//! Searches one content for everything that looks like a credential: known forms, names that promise one, texts that
//! tell by themselves, and patterns of the policy.
//!
//! Only places leave this file; `file` says what is told of them, in redacted form.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::decode::ESCAPES;
use super::form::{ALL, Form};
use super::path_kind::PathKinds;
use super::rule::{At, NAME_WORDS, Rule, RuleSet, Searcher, lines_around};
use super::secret::{Likely, Pattern};
use super::text::{self, Kind, Language};
use super::within::{Clues, Spot};
use super::{secret, test_data};
use crate::config;
use crate::model::{RepoPath, Severity};

/// What found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Source {
    /// A rule, by its place in the set.
    Rule(usize),
    /// A form that code knows.
    Form(Form),
    /// A pattern of the policy, by its place in the policy.
    Pattern(usize),
}

/// Words that forms are looked for around, each with what reads them; assignments are around [`NAME_WORDS`].
const WORDS: [(&str, Reader); 18] = [
    ("--user", Reader::Command),
    ("-u ", Reader::Command),
    ("-u\"", Reader::Command),
    ("-u'", Reader::Command),
    ("connect", Reader::Call),
    ("login", Reader::Call),
    ("credential", Reader::Call),
    ("basic", Reader::Call),
    ("identified", Reader::Sql),
    ("token", Reader::Header),
    ("://", Reader::Url),
    ("bearer", Reader::Header),
    ("basic", Reader::Header),
    ("-----begin", Reader::Key),
    ("eyj", Reader::Token),
    ("kind: secret", Reader::Manifest),
    ("\"kind\": \"secret\"", Reader::Manifest),
    ("\"kind\":\"secret\"", Reader::Manifest),
];

/// So many words are those of forms.
const FORMS: usize = NAME_WORDS.len() + WORDS.len() + ESCAPES.len();

#[derive(Debug, Clone, Copy)]
enum Reader {
    Assignment,
    Command,
    Call,
    Sql,
    Url,
    Header,
    Key,
    Token,
    Manifest,
    Escape,
}

/// Everything ready to search contents with; threads share it.
pub(super) struct Contents {
    set: &'static RuleSet,
    searcher: Searcher<'static>,
    /// Which forms count.
    forms: [bool; ALL.len()],
    /// The rules that find files by their paths alone.
    of_paths: Vec<usize>,
    patterns: Vec<Pattern>,
    /// For each word behind those of forms: the pattern of the policy whose matches hold it.
    pattern_of: Vec<usize>,
    /// Keyed anew in each process, so that no mark tells of a secret to anybody else.
    marks: RandomState,
}

impl Contents {
    /// Gets ready to search with these rules and patterns; what was made ready last is kept, as many commits of a push are
    /// searched with the same.
    pub(super) fn of(set: &'static RuleSet, patterns: &[config::Pattern]) -> Arc<Self> {
        static LAST: Mutex<Option<Arc<Contents>>> = Mutex::new(None);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |one: &&Arc<Self>| {
            let texts = one.patterns.iter().map(Pattern::text);
            std::ptr::eq(one.set, set) && texts.eq(patterns.iter().map(config::Pattern::text))
        };
        if let Some(same) = last.as_ref().filter(is_same) {
            return Arc::clone(same);
        }
        Arc::clone(last.insert(Arc::new(Self::new(set, patterns))))
    }

    fn new(set: &'static RuleSet, patterns: &[config::Pattern]) -> Self {
        let patterns = secret::patterns(patterns);
        let words = WORDS.iter().map(|(word, _)| *word).chain(ESCAPES);
        let mut words: Vec<&str> = NAME_WORDS.into_iter().chain(words).collect();
        let mut pattern_of = Vec::new();
        for (at, pattern) in patterns.iter().enumerate() {
            words.extend(pattern.words().iter().map(String::as_str));
            pattern_of.resize(words.len() - FORMS, at);
        }
        let searcher = Searcher::new(set, &words);
        let forms = ALL.map(|form| set.has_form(form.about().id));
        Self {
            set,
            searcher,
            forms,
            of_paths: set.of_paths(),
            patterns,
            pattern_of,
            marks: RandomState::new(),
        }
    }

    /// Tells which paths are one and the same to it.
    pub(super) fn path_kinds(&self) -> PathKinds<'_> {
        PathKinds::new(self.set)
    }

    /// Returns the matches in the content of the file at `path`, in the order of their places, however many; `commit` brought
    /// it there, where that is known.
    pub(super) fn look(&self, content: &[u8], path: &RepoPath, commit: Option<&str>) -> Vec<Spot> {
        let at = At { path: path.as_bytes(), commit };
        // What rules let through is none the less forbidden by the policy.
        let (mut found, likely) =
            if self.set.allows_all_at(at) { (Vec::new(), Likely::ALL) } else { self.find_all(content, at) };
        self.add_patterns(content, path.as_bytes(), likely, &mut found);
        found.sort_by_key(|found| (found.range.start, found.range.end, found.source));
        found
    }

    /// Returns what rules find that look at the path of a file alone; it has no place in the file.
    pub(super) fn look_at_path(&self, path: &RepoPath, commit: Option<&str>) -> Vec<Spot> {
        let at = At { path: path.as_bytes(), commit };
        let mut found = self.of_paths.iter().filter(|rule| self.set.finds_path(**rule, at)).peekable();
        if found.peek().is_none() || self.set.allows_all_at(at) {
            return Vec::new();
        }
        found.map(|rule| Spot { source: Source::Rule(*rule), range: 0..0, decoded: None }).collect()
    }

    /// Says whether a rule looks at paths alone.
    pub(super) fn looks_at_paths(&self) -> bool {
        !self.of_paths.is_empty()
    }

    /// Adds the matches of patterns of the policy, but for those where a rule weighs no less: it tells more of the same place.
    pub(super) fn add_patterns(&self, content: &[u8], path: &[u8], likely: Likely, found: &mut Vec<Spot>) {
        let mut told = None;
        let patterns = self.patterns.iter().enumerate();
        for (number, pattern) in patterns.filter(|(at, pattern)| likely.may_match(*at, pattern)) {
            for range in pattern.find(content) {
                let told = told.get_or_insert_with(|| {
                    self.places_of(found, test_data::severity(&RepoPath::from_bytes(path)))
                });
                if !told.meets(&range) {
                    found.push(Spot { source: Source::Pattern(number), range, decoded: None });
                }
            }
        }
    }

    /// Returns the places of what weighs so much at least.
    fn places_of(&self, found: &[Spot], weight: Severity) -> Covered {
        let mut places = Covered::default();
        for Spot { source, range, .. } in found {
            let severity = match source {
                Source::Rule(at) => self.set.rules()[*at].severity,
                Source::Form(form) => form.about().severity,
                Source::Pattern(_) => continue,
            };
            if severity >= weight {
                places.add(range);
            }
        }
        places
    }

    /// Returns the marks of all matches in a content, however many.
    pub(super) fn marks_of(&self, content: &[u8], path: &RepoPath) -> BTreeSet<u64> {
        self.look(content, path, None).iter().map(|found| self.mark(content, found)).collect()
    }

    /// Returns a number that is the same for the same secret of the same rule, in one process alone.
    pub(super) fn mark(&self, content: &[u8], found: &Spot) -> u64 {
        self.marks.hash_one((found.source, self.secret(content, found)))
    }

    /// Returns the part of a content that makes a match the one it is: the secret, or the line of a pattern of the policy.
    pub(super) fn secret<'c>(&self, content: &'c [u8], found: &'c Spot) -> &'c [u8] {
        match found.source {
            Source::Rule(_) | Source::Form(_) => found.secret(content),
            Source::Pattern(_) => match &found.decoded {
                Some(decoded) => &decoded.extent,
                None => &content[secret::extent(content, &found.range)],
            },
        }
    }

    /// Returns the part of a content that is not to be shown where a match is.
    pub(super) fn hidden(&self, content: &[u8], found: &Spot) -> Range<usize> {
        match found.source {
            Source::Rule(_) | Source::Form(_) => found.range.clone(),
            // The place of what was decoded is all of it.
            Source::Pattern(_) if found.decoded.is_some() => found.range.clone(),
            Source::Pattern(_) => found.range.start..secret::extent(content, &found.range).end,
        }
    }

    /// Finds everything that stands in clear, in no order; what else is seen goes to `clues`.
    pub(super) fn find(
        &self,
        content: &[u8],
        at: At<'_>,
        language: Language,
        clues: &mut Clues,
    ) -> Vec<(Source, Range<usize>)> {
        let mut forms: Vec<(Form, Range<usize>)> = Vec::new();
        // A name that was read is not read again for another word in it.
        let mut read_up_to = 0;
        let found = self.searcher.search(content, at, |word, place| {
            let reader = match word.checked_sub(NAME_WORDS.len()) {
                None => Reader::Assignment,
                Some(word) if word < WORDS.len() => WORDS[word].1,
                Some(word) if word < WORDS.len() + ESCAPES.len() => Reader::Escape,
                Some(_) => return clues.likely.add(self.pattern_of[word - FORMS]),
            };
            let form = match reader {
                Reader::Assignment if place.start < read_up_to => None,
                Reader::Assignment => {
                    clues.names.push(place.clone());
                    let (assigned, end) = text::read_assignment(content, &place, language);
                    read_up_to = end;
                    let form = |kind| if kind == Kind::Password { Form::Password } else { Form::Secret };
                    assigned.map(|assigned| (form(assigned.kind), assigned.value))
                }
                Reader::Command => text::command(content, &place).map(|range| (Form::Password, range)),
                Reader::Call => text::call(content, &place).map(|range| (Form::Password, range)),
                Reader::Sql => text::identified(content, &place).map(|range| (Form::Password, range)),
                Reader::Url => {
                    text::url_password(content, place.start).map(|range| (Form::UrlPassword, range))
                }
                Reader::Header => text::credential(content, &place).map(|range| (Form::Authorization, range)),
                Reader::Key => text::private_key(content, place.start).map(|range| {
                    let locked = text::is_encrypted(&content[range.clone()]);
                    (if locked { Form::LockedKey } else { Form::PrivateKey }, range)
                }),
                Reader::Token => {
                    text::json_web_token(content, place.start).map(|range| (Form::JsonWebToken, range))
                }
                Reader::Manifest => {
                    clues.manifest |= !content.get(place.end).is_some_and(u8::is_ascii_alphanumeric);
                    None
                }
                Reader::Escape => {
                    clues.escapes.push(place.start);
                    None
                }
            };
            forms.extend(form.filter(|(form, range)| self.has_form(*form, at, (content, range))));
        });
        // A form that somebody filled with one letter is no credential, whatever our own rule says.
        let is_exact = |rule: usize| self.set.rules()[rule].exact;
        let found = found
            .into_iter()
            .filter(|found| is_exact(found.rule) || !is_masked(&content[found.secret.clone()]));
        let mut all: Vec<(Source, Range<usize>)> =
            found.map(|found| (Source::Rule(found.rule), found.secret)).collect();
        let mut covered = Covered::default();
        all.iter().for_each(|(_, range)| covered.add(range));
        forms.sort_by_key(|(form, range)| (*form, range.start));
        for (form, range) in forms {
            // A rule for one kind of credential says more than one for all.
            if !covered.meets(&range) {
                covered.add(&range);
                all.push((Source::Form(form), range));
            }
        }
        all
    }

    /// Says whether what a form was found by counts, at its place.
    pub(super) fn has_form(&self, form: Form, at: At<'_>, (content, range): (&[u8], &Range<usize>)) -> bool {
        self.forms[form as usize] && !self.set.allows(form.about().id, at, (content, range))
    }

    /// Returns the code of what found something.
    pub(super) fn code(&self, source: Source) -> Cow<'_, str> {
        match source {
            Source::Rule(at) => format!("secret.{}", self.set.rules()[at].id).into(),
            Source::Form(form) => format!("secret.{}", form.about().id).into(),
            Source::Pattern(at) => self.patterns[at].code().into(),
        }
    }

    /// Returns the rule of a match, where it has one.
    pub(super) fn rule(&self, source: Source) -> Option<&Rule> {
        match source {
            Source::Rule(at) => Some(&self.set.rules()[at]),
            Source::Form(_) | Source::Pattern(_) => None,
        }
    }

    /// Returns where the reason stands for which the lines of a match let it through: behind `iao:allow <rule>`, or the words
    /// `gitleaks:allow` themselves.
    pub(super) fn allowed_inline(&self, content: &[u8], found: &Spot) -> Option<Range<usize>> {
        let lines = lines_around(content, &found.range);
        let line = &content[lines.clone()];
        let code = self.code(found.source);
        let names_it = |named: &[u8]| {
            named == code.as_bytes() || Some(named) == code.as_bytes().strip_prefix(b"secret.")
        };
        for at in memchr::memmem::find_iter(line, b"iao:allow ") {
            let start = at + b"iao:allow ".len();
            let comment = line[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
            let (named, rest) = word(comment);
            // What only closes a comment is no reason.
            let (reason, _) = word(rest);
            if names_it(named) && reason.iter().any(u8::is_ascii_alphanumeric) {
                let blank = rest.len() - rest.trim_ascii_start().len();
                let start = lines.start + start + comment.len() - rest.len() + blank;
                return Some(start..start + rest.trim_ascii().len());
            }
        }
        let words = b"gitleaks:allow";
        let at = memchr::memmem::find(line, words)?;
        Some(lines.start + at..lines.start + at + words.len())
    }
}

/// Splits a text behind its first word.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let start = text.len() - text.trim_ascii_start().len();
    let length = text[start..].iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    (&text[start..start + length], &text[start + length..])
}

/// Parts of a content that something was found in, by where they begin; none meets another.
#[derive(Default)]
pub(super) struct Covered(BTreeMap<usize, usize>);

impl Covered {
    /// Returns the parts, ascending.
    pub(super) fn parts(&self) -> Vec<Range<usize>> {
        self.0.iter().map(|(start, end)| *start..*end).collect()
    }

    /// Says whether all of a range lies in one part.
    pub(super) fn holds(&self, range: &Range<usize>) -> bool {
        self.0.range(..=range.start).next_back().is_some_and(|(_, end)| *end >= range.end)
    }

    /// Says whether a range has something in common with a part.
    pub(super) fn meets(&self, range: &Range<usize>) -> bool {
        self.0.range(..range.end).next_back().is_some_and(|(_, end)| *end > range.start)
    }

    /// Takes a range in.
    pub(super) fn add(&mut self, range: &Range<usize>) {
        let (mut start, mut end) = (range.start, range.end);
        while let Some((first, last)) = self.0.range(..end).next_back().map(|(first, last)| (*first, *last)) {
            if last <= start {
                break;
            }
            (start, end) = (start.min(first), end.max(last));
            self.0.remove(&first);
        }
        self.0.insert(start, end);
    }
}

/// Says whether a text is a template, or one letter or mark makes up most of it.
fn is_masked(secret: &[u8]) -> bool {
    let template = [&b"${"[..], b"{{", b"<%", b"%("];
    if template.iter().any(|mark| memchr::memmem::find(secret, mark).is_some()) {
        return true;
    }
    let (mut before, mut run, mut longest) = (0, 0, 0);
    for byte in secret {
        run = if before == *byte { run + 1 } else { 1 };
        before = *byte;
        // Zeros and `A` are what binary data is full of.
        if !matches!(byte, b'A' | b'0') {
            longest = longest.max(run);
        }
    }
    longest >= 8 || longest * 2 > secret.len()
}

#[cfg(test)]
mod tests {
    use super::super::rule;
    use super::*;

    fn found(content: &str, path: &str) -> Vec<(String, usize)> {
        let contents = Contents::of(rule::built_in(), &[]);
        let found = contents.look(content.as_bytes(), &path.into(), None);
        found.iter().map(|one| (contents.code(one.source).into_owned(), one.range.start)).collect()
    }

    /// Put together, so that none stands here.
    const PASSWORD: &str = concat!("hunt", "er2", "Zq");

    #[test]
    fn each_form_is_found_once_and_in_order() {
        let content =
            format!("x\ndb_password = \"{PASSWORD}\"\nurl = \"postgres://app:{PASSWORD}@db.internal/x\"\n");
        let at = |from: usize| from + content[from..].find(PASSWORD).unwrap();
        let expected = [("secret.generic-password", at(0)), ("secret.url-password", at(30))];
        assert_eq!(found(&content, "a.py"), expected.map(|(code, at)| (code.to_owned(), at)));
    }

    #[test]
    fn a_line_lets_through_what_it_names_with_a_reason() {
        let patterns = [config::Pattern::compile("(?i)db_passw").unwrap()];
        let contents = Contents::of(rule::built_in(), &patterns);
        for (comment, expected) in [
            ("", [None, None]),
            ("# gitleaks:allow", [Some("gitleaks:allow"); 2]),
            ("# iao:allow generic-password used in a test alone", [None, Some("used in a test alone")]),
            ("# iao:allow secret.generic-password a test", [None, Some("a test")]),
            ("# iao:allow password the policy means another", [Some("the policy means another"), None]),
            ("# iao:allow generic-secret another rule", [None, None]),
            ("/* iao:allow generic-password */", [None, None]),
        ] {
            let content = format!("db_password = \"{PASSWORD}\" {comment}\n");
            let found = contents.look(content.as_bytes(), &"a.py".into(), None);
            let reasons: Vec<_> =
                found.iter().map(|one| contents.allowed_inline(content.as_bytes(), one)).collect();
            let reasons: Vec<_> =
                reasons.into_iter().map(|range| range.map(|range| &content[range])).collect();
            assert_eq!(reasons, expected, "{comment}");
        }
    }

    #[test]
    fn a_pattern_is_not_told_where_a_rule_weighs_no_less() {
        let patterns = [config::Pattern::compile("app:[a-zA-Z0-9]+").unwrap()];
        let contents = Contents::of(rule::built_in(), &patterns);
        let sources = |content: &str, path: &str| -> Vec<String> {
            let found = contents.look(content.as_bytes(), &path.into(), None);
            found.iter().map(|one| contents.code(one.source).into_owned()).collect()
        };
        let url = format!("postgres://app:{PASSWORD}@db.internal/x\n");
        assert_eq!(sources(&url, "a.txt"), ["secret.url-password"]);
        assert_eq!(sources("app:words\n", "a.txt").len(), 1);
    }
}
