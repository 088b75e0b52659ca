//! Makes text safe to show: nothing that looks like a credential, nothing that could fool a terminal.

/// From how many characters on a run of token characters may be a credential.
const TOKEN: usize = 20;

/// How many characters of a quoted value are shown.
const SHOWN: usize = 60;

/// Returns `value` as messages quote it: in backticks, on one line, shortened, credentials masked.
pub(super) fn quote(value: &str) -> String {
    let safe = displayable(value).replace(['\n', '\r', '\t'], " ");
    if safe.chars().count() <= SHOWN {
        return format!("`{safe}`");
    }
    let head: String = safe.chars().take(SHOWN).collect();
    format!("`{head}…`")
}

/// Returns `text` with credentials masked and misleading characters replaced, byte for byte as long, so
/// that positions in one hold in the other.
pub(super) fn displayable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c: char| !is_token_character(c)).unwrap_or(rest.len());
        let (token, tail) = rest.split_at(run);
        push_token(token, &mut out);
        let mut tail_characters = tail.chars();
        out.extend(tail_characters.next().map(replacement));
        rest = tail_characters.as_str();
    }
    out
}

/// Returns the name of a document with misleading characters replaced; a name is no secret, and is shown whole.
pub(super) fn legible(name: &str) -> String {
    name.chars().map(replacement).collect()
}

fn push_token(token: &str, out: &mut String) {
    if looks_random(token) {
        out.push_str(&token[..4]);
        out.extend(std::iter::repeat_n('*', token.len() - 4));
    } else {
        out.push_str(token);
    }
}

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=')
}

fn looks_random(token: &str) -> bool {
    let has = |wanted: fn(&u8) -> bool| token.bytes().any(|byte| wanted(&byte));
    let long = token.len() >= TOKEN;
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_alphabetic);
    let hexadecimal =
        token.len() >= 32 && has(u8::is_ascii_digit) && token.bytes().all(|b| b.is_ascii_hexdigit());
    (long && mixed) || hexadecimal
}

/// The character itself, or one of as many bytes in its place.
fn replacement(c: char) -> char {
    let misleads = c.is_control()
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    match c {
        '\n' | '\t' | '\r' => c,
        _ if !misleads => c,
        _ => match c.len_utf8() {
            1 => '?',
            2 => '\u{bf}',
            _ => '\u{fffd}',
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_credential_is_masked() {
        let token = format!("gh{}_{}", 'p', "aB3".repeat(12));
        assert_eq!(quote(&token), format!("`ghp_{}`", "*".repeat(36)));
        assert!(!displayable(&format!("key: {token} # note")).contains("aB3"));
        assert!(displayable(&"0123456789abcdef".repeat(2)).starts_with("0123****"));
    }

    #[test]
    fn paths_and_words_stay() {
        for text in [
            "configs/indestructibleautoops.adapters.yaml",
            "engine.step.interface_metadata_parse",
            "sha3_512",
        ] {
            assert_eq!(displayable(text), text);
        }
    }

    #[test]
    fn a_long_value_is_cut_and_a_terminal_is_not_fooled() {
        assert_eq!(quote(&"word ".repeat(40)).chars().count(), SHOWN + 3);
        assert_eq!(displayable("a\u{1b}[2J\u{202e}b\u{85}"), "a?[2J\u{fffd}b\u{bf}");
    }

    proptest! {
        #[test]
        fn the_length_in_bytes_is_kept(text in any::<String>()) {
            let shown = displayable(&text);
            prop_assert_eq!(shown.len(), text.len());
            for (index, _) in text.char_indices() {
                prop_assert!(shown.is_char_boundary(index));
            }
        }
    }
}
