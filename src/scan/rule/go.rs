//! Writes patterns as Go's engine reads them for ours.
//!
//! In Go a pattern is about code points, ours is about bytes; only what says so itself is made one about code points: a character
//! beyond ASCII, a class that has one, a class of Unicode.

/// What the classes `\w`, `\d` and `\s` of Go hold, to stand within brackets.
const PERL: [(u8, &str); 3] = [(b'w', "0-9A-Za-z_"), (b'd', "0-9"), (b's', "\\t\\n\\x0C\\r\\x20")];

/// Writes a pattern for our engine; one that is wrong stays wrong.
pub(super) fn translate(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => escape(rest, &mut out),
            '[' => class(rest, &mut out),
            '{' => {
                let length = repetition_length(rest.as_bytes()).unwrap_or(1);
                out.push_str(if length == 1 { "\\{" } else { &rest[..length] });
                length
            }
            '}' => {
                out.push_str("\\}");
                1
            }
            first if !first.is_ascii() => {
                out.push_str(&format!("(?u:{first})"));
                first.len_utf8()
            }
            first => {
                out.push(first);
                1
            }
        };
        rest = &rest[length..];
    }
    out
}

/// Writes the escape that a text begins with; returns its length.
fn escape(text: &str, out: &mut String) -> usize {
    let length = escape_length(text.as_bytes()).min(text.len());
    let said = &text[..length];
    match text.as_bytes().get(1) {
        Some(b'Q') => {
            let inner = &text[2..];
            let (literal, end) =
                inner.find("\\E").map_or((inner, text.len()), |end| (&inner[..end], end + 4));
            literal.chars().for_each(|one| {
                if one.is_ascii() {
                    out.push_str(&regex_syntax::escape(&one.to_string()));
                } else {
                    out.push_str(&format!("(?u:{one})"));
                }
            });
            return end;
        }
        Some(b'p' | b'P') => out.push_str(&format!("(?u:{said})")),
        Some(b'x') if beyond_ascii(said) => out.push_str(&format!("(?u:{said})")),
        Some(b'0'..=b'7') => return octal(text, out),
        _ => out.push_str(said),
    }
    length
}

/// Writes `\123`, which is a character by its octal number, or what is none as it is; returns its length.
fn octal(text: &str, out: &mut String) -> usize {
    let digits = text[1..].bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    // A digit alone would be a reference to a group, which neither engine has.
    if digits == 1 && !text.starts_with("\\0") {
        out.push_str(&text[..2]);
        return 2;
    }
    let number = u32::from_str_radix(&text[1..=digits], 8).unwrap_or_default();
    out.push_str(&if number < 0x80 { format!("\\x{number:02X}") } else { format!("(?u:\\x{{{number:X}}})") });
    1 + digits
}

/// Says whether `\x..` stands for a character beyond ASCII.
fn beyond_ascii(said: &str) -> bool {
    let digits = said[2..].trim_matches(|brace| brace == '{' || brace == '}');
    u32::from_str_radix(digits, 16).is_ok_and(|number| number >= 0x80)
}

/// Writes the class in brackets that a text begins with; returns its length.
fn class(text: &str, out: &mut String) -> usize {
    let (mut at, mut said, mut wide) = (1, String::from("["), false);
    if text[at..].starts_with('^') {
        said.push('^');
        at += 1;
    }
    // A bracket that comes first stands for itself.
    if text[at..].starts_with(']') {
        said.push_str("\\]");
        at += 1;
    }
    let mut perl = Vec::new();
    while let Some(first) = text[at..].chars().next() {
        let here = &text[at..];
        match first {
            ']' => {
                said.push(']');
                // What is about code points has to say what its classes of ASCII hold.
                if wide {
                    perl.into_iter().rev().for_each(|(range, text): (std::ops::Range<usize>, String)| {
                        said.replace_range(range, &text);
                    });
                    out.push_str(&format!("(?u:{said})"));
                } else {
                    out.push_str(&said);
                }
                return at + 1;
            }
            '\\' => {
                let length = escape_length(here.as_bytes()).min(here.len());
                let escaped = here.as_bytes().get(1).copied().unwrap_or_default();
                wide |= matches!(escaped, b'p' | b'P')
                    || escaped == b'x' && beyond_ascii(&here[..length])
                    || !escaped.is_ascii();
                if let Some((_, holds)) = PERL.iter().find(|(name, _)| *name == escaped.to_ascii_lowercase())
                {
                    let text = if escaped.is_ascii_uppercase() {
                        format!("[^{holds}]")
                    } else {
                        (*holds).to_owned()
                    };
                    perl.push((said.len()..said.len() + length, text));
                }
                if matches!(escaped, b'0'..=b'7') {
                    at += octal_in_class(here, &mut said, &mut wide);
                    continue;
                }
                said.push_str(&here[..length]);
                at += length;
            }
            '[' => {
                let name = class_name_length(here.as_bytes());
                said.push_str(name.map_or("\\[", |length| &here[..length]));
                at += name.unwrap_or(1);
            }
            // Ours would compute with classes.
            '&' | '~' => {
                said.push('\\');
                said.push(first);
                at += 1;
            }
            first => {
                wide |= !first.is_ascii();
                said.push(first);
                at += first.len_utf8();
            }
        }
    }
    // It has no end: the engine says so.
    out.push_str(&said);
    text.len()
}

/// As [`octal`], where brackets are around.
fn octal_in_class(text: &str, out: &mut String, wide: &mut bool) -> usize {
    let mut said = String::new();
    let length = octal(text, &mut said);
    let inner = said.strip_prefix("(?u:").and_then(|said| said.strip_suffix(')'));
    *wide |= inner.is_some();
    out.push_str(inner.unwrap_or(&said));
    length
}

/// Returns how long `[:name:]` is that the bytes begin with.
fn class_name_length(bytes: &[u8]) -> Option<usize> {
    let inner = bytes.strip_prefix(b"[:")?;
    let end = inner.windows(2).position(|pair| pair == b":]")?;
    let name = inner[..end].strip_prefix(b"^").unwrap_or(&inner[..end]);
    (!name.is_empty() && name.iter().all(u8::is_ascii_lowercase)).then_some(end + 4)
}

/// Returns how long an escape is that the bytes begin with: `\p{Greek}` and `\x{1F}` have braces of their own.
fn escape_length(bytes: &[u8]) -> usize {
    match bytes {
        [_, b'p' | b'P' | b'x', b'{', ..] => {
            bytes.iter().position(|byte| *byte == b'}').map_or(2, |end| end + 1)
        }
        [_, b'p' | b'P', name, ..] => 2 + utf8_length(*name),
        [_, b'x', one, other, ..] if one.is_ascii_hexdigit() && other.is_ascii_hexdigit() => 4,
        [_, first, ..] => 1 + utf8_length(*first),
        _ => 1,
    }
}

/// Returns how many bytes a character takes that begins so.
fn utf8_length(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// Returns how long `{n}`, `{n,}` or `{n,m}` is that the bytes begin with.
fn repetition_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| *byte == b'}')?;
    let inner = &bytes[1..end];
    let mut parts = inner.splitn(2, |byte| *byte == b',');
    let first = parts.next().is_some_and(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit));
    let second = parts.next().is_none_or(|part| part.iter().all(u8::is_ascii_digit));
    (first && second).then_some(end + 1)
}
