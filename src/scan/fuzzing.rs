//! Doors for the fuzzer: what reads content that anybody may have written.

use std::ops::Range;

use super::archive;
use super::content::Contents;
use super::decode;
use super::file::Judge;
use super::rule::built_in;
use super::suppress::Suppression;
use crate::model::{Finding, RepoPath};

/// Searches a content as a scan does; returns where each match lies: line, column and length.
pub fn search(content: &[u8], path: &[u8]) -> Vec<(u32, u32, u32)> {
    let contents = &Contents::of(built_in(), &[]);
    let path = RepoPath::from_bytes(path);
    let suppression = Suppression::none();
    let judge = Judge::new(contents, &suppression);
    let (file, _) = judge.open(&path, content, || Ok(Default::default())).expect("nothing is read");
    let report = file.unwrap_or_default();
    let span = |finding: &Finding| finding.span.map(|span| (span.line, span.column, span.length));
    report.findings.iter().filter_map(span).collect()
}

/// Decodes what is encoded in a text; returns for each part where it stands, how long its decoded text is, and where each of
/// that text's bytes stands.
pub fn decode(text: &[u8]) -> Vec<(Range<usize>, usize, Vec<Range<usize>>)> {
    let escape = |at: &usize| {
        let here = &text[*at..];
        decode::ESCAPES.iter().any(|escape| {
            here.get(..escape.len()).is_some_and(|here| here.eq_ignore_ascii_case(escape.as_bytes()))
        })
    };
    let escapes: Vec<usize> = (0..text.len()).filter(escape).collect();
    let pieces = decode::pieces(text, &escapes).into_iter();
    let places =
        |piece: &decode::Piece| (0..piece.text.len()).map(|at| piece.place(text, &(at..at + 1))).collect();
    pieces.map(|piece| (piece.range.clone(), piece.text.len(), places(&piece))).collect()
}

/// Unpacks an archive; returns how many bytes each of its members has that is no archive, and what was missed.
pub fn unpack(content: &[u8]) -> (Vec<usize>, Option<String>) {
    let mut members = Vec::new();
    let missed = archive::unpack(content, b"a", &|_| true, &mut |member| members.push(member.bytes.len()));
    (members, missed)
}
