//! Opens a content for the scan: text as it is, UTF-16 as UTF-8, archives member by member.
//!
//! Every gate opens contents here, so that what one reads the others read too.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::archive::{self, shown};
use super::content::Contents;
use super::file::{FileReport, Judge};
use super::secret::{BINARY, is_binary};
use super::{Error, decode};
use crate::model::RepoPath;

/// A text, and where it comes from.
pub(super) struct Text<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// The path it has, or would have when its archive were a directory.
    pub(super) path: Cow<'a, RepoPath>,
    /// Its path in the archive, as people may see it; `None` for what is no member of one.
    pub(super) member: Option<String>,
}

/// What became of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    /// All of it was handed over, but for members that are binary.
    Whole,
    /// Some of it; the words say what was not.
    Partly(String),
    /// Nothing, for a reason.
    Not(String),
}

/// Calls `see` with each text of the content of the file at `path`.
pub(super) fn open(content: &[u8], path: &RepoPath, see: &mut dyn FnMut(&Text<'_>)) -> Opened {
    if archive::kind_of(content).is_some() {
        return unpack(content, path, see);
    }
    let Some(bytes) = text_of(content) else { return Opened::Not(BINARY.to_owned()) };
    see(&Text { bytes, path: Cow::Borrowed(path), member: None });
    Opened::Whole
}

/// Returns the text that bytes are, as UTF-8 where they are UTF-16; `None` when they are no text.
pub(super) fn text_of(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let marked = matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    if !marked && !is_binary(bytes) {
        return Some(Cow::Borrowed(bytes));
    }
    let decoded = decode::from_utf16(bytes).map(Cow::Owned);
    decoded.or_else(|| (!is_binary(bytes)).then_some(Cow::Borrowed(bytes)))
}

fn unpack(content: &[u8], path: &RepoPath, see: &mut dyn FnMut(&Text<'_>)) -> Opened {
    let mut seen = false;
    let missed =
        archive::unpack(content, path.as_bytes(), &|bytes| text_of(bytes).is_some(), &mut |member| {
            let Some(bytes) = text_of(member.bytes) else { return };
            seen = true;
            let path = Cow::Owned(path.join(member.path));
            see(&Text { bytes, path, member: Some(shown(member.path)) });
        });
    match missed {
        None => Opened::Whole,
        Some(missed) if seen => Opened::Partly(format!("not all of it was searched: {missed}")),
        Some(missed) => Opened::Not(missed),
    }
}

impl Judge<'_> {
    /// Tells of what each text of a content holds that is the file at `path`; nothing where nothing was found. What has a mark
    /// that is `known` is left out, and counts for nothing; it is asked for where something was found.
    ///
    /// # Errors
    /// When the allow-file or what is known cannot be read.
    pub(super) fn open(
        &self,
        path: &RepoPath,
        content: &[u8],
        mut known: impl FnMut() -> Result<BTreeSet<u64>, Error>,
    ) -> Result<(Option<FileReport>, Opened), Error> {
        let (mut marks, mut tally, mut ended) = (None, None, Ok(()));
        let opened = open(content, path, &mut |text| {
            let found = self.contents.look(&text.bytes, &text.path, self.commit);
            if found.is_empty() || ended.is_err() {
                return;
            }
            ended = (|| {
                let marks = match &mut marks {
                    Some(marks) => marks,
                    none => none.insert(known()?),
                };
                let place = (&*text.bytes, text.member.as_deref());
                self.add(tally.get_or_insert_default(), path, place, &found, marks)
            })();
        });
        ended?;
        Ok((tally.map(|tally| self.finish(tally)), opened))
    }
}

impl Contents {
    /// Returns the marks of all matches in each text of a content, however many, and what became of the content.
    pub(super) fn marks_of_all(&self, content: &[u8], path: &RepoPath) -> (BTreeSet<u64>, Opened) {
        let mut marks = BTreeSet::new();
        let opened = open(content, path, &mut |text| marks.extend(self.marks_of(&text.bytes, &text.path)));
        (marks, opened)
    }
}

#[cfg(test)]
mod tests {
    use super::super::archive::{Part, gzip, tar, zip};
    use super::super::file::MAX_FINDINGS;
    use super::super::rule;
    use super::super::suppress::Suppression;
    use super::*;
    use crate::model::Finding;

    /// Put together, so that none stands here.
    const PASSWORD: &str = concat!("hunt", "er2", "Zq");

    fn searched(content: &[u8], path: &str) -> (Vec<Finding>, Opened) {
        let contents = Contents::of(rule::built_in(), &[]);
        let suppression = Suppression::none();
        let judge = Judge::new(&contents, &suppression);
        let (file, opened) = judge.open(&path.into(), content, || Ok(BTreeSet::new())).unwrap();
        (file.unwrap_or_default().findings, opened)
    }

    fn assignment() -> String {
        format!("x = 1\ndb_password = \"{PASSWORD}\"\n")
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_secret_in_utf16_is_placed_in_the_decoded_text() {
        for text in [assignment(), format!("\u{feff}{}", assignment())] {
            let (findings, opened) = searched(&utf16(&text), "a.ps1");
            assert_eq!((findings.len(), opened), (1, Opened::Whole));
            let span = findings[0].span.unwrap();
            assert_eq!((span.line, span.column, span.length), (2, 16, 9));
        }
    }

    #[test]
    fn a_secret_in_an_archive_names_its_member() {
        let text = assignment();
        let archives = [
            (zip(&[Part::deflated("conf/app.env", text.as_bytes())]), "a.zip", "conf/app.env"),
            (tar(&[("conf/app.env", text.as_bytes())]), "a.tar", "conf/app.env"),
            (gzip(text.as_bytes()), "app.env.gz", "app.env"),
            (gzip(&tar(&[("x.py", &utf16(&text))])), "a.tgz", "x.py"),
        ];
        for (archive, path, member) in archives {
            let (findings, opened) = searched(&archive, path);
            assert_eq!((findings.len(), opened), (1, Opened::Whole), "{path}");
            assert_eq!((findings[0].path.to_string().as_str(), findings[0].span), (path, None));
            let place = format!("it is in member `{member}`, line 2, column 16");
            assert!(findings[0].message.ends_with(&place), "{}", findings[0].message);
        }
    }

    #[test]
    fn findings_of_one_rule_are_capped_over_all_members() {
        let parts: Vec<Part> = (0..MAX_FINDINGS + 10)
            .map(|at| Part::deflated(&format!("{at}.env"), assignment().as_bytes()))
            .collect();
        let (findings, _) = searched(&zip(&parts), "a.zip");
        assert_eq!(findings.len(), MAX_FINDINGS);
        assert!(findings.iter().any(|finding| finding.message.contains("10 more of this rule")));
    }

    #[test]
    fn what_was_known_in_an_archive_is_not_found_again() {
        let contents = Contents::of(rule::built_in(), &[]);
        let suppression = Suppression::none();
        let judge = Judge::new(&contents, &suppression);
        let old = zip(&[Part::deflated("a.env", assignment().as_bytes())]);
        let (known, _) = contents.marks_of_all(&old, &"a.zip".into());
        let new = gzip(&tar(&[("elsewhere.env", assignment().as_bytes())]));
        let (file, _) = judge.open(&"a.zip".into(), &new, || Ok(known.clone())).unwrap();
        assert!(file.unwrap().findings.is_empty());
    }

    #[test]
    fn what_is_not_searched_says_why() {
        assert_eq!(searched(b"\x7fELF\0\0\0", "a").1, Opened::Not(BINARY.to_owned()));
        let encrypted = Part { flags: 1, ..Part::stored("a", b"text") };
        let (_, opened) = searched(&zip(std::slice::from_ref(&encrypted)), "a.zip");
        assert_eq!(opened, Opened::Not("member `a` is encrypted".to_owned()));
        let (_, opened) = searched(&zip(&[encrypted, Part::stored("b", b"text")]), "a.zip");
        assert_eq!(opened, Opened::Partly("not all of it was searched: member `a` is encrypted".to_owned()));
    }
}
