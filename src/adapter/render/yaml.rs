//! Writes YAML scalars that mean the same in every reader.

/// Writes a double-quoted scalar; what is not printable is escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            ' '..='~' => out.push(letter),
            _ if letter.is_alphanumeric() => out.push(letter),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(letter))),
        }
    }
    out.push('"');
    out
}

/// Writes lines as a literal block below a key that stands at `indent` spaces; one line stays on its own.
pub(super) fn block(text: &str, indent: usize) -> String {
    if !text.contains('\n') {
        return quoted(text);
    }
    let pad = " ".repeat(indent + 2);
    let lines: Vec<String> = text.lines().map(|line| format!("{pad}{line}")).collect();
    format!("|\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_reads_back(text in ".{0,40}|[ -~\n]{0,20}") {
            let read: String = serde_yaml::from_str(&quoted(&text)).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
