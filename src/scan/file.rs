//! What is told of one file: what was found in it, without what was there before and what is let through.
//!
//! What is let through is left out before findings are counted, so that many old ones hide no new one. What matched leaves
//! this file in redacted form, and as a keyed digest where somebody asks for an entry of the allow-file.

use std::collections::{BTreeMap, BTreeSet};

use super::content::{Contents, Covered, Source};
use super::excerpt::{self, Excerpt, Hidden, Units};
use super::rule::Rule;
use super::suppress::{Answer, HeldFile, Key, SecretDigest, Suppression};
use super::why::{self, Why};
use super::within::Spot;
use super::{Error, redact, test_data};
use crate::base::ContentAddress;
use crate::model::{Finding, Gate, RepoPath, Severity, Span};

/// The most findings of one rule in one file; the last of them says how many more there are.
pub const MAX_FINDINGS: usize = 100;

/// How findings are judged once they are found.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) contents: &'a Contents,
    pub(super) suppression: &'a Suppression<'a>,
    /// Names each finding for the allow-file, and lists all of them, however many.
    pub(super) key: Option<Key>,
    /// The commit that brought what is judged, where that is known.
    pub(super) commit: Option<&'a str>,
}

impl<'a> Judge<'a> {
    /// Judges contents of no commit that is known.
    pub(super) fn new(contents: &'a Contents, suppression: &'a Suppression<'a>) -> Self {
        Self { contents, suppression, key: None, commit: None }
    }
}

/// A finding that is let through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowed {
    /// What is let through.
    pub finding: Finding,
    /// By what.
    pub by: AllowedBy,
    /// Why, in the words of who allowed it.
    pub reason: String,
}

/// What lets a finding through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AllowedBy {
    /// A comment in its line.
    Line,
    /// The allow-file.
    File,
}

/// How many findings are let through, and by what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct AllowedCount {
    /// By a comment in their line.
    pub inline: u64,
    /// By the allow-file.
    pub file: u64,
}

impl AllowedCount {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Self) {
        self.inline += other.inline;
        self.file += other.file;
    }
}

/// What is told of one file.
#[derive(Debug, Default)]
pub(super) struct FileReport {
    /// In the order of their places.
    pub(super) findings: Vec<Finding>,
    /// At most so many of each rule as findings are.
    pub(super) allowed: Vec<Allowed>,
    pub(super) count: AllowedCount,
    /// By the ids of findings.
    pub(super) excerpts: Vec<(String, Excerpt)>,
    /// By the ids of findings.
    pub(super) digests: Vec<(String, SecretDigest)>,
}

impl Judge<'_> {
    /// Tells of what was `found` in a text of the file at `path`: the whole of it, or a member of an archive by its name. What
    /// has a mark that is `known` is left out, and counts for nothing.
    ///
    /// # Errors
    /// When the allow-file cannot be read.
    pub(super) fn add(
        &self,
        tally: &mut Tally,
        path: &RepoPath,
        (content, member): (&[u8], Option<&str>),
        found: &[Spot],
        known: &BTreeSet<u64>,
    ) -> Result<(), Error> {
        let mut telling = Telling {
            judge: *self,
            path,
            content,
            member,
            held: self.suppression.at(path)?,
            hidden: self.hidden(content, found),
            lines: LineCounter::default(),
            units: Units::default(),
            tally,
        };
        for one in found {
            telling.tell(one, known);
        }
        Ok(())
    }

    /// Says with the last finding of a rule how many more there are, and returns the report.
    pub(super) fn finish(&self, tally: Tally) -> FileReport {
        let mut report = tally.report;
        for ((_, allowed), (count, last)) in tally.listed {
            if !allowed && self.key.is_none() && count > MAX_FINDINGS {
                let more = format!("; {} more of this rule in the file", count - MAX_FINDINGS);
                report.findings[last].message.push_str(&more);
            }
        }
        report
    }

    /// Returns what of a content is not shown.
    fn hidden<'c>(&self, content: &'c [u8], found: &'c [Spot]) -> Hidden<'c> {
        let mut covered = Covered::default();
        found.iter().for_each(|one| covered.add(&self.contents.hidden(content, one)));
        Hidden::new(covered.parts(), found.iter().map(|one| one.secret(content)))
    }
}

/// What is told of a file so far, which may be of many texts.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// How many there were of a rule with the same redacted text.
    ordinals: BTreeMap<(Source, String), u32>,
    /// How many of a source are listed, how many more there are, and which is the last: told, and let through.
    listed: BTreeMap<(Source, bool), (usize, usize)>,
    report: FileReport,
}

/// A text that is being told of.
struct Telling<'a> {
    judge: Judge<'a>,
    path: &'a RepoPath,
    content: &'a [u8],
    /// The name it has in an archive.
    member: Option<&'a str>,
    held: HeldFile<'a>,
    hidden: Hidden<'a>,
    lines: LineCounter,
    units: Units,
    tally: &'a mut Tally,
}

impl Telling<'_> {
    fn tell(&mut self, found: &Spot, known: &BTreeSet<u64>) {
        let contents = self.judge.contents;
        let redacted = redact::redact(found.secret(self.content));
        // Counted before anything is left out: the same finding keeps its id.
        let ordinal = self.tally.ordinals.entry((found.source, redacted.clone())).or_default();
        let number = *ordinal;
        *ordinal += 1;
        if !known.is_empty() && known.contains(&contents.mark(self.content, found)) {
            return;
        }
        let mut ended = None;
        let allowed = match contents.allowed_inline(self.content, found) {
            Some(reason) => {
                self.tally.report.count.inline += 1;
                Some((AllowedBy::Line, excerpt::shown(self.content, reason, &self.hidden)))
            }
            None => match self.answer(found) {
                Answer::Allowed(entry) => {
                    let reason = entry.reason.clone();
                    self.tally.report.count.file += 1;
                    Some((AllowedBy::File, reason))
                }
                Answer::Expired(until) => {
                    ended = Some(until);
                    None
                }
                Answer::Nothing => None,
            },
        };
        let (count, last) = self.tally.listed.entry((found.source, allowed.is_some())).or_default();
        let most = if self.judge.key.is_some() { usize::MAX } else { MAX_FINDINGS };
        *count += 1;
        if *count > most {
            return;
        }
        *last = self.tally.report.findings.len();
        let mut finding = self.finding(found, redacted, number);
        if let (Some(until), Some(why)) = (ended, &mut finding.why) {
            why.push_str(&format!("; it was allowed until {until}"));
        }
        self.show(found, &finding);
        match allowed {
            Some((by, reason)) => self.tally.report.allowed.push(Allowed { finding, by, reason }),
            None => self.tally.report.findings.push(finding),
        }
    }

    fn answer(&self, found: &Spot) -> Answer<'_> {
        if self.held.is_empty() {
            return Answer::Nothing;
        }
        let code = self.judge.contents.code(found.source);
        self.held.answer(&code, Some(self.judge.contents.secret(self.content, found)))
    }

    /// Keeps what is shown of a finding, and its digest where it is asked for.
    fn show(&mut self, found: &Spot, finding: &Finding) {
        let id = finding.id.clone().unwrap_or_default();
        let redacted = finding.redacted.as_deref().unwrap_or_default();
        // A line of a member is no line of the file.
        if finding.span.is_some() {
            let (text, mark) = excerpt::text_around(self.content, &found.range, redacted, &self.hidden);
            let place = self.units.place(self.content, &found.range);
            self.tally.report.excerpts.push((id.clone(), Excerpt { text, mark, place }));
        }
        if let Some(key) = self.judge.key {
            let secret = self.judge.contents.secret(self.content, found);
            self.tally.report.digests.push((id, key.digest(&finding.rule, secret)));
        }
    }

    /// Turns a match into a finding.
    fn finding(&mut self, found: &Spot, redacted: String, number: u32) -> Finding {
        let contents = self.judge.contents;
        let (line, column) = self.lines.locate(self.content, found.range.start);
        let span = Span { line, column, length: small(found.range.len()) };
        let rule = contents.code(found.source).into_owned();
        let severity = match found.source {
            Source::Rule(_) => contents.rule(found.source).map_or(Severity::Error, |rule| rule.severity),
            Source::Form(form) => form.about().severity,
            Source::Pattern(_) => Severity::Error,
        };
        let named = contents.rule(found.source).is_some_and(Rule::is_of_paths);
        let why = match found.source {
            Source::Rule(_) if named => Why::Path,
            Source::Rule(_) => contents.rule(found.source).map_or(Why::Pattern, Why::Rule),
            Source::Form(form) => Why::Form(form),
            Source::Pattern(_) => Why::Pattern,
        };
        let (confidence, why) = why::judge(why, found.secret(self.content));
        let revoke = contents.rule(found.source).map_or("", |rule| &*rule.revoke);
        let elsewhere = "revoke it if it is real, and take it from the environment or a secret store instead";
        Finding {
            path: self.path.clone(),
            span: (self.member.is_none() && !named).then_some(span),
            gate: Gate::SecretDetected,
            severity: severity.min(test_data::severity(self.path)),
            message: self.message(found, span),
            help: if revoke.is_empty() { elsewhere.to_owned() } else { format!("{elsewhere}; {revoke}") },
            id: Some(id_of(&rule, self.path, Some(&redacted), number)),
            rule,
            redacted: (!named).then_some(redacted),
            confidence: Some(confidence),
            why: Some(why),
        }
    }

    /// Returns what is said of a match.
    fn message(&self, found: &Spot, span: Span) -> String {
        let mut message = match found.source {
            Source::Rule(_) => {
                let rule = self.judge.contents.rule(found.source);
                let described = rule.map_or("", |rule| &*rule.description);
                let what = if rule.is_some_and(Rule::is_of_paths) { "file" } else { "content" };
                format!("the {what} looks like a credential: {described}")
            }
            Source::Form(form) => form.about().message.to_owned(),
            Source::Pattern(_) => "the content looks like a credential".to_owned(),
        };
        if let Some(way) = found.way() {
            message.push_str(&format!("; it is written {way}"));
        }
        if let Some(member) = self.member {
            message.push_str(&format!(
                "; it is in member `{member}`, line {}, column {}",
                span.line, span.column
            ));
        }
        message
    }
}

/// Returns the id of a finding: the first digits of the SHA-256 over rule, path, redacted text and the number of those before
/// it that have the same of all three.
pub(super) fn id_of(rule: &str, path: &RepoPath, redacted: Option<&str>, number: u32) -> String {
    let mut text = Vec::new();
    for part in [b"iao/finding", rule.as_bytes(), path.as_bytes(), redacted.unwrap_or_default().as_bytes()] {
        text.extend_from_slice(part);
        text.push(0);
    }
    text.extend_from_slice(number.to_string().as_bytes());
    ContentAddress::of(&text).to_string()[..ID].to_owned()
}

/// How many hex digits an id has.
const ID: usize = 12;

/// Finds lines and columns of places that only move forward.
#[derive(Default)]
struct LineCounter {
    at: usize,
    lines: usize,
    line_start: usize,
}

impl LineCounter {
    /// Returns line and column of a place, from 1.
    fn locate(&mut self, content: &[u8], place: usize) -> (u32, u32) {
        for offset in memchr::memchr_iter(b'\n', &content[self.at..place]) {
            self.lines += 1;
            self.line_start = self.at + offset + 1;
        }
        self.at = place;
        (small(self.lines + 1), small(place - self.line_start + 1))
    }
}

/// Returns a number, or the largest there is room for.
fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::rule;
    use super::*;
    use crate::base::Timestamp;
    use crate::scan::suppress::{AllowList, Entry};

    /// Put together, so that none stands here.
    const PASSWORD: &str = concat!("hunt", "er2", "Zq");

    fn report(content: &str, path: &str, allow: &[u8], key: Option<Key>) -> FileReport {
        let patterns = [crate::config::Pattern::compile("(?i)api_word\\s*=").unwrap()];
        let contents = Contents::of(rule::built_in(), &patterns);
        let read = || Ok((!allow.is_empty()).then(|| allow.to_vec()));
        let suppression = Suppression::new(read, Timestamp::from_seconds(1_700_000_000));
        let judge = Judge { key, ..Judge::new(&contents, &suppression) };
        let path = RepoPath::from(path);
        let found = contents.look(content.as_bytes(), &path, None);
        let mut tally = Tally::default();
        judge.add(&mut tally, &path, (content.as_bytes(), None), &found, &BTreeSet::new()).unwrap();
        judge.finish(tally)
    }

    fn url(password: &str) -> String {
        format!("url = \"postgres://app:{password}@db.internal/x\"\n")
    }

    fn ids(report: &FileReport) -> Vec<String> {
        report.findings.iter().map(|finding| finding.id.clone().unwrap()).collect()
    }

    #[test]
    fn a_match_is_placed_and_never_shown() {
        let told = report(&format!("first\n{}", url(PASSWORD)), "src/a.py", b"", None);
        let finding = &told.findings[0];
        let column = 2 + u32::try_from(url(PASSWORD).find(PASSWORD).unwrap()).unwrap() - 1;
        let span = Span { line: 2, column, length: small(PASSWORD.len()) };
        assert_eq!((finding.span, finding.rule.as_str()), (Some(span), "secret.url-password"));
        assert_eq!(told.excerpts[0].1.text, format!("url = \"postgres://app:hu\u{2026}@db.internal/x\""));
        assert!(finding.confidence.is_some() && finding.why.is_some());
        assert!(!format!("{told:?}").contains(PASSWORD));
    }

    #[test]
    fn an_id_stays_when_lines_move_and_tells_equal_ones_apart() {
        let (one, other) = (url(PASSWORD), url(concat!("gath", "er3", "Xy")));
        let before = ids(&report(&format!("{one}{other}{one}"), "a.py", b"", None));
        let after = ids(&report(&format!("# moved\n\n{one}{other}{one}"), "a.py", b"", None));
        assert_eq!(before, after);
        assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), 3);
        assert_ne!(before, ids(&report(&format!("{one}{other}{one}"), "b.py", b"", None)));
    }

    #[test]
    fn findings_of_one_source_are_capped_and_the_rest_counted() {
        let told = report(&url(PASSWORD).repeat(MAX_FINDINGS + 7), "a.py", b"", None);
        assert_eq!(told.findings.len(), MAX_FINDINGS);
        assert!(told.findings[MAX_FINDINGS - 1].message.ends_with("; 7 more of this rule in the file"));
        assert!(!told.findings[0].message.contains("more of"));
        let all = report(&url(PASSWORD).repeat(MAX_FINDINGS + 7), "a.py", b"", Some(Key::fresh()));
        assert_eq!((all.findings.len(), all.digests.len()), (MAX_FINDINGS + 7, MAX_FINDINGS + 7));
    }

    #[test]
    fn many_allowed_ones_hide_no_new_one_and_ids_stay() {
        let text = format!("{}{}", url(PASSWORD).repeat(MAX_FINDINGS + 7), url(concat!("gath", "er3", "Xy")));
        let mut list = AllowList::empty();
        let digest = Some(list.key.digest("secret.url-password", PASSWORD.as_bytes()));
        let (path, rule, reason) = ("a.*".to_owned(), "secret.url-password".to_owned(), "old".to_owned());
        list.add([Entry { path, rule, digest, until: None, reason }]);
        let told = report(&text, "a.py", &list.to_bytes(), None);
        assert_eq!(told.count, AllowedCount { inline: 0, file: MAX_FINDINGS as u64 + 7 });
        assert_eq!((told.allowed.len(), told.allowed[0].reason.as_str()), (MAX_FINDINGS, "old"));
        let all = ids(&report(&text, "a.py", b"", Some(Key::fresh())));
        assert_eq!(ids(&told), all[MAX_FINDINGS + 7..]);
    }

    #[test]
    fn the_line_behind_a_pattern_of_the_policy_is_not_shown() {
        let told = report("x api_word = correct horse battery\n", "a.py", b"", None);
        assert_eq!(told.findings[0].rule.split('-').next(), Some("secret.pattern"));
        assert_eq!(told.excerpts[0].1.text, "x ap\u{2026}");
    }

    #[test]
    fn a_file_of_one_line_that_is_full_of_passwords_costs_no_more_than_its_length() {
        let content = format!("db_password = \"{PASSWORD}\" db://a:{PASSWORD}@h/ ").repeat(20_000);
        let told = report(&content, "a.py", b"", None);
        let lines: Vec<u32> = told.findings.iter().map(|finding| finding.span.unwrap().line).collect();
        assert_eq!(lines, [1; 2 * MAX_FINDINGS]);
    }
}
