//! What one scalar of a YAML text means, and which bytes it covers.
//!
//! Only writings on which all readers agree get a meaning of their own.

use std::ops::Range;

use saphyr_parser::ScalarStyle;

use super::node::Content;

/// Returns what an unquoted scalar means in the JSON schema of YAML 1.2; all else is a text.
///
/// Writings on which YAML 1.1 and 1.2 differ (`0755`, `0x1F`, `+1`) stay texts here, and the second reader,
/// which takes them for numbers, makes them a violation.
pub(super) fn resolve(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ => number(text).map_or_else(|| Content::Text(text.to_owned()), Content::Number),
    }
}

fn number(text: &str) -> Option<serde_json::Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let first = digits.bytes().next()?;
    if leading_zero || !(first.is_ascii_digit() || first == b'.') {
        return None;
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i64>().map(Into::into).or_else(|_| text.parse::<u64>().map(Into::into)).ok();
    }
    serde_json::Number::from_f64(text.parse().ok()?)
}

/// Returns the bytes of a scalar without what the parser's span takes in after it (blanks, comments).
pub(super) fn scalar_span(text: &str, start: usize, end: usize, style: ScalarStyle) -> Range<usize> {
    let end = end.max(start);
    let covered = &text[start..end];
    let quoted = match style {
        ScalarStyle::DoubleQuoted => closing_quote(covered, b'"', b'\\'),
        ScalarStyle::SingleQuoted => closing_quote(covered, b'\'', b'\''),
        _ => None,
    };
    start..start + quoted.unwrap_or_else(|| covered.trim_end().len())
}

/// Finds the end of a quoted text; `escape` before a character takes its meaning from it.
fn closing_quote(covered: &str, quote: u8, escape: u8) -> Option<usize> {
    let bytes = covered.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        let escapes = *byte == escape && (escape != quote || bytes.get(at + 1) == Some(&quote));
        if escapes {
            at += 2;
        } else if *byte == quote {
            return Some(at + 1);
        } else {
            at += 1;
        }
    }
    None
}

/// Turns the parser's offsets, which count characters, into bytes.
pub(super) struct Offsets {
    /// Where each character begins; `None` when every character is one byte.
    starts: Option<Vec<usize>>,
    length: usize,
}

impl Offsets {
    /// Indexes a text.
    pub(super) fn of(text: &str) -> Self {
        let starts = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self { starts, length: text.len() }
    }

    /// Returns the offset in bytes of a character, by its index.
    pub(super) fn byte(&self, index: usize) -> usize {
        let starts = self.starts.as_ref();
        starts
            .map_or(Some(index), |starts| starts.get(index).copied())
            .unwrap_or(self.length)
            .min(self.length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json(text: &str) -> String {
        match resolve(text) {
            Content::Null => "null".into(),
            Content::Bool(flag) => flag.to_string(),
            Content::Number(number) => number.to_string(),
            _ => format!("text {text}"),
        }
    }

    #[test]
    fn plain_scalars_mean_what_yaml_1_2_says() {
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(json(text), "null");
        }
        for (text, value) in
            [("true", "true"), ("False", "false"), ("-12", "-12"), ("0", "0"), ("1.50", "1.5")]
        {
            assert_eq!(json(text), value);
        }
        for text in
            ["yes", "on", "0755", "0x1F", "+1", "1_000", "1.2.3", "-", ".", "inf", "nan", "-inf", "1e999"]
        {
            assert_eq!(json(text), format!("text {text}"));
        }
    }

    #[test]
    fn a_quoted_scalar_ends_at_its_quote() {
        let span = |text: &str, style| scalar_span(text, 0, text.len(), style);
        assert_eq!(span(r#""a\"b" # c"#, ScalarStyle::DoubleQuoted), 0..6);
        assert_eq!(span("'it''s'  # c", ScalarStyle::SingleQuoted), 0..7);
        assert_eq!(span("word  ", ScalarStyle::Plain), 0..4);
    }

    proptest! {
        #[test]
        fn offsets_are_those_of_the_text(text in any::<String>()) {
            let offsets = Offsets::of(&text);
            for (index, (at, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(offsets.byte(index), at);
            }
            prop_assert_eq!(offsets.byte(text.chars().count() + 5), text.len());
        }
    }
}
