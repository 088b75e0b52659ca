//! Searches one content for everything that looks like a credential: known forms, names that promise one, and texts that
//! tell by themselves.
//!
//! What matched leaves this file in redacted form only.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

use super::decode::ESCAPES;
use super::rule::{NAME_WORDS, RuleSet, Searcher, lines_around};
use super::secret::{self, Pattern as Forbidden};
use super::text::{self, Kind, Language};
use super::within::{Clues, Spot};
use super::{redact, test_data};
use crate::config;
use crate::model::{Finding, Gate, RepoPath, Severity, Span};

/// The most findings of one rule in one file; the last of them says how many more there are.
pub const MAX_FINDINGS: usize = 20;

/// What found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Source {
    /// A rule, by its place in the set.
    Rule(usize),
    /// A form that code knows.
    Form(Form),
}

/// A form that no pattern tells, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Form {
    PrivateKey,
    JsonWebToken,
    UrlPassword,
    Authorization,
    Secret,
    Password,
}

/// What is said of a form.
pub(super) struct About {
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) message: &'static str,
}

impl Form {
    pub(super) fn about(self) -> About {
        let (id, severity, message) = match self {
            Self::PrivateKey => ("private-key", Severity::Error, "the content holds a private key"),
            Self::JsonWebToken => {
                ("json-web-token", Severity::Warning, "the content holds a signed JSON Web Token")
            }
            Self::UrlPassword => ("url-password", Severity::Error, "the URL holds a password"),
            Self::Authorization => {
                ("authorization-header", Severity::Error, "the authorization value holds a credential")
            }
            Self::Secret => (
                "generic-secret",
                Severity::Warning,
                "the name promises a secret, and the value looks drawn by chance",
            ),
            Self::Password => (
                "generic-password",
                Severity::Warning,
                "the name promises a password, and the value looks like one",
            ),
        };
        About { id, severity, message }
    }
}

/// One match in some content, with nothing of it in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) source: Source,
    pub(super) span: Span,
    pub(super) redacted: String,
    /// How it is written where it does not stand in clear: "in base64".
    pub(super) way: Option<String>,
    /// Further matches of the same source that are not listed.
    pub(super) rest: usize,
}

/// Words that forms are looked for around, each with what reads them; assignments are around [`NAME_WORDS`].
const WORDS: [(&str, Reader); 17] = [
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

/// What was found in one content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) hits: Vec<Hit>,
    /// By patterns of the policy.
    forbidden: Vec<secret::Hit>,
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.hits.is_empty() && self.forbidden.is_empty()
    }
}

/// Everything ready to search contents with; threads share it.
pub(super) struct Contents<'a> {
    set: &'a RuleSet,
    searcher: Searcher<'a>,
    forbidden: Vec<Forbidden<'a>>,
    /// For each word behind those of forms: the pattern of the policy whose matches hold it.
    forbidden_of: Vec<usize>,
    /// Keyed anew in each process, so that no mark tells of a secret to anybody else.
    marks: RandomState,
}

impl<'a> Contents<'a> {
    pub(super) fn new(set: &'a RuleSet, forbidden: &'a [config::Pattern]) -> Self {
        let forbidden = secret::patterns(forbidden);
        let words = WORDS.iter().map(|(word, _)| *word).chain(ESCAPES);
        let mut words: Vec<&str> = NAME_WORDS.into_iter().chain(words).collect();
        let mut forbidden_of = Vec::new();
        for (at, pattern) in forbidden.iter().enumerate() {
            words.extend(pattern.words().iter().map(String::as_str));
            forbidden_of.resize(words.len() - FORMS, at);
        }
        let searcher = Searcher::new(set, &words);
        Self { set, searcher, forbidden, forbidden_of, marks: RandomState::new() }
    }

    /// Returns the matches in the content of the file at `path`, in the order of their places; those whose marks are `known`
    /// are left out, and count for nothing.
    pub(super) fn search(&self, content: &[u8], path: &[u8], known: &BTreeSet<u64>) -> Found {
        let (found, likely) = self.find_all(content, path);
        Found {
            hits: self.tell(content, found, known),
            forbidden: secret::search(&self.forbidden, content, &self.marks, known, likely),
        }
    }

    /// Returns the marks of all matches in a content, however many.
    pub(super) fn marks_of(&self, content: &[u8], path: &[u8]) -> BTreeSet<u64> {
        let (found, _) = self.find_all(content, path);
        let mut marks: BTreeSet<u64> =
            found.iter().map(|found| self.marks.hash_one((found.source, found.secret(content)))).collect();
        marks.extend(secret::marks_of(&self.forbidden, content, &self.marks));
        marks
    }

    /// Finds everything that stands in clear, in no order; what else is seen goes to `clues`.
    pub(super) fn find(
        &self,
        content: &[u8],
        path: &[u8],
        language: Language,
        clues: &mut Clues,
    ) -> Vec<(Source, Range<usize>)> {
        let mut forms: Vec<(Form, Range<usize>)> = Vec::new();
        // A name that was read is not read again for another word in it.
        let mut read_up_to = 0;
        let found = self.searcher.search(content, path, |word, place| {
            let reader = match word.checked_sub(NAME_WORDS.len()) {
                None => Reader::Assignment,
                Some(word) if word < WORDS.len() => WORDS[word].1,
                Some(word) if word < WORDS.len() + ESCAPES.len() => Reader::Escape,
                Some(_) => return clues.likely.add(self.forbidden_of[word - FORMS]),
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
                Reader::Key => text::private_key(content, place.start).map(|range| (Form::PrivateKey, range)),
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
            forms.extend(form);
        });
        // A form that somebody filled with one letter is no credential, whatever its rule says.
        let found = found.into_iter().filter(|found| !is_masked(&content[found.secret.clone()]));
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

    /// Places and redacts what was found, leaving out what its line allows.
    fn tell(&self, content: &[u8], mut found: Vec<Spot>, known: &BTreeSet<u64>) -> Vec<Hit> {
        found.sort_by_key(|found| (found.range.start, found.range.end, found.source));
        let (mut hits, mut lines) = (Vec::<Hit>::new(), LineCounter::default());
        // How many of a source are listed, and which is the last.
        let mut listed: BTreeMap<Source, (usize, usize)> = BTreeMap::new();
        for found in found {
            let (source, range, secret) = (found.source, found.range.clone(), found.secret(content));
            let mark = self.marks.hash_one((source, secret));
            if known.contains(&mark) || self.is_allowed(&content[lines_around(content, &range)], source) {
                continue;
            }
            let (count, last) = listed.entry(source).or_default();
            if *count == MAX_FINDINGS {
                hits[*last].rest += 1;
                continue;
            }
            (*count, *last) = (*count + 1, hits.len());
            let (line, column) = lines.locate(content, range.start);
            let span = Span { line, column, length: small(range.len()) };
            hits.push(Hit { source, span, redacted: redact::redact(secret), way: found.way(), rest: 0 });
        }
        hits
    }

    /// Turns what was found into findings about the file at `path`.
    pub(super) fn findings(&self, path: &RepoPath, found: &Found) -> Vec<Finding> {
        let mut findings: Vec<Finding> = found.hits.iter().map(|hit| self.finding(path, hit)).collect();
        let forbidden = found.forbidden.iter().map(|hit| secret::finding(&self.forbidden, path, hit));
        let told = findings.len();
        for finding in forbidden {
            if !findings[..told].iter().any(|other| tells_more(other, &finding)) {
                findings.push(finding);
            }
        }
        findings
    }

    /// Turns a match into a finding about the file at `path`.
    fn finding(&self, path: &RepoPath, hit: &Hit) -> Finding {
        let (severity, mut message, help) = match hit.source {
            Source::Rule(at) => {
                let rule = &self.set.rules()[at];
                (
                    rule.severity,
                    format!("the content looks like a credential: {}", rule.description),
                    rule.revoke.as_str(),
                )
            }
            Source::Form(form) => (form.about().severity, form.about().message.to_owned(), ""),
        };
        if let Some(way) = &hit.way {
            message = format!("{message}; it is written {way}");
        }
        if hit.rest > 0 {
            message = format!("{message}; {} more of this rule in the file", hit.rest);
        }
        let elsewhere = "revoke it if it is real, and take it from the environment or a secret store instead";
        Finding {
            path: path.clone(),
            span: Some(hit.span),
            rule: format!("secret.{}", self.id(hit.source)),
            gate: Gate::SecretDetected,
            severity: severity.min(test_data::severity(path)),
            message,
            help: if help.is_empty() { elsewhere.to_owned() } else { format!("{elsewhere}; {help}") },
            redacted: Some(hit.redacted.clone()),
        }
    }

    /// Returns the id of what found something.
    pub(super) fn id(&self, source: Source) -> &str {
        match source {
            Source::Rule(at) => &self.set.rules()[at].id,
            Source::Form(form) => form.about().id,
        }
    }

    /// Says whether a line lets its credential through: `iao:allow <rule> <reason>`, or `gitleaks:allow`.
    fn is_allowed(&self, line: &[u8], source: Source) -> bool {
        if memchr::memmem::find(line, b"gitleaks:allow").is_some() {
            return true;
        }
        let mut rest = line;
        while let Some(at) = memchr::memmem::find(rest, b"iao:allow ") {
            rest = &rest[at + b"iao:allow ".len()..];
            let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            let named = words.next().is_some_and(|rule| rule == self.id(source).as_bytes());
            // What only closes a comment is no reason.
            let reason = words.next().is_some_and(|word| word.iter().any(u8::is_ascii_alphanumeric));
            if named && reason {
                return true;
            }
        }
        false
    }
}

/// Says whether a rule found what a pattern of the policy did, and weighs it no less.
fn tells_more(rule: &Finding, pattern: &Finding) -> bool {
    let ends = |span: Span| span.column + span.length;
    let overlaps = |one: Span, other: Span| {
        one.line == other.line && one.column < ends(other) && other.column < ends(one)
    };
    let spans = rule.span.zip(pattern.span);
    rule.severity >= pattern.severity && spans.is_some_and(|(one, other)| overlaps(one, other))
}

/// Parts of a content that something was found in, by where they begin; none meets another.
#[derive(Default)]
pub(super) struct Covered(BTreeMap<usize, usize>);

impl Covered {
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

/// Finds lines and columns of places that only move forward.
#[derive(Default)]
pub(super) struct LineCounter {
    at: usize,
    lines: usize,
    line_start: usize,
}

impl LineCounter {
    /// Returns line and column of a place, from 1.
    pub(super) fn locate(&mut self, content: &[u8], place: usize) -> (u32, u32) {
        for offset in memchr::memchr_iter(b'\n', &content[self.at..place]) {
            self.lines += 1;
            self.line_start = self.at + offset + 1;
        }
        self.at = place;
        (small(self.lines + 1), small(place - self.line_start + 1))
    }
}

/// Returns a number, or the largest there is room for.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::rule;
    use super::*;

    fn found(content: &str, path: &str) -> Vec<(String, u32)> {
        let set = rule::built_in();
        let contents = Contents::new(&set, &[]);
        let hits = contents.search(content.as_bytes(), path.as_bytes(), &BTreeSet::new()).hits;
        hits.iter().map(|hit| (contents.id(hit.source).to_owned(), hit.span.line)).collect()
    }

    /// Put together, so that none stands here.
    const PASSWORD: &str = concat!("hunt", "er2", "Zq");

    #[test]
    fn each_form_is_found_once_and_in_order() {
        let content =
            format!("x\ndb_password = \"{PASSWORD}\"\nurl = \"postgres://app:{PASSWORD}@db.internal/x\"\n");
        assert_eq!(
            found(&content, "a.py"),
            [("generic-password".to_owned(), 2), ("url-password".to_owned(), 3)]
        );
    }

    #[test]
    fn a_line_lets_through_what_it_names_with_a_reason() {
        for (comment, stays) in [
            ("", true),
            ("# gitleaks:allow", false),
            ("# iao:allow generic-password used in a test alone", false),
            ("# iao:allow generic-secret another rule", true),
            ("/* iao:allow generic-password */", true),
        ] {
            let content = format!("db_password = \"{PASSWORD}\" {comment}\n");
            assert_eq!(!found(&content, "a.py").is_empty(), stays, "{comment}");
        }
    }

    #[test]
    fn findings_of_one_source_are_capped_and_the_rest_counted() {
        let set = rule::built_in();
        let contents = Contents::new(&set, &[]);
        let content = format!("db_password = \"{PASSWORD}\"\n").repeat(MAX_FINDINGS + 7);
        let hits = contents.search(content.as_bytes(), b"a.py", &BTreeSet::new()).hits;
        assert_eq!((hits.len(), hits[MAX_FINDINGS - 1].rest, hits[0].rest), (MAX_FINDINGS, 7, 0));
        assert!(hits.iter().all(|hit| !hit.redacted.contains(PASSWORD)));
    }

    #[test]
    fn a_file_of_one_line_that_is_full_of_passwords_costs_no_more_than_its_length() {
        let content = format!("db_password = \"{PASSWORD}\" db://a:{PASSWORD}@h/ ").repeat(20_000);
        let lines: Vec<u32> = found(&content, "a.py").iter().map(|(_, line)| *line).collect();
        assert_eq!(lines, [1; 2 * MAX_FINDINGS]);
    }
}
