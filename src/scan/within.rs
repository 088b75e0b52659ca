//! Searches a content and what is encoded within it.
//!
//! What was decoded is told at the place where it stands encoded, and nothing is told twice at one place.

use std::ops::Range;

use super::content::{Contents, Covered, Source};
use super::decode::{self, Encoding, Piece};
use super::form::Form;
use super::rule::At;
use super::secret::{self, Likely};
use super::text::{self, Kind, Language};

/// How often a text within a text is looked into: base64 of percent-encoding, and no further.
const DEPTH: usize = 2;

/// A match, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) source: Source,
    /// In the content as it is.
    pub(super) range: Range<usize>,
    /// How it is written there, and what it is; `None` where it stands in clear.
    pub(super) decoded: Option<Box<Decoded>>,
}

/// A secret that was decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded {
    /// The outermost first.
    pub(super) ways: Vec<Encoding>,
    pub(super) secret: Vec<u8>,
    /// Of a pattern of the policy: from there to the end of its line, which is told apart by all of it.
    pub(super) extent: Vec<u8>,
}

impl Spot {
    /// Returns the secret itself.
    pub(super) fn secret<'a>(&'a self, content: &'a [u8]) -> &'a [u8] {
        self.decoded.as_ref().map_or(&content[self.range.clone()], |decoded| &decoded.secret)
    }

    /// Returns the words for how it is written, where it does not stand in clear.
    pub(super) fn way(&self) -> Option<String> {
        let ways = self.decoded.as_ref()?.ways.iter().rev().map(|way| way.name());
        Some(format!("in {}", ways.collect::<Vec<_>>().join(" within ")))
    }
}

/// What was seen in passing while a content was searched.
#[derive(Debug, Default)]
pub(super) struct Clues {
    /// Where bytes are percent-encoded.
    pub(super) escapes: Vec<usize>,
    /// Words in names that may promise a secret.
    pub(super) names: Vec<Range<usize>>,
    /// Whether it looks like a Secret of Kubernetes, whose values are in base64.
    pub(super) manifest: bool,
    /// Patterns of the policy that a match of seems to stand in it.
    pub(super) likely: Likely,
}

impl Contents {
    /// Finds everything, in no order, what is encoded too; says also which patterns of the policy are likely.
    pub(super) fn find_all(&self, content: &[u8], at: At<'_>) -> (Vec<Spot>, Likely) {
        // A mark at the beginning that says UTF-8 is no part of the first line.
        let mark = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let (mut found, likely) = self.find_within(&content[mark..], at, text::language_of(at.path), DEPTH);
        for one in &mut found {
            one.range = one.range.start + mark..one.range.end + mark;
        }
        (found, likely)
    }

    fn find_within(
        &self,
        content: &[u8],
        at: At<'_>,
        language: Language,
        depth: usize,
    ) -> (Vec<Spot>, Likely) {
        let mut clues = Clues::default();
        let plain = self.find(content, at, language, &mut clues);
        let mut found: Vec<Spot> =
            plain.into_iter().map(|(source, range)| Spot { source, range, decoded: None }).collect();
        if clues.manifest {
            read_manifest(content, &clues.names, &mut found);
            found.retain(|one| match one.source {
                Source::Form(form) => self.has_form(form, at, (content, &one.range)),
                _ => true,
            });
        }
        if depth > 0 {
            self.find_decoded(content, at, (language, depth), &clues.escapes, &mut found);
        }
        if depth < DEPTH {
            self.add_patterns(content, at.path, clues.likely, &mut found);
        }
        (found, clues.likely)
    }

    fn find_decoded(
        &self,
        content: &[u8],
        at: At<'_>,
        (language, depth): (Language, usize),
        escapes: &[usize],
        found: &mut Vec<Spot>,
    ) {
        let pieces = decode::pieces(content, escapes);
        if pieces.is_empty() {
            return;
        }
        // What is told in clear, by what says all, and by what only says that it looks like a secret.
        let (mut sure, mut loose) = (Covered::default(), Covered::default());
        found.iter().for_each(|one| if is_loose(one) { &mut loose } else { &mut sure }.add(&one.range));
        let (mut told, mut better, mut decoded) = (Covered::default(), Covered::default(), Vec::new());
        for piece in pieces.into_iter().filter(|piece| !sure.holds(&piece.range)) {
            let language = language_within(&piece.text, language);
            let (mut inner, _) = self.find_within(&piece.text, at, language, depth - 1);
            inner.iter_mut().for_each(|one| lift(&piece, content, one));
            inner.retain(|one| {
                let met = |covered: &Covered| covered.meets(&one.range);
                !(met(&sure) || met(&told) || is_loose(one) && met(&loose))
            });
            for one in &inner {
                told.add(&one.range);
                if !is_loose(one) {
                    better.add(&one.range);
                }
            }
            decoded.extend(inner);
        }
        found.retain(|one| !is_loose(one) || !better.meets(&one.range));
        found.extend(decoded);
    }
}

/// Says whether only the name of a value was gone by.
fn is_loose(found: &Spot) -> bool {
    matches!(found.source, Source::Form(Form::Secret | Form::Password))
}

/// Puts a match in a piece where the piece stands.
fn lift(piece: &Piece, content: &[u8], found: &mut Spot) {
    if found.decoded.is_none() {
        let secret = piece.text[found.range.clone()].to_vec();
        if matches!(found.source, Source::Pattern(_)) {
            found.range = secret::extent(&piece.text, &found.range);
        }
        let extent = piece.text[found.range.clone()].to_vec();
        found.decoded = Some(Box::new(Decoded { ways: Vec::new(), secret, extent }));
    }
    if let Some(decoded) = &mut found.decoded {
        decoded.ways.insert(0, piece.encoding);
    }
    found.range = piece.place(content, &found.range);
}

/// Returns how values are written in a decoded text; a file of texts for people holds such texts.
fn language_within(text: &[u8], around: Language) -> Language {
    let begins = text.trim_ascii_start().first();
    match around {
        Language::Listing => around,
        // JSON, XML and their like quote values, and may hold code.
        _ if begins.is_some_and(|byte| b"{[<".contains(byte)) => Language::Code,
        _ => Language::Config,
    }
}

/// Judges the values of a Secret of Kubernetes by what they decode to.
fn read_manifest(content: &[u8], names: &[Range<usize>], found: &mut Vec<Spot>) {
    let mut decoded = Vec::new();
    for name in names {
        let Some(assigned) = text::read_value(content, name) else { continue };
        let Some(value) = decode::whole(&content[assigned.value.clone()]) else { continue };
        let secret = value.trim_ascii().to_vec();
        let is_secret = text::is_secret(&secret, assigned.kind);
        decoded.push((assigned.kind, assigned.value, is_secret.then_some(secret)));
    }
    let mut judged = Covered::default();
    decoded.iter().for_each(|(_, range, _)| judged.add(range));
    found.retain(|one| !is_loose(one) || !judged.meets(&one.range));
    let mut told = Covered::default();
    found.iter().for_each(|one| told.add(&one.range));
    for (kind, range, secret) in decoded {
        let Some(secret) = secret.filter(|_| !told.meets(&range)) else { continue };
        told.add(&range);
        let form = if kind == Kind::Password { Form::Password } else { Form::Secret };
        let ways = vec![Encoding::Base64];
        found.push(Spot {
            source: Source::Form(form),
            range,
            decoded: Some(Box::new(Decoded { ways, extent: secret.clone(), secret })),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::file::{Judge, MAX_FINDINGS};
    use super::super::rule;
    use super::super::suppress::Suppression;
    use super::*;
    use crate::model::{Finding, RepoPath};

    /// Put together, so that none stands here.
    const PASSWORD: &str = concat!("hunt", "er2", "Zq");

    fn hits(content: &[u8], path: &str) -> Vec<(String, Finding)> {
        let contents = Contents::of(rule::built_in(), &[]);
        let path = RepoPath::from(path);
        let suppression = Suppression::none();
        let judge = Judge::new(&contents, &suppression);
        let (report, _) = judge.open(&path, content, || Ok(BTreeSet::new())).unwrap();
        let report = report.unwrap_or_default();
        let id = |finding: &Finding| finding.rule.trim_start_matches("secret.").to_owned();
        report.findings.into_iter().map(|finding| (id(&finding), finding)).collect()
    }

    /// What is found: the rule, the line, and how it is written.
    fn found(content: &str, path: &str) -> Vec<(String, u32, String)> {
        let way = |finding: &Finding| {
            let (_, way) = finding.message.split_once("; it is written ").unwrap_or_default();
            way.split(';').next().unwrap_or_default().to_owned()
        };
        let hits = hits(content.as_bytes(), path).into_iter();
        hits.map(|(id, finding)| (id, finding.span.unwrap().line, way(&finding))).collect()
    }

    fn one(id: &str, line: u32, way: &str) -> Vec<(String, u32, String)> {
        vec![(id.to_owned(), line, way.to_owned())]
    }

    fn hex(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn percent(text: &str) -> String {
        let escape = |byte: u8| {
            if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        text.bytes().map(escape).collect()
    }

    /// A token of a vendor.
    fn token() -> String {
        format!("{}{}", concat!("gh", "p_"), "16C7e42F292c6912E7710c838347Ae178B4a")
    }

    #[test]
    fn what_is_encoded_is_found_where_it_stands() {
        let text = format!("db_password = {PASSWORD}\n");
        let base64 = STANDARD.encode(&text);
        for (encoded, way) in [
            (base64.clone(), "in base64"),
            (hex(&text), "in hexadecimal digits"),
            (percent(&text), "in percent-encoding"),
            (STANDARD.encode(format!("nested: {base64}")), "in base64 within base64"),
            (percent(&base64).replace("%3D", "%3d"), "in base64"),
            (hex(&base64), "in base64 within hexadecimal digits"),
        ] {
            let content = format!("first\nconst blob = \"{encoded}\";\n");
            assert_eq!(found(&content, "a.js"), one("generic-password", 2, way), "{content}");
        }
    }

    #[test]
    fn a_text_is_looked_into_so_often_and_no_more() {
        let mut text = format!("db_password = {PASSWORD}\n");
        let mut ways = Vec::new();
        for _ in 0..4 {
            text = STANDARD.encode(text);
            ways.push(found(&text, "a.txt").len());
        }
        assert_eq!(ways, [1, 1, 0, 0]);
    }

    #[test]
    fn the_place_is_that_of_the_part_that_holds_the_secret() {
        let text = format!("{}\ndb_password = {PASSWORD}\n", "nothing here but words. ".repeat(20));
        let encoded = STANDARD.encode(&text);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let content = format!("x: |\n  {}\n", lines.join("\n  "));
        let (_, hit) = hits(content.as_bytes(), "a.yml").remove(0);
        let line = u32::try_from(2 + encoded.len() / 64).unwrap();
        let span = hit.span.unwrap();
        assert!(span.line >= line - 1 && span.line <= line, "{span:?}");
        assert_eq!(hit.redacted.as_deref(), Some("hu\u{2026}"));
    }

    #[test]
    fn one_place_is_told_once_and_by_what_says_most() {
        let encoded = STANDARD.encode(token());
        // The name alone promises a secret in clear; what it decodes to says which.
        let content = format!("api_token = \"{encoded}\"\n");
        let told = found(&content, "a.py");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].0.starts_with("github") && told[0].2 == "in base64", "{told:?}");
        let url = format!("postgres://app:{PASSWORD}%40@db.internal/x?y=%3D");
        assert_eq!(found(&url, "a.py"), one("url-password", 1, ""));
        let basic = STANDARD.encode(format!("admin:password={PASSWORD}"));
        assert_eq!(found(&format!("Authorization: Basic {basic}"), "a.txt").len(), 1);
    }

    #[test]
    fn a_line_lets_through_what_is_encoded_in_it() {
        let encoded = STANDARD.encode(format!("db_password = {PASSWORD}\n"));
        for (comment, count) in [
            ("", 1),
            ("# gitleaks:allow", 0),
            ("# iao:allow generic-password of a test", 0),
            ("# iao:allow other x", 1),
        ] {
            assert_eq!(found(&format!("blob = \"{encoded}\" {comment}\n"), "a.py").len(), count, "{comment}");
        }
    }

    #[test]
    fn values_of_a_manifest_are_judged_by_what_they_decode_to() {
        let manifest = |password: &str| {
            let value = STANDARD.encode(password);
            format!(
                "apiVersion: v1\ndata:\n  user: {}\n  db-password: {value}\nkind: Secret\n",
                STANDARD.encode("app")
            )
        };
        for password in [PASSWORD, "Wint%r-Abend7", concat!("s3cr", "3t!")] {
            assert_eq!(
                found(&manifest(password), "s.yaml"),
                one("generic-password", 4, "in base64"),
                "{password}"
            );
            assert_eq!(found(&manifest(&format!("{password}\n")), "s.yaml").len(), 1);
        }
        for password in ["changeme", "password", "<your-password>", "${DB_PASSWORD}", "/run/secrets/x"] {
            assert_eq!(found(&manifest(password), "s.yaml"), [], "{password}");
        }
        let json =
            format!(r#"{{"kind": "Secret", "data": {{"password": "{}"}}}}"#, STANDARD.encode(PASSWORD));
        assert_eq!(found(&json, "s.json"), one("generic-password", 1, "in base64"));
        // Sealed ones are encrypted, and lists of names hold none.
        let other = manifest(PASSWORD).replace("kind: Secret", "kind: SecretStore");
        assert!(found(&other, "s.yaml").iter().all(|(_, _, way)| way.is_empty()));
    }

    #[test]
    fn what_the_policy_forbids_is_forbidden_in_an_encoding_too() {
        let patterns = [crate::config::Pattern::compile("internal-[0-9]{6}").unwrap()];
        let contents = Contents::of(rule::built_in(), &patterns);
        let found = |content: &str| contents.look(content.as_bytes(), &RepoPath::from("a.txt"), None);
        let text = format!("the ticket is {}-123456, dear reader\n", "internal");
        for encoded in [STANDARD.encode(&text), hex(&text), STANDARD.encode(STANDARD.encode(&text))] {
            let content = format!("first {encoded}\n");
            let [one] = &found(&content)[..] else { panic!("{content}") };
            assert_eq!(
                (one.source, one.secret(content.as_bytes())),
                (Source::Pattern(0), &text.as_bytes()[14..29])
            );
            // As in clear, it is what it is by all of its line, and nothing of that is shown.
            assert_eq!(contents.secret(content.as_bytes(), one), text[14..].trim_end().as_bytes());
            assert!(contents.hidden(content.as_bytes(), one).end + 12 >= content.trim_end().len());
        }
        assert_eq!(found(&STANDARD.encode("the ticket is internal-12345, dear reader")), []);
        // A rule that weighs no less tells more of the same place.
        let patterns = [crate::config::Pattern::compile("(?i)gh[a-z]_[0-9a-z]{8}").unwrap()];
        let contents = Contents::of(rule::built_in(), &patterns);
        let content = STANDARD.encode(format!("use {} there", token()));
        let told = contents.look(content.as_bytes(), &RepoPath::from("a.txt"), None);
        assert!(matches!(told[..], [Spot { source: Source::Rule(_), .. }]), "{told:?}");
    }

    #[test]
    fn a_mark_of_utf8_at_the_beginning_hides_nothing() {
        let (_, hit) = hits(format!("\u{feff}password = \"{PASSWORD}\"\n").as_bytes(), "a.py").remove(0);
        let span = hit.span.unwrap();
        assert_eq!((span.line, span.column), (1, 16));
        assert_eq!(found(&format!("\u{feff}ENV PASSWORD {PASSWORD}\n"), "Dockerfile").len(), 1);
    }

    #[test]
    fn many_texts_in_one_line_cost_what_their_length_does() {
        let one = STANDARD.encode(format!("db_password = {PASSWORD}; "));
        let content = format!("{one} ").repeat(10_000);
        let hits = hits(content.as_bytes(), "a.txt");
        let more = format!("; {} more", 10_000 - MAX_FINDINGS);
        assert_eq!(hits.len(), MAX_FINDINGS);
        assert!(hits[MAX_FINDINGS - 1].1.message.contains(&more));
    }
}
