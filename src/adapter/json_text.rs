//! Finds where in a JSON text a value stands, for evidence and for edits that keep the layout.
//!
//! The text must have been read by `serde_json` before: this walks, it does not judge.

use std::ops::Range;

/// One member of an object, by its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// The key, without escapes.
    pub(super) key: String,
    /// Where the key stands, quotes included.
    pub(super) key_at: Range<usize>,
    /// Where the value stands.
    pub(super) value: Range<usize>,
}

/// An object's members, and where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// The byte of its `{`.
    pub(super) open: usize,
    /// The byte of its `}`.
    pub(super) close: usize,
    /// Its members, in order.
    pub(super) members: Vec<Member>,
}

/// Reads the object that begins at or after the byte `from`; `None` when what stands there is none.
pub(super) fn object(text: &str, from: usize) -> Option<Object> {
    let bytes = text.as_bytes();
    let open = skip_space(bytes, from);
    if bytes.get(open) != Some(&b'{') {
        return None;
    }
    let mut members = Vec::new();
    let mut at = skip_space(bytes, open + 1);
    while *bytes.get(at)? == b'"' {
        let key_end = skip_string(bytes, at)?;
        let key: String = serde_json::from_str(text.get(at..key_end)?).ok()?;
        let colon = skip_space(bytes, key_end);
        let start = skip_space(bytes, colon + 1);
        let end = skip_value(bytes, start)?;
        members.push(Member { key, key_at: at..key_end, value: start..end });
        at = skip_space(bytes, end);
        if *bytes.get(at)? == b',' {
            at = skip_space(bytes, at + 1);
        }
    }
    (bytes[at] == b'}').then_some(Object { open, close: at, members })
}

/// Returns the member at a path of keys from the top of `text`; of equal keys the last, as parsers do.
pub(super) fn locate(text: &str, keys: &[&str]) -> Option<Member> {
    let mut from = 0;
    let mut found = None;
    for key in keys {
        let members = object(text, from)?.members;
        let member = members.into_iter().rfind(|member| member.key == *key)?;
        from = member.value.start;
        found = Some(member);
    }
    found
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Returns the byte after the string that begins at `at`.
fn skip_string(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the byte after the value that begins at `at`.
fn skip_value(bytes: &[u8], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = at;
    loop {
        match bytes.get(at)? {
            b'"' => at = skip_string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            _ => at = skip_word(bytes, at)?,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Returns the byte after a number, `true`, `false` or `null`; `None` where none of them begins.
fn skip_word(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    {
        at += 1;
    }
    (at > start).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_are_found_where_they_stand() {
        let text = " { \"a\\n\" : [1, {\"x\": \"}\"}] ,\n\"b\":{ \"c\" : -1.5e3 }, \"d\": null }";
        let read = object(text, 0).unwrap();
        assert_eq!(
            read.members.iter().map(|member| member.key.as_str()).collect::<Vec<_>>(),
            ["a\n", "b", "d"]
        );
        assert_eq!(&text[locate(text, &["b", "c"]).unwrap().value], "-1.5e3");
        assert_eq!(&text[locate(text, &["d"]).unwrap().value], "null");
        assert_eq!(locate(text, &["d", "c"]), None);
        assert_eq!(object("{}", 0).unwrap().close, 1);
        assert_eq!(object("[1]", 0), None);
    }

    #[test]
    fn a_byte_that_begins_no_value_ends_the_walk() {
        for text in ["{\"a\":[\\", "{\"a\":[\u{e9}]}", "{\"a\":\\}"] {
            assert_eq!(object(text, 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\",:a1\\\\ \n\u{e9}-]{0,40}") {
            let _ = object(&text, 0);
            let _ = locate(&text, &["a", "a"]);
        }
    }
}
