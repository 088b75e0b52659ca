//! Merges texts three ways.
//!
//! A conflict is an answer, not a text with markers: markers never reach a commit.

use gix::merge::blob::Resolution;
use gix::merge::blob::builtin_driver::text::{Labels, Merge, Options};

/// The outcome of a three-way merge of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergedText {
    /// Both sides' changes, none of which touch.
    Clean(Vec<u8>),
    /// Both sides changed the same lines, or one of the three is no text.
    Conflict,
}

/// How many bytes are looked at to tell text from anything else; git's number.
const SNIFFED: usize = 8000;

/// Merges `ours` and `theirs`, both made from `base`, line by line.
///
/// When one side is unchanged, or both agree, the answer is the other side, text or not.
#[must_use]
pub fn merge_text(base: &[u8], ours: &[u8], theirs: &[u8]) -> MergedText {
    if ours == theirs || theirs == base {
        return MergedText::Clean(ours.to_vec());
    }
    if ours == base {
        return MergedText::Clean(theirs.to_vec());
    }
    if [base, ours, theirs].into_iter().any(is_binary) {
        return MergedText::Conflict;
    }
    let options = Options::default();
    let mut input = gix::diff::blob::InternedInput::new(&[][..], &[][..]);
    let merge = Merge::new(&mut input, ours, base, theirs, options.diff_algorithm);
    let mut merged = Vec::new();
    match merge.run(&mut merged, Labels::default(), options.conflict) {
        Resolution::Complete => MergedText::Clean(merged),
        Resolution::CompleteWithAutoResolvedConflict | Resolution::Conflict => MergedText::Conflict,
    }
}

/// Says whether git would call this content binary.
pub(super) fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(SNIFFED)].contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_that_do_not_touch_are_merged() {
        let base = b"a\nb\nc\nd\ne\n";
        let merged = merge_text(base, b"A\nb\nc\nd\ne\n", b"a\nb\nc\nd\nE\n");
        assert_eq!(merged, MergedText::Clean(b"A\nb\nc\nd\nE\n".to_vec()));
    }

    #[test]
    fn changes_of_one_line_conflict() {
        assert_eq!(merge_text(b"a\n", b"b\n", b"c\n"), MergedText::Conflict);
    }

    #[test]
    fn binary_content_conflicts_unless_one_side_is_unchanged() {
        assert_eq!(merge_text(b"\0a\nb\nc\n", b"\0A\nb\nc\n", b"\0a\nb\nC\n"), MergedText::Conflict);
        assert_eq!(merge_text(b"\0a", b"\0a", b"\0b"), MergedText::Clean(b"\0b".to_vec()));
    }

    #[test]
    fn the_same_change_on_both_sides_is_no_conflict() {
        assert_eq!(merge_text(b"a\n", b"b\n", b"b\n"), MergedText::Clean(b"b\n".to_vec()));
        assert_eq!(merge_text(b"a\nx\n", b"b\nx\n", b"b\nx\ny\n"), MergedText::Clean(b"b\nx\ny\n".to_vec()));
    }
}
